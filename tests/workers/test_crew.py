"""What one worker says of all of them."""

from pathlib import Path

import msgspec
import pytest
from pydantic import SecretStr

from gate.settings import Settings, load_settings
from gate.workers.crew import Crew
from gate.workers.packing import packed, unpacked
from gate.workers.words import Condition

ONE, BOTH = {1: 100}, {1: 100, 2: 200}


@pytest.mark.parametrize(
    ("condition", "reasons", "troubles"),
    [
        (Condition(), ["0 of 2 workers serve so far"], []),
        (Condition(serving=ONE), ["1 of 2 workers serve so far"], []),
        (Condition(serving=BOTH, were_all_there=True), [], []),
        (Condition(serving=ONE, were_all_there=True), [], ["1 of 2 workers are missing; they are started again"]),
    ],
)
def test_calls_are_welcome_when_all_were_there_and_one_that_is_missing_later_is_a_trouble_only(
    condition: Condition, reasons: list[str], troubles: list[str]
) -> None:
    crew = Crew(2, 2, "/nowhere")
    crew.condition = condition
    assert (crew.reasons(), crew.troubles()) == (reasons, troubles)


def test_who_serves_alone_waits_for_nobody() -> None:
    alone = Crew()
    assert (alone.is_alone, alone.reasons(), alone.troubles()) == (True, [], [])


def test_a_worker_works_by_the_settings_that_were_read_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "gate.toml"
    file.write_text('workers = 3\n[provider_enrollment]\nenabled_states = ["TX"]\n')
    monkeypatch.setenv("GATE_METRICS_TOKEN", "opens metrics")
    read = load_settings(file)
    file.unlink()
    monkeypatch.setenv("GATE_METRICS_TOKEN", "changed meanwhile")

    restored = unpacked(packed(read.model_copy(update={"grpc_address": "127.0.0.1:7"})))

    assert type(restored) is Settings
    assert restored.model_dump() == read.model_dump() | {"grpc_address": "127.0.0.1:7"}
    assert restored.metrics_token == SecretStr("opens metrics")
    assert restored.provider_enrollment.enabled_states == ("TX",)


def test_what_is_said_between_processes_is_one_line() -> None:
    condition = Condition(serving=BOTH, were_all_there=True, restarts=7)
    line = msgspec.json.encode(condition)
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=Condition) == condition
