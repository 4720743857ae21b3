"""Portals in trouble, one by one and all at once: an honest answer in time, never "not enrolled" for an outage."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gate.serving import ServeRole
from gate.v1 import decision_pb2, gate_admin_pb2
from sources.sandbox.faults import FaultKind
from sources.sandbox.population import STATE_PORTALS
from tests.e2e.providers import ALL_STATES, ATTESTED, BOTH, ENROLLED, TERMINATED, UNKNOWN, few_providers
from tests.support.callers import CALL_SECONDS, Caller, claim, code_of, freshness_of, outcomes_of
from tests.support.gates import GateInProcess, running_in_process

PATIENCE = 3.5
"""Seconds a caller waits; each source's own budget is longer."""
ERROR_KINDS = {
    FaultKind.ERROR_500: "UNREACHABLE",
    FaultKind.ERROR_401: "CREDENTIALS",
    FaultKind.THROTTLE: "THROTTLED",
    FaultKind.TIMEOUT: "TIMEOUT",
    FaultKind.MALFORMED: "MALFORMED",
    FaultKind.HTML: "MALFORMED",
    FaultKind.RESET: "UNREACHABLE",
}
"""Every fault that is no answer; `slow` is one."""
KINDS = [pytest.param(kind, id=kind) for kind in ERROR_KINDS]
WITHOUT_FAULT = {ENROLLED: "PASS", ATTESTED: "PASS", BOTH: "PASS", UNKNOWN: "ENROLLMENT_NOT_FOUND"}
Answers = dict[str, decision_pb2.Decision]


@asynccontextmanager
async def gate_of_few(folder: Path, **config: Any) -> AsyncIterator[tuple[GateInProcess, Caller]]:
    """A gate of its own for each case: a breaker that opened in one must not answer in the next."""
    async with running_in_process(folder, population=few_providers(), role=ServeRole.GATE) as gate:
        caller = gate.of("payer")
        await caller.configure(enabled_states=ALL_STATES, gate_mode=decision_pb2.GATE_MODE_ENFORCE, **config)
        yield gate, caller


async def answers_in_time(caller: Caller, state: str) -> Answers:
    """The answers about every kind of provider, asked for at once.

    None may come after its caller has gone (row B6): the call would end in DEADLINE_EXCEEDED.
    """
    return await _answers(caller, state, fresh=False, seconds=PATIENCE)


async def answers_without_fault(caller: Caller, state: str, *, fresh: bool = False) -> Answers:
    """The same while no portal is in trouble. What is tried is what they say, however long a busy machine takes."""
    return await _answers(caller, state, fresh=fresh, seconds=CALL_SECONDS)


async def answers_from_memory(caller: Caller, state: str) -> Answers:
    """The same once all are cached; the first may come while a source whose word matters less is still asked."""
    async with asyncio.timeout(CALL_SECONDS):
        while True:
            answers = await answers_without_fault(caller, state)
            if all(freshness_of(decision) == "MEMORY" for decision in answers.values()):
                return answers


async def _answers(caller: Caller, state: str, *, fresh: bool, seconds: float) -> Answers:
    npis = list(WITHOUT_FAULT)
    decisions = await asyncio.gather(*(caller.check(claim(npi, state), fresh=fresh, seconds=seconds) for npi in npis))
    return dict(zip(npis, decisions, strict=True))


def codes(answers: Answers) -> dict[str, str]:
    return {npi: code_of(decision) for npi, decision in answers.items()}


def assert_failed(decision: decision_pb2.Decision, portal: str, kind: FaultKind) -> None:
    """The portal's failure is told by its kind (or, once it asked to be left alone, by its breaker's)."""
    outcome = "TIMEOUT" if kind is FaultKind.TIMEOUT else "ERROR"
    assert outcomes_of(decision)[portal] in {f"{outcome} {ERROR_KINDS[kind]}", "ERROR CIRCUIT_OPEN"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("portal", "state"), STATE_PORTALS.items())
