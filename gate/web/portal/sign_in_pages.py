"""The pages by which people come in with a password, and leave."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from gate.accounts.sessions import Sessions
from gate.accounts.throttle import TooManyTries
from gate.errors import NotFound, Overloaded, PermissionDenied, Unauthenticated
from gate.web.cookies import SESSION, VISITOR, Cookies
from gate.web.door import SignInNeeded, WebDoor, client_of
from gate.web.paths import HOME
from gate.web.portal.pages import Pages
from gate.web.portal.sign_in_form import Entrances, SignInForm

NextPath = Annotated[str, Query(alias="next")]


def sign_in_pages(form: SignInForm, door: WebDoor, cookies: Cookies, ways: Entrances) -> APIRouter:
    """The routes of those who come in."""
    router = APIRouter(include_in_schema=False)

    @router.get("/sign-in")
    async def asked(request: Request, next_path: NextPath = HOME) -> Response:
        return form.shown(request, next_path)

    @router.post("/sign-in")
    async def answered(request: Request) -> Response:
        if not ways.has_local_accounts:
            raise NotFound("there are no local accounts here")
        fields = await door.form(request, cookies.get(request, VISITOR))
        login, wanted = fields.get("login", ""), fields.get("next", HOME)
        try:
            opened = await ways.sign_in.with_password(
                login, fields.get("password", ""), client_of(request), replacing=cookies.get(request, SESSION)
            )
        except (Unauthenticated, TooManyTries, Overloaded, PermissionDenied) as error:
            return form.shown(request, wanted, error, login)
        return form.admitted(opened, wanted)

    return router


def sign_out_pages(pages: Pages, door: WebDoor, sessions: Sessions, cookies: Cookies, ways: Entrances) -> APIRouter:
    """The routes of those who leave."""
    router = APIRouter(include_in_schema=False)

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        response = RedirectResponse("/signed-out", HTTPStatus.SEE_OTHER)
        try:
            person = await door.person(request)
        except SignInNeeded:
            return response
        await door.form(request, cookies.get(request, SESSION))
        await sessions.end(person, client_of(request))
        cookies.drop(response, SESSION)
        return response

    @router.get("/signed-out")
    async def signed_out(request: Request) -> Response:
        return pages.answer(request, "signed_out.html", has_provider=ways.provider is not None)

    return router
