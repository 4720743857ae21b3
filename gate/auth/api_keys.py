"""API keys: what they are, how they are written, and who may give which. Pure.

A key reads ``gate_<key id>_<secret>``: 32 and 64 lower-case hexadecimal digits, so that a scanner of repositories and
logs finds it by ``gate_[0-9a-f]{32}_[0-9a-f]{64}``. The secret has 256 random bits, so one round of SHA-256 keeps it.
"""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Final, NamedTuple

import msgspec
import uuid_utils

from gate.audit.model import Via
from gate.auth.permissions import Permission, Role, permissions_of
from gate.auth.principal import Principal
from gate.errors import FieldViolation, InvalidInput, PermissionDenied

PREFIX: Final = "gate_"
LONGEST_LIFE: Final = timedelta(days=366)
_SECRET_BYTES: Final = 32
_WRITTEN: Final = re.compile(rf"{PREFIX}([0-9a-f]{{32}})_([0-9a-f]{{{2 * _SECRET_BYTES}}})")
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class KeyGrant(msgspec.Struct, frozen=True, kw_only=True):
    """What one key opens, for whom and until when (UTC). Nothing of it ever changes."""

    tenant: str
    key_id: str
    account: str
    """Name of the service account; an account is there as long as it has keys, of which it may have several."""
    digest: bytes
    roles: frozenset[Role]
    narrowed_to: frozenset[Permission] | None
    """Of what the roles allow, only this; None: all of it."""
    expires_at: datetime

    @property
    def permissions(self) -> frozenset[Permission]:
        """What it allows."""
        allowed = permissions_of(self.roles)
        return allowed if self.narrowed_to is None else allowed & self.narrowed_to

    @property
    def principal(self) -> Principal:
        """On whose behalf a call with this key is answered."""
        return Principal(
            tenant=self.tenant,
            subject=f"service-account/{self.account}",
            roles=self.roles,
            permissions=self.permissions,
            expires_at=self.expires_at,
            via=Via.API_KEY,
        )

    def has_secret(self, secret: str) -> bool:
        """Whether `secret` is this key's, in a time that says nothing about how much of it is right."""
        return compare_digest(_digest(secret), self.digest)


class ApiKey(KeyGrant, frozen=True, kw_only=True):
    """One key as it is stored: without its secret. Instants are UTC."""

    created_by: str
    created_at: datetime
    revoked_by: str = ""
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    """Accurate to a minute or two; None: never."""


class KeyOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants a new key to be; not verified yet."""

    account: str
    roles: tuple[str, ...]
    narrowed_to: tuple[str, ...] = ()
    """Names of permissions; empty: everything that the roles allow."""
    expires_at: datetime


class NewKey(NamedTuple):
    """A key that was just made, and the only copy of how it is written."""

    key: ApiKey
    written: str


class PresentedKey(NamedTuple):
    """What somebody sent as a key."""

    key_id: str
    secret: str


def presented(token: str) -> PresentedKey | None:
    """The parts of a token that is written as a key; None where it is not."""
    match = _WRITTEN.fullmatch(token)
    return None if match is None else PresentedKey(match[1], match[2])


def make_key(order: KeyOrder, maker: Principal, now: datetime) -> NewKey:
    """A key of the maker's tenant.

    Raises:
        InvalidInput: naming every field that does not fit.
        PermissionDenied: a role allows what the maker may not do: nobody gives what they do not hold.
    """
    roles = frozenset(role for role in Role if role in order.roles)
    narrowed_to = frozenset(permission for permission in Permission if permission in order.narrowed_to)
    if violations := list(_violations(order, roles, narrowed_to, now)):
        raise InvalidInput(*violations)
    if beyond := sorted(role for role in roles if not permissions_of(frozenset({role})) <= maker.permissions):
        raise PermissionDenied(f"nobody gives what they do not hold: {', '.join(beyond)}")
    secret = secrets.token_hex(_SECRET_BYTES)
    key = ApiKey(
        tenant=maker.tenant,
        key_id=uuid_utils.uuid7().hex,
        account=order.account,
        digest=_digest(secret),
        roles=roles,
        narrowed_to=narrowed_to or None,
        created_by=maker.subject,
        created_at=now,
        expires_at=order.expires_at,
    )
    return NewKey(key, f"{PREFIX}{key.key_id}_{secret}")


def _violations(
    order: KeyOrder, roles: frozenset[Role], narrowed_to: frozenset[Permission], now: datetime
) -> Iterable[FieldViolation]:
    if _ACCOUNT.fullmatch(order.account) is None:
        yield FieldViolation(
            "service_account", "must be 1 to 64 letters, digits, '.', '_' or '-', letter or digit first"
        )
    if not roles or len(roles) != len(set(order.roles)):
        yield FieldViolation("roles", f"must name at least one of {', '.join(Role)}, and nothing else")
    elif len(narrowed_to) != len(set(order.narrowed_to)) or not narrowed_to <= permissions_of(roles):
        yield FieldViolation(
            "narrowed_to", f"must name permissions of the roles: {', '.join(sorted(permissions_of(roles)))}"
        )
    if not now < order.expires_at <= now + LONGEST_LIFE:
        yield FieldViolation("expires_at", f"must be within the next {LONGEST_LIFE.days} days")


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("ascii")).digest()
