"""The gate's error tree as gRPC statuses with standard details. The one place where a refusal becomes prose."""

from typing import Any, Final

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

from gate.errors import (
    Conflict,
    GateError,
    InvalidInput,
    NotFound,
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
}
_INTERNAL: Final = status_pb2.Status(code=code_pb2.INTERNAL, message="The gate failed to answer; its log says why.")


def status_of(error: Exception) -> status_pb2.Status:
    """The status to send. What is not a refusal of ours says nothing about the inside."""
    if not isinstance(error, GateError):
        return _INTERNAL
    status = status_pb2.Status(code=_CODES[type(error)], message=str(error))
    if isinstance(error, InvalidInput):
        details = any_pb2.Any()
        details.Pack(
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(
                        field=violation.field, description=violation.description
                    )
                    for violation in error.violations
                ]
            )
        )
        status.details.append(details)
    return status
