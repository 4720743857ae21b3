"""Every list of these pages as a file: exactly what its address wants of it, all pages together."""

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, Response

from gate.credentialing.model.credentials import RenewalFilter
from gate.credentialing.model.paging import Page, PageRequest
from gate.credentialing.model.payers import PayerFilter
from gate.credentialing.model.providers import ProviderFilter
from gate.persistence.unit_of_work import UnitOfWork
from gate.web.portal.credentialing import deadline_pages, inbox_pages, task_list_pages
from gate.web.portal.credentialing.admission import Viewer
from gate.web.portal.credentialing.exporting import export, exported_pages
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.queries import Key, Search, wished
from gate.web.portal.credentialing.views import sheets
from gate.web.portal.credentialing.views.applications import APPLICATIONS, FIGURES, filter_of
from gate.web.portal.credentialing.views.credentials import EXPIRING, REVIEW, ExpiringWish
from gate.web.portal.credentialing.views.enrollments import DEADLINES, LIST, DeadlineWish, wanted_of
from gate.web.portal.credentialing.views.mismatches import MISMATCHES
from gate.web.portal.credentialing.views.payer_table import Wish, payer_lines, selection_in
from gate.web.portal.credentialing.views.payers import DIRECTORY
from gate.web.portal.credentialing.views.roster import ROSTER
from gate.web.portal.credentialing.views.task_list import TASKS, TaskWish
from gate.web.portal.credentialing.views.workflows import WORKFLOWS, workflow_row

_A_FEW: Final = 50
"""Payers whose whole history is counted at once."""


def work_exports(office: Office) -> APIRouter:
    """Enrollments, deadlines, applications, tasks."""
    router, desk = APIRouter(include_in_schema=False), office.desk

    @router.get(f"{LIST}/export.csv")
    async def enrollments(visit: Viewer, search: Search = "", status: Key = "") -> Response:
        wanted = wanted_of(search, status)
        return await export(
            office,
            visit,
            sheets.ENROLLMENTS,
            lambda unit, page: desk.enrollments.list(unit, wanted, page),
            search=search,
            status=status,
        )

    @router.get(f"{DEADLINES}/export.csv")
    async def deadlines(visit: Viewer, wish: Annotated[DeadlineWish, Depends(deadline_pages.wished)]) -> Response:
        wanted = wish.wanted(visit.principal.subject)
        return await export(
            office,
            visit,
            sheets.DEADLINES,
            lambda unit, page: desk.enrollments.deadlines(unit, page, wanted),
            **wish.kept(),
        )

    @router.get(f"{APPLICATIONS}/export.csv")
    async def applications(visit: Viewer, status: Key = "") -> Response:
        wanted = filter_of(status)
        return await export(
            office,
            visit,
            sheets.APPLICATIONS,
            lambda unit, page: desk.applications.list(unit, wanted, page),
            status=status,
        )

    @router.get(f"{TASKS}/export.csv")
    async def tasks(visit: Viewer, wish: Annotated[TaskWish, Depends(task_list_pages.wished)]) -> Response:
        wanted = wish.wanted(visit.principal.subject)
        return await export(
            office,
            visit,
            sheets.TASKS,
            lambda unit, page: desk.tasks.list(unit, wanted, page),
            **wish.kept(),
        )

    @router.get(f"{FIGURES}/export.csv")
    async def figures(visit: Viewer) -> Response:
        return await export(
            office,
            visit,
            sheets.FIGURES,
            lambda unit, page: desk.reports.durations(unit, PageRequest(_A_FEW, page.token)),
        )

    return router


def record_exports(office: Office) -> APIRouter:
    """Providers, payers and their workflows."""
    router, desk = APIRouter(include_in_schema=False), office.desk

    @router.get(f"{ROSTER}/export.csv")
    async def roster(visit: Viewer, search: Search = "") -> Response:
        wanted = ProviderFilter(search=search)
        return await export(
            office,
            visit,
            sheets.ROSTER,
            lambda unit, page: desk.providers.list(unit, wanted, page),
            search=search,
        )

    @router.get(f"{DIRECTORY}/export.csv")
    async def directory(visit: Viewer, wish: Annotated[Wish, Depends(wished)]) -> Response:
        async def fetch(unit: UnitOfWork, request: PageRequest) -> Page[msgspec.Struct]:
            found = await desk.selection.statistics(unit, selection_in(wish), request)
            return Page(payer_lines(found.items), found.next_page_token)

        return await export(office, visit, sheets.PAYERS, fetch, **wish.kept())

    @router.get(f"{WORKFLOWS}/export.csv")
    async def workflows(visit: Viewer, search: Search = "") -> Response:
        async def fetch(unit: UnitOfWork, request: PageRequest) -> Page[msgspec.Struct]:
            page = await desk.payers.list(unit, PayerFilter(search=search), request)
            said = await desk.payers.workflows(unit, [payer.id for payer in page.items])
            return Page([workflow_row(payer, said.get(payer.id)) for payer in page.items], page.next_page_token)

        return await export(office, visit, sheets.WORKFLOWS, fetch, search=search)

    return router


def inbox_exports(office: Office) -> APIRouter:
    """What expires, what waits for a review, what does not go together."""
    router, desk = APIRouter(include_in_schema=False), office.desk

    @router.get(f"{EXPIRING}/export.csv")
    async def expiring(visit: Viewer, wish: Annotated[ExpiringWish, Depends(inbox_pages.wished)]) -> Response:
        wanted = wish.wanted(visit.principal.subject)
        return await export(
            office,
            visit,
            sheets.EXPIRING,
            lambda unit, page: desk.credentials.expiring(unit, wanted, page),
            **wish.kept(),
        )

    @router.get(f"{REVIEW}/export.csv")
    async def review(visit: Viewer) -> Response:
        return await export(
            office,
            visit,
            sheets.REVIEW,
            lambda unit, page: desk.renewals.list(unit, RenewalFilter(), page),
        )

    @router.get(f"{MISMATCHES}/export.csv")
    async def mismatches(visit: Viewer) -> Response:
        # It opens units of its own: what is held against what is read in several.
        return await exported_pages(
            office,
            visit,
            sheets.MISMATCHES,
            lambda page: desk.reconciliation.page(visit.principal.tenant, visit.actor(), PageRequest(0, page.token)),
        )

    return router
