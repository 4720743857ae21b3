"""Where an organisation's programs want to be told, and by which secret they know our requests."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from gate.delivery.endpoints import EndpointWithSecret, WebhookEndpoints
from gate.errors import InvalidInput, PreconditionFailed
from gate.persistence.unit_of_work import Database
from gate.web.operating import Operator, Watcher, may_operate
from gate.web.portal.pages import Pages
from gate.web.portal.system.words import notice_of
from gate.web.refusals import refusal_of

WEBHOOKS = "/system/webhooks"
_REMOVED = "What still waits for it becomes a message that cannot be delivered."


def webhook_pages(pages: Pages, database: Database, endpoints: WebhookEndpoints) -> APIRouter:
    """Their routes."""
    router = APIRouter(include_in_schema=False)

    async def shown(
        request: Request, visit: Watcher, done: str = "", error: InvalidInput | PreconditionFailed | None = None
    ) -> Response:
        async with database.reading(visit.principal.tenant) as unit:
            listed = await endpoints.listed(unit)
        refusal = None if error is None else refusal_of(error)
        return pages.answer(
            request,
            "system/webhooks.html",
            status=HTTPStatus.OK if refusal is None else refusal.status,
            endpoints=listed,
            can_act=may_operate(visit),
            notice=notice_of(done),
            fields={} if refusal is None else refusal.fields,
            problem=str(error) if isinstance(error, PreconditionFailed) else "",
            entered=visit.form,
        )

    def told(request: Request, made: EndpointWithSecret) -> Response:
        return pages.answer(request, "system/webhook_secret.html", made=made, back=WEBHOOKS)

    @router.get(WEBHOOKS)
    async def listed(request: Request, visit: Watcher, done: Annotated[str, Query()] = "") -> Response:
        return await shown(request, visit, done)

    @router.post(WEBHOOKS)
    async def create(request: Request, visit: Operator) -> Response:
        url, topics, description = (visit.form.get(name, "") for name in ("url", "topics", "description"))
        try:
            async with database.writing(visit.principal.tenant) as unit:
                made = await endpoints.create(unit, url, topics.replace(",", " ").split(), description, visit.actor())
        except (InvalidInput, PreconditionFailed) as error:
            return await shown(request, visit, error=error)
        return told(request, made)

    @router.post("/system/webhooks/{endpoint_id}/secret")
    async def replace_secret(request: Request, visit: Operator, endpoint_id: str) -> Response:
        async with database.writing(visit.principal.tenant) as unit:
            made = await endpoints.replace_secret(unit, endpoint_id, visit.actor())
        return told(request, made)

    @router.post("/system/webhooks/{endpoint_id}/switch")
    async def switch(visit: Operator, endpoint_id: str) -> Response:
        is_on = visit.form.get("on") == "yes"
        async with database.writing(visit.principal.tenant) as unit:
            act = endpoints.enable if is_on else endpoints.disable
            await act(unit, endpoint_id, visit.actor())
        return RedirectResponse(f"{WEBHOOKS}?done={'on' if is_on else 'off'}", HTTPStatus.SEE_OTHER)

    @router.get("/system/webhooks/{endpoint_id}/remove")
    async def remove_form(request: Request, visit: Operator, endpoint_id: str) -> Response:
        async with database.reading(visit.principal.tenant) as unit:
            endpoint = await endpoints.one(unit, endpoint_id)
        return pages.answer(
            request,
            "credentialing/confirm.html",
            title="Remove this endpoint?",
            consequence=_REMOVED,
            subject=endpoint.url,
            action=f"{WEBHOOKS}/{endpoint_id}/remove",
            back=WEBHOOKS,
            verb="Remove",
        )

    @router.post("/system/webhooks/{endpoint_id}/remove")
    async def remove(visit: Operator, endpoint_id: str) -> Response:
        async with database.writing(visit.principal.tenant) as unit:
            await endpoints.remove(unit, endpoint_id, visit.actor())
        return RedirectResponse(f"{WEBHOOKS}?done=removed", HTTPStatus.SEE_OTHER)

    return router
