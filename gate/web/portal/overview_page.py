"""How the claims gate is doing for an organisation, and the status page that needs no sign-in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from gate.auth.permissions import Permission
from gate.persistence.unit_of_work import Database
from gate.tenancy.service import TenantService
from gate.web.door import Visit, signed_in
from gate.web.health import Health
from gate.web.portal.condition import condition_of
from gate.web.portal.modes import MEANINGS, mode_lines
from gate.web.portal.pages import Pages
from gate.web.portal.today.views import OVERVIEW

_CHANGES_LOOKED_AT = 200


def overview_pages(pages: Pages, health: Health, database: Database, tenants: TenantService) -> APIRouter:
    """Their routes."""
    router = APIRouter(include_in_schema=False)

    @router.get(OVERVIEW)
    async def overview(request: Request, visit: Annotated[Visit, Depends(signed_in())]) -> Response:
        condition = condition_of(await health.report())
        lines = None
        if Permission.GATE_ADMIN_VIEW in visit.principal.permissions:
            async with database.reading(visit.principal.tenant) as unit:
                config = await tenants.get(unit, visit.principal.tenant)
                page = await tenants.list_mode_changes(unit, visit.principal.tenant, page_size=_CHANGES_LOOKED_AT)
            lines = mode_lines(config, page.changes)
        return pages.answer(request, "overview.html", condition=condition, lines=lines, meanings=MEANINGS)

    @router.get("/status")
    async def status(request: Request) -> Response:
        return pages.answer(request, "status.html", condition=condition_of(await health.report()))

    return router
