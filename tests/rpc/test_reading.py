"""When requests are read: not before somebody has looked at who sent them."""

import grpc
import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor

from gate.errors import InvalidInput
from gate.rpc.access import AccessServicer
from gate.rpc.alerts.service import AlertsService
from gate.rpc.audit_log import AuditLogService
from gate.rpc.credentialing.service import CredentialingService
from gate.rpc.enrollment_gate import EnrollmentGateService
from gate.rpc.gate_admin import GateAdminService
from gate.rpc.limits import LARGEST_QUESTION
from gate.rpc.reading import Unread, method_handlers, opened
from gate.v1 import audit_log_pb2
from tests.e2e.test_callers import NEEDS

SERVICERS = {
    kind.service.full_name: kind
    for kind in (
        AccessServicer,
        AlertsService,
        AuditLogService,
        CredentialingService,
        EnrollmentGateService,
        GateAdminService,
    )
}


def described(rpc: str) -> MethodDescriptor:
    _, service, name = rpc.split("/")
    return descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]


@pytest.mark.parametrize("rpc", NEEDS)
def test_no_request_is_read_before_the_door_has_seen_its_caller(rpc: str) -> None:
    method = described(rpc)
    kind = SERVICERS[method.containing_service.full_name]
    handler = method_handlers(kind.service, object.__new__(kind))[method.name]
    assert isinstance(handler, grpc.RpcMethodHandler)

    if handler.request_deserializer is not None:  # else it is handed bytes, which it reads by itself
        assert isinstance(handler.request_deserializer(b"no message"), Unread)


def test_a_request_is_read_once_its_caller_is_known() -> None:
    asked = audit_log_pb2.ListEntriesRequest(page_size=7)

    assert opened(Unread(audit_log_pb2.ListEntriesRequest, asked.SerializeToString())) == asked
    assert opened(b"bytes") == b"bytes"


@pytest.mark.parametrize("wire", [b"\xff", b"\x0a\x00" * (LARGEST_QUESTION // 2 + 1)])
def test_what_is_no_message_or_too_large_is_refused(wire: bytes) -> None:
    with pytest.raises(InvalidInput):
        opened(Unread(audit_log_pb2.VerifyChainRequest, wire))
