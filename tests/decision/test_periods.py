"""What was found for one day of service is what is found for every day of its period."""

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from aggregator.evidence import Evidence
from gate.decision.model import Claim, Policy
from gate.decision.periods import ALL_DAYS, Period, same_finding
from gate.decision.rules import decide
from gate.decision.sentences import around_the_day, sentence
from tests.decision.building import TODAY, claim, empty, evidence, found, national, profile, segment
from tests.decision.test_laws import claims, days, knowledge, policies


@st.composite
def known_things(draw: st.DrawFn) -> Evidence:
    """Also of a provider whose NPI was deactivated, or whose profile is older than its attestation."""
    known = draw(knowledge)
    older = timedelta(days=draw(st.sampled_from([0, 30])))
    answers = tuple(
        msgspec.structs.replace(
            answer,
            records=tuple(
                msgspec.structs.replace(record, effective=record.effective - older) if record.attestation else record
                for record in answer.records
            ),
        )
        for answer in known.answers
    )
    return msgspec.structs.replace(known, answers=answers, npi_deactivated_on=draw(st.none() | days))


@st.composite
def days_of(draw: st.DrawFn, period: Period) -> date:
    """Mostly its ends, which is where a day too many would be."""
    first, last = max(period.first, date(2024, 1, 1)), min(period.last, date(2028, 1, 1))
    return draw(st.sampled_from([first, last]) | st.dates(first, last))


@settings(max_examples=600)
@given(claims, known_things(), policies, st.dates(TODAY - timedelta(days=60), TODAY + timedelta(days=60)), st.data())
def test_d25_on_all_days_of_a_period_the_same_is_found(
    asked: Claim, known: Evidence, policy: Policy, today: date, data: st.DataObject
) -> None:
    finding = decide(asked, known, policy, today)
    period = same_finding(asked, known, today)
    if period is None:
        event("spans a change")
        return
    assert period.covers(asked.service_date, asked.service_end_date or asked.service_date)
    first, other = sorted((data.draw(days_of(period)), data.draw(days_of(period))))
    last = data.draw(st.sampled_from([None, other]))
    elsewhere = msgspec.structs.replace(asked, service_date=first, service_end_date=last)
    event("spans days" if last is not None else "of one day")

    there = decide(elsewhere, known, policy, today)

    judged_on = None if finding.judged_on is None else first
    assert there == msgspec.structs.replace(finding, judged_on=judged_on)
    assert there.record is finding.record
    assert sentence(elsewhere, there) == first.isoformat().join(around_the_day(asked, finding))


@given(claims, known_things(), policies)
def test_a_sentence_is_what_stands_around_its_day(asked: Claim, known: Evidence, policy: Policy) -> None:
    finding = decide(asked, known, policy, TODAY)
    pieces = around_the_day(asked, finding)
    assert (finding.judged_on or asked.service_date).isoformat().join(pieces) == sentence(asked, finding)
    assert len(pieces) <= 2


OPEN = segment("ACTIVE", "2025-01-01")
ENDS = segment("ACTIVE", "2025-01-01", "2026-03-15")
DUE = segment("REVALIDATION_REQUIRED", "2025-01-01", revalidation_due=date(2026, 3, 12))


@pytest.mark.parametrize(
    ("known", "period"),
    [
        (evidence(empty()), Period(date.min, TODAY)),
        (evidence(found(OPEN)), Period(date(2025, 1, 1), TODAY)),
        (evidence(found(ENDS)), Period(date(2025, 1, 1), date(2026, 3, 15))),
        (evidence(found(DUE)), Period(date(2025, 1, 1), date(2026, 3, 11))),
        (evidence(empty(), national(found(profile(attested="2026-03-01")))), Period(date(2026, 3, 1), TODAY)),
        (evidence(found(segment("ACTIVE", "2026-04-01"))), Period(date.min, TODAY)),
        (evidence(found(segment("ACTIVE", "2024-01-01", "2025-12-31"))), Period(date(2026, 1, 1), TODAY)),
    ],
    ids=["nothing", "open", "ends", "due", "attested", "starts later", "ended"],
)
def test_a_period_ends_where_something_begins_or_has_ended(known: Evidence, period: Period) -> None:
    assert same_finding(claim(), known, TODAY) == period


def test_a_service_that_goes_on_beyond_a_change_shares_its_answer_with_none() -> None:
    assert same_finding(claim(service_end_date=date(2026, 3, 15)), evidence(found(ENDS)), TODAY) is not None
    assert same_finding(claim(service_end_date=date(2026, 3, 16)), evidence(found(ENDS)), TODAY) is None


def test_v4_a_deactivation_begins_a_period() -> None:
    known = msgspec.structs.replace(evidence(found(OPEN)), npi_deactivated_on=date(2026, 3, 10))
    assert same_finding(claim(), known, TODAY) == Period(date(2026, 3, 10), TODAY)


def test_a_period_can_be_cut() -> None:
    assert ALL_DAYS.within(date(1966, 1, 1), TODAY) == Period(date(1966, 1, 1), TODAY)
    assert not Period(date(2026, 1, 1), TODAY).covers(date(2025, 12, 31), TODAY)
