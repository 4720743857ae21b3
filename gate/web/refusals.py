"""What refusals become over HTTP: the same errors as at the gRPC door, as statuses; on pages in words."""

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, Final

import msgspec

from gate.accounts.throttle import TooManyTries
from gate.errors import (
    Conflict,
    GateError,
    InvalidInput,
    NotFound,
    Overloaded,
    PermissionDenied,
    PreconditionFailed,
    StoreUnavailable,
    Unauthenticated,
)

_STATUSES: Final[Mapping[type[GateError], HTTPStatus]] = {
    InvalidInput: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    PermissionDenied: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    TooManyTries: HTTPStatus.TOO_MANY_REQUESTS,
    PreconditionFailed: HTTPStatus.CONFLICT,
    StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
}
_WORDS: Final[Mapping[int, tuple[str, str]]] = {
    HTTPStatus.BAD_REQUEST: ("This could not be understood", "Go back, look at what was entered, and try again."),
    HTTPStatus.UNAUTHORIZED: ("You are not signed in", "Sign in and try again."),
    HTTPStatus.FORBIDDEN: ("You may not do this", "Whoever manages access in your organisation can change that."),
    HTTPStatus.NOT_FOUND: ("There is no such page", "It may have moved, or the address was mistyped."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("There is no such page", "It may have moved, or the address was mistyped."),
    HTTPStatus.CONFLICT: ("This cannot be done at present", "Load the page again to see how things stand."),
    HTTPStatus.TOO_MANY_REQUESTS: ("Too many tries", "Wait a moment and try again."),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "This cannot be shown at present",
        "The gate goes on checking claims. Try again in a moment.",
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "Something went wrong here",
        "It was noted, and it was not your fault. Try again; if it happens again, tell the operator the number below.",
    ),
}


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One refusal, ready to be told."""

    status: int
    title: str
    advice: str
    detail: str = ""
    retry_after: int | None = None
    fields: Mapping[str, str] = {}
    """What is wrong, by the path of the field."""

    def headers(self) -> dict[str, str]:
        """What belongs beside it."""
        headers = {}
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers["www-authenticate"] = "Bearer"
        if self.retry_after is not None:
            headers["retry-after"] = str(self.retry_after)
        return headers

    def problem(self, request_id: str) -> dict[str, Any]:
        """For programs (RFC 9457)."""
        problem = {"type": "about:blank", "title": self.title, "status": self.status, "request_id": request_id}
        if self.detail:
            problem["detail"] = self.detail
        if self.fields:
            problem["errors"] = [{"field": field, "detail": detail} for field, detail in self.fields.items()]
        return problem


def refusal_of(error: GateError) -> Refusal:
    """How an error of ours is told."""
    status = next(status for kind, status in _STATUSES.items() if isinstance(error, kind))
    fields: Mapping[str, str] = {}
    if isinstance(error, InvalidInput):
        fields = {violation.field: violation.description for violation in error.violations}
    retry_after = None
    if isinstance(error, TooManyTries):
        retry_after = error.seconds
    elif isinstance(error, Overloaded):
        retry_after = ceil(error.retry_after)
    return refusal_with(status, str(error), retry_after=retry_after, fields=fields)


def refusal_with(
    status: int, detail: str = "", *, retry_after: int | None = None, fields: Mapping[str, str] | None = None
) -> Refusal:
    """A refusal by its status alone."""
    title, advice = _WORDS.get(status, _WORDS[HTTPStatus.BAD_REQUEST])
    return Refusal(
        status=status, title=title, advice=advice, detail=detail, retry_after=retry_after, fields=fields or {}
    )
