"""Deadlines of the tenant's own records, as the pages show them, and what becomes of their alerts."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest

from gate.alerts.model.due_dates import DueDate, Standing, WatchedDueDates
from gate.alerts.model.settling import tier_of
from gate.credentialing.model.credentials import CredentialDraft, CredentialKind, RenewalDraft
from gate.credentialing.model.enrollments import EnrollmentChange, EnrollmentStatus
from gate.credentialing.model.preferences import PreferencesChange
from gate.deadlines.credentials import CredentialDeadlines
from gate.deadlines.jobs import WatchedTenants
from gate.deadlines.payers import PayerDeadlines
from gate.persistence.unit_of_work import Database
from tests.credentialing.office import TODAY, Office

pytestmark = pytest.mark.asyncio(loop_scope="module")

_numbers = count(1)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database, f"acme-{next(_numbers)}")


async def approaching(office: Office, watched: WatchedDueDates, limit: int = 2) -> list[DueDate]:
    """Of all pages."""
    found: list[DueDate] = []
    position = ""
    while True:
        page = await watched.approaching(office.tenant, office.now, position, limit)
        found += page.due_dates
        position = page.next_position
        if not position:
            return found


def days(due_dates: Sequence[DueDate]) -> list[int | None]:
    return [(due.due_on - TODAY).days if due.due_on is not None else None for due in due_dates]


async def enrolled(office: Office, due_in: int, **fields: Any) -> str:
    fields = {"status": EnrollmentStatus.ENROLLED, "recert_due_on": TODAY + timedelta(days=due_in), **fields}
    return (await office.enrollment(await office.provider(), await office.payer(state="UT"), **fields)).id


# Enrollments with payers


async def test_r28_r30_enrollments_are_watched_within_the_lead_days_and_when_overdue(office: Office) -> None:
    for due_in in (91, 90, 14, 0, -3):
        await enrolled(office, due_in)
    await enrolled(office, 5, status=EnrollmentStatus.PENDING)

    found = await approaching(office, PayerDeadlines(office.database))

    assert days(found) == [-3, 0, 14, 90]
    assert [tier_of(due) for due in found] == [-1, 14, 14, 90]
    assert {(due.provider, due.about, due.state) for due in found} == {("Jane Doe", "Molina", "UT")}
    shown = await office.read(office.enrollments.deadlines)
    assert [each.enrollment.id for each in shown.items] == [due.key for due in found]


async def test_the_organisation_s_own_lead_days_and_time_zone_count(office: Office) -> None:
    await office.do(
        office.payers.settle, PreferencesChange(recred_alert_lead_days=10, time_zone="Pacific/Honolulu"), office.by
    )
    await enrolled(office, 10)
    office.now = office.now.replace(hour=5)  # still the day before in Honolulu

    assert [due.today for due in await approaching(office, PayerDeadlines(office.database))] == []
    office.now = office.now.replace(hour=15)
    (due,) = await approaching(office, PayerDeadlines(office.database))
    assert (due.rungs, tier_of(due)) == ((10,), 10)


@pytest.mark.parametrize("ending", ["archived", "denied"])
async def test_an_enrollment_that_does_not_stand_any_more_has_ended(office: Office, ending: str) -> None:
    enrollment_id = await enrolled(office, 5)
    watched = PayerDeadlines(office.database)
    (due,) = await approaching(office, watched)
    if ending == "archived":
        await office.do(office.enrollments.archive, enrollment_id, office.by)
    else:
        await office.do(
            office.enrollments.update, enrollment_id, EnrollmentChange(status=EnrollmentStatus.DENIED), office.by
        )

    (ended,) = await watched.present(office.tenant, office.now, [due.subject])

    assert ended.standing is Standing.ENDED
    assert await approaching(office, watched) == []
    assert list(await watched.present(office.of_others().tenant, office.now, [due.subject])) == []


async def test_a_due_date_that_was_taken_back_is_known_to_be_none(office: Office) -> None:
    enrollment_id = await enrolled(office, 5)
    watched = PayerDeadlines(office.database)
    (due,) = await approaching(office, watched)
    await office.do(office.enrollments.update, enrollment_id, EnrollmentChange(recert_due_on=None), office.by)

    (taken_back,) = await watched.present(office.tenant, office.now, [due.subject])

    assert (taken_back.standing, taken_back.due_on) == (Standing.CURRENT, None)


# Credentials


async def holds(office: Office, expires_on: date | None, **fields: Any) -> str:
    told: dict[str, Any] = {"kind": CredentialKind.DEA, "number": "AD7", "expires_on": expires_on, **fields}
    draft = CredentialDraft(provider_id=(await office.provider()).id, **told)
    return (await office.do(office.credentials.create, draft, office.by)).id


async def test_r31_credentials_are_watched_from_their_hundred_and_twentieth_day(office: Office) -> None:
    for expires_in in (122, 120, 119, 0, -1):
        await holds(office, TODAY + timedelta(days=expires_in), state="UT", coordinator="ann")
    await holds(office, None)

    found = await approaching(office, CredentialDeadlines(office.database))

    assert [(days([due])[0], tier_of(due)) for due in found] == [(-1, -1), (0, 30), (119, 120), (120, 120)]
    assert {(due.about, due.provider, due.owner) for due in found} == {("UT DEA registration AD7", "Jane Doe", "ann")}


async def test_r33_an_uploaded_renewal_moves_nothing_and_r32_an_approved_one_does(office: Office) -> None:
    credential_id = await holds(office, TODAY + timedelta(days=20))
    watched = CredentialDeadlines(office.database)
    (due,) = await approaching(office, watched)
    later = TODAY + timedelta(days=800)
    draft = RenewalDraft(expires_on=later, document_reference="renewed.pdf")
    renewal = await office.do(office.renewals.submit, credential_id, draft, office.by)

    assert [each.due_on for each in await watched.present(office.tenant, office.now, [due.subject])] == [due.due_on]
    await office.do(office.renewals.approve, renewal.id, office.by)

    (renewed,) = await watched.present(office.tenant, office.now, [due.subject])
    assert (renewed.standing, renewed.due_on) == (Standing.CURRENT, later)


async def test_an_archived_credential_has_ended(office: Office) -> None:
    credential_id = await holds(office, TODAY)
    watched = CredentialDeadlines(office.database)
    (due,) = await approaching(office, watched)
    await office.do(office.credentials.archive, credential_id, office.by)

    assert [each.standing for each in await watched.present(office.tenant, office.now, [due.subject])] == [
        Standing.ENDED
    ]


async def test_whoever_keeps_providers_is_watched(office: Office) -> None:
    await office.provider()

    assert office.tenant in await WatchedTenants(office.database).all()
