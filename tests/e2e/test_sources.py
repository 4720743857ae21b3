"""A tenant's sources, their condition, and those that cannot answer yet (row A17)."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from gate.cli.rendering import enum_name
from gate.v1 import decision_pb2, gate_admin_pb2
from sources.sandbox.faults import FaultKind
from sources.sandbox.population import PORTALS
from tests.e2e.bundled import ENROLLED, UNKNOWN
from tests.e2e.providers import ALL_STATES
from tests.support.callers import claim, code_of
from tests.support.gates import running_in_process

AUDIT, ENFORCE = decision_pb2.GATE_MODE_AUDIT, decision_pb2.GATE_MODE_ENFORCE


async def test_sources_tell_their_condition_before_during_and_after_trouble(tmp_path: Path) -> None:
    names = gate_admin_pb2.SourceStatus.DESCRIPTOR
    async with running_in_process(tmp_path) as gate:
        caller = gate.of("payer")
        await caller.configure(enabled_states=ALL_STATES)

        async def conditions() -> dict[str, str]:
            return {name: enum_name(names, source.status) for name, source in (await caller.sources()).items()}

        assert await conditions() == dict.fromkeys(PORTALS, "UNKNOWN")
        await caller.check(claim(ENROLLED), fresh=True)
        assert (await conditions())["tmhp_pems"] == "UP"

        gate.misbehave("tmhp_pems", kind=FaultKind.HTML)
        await caller.check(claim(ENROLLED), fresh=True)
        degraded = (await caller.sources())["tmhp_pems"]
        assert (enum_name(names, degraded.status), degraded.last_error_kind) == ("DEGRADED", "MALFORMED")
        for _ in range(5):
            await caller.check(claim(ENROLLED), fresh=True)
        down = (await caller.sources())["tmhp_pems"]
        assert (enum_name(names, down.status), down.breaker) == ("DOWN", "OPEN")
        assert down.last_failure_at.ToNanoseconds() >= down.last_success_at.ToNanoseconds() > 0

        # Other sources are not slowed or marked.
        assert (await conditions())["caqh_proview"] == "UP"
        listed = await caller.sources()
        assert listed["tmhp_pems"].base_url == gate.portals.connections["tmhp_pems"].base_url
        assert (list(listed["tmhp_pems"].states), list(listed["caqh_proview"].states)) == (["TX"], [])


STUB = """
from sources.contract import SourceDescription, SourceNotImplemented, SourceScope


class Stub:
    description = SourceDescription(
        name="az_apep", title="Arizona", scope=SourceScope.STATE, states=frozenset({"AZ"}), implemented=False
    )

    def __init__(self, session, connection, clock):
        pass

    async def fetch(self, query):
        raise SourceNotImplemented("az_apep: cannot answer yet")
"""


@pytest.fixture
def stub_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another package's source that cannot answer yet, installed as such packages are: by its entry point."""
    folder = tmp_path / "site"
    information = folder / "az_apep-1.dist-info"
    information.mkdir(parents=True)
    (folder / "az_apep.py").write_text(STUB)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: az-apep\nVersion: 1\n")
    (information / "entry_points.txt").write_text("[enrollment_gate.sources]\naz_apep = az_apep:Stub\n")
    monkeypatch.syspath_prepend(folder)
    yield
    sys.modules.pop("az_apep", None)


async def test_a17_a_state_with_nothing_but_a_stub_is_not_enforced_unless_forced(
    tmp_path: Path, stub_installed: None, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_in_process(tmp_path / "gate") as gate:
        assert "source_not_implemented" in capsys.readouterr().out
        caller = gate.of("payer")
        source = (await caller.sources())["az_apep"]
        await caller.configure(enabled_states=["AZ", "TX"], gate_mode=AUDIT)

        for enforce in (caller.set_mode(ENFORCE), caller.configure(enabled_states=["AZ"], gate_mode=ENFORCE)):
            with pytest.raises(grpc.aio.AioRpcError, match="AZ") as refusal:
                await enforce
            assert refusal.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        await caller.set_mode(ENFORCE, state="TX")
        forced = await caller.set_mode(ENFORCE, force=True)

        assert any("AZ" in warning for warning in forced.warnings)
        decision = await caller.check(claim(UNKNOWN, "AZ"))
        assert (code_of(decision), decision.detail) == ("SOURCE_UNAVAILABLE", "NO_SOURCE")
        assert enum_name(gate_admin_pb2.SourceStatus.DESCRIPTOR, source.status) == "NOT_IMPLEMENTED"
        told = json.loads((await gate.page("/health")).text)["sources"]
        assert {each["name"]: each["status"] for each in told}["az_apep"] == "NOT_IMPLEMENTED"
