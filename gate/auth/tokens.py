"""What a verifier of tokens is, and what every kind of token must say."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, Protocol

import jwt
import msgspec

from gate.auth.api_keys import PREFIX
from gate.auth.permissions import Role, permissions_of
from gate.auth.principal import Principal
from gate.clock import Clock
from gate.errors import PermissionDenied, Unauthenticated
from gate.tenancy.validation import is_tenant_id

_LONGEST_SUBJECT: Final = 256
_USUAL_START: Final = "Bearer "
_REMEMBERED_TOKENS: Final = 10_000
_REMEMBERED_FOR: Final = timedelta(minutes=1)
"""The less, the sooner a key that the identity provider withdraws stops vouching; see `gate.auth.jwks`."""


class TokenVerifier(Protocol):
    """Judges bearer tokens. No refusal repeats any part of the token."""

    async def verify(self, token: str) -> Principal:
        """The principal the token stands for.

        Raises:
            Unauthenticated: the token does not verify, or names no tenant (row C2).
            PermissionDenied: it verifies and grants no role, or one that does not exist.
            StoreUnavailable: the keys to verify it with cannot be had at present.
        """
        ...


class RecognizingVerifier(TokenVerifier, Protocol):
    """Knows again, without waiting, what it verified a moment ago."""

    @property
    def recognized(self) -> Callable[[str], Principal | None]:
        """See `RememberingVerifier.recognized`."""
        ...


class Expectations(msgspec.Struct, frozen=True, kw_only=True):
    """What must hold of a token beside its signature."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    leeway_seconds: int = 0
    """How far the issuer's clock may be from ours."""


class _Claims(msgspec.Struct, frozen=True):
    sub: str
    tenant: str
    roles: Sequence[str]
    exp: int | float


class _Remembered(msgspec.Struct, frozen=True):
    principal: Principal
    until: datetime


def principal_of(token: str, key: "jwt.PyJWK | bytes", expected: Expectations) -> Principal:
    """Verify `token` with `key` and read the principal out of it.

    Raises:
        Unauthenticated: the token does not verify, or names no tenant.
        PermissionDenied: it grants no role, or one that does not exist.
    """
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=list(expected.algorithms),
            issuer=expected.issuer,
            audience=expected.audience,
            leeway=expected.leeway_seconds,
            options={"require": ["exp", "iat", "iss", "aud", "sub"], "enforce_minimum_key_length": True},
        )
    except jwt.ExpiredSignatureError:
        raise Unauthenticated("the token has expired") from None
    except (jwt.PyJWTError, RecursionError):  # the latter: a header of a thousand brackets
        # `from None`: the library's messages quote the token.
        raise Unauthenticated("the token does not verify") from None
    return _principal(claims)


class RememberingVerifier:
    """Verifies each token once and then recognizes it by its digest: a signature costs more than a warm check."""

    def __init__(self, verifier: TokenVerifier, clock: Clock) -> None:
        self._verifier = verifier
        self._clock = clock
        # The oldest goes first: it is the first to be forgotten anyway. A cache that notes every use takes longer than
        # all the rest of a hit.
        self._known: dict[bytes, _Remembered] = {}

    def recognized(self, authorization: str) -> Principal | None:
        """Whom a header `authorization` stands for that is written as usual, where its token was verified lately.

        None says nothing: it is to be looked at as if it had never been seen.
        """
        if not authorization.startswith(_USUAL_START) or not authorization.isascii():
            return None
        known = self._known.get(sha256(authorization[len(_USUAL_START) :].encode()).digest())
        return known.principal if known is not None and self._clock() < known.until else None

    async def verify(self, token: str) -> Principal:
        """As the verifier within says, or said at most a minute ago."""
        digest = sha256(token.encode()).digest()
        now = self._clock()
        known = self._known.get(digest)
        if known is not None and now < known.until:
            return known.principal
        principal = await self._verifier.verify(token)
        if len(self._known) >= _REMEMBERED_TOKENS:
            del self._known[next(iter(self._known))]
        self._known.pop(digest, None)  # so that it counts among the youngest
        self._known[digest] = _Remembered(principal, min(principal.expires_at, now + _REMEMBERED_FOR))
        return principal


class BearerVerifier:
    """Tells API keys from tokens by how they begin. Keys are not remembered: they are revoked at once."""

    def __init__(self, api_keys: TokenVerifier, tokens: RememberingVerifier) -> None:
        self._api_keys = api_keys
        self._tokens = tokens
        self.recognized = tokens.recognized

    async def verify(self, token: str) -> Principal:
        """See `TokenVerifier`."""
        return await (self._api_keys if token.startswith(PREFIX) else self._tokens).verify(token)


def _principal(claims: object) -> Principal:
    try:
        said = msgspec.convert(claims, _Claims)
        expires_at = datetime.fromtimestamp(said.exp, UTC)
    except (msgspec.ValidationError, ValueError, OverflowError, OSError):
        raise Unauthenticated("the token's claims sub, tenant, roles or exp are missing or malformed") from None
    if not is_tenant_id(said.tenant):
        raise Unauthenticated("the token names no tenant")
    if not said.sub.strip() or len(said.sub) > _LONGEST_SUBJECT or not said.sub.isprintable():
        raise Unauthenticated("the token names no subject")
    roles = _roles(said.roles)
    return Principal(
        tenant=said.tenant,
        subject=said.sub,
        roles=roles,
        permissions=permissions_of(roles),
        expires_at=expires_at,
    )


def _roles(names: Sequence[str]) -> frozenset[Role]:
    if not names:
        raise PermissionDenied("the token grants no role")
    try:
        return frozenset(map(Role, names))
    except ValueError:
        # Going on with the rest would turn a misspelt role into a puzzle.
        raise PermissionDenied("the token grants a role that does not exist") from None
