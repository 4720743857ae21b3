"""What a credential may be, how urgent it is, and what a renewal changes."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.credentialing.model.credentials import (
    TIERS,
    Credential,
    CredentialKind,
    RenewalDraft,
    RenewalStatus,
    accepted,
    listed,
    renewed,
    reviewed,
    snooze_end,
    submitted,
    tier_of,
)
from gate.credentialing.model.providers import attestation_due
from gate.errors import InvalidInput, PreconditionFailed

TODAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
LICENCE = Credential(
    id="c-1",
    provider_id="p-1",
    kind=CredentialKind.LICENSE,
    number="UT-1",
    issuer="Division of Professional Licensing",
    state="UT",
    issued_on=date(2024, 4, 1),
    expires_on=date(2026, 4, 1),
    coordinator="ann",
    document_reference="licence.pdf",
    notes="",
    snoozed_until=date(2026, 3, 20),
    created_at=NOON,
)
LATER = RenewalDraft(expires_on=date(2028, 4, 1), document_reference="renewed.pdf")


def fields_of(refusal: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [violation.field for violation in refusal.value.violations]


@pytest.mark.parametrize(
    ("days", "tier"),
    [
        (121, None),
        (120, 120),
        (119, 120),
        (91, 120),
        (90, 90),
        (61, 90),
        (60, 60),
        (31, 60),
        (30, 30),
        (0, 30),
        (-1, 0),
    ],
)
def test_r31_a_credential_is_in_the_tier_that_it_has_reached(days: int, tier: int | None) -> None:
    credential = msgspec.structs.replace(LICENCE, expires_on=TODAY + timedelta(days=days))

    assert tier_of(days) == tier
    assert listed(credential, "Jane Doe", TODAY, is_renewal_waiting=False).tier == tier


@given(st.integers(0, 400))
def test_r31_no_tier_is_skipped_and_none_is_reached_twice(days: int) -> None:
    now, tomorrow = tier_of(days), tier_of(days - 1)

    assert now is None or now in TIERS
    assert tomorrow == now or (days - 1 in TIERS and tomorrow == days - 1) or days == 0


def test_what_does_not_expire_is_in_no_tier() -> None:
    for_good = listed(msgspec.structs.replace(LICENCE, expires_on=None), "", TODAY, is_renewal_waiting=False)

    assert (for_good.days_remaining, for_good.tier) == (None, None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "  "}, "number"),
        ({"state": "ZZ"}, "state"),
        ({"issued_on": date(2027, 1, 1)}, "expires_on"),
        ({"expires_on": date(9999, 1, 1)}, "expires_on"),
        ({"document_reference": "a\nb"}, "document_reference"),
        ({"coordinator": "a" * 300}, "coordinator"),
    ],
)
def test_a_credential_that_cannot_be_is_refused_by_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        accepted(msgspec.structs.replace(LICENCE, **changes))

    assert fields_of(refusal) == [field]


def test_r32_an_approved_renewal_writes_its_dates_and_what_it_leaves_out_stays() -> None:
    renewal = submitted(LICENCE, LATER, renewal_id="r-1", by="bob", now=NOON)
    after = renewed(LICENCE, reviewed(renewal, RenewalStatus.APPROVED, by="ann", now=NOON))

    assert (after.expires_on, after.document_reference) == (date(2028, 4, 1), "renewed.pdf")
    assert (after.number, after.issuer, after.issued_on) == (LICENCE.number, LICENCE.issuer, LICENCE.issued_on)
    assert after.snoozed_until is None


@pytest.mark.parametrize("expires_on", [LICENCE.expires_on, TODAY])
def test_r33_a_renewal_that_holds_no_longer_than_what_there_is_is_none(expires_on: date) -> None:
    draft = msgspec.structs.replace(LATER, expires_on=expires_on)

    with pytest.raises(InvalidInput) as refusal:
        submitted(LICENCE, draft, renewal_id="r-1", by="bob", now=NOON)

    assert fields_of(refusal) == ["expires_on"]


def test_r33_a_renewal_is_reviewed_once_and_rejected_with_a_reason_only() -> None:
    renewal = submitted(LICENCE, LATER, renewal_id="r-1", by="bob", now=NOON)

    with pytest.raises(InvalidInput):
        reviewed(renewal, RenewalStatus.REJECTED, by="ann", now=NOON, reason=" ")
    rejected = reviewed(renewal, RenewalStatus.REJECTED, by="ann", now=NOON, reason="unreadable")
    assert (rejected.reviewed_by, rejected.rejection_reason) == ("ann", "unreadable")
    with pytest.raises(PreconditionFailed):
        reviewed(rejected, RenewalStatus.APPROVED, by="ann", now=NOON)


@pytest.mark.parametrize(("days", "fits"), [(0, False), (1, True), (90, True), (91, False), (-1, False)])
def test_something_is_put_off_until_a_day_ahead_and_not_far(days: int, fits: bool) -> None:
    until = TODAY + timedelta(days=days)

    if fits:
        assert snooze_end(until, TODAY) == until
    else:
        with pytest.raises(InvalidInput):
            snooze_end(until, TODAY)


@pytest.mark.parametrize(("states", "days"), [(("TX",), 120), (("IL",), 180), (("IL", "TX"), 120), ((), 120)], ids=str)
def test_r27_an_attestation_holds_120_days_and_180_in_illinois_alone(states: tuple[str, ...], days: int) -> None:
    assert attestation_due(TODAY, states) == TODAY + timedelta(days=days)
