"""One server for all commands of a test process; each test speaks for a tenant of its own."""

import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.support.gates import GateProcess, gate_environment

_numbers = count(1)
_NOBODY = "127.0.0.1:1"
"""No server answers there."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateProcess]:
    """Observes Texas and California for everybody, with the portals' doubles."""
    gate = GateProcess(
        tmp_path_factory.mktemp("server"),
        "--sandbox",
        environment={"GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX,CA"},
    )
    try:
        asyncio.run(gate.start())
        yield gate
    finally:
        asyncio.run(gate.kill())


@pytest.fixture
def tenant() -> str:
    return f"tenant-{next(_numbers)}"


@pytest.fixture
def shell(server: GateProcess, tmp_path: Path) -> Shell:
    """On the server's machine: the same key, the same addresses."""
    return Shell(tmp_path, server.environment)


@pytest.fixture
def lonely(tmp_path: Path) -> Shell:
    """A shell where no server runs; what it keeps is in `data` below its folder."""
    return Shell(
        tmp_path,
        gate_environment(
            tmp_path / "data",
            GATE_GRPC_ADDRESS=_NOBODY,
            GATE_HTTP_ADDRESS="127.0.0.1:0",
            GATE_SANDBOX_ADDRESS="127.0.0.1:0",
        ),
    )
