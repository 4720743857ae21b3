"""Keeps provider enrollments and tells which have to be renewed. Runs within the caller's unit and never commits."""

from collections.abc import Sequence
from typing import Final

import msgspec

from gate.audit.model import Actor
from gate.credentialing.model.changes import with_change
from gate.credentialing.model.enrollments import (
    Deadline,
    DeadlineFilter,
    Enrollment,
    EnrollmentChange,
    EnrollmentDraft,
    EnrollmentFilter,
    ListedEnrollment,
    accepted,
    deadline,
    last_day_shown,
)
from gate.credentialing.model.fields import is_id
from gate.credentialing.model.paging import FIRST, Page, PageRequest, day_in_token, page_of, position_in
from gate.credentialing.repository import enrollments, payers, providers
from gate.credentialing.service.finding import known, missing, payer_of, provider_of
from gate.credentialing.service.payers import PayerService
from gate.credentialing.service.records import Change, ChangeLog
from gate.persistence.unit_of_work import UnitOfWork

_NOT_PUT_OFF: Final = DeadlineFilter()


class Window(msgspec.Struct, frozen=True):
    """By what pages of deadlines belong together."""

    days: int
    wanted: DeadlineFilter


class EnrollmentService:
    """The enrollments of one tenant's providers: the unit's."""

    def __init__(self, log: ChangeLog, payer_service: PayerService) -> None:
        self._log = log
        self._payers = payer_service

    async def create(self, unit: UnitOfWork, draft: EnrollmentDraft, by: Actor) -> Enrollment:
        """Begin a record.

        Raises:
            InvalidInput: naming every field that does not fit.
            NotFound: the tenant has no such provider or payer.
        """
        provider = await provider_of(unit, draft.provider_id)
        await payer_of(unit, draft.payer_id)
        fields = msgspec.structs.asdict(draft) | {"npi": draft.npi or provider.npi, "snoozed_until": None}
        enrollment = accepted(Enrollment(**fields, id=self._log.new_id(), created_at=self._log.clock()))
        await enrollments.add(unit, enrollment)
        details = {"provider": provider.id, "payer": draft.payer_id, "status": draft.status.value}
        await self._log.record(unit, by, Change(object=_object(enrollment), after=enrollment, details=details))
        return enrollment

    async def get(self, unit: UnitOfWork, enrollment_id: str, *, to_change: bool = False) -> ListedEnrollment:
        """One enrollment. `to_change`: nobody else changes it until the unit ends.

        Raises:
            NotFound: the tenant has none of that id.
        """
        (listed,) = await _with_names(unit, [await _find(unit, enrollment_id, to_change=to_change)])
        return listed

    async def update(self, unit: UnitOfWork, enrollment_id: str, change: EnrollmentChange, by: Actor) -> Enrollment:
        """Change what is named.

        Raises:
            InvalidInput, NotFound: as `create` and `get`.
        """
        before = await _find(unit, enrollment_id, to_change=True)
        after = accepted(with_change(before, change))
        if after.recert_due_on != before.recert_due_on:
            after = msgspec.structs.replace(after, snoozed_until=None)
        await enrollments.put(unit, after)
        await self._log.record(unit, by, Change(object=_object(after), before=before, after=after))
        return after

    async def archive(self, unit: UnitOfWork, enrollment_id: str, by: Actor) -> None:
        """Have lists pass over the enrollment; claims are not affected (row M16).

        Raises:
            NotFound: the tenant has none of that id.
        """
        before = await _find(unit, enrollment_id, to_change=True)
        await enrollments.archive(unit, before.id, self._log.clock())
        await self._log.record(unit, by, Change(object=_object(before), before=before))

    async def list(
        self, unit: UnitOfWork, wanted: EnrollmentFilter, request: PageRequest = FIRST
    ) -> Page[ListedEnrollment]:
        """Enrollments, newest first.

        Raises:
            InvalidInput: the page is none.
        """
        (before,) = position_in(request, wanted, parts=1) or ("",)
        limit = request.limit() + 1
        if not all(is_id(named) for named in (wanted.provider_id, wanted.payer_id) if named):
            return Page((), "")
        page = page_of(await enrollments.listed(unit, wanted, before, limit), request, wanted, lambda each: (each.id,))
        return Page(await _with_names(unit, page.items), page.next_page_token)

    async def deadlines(
        self, unit: UnitOfWork, request: PageRequest = FIRST, wanted: DeadlineFilter = _NOT_PUT_OFF
    ) -> Page[Deadline]:
        """Enrollments to be renewed within the organisation's lead days, overdue ones first (rows R28 to R30).

        Raises:
            InvalidInput: the page is none.
        """
        settled, today = await self._payers.preferences(unit), await self._payers.today(unit)
        listed_by = Window(days=settled.recred_alert_lead_days, wanted=wanted)
        position = position_in(request, listed_by, parts=2)
        after = (day_in_token(position[0]), position[1]) if position is not None else None
        until = last_day_shown(today, settled.recred_alert_lead_days)
        found = await enrollments.due(unit, until, after, request.limit() + 1, wanted, today=today)
        page = page_of(found, request, listed_by, lambda each: (str(each.recert_due_on), each.id))
        listed = await _with_names(unit, page.items)
        items = [
            deadline(each, each.enrollment.recert_due_on, today)
            for each in listed
            if each.enrollment.recert_due_on is not None
        ]
        return Page(items, page.next_page_token)


async def _find(unit: UnitOfWork, enrollment_id: str, *, to_change: bool = False) -> Enrollment:
    found = await enrollments.find(unit, known("enrollment", enrollment_id), to_change=to_change)
    if found is None:
        raise missing("enrollment")
    return found


async def _with_names(unit: UnitOfWork, found: Sequence[Enrollment]) -> list[ListedEnrollment]:
    payer_names = await payers.names(unit, (each.payer_id for each in found))
    provider_names = await providers.names(unit, (each.provider_id for each in found))
    return [
        ListedEnrollment(
            enrollment=each,
            payer_name=payer_names.get(each.payer_id, ""),
            provider_name=provider_names.get(each.provider_id, ""),
        )
        for each in found
    ]


def _object(enrollment: Enrollment) -> str:
    return f"enrollment/{enrollment.id}"