async def test_a3_a4_a_state_portal_in_trouble_never_makes_anybody_not_enrolled(
    tmp_path: Path, portal: str, state: str, kind: FaultKind
) -> None:
    async with gate_of_few(tmp_path) as (gate, caller):
        gate.misbehave(portal, kind=kind)
        answers = await answers_in_time(caller, state)

        unavailable = "SOURCE_UNAVAILABLE"
        assert codes(answers) == {ENROLLED: unavailable, ATTESTED: "PASS", BOTH: "PASS", UNKNOWN: unavailable}
        warning = "PRIMARY_TIMEOUT" if kind is FaultKind.TIMEOUT else "PRIMARY_UNAVAILABLE"
        for decision in answers.values():
            assert decision.evidence_incomplete
            assert_failed(decision, portal, kind)
        for npi in (ATTESTED, BOTH):
            assert {warning, "NATIONAL_EVIDENCE_ONLY"} <= set(answers[npi].warnings)
        for npi in (ENROLLED, UNKNOWN):
            assert answers[npi].detail == "STATE_SOURCE_FAILED"
            assert answers[npi].action == decision_pb2.CLAIM_ACTION_PEND_REVIEW

        for elsewhere in set(ALL_STATES) - {state}:
            assert code_of(await caller.check(claim(ENROLLED, elsewhere))) == "PASS"


@pytest.mark.parametrize("kind", KINDS)
async def test_a4b_the_national_source_in_trouble_leaves_the_state_s_word_standing(
    tmp_path: Path, kind: FaultKind
) -> None:
    async with gate_of_few(tmp_path) as (gate, caller):
        gate.misbehave("caqh_proview", kind=kind)
        answers = await answers_in_time(caller, "TX")

        missing = "ENROLLMENT_NOT_FOUND"
        assert codes(answers) == {ENROLLED: "PASS", ATTESTED: missing, BOTH: "PASS", UNKNOWN: missing}
        for npi in (ATTESTED, UNKNOWN):
            assert list(answers[npi].warnings) == ["NATIONAL_UNAVAILABLE"]
            assert_failed(answers[npi], "caqh_proview", kind)
        for npi in (ENROLLED, BOTH):
            assert not answers[npi].evidence_incomplete


@pytest.mark.parametrize("kind", KINDS)
async def test_a5_with_every_portal_in_trouble_nothing_is_said_about_anybody(tmp_path: Path, kind: FaultKind) -> None:
    async with gate_of_few(tmp_path) as (gate, caller):
        gate.misbehave(kind=kind)
        answers = await answers_in_time(caller, "FL")

        for decision in answers.values():
            assert (code_of(decision), decision.detail) == ("SOURCE_UNAVAILABLE", "ALL_SOURCES_FAILED")
            assert decision.evidence_incomplete
            assert not decision.failure_mode_allowed
            for portal in ("fl_fmmis", "caqh_proview"):
                assert_failed(decision, portal, kind)


@pytest.mark.parametrize("kind", KINDS)
async def test_k6_once_the_trouble_is_over_the_answers_are_right_again(tmp_path: Path, kind: FaultKind) -> None:
    async with gate_of_few(tmp_path) as (gate, caller):
        gate.misbehave("ny_emedny", kind=kind)
        assert code_of(await caller.check(claim(ENROLLED, "NY"), seconds=PATIENCE)) == "SOURCE_UNAVAILABLE"
        gate.behave()
        if kind is FaultKind.THROTTLE:
            await asyncio.sleep(1.1)  # row A11: it asked to be left alone for a second

        # Fresh, because a question that still hangs in the portal would be shared by those who ask the same.
        assert codes(await answers_without_fault(caller, "NY", fresh=True)) == WITHOUT_FAULT


async def test_a_slow_portal_is_waited_for_within_the_caller_s_time(tmp_path: Path) -> None:
    async with gate_of_few(tmp_path) as (gate, caller):
        gate.misbehave(kind=FaultKind.SLOW, latency_ms=400)

        answers = await answers_in_time(caller, "CA")

        assert codes(answers) == WITHOUT_FAULT
        assert all(freshness_of(decision) == "LIVE" for decision in answers.values())


async def test_a13_a_portal_slower_than_the_caller_s_time_counts_as_timed_out(tmp_path: Path) -> None:
    async with gate_of_few(tmp_path) as (gate, caller):
        gate.misbehave("ca_pave", kind=FaultKind.SLOW, latency_ms=4_000)

        answers = await answers_in_time(caller, "CA")

        assert codes(answers)[ENROLLED] == "SOURCE_UNAVAILABLE"
        assert "PRIMARY_TIMEOUT" in answers[BOTH].warnings


