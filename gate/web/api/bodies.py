"""What programs send to `/api` and what they are answered: JSON, read and written by the records themselves."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Final, Generic, TypeVar

import msgspec
from fastapi import HTTPException, Request, Response

from gate.credentialing.model.changes import misfit
from gate.credentialing.model.paging import Page
from gate.errors import FieldViolation, InvalidInput

_LARGEST: Final = 256 * 1024
_JSON: Final = "application/json"
Data = TypeVar("Data")


class Answer(msgspec.Struct, Generic[Data], frozen=True):
    """What a successful request is answered."""

    success: bool
    data: Data


class PageAnswer(msgspec.Struct, Generic[Data], frozen=True):
    """What a successful request for a list is answered."""

    success: bool
    data: Sequence[Data]
    next_page_token: str
    """Empty: there are no more."""


class Removed(msgspec.Struct, frozen=True):
    """What was taken away."""

    id: str


class Changed(msgspec.Struct, frozen=True):
    """What was changed together."""

    ids: tuple[str, ...]


def answer(data: object) -> Response:
    """The answer that holds one thing."""
    return Response(msgspec.json.encode(Answer(True, data)), media_type=_JSON)


def page_answer(page: Page[Data]) -> Response:
    """The answer that holds a page."""
    return Response(msgspec.json.encode(PageAnswer(True, page.items, page.next_page_token)), media_type=_JSON)


def reads(kind: type[Data]) -> Callable[[Request], Awaitable[Data]]:
    """A dependency: the request's body as a `kind`."""
    decoder = msgspec.json.Decoder(kind)

    async def read(request: Request) -> Data:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large")
        try:
            return decoder.decode(body)
        except msgspec.ValidationError as error:
            raise misfit(error) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise InvalidInput(FieldViolation("body", "is not JSON")) from None

    return read
