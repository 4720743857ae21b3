"""What is done to all ticked rows of a list at once."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from gate.audit.model import Actor
from gate.persistence.unit_of_work import UnitOfWork
from gate.web.door import Visit
from gate.web.portal.credentialing.bulk import BulkAction, action_in
from gate.web.portal.credentialing.fields import Fields
from gate.web.portal.credentialing.office import Office


class HandsOut(Protocol):
    """Records that have a coordinator and can be put off."""

    async def assign(self, unit: UnitOfWork, ids: Sequence[str], coordinator: str, by: Actor) -> None:
        """Give them to somebody; empty: to nobody."""
        ...

    async def snooze(self, unit: UnitOfWork, ids: Sequence[str], until: date | None, by: Actor) -> None:
        """Put them off until a day; None: they are back at once."""
        ...


async def act_on_ticked(office: Office, visit: Visit, records: HandsOut) -> BulkAction:
    """Do what the form wants, and say what that was.

    Raises:
        InvalidInput: the form wants nothing that could be done.
        NotFound: a record is not the organisation's.
    """
    async with office.writing(visit) as unit:
        action = action_in(visit.form, Fields(visit.form, await office.desk.payers.today(unit)))
        if action.assign_to is not None:
            await records.assign(unit, action.ids, action.assign_to, visit.actor())
        if action.is_snooze:
            await records.snooze(unit, action.ids, action.until, visit.actor())
    return action
