"""The machine itself misbehaves: its disk is full, its clock jumps."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from gate.auth.permissions import Role
from gate.clock import system_clock
from tests.chaos.clients import Pipeline, checking, codes_of, eventually, metric
from tests.chaos.fault_table import SHORT_LIVED, providers
from tests.chaos.site import kept_of, running_portals
from tests.conftest import ROW_OF_FAULTS
from tests.support.callers import Caller, bearer, token_for
from tests.support.gates import GateProcess, asking_portals_at, gate_process

pytestmark = pytest.mark.timeout(90)

_TEXAS = {"GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX"}
_LIBFAKETIME = (
    Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"),
    Path("/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"),
)
_ALMOST_A_DAY = timedelta(hours=20)
Record = Callable[[str, object], None]


class Disk:
    """A small file system that can be filled."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        with self._ballast.open("wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(b"\0" * 4096)
            except OSError:
                pass

    def free(self) -> None:
        self._ballast.unlink()


@pytest.fixture
def spool_disk(tmp_path: Path) -> Iterator[Disk]:
    """Where the ledger's spool lies: a file system of its own, of four megabytes."""
    folder = tmp_path / "ledger"
    folder.mkdir(mode=0o700)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only who may mount a file system can fill one")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", folder], check=True)


async def test_on_a_full_disk_nothing_is_answered_that_could_not_be_kept(
    spool_disk: Disk, tmp_path: Path, record_property: Record
) -> None:
    async with gate_process(tmp_path, "--sandbox", environment=_TEXAS) as gate, gate.caller("acme") as caller:
        truth = await codes_of(caller, providers())
        began = system_clock()
        async with checking(caller, providers()) as during:
            await asyncio.sleep(0.5)
            spool_disk.fill()
            await eventually(lambda: _refusals(during), 10)
            refused_from = len(during.answers)
            assert (await gate.page("/healthz")).status == 200
            assert "degraded" in (await gate.page("/health")).text
            assert await metric(gate, "enrollment_gate_ledger_refused_total") > 0
            spool_disk.free()
            await eventually(lambda: _answers_beyond(during, refused_from + 20), 20)

        assert {error.code().name for error in during.refusals} == {"UNAVAILABLE"}
        assert all("could not be recorded" in (error.details() or "") for error in during.refusals)
        assert all(codes <= truth[npi] for npi, codes in during.codes().items())
        answered = frozenset(answer.decision.decision_id for answer in during.answers)
        kept = await kept_of(caller, answered, began)
        assert answered <= set(kept)
        assert len(kept) == len(set(kept))
        assert await gate.stop() == 0
    record_property(
        ROW_OF_FAULTS,
        f"sqlite | disk full | {len(answered)} answers, 0 wrong, {len(during.refusals)} refused in words | "
        f"{len(answered)} kept, 0 twice | p95 {during.p95() * 1000:.0f} ms | by itself",
    )


async def test_where_answers_matter_more_a_full_disk_is_counted_and_told(spool_disk: Disk, tmp_path: Path) -> None:
    environment = _TEXAS | {"GATE_LEDGER__ON_FAILURE": "continue"}
    async with gate_process(tmp_path, "--sandbox", environment=environment) as gate, gate.caller("acme") as caller:
        truth = await codes_of(caller, providers())
        spool_disk.fill()
        async with checking(caller, providers()) as during:
            await eventually(lambda: _is_measured(gate, "enrollment_gate_ledger_lost_total"), 10)
            assert "degraded" in (await gate.page("/health")).text
            assert (await gate.page("/readyz")).status == 200
        assert not during.refusals
        assert all(codes <= truth[npi] for npi, codes in during.codes().items())
        assert "ledger_answers_lost" in gate.log
        spool_disk.free()
        began = system_clock()
        async with checking(caller, providers()) as after:
            await asyncio.sleep(1)
        answered = frozenset(answer.decision.decision_id for answer in after.answers[5:])
        assert answered <= set(await kept_of(caller, answered, began))


class WrongClock:
    """What the gate's process takes for the time, by libfaketime."""

    def __init__(self, library: Path, file: Path) -> None:
        self._file = file
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            # For C libraries of other years. With ours it turns every short wait for the interpreter into a busy one.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.jump("+0")

    def jump(self, offset: str) -> None:
        """Away from the true time, like ``+1d``."""
        aside = self._file.with_suffix(".aside")
        aside.write_text(offset, encoding="ascii")
        aside.replace(self._file)


@pytest.fixture
def clock(tmp_path: Path) -> WrongClock:
    library = next((path for path in _LIBFAKETIME if path.exists()), None)
    if library is None:
        pytest.skip("libfaketime is not installed")
    return WrongClock(library, tmp_path / "time")


@pytest.mark.parametrize(("there", "back"), [("+1d", "+0"), ("-1d", "+0")])
async def test_a_clock_that_jumps_turns_no_answer_and_loses_none(
    there: str, back: str, clock: WrongClock, tmp_path: Path, record_property: Record
) -> None:
    async with (
        running_portals(tmp_path) as portals,  # whose clock is right
        gate_process(tmp_path, environment=SHORT_LIVED | clock.environment | asking_portals_at(portals.url)) as gate,
        _long_valid(gate) as caller,
    ):
        truth = await codes_of(caller, providers())
        began = system_clock() - timedelta(days=2)
        async with checking(caller, providers()) as during:
            await asyncio.sleep(1)
            clock.jump(there)
            await eventually(lambda: _are_dated(during, _ALMOST_A_DAY), 10)
            await asyncio.sleep(1.5)
            clock.jump(back)
            jumped_back = len(during.answers)
            await eventually(lambda: _are_dated(during, timedelta(), since=jumped_back), 10)
            await asyncio.sleep(1.5)
        assert not during.refusals
        for npi, given in during.codes().items():
            assert given <= truth[npi], npi
        assert max(answer.seconds for answer in during.answers) < 6
        assert await codes_of(caller, providers()) == truth
        answered = frozenset(answer.decision.decision_id for answer in during.answers)
        kept = await kept_of(caller, answered, began)
        assert answered <= set(kept)
        assert len(kept) == len(set(kept))
        assert "Traceback" not in gate.log
        assert await gate.stop() == 0
    record_property(
        ROW_OF_FAULTS,
        f"sqlite | clock {there} and back | {len(answered)} answers, 0 wrong, 0 refused | "
        f"{len(answered)} kept, 0 twice | p95 {during.p95() * 1000:.0f} ms | at once",
    )


@asynccontextmanager
async def _long_valid(gate: GateProcess) -> AsyncIterator[Caller]:
    """A caller whose credential began days ago and lasts for days."""
    async with gate.caller("acme") as caller:
        days = timedelta(days=10)
        token = token_for(gate.data_dir, "acme", Role.ORG_ADMIN, ttl=days, ago=int(days.total_seconds() / 2))
        caller.metadata = bearer(token)
        yield caller


async def _are_dated(pipeline: Pipeline, away: timedelta, since: int = 0) -> bool:
    """Whether the last answer is dated that far from the true time, at least, and not half a day further."""
    given = pipeline.answers[since:]
    if not given:
        return False
    return away <= abs(given[-1].decision.evaluated_at.ToDatetime(UTC) - system_clock()) < away + timedelta(hours=12)


async def _refusals(pipeline: Pipeline) -> bool:
    return len(pipeline.refusals) > 5


async def _answers_beyond(pipeline: Pipeline, count: int) -> bool:
    return len(pipeline.answers) > count


async def _is_measured(gate: GateProcess, name: str) -> bool:
    return await metric(gate, name) > 0
