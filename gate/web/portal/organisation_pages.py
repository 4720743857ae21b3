"""Choosing an organisation, and changing to another."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from gate.accounts.sessions import Sessions
from gate.web import forgery
from gate.web.cookies import SESSION, Cookies
from gate.web.door import WebDoor, client_of
from gate.web.paths import HOME
from gate.web.portal.pages import Pages


def organisation_pages(pages: Pages, door: WebDoor, sessions: Sessions, cookies: Cookies) -> APIRouter:
    """Their routes. They ask for a session, and not yet for an organisation."""
    router = APIRouter(include_in_schema=False)

    @router.get("/organisations")
    async def choose(request: Request) -> Response:
        person = await door.person(request)
        return pages.answer(
            request,
            "organisations.html",
            person=person,
            csrf_token=forgery.token_for(cookies.get(request, SESSION)),
        )

    @router.post("/organisations")
    async def chosen(request: Request) -> Response:
        person = await door.person(request)
        fields = await door.form(request, cookies.get(request, SESSION))
        opened = await sessions.enter(person, fields.get("tenant", ""), client_of(request))
        # Home, not the page from before: what it showed is the other organisation's.
        response = RedirectResponse(HOME, HTTPStatus.SEE_OTHER)
        cookies.put(response, SESSION, opened.token)
        return response

    return router
