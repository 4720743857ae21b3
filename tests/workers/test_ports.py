"""Ports that workers share and strangers do not."""

import socket

import pytest

from gate.errors import PreconditionFailed
from gate.workers.ports import held, with_port


def listening(port: int, *, shares: bool) -> socket.socket:
    return socket.create_server(("127.0.0.1", port), reuse_port=shares)


def test_a_held_port_is_for_those_who_share_it_and_for_nobody_else() -> None:
    with held("127.0.0.1:0", "KEY") as kept:
        port = kept.getsockname()[1]
        assert with_port("127.0.0.1:0", kept) == f"127.0.0.1:{port}"
        is_refused_to_strangers(port)
        with listening(port, shares=True), listening(port, shares=True):
            is_refused_to_strangers(port)
    listening(port, shares=False).close()


def is_refused_to_strangers(port: int) -> None:
    with pytest.raises(OSError, match="in use"):
        listening(port, shares=False)
    with pytest.raises(PreconditionFailed, match=rf"at 127\.0\.0\.1:{port} \(KEY\)"):
        held(f"127.0.0.1:{port}", "KEY")


def test_who_holds_a_port_takes_no_connection() -> None:
    with held("127.0.0.1:0", "KEY") as kept, listening(kept.getsockname()[1], shares=True) as worker:
        for _ in range(20):
            with socket.create_connection(kept.getsockname(), timeout=5):
                worker.settimeout(5)
                worker.accept()[0].close()


def test_a_port_is_held_again_at_once_after_connections_were_closed_at_it() -> None:
    with held("127.0.0.1:0", "KEY") as kept:
        address = kept.getsockname()
        with listening(address[1], shares=True) as worker, socket.create_connection(address) as caller:
            worker.accept()[0].close()  # the side that closes first keeps the port busy for a minute
            assert caller.recv(1) == b""
    held(f"127.0.0.1:{address[1]}", "KEY").close()


def test_a_port_where_somebody_listens_is_not_held_though_they_share_it() -> None:
    with listening(0, shares=True) as other, pytest.raises(PreconditionFailed):
        held(f"127.0.0.1:{other.getsockname()[1]}", "KEY")


def test_an_address_of_another_machine_is_refused_with_its_key() -> None:
    with pytest.raises(PreconditionFailed, match=r"192\.0\.2\.1:0 \(GATE_GRPC_ADDRESS\)"):
        held("192.0.2.1:0", "GATE_GRPC_ADDRESS")
