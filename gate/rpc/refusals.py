"""The gate's error tree as gRPC statuses with standard details. The one place where a refusal becomes prose."""

from typing import Any, Final

import grpc
from google.protobuf import duration_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from gate.errors import (
    Conflict,
    FieldViolation,
    GateError,
    InvalidInput,
    NotFound,
    Overloaded,
    PermissionDenied,
    PreconditionFailed,
    StoreUnavailable,
    Unauthenticated,
)

ServicerContext = grpc.aio.ServicerContext[Any, Any]

_CODES: Final[dict[type[GateError], int]] = {
    InvalidInput: code_pb2.INVALID_ARGUMENT,
    Unauthenticated: code_pb2.UNAUTHENTICATED,
    PermissionDenied: code_pb2.PERMISSION_DENIED,
    NotFound: code_pb2.NOT_FOUND,
    Conflict: code_pb2.ABORTED,
    PreconditionFailed: code_pb2.FAILED_PRECONDITION,
    StoreUnavailable: code_pb2.UNAVAILABLE,
    Overloaded: code_pb2.RESOURCE_EXHAUSTED,
}
LONGEST_WORDS: Final = 1_500
"""Characters of one refusal. It travels twice, in trailing metadata of which many clients take no more than 8 KiB."""
_ROOM_FOR_MORE: Final = 100
_INTERNAL: Final = status_pb2.Status(code=code_pb2.INTERNAL, message="The gate failed to answer; its log says why.")


def status_of(error: Exception) -> status_pb2.Status:
    """The status to send. What is not a refusal of ours says nothing about the inside."""
    if not isinstance(error, GateError):
        return _INTERNAL
    if isinstance(error, InvalidInput):
        error = _shortened(error)
    status = status_pb2.Status(code=_CODES[type(error)], message=str(error)[:LONGEST_WORDS])
    details = _details(error)
    if details is not None:
        status.details.add().Pack(details)
    return status


def _shortened(error: InvalidInput) -> InvalidInput:
    """The first violations, and how many more there are."""
    told, size = 0, 0
    for violation in error.violations:
        size += len(violation.field) + len(violation.description) + len(": ; ")
        if size > LONGEST_WORDS - _ROOM_FOR_MORE:
            break
        told += 1
    left = len(error.violations) - told
    if not left:
        return error
    more = FieldViolation("request", f"and {left} more" if told else "is malformed in more ways than can be told")
    return InvalidInput(*error.violations[:told], more)


def _details(error: GateError) -> Message | None:
    """What google.rpc has a message of its own for."""
    details: Message | None = None
    if isinstance(error, InvalidInput):
        details = error_details_pb2.BadRequest(
            field_violations=[
                error_details_pb2.BadRequest.FieldViolation(field=violation.field, description=violation.description)
                for violation in error.violations
            ]
        )
    elif isinstance(error, Overloaded):
        whole, fraction = divmod(error.retry_after, 1)
        delay = duration_pb2.Duration(seconds=int(whole), nanos=int(fraction * 1e9))
        details = error_details_pb2.RetryInfo(retry_delay=delay)
    return details
