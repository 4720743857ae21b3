"""Several processes at one port: they are one gate to whoever calls, watches, switches, stops or kills them."""

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import aiohttp
import grpc
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from gate.auth.permissions import Role
from gate.settings import Settings
from gate.v1 import decision_pb2
from tests.chaos.clients import Pipeline, calls_of, checking, eventually, health_of, metric, texans
from tests.chaos.test_ledger import command_of, decisions_in, drainers_of, is_running, spool_of
from tests.support.callers import Caller, bearer, claim, code_of
from tests.support.gates import Doors, GateProcess, gate_process
from tests.support.visitors import hire, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXAS = {"GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX"}
WORKERS = 2
OPTIONS = ("--sandbox", "--workers", str(WORKERS))
CHANNELS = 16
"""Of which at least one reaches each of two workers, but for once in thirty thousand times."""
SWITCHED_WITHIN = 5.0
REVOKED_WITHIN = 1.0
SLOW_SECONDS = 1.5
_OWNER = re.compile(r"^[^-]+-(\d+)-")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GateProcess]:
    async with gate_process(tmp_path_factory.mktemp("workers"), *OPTIONS, environment=TEXAS) as running:
        yield running


def workers_of(gate: GateProcess) -> list[int]:
    return [pid for pid in drainers_of(gate) if is_running(pid) and command_of(pid).endswith("-m gate.worker")]


def who_answered(gate: Doors) -> set[int]:
    """Processes that wrote to the ledger's spool."""
    return {int(found[1]) for path in spool_of(gate.data_dir) if (found := _OWNER.match(path.name))}


@asynccontextmanager
async def callers(gate: Doors, tenant: str, *roles: Role) -> AsyncIterator[list[Caller]]:
    """Each with a connection of its own, so that all workers hear some of them."""
    async with AsyncExitStack() as stack:
        own = (("grpc.use_local_subchannel_pool", 1),)
        channels = [
            await stack.enter_async_context(grpc.aio.insecure_channel(gate.grpc_address, options=own))
            for _ in range(CHANNELS)
        ]
        yield [Caller(channel, gate.data_dir, tenant, *roles) for channel in channels]


async def all_serve(gate: Doors) -> bool:
    return await metric(gate, "enrollment_gate_workers") == WORKERS


async def test_every_worker_answers_and_whoever_is_asked_counts_for_all_of_them(gate: GateProcess) -> None:
    async with callers(gate, "counted") as many:
        for caller in many:
            assert code_of(await caller.check(claim())) == "PASS"
            await caller.check_many([claim()] * 10)

    assert who_answered(gate) >= set(workers_of(gate))
    claims = CHANNELS * 11
    counted = partial(metric, gate, "enrollment_gate_decisions_total", tenant="counted")
    await eventually(partial(_comes_to, counted, claims), 5)  # each worker counts what it noted a moment later
    for _ in range(5):  # each time by another connection, and sooner or later by another worker
        assert await counted() == claims
    assert await metric(gate, "enrollment_gate_request_seconds_count", method="CheckClaims") == CHANNELS
    await eventually(partial(_is, gate, "enrollment_gate_ledger_written_total", claims), 5)


async def _is(gate: Doors, name: str, value: float) -> bool:
    return await metric(gate, name) == value


async def _comes_to(told: Callable[[], Awaitable[float]], value: float) -> bool:
    return await told() >= value


async def test_no_series_of_a_single_process_is_missing_from_the_merged_picture(
    gate: GateProcess, tmp_path: Path
) -> None:
    async with gate_process(tmp_path, "--sandbox", environment=TEXAS) as alone, alone.caller("acme") as caller:
        await caller.check(claim())
        one = await families_of(alone)
    several = await families_of(gate)

    missing = {name for name, _ in one.items() - several.items()}
    assert {name for name in missing if not name.startswith("python_gc") and not name.endswith("_created")} == set()
    scheduled = ("enrollment_gate_job_", "enrollment_gate_outbox_")  # which the one that is alone has yet to run
    more = {name for name in several.keys() - one.keys() if not name.startswith(scheduled)}
    assert more == {"enrollment_gate_workers", "enrollment_gate_worker_restarts"}
    assert 'pid="' not in (await gate.page("/metrics")).text, "a gauge does not say how workers' values become one"


async def families_of(gate: Doors) -> dict[str, tuple[str, str]]:
    """Type and description by name, of those that have a value."""
    families = text_string_to_metric_families((await gate.page("/metrics")).text)
    return {family.name: (family.type, family.documentation) for family in families if family.samples}


