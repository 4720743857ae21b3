"""What somebody does about a deadline: give it to somebody, put it off, start to renew. Within the caller's unit."""

from collections.abc import Sequence
from datetime import date

import msgspec

from gate.audit.model import Actor
from gate.credentialing.model.credentials import snooze_end
from gate.credentialing.model.enrollments import Enrollment, Reverification
from gate.credentialing.model.fields import Objections, is_id
from gate.credentialing.model.reverification import due_day, is_under_way, step_for
from gate.credentialing.model.tasks import MOST_AT_ONCE, Assignment, Task, task_of
from gate.credentialing.repository import enrollments, payers, tasks
from gate.credentialing.service.finding import known, missing, payer_of
from gate.credentialing.service.payers import PayerService
from gate.credentialing.service.records import Change, ChangeLog
from gate.credentialing.service.selection import SelectionService
from gate.errors import FieldViolation, InvalidInput
from gate.persistence.unit_of_work import UnitOfWork


class DeadlineService:
    """The deadlines of one tenant's enrollments: the unit's."""

    def __init__(self, log: ChangeLog, payer_service: PayerService, selection: SelectionService) -> None:
        self._log = log
        self._payers = payer_service
        self._selection = selection

    async def assign(self, unit: UnitOfWork, ids: Sequence[str], coordinator: str, by: Actor) -> None:
        """Give the deadlines of enrollments to somebody; all of them or none.

        Raises:
            InvalidInput: nobody could be called so; no enrollment, or too many at once.
            NotFound: the tenant has none of one of the ids.
        """
        objections = Objections()
        objections.line("coordinator", coordinator)
        objections.settle()
        for before in await _several(unit, ids):
            await self._put(unit, before, msgspec.structs.replace(before, coordinator=coordinator), by)

    async def snooze(self, unit: UnitOfWork, ids: Sequence[str], until: date | None, by: Actor) -> None:
        """Have the deadlines pass over enrollments until a day, on which they are back; None: they are back at once.

        Raises:
            InvalidInput: the day is not ahead, or too far; no enrollment, or too many at once.
            NotFound: the tenant has none of one of the ids.
        """
        end = snooze_end(until, await self._payers.today(unit))
        for before in await _several(unit, ids):
            await self._put(unit, before, msgspec.structs.replace(before, snoozed_until=end), by)

    async def start_reverification(self, unit: UnitOfWork, enrollment_id: str, by: Actor) -> Reverification:
        """Open what it takes to renew an enrollment: an application and its tasks where there is none, else one task.

        Raises:
            NotFound: the tenant has no such enrollment, or its provider or payer is archived.
        """
        enrollment = await enrollments.find(unit, known("enrollment", enrollment_id), to_change=True)
        if enrollment is None:
            raise missing("enrollment")
        begun = await self._selection.credential(unit, enrollment.provider_id, [enrollment.payer_id], by)
        application_id = begun.details[0].application_id
        if begun.tasks_created:
            return Reverification(application_id=application_id, tasks_created=begun.tasks_created, was_under_way=False)
        own = await tasks.of_provider(unit, enrollment.provider_id, enrollment.payer_id)
        if is_under_way(own):
            return Reverification(application_id=application_id, tasks_created=0, was_under_way=True)
        await self._add_task(unit, enrollment, order=max(task.task_order for task in own) + 1, by=by)
        return Reverification(application_id=application_id, tasks_created=1, was_under_way=False)

    async def _add_task(self, unit: UnitOfWork, enrollment: Enrollment, *, order: int, by: Actor) -> None:
        payer = await payer_of(unit, enrollment.payer_id)
        workflow = await payers.workflow(unit, payer.id)
        assignment = Assignment(
            provider_id=enrollment.provider_id,
            payer_id=payer.id,
            portal_url=workflow.portal_url if workflow is not None else "",
            assigned_to=enrollment.coordinator,
        )
        made: Task = task_of(
            step_for(payer.name),
            assignment,
            task_id=self._log.new_id(),
            order=order,
            due=due_day(enrollment, await self._payers.today(unit)),
            now=self._log.clock(),
        )
        await tasks.add(unit, [made])
        details = {"enrollment": enrollment.id}
        await self._log.record(unit, by, Change(object=f"task/{made.id}", after=made, details=details))

    async def _put(self, unit: UnitOfWork, before: Enrollment, after: Enrollment, by: Actor) -> None:
        await enrollments.put(unit, after)
        await self._log.record(unit, by, Change(object=f"enrollment/{after.id}", before=before, after=after))


async def _several(unit: UnitOfWork, ids: Sequence[str]) -> Sequence[Enrollment]:
    wanted = set(ids)
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise InvalidInput(FieldViolation("ids", f"must name between 1 and {MOST_AT_ONCE} enrollments"))
    found = await enrollments.find_all(unit, filter(is_id, wanted))
    if len(found) < len(wanted):
        raise missing("enrollment")
    return found
