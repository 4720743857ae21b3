"""One gate for all that is thrown at its doors; it must still answer a good claim after each."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gate.v1 import decision_pb2
from tests.e2e.providers import ALL_STATES
from tests.support.gates import GateInProcess, running_in_process


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GateInProcess]:
    async with running_in_process(tmp_path_factory.mktemp("gate")) as running:
        await running.of("good").configure(enabled_states=ALL_STATES, gate_mode=decision_pb2.GATE_MODE_ENFORCE)
        yield running
