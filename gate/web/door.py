"""Who comes in over HTTP: people with a session, programs with a bearer token. One place for pages and for `/api`.

`signed_in` and `caller` make FastAPI dependencies; a route that needs somebody declares one of them and gets a `Visit`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
from fastapi import Request
from starlette.requests import HTTPConnection

from gate.accounts.model import Client, SignedIn
from gate.accounts.sessions import Sessions
from gate.audit.model import Actor, Via
from gate.auth.authenticate import authenticate
from gate.auth.permissions import Permission, permissions_of
from gate.auth.principal import Principal
from gate.auth.tokens import TokenVerifier
from gate.errors import PermissionDenied, Unauthenticated
from gate.web import forgery
from gate.web.cookies import SESSION, Cookies
from gate.web.forms import submitted
from gate.web.paths import own_path

_FORGED: Final = "this form did not come from a page of the gate, or is from before you signed in: load it again"
TENANT_HEADER: Final = "x-tenant-id"


class SignInNeeded(Exception):
    """Nobody is signed in; `next_path` is where they wanted to go."""

    def __init__(self, next_path: str) -> None:
        super().__init__("sign in first")
        self.next_path = next_path


class OrganisationNeeded(Exception):
    """The person is signed in and has to choose an organisation first."""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """What a route knows of one request besides its content."""

    principal: Principal
    client: Client
    signed_in: SignedIn | None = None
    """None: a program, with a bearer token."""
    csrf_token: str = ""
    """What forms on the page send back."""
    form: Mapping[str, str] = {}

    @property
    def person(self) -> SignedIn:
        """Who is signed in.

        Raises:
            Unauthenticated: a program, which has no session.
        """
        if self.signed_in is None:
            raise Unauthenticated("only a person who is signed in can do this")
        return self.signed_in

    def actor(self) -> Actor:
        """Who acts, for the audit log."""
        return Actor(
            tenant=self.principal.tenant,
            subject=self.principal.subject,
            via=self.principal.via,
            request_id=self.client.request_id,
            address=self.client.address,
        )


class WebDoor:
    """Admits whoever comes over HTTP."""

    def __init__(self, sessions: Sessions, verifier: TokenVerifier, cookies: Cookies, base_url: str) -> None:
        self._sessions = sessions
        self._verifier = verifier
        self._cookies = cookies
        self._base_url = base_url

    async def person(self, request: Request) -> SignedIn:
        """Who the session belongs to, whether or not they chose an organisation.

        Raises:
            SignInNeeded: there is no session, or it has ended.
            StoreUnavailable: that cannot be found out at present.
        """
        signed_in = await self._sessions.recognized(self._token(request))
        if signed_in is None:
            raise SignInNeeded(_wanted(request))
        return signed_in

    async def page(self, request: Request, permission: Permission | None) -> Visit:
        """The visit of somebody who is signed in, and holds `permission` in their organisation.

        Raises:
            SignInNeeded: nobody is signed in.
            OrganisationNeeded: no organisation was chosen.
            PermissionDenied: they may not, or the form is not of ours.
        """
        signed_in = await self.person(request)
        visit = self._visit(request, signed_in)
        # Known from here on, so that a refusal is shown on a page of the portal.
        request.state.visit = visit
        if request.method not in forgery.SAFE_METHODS:
            visit = msgspec.structs.replace(visit, form=await self.form(request, self._token(request)))
        if permission is not None:
            visit.principal.require(permission)
        return visit

    async def api(self, request: Request, permission: Permission | None) -> Visit:
        """The visit of a program with a bearer token, or of a page's script with the session.

        Without `permission` the route itself tells what each caller may see.

        Raises:
            Unauthenticated: neither of the two.
            PermissionDenied: it may not, names another tenant, or did not show the token of our pages.
        """
        given = request.headers.getlist("authorization")
        if len(given) > 1:
            # Somebody in between may have judged the one and we the other.
            raise Unauthenticated("one bearer token is needed, not several")
        if given:
            principal = await authenticate(given[0], _claimed_tenant(request), self._verifier)
            visit = Visit(principal=principal, client=client_of(request))
        else:
            visit = await self._scripted(request)
        if permission is not None:
            visit.principal.require(permission)
        return visit

    async def form(self, request: Request, secret: str) -> Mapping[str, str]:
        """The fields of a form that a page of ours sent, in the browser whose cookie holds `secret`.

        Raises:
            PermissionDenied: another site sent it, or it does not carry the page's token.
            HTTPException: it is no form, or too large.
        """
        fields = await submitted(request)
        self._must_be_meant(request, secret, request.headers.get(forgery.HEADER) or fields.get(forgery.FIELD, ""))
        return fields

    async def _scripted(self, request: Request) -> Visit:
        try:
            signed_in = await self.person(request)
        except SignInNeeded:
            raise Unauthenticated("a bearer token or a session is needed") from None
        if request.method not in forgery.SAFE_METHODS:
            self._must_be_meant(request, self._token(request), request.headers.get(forgery.HEADER, ""))
        try:
            visit = self._visit(request, signed_in)
        except OrganisationNeeded:
            raise PermissionDenied("choose an organisation first") from None
        if (_claimed_tenant(request) or visit.principal.tenant) != visit.principal.tenant:
            raise PermissionDenied("the request names another tenant than its credential")
        return visit

    def _must_be_meant(self, request: Request, secret: str, given: str) -> None:
        if not forgery.is_from_our_pages(request.headers, self._base_url) or not forgery.is_token(given, secret):
            raise PermissionDenied(_FORGED)

    def _visit(self, request: Request, signed_in: SignedIn) -> Visit:
        return Visit(
            principal=principal_of(signed_in),
            client=client_of(request),
            signed_in=signed_in,
            csrf_token=forgery.token_for(self._token(request)),
        )

    def _token(self, request: HTTPConnection) -> str:
        return self._cookies.get(request, SESSION)


def signed_in(permission: Permission | None = None) -> Callable[[Request], Awaitable[Visit]]:
    """A dependency: the visit of somebody signed in who holds `permission`, or who is a member at all."""

    async def admitted(request: Request) -> Visit:
        door: WebDoor = request.app.state.door
        return await door.page(request, permission)

    return admitted


def caller(permission: Permission | None = None) -> Callable[[Request], Awaitable[Visit]]:
    """A dependency of `/api` routes: whoever holds `permission`, or anybody, by bearer token or by session."""

    async def admitted(request: Request) -> Visit:
        door: WebDoor = request.app.state.door
        return await door.api(request, permission)

    return admitted


def principal_of(signed_in: SignedIn) -> Principal:
    """On whose behalf the session acts, as of now.

    Raises:
        OrganisationNeeded: it is in none.
    """
    tenant = signed_in.tenant
    if tenant is None:
        raise OrganisationNeeded
    roles = signed_in.memberships[tenant]
    return Principal(
        tenant=tenant,
        subject=signed_in.account.login,
        roles=roles,
        permissions=permissions_of(roles),
        expires_at=signed_in.expires_at,
        via=Via.SESSION,
    )


def client_of(request: Request) -> Client:
    """From where the request comes."""
    return Client(
        address=request.client.host if request.client is not None else "",
        agent=request.headers.get("user-agent", ""),
        request_id=request.state.request_id,
    )


def _claimed_tenant(request: Request) -> str | None:
    """The tenant that the request names beside its credential (row C3)."""
    named = set(request.headers.getlist(TENANT_HEADER))
    if len(named) > 1:
        raise PermissionDenied("the request names several tenants")
    return named.pop() if named else None


def _wanted(request: Request) -> str:
    """The page to come back to; a form cannot be sent again."""
    if request.method not in forgery.SAFE_METHODS:
        return own_path("")
    query = f"?{request.url.query}" if request.url.query else ""
    return own_path(request.url.path + query)
