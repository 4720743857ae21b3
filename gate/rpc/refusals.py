"""The gate's error tree as gRPC statuses with standard details. The one place where a refusal becomes prose."""

from typing import Any, Final

import grpc
from google.protobuf import duration_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

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
_INTERNAL: Final = status_pb2.Status(code=code_pb2.INTERNAL, message="The gate failed to answer; its log says why.")


def status_of(error: Exception) -> status_pb2.Status:
    """The status to send. What is not a refusal of ours says nothing about the inside."""
    if not isinstance(error, GateError):
        return _INTERNAL
    status = status_pb2.Status(code=_CODES[type(error)], message=str(error))
    details = _details(error)
    if details is not None:
        status.details.add().Pack(details)
    return status


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
