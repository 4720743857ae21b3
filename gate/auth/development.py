"""The local development key: it vouches for callers where no identity provider does. Never in production."""

import os
import secrets
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import jwt

from gate.auth.permissions import Role
from gate.auth.principal import Principal
from gate.auth.tokens import Expectations, principal_of
from gate.errors import FieldViolation, InvalidInput, PreconditionFailed
from gate.tenancy.validation import is_tenant_id

KEY_FILE: Final = "development.key"
_KEY_BYTES: Final = 32
_EXPECTED: Final = Expectations(
    issuer="enrollment-gate-development", audience="enrollment-gate", algorithms=("HS256",), leeway_seconds=5
)


class DevelopmentKeyVerifier:
    """Accepts what `sign_development_token` signs with the same key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    async def verify(self, token: str) -> Principal:
        """See `TokenVerifier`."""
        return principal_of(token, self._key, _EXPECTED)


def sign_development_token(
    key: bytes, *, tenant: str, subject: str, roles: Iterable[Role], now: datetime, ttl: timedelta
) -> str:
    """A token for `subject` of `tenant`, good from `now` for `ttl`.

    Raises:
        InvalidInput: a field no verifier would accept.
    """
    granted = sorted(set(roles))
    violations = [
        FieldViolation(field, description)
        for field, description, is_wrong in (
            ("tenant", "must be 1 to 64 letters, digits, '.', '_' or '-', no sign first", not is_tenant_id(tenant)),
            ("sub", "must name somebody", not subject.strip() or not subject.isprintable()),
            ("role", "must name at least one role", not granted),
            ("ttl", "must be longer than nothing", ttl <= timedelta(0)),
        )
        if is_wrong
    ]
    if violations:
        raise InvalidInput(*violations)
    claims = {
        "iss": _EXPECTED.issuer,
        "aud": _EXPECTED.audience,
        "sub": subject,
        "tenant": tenant,
        "roles": granted,
        "iat": now,
        "exp": now + ttl,
    }
    return jwt.encode(claims, key, algorithm=_EXPECTED.algorithms[0])


def development_key(data_dir: Path) -> bytes:
    """The key in `data_dir`, made now if there is none. Processes that start together get the same one.

    Raises:
        PreconditionFailed: the file is no such key, or others than its owner may read it.
    """
    path = data_dir / KEY_FILE
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        _create(path)
    if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise PreconditionFailed(f"{path} signs tokens and must be readable by its owner alone (chmod 600)")
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise PreconditionFailed(f"{path} is not a development key; remove it to have a new one made")
    return key


def _create(path: Path) -> None:
    """Write the whole key aside and link it into place: another process sees all of it or nothing."""
    descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # created with mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES))
        with suppress(FileExistsError):  # somebody else was first; theirs is read
            os.link(aside, path)
    finally:
        Path(aside).unlink()
