"""One gate for all tests of a module; each test speaks for a tenant of its own, so that none sees another's."""

from collections.abc import AsyncIterator
from itertools import count

import pytest
import pytest_asyncio

from gate.v1 import decision_pb2
from tests.e2e.providers import ALL_STATES
from tests.support.callers import Caller
from tests.support.gates import GateInProcess, running_in_process

_numbers = count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GateInProcess]:
    async with running_in_process(tmp_path_factory.mktemp("gate")) as running:
        yield running


@pytest.fixture
def tenant() -> str:
    return f"tenant-{next(_numbers)}"


@pytest.fixture
def caller(gate: GateInProcess, tenant: str) -> Caller:
    """May do everything for its tenant, which nobody has configured yet."""
    gate.behave()
    gate.portals.sandbox.forget_calls()
    return gate.of(tenant)


@pytest_asyncio.fixture(loop_scope="module")
async def checked(caller: Caller) -> Caller:
    """Checks every state, and enforces."""
    await caller.configure(enabled_states=ALL_STATES, gate_mode=decision_pb2.GATE_MODE_ENFORCE)
    return caller
