"""The sign-in form, and what a browser gets when its person was let in."""

import secrets
from http import HTTPStatus
from typing import Final

import msgspec
from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from gate.accounts.sessions import Opened
from gate.accounts.sign_in import SignIn
from gate.auth.oidc import OpenIdProvider
from gate.errors import GateError
from gate.web import forgery
from gate.web.cookies import SESSION, VISITOR, Cookies
from gate.web.paths import own_path
from gate.web.portal.pages import Pages
from gate.web.refusals import refusal_of

ORGANISATIONS: Final = "/organisations"
_VISITOR_BYTES: Final = 32


class Entrances(msgspec.Struct, frozen=True, kw_only=True):
    """How people may sign in here."""

    sign_in: SignIn
    has_local_accounts: bool
    provider: OpenIdProvider | None


class SignInForm:
    """Shown to strangers, again with words where it did not go well."""

    def __init__(self, pages: Pages, cookies: Cookies, ways: Entrances) -> None:
        self._pages = pages
        self._cookies = cookies
        self._ways = ways

    def shown(self, request: Request, next_path: str, error: GateError | None = None, login: str = "") -> Response:
        """The page; who is let in goes on to `next_path`."""
        refusal = refusal_of(error) if error is not None else None
        visitor = self._cookies.get(request, VISITOR) or secrets.token_urlsafe(_VISITOR_BYTES)
        response = self._pages.answer(
            request,
            "sign_in.html",
            status=refusal.status if refusal is not None else HTTPStatus.OK,
            csrf_token=forgery.token_for(visitor),
            next_path=own_path(next_path),
            error=_sentence(str(error)) if error is not None else "",
            login=login,
            has_local_accounts=self._ways.has_local_accounts,
            has_provider=self._ways.provider is not None,
        )
        if refusal is not None and refusal.retry_after is not None:
            response.headers["retry-after"] = str(refusal.retry_after)
        self._cookies.put(response, VISITOR, visitor)
        return response

    def admitted(self, opened: Opened, next_path: str) -> Response:
        """On to `next_path`, or first to the choice of an organisation."""
        target = own_path(next_path) if opened.tenant is not None else ORGANISATIONS
        response = RedirectResponse(target, HTTPStatus.SEE_OTHER)
        self._cookies.put(response, SESSION, opened.token)
        self._cookies.drop(response, VISITOR)
        return response


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
