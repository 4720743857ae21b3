"""Laws of an application's statuses and dates, whatever is done to it."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gate.credentialing.model.applications import (
    AWAITING,
    Application,
    ApplicationChange,
    ApplicationStatus,
    changed,
    days_elapsed,
    expecting,
    is_overdue,
    moved,
)
from gate.errors import InvalidInput, PreconditionFailed

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
NEW = Application(
    id="a",
    provider_id="p",
    payer_id="q",
    application_status=ApplicationStatus.NOT_STARTED,
    status_since=START,
    application_started_date=None,
    application_submitted_date=None,
    approval_date=None,
    effective_date=None,
    is_effective_date_assumed=False,
    expected_by=None,
    caqh_application_id="",
    payer_application_id="",
    portal_reference="",
    denial_reason="",
    reapplication_eligible=True,
    assigned_to="",
    notes="",
    created_at=START,
)
STATUSES = st.sampled_from(ApplicationStatus)
S = ApplicationStatus


def to(application: Application, status: ApplicationStatus, day: int = 0, **change: object) -> Application:
    now = START + timedelta(days=day)
    told = {"denial_reason": "panel closed"} if status is S.DENIED else {}
    asked = ApplicationChange(application_status=status, **(told | change))  # type: ignore[arg-type]  # by name
    return changed(application, asked, now, now.date())


def after(statuses: list[ApplicationStatus]) -> list[Application]:
    """The application after each status, one a day."""
    seen = [NEW]
    for day, status in enumerate(statuses, 1):
        seen.append(to(seen[-1], status, day))
    return seen


@given(st.lists(STATUSES, max_size=12))
def test_the_status_of_now_is_known_since_it_began(statuses: list[ApplicationStatus]) -> None:
    for before, now in zip((seen := after(statuses)), seen[1:], strict=False):
        assert (now.status_since == before.status_since) == (now.application_status is before.application_status)


@given(st.lists(STATUSES, max_size=12))
def test_m9_the_day_of_submission_is_set_once_until_the_provider_applies_anew(
    statuses: list[ApplicationStatus],
) -> None:
    for before, now in zip((seen := after(statuses)), seen[1:], strict=False):
        anew = before.application_status in {S.DENIED, S.WITHDRAWN}
        if before.application_submitted_date is not None and not anew:
            assert now.application_submitted_date == before.application_submitted_date
        if now.application_status is S.SUBMITTED:
            assert now.application_submitted_date is not None


@given(st.lists(STATUSES, max_size=12))
def test_whatever_was_begun_has_a_day_on_which_it_was_and_keeps_it(statuses: list[ApplicationStatus]) -> None:
    for before, now in zip((seen := after(statuses)), seen[1:], strict=False):
        if now.application_status not in {S.NOT_STARTED, S.WITHDRAWN}:
            assert now.application_started_date is not None
        if before.application_started_date is not None:
            assert now.application_started_date == before.application_started_date


@given(st.lists(STATUSES, max_size=12))
def test_m11_an_approval_always_has_a_day_and_an_effective_date_and_says_if_it_was_assumed(
    statuses: list[ApplicationStatus],
) -> None:
    now = after([*statuses, S.APPROVED])[-1]

    assert now.approval_date is not None
    assert now.is_effective_date_assumed
    assert now.effective_date is not None
    told = to(now, S.APPROVED, 20, effective_date=date(2025, 12, 1))
    assert (told.effective_date, told.is_effective_date_assumed) == (date(2025, 12, 1), False)


@given(st.lists(STATUSES, max_size=12), STATUSES)
def test_a_status_that_it_has_already_changes_nothing(
    statuses: list[ApplicationStatus], again: ApplicationStatus
) -> None:
    seen = after([*statuses, again])[-1]

    assert to(seen, again, 30) == seen


@given(st.lists(STATUSES, max_size=12), st.integers(1, 60), st.integers(0, 90))
def test_m15_overdue_is_what_the_payer_has_for_longer_than_is_typical(
    statuses: list[ApplicationStatus], typical: int, later: int
) -> None:
    now = expecting(after(statuses)[-1], typical)
    submitted = now.application_submitted_date
    assume(submitted is not None)
    assert submitted is not None
    day = submitted + timedelta(days=later)

    assert is_overdue(now, day) == (now.application_status in AWAITING and later > typical)
    assert not is_overdue(expecting(now, None), day)


@given(STATUSES, STATUSES, st.integers(0, 400), st.integers(0, 23))
def test_the_history_counts_whole_days(one: ApplicationStatus, two: ApplicationStatus, days: int, hours: int) -> None:
    before = to(NEW, one)
    now = msgspec.structs.replace(before, status_since=before.status_since + timedelta(days=days, hours=hours))
    event = moved(before, msgspec.structs.replace(now, application_status=two), 2, "ann")

    assert (event.from_status, event.to_status, event.days_in_from) == (one, two, days)


@pytest.mark.parametrize("status", [S.SUBMITTED, S.UNDER_REVIEW, S.IN_PROGRESS])
def test_m14_a_denial_needs_its_reason(status: ApplicationStatus) -> None:
    before = to(NEW, status)
    for reason in ("", "  "):
        with pytest.raises(InvalidInput, match="denial_reason"):
            to(before, S.DENIED, denial_reason=reason)
    assert to(before, S.DENIED).denial_reason == "panel closed"


def test_m14_who_may_not_apply_again_does_not() -> None:
    denied = to(to(NEW, S.SUBMITTED), S.DENIED, 1, reapplication_eligible=False)

    for status in set(S) - {S.DENIED}:
        with pytest.raises(PreconditionFailed, match="reapplication_eligible"):
            to(denied, status, 2)
    anew = to(denied, S.IN_PROGRESS, 3, reapplication_eligible=True)
    assert (anew.application_submitted_date, anew.denial_reason) == (None, "")
    assert to(anew, S.SUBMITTED, 9).application_submitted_date == date(2026, 1, 14)


def test_what_happened_earlier_is_told_later_but_never_before_it_happened() -> None:
    submitted = to(NEW, S.SUBMITTED, 10, occurred_on=date(2026, 1, 7))

    assert submitted.application_submitted_date == date(2026, 1, 7)
    assert days_elapsed(submitted, date(2026, 1, 17)) == 10
    for day in (date(2026, 1, 16), date(1, 1, 1)):
        with pytest.raises(InvalidInput, match="occurred_on"):
            to(NEW, S.SUBMITTED, 10, occurred_on=day)


def test_days_stop_counting_when_it_is_approved() -> None:
    approved = to(to(NEW, S.SUBMITTED), S.APPROVED, 21)

    assert days_elapsed(approved, date(2026, 12, 31)) == 21
    assert days_elapsed(NEW, date(2026, 12, 31)) is None
