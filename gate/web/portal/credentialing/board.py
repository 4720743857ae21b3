"""The page of one provider's credentialing, shown by whichever of its forms was sent."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import Request, Response

from gate.credentialing.model.contracts import ContractFilter
from gate.credentialing.model.credentials import CredentialFilter
from gate.credentialing.model.enrollments import EnrollmentFilter
from gate.credentialing.model.paging import PageRequest
from gate.credentialing.model.payers import PayerFilter
from gate.page_tokens import LARGEST_PAGE
from gate.persistence.unit_of_work import UnitOfWork
from gate.web.door import Visit
from gate.web.portal.credentialing.admission import may_manage
from gate.web.portal.credentialing.fields import Form
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.applications import APPLICATIONS
from gate.web.portal.credentialing.views.credentials import NOTHING_KEPT, attestation
from gate.web.portal.credentialing.views.credentials import line_of as credential_line
from gate.web.portal.credentialing.views.enrollments import NOTHING_YET, line_of
from gate.web.portal.credentialing.views.payer_table import (
    NO_PAYERS,
    STANDINGS,
    WORKFLOWS,
    Wish,
    columns,
    first_page,
    next_page,
    payer_lines,
    selection_in,
)
from gate.web.portal.credentialing.views.roster import board_of, standing
from gate.web.portal.credentialing.views.task_board import (
    NO_CONTRACTS,
    NO_TASKS,
    TASK_STATUSES,
    assignees,
    cards,
    contract_line,
    payer_groups,
)

TABS: Final[Mapping[str, str]] = {
    "payers": "Select Payers",
    "tasks": "Credentialing Tasks",
    "contracts": "Contracts",
    "enrollments": "Enrollments",
    "credentials": "Credentials",
}
_ALL: Final = PageRequest(LARGEST_PAGE)


class Refused(msgspec.Struct, frozen=True):
    """A form of the page that could not be taken, as it was sent."""

    of: str
    """``payers``, ``tasks``, or the id of the task."""
    form: Form


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What of the page is wanted."""

    tab: str
    """Empty: the tasks, or the payers where none was selected yet."""
    wish: Wish = Wish()
    notice: str = ""
    refusal: Refused | None = None


def _status_of(refusal: Refused | None) -> HTTPStatus:
    if refusal is None:
        return HTTPStatus.OK
    return HTTPStatus.CONFLICT if refusal.form.trouble else HTTPStatus.BAD_REQUEST


class Board:
    """Gathers what the page shows."""

    def __init__(self, office: Office) -> None:
        self._pages = office.pages
        self._office = office
        self._desk = office.desk

    async def shown(self, request: Request, visit: Visit, provider_id: str, view: View) -> Response:
        """One tab of the page.

        Raises:
            NotFound: the organisation has no such provider.
        """
        async with self._office.reading(visit) as unit:
            dashboard = await self._desk.dashboards.of_provider(unit, provider_id)
            attested = await self._desk.attestations.of_provider(unit, dashboard.provider)
            today = await self._desk.payers.today(unit)
            tab = view.tab if view.tab in TABS else ("tasks" if dashboard.payers else "payers")
            content: dict[str, Any] = {}
            if tab == "payers":
                content = await self._payers(unit, provider_id, view.wish)
            elif tab == "contracts":
                content = await self._contracts(unit, provider_id)
            elif tab == "enrollments":
                content = await self._enrollments(unit, provider_id)
            elif tab == "credentials":
                content = await self._credentials(unit, provider_id)
        own = board_of(dashboard.provider.id)
        return self._pages.answer(
            request,
            f"credentialing/board_{tab}.html",
            status=_status_of(view.refusal),
            provider=dashboard.provider,
            standing=standing(dashboard.provider),
            attestation=attestation(attested),
            cards=cards(dashboard.overall_stats),
            groups=payer_groups(dashboard.payers, today, APPLICATIONS),
            assignees=assignees(dashboard.payers, visit.principal.subject),
            own=own,
            tabs=[(title, address(own, tab=key)) for key, title in TABS.items()],
            tab=TABS[tab],
            empty=NO_TASKS,
            statuses=TASK_STATUSES,
            may_manage=may_manage(visit),
            notice=view.notice,
            refusal=view.refusal,
            **content,
        )

    async def _payers(self, unit: UnitOfWork, provider_id: str, wish: Wish) -> dict[str, Any]:
        request = PageRequest(LARGEST_PAGE, wish.page)
        page = await self._desk.selection.statistics(unit, selection_in(wish, provider_id), request)
        own = board_of(provider_id)
        return {
            "payers": payer_lines(page.items),
            "columns": columns(own, wish, tab="payers"),
            "first": first_page(own, wish, tab="payers"),
            "following": next_page(own, wish, page.next_page_token, tab="payers"),
            "wish": wish,
            "workflows": WORKFLOWS,
            "standings": STANDINGS,
            "nothing_there": None if page.items or wish.is_anything else NO_PAYERS,
        }

    async def _contracts(self, unit: UnitOfWork, provider_id: str) -> dict[str, Any]:
        page = await self._desk.contracts.list(unit, ContractFilter(provider_id=provider_id), _ALL)
        payers = await self._desk.payers.list(unit, PayerFilter(), _ALL)
        names = {payer.id: payer.name for payer in payers.items}
        today = await self._desk.payers.today(unit)
        lines = [contract_line(contract, names, today, APPLICATIONS) for contract in page.items]
        return {"contracts": lines, "no_contracts": NO_CONTRACTS}

    async def _enrollments(self, unit: UnitOfWork, provider_id: str) -> dict[str, Any]:
        page = await self._desk.enrollments.list(unit, EnrollmentFilter(provider_id=provider_id), _ALL)
        return {"enrollments": [line_of(listed) for listed in page.items], "no_enrollments": NOTHING_YET}

    async def _credentials(self, unit: UnitOfWork, provider_id: str) -> dict[str, Any]:
        page = await self._desk.credentials.list(unit, CredentialFilter(provider_id=provider_id), _ALL)
        lines = sorted(map(credential_line, page.items), key=lambda line: (line.expires_on or date.max, line.title))
        return {"credentials": lines, "no_credentials": NOTHING_KEPT}
