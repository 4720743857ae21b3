"""What one configuration says differently from another, in short. Pure."""

from enum import Enum
from hashlib import sha256
from typing import Any, Final

import msgspec

from gate.tenancy.model import TenantConfig

_NOT_CHOICES: Final = frozenset({"tenant", "version"})
_ONLY_NAMED: Final = frozenset({"overrides", "sources"})
"""Too long to be told in a line; addresses of sources are nobody's business but the configuration's."""
_LONGEST: Final = 500
_DIGEST_DIGITS: Final = 32


def digest(config: TenantConfig) -> str:
    """Hexadecimal; equal for configurations that choose the same, whatever their versions."""
    document = msgspec.json.encode(msgspec.structs.replace(config, version=0), order="deterministic")
    return sha256(document).hexdigest()[:_DIGEST_DIGITS]


def differences(before: TenantConfig, after: TenantConfig) -> str:
    """Like ``enabled_states: TX → NY TX; cache_ttl_seconds: inherited → 600; overrides``; at most 500 characters."""
    told = "; ".join(
        name if name in _ONLY_NAMED else f"{name}: {_in_short(was)} → {_in_short(becomes)}"
        for name in TenantConfig.__struct_fields__
        if name not in _NOT_CHOICES and (was := getattr(before, name)) != (becomes := getattr(after, name))
    )
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}…"


def _in_short(value: Any) -> str:  # noqa: ANN401 - whatever a choice may be
    if value in {None, ()}:
        return "inherited"
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return str(value.value if isinstance(value, Enum) else value)
