"""One provider's credentialing: its page, and the button that generates tasks."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from gate.errors import InvalidInput
from gate.web.portal.credentialing.admission import Manager, Viewer
from gate.web.portal.credentialing.board import Board, Refused, View
from gate.web.portal.credentialing.fields import refused
from gate.web.portal.credentialing.notices import generated, notice_of
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.queries import Done, wished
from gate.web.portal.credentialing.task_form import ticked
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.payer_table import Wish
from gate.web.portal.credentialing.views.roster import BOARD, board_of

_ONE = f"{BOARD}/{{provider_id}}"


def board_pages(office: Office, board: Board) -> APIRouter:
    """Their routes."""
    router = APIRouter(include_in_schema=False)

    @router.get(_ONE)
    async def one(
        request: Request,
        visit: Viewer,
        provider_id: str,
        wish: Annotated[Wish, Depends(wished)],
        tab: Annotated[str, Query(max_length=20)] = "",
        done: Done = "",
    ) -> Response:
        view = View(tab=tab, wish=wish, notice=notice_of(done) or generated(done))
        return await board.shown(request, visit, provider_id, view)

    @router.post(f"{_ONE}/credential-payers")
    async def generate(request: Request, visit: Manager, provider_id: str) -> Response:
        chosen = ticked(visit.form, "payer-")
        try:
            async with office.writing(visit) as unit:
                made = await office.desk.selection.credential(unit, provider_id, chosen, visit.actor())
        except InvalidInput as error:
            view = View(tab="payers", refusal=Refused("payers", refused(visit.form, error)))
            return await board.shown(request, visit, provider_id, view)
        done = f"generated-{made.tasks_created}-{made.applications_created}"
        return RedirectResponse(address(board_of(provider_id), tab="tasks", done=done), HTTPStatus.SEE_OTHER)

    return router
