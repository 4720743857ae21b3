"""How credentialing goes with a payer: said, begun from the library or another payer's, and taken back."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from gate.credentialing.model.library import LIBRARY
from gate.credentialing.model.paging import PageRequest
from gate.credentialing.model.payers import Payer, PayerFilter
from gate.credentialing.model.workflows import USUAL_STEPS, Workflow, usual_type
from gate.errors import InvalidInput, NotFound
from gate.page_tokens import LARGEST_PAGE
from gate.persistence.unit_of_work import UnitOfWork
from gate.web.portal.credentialing.admission import Manager
from gate.web.portal.credentialing.fields import ChangedMeanwhile, Fields, Form, edited, must_be_as_seen, refused
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.payer_form import workflow_in
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.badges import words
from gate.web.portal.credentialing.views.payers import DIRECTORY, WORKFLOW_TYPES, page_of, rows_in, typed_workflow

_ONE = f"{DIRECTORY}/{{payer_id}}/workflow"
_LIBRARY = {template.id: template for template in LIBRARY}
_USUAL = [(words(kind), steps) for kind, steps in USUAL_STEPS.items()]


async def workflow_of(office: Office, unit: UnitOfWork, payer: Payer) -> Workflow | None:
    """What was said of the payer; None: nobody said."""
    try:
        return await office.desk.payers.workflow(unit, payer.id)
    except NotFound:
        return None


def workflow_pages(office: Office) -> APIRouter:
    """Their routes."""
    router = APIRouter(include_in_schema=False)

    def shown(
        request: Request, payer: Payer, others: Sequence[Payer], form: Form, status: int = HTTPStatus.OK
    ) -> Response:
        return office.pages.answer(
            request,
            "credentialing/workflow_form.html",
            status=status,
            form=form,
            rows=rows_in(form.values),
            payer=payer,
            others=[other for other in others if other.id != payer.id],
            library=LIBRARY,
            types=WORKFLOW_TYPES,
            usual=_USUAL,
            own=page_of(payer.id),
        )

    async def payers_of(unit: UnitOfWork) -> Sequence[Payer]:
        return (await office.desk.payers.list(unit, PayerFilter(), PageRequest(LARGEST_PAGE))).items

    @router.get(_ONE)
    async def edit(
        request: Request, visit: Manager, payer_id: str, like: Annotated[str, Query(max_length=40)] = ""
    ) -> Response:
        async with office.reading(visit) as unit:
            payer = await office.desk.payers.get(unit, payer_id)
            model = await office.desk.payers.get(unit, like) if like and like not in _LIBRARY else payer
            workflow = await workflow_of(office, unit, model)
            standing = await workflow_of(office, unit, payer)
            others = await payers_of(unit)
        begun = _LIBRARY[like].workflow if like in _LIBRARY else workflow
        # What it was, not what it is begun with now: that is what nobody else may have changed meanwhile.
        kept = edited(typed_workflow(standing, usual_type(payer)))
        return shown(request, payer, others, Form({**kept.values, **typed_workflow(begun, usual_type(payer))}))

    @router.post(_ONE)
    async def change(request: Request, visit: Manager, payer_id: str) -> Response:
        try:
            async with office.writing(visit) as unit:
                payer = await office.desk.payers.get(unit, payer_id, to_change=True)
                kept = await workflow_of(office, unit, payer)
                must_be_as_seen(visit.form, typed_workflow(kept, usual_type(payer)))
                fields = Fields(visit.form, await office.desk.payers.today(unit))
                await office.desk.payers.put_workflow(unit, payer_id, workflow_in(visit.form, fields), visit.actor())
        except (InvalidInput, ChangedMeanwhile) as error:
            async with office.reading(visit) as unit:
                payer, others = await office.desk.payers.get(unit, payer_id), await payers_of(unit)
            status = HTTPStatus.BAD_REQUEST if isinstance(error, InvalidInput) else HTTPStatus.CONFLICT
            return shown(request, payer, others, refused(visit.form, error), status)
        return RedirectResponse(address(page_of(payer_id), done="workflow-changed"), HTTPStatus.SEE_OTHER)

    @router.get(f"{_ONE}/drop")
    async def asked(request: Request, visit: Manager, payer_id: str) -> Response:
        async with office.reading(visit) as unit:
            payer = await office.desk.payers.get(unit, payer_id)
        return office.pages.answer(
            request,
            "credentialing/confirm.html",
            title="Remove Workflow",
            consequence="New tasks follow the usual steps again. Tasks that are there already stay as they are.",
            subject=payer.name,
            action=f"{page_of(payer.id)}/workflow/drop",
            back=page_of(payer.id),
            verb="Remove",
        )

    @router.post(f"{_ONE}/drop")
    async def drop(visit: Manager, payer_id: str) -> Response:
        async with office.writing(visit) as unit:
            await office.desk.payers.drop_workflow(unit, payer_id, visit.actor())
        return RedirectResponse(address(page_of(payer_id), done="workflow-dropped"), HTTPStatus.SEE_OTHER)

    return router
