"""A list as a file: sent as it is read, page by page, so that no list is too long for it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import chain
from typing import Any, Final

from fastapi import Response
from fastapi.responses import StreamingResponse

from gate.credentialing.model.paging import Page, PageRequest
from gate.csv_text import csv_lines
from gate.page_tokens import LARGEST_PAGE
from gate.persistence.unit_of_work import UnitOfWork
from gate.web.door import Visit
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.views.sheets import Sheet

Fetch = Callable[[UnitOfWork, PageRequest], Awaitable[Page[Any]]]
Pages = Callable[[PageRequest], Awaitable[Page[Any]]]
_FIRST: Final = PageRequest(LARGEST_PAGE)


async def export(office: Office, visit: Visit, sheet: Sheet, fetch: Fetch, **wanted: str) -> Response:
    """What `fetch` finds, as CSV; each page in a unit of its own, for a slow reader must not hold one open.

    Raises:
        InvalidInput, StoreUnavailable: as `exported_pages`.
    """

    async def page(request: PageRequest) -> Page[Any]:
        async with office.reading(visit) as unit:
            return await fetch(unit, request)

    return await exported_pages(office, visit, sheet, page, **wanted)


async def exported_pages(office: Office, visit: Visit, sheet: Sheet, pages: Pages, **wanted: str) -> Response:
    """What `pages` hold, as CSV; who took it, and what they wanted of it, is in the audit log before they have any.

    Raises:
        InvalidInput: what is wanted cannot be found out.
        StoreUnavailable: the database cannot be asked, or the audit log not be written.
    """
    kept = {name: value for name, value in wanted.items() if value}
    async with office.writing(visit) as unit:
        await office.desk.reports.note_export(unit, visit.actor(), sheet.name, **kept)
    first = await pages(_FIRST)

    async def lines() -> AsyncIterator[bytes]:
        yield csv_lines([sheet.head])
        page = first
        while True:
            yield csv_lines(chain.from_iterable(map(sheet.rows_of, page.items)))
            if not page.next_page_token:
                return
            page = await pages(PageRequest(LARGEST_PAGE, page.next_page_token))

    headers = {"content-disposition": f'attachment; filename="{sheet.name}.csv"', "cache-control": "no-store"}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)
