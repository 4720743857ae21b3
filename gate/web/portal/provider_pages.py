"""To the site's identity provider, and back."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from gate.accounts.sessions import Opened
from gate.accounts.sign_in import SignIn
from gate.auth.oidc import OpenIdProvider
from gate.auth.oidc_flow import Flow
from gate.errors import PermissionDenied, StoreUnavailable, Unauthenticated
from gate.web.cookies import FLOW, SESSION, Cookies
from gate.web.door import client_of
from gate.web.paths import HOME, own_path
from gate.web.portal.sign_in_form import SignInForm
from gate.web.portal.sign_in_pages import NextPath

RETURN: Final = "/sign-in/oidc/return"
_FLOW_SECONDS: Final = 600
_DOWN: Final = "Your identity provider cannot be reached at present. Try again in a moment."


def provider_pages(form: SignInForm, cookies: Cookies, provider: OpenIdProvider, sign_in: SignIn) -> APIRouter:
    """Their routes."""
    router = APIRouter(include_in_schema=False)

    @router.get("/sign-in/oidc")
    async def there(request: Request, next_path: NextPath = HOME) -> Response:
        flow = Flow.begin(own_path(next_path))
        try:
            address = await provider.address_for(flow)
        except StoreUnavailable:
            return form.shown(request, next_path, StoreUnavailable(_DOWN))
        response = RedirectResponse(address, HTTPStatus.SEE_OTHER)
        cookies.put(response, FLOW, flow.cookie, max_age=_FLOW_SECONDS)
        return response

    @router.get(RETURN)
    async def back(request: Request) -> Response:
        flow = Flow.from_cookie(cookies.get(request, FLOW))
        wanted = flow.next_path if flow is not None else HOME
        try:
            response = form.admitted(await opened(request, flow), wanted)
        except (Unauthenticated, PermissionDenied, StoreUnavailable) as error:
            response = form.shown(request, wanted, error)
        cookies.drop(response, FLOW)  # whatever came of it, it does not come twice
        return response

    async def opened(request: Request, flow: Flow | None) -> Opened:
        if flow is None:
            raise Unauthenticated("this sign-in was completed before, or took too long: begin again")
        identity = await provider.identity(dict(request.query_params), flow)
        return await sign_in.with_identity(identity, client_of(request), replacing=cookies.get(request, SESSION))

    return router
