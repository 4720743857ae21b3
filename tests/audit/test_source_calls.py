"""Which verification calls a snapshot of evidence tells of."""

from datetime import timedelta
from typing import Any

import pytest

from aggregator.evidence import Evidence, Freshness, SourceAnswer, SourceOutcome
from gate.audit.model import AuditAction, AuditEvent, Via, the_gate
from gate.audit.source_calls import source_calls
from sources.contract import ErrorKind, SourceScope
from tests.audit.builders import NOW, TENANT
from tests.decision.building import segment

EARLIER = NOW - timedelta(seconds=2)


def answer(outcome: SourceOutcome, **fields: Any) -> SourceAnswer:
    return SourceAnswer(source="tmhp_pems", scope=SourceScope.STATE, outcome=outcome, **fields)


def calls(*answers: SourceAnswer, news: bool = True, is_new: bool = True) -> tuple[AuditEvent, ...]:
    """What a snapshot tells of, where all its clean answers are news, or none is."""
    heard = {(each.source, each.verified_at) for each in answers if each.verified_at is not None}
    snapshot = Evidence(npi="1234567893", state="TX", answers=answers)
    return source_calls(snapshot, the_gate(TENANT), NOW, news=heard if news else set(), is_new=is_new)


def test_a_call_is_told_with_its_source_time_and_outcome() -> None:
    live = answer(SourceOutcome.FOUND, records=(segment(), segment()), verified_at=EARLIER, latency_ms=41.7)

    (told,) = calls(live)

    assert (told.actor.tenant, told.actor.via, told.action) == (TENANT, Via.SYSTEM, AuditAction.SOURCE_ASKED)
    assert (told.object, told.at) == ("provider/1234567893", EARLIER)
    assert told.details == {
        "source": "tmhp_pems",
        "state": "TX",
        "outcome": "FOUND",
        "error": None,
        "records": 2,
        "milliseconds": 42,
    }


@pytest.mark.parametrize(
    ("asked", "outcome", "error"),
    [
        (answer(SourceOutcome.EMPTY, verified_at=EARLIER), "EMPTY", None),
        (answer(SourceOutcome.ERROR, error=ErrorKind.CREDENTIALS), "ERROR", "CREDENTIALS"),
        (answer(SourceOutcome.TIMEOUT, error=ErrorKind.TIMEOUT), "TIMEOUT", "TIMEOUT"),
        (
            answer(SourceOutcome.FOUND, records=(segment(),), error=ErrorKind.UNREACHABLE, freshness=Freshness.STALE),
            "ERROR",
            "UNREACHABLE",
        ),
        (
            answer(SourceOutcome.FOUND, records=(segment(),), error=ErrorKind.TIMEOUT, freshness=Freshness.STALE),
            "TIMEOUT",
            "TIMEOUT",
        ),
    ],
)
def test_a_source_that_was_asked_and_gave_nothing_is_told_too(
    asked: SourceAnswer, outcome: str, error: str | None
) -> None:
    (told,) = calls(asked)

    assert (told.details["outcome"], told.details["error"], told.details["records"]) == (outcome, error, 0)


@pytest.mark.parametrize(
    "not_asked",
    [
        answer(SourceOutcome.SKIPPED),
        *(
            answer(SourceOutcome.ERROR, error=kind)
            for kind in (ErrorKind.CIRCUIT_OPEN, ErrorKind.NOT_CONFIGURED, ErrorKind.NOT_IMPLEMENTED)
        ),
        answer(SourceOutcome.FOUND, records=(segment(),), error=ErrorKind.CIRCUIT_OPEN, freshness=Freshness.STALE),
    ],
)
def test_what_was_never_sent_is_no_call(not_asked: SourceAnswer) -> None:
    assert calls(not_asked) == ()


@pytest.mark.parametrize("freshness", Freshness)
def test_an_answer_that_was_heard_of_before_tells_of_no_other_call(freshness: Freshness) -> None:
    remembered = answer(SourceOutcome.FOUND, records=(segment(),), verified_at=EARLIER, freshness=freshness)

    assert calls(remembered, news=False) == ()


def test_an_answer_no_claim_had_waited_for_is_told_once_it_is_remembered() -> None:
    outrun = answer(SourceOutcome.EMPTY, verified_at=EARLIER, freshness=Freshness.MEMORY)

    (told,) = calls(outrun, is_new=False)

    assert (told.at, told.details["outcome"], told.details["milliseconds"]) == (EARLIER, "EMPTY", None)


def test_a_failure_is_told_with_the_snapshot_it_is_part_of_and_not_again() -> None:
    failed = answer(SourceOutcome.ERROR, error=ErrorKind.UNREACHABLE)

    assert len(calls(failed)) == 1
    assert calls(failed, is_new=False) == ()


def test_every_source_that_was_asked_is_told_in_the_order_of_the_evidence() -> None:
    first = answer(SourceOutcome.EMPTY, verified_at=EARLIER)
    other = SourceAnswer(
        source="caqh_proview", scope=SourceScope.NATIONAL, outcome=SourceOutcome.EMPTY, verified_at=NOW
    )

    assert [told.details["source"] for told in calls(first, other)] == [
        "tmhp_pems",
        "caqh_proview",
    ]
