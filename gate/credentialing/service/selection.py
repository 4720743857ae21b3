"""Chooses payers for a provider and makes the tasks that they take. Runs within the caller's unit of work."""

from collections.abc import Sequence
from itertools import chain

from gate.audit.model import Actor
from gate.credentialing.model.applications import Application, ApplicationDraft
from gate.credentialing.model.fields import is_id
from gate.credentialing.model.paging import FIRST, Page, PageRequest
from gate.credentialing.model.payers import Payer, PayerFilter
from gate.credentialing.model.providers import Provider
from gate.credentialing.model.selection import (
    MOST_PAYERS,
    CredentialedPayer,
    GeneratedTasks,
    PayerStatistics,
    is_credentialing,
    is_recommended,
    statistics,
)
from gate.credentialing.model.tasks import Assignment, Task, planned, task_of
from gate.credentialing.model.workflows import Workflow, steps_for
from gate.credentialing.repository import applications, contracts, payers, tasks
from gate.credentialing.service.applications import ApplicationService
from gate.credentialing.service.finding import missing, provider_of
from gate.credentialing.service.payers import PayerService
from gate.credentialing.service.records import Change, ChangeLog
from gate.errors import FieldViolation, InvalidInput
from gate.persistence.unit_of_work import UnitOfWork


class SelectionService:
    """The choices of one tenant: the unit's."""

    def __init__(self, log: ChangeLog, payer_service: PayerService, application_service: ApplicationService) -> None:
        self._log = log
        self._payers = payer_service
        self._applications = application_service

    async def statistics(
        self, unit: UnitOfWork, provider_id: str = "", request: PageRequest = FIRST
    ) -> Page[PayerStatistics]:
        """Payers by name, each with what speaks for it; with a provider, how the two stand to each other.

        Raises:
            InvalidInput: the page is none.
            NotFound: the tenant has no such provider.
        """
        provider = await provider_of(unit, provider_id) if provider_id else None
        page = await self._payers.list(unit, PayerFilter(), request)
        ids = [payer.id for payer in page.items]
        today = await self._payers.today(unit)
        workflows = await payers.workflows(unit, ids)
        counts = await contracts.counted(unit, ids, today)
        own = {each.payer_id: each for each in await applications.of_provider(unit, provider.id)} if provider else {}
        held = await contracts.of_providers(unit, [provider.id]) if provider else []
        have_tasks = await tasks.payers_with_tasks(unit, provider.id) if provider else set()
        contracted = {contract.payer_id for contract in held if contract.is_in_force(today)}
        rows = [
            statistics(
                payer,
                workflows.get(payer.id),
                counts.get(payer.id, (0, 0)),
                standing=(
                    is_credentialing(own.get(payer.id)),
                    payer.id in contracted,
                    is_recommended(payer, provider),
                    payer.id in have_tasks,
                ),
            )
            for payer in page.items
        ]
        return Page(rows, page.next_page_token)

    async def credential(
        self, unit: UnitOfWork, provider_id: str, payer_ids: Sequence[str], by: Actor
    ) -> GeneratedTasks:
        """Begin an application to each of the payers, with its tasks. What was begun before is not repeated (row M5).

        Raises:
            InvalidInput: no payer, or too many at once.
            NotFound: the tenant has no such provider, or no such payer; then nothing was begun.
        """
        if not 1 <= len(payer_ids) <= MOST_PAYERS:
            raise InvalidInput(FieldViolation("payer_ids", f"must name between 1 and {MOST_PAYERS} payers"))
        # Of two who press the button at once, the second finds what the first has begun.
        provider = await provider_of(unit, provider_id, to_change=True)
        wanted = list(dict.fromkeys(payer_ids))
        found = await payers.several(unit, [payer_id for payer_id in wanted if is_id(payer_id)])
        if len(found) < len(wanted):
            raise missing("payer")
        begun = {each.payer_id: each for each in await applications.of_provider(unit, provider.id)}
        have_tasks = await tasks.payers_with_tasks(unit, provider.id)
        workflows = await payers.workflows(unit, wanted)
        details, made = [], []
        for payer_id in wanted:
            payer, before = found[payer_id], begun.get(payer_id)
            application = before or await self._begin(unit, provider, payer, by)
            planned_now = (
                [] if payer_id in have_tasks else await self._plan(unit, application, payer, workflows.get(payer_id))
            )
            made.append(planned_now)
            details.append(
                CredentialedPayer(
                    payer_id=payer_id,
                    payer_name=payer.name,
                    task_count=len(planned_now),
                    application_id=application.id,
                    already_credentialing=before is not None,
                )
            )
        all_made = list(chain.from_iterable(made))
        await tasks.add(unit, all_made)
        await self._log.record(unit, by, *(Change(object=f"task/{task.id}", after=task) for task in all_made))
        new = sum(not each.already_credentialing for each in details)
        return GeneratedTasks(tasks_created=len(all_made), applications_created=new, details=details)

    async def _begin(self, unit: UnitOfWork, provider: Provider, payer: Payer, by: Actor) -> Application:
        return await self._applications.create(unit, ApplicationDraft(provider_id=provider.id, payer_id=payer.id), by)

    async def _plan(
        self, unit: UnitOfWork, application: Application, payer: Payer, workflow: Workflow | None
    ) -> list[Task]:
        assignment = Assignment(
            provider_id=application.provider_id,
            payer_id=payer.id,
            portal_url=workflow.portal_url if workflow is not None else "",
        )
        steps = planned(steps_for(payer, workflow), await self._payers.today(unit))
        now = self._log.clock()
        return [
            task_of(step, assignment, task_id=self._log.new_id(), order=order, due=due, now=now)
            for order, (step, due) in enumerate(steps, 1)
        ]
