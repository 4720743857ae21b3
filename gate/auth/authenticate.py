"""From what a request carries to the principal on whose behalf it is answered."""

from typing import Final

from gate.auth.principal import Principal
from gate.auth.tokens import TokenVerifier
from gate.errors import PermissionDenied, Unauthenticated

_SCHEME: Final = "bearer"
_LONGEST_TOKEN: Final = 16_384


async def authenticate(authorization: str | None, claimed_tenant: str | None, verifier: TokenVerifier) -> Principal:
    """The principal of a request.

    Args:
        authorization: The header `authorization` as sent, or None.
        claimed_tenant: A tenant the request names elsewhere (metadata or field); None or empty where it names none.
        verifier: Judges the token.

    Raises:
        Unauthenticated: there is no bearer token, or it does not verify (row C2).
        PermissionDenied: it grants no known role, or the request names another tenant than its own (row C3).
        StoreUnavailable: no key of the identity provider could be fetched yet.
    """
    scheme, _, token = (authorization or "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != _SCHEME or not token.isascii() or not 0 < len(token) <= _LONGEST_TOKEN:
        raise Unauthenticated("a bearer token is needed")
    principal = await verifier.verify(token)
    if claimed_tenant and claimed_tenant != principal.tenant:
        # Neither name is repeated: whether the other tenant exists is not the caller's to learn.
        raise PermissionDenied("the request names another tenant than its credential")
    return principal
