"""`gate serve --role`: each process serves its part, and every one can be watched."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from tests.support.gates import GateProcess


@pytest.fixture(params=["gate", "portal", "jobs"])
async def process(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[str, GateProcess]]:
    process = GateProcess(tmp_path, "--role", request.param)
    await process.start()
    yield request.param, process
    await process.kill()


async def test_a_process_serves_its_part_and_no_other(process: tuple[str, GateProcess]) -> None:
    role, gate = process

    for path in ("/healthz", "/readyz", "/health", "/metrics"):
        assert (await gate.page(path)).status == 200
    has_pages = role == "portal"
    assert ((await gate.page("/sign-in")).status == 200) is has_pages
    assert ((await gate.page("/api/admin/providers")).status != 404) is has_pages
    assert await answers(gate) is (role == "gate")
    assert await gate.stop() == 0


async def answers(gate: GateProcess) -> bool:
    async with grpc.aio.insecure_channel(gate.grpc_address) as channel:
        try:
            async with asyncio.timeout(2):
                await channel.channel_ready()
        except TimeoutError:
            return False
        return True
