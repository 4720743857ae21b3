"""The Enrollments and Deadlines tabs: rows R28 to R30, M16 and M17."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from gate.credentialing.model.enrollments import (
    EnrollmentChange,
    EnrollmentDraft,
    EnrollmentFilter,
    EnrollmentStatus,
)
from gate.credentialing.model.paging import PageRequest
from gate.credentialing.model.preferences import PreferencesChange
from gate.errors import InvalidInput, NotFound
from tests.credentialing.office import TODAY, Office, new_npi

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENROLLED = EnrollmentStatus.ENROLLED


async def ids(office: Office, **wanted: object) -> list[str]:
    page = await office.read(office.enrollments.list, EnrollmentFilter(**wanted))  # type: ignore[arg-type]  # by name
    return [listed.enrollment.id for listed in page.items]


async def days_shown(office: Office, request: PageRequest | None = None) -> Sequence[tuple[int, bool]]:
    page = await office.read(office.enrollments.deadlines, request or PageRequest())
    return [(deadline.days_remaining, deadline.is_urgent) for deadline in page.items]


async def due_in(office: Office, *days: int, status: EnrollmentStatus = ENROLLED) -> None:
    doe, molina = await office.provider(), await office.payer()
    for each in days:
        await office.enrollment(doe, molina, status=status, recert_due_on=TODAY + timedelta(days=each))


async def test_an_enrollment_begins_pending_with_the_provider_s_npi_and_is_listed_with_names(office: Office) -> None:
    doe, molina = await office.provider("Doe"), await office.payer("Molina")
    made = await office.enrollment(doe, molina, taxonomy_code="2084p0800x")

    listed = await office.read(office.enrollments.get, made.id)

    assert (made.status, made.npi, made.taxonomy_code) == (EnrollmentStatus.PENDING, doe.npi, "2084P0800X")
    assert (listed.enrollment, listed.payer_name, listed.provider_name) == (made, "Molina", "Jane Doe")


async def test_enrollments_come_newest_first_in_pages(office: Office) -> None:
    doe, molina = await office.provider(), await office.payer()
    made = [(await office.enrollment(doe, molina)).id for _ in range(5)]
    first = await office.read(office.enrollments.list, EnrollmentFilter(), PageRequest(3))
    made.append((await office.enrollment(doe, molina)).id)
    second = await office.read(office.enrollments.list, EnrollmentFilter(), PageRequest(3, first.next_page_token))

    assert [each.enrollment.id for each in (*first.items, *second.items)] == made[4::-1]
    assert not second.next_page_token


@pytest.mark.parametrize("length", [10, 6, 3])
async def test_m17_an_npi_a_billing_npi_and_a_taxonomy_code_are_found(office: Office, length: int) -> None:
    doe, molina = await office.provider(npi="1993999998"), await office.payer()
    by_npi = await office.enrollment(doe, molina, npi="1003000639")
    by_billing = await office.enrollment(doe, molina, billing_npi="1568946812")
    by_taxonomy = await office.enrollment(doe, molina, taxonomy_code="363LP0808X")

    assert await ids(office, search="1003000639"[:length]) == [by_npi.id]
    assert await ids(office, search="1568946812"[:length]) == [by_billing.id]
    assert await ids(office, search="363lp0808x"[:length]) == [by_taxonomy.id]
    assert await ids(office, search="9" * length) == []


@pytest.mark.parametrize("search", ["%", "_________", "'; --", "１００３", "a\0b", "1003000639X"])
async def test_a_search_that_no_code_could_fit_finds_nothing(office: Office, search: str) -> None:
    await office.enrollment(await office.provider(), await office.payer(), npi="1003000639")

    assert await ids(office, search=search) == []


async def test_search_pages_and_status_go_together(office: Office) -> None:
    doe, molina, npi = await office.provider(), await office.payer(), new_npi()
    pending = [(await office.enrollment(doe, molina, npi=npi)).id for _ in range(3)]
    await office.enrollment(doe, molina, npi=npi, billing_npi=npi, status=ENROLLED)
    wanted = EnrollmentFilter(search=npi, status=EnrollmentStatus.PENDING)

    first = await office.read(office.enrollments.list, wanted, PageRequest(2))
    second = await office.read(office.enrollments.list, wanted, PageRequest(2, first.next_page_token))

    assert [each.enrollment.id for each in (*first.items, *second.items)] == pending[::-1]
    assert len(await ids(office, status=ENROLLED)) == 1
    assert len(await ids(office, provider_id=doe.id, payer_id=molina.id)) == 4
    assert await ids(office, provider_id="nobody") == []


async def test_m16_an_archived_enrollment_is_listed_no_more_and_the_others_stay(office: Office) -> None:
    doe, molina = await office.provider(), await office.payer()
    gone, stays = await office.enrollment(doe, molina), await office.enrollment(doe, molina)

    await office.do(office.enrollments.archive, gone.id, office.by)

    assert await ids(office) == [stays.id]
    for act in (
        office.read(office.enrollments.get, gone.id),
        office.do(office.enrollments.archive, gone.id, office.by),
        office.do(office.enrollments.update, gone.id, EnrollmentChange(notes="x"), office.by),
    ):
        with pytest.raises(NotFound):
            await act
    assert (await office.audited())[-1] == ("credentialing.archived", "enrollment")


async def test_r28_deadlines_reach_to_the_last_lead_day_and_no_further(office: Office) -> None:
    await due_in(office, 90, 91)

    assert await days_shown(office) == [(90, False)]


async def test_r29_fourteen_days_are_urgent_and_fifteen_are_not(office: Office) -> None:
    await due_in(office, 15, 14, 0)

    assert await days_shown(office) == [(0, True), (14, True), (15, False)]


async def test_r30_what_is_overdue_comes_first(office: Office) -> None:
    await due_in(office, 5, -1, -400)

    assert await days_shown(office) == [(-400, True), (-1, True), (5, True)]


async def test_only_enrollments_that_stand_have_deadlines(office: Office) -> None:
    for status in EnrollmentStatus:
        await due_in(office, 10, status=status)
    await office.enrollment(await office.provider(), await office.payer(), status=ENROLLED)

    assert await days_shown(office) == [(10, True)]


async def test_the_window_is_the_organisation_s_own(office: Office) -> None:
    await due_in(office, 30, 31)
    await office.do(office.payers.settle, PreferencesChange(recred_alert_lead_days=30), office.by)

    assert await days_shown(office) == [(30, False)]


async def test_deadlines_of_one_day_are_split_between_pages_without_loss(office: Office) -> None:
    await due_in(office, *[7] * 5)
    first = await office.read(office.enrollments.deadlines, PageRequest(2))
    second = await office.read(office.enrollments.deadlines, PageRequest(3, first.next_page_token))

    assert len({each.enrollment.id for each in (*first.items, *second.items)}) == 5
    assert not second.next_page_token


async def test_dates_are_changed_and_taken_back(office: Office) -> None:
    made = await office.enrollment(await office.provider(), await office.payer())
    change = EnrollmentChange(status=ENROLLED, payer_loaded_date=TODAY, recert_due_on=TODAY)
    await office.do(office.enrollments.update, made.id, change, office.by)
    after = await office.do(office.enrollments.update, made.id, EnrollmentChange(recert_due_on=None), office.by)

    assert (after.status, after.payer_loaded_date, after.recert_due_on) == (ENROLLED, TODAY, None)


async def test_an_enrollment_joins_records_of_its_own_tenant_only(office: Office) -> None:
    others = office.of_others()
    mine, theirs = (await office.provider(), await office.payer()), (await others.provider(), await others.payer())

    for provider, payer in ((mine[0], theirs[1]), (theirs[0], mine[1]), theirs):
        with pytest.raises(NotFound):
            await office.enrollment(provider, payer)
    made = await others.enrollment(*theirs)
    with pytest.raises(NotFound):
        await office.read(office.enrollments.get, made.id)
    assert await ids(office) == []


async def test_codes_that_do_not_fit_are_refused_by_field(office: Office) -> None:
    doe, molina = await office.provider(), await office.payer()
    draft = EnrollmentDraft(
        provider_id=doe.id, payer_id=molina.id, npi="1234567890", billing_npi="1", taxonomy_code="207Q", notes="\x07"
    )
    with pytest.raises(InvalidInput) as refusal:
        await office.do(office.enrollments.create, draft, office.by)

    fields = [violation.field for violation in refusal.value.violations]
    assert fields == ["npi", "billing_npi", "taxonomy_code", "notes"]
