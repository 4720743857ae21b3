"""Tokens to test with."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from gate.auth.permissions import Role, permissions_of
from gate.auth.principal import Principal

KEY = bytes(range(32))
HOUR = timedelta(hours=1)


def claims(**changed: Any) -> dict[str, Any]:
    """The claims of a good development token; None leaves one out."""
    now = datetime.now(UTC)
    said: dict[str, Any] = {
        "iss": "enrollment-gate-development",
        "aud": "enrollment-gate",
        "sub": "ada",
        "tenant": "acme",
        "roles": ["pipeline"],
        "iat": now,
        "exp": now + HOUR,
        **changed,
    }
    return {name: value for name, value in said.items() if value is not None}


def token(said: Mapping[str, Any], key: bytes = KEY) -> str:
    return jwt.encode(dict(said), key, algorithm="HS256")


def principal(*roles: Role, tenant: str = "acme", expires_at: datetime | None = None) -> Principal:
    return Principal(
        tenant=tenant,
        subject="ada",
        roles=frozenset(roles),
        permissions=permissions_of(frozenset(roles)),
        expires_at=expires_at or datetime.now(UTC) + HOUR,
    )
