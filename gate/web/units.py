"""Units of work for whoever visits."""

from contextlib import AbstractAsyncContextManager

import msgspec

from gate.persistence.unit_of_work import Database, UnitOfWork
from gate.web.door import Visit


class VisitorUnits(msgspec.Struct, frozen=True, kw_only=True):
    """What a door works with: a database, seen as the visitor's organisation sees it."""

    database: Database

    def reading(self, visit: Visit) -> AbstractAsyncContextManager[UnitOfWork]:
        """A unit that reads what is the visitor's organisation's."""
        return self.database.reading(visit.principal.tenant)

    def writing(self, visit: Visit) -> AbstractAsyncContextManager[UnitOfWork]:
        """A unit that also writes it."""
        return self.database.writing(visit.principal.tenant)
