"""The gRPC server: our services, health per service, reflection, and limits."""

from pathlib import Path
from typing import Any, Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from gate.errors import PreconditionFailed
from gate.rpc.enrollment_gate import EnrollmentGateService
from gate.rpc.gate_admin import GateAdminService
from gate.rpc.limits import LARGEST_MESSAGE
from gate.rpc.reading import LenientReading
from gate.settings import TlsSettings
from gate.v1 import enrollment_gate_pb2, enrollment_gate_pb2_grpc, gate_admin_pb2, gate_admin_pb2_grpc

_SERVICES: Final = (
    enrollment_gate_pb2.DESCRIPTOR.services_by_name["EnrollmentGate"].full_name,
    gate_admin_pb2.DESCRIPTOR.services_by_name["GateAdmin"].full_name,
)
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
    ("grpc.max_send_message_length", LARGEST_MESSAGE),
    ("grpc.max_metadata_size", 16 * 1024),
    # Calls that pile up before they are looked at gRPC itself cancels: from the first number on ever more likely, from
    # the second on always. Left alone it begins at 1 000, which a burst of calls that are quickly answered may reach.
    ("grpc.server.max_pending_requests", 5_000),
    ("grpc.server.max_pending_requests_hard_limit", 10_000),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Two processes on one port by accident would share the traffic without a word.
    ("grpc.so_reuseport", 0),
)


class GrpcServer:
    """Serves until stopped; `port` is the one really bound."""

    def __init__(self, gate: EnrollmentGateService, admin: GateAdminService) -> None:
        self._server = grpc.aio.server(options=_OPTIONS)
        self._health = health.aio.HealthServicer()
        lenient: Any = LenientReading(self._server)  # the generated code asks for a server, and needs but two methods
        enrollment_gate_pb2_grpc.add_EnrollmentGateServicer_to_server(gate, lenient)
        gate_admin_pb2_grpc.add_GateAdminServicer_to_server(admin, lenient)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection((*_SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server)
        self.port = 0

    async def start(self, address: str, tls: TlsSettings) -> None:
        """Bind and begin to serve.

        Raises:
            PreconditionFailed: the address is taken or not this machine's, or a file of `tls` cannot be read.
        """
        credentials = _credentials(tls)
        try:
            if credentials is not None:
                self.port = self._server.add_secure_port(address, credentials)
            else:
                self.port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise PreconditionFailed(
                f"nothing can be served at {address} (GATE_GRPC_ADDRESS): the address is taken or not this machine's"
            ) from error
        await self._server.start()

    async def announce(self, *, serving: bool) -> None:
        """What health checks hear, for the server as a whole and for each service."""
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in ("", *_SERVICES):
            await self._health.set(name, status)

    async def stop(self, grace: float) -> None:
        """Take no more calls and let those in flight finish, for up to `grace` seconds."""
        await self._server.stop(grace)


def _credentials(tls: TlsSettings) -> grpc.ServerCredentials | None:
    if tls.private_key_file is None or tls.certificate_file is None:
        return None
    client_ca = _content(tls.client_ca_file) if tls.client_ca_file is not None else None
    return grpc.ssl_server_credentials(
        [(_content(tls.private_key_file), _content(tls.certificate_file))],
        root_certificates=client_ca,
        require_client_auth=client_ca is not None,
    )


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise PreconditionFailed(f"{file} (GATE_TLS__…) cannot be read: {error.strerror}") from error
