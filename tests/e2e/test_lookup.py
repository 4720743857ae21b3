"""`LookupProvider`: everything the sources say about one provider, state by state."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta

import grpc
import pytest
import pytest_asyncio
from google.type.date_pb2 import Date

from gate.cli.rendering import enum_name
from gate.v1 import decision_pb2, enrollment_gate_pb2
from sources.sandbox.faults import FaultKind
from tests.e2e.providers import ALL_STATES, ATTESTED, BOTH, ENROLLED, UNKNOWN, WITH_GAP, few_providers
from tests.support.callers import CALL_SECONDS, Caller, as_message, fields_in, freshness, status_in, today
from tests.support.gates import GateInProcess, running_in_process

pytestmark = pytest.mark.asyncio(loop_scope="module")

Entries = dict[str, enrollment_gate_pb2.StateEnrollment]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GateInProcess]:
    async with running_in_process(tmp_path_factory.mktemp("gate"), population=few_providers()) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def configured(caller: Caller) -> Caller:
    await caller.configure(enabled_states=ALL_STATES)
    return caller


async def looked_up(
    caller: Caller, npi: str, states: Sequence[str] = (), service_date: Date | None = None, *, fresh: bool = False
) -> Entries:
    request = enrollment_gate_pb2.LookupProviderRequest(
        npi=npi, states=states, service_date=service_date, freshness=freshness(fresh=fresh)
    )
    answer = await caller.gate.LookupProvider(request, metadata=caller.metadata, timeout=CALL_SECONDS)
    assert answer.profile.npi == npi
    return {entry.state: entry for entry in answer.profile.states}


def codes(entries: Entries) -> dict[str, str]:
    names = decision_pb2.DecisionCode.DESCRIPTOR
    return {state: enum_name(names, entry.code) for state, entry in entries.items()}


def day_of(message: Date) -> date:
    return date(message.year, message.month, message.day)


async def test_without_states_every_enabled_one_is_looked_up(configured: Caller) -> None:
    entries = await looked_up(configured, BOTH)

    assert codes(entries) == dict.fromkeys(ALL_STATES, "PASS")
    for state, entry in entries.items():
        assert day_of(entry.as_of) == today(state)
        assert entry.reason
        assert [answer.source for answer in entry.sources][-1] == "caqh_proview"
        assert entry.records[0].state == state


async def test_states_come_in_the_order_asked_once_each_in_any_case(configured: Caller) -> None:
    assert list(await looked_up(configured, ENROLLED, ["ny", "CA", "NY"])) == ["NY", "CA"]


async def test_every_period_and_the_days_between_are_shown(configured: Caller) -> None:
    entry = (await looked_up(configured, WITH_GAP, ["TX"]))["TX"]

    (gap,) = entry.gaps
    days = today("TX")
    assert (day_of(gap.first_day), day_of(gap.last_day)) == (days - timedelta(days=199), days - timedelta(days=101))
    assert len(entry.records) == 2


@pytest.mark.parametrize(("days_ago", "code"), [(0, "PASS"), (150, "ENROLLMENT_EXPIRED"), (300, "PASS")])
async def test_s1_the_finding_is_that_of_the_day_asked_for(configured: Caller, days_ago: int, code: str) -> None:
    day = today("TX") - timedelta(days=days_ago)

    entries = await looked_up(configured, WITH_GAP, ["TX"], as_message(day))

    assert codes(entries) == {"TX": code}
    assert (day_of(entries["TX"].service_date), day_of(entries["TX"].as_of)) == (day, today("TX"))


async def test_a_failing_state_does_not_spoil_the_others(gate: GateInProcess, configured: Caller) -> None:
    gate.misbehave("tmhp_pems", kind=FaultKind.ERROR_500)

    entries = await looked_up(configured, ENROLLED)

    assert codes(entries) == {"CA": "PASS", "FL": "PASS", "NY": "PASS", "TX": "SOURCE_UNAVAILABLE"}
    assert {state for state, entry in entries.items() if entry.evidence_incomplete} == {"TX"}
    failed = next(answer for answer in entries["TX"].sources if answer.source == "tmhp_pems")
    assert (failed.outcome, failed.error_kind) == (decision_pb2.SOURCE_OUTCOME_ERROR, "UNREACHABLE")


async def test_a_provider_nobody_knows_is_not_found_and_one_caqh_knows_shows_its_record(configured: Caller) -> None:
    unknown, attested = await looked_up(configured, UNKNOWN, ["CA"]), await looked_up(configured, ATTESTED, ["CA"])

    assert codes(unknown) == {"CA": "ENROLLMENT_NOT_FOUND"}
    assert codes(attested) == {"CA": "PASS"}
    assert "NATIONAL_EVIDENCE_ONLY" in attested["CA"].warnings
    assert [record.source for record in attested["CA"].records] == ["caqh_proview"]


async def test_k10_a_lookup_is_answered_from_the_cache_unless_freshness_is_wanted(
    gate: GateInProcess, configured: Caller
) -> None:
    await looked_up(configured, ENROLLED, ["FL"])
    await looked_up(configured, ENROLLED, ["FL"])
    assert gate.calls()["fl_fmmis"] == 1

    await looked_up(configured, ENROLLED, ["FL"], fresh=True)
    assert gate.calls()["fl_fmmis"] == 2


async def test_c1_a_tenant_without_configuration_sees_nothing_and_nobody_is_asked(
    gate: GateInProcess, caller: Caller
) -> None:
    assert await looked_up(caller, ENROLLED, ["TX"]) == {}
    assert gate.calls() == {}


async def test_everything_malformed_is_named(configured: Caller) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await looked_up(configured, "12345", ["TX", "ZZ"])
    assert fields_in(status_in(refusal.value)) == ["states[1]", "npi"]

    with pytest.raises(grpc.aio.AioRpcError) as bad_day:
        await looked_up(configured, ENROLLED, ["TX"], Date(year=2026, month=13, day=1))
    assert fields_in(status_in(bad_day.value)) == ["service_date"]