async def test_b6_a_large_batch_is_answered_before_its_caller_has_gone(tmp_path: Path) -> None:
    async with gate_of_few(tmp_path) as (gate, caller):
        gate.misbehave(kind=FaultKind.TIMEOUT)
        batch = [claim(ENROLLED, ALL_STATES[number % 4]) for number in range(2_000)]

        results = await caller.check_many(batch, seconds=PATIENCE)

        assert {code_of(result.decision) for result in results} == {"SOURCE_UNAVAILABLE"}


@pytest.mark.parametrize("kind", KINDS)
async def test_k1_what_is_cached_is_answered_as_before_while_every_portal_is_in_trouble(
    tmp_path: Path, kind: FaultKind
) -> None:
    async with gate_of_few(tmp_path) as (gate, caller):
        before = codes(await answers_from_memory(caller, "TX"))
        gate.misbehave(kind=kind)
        during = await answers_in_time(caller, "TX")

        assert codes(during) == before == WITHOUT_FAULT
        assert {freshness_of(decision) for decision in during.values()} == {"MEMORY"}


async def test_k13_records_past_their_time_to_live_stand_in_for_a_portal_in_trouble_and_absence_does_not(
    tmp_path: Path,
) -> None:
    async with gate_of_few(tmp_path, cache_ttl_seconds=1, negative_ttl_seconds=1) as (gate, caller):
        await answers_without_fault(caller, "TX")
        terminated = await caller.check(claim(TERMINATED))
        gate.misbehave(kind=FaultKind.ERROR_500)
        await asyncio.sleep(1.05)
        stale = await answers_in_time(caller, "TX")

        assert codes(stale) == {**WITHOUT_FAULT, UNKNOWN: "SOURCE_UNAVAILABLE"}
        for npi in (ENROLLED, BOTH):
            assert freshness_of(stale[npi]) == "STALE"
        still_terminated = await caller.check(claim(TERMINATED))
        assert (code_of(still_terminated), freshness_of(still_terminated)) == ("ENROLLMENT_INACTIVE", "STALE")
        assert still_terminated.verified_at == terminated.verified_at


async def test_k14_records_older_than_the_tenant_allows_do_not_stand_in(tmp_path: Path) -> None:
    async with gate_of_few(tmp_path, cache_ttl_seconds=1, max_stale_seconds=1) as (gate, caller):
        assert code_of(await caller.check(claim(ENROLLED))) == "PASS"
        gate.misbehave(kind=FaultKind.ERROR_500)
        await asyncio.sleep(1.05)

        assert code_of(await caller.check(claim(ENROLLED))) == "SOURCE_UNAVAILABLE"


async def test_p5_k11_a_thousand_callers_of_one_cold_provider_make_one_call_to_each_source(tmp_path: Path) -> None:
    async with gate_of_few(tmp_path) as (gate, caller):
        gate.misbehave(kind=FaultKind.SLOW, latency_ms=300)

        decisions = await asyncio.gather(*(caller.check(claim(BOTH)) for _ in range(1_000)))

        assert {code_of(decision) for decision in decisions} == {"PASS"}
        assert gate.calls() == {"tmhp_pems": 1, "caqh_proview": 1}


async def test_a7_a_tenant_may_let_claims_pass_in_an_outage_and_the_answer_says_so(tmp_path: Path) -> None:
    async with gate_of_few(tmp_path, outage_action=gate_admin_pb2.OUTAGE_ACTION_PASS_THROUGH) as (gate, caller):
        gate.misbehave(kind=FaultKind.ERROR_500)
        decision = await caller.check(claim(ENROLLED))

        assert code_of(decision) == "SOURCE_UNAVAILABLE"
        assert decision.action == decision_pb2.CLAIM_ACTION_CONTINUE
        assert decision.failure_mode_allowed


async def test_a_portal_that_fails_again_and_again_is_left_alone(tmp_path: Path) -> None:
    async with gate_of_few(tmp_path) as (gate, caller):
        gate.misbehave("tmhp_pems", kind=FaultKind.ERROR_401)
        for _ in range(8):
            await caller.check(claim(ENROLLED), fresh=True)

        assert gate.calls()["tmhp_pems"] == 5
        assert (await caller.sources())["tmhp_pems"].breaker == "OPEN"