async def test_c17_a_mode_that_one_worker_switched_is_in_force_at_all(gate: GateProcess) -> None:
    async with callers(gate, "switching") as many:
        switching = many[0]
        await switching.configure(enabled_states=["TX"], gate_mode=decision_pb2.GATE_MODE_AUDIT)
        change = (await switching.set_mode(decision_pb2.GATE_MODE_ENFORCE)).change
        began = time.monotonic()
        while {(await caller.check(claim())).config_version for caller in many} != {change.config_version}:
            assert time.monotonic() - began < SWITCHED_WITHIN
        assert {(await caller.check(claim())).mode for caller in many} == {decision_pb2.GATE_MODE_ENFORCE}


async def test_a_revoked_api_key_opens_no_worker_within_a_second(gate: GateProcess) -> None:
    async with callers(gate, "revoking") as many, gate.caller("revoking") as owner:
        await owner.configure(enabled_states=["TX"], gate_mode=decision_pb2.GATE_MODE_AUDIT)
        made = await owner.make_key(Role.PIPELINE)
        for caller in many:
            caller.metadata = bearer(made.token)
        async with asyncio.timeout(REVOKED_WITHIN):
            while {await status_of(caller) for caller in many} != {grpc.StatusCode.OK}:
                pass

        await owner.revoke_key(made.api_key.key_id)
        began = time.monotonic()
        while {await status_of(caller) for caller in many} != {grpc.StatusCode.UNAUTHENTICATED}:
            assert time.monotonic() - began < REVOKED_WITHIN


async def status_of(caller: Caller) -> grpc.StatusCode:
    try:
        await caller.check(claim())
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def test_a_session_is_good_at_every_worker_and_so_are_its_forms(gate: GateProcess) -> None:
    await hire(Settings(data_dir=gate.data_dir), "maria", {"acme": Role.VIEWER})
    async with visitor(gate.http_url) as browser:
        assert (await browser.sign_in("maria")).status == 303
        cookies = browser.session.cookie_jar
        pages = []
        for _ in range(CHANNELS):
            async with (
                aiohttp.ClientSession(cookie_jar=cookies, connector=aiohttp.TCPConnector()) as another,
                another.get(f"{gate.http_url}/account", allow_redirects=False) as page,
            ):
                pages.append((page.status, await page.text()))
        # A form of one worker's page, sent to whichever takes the connection.
        assert (await browser.submit("/account", "/sign-out")).status == 303
        assert (await browser.get("/account")).status == 303

    assert {status for status, _ in pages} == {200}


async def test_a_killed_worker_comes_back_while_the_others_answer_and_nothing_answered_is_lost(
    gate: GateProcess,
) -> None:
    npis = texans("TX PASS", 4)
    before = await metric(gate, "enrollment_gate_worker_restarts_total")
    async with callers(gate, "killed") as many, AsyncExitStack() as stack:
        pipelines = [await stack.enter_async_context(checking(caller, npis)) for caller in many]
        await asyncio.sleep(0.3)
        victim, *others = workers_of(gate)
        os.kill(victim, signal.SIGKILL)
        given = sum(len(pipeline.answers) for pipeline in pipelines)
        await eventually(partial(_was_restarted, gate, before + 1), 20)
        await eventually(partial(all_serve, gate), 20)
        assert set(others) < set(workers_of(gate))
        assert victim not in workers_of(gate)
        answered = [len(pipeline.answers) for pipeline in pipelines]
        await asyncio.sleep(1)
        assert all(len(pipeline.answers) > count for pipeline, count in zip(pipelines, answered, strict=True))

    # What the worker had noted in its last moment, it counts no more.
    await everything_is_kept_and_counted(gate, "killed", pipelines, not_counted=given)
    assert "worker_ended" in gate.log
    assert (await gate.page("/readyz")).status == 200
    assert "workers" not in (await gate.page("/health")).text


async def _was_restarted(gate: Doors, times: float) -> bool:
    return await metric(gate, "enrollment_gate_worker_restarts_total") == times


async def everything_is_kept_and_counted(
    gate: Doors, tenant: str, pipelines: list[Pipeline], *, not_counted: int = 0
) -> None:
    answers = [answer for pipeline in pipelines for answer in pipeline.answers]
    refusals = [error for pipeline in pipelines for error in pipeline.refusals]
    assert {answer.code for answer in answers} == {"PASS"}
    assert {error.code() for error in refusals} <= {grpc.StatusCode.UNAVAILABLE}
    # An answer that was counted may have been lost on its way out, with the worker that was killed.
    counted = partial(metric, gate, "enrollment_gate_decisions_total", tenant=tenant)
    cut_off = CHANNELS * 2 + len(refusals)
    await eventually(partial(_comes_to, counted, len(answers) - not_counted), 5)
    assert await counted() <= len(answers) + cut_off
    await eventually(partial(_are_stored, gate, {answer.decision.decision_id for answer in answers}), 20)


