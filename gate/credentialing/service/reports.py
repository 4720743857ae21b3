"""Figures and feeds about one tenant's credentialing. Runs within the caller's unit of work and never commits."""

from typing import Final

from gate.audit.model import Actor
from gate.credentialing.model.applications import ApplicationStatus
from gate.credentialing.model.calendar_feed import CalendarFeed
from gate.credentialing.model.enrollments import DeadlineFilter, last_day_shown
from gate.credentialing.model.fields import LONGEST_NAME, is_line
from gate.credentialing.model.paging import FIRST, Page, PageRequest
from gate.credentialing.model.payers import PayerFilter
from gate.credentialing.model.reports import PayerDurations, PipelineSummary, duration, pipeline
from gate.credentialing.repository import enrollments, payers, providers, reports, tasks
from gate.credentialing.service.payers import PayerService
from gate.credentialing.service.records import ChangeLog
from gate.errors import FieldViolation, InvalidInput
from gate.persistence.unit_of_work import UnitOfWork

_MOST_EVENTS: Final = 200
"""Of each kind in one feed: the earliest."""
_USUAL_PAGE: Final = 10
"""Payers; for each, the history of all its applications is counted."""


class ReportService:
    """Counts for the unit's tenant."""

    def __init__(self, log: ChangeLog, payer_service: PayerService) -> None:
        self._log = log
        self._payers = payer_service

    async def pipeline(self, unit: UnitOfWork) -> PipelineSummary:
        """How many applications stand where."""
        overdue = await reports.count_overdue(unit, await self._payers.today(unit))
        return pipeline(await reports.counts_by_status(unit), overdue)

    async def durations(self, unit: UnitOfWork, request: PageRequest = FIRST) -> Page[PayerDurations]:
        """Payers by name, ten on a page, each with how long applications to it stood where.

        Raises:
            InvalidInput: the page is none.
        """
        page = await self._payers.list(unit, PayerFilter(), PageRequest(request.size or _USUAL_PAGE, request.token))
        stays = await reports.stays(unit, (payer.id for payer in page.items))
        items = [
            PayerDurations(
                payer_id=payer.id,
                payer_name=payer.name,
                statuses=[
                    duration(status, stays[payer.id][status])
                    for status in ApplicationStatus
                    if status in stays.get(payer.id, {})
                ],
            )
            for payer in page.items
        ]
        return Page(items, page.next_page_token)

    async def note_export(self, unit: UnitOfWork, by: Actor, what: str, **wanted: str) -> None:
        """Have the audit log know that somebody takes a list away, before they have any of it."""
        await self._log.exported(unit, by, what, **wanted)

    async def calendar(self, unit: UnitOfWork, coordinator: str) -> str:
        """What somebody has to do and what they have to renew, as iCalendar.

        Raises:
            InvalidInput: nobody could be called so.
        """
        if not is_line(coordinator):
            raise InvalidInput(FieldViolation("coordinator", f"must be one line of at most {LONGEST_NAME} characters"))
        settled = await self._payers.preferences(unit)
        until = last_day_shown(await self._payers.today(unit), settled.recred_alert_lead_days)
        to_do = await tasks.to_do(unit, coordinator, _MOST_EVENTS)
        own = DeadlineFilter(coordinator=coordinator)
        due = await enrollments.due(unit, until, None, _MOST_EVENTS, own) if coordinator else ()
        payer_names = await payers.names(unit, [*(task.payer_id for task in to_do), *(each.payer_id for each in due)])
        provider_names = await providers.names(
            unit, [*(task.provider_id for task in to_do), *(each.provider_id for each in due)]
        )
        feed = CalendarFeed(f"Credentialing: {coordinator}", self._log.clock(), {**payer_names, **provider_names})
        feed.tasks(to_do)
        feed.deadlines(due)
        return feed.text()
