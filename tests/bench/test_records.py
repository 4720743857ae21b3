"""What records cost is measured by switching them, and that switches what the gate really uses."""

from pathlib import Path

import msgspec
import pytest

from gate.bench.load import best_loader
from gate.bench.machine import Cores
from gate.bench.programs import switched
from gate.bench.recording import records
from gate.bench.run import QUICK, Run
from gate.bench.site import portals
from gate.checks.model import GivenAnswers
from gate.checks.recording import CountingRecorder
from gate.ledger.journal import SpoolJournal
from gate.observability.metrics import Metrics


async def test_a_gate_that_serves_is_compared_with_itself_without_its_records(tmp_path: Path) -> None:
    async with portals(tmp_path, Cores()) as doubles:
        run = Run(tmp_path, msgspec.structs.replace(QUICK, turns=8), Cores(), best_loader(), doubles)

        lines = await records(run)

    assert [line.figure for line in lines] == ["P7", "P7"]
    assert all(line.value is not None and -0.9 < line.value < 9 for line in lines)


@pytest.mark.parametrize(
    ("original", "switchable"),
    [
        (SpoolJournal, switched.SwitchableJournal),
        (CountingRecorder, switched.SwitchableRecorder),
        (Metrics, switched.SwitchableMetrics),
    ],
)
def test_what_the_switches_stand_for_is_wired(
    original: type, switchable: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    wired = [room for room in switched.WIRING if original.__name__ in vars(room)]
    for room in wired:
        monkeypatch.setattr(room, original.__name__, original)  # so that it is put back afterwards

    switched.put_in_place(switchable)

    assert [vars(room)[original.__name__] for room in wired] == [switchable] * len(wired) != []


def test_a_switch_for_what_is_not_wired_is_refused() -> None:
    class Unused(CountingRecorder):
        def record(self, answers: GivenAnswers) -> None: ...

    class OfUnused(Unused): ...

    with pytest.raises(RuntimeError, match="nobody wires what OfUnused stands for"):
        switched.put_in_place(OfUnused)
