"""Messages that were given up: what, to whom, since when and why; sent again or discarded."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from gate.errors import InvalidInput
from gate.outbox.dead_letters import DeadLetters
from gate.outbox.letter import LetterState
from gate.persistence.unit_of_work import Database
from gate.web.operating import Operator, Watcher, may_operate
from gate.web.portal.pages import Pages
from gate.web.portal.system.words import channel_in_words, notice_of
from gate.web.refusals import refusal_of

DELIVERIES = "/system/deliveries"


def delivery_pages(pages: Pages, database: Database, letters: DeadLetters) -> APIRouter:
    """Their routes."""
    router = APIRouter(include_in_schema=False)

    @router.get(DELIVERIES)
    async def listed(
        request: Request, visit: Watcher, before: Annotated[str, Query()] = "", done: Annotated[str, Query()] = ""
    ) -> Response:
        async with database.reading(visit.principal.tenant) as unit:
            counts = await letters.counts(unit)
            page = await letters.listed(unit, before=before)
        return pages.answer(
            request,
            "system/deliveries.html",
            letters=[(letter, channel_in_words(letter.channel)) for letter in page.letters],
            waiting=counts.get(LetterState.WAITING, 0),
            dead=counts.get(LetterState.DEAD, 0),
            can_act=may_operate(visit),
            notice=notice_of(done),
            first=DELIVERIES if before else "",
            following=f"{DELIVERIES}?before={page.next_before}" if page.next_before else "",
        )

    @router.post("/system/deliveries/{letter_id}/send-again")
    async def send_again(visit: Operator, letter_id: str) -> Response:
        async with database.writing(visit.principal.tenant) as unit:
            await letters.send_again(unit, letter_id, visit.actor())
        return RedirectResponse(f"{DELIVERIES}?done=sent-again", HTTPStatus.SEE_OTHER)

    async def asked(request: Request, visit: Operator, letter_id: str, error: InvalidInput | None) -> Response:
        async with database.reading(visit.principal.tenant) as unit:
            letter = await letters.one(unit, letter_id)
        refusal = None if error is None else refusal_of(error)
        return pages.answer(
            request,
            "system/discard.html",
            status=HTTPStatus.OK if refusal is None else refusal.status,
            letter=letter,
            channel=channel_in_words(letter.channel),
            objection="" if refusal is None else refusal.fields.get("reason", ""),
            back=DELIVERIES,
        )

    @router.get("/system/deliveries/{letter_id}/discard")
    async def discard_form(request: Request, visit: Operator, letter_id: str) -> Response:
        return await asked(request, visit, letter_id, None)

    @router.post("/system/deliveries/{letter_id}/discard")
    async def discard(request: Request, visit: Operator, letter_id: str) -> Response:
        try:
            async with database.writing(visit.principal.tenant) as unit:
                await letters.discard(unit, letter_id, visit.form.get("reason", ""), visit.actor())
        except InvalidInput as error:
            return await asked(request, visit, letter_id, error)
        return RedirectResponse(f"{DELIVERIES}?done=discarded", HTTPStatus.SEE_OTHER)

    return router
