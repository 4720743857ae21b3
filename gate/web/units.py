"""Units of work for whoever visits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from gate.persistence.unit_of_work import Database, UnitOfWork
from gate.web.door import Visit


class VisitorUnits(msgspec.Struct, frozen=True, kw_only=True):
    """What a door works with: a database, seen as the visitor's organisation sees it."""

    database: Database

    @asynccontextmanager
    async def reading(self, visit: Visit) -> AsyncIterator[UnitOfWork]:
        """A unit that reads what is the visitor's organisation's."""
        async with self.database.reading(visit.principal.tenant) as unit:
            yield unit

    @asynccontextmanager
    async def writing(self, visit: Visit) -> AsyncIterator[UnitOfWork]:
        """A unit that also writes it."""
        async with self.database.writing(visit.principal.tenant) as unit:
            yield unit