async def _are_stored(gate: Doors, decisions: set[str]) -> bool:
    return decisions <= set(decisions_in(gate.data_dir / "gate.db"))


async def test_another_gate_at_the_same_port_is_refused(gate: GateProcess, tmp_path: Path) -> None:
    for key, taken in (("GATE_GRPC_ADDRESS", gate.grpc_address), ("GATE_HTTP_ADDRESS", gate.http_url[7:])):
        for options in ((), ("--workers", "2")):
            another = GateProcess(tmp_path / f"{key}{len(options)}", *options, environment={key: taken})
            with pytest.raises(RuntimeError, match=key):
                await another.start()
            assert "Traceback" not in another.log


async def test_workers_are_refused_where_a_single_process_serves(tmp_path: Path) -> None:
    async with gate_process(tmp_path / "one", environment=TEXAS) as alone:
        another = GateProcess(tmp_path / "two", "--workers", "2", environment={"GATE_GRPC_ADDRESS": alone.grpc_address})
        with pytest.raises(RuntimeError, match="GATE_GRPC_ADDRESS"):
            await another.start()


async def test_what_keeps_a_worker_from_starting_ends_the_gate_with_the_reason(tmp_path: Path) -> None:
    key = tmp_path / "development.key"
    key.write_text("00" * 32)
    key.chmod(0o644)
    gate = GateProcess(tmp_path, "--workers", "2")
    with pytest.raises(RuntimeError):
        await gate.start()
    assert gate.log.count("must be readable by its owner alone") == 1
    assert "Traceback" not in gate.log


async def test_any_free_port_is_one_port_for_all_workers(tmp_path: Path) -> None:
    gate = GateProcess(tmp_path, "--workers", "2", environment={"GATE_GRPC_ADDRESS": "127.0.0.1:0"})
    try:
        await gate.start()
        ports = {found[1] for found in re.finditer(r'"grpc_port": (\d+)', gate.log)}
        assert len(ports) == 1
        async with grpc.aio.insecure_channel(f"127.0.0.1:{ports.pop()}") as channel:
            assert await health_of(channel) == 1
        assert await gate.stop(signal.SIGINT) == 0
    finally:
        await gate.kill()
    assert "Traceback" not in gate.log


async def test_all_workers_finish_what_they_began_and_the_gate_ends_with_0(tmp_path: Path) -> None:
    slow = texans("TX PASS", CHANNELS)
    async with gate_process(tmp_path, *OPTIONS, environment=TEXAS) as gate, callers(gate, "stopping") as many:
        await gate.misbehave({"tmhp_pems": {"kind": "slow", "latency_ms": SLOW_SECONDS * 1000}})
        before = (await calls_of(gate.sandbox_url))["tmhp_pems"]
        in_flight = [
            asyncio.create_task(caller.check(claim(npi), fresh=True)) for caller, npi in zip(many, slow, strict=True)
        ]
        await eventually(partial(_were_asked, gate, before + len(slow)), 10)
        workers = workers_of(gate)

        stopping = asyncio.create_task(gate.stop())
        await eventually(partial(_is_stopping, gate), 5)
        assert [code_of(decision) for decision in await asyncio.gather(*in_flight)] == ["PASS"] * len(slow)
        assert await stopping == 0

    answered = {task.result().decision_id for task in in_flight}
    assert answered <= set(decisions_in(gate.data_dir / "gate.db"))
    assert not any(is_running(pid) for pid in workers)
    assert "Traceback" not in gate.log


async def _were_asked(gate: GateProcess, calls: int) -> bool:
    return (await calls_of(gate.sandbox_url))["tmhp_pems"] >= calls


async def _is_stopping(gate: Doors) -> bool:
    page = await gate.page("/readyz")
    return page.status == 503 and "stopping" in page.text


async def test_workers_whose_supervisor_is_killed_end_and_make_room(tmp_path: Path) -> None:
    gate = GateProcess(tmp_path, "--workers", "2", environment=TEXAS)
    try:
        await gate.start()
        workers = workers_of(gate)
        await gate.kill()
        await eventually(partial(_are_gone, workers), 10)
        await gate.start()
        assert set(workers_of(gate)).isdisjoint(workers)
        assert await gate.stop() == 0
    finally:
        await gate.kill()


async def _are_gone(pids: list[int]) -> bool:
    return not any(is_running(pid) for pid in pids)
