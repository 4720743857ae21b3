"""Who may use `/api/admin`: whoever administers the practice, and may see or manage credentialing."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated

import msgspec
from fastapi import Depends, Query, Request

from gate.auth.permissions import Permission
from gate.credentialing.model.paging import PageRequest
from gate.credentialing.service.desk import CredentialingDesk
from gate.persistence.unit_of_work import Database, UnitOfWork
from gate.web.api.described import Descriptions
from gate.web.door import Visit, caller


def administrator(permission: Permission) -> Callable[[Request], Awaitable[Visit]]:
    """A dependency: whoever holds `pm.admin`, which guards these routes, and `permission`."""
    admit = caller(permission)

    async def admitted(request: Request) -> Visit:
        visit = await admit(request)
        visit.principal.require(Permission.PRACTICE_ADMIN)
        return visit

    return admitted


def page_request(
    size: Annotated[int, Query(alias="pageSize", description="0: as many as is usual")] = 0,
    token: Annotated[str, Query(alias="pageToken", description="Of the page before")] = "",
) -> PageRequest:
    """A dependency: which page is wanted."""
    return PageRequest(size, token)


Viewer = Annotated[Visit, Depends(administrator(Permission.CREDENTIALING_VIEW))]
Manager = Annotated[Visit, Depends(administrator(Permission.CREDENTIALING_MANAGE))]
Paged = Annotated[PageRequest, Depends(page_request)]
OfProvider = Annotated[str, Query(alias="providerId")]
OfPayer = Annotated[str, Query(alias="payerId")]
Search = Annotated[str, Query()]


class AdminApi(msgspec.Struct, frozen=True):
    """What routes of `/api/admin` work with."""

    database: Database
    desk: CredentialingDesk
    described: Descriptions

    @asynccontextmanager
    async def reading(self, visit: Visit) -> AsyncIterator[UnitOfWork]:
        """A unit that reads what is the visitor's tenant's."""
        async with self.database.reading(visit.principal.tenant) as unit:
            yield unit

    @asynccontextmanager
    async def writing(self, visit: Visit) -> AsyncIterator[UnitOfWork]:
        """A unit that also writes it."""
        async with self.database.writing(visit.principal.tenant) as unit:
            yield unit
