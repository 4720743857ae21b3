"""Who may use `/api/admin`: whoever administers the practice, and may see or manage credentialing."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Query, Request

from gate.auth.permissions import Permission
from gate.credentialing.model.paging import PageRequest
from gate.web.api.described import Descriptions
from gate.web.door import Visit, caller
from gate.web.visited_desk import VisitedDesk


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


class AdminApi(VisitedDesk, frozen=True):
    """What routes of `/api/admin` work with."""

    described: Descriptions
