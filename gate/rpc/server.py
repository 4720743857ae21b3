"""The gRPC server: our services, health per service, reflection, and limits."""

from typing import ClassVar, Final, Protocol

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from gate.errors import PreconditionFailed
from gate.rpc.limits import LARGEST_MESSAGE
from gate.rpc.reading import method_handlers

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
)


class Servicer(Protocol):
    """What answers the calls of one service of the contract."""

    service: ClassVar[ServiceDescriptor]


class GrpcServer:
    """Serves until stopped; `port` is the one really bound."""

    def __init__(self, *servicers: Servicer, shares_port: bool = False) -> None:
        """`shares_port`: with other workers of this gate, which `gate.workers.ports` keeps from strangers.

        Two processes on one port by accident would share the traffic without a word.
        """
        self._server = grpc.aio.server(options=(*_OPTIONS, ("grpc.so_reuseport", int(shares_port))))
        self._health = health.aio.HealthServicer()
        self._services = tuple(str(servicer.service.full_name) for servicer in servicers)
        for name, servicer in zip(self._services, servicers, strict=True):
            handlers = method_handlers(servicer.service, servicer)
            self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))
            self._server.add_registered_method_handlers(name, handlers)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection(
            (*self._services, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server
        )
        self.port = 0

    async def start(self, address: str, credentials: grpc.ServerCredentials | None) -> None:
        """Bind and begin to serve; without `credentials` in plaintext.

        Raises:
            PreconditionFailed: the address is taken or not this machine's.
        """
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
        for name in ("", *self._services):
            await self._health.set(name, status)

    async def stop(self, grace: float) -> None:
        """Take no more calls and let those in flight finish, for up to `grace` seconds."""
        await self._server.stop(grace)
