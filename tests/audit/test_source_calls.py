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


def calls(*answers: SourceAnswer) -> tuple[AuditEvent, ...]:
    return source_calls(Evidence(npi="1234567893", state="TX", answers=answers), the_gate(TENANT), NOW)


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
        answer(SourceOutcome.FOUND, records=(segment(),), freshness=Freshness.MEMORY),
        answer(SourceOutcome.EMPTY, freshness=Freshness.REDIS),
        answer(SourceOutcome.FOUND, records=(segment(),), freshness=Freshness.STALE),
        *(
            answer(SourceOutcome.ERROR, error=kind)
            for kind in (ErrorKind.CIRCUIT_OPEN, ErrorKind.NOT_CONFIGURED, ErrorKind.NOT_IMPLEMENTED)
        ),
        answer(SourceOutcome.FOUND, records=(segment(),), error=ErrorKind.CIRCUIT_OPEN, freshness=Freshness.STALE),
    ],
)
def test_what_was_remembered_or_never_sent_is_no_call(not_asked: SourceAnswer) -> None:
    assert calls(not_asked) == ()


def test_every_source_that_was_asked_is_told_in_the_order_of_the_evidence() -> None:
    other = SourceAnswer(source="caqh_proview", scope=SourceScope.NATIONAL, outcome=SourceOutcome.EMPTY)

    assert [told.details["source"] for told in calls(answer(SourceOutcome.EMPTY), other)] == [
        "tmhp_pems",
        "caqh_proview",
    ]
