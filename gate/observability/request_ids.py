"""The name of the request at hand, on every log line that is written while it is answered.

Kept in a context variable, which costs nothing until something is logged. Work that outlives a request or serves
several, such as asking a source, carries the name of the one that began it.
"""

from contextvars import ContextVar
from typing import Final

import uuid_utils
from structlog.typing import EventDict, WrappedLogger

HEADER: Final = "x-request-id"
"""gRPC metadata and HTTP header by which a caller names its request, and learns the name where it gave none."""
LONGEST: Final = 128

current: Final[ContextVar[str]] = ContextVar("request_id", default="")
"""Empty outside of any request."""


def begin_request(named: str | None) -> str:
    """The request is called as its caller named it; where that is nothing, too long or unprintable, anew (row V9)."""
    fits = named and len(named) <= LONGEST and named.isascii() and named.isprintable()
    request_id = named if named and fits else str(uuid_utils.uuid7())
    current.set(request_id)
    return request_id


def name_request(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A processor of structlog: adds `request_id` unless the event names one itself."""
    if request_id := current.get():
        event.setdefault("request_id", request_id)
    return event
