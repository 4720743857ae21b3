"""One's own account: the password, the browsers one is signed in with, the look of the pages."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gate.accounts.model import browser_in_words
from gate.accounts.password_rules import SHORTEST_PASSWORD
from gate.accounts.sessions import Sessions
from gate.accounts.sign_in import SignIn
from gate.accounts.throttle import TooManyTries
from gate.errors import FieldViolation, InvalidInput
from gate.web.cookies import SESSION, THEME, Cookies
from gate.web.door import Visit, signed_in
from gate.web.paths import own_path
from gate.web.portal.pages import THEMES, Pages
from gate.web.refusals import refusal_of

ACCOUNT = "/account"
_PASSWORDS = ("current_password", "new_password", "new_password_again")
_A_YEAR_SECONDS = 365 * 24 * 3600
Member = Annotated[Visit, Depends(signed_in())]


def account_pages(pages: Pages, sessions: Sessions, sign_in: SignIn, cookies: Cookies) -> APIRouter:
    """Their routes."""
    router = APIRouter(include_in_schema=False)

    async def shown(request: Request, visit: Visit, error: InvalidInput | TooManyTries | None = None) -> Response:
        refusal = refusal_of(error) if error is not None else None
        return pages.answer(
            request,
            "account.html",
            status=refusal.status if refusal is not None else HTTPStatus.OK,
            person=visit.person,
            sessions=[(session, browser_in_words(session.agent)) for session in await sessions.of(visit.person)],
            fields=refusal.fields if refusal is not None else {},
            error=str(error) if isinstance(error, TooManyTries) else "",
            shortest=SHORTEST_PASSWORD,
            is_changed="changed" in request.query_params,
        )

    @router.get(ACCOUNT)
    async def account(request: Request, visit: Member) -> Response:
        return await shown(request, visit)

    @router.post("/account/password")
    async def change_password(request: Request, visit: Member) -> Response:
        current, chosen, again = (visit.form.get(name, "") for name in _PASSWORDS)
        if chosen != again:
            return await shown(request, visit, InvalidInput(FieldViolation(_PASSWORDS[2], "is not the same")))
        try:
            opened = await sign_in.change_password(visit.person, current, chosen, visit.actor())
        except (InvalidInput, TooManyTries) as error:
            return await shown(request, visit, error)
        response = RedirectResponse(f"{ACCOUNT}?changed", HTTPStatus.SEE_OTHER)
        cookies.put(response, SESSION, opened.token)
        return response

    @router.post("/account/sessions/end")
    async def end_session(visit: Member) -> Response:
        if session_id := visit.form.get("session", ""):
            await sessions.end_another(visit.person, session_id, visit.client)
        else:
            await sessions.end_others(visit.person, visit.client)
        return RedirectResponse(ACCOUNT, HTTPStatus.SEE_OTHER)

    @router.post("/theme")
    async def choose_theme(visit: Member) -> Response:
        response = RedirectResponse(own_path(visit.form.get("next", "")), HTTPStatus.SEE_OTHER)
        if (theme := visit.form.get("theme", "")) in THEMES:
            cookies.put(response, THEME, theme, max_age=_A_YEAR_SECONDS)
        return response

    return router
