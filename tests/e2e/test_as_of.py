"""What was known on a day in the past, and what judging a claim anew by today's knowledge means (rows S9 to S12)."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any

import grpc
import pytest

from gate.auth.permissions import Role
from gate.cli.rendering import enum_name
from gate.clock import system_clock, today_in
from gate.v1 import decision_pb2, enrollment_gate_pb2
from sources.sandbox.faults import FaultKind
from sources.sandbox.population import Population, parse_population
from tests.support.callers import (
    CALL_SECONDS,
    Caller,
    as_message,
    bearer,
    claim,
    code_of,
    fields_in,
    status_in,
    token_for,
)
from tests.support.gates import GateInProcess, running_in_process
from tests.support.recording import ledger_has

NPI = "1999999992"
TENANT = "acme"


class Calendar:
    """A clock that is set by hand; day 1 is today, at noon in UTC."""

    def __init__(self) -> None:
        self.now = system_clock().replace(hour=18, minute=0)
        self.first_day = today_in("TX", self.now)

    def __call__(self) -> datetime:
        return self.now

    def turn_to(self, day: int) -> None:
        self.now = self.now.replace() + timedelta(days=day - 1 - (today_in("TX", self.now) - self.first_day).days)

    def day(self, number: int) -> date:
        return self.first_day + timedelta(days=number - 1)


class Story:
    """One gate, one provider, several days."""

    def __init__(self, gate: GateInProcess, caller: Caller, calendar: Calendar) -> None:
        self.gate = gate
        self.caller = caller
        self.calendar = calendar

    def the_state_says(self, *segments: dict[str, Any]) -> None:
        self.gate.portals.sandbox.replace_population(known(*segments))

    async def check(self, on: date) -> decision_pb2.Decision:
        decision = await self.caller.check(claim(NPI, "TX", on, claim_id="CLM-9", line_number=1))
        await ledger_has(self.gate, decision)
        return decision

    async def reevaluated(self, decision: decision_pb2.Decision) -> enrollment_gate_pb2.DecisionExplanation:
        request = enrollment_gate_pb2.ExplainDecisionRequest(decision_id=decision.decision_id, reevaluate=True)
        answer = await self.caller.gate.ExplainDecision(request, metadata=self.caller.metadata, timeout=CALL_SECONDS)
        return answer.explanation

    async def looked_up(
        self, as_of: date | None = None, service_date: date | None = None, states: tuple[str, ...] = ("TX",)
    ) -> enrollment_gate_pb2.StateEnrollment:
        request = enrollment_gate_pb2.LookupProviderRequest(
            npi=NPI,
            states=states,
            as_of=None if as_of is None else as_message(as_of),
            service_date=None if service_date is None else as_message(service_date),
        )
        answer = await self.caller.gate.LookupProvider(request, metadata=self.caller.metadata, timeout=CALL_SECONDS)
        return answer.profile.states[0]


def known(*segments: dict[str, Any]) -> Population:
    return parse_population([{"npi": NPI, "tmhp_pems": list(segments)}] if segments else [])


def active(effective: date, end: date | None = None) -> dict[str, Any]:
    return {"id": "1", "status": "ACTIVE", "effective": str(effective), "end": None if end is None else str(end)}


def outcome_of(explanation: enrollment_gate_pb2.DecisionExplanation) -> str:
    return enum_name(enrollment_gate_pb2.ReevaluationOutcome.DESCRIPTOR, explanation.reevaluation.outcome)


def events_of(explanation: enrollment_gate_pb2.DecisionExplanation) -> list[str]:
    names = enrollment_gate_pb2.ReevaluationOutcome.DESCRIPTOR
    return [enum_name(names, event.outcome) for event in explanation.reevaluations]


@pytest.fixture
async def story(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    calendar = Calendar()
    folder = tmp_path_factory.mktemp("gate")
    async with running_in_process(folder, population=known(), clock=calendar) as gate:
        caller = gate.of(TENANT)
        caller.metadata = bearer(token_for(folder, TENANT, Role.ORG_ADMIN, ttl=timedelta(days=60)))
        await caller.configure(enabled_states=["TX"], gate_mode=decision_pb2.GATE_MODE_ENFORCE)
        yield Story(gate, caller, calendar)


async def test_s9_a_backdated_enrollment_makes_a_pended_claim_releasable_and_leaves_the_decision_as_it_was(
    story: Story,
) -> None:
    service = story.calendar.day(-3)
    given = await story.check(service)
    assert code_of(given) == "ENROLLMENT_NOT_FOUND"

    assert outcome_of(await story.reevaluated(given)) == "UNCHANGED"
    story.calendar.turn_to(9)
    story.the_state_says(active(service))
    first, second = await story.reevaluated(given), await story.reevaluated(given)

    assert outcome_of(first) == outcome_of(second) == "RELEASABLE"
    assert code_of(first.reevaluation.decision) == "PASS"
    assert events_of(first) == events_of(second) == ["RELEASABLE"], "the event is kept once"
    assert (code_of(first.decision), first.decision.reason) == ("ENROLLMENT_NOT_FOUND", given.reason)


async def test_s10_an_end_set_before_the_date_of_service_calls_for_a_review_and_does_nothing_by_itself(
    story: Story,
) -> None:
    start, service = story.calendar.day(-400), story.calendar.day(-3)
    story.the_state_says(active(start))
    given = await story.check(service)
    assert code_of(given) == "PASS"

    story.calendar.turn_to(9)
    story.the_state_says(active(start, service - timedelta(days=1)))
    explanation = await story.reevaluated(given)

    assert outcome_of(explanation) == "RECOUP_REVIEW"
    assert code_of(explanation.reevaluation.decision) == "ENROLLMENT_EXPIRED"
    assert events_of(explanation) == ["RECOUP_REVIEW"]
    assert code_of(explanation.decision) == "PASS"

    story.the_state_says(active(start))
    assert events_of(await story.reevaluated(given)) == ["RECOUP_REVIEW", "UNCHANGED"]


@pytest.mark.parametrize("down", [("tmhp_pems",), ("tmhp_pems", "caqh_proview")], ids=" ".join)
async def test_s10_while_a_source_is_down_nothing_is_said_against_a_claim_that_passed(
    story: Story, down: tuple[str, ...]
) -> None:
    story.the_state_says(active(story.calendar.day(-400)))
    given = await story.check(story.calendar.day(-3))

    story.calendar.turn_to(9)
    story.the_state_says()
    story.gate.misbehave(*down, kind=FaultKind.ERROR_500)
    explanation = await story.reevaluated(given)

    assert outcome_of(explanation) == "UNKNOWN"
    assert events_of(explanation) == []


async def test_s14_a_record_that_a_portal_drops_calls_for_a_review_once_that_is_confirmed(story: Story) -> None:
    story.the_state_says(active(story.calendar.day(-400)))
    given = await story.check(story.calendar.day(-3))

    story.calendar.turn_to(9)
    story.the_state_says()
    at_once = await story.reevaluated(given)
    story.calendar.now += timedelta(minutes=6)
    confirmed = await story.reevaluated(given)

    assert outcome_of(at_once) == "UNCHANGED"
    assert list(at_once.reevaluation.decision.warnings) == ["DISAPPEARED"]
    assert outcome_of(confirmed) == "RECOUP_REVIEW"
    assert code_of(confirmed.reevaluation.decision) == "ENROLLMENT_NOT_FOUND"


async def test_a_mode_that_was_switched_off_releases_no_claim(story: Story) -> None:
    given = await story.check(story.calendar.day(-3))
    await story.caller.set_mode(decision_pb2.GATE_MODE_OFF)

    explanation = await story.reevaluated(given)

    assert outcome_of(explanation) == "UNKNOWN"
    assert explanation.reevaluation.decision.detail == "MODE_OFF"


async def test_s11_and_s12_a_past_day_is_answered_by_what_was_known_then_and_today_by_what_is_known_now(
    story: Story,
) -> None:
    service = story.calendar.day(-3)
    await story.check(service)
    story.calendar.turn_to(9)
    story.the_state_says(active(service))
    today = await story.check(service)
    story.calendar.turn_to(10)
    story.gate.portals.sandbox.forget_calls()

    then = await story.looked_up(as_of=story.calendar.day(5), service_date=service)
    later = await story.looked_up(as_of=story.calendar.day(9), service_date=service)

    assert enum_name(decision_pb2.DecisionCode.DESCRIPTOR, then.code) == "ENROLLMENT_NOT_FOUND"
    assert enum_name(decision_pb2.DecisionCode.DESCRIPTOR, later.code) == "PASS"
    assert later.records[0].verified_at == today.verified_at
    assert today_in("TX", later.sources[0].verified_at.ToDatetime(story.calendar.now.tzinfo)) == story.calendar.day(9)
    assert story.gate.calls() == {}, "nobody is asked about the past"

    now = await story.looked_up(service_date=service)
    assert enum_name(decision_pb2.DecisionCode.DESCRIPTOR, now.code) == "PASS"
    assert date(now.as_of.year, now.as_of.month, now.as_of.day) == story.calendar.day(10)
    assert story.gate.calls()["tmhp_pems"] == 1


async def test_s11_where_nothing_was_recorded_by_then_nothing_is_claimed(story: Story) -> None:
    story.the_state_says(active(story.calendar.day(-400)))
    await story.check(story.calendar.day(1))

    before = await story.looked_up(as_of=story.calendar.day(0))

    assert enum_name(decision_pb2.DecisionCode.DESCRIPTOR, before.code) == "SOURCE_UNAVAILABLE"
    assert (before.detail, before.evidence_incomplete) == ("NOTHING_RECORDED", True)
    assert "says nothing about the enrollment" in before.reason
    assert {answer.outcome for answer in before.sources} == {decision_pb2.SOURCE_OUTCOME_SKIPPED}


async def test_s11_a_failure_teaches_nothing(story: Story) -> None:
    story.gate.misbehave(kind=FaultKind.ERROR_500)
    assert code_of(await story.check(story.calendar.day(1))) == "SOURCE_UNAVAILABLE"
    story.calendar.turn_to(3)

    assert (await story.looked_up(as_of=story.calendar.day(2))).detail == "NOTHING_RECORDED"


async def test_s11_the_day_ends_at_midnight_in_the_state(story: Story) -> None:
    """03:00 UTC is still the evening before in Texas."""
    story.calendar.now = story.calendar.now.replace(hour=3) + timedelta(days=1)
    story.the_state_says(active(story.calendar.day(-400)))
    await story.check(story.calendar.day(1))
    story.calendar.turn_to(5)

    assert (await story.looked_up(as_of=story.calendar.day(1))).code == decision_pb2.DECISION_CODE_PASS
    assert (await story.looked_up(as_of=story.calendar.day(0))).detail == "NOTHING_RECORDED"


async def test_a_day_in_the_future_is_refused_by_name(story: Story) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await story.looked_up(as_of=story.calendar.day(2))

    assert fields_in(status_in(refusal.value)) == ["as_of"]
