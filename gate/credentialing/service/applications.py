"""Keeps applications through their statuses. Runs within the caller's unit of work and never commits."""

from collections.abc import Sequence

import msgspec

from gate.audit.model import Actor
from gate.credentialing.model import applications as rules
from gate.credentialing.model.applications import (
    Application,
    ApplicationChange,
    ApplicationDetail,
    ApplicationDraft,
    ApplicationFilter,
    ApplicationStatus,
    ListedApplication,
)
from gate.credentialing.model.fields import is_id
from gate.credentialing.model.paging import FIRST, Page, PageRequest, day_in_token, page_of, position_in
from gate.credentialing.repository import applications, payers, providers, tasks
from gate.credentialing.service.approvals import Approvals
from gate.credentialing.service.finding import known, missing, payer_of, provider_of
from gate.credentialing.service.payers import PayerService
from gate.credentialing.service.records import Change, ChangeLog
from gate.persistence.unit_of_work import UnitOfWork


class ApplicationService:
    """The applications of one tenant's providers: the unit's."""

    def __init__(self, log: ChangeLog, payer_service: PayerService) -> None:
        self._log = log
        self._payers = payer_service
        self._approvals = Approvals(log)

    async def create(self, unit: UnitOfWork, draft: ApplicationDraft, by: Actor) -> Application:
        """Begin an application; one that was archived begins anew.

        Raises:
            InvalidInput: naming every field that does not fit.
            NotFound: the tenant has no such provider or payer.
            Conflict: the provider applied to the payer already.
        """
        provider, payer = await provider_of(unit, draft.provider_id), await payer_of(unit, draft.payer_id)
        before = await applications.archived_one(unit, provider.id, payer.id)
        application = rules.accepted(self._begun(draft, before.id if before is not None else self._log.new_id()))
        if before is None:
            await applications.add(unit, application)
        else:
            await applications.put(unit, application)
        begun = rules.begun(application, by.subject)
        begun = msgspec.structs.replace(begun, ordinal=await applications.next_ordinal(unit, application.id))
        await applications.add_event(unit, application, begun)
        details = {"provider": provider.id, "payer": payer.id}
        await self._log.record(unit, by, Change(object=_object(application), after=application, details=details))
        return application

    async def get(self, unit: UnitOfWork, application_id: str, *, to_change: bool = False) -> ApplicationDetail:
        """One application and its history. `to_change`: nobody else changes it until the unit ends.

        Raises:
            NotFound: the tenant has none of that id.
        """
        application = await _find(unit, application_id, to_change=to_change)
        return ApplicationDetail(
            application=application, history=tuple(await applications.history(unit, application.id))
        )

    async def update(
        self, unit: UnitOfWork, application_id: str, change: ApplicationChange, by: Actor
    ) -> ApplicationDetail:
        """Change what is named; a new status brings its dates, and an approval a contract.

        Raises:
            InvalidInput: naming every field that does not fit.
            NotFound: the tenant has none of that id, or its provider is archived.
            PreconditionFailed: it was denied for good.
        """
        before = await _find(unit, application_id, to_change=True)
        today = await self._payers.today(unit)
        after = rules.changed(before, change, self._log.clock(), today)
        if after.application_status is not before.application_status:
            workflow = await payers.workflow(unit, after.payer_id)
            after = rules.expecting(after, workflow.typical_approval_days if workflow is not None else None)
        await applications.put(unit, after)
        has_moved = after.application_status is not before.application_status
        if has_moved:
            ordinal = await applications.next_ordinal(unit, after.id)
            await applications.add_event(unit, after, rules.moved(before, after, ordinal, by.subject))
        await self._log.record(unit, by, Change(object=_object(after), before=before, after=after))
        if has_moved and after.application_status is ApplicationStatus.APPROVED:
            provider = await provider_of(unit, after.provider_id)
            await self._approvals.follow(unit, after, provider, change.recert_due_on, by)
        return await self.get(unit, after.id)

    async def archive(self, unit: UnitOfWork, application_id: str, by: Actor) -> None:
        """Have lists pass over the application and its tasks; a contract stays.

        Raises:
            NotFound: the tenant has none of that id.
        """
        application = await _find(unit, application_id, to_change=True)
        now = self._log.clock()
        await applications.archive(unit, application.id, now)
        own = await tasks.of_provider(unit, application.provider_id, application.payer_id)
        await tasks.archive(unit, [task.id for task in own], now)
        gone = [Change(object=f"task/{task.id}", before=task) for task in own]
        await self._log.record(unit, by, Change(object=_object(application), before=application), *gone)

    async def list(
        self, unit: UnitOfWork, wanted: ApplicationFilter, request: PageRequest = FIRST
    ) -> Page[ListedApplication]:
        """Applications, newest first; overdue ones, the latest first.

        Raises:
            InvalidInput: the page is none.
        """
        if wanted.is_overdue:
            return await self._overdue(unit, request)
        (before,) = position_in(request, wanted, parts=1) or ("",)
        limit = request.limit() + 1
        if not all(is_id(named) for named in (wanted.provider_id, wanted.payer_id) if named):
            return Page((), "")
        found = await applications.listed(unit, wanted, before, limit)
        page = page_of(found, request, wanted, lambda each: (each.id,))
        return Page(await self._with_names(unit, page.items), page.next_page_token)

    async def _overdue(self, unit: UnitOfWork, request: PageRequest) -> Page[ListedApplication]:
        wanted = ApplicationFilter(is_overdue=True)
        position = position_in(request, wanted, parts=2)
        after = (day_in_token(position[0]), position[1]) if position is not None else None
        found = await applications.overdue(unit, await self._payers.today(unit), after, request.limit() + 1)
        page = page_of(found, request, wanted, lambda each: (str(each.expected_by), each.id))
        return Page(await self._with_names(unit, page.items), page.next_page_token)

    async def _with_names(self, unit: UnitOfWork, found: Sequence[Application]) -> Sequence[ListedApplication]:
        today = await self._payers.today(unit)
        payer_names = await payers.names(unit, (each.payer_id for each in found))
        provider_names = await providers.names(unit, (each.provider_id for each in found))
        return [
            ListedApplication(
                application=each,
                payer_name=payer_names.get(each.payer_id, ""),
                provider_name=provider_names.get(each.provider_id, ""),
                days_elapsed=rules.days_elapsed(each, today),
                is_overdue=rules.is_overdue(each, today),
            )
            for each in found
        ]

    def _begun(self, draft: ApplicationDraft, application_id: str) -> Application:
        now = self._log.clock()
        return Application(
            **msgspec.structs.asdict(draft),
            id=application_id,
            application_status=ApplicationStatus.NOT_STARTED,
            status_since=now,
            application_started_date=None,
            application_submitted_date=None,
            approval_date=None,
            effective_date=None,
            is_effective_date_assumed=False,
            expected_by=None,
            denial_reason="",
            reapplication_eligible=True,
            created_at=now,
        )


async def _find(unit: UnitOfWork, application_id: str, *, to_change: bool = False) -> Application:
    found = await applications.find(unit, known("application", application_id), to_change=to_change)
    if found is None:
        raise missing("application")
    return found


def _object(application: Application) -> str:
    return f"application/{application.id}"
