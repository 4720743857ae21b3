"""What the credentialing pages work with: the same services that programs call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from gate.credentialing.service.desk import CredentialingDesk
from gate.persistence.unit_of_work import Database, UnitOfWork
from gate.web.door import Visit
from gate.web.portal.pages import Pages


class Office(msgspec.Struct, frozen=True):
    """The pages, the business layer, and the database on which it works."""

    pages: Pages
    database: Database
    desk: CredentialingDesk

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
