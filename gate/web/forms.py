"""Forms as browsers send them: small, and one value per field."""

from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request

_LARGEST: Final = 64 * 1024
_MOST_FIELDS: Final = 600
"""A list of tasks sends one for each that is ticked."""
_KIND: Final = "application/x-www-form-urlencoded"


async def submitted(request: Request) -> dict[str, str]:
    """The fields of the form that `request` carries; the last value of one that is there twice.

    Raises:
        HTTPException: it is too large, or none.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _KIND:
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a form was expected")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the form is too large")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the form cannot be read") from None
