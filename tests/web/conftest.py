from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest
import pytest_asyncio

from gate.auth.permissions import Role
from tests.support.databases import stop_shared_servers
from tests.support.gates import GateInProcess, running_in_process
from tests.support.visitors import Visitor, cheap_passwords, hire, visitor

_numbers = count(1)


@pytest.fixture(scope="module", autouse=True)
def passwords_that_cost_nothing() -> Iterator[None]:
    with cheap_passwords():
        yield


@pytest.fixture(scope="session", autouse=True)
def servers_that_stop_with_the_session() -> Iterator[None]:
    yield
    stop_shared_servers()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GateInProcess]:
    async with running_in_process(tmp_path_factory.mktemp("gate")) as gate:
        yield gate


@pytest_asyncio.fixture(loop_scope="module")
async def browser(gate: GateInProcess) -> AsyncIterator[Visitor]:
    """Nobody is signed in yet."""
    async with visitor(gate.http_url) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def login(gate: GateInProcess) -> str:
    """Of somebody new, who looks after the gate of a clinic of their own."""
    number = next(_numbers)
    await hire(gate.settings, f"person-{number}", {f"clinic-{number}": Role.GATE_OPERATOR})
    return f"person-{number}"


@pytest_asyncio.fixture(loop_scope="module")
async def two_clinics(gate: GateInProcess) -> str:
    """Login of somebody who belongs to the clinics ``<login>-a`` (as operator) and ``<login>-b`` (to look on)."""
    name = f"coordinator-{next(_numbers)}"
    await hire(gate.settings, name, {f"{name}-a": Role.GATE_OPERATOR, f"{name}-b": Role.COORDINATOR})
    return name
