"""Credentialing in the name of whoever visits, by pages or by `/api`."""

from contextlib import AbstractAsyncContextManager

import msgspec

from gate.credentialing.service.desk import CredentialingDesk
from gate.persistence.unit_of_work import Database, UnitOfWork
from gate.web.door import Visit


class VisitedDesk(msgspec.Struct, frozen=True):
    """The services that programs call too, and the database on which they work."""

    database: Database
    desk: CredentialingDesk

    def reading(self, visit: Visit) -> AbstractAsyncContextManager[UnitOfWork]:
        """A unit that reads what is the visitor's organisation's."""
        return self.database.reading(visit.principal.tenant)

    def writing(self, visit: Visit) -> AbstractAsyncContextManager[UnitOfWork]:
        """A unit that also writes it."""
        return self.database.writing(visit.principal.tenant)
