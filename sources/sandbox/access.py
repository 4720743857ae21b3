"""The sandbox's credentials. They open nothing but the sandbox, which checks them as an upstream would."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Final

from pydantic import SecretStr

from sources.connection import SourceConnection
from sources.sandbox.population import PORTALS, STATE_PORTALS

API_KEYS: Final = {portal: f"sandbox-key-of-{portal}" for portal in STATE_PORTALS}
"""Sent in the header X-Api-Key."""
CAQH_USERNAME: Final = "sandbox"
CAQH_PASSWORD: Final = "sandbox-password"  # noqa: S105 - opens the sandbox and nothing else
CAQH_ORGANIZATION_ID: Final = "12345"

_PER_SECOND: Final = 2_000.0
"""The doubles need no sparing."""
_BASIC: Final = "Basic " + b64encode(f"{CAQH_USERNAME}:{CAQH_PASSWORD}".encode()).decode()


def sandbox_connections(base_url: str) -> dict[str, SourceConnection]:
    """A connection for every built-in source to the sandbox at `base_url`."""
    connections = {
        portal: SourceConnection(base_url=f"{base_url}/{portal}", api_key=SecretStr(key), max_per_second=_PER_SECOND)
        for portal, key in API_KEYS.items()
    }
    connections["caqh_proview"] = SourceConnection(
        base_url=f"{base_url}/caqh_proview",
        username=SecretStr(CAQH_USERNAME),
        password=SecretStr(CAQH_PASSWORD),
        organization_id=CAQH_ORGANIZATION_ID,
        max_per_second=_PER_SECOND,
    )
    return {portal: connections[portal] for portal in PORTALS}


def is_admitted(portal: str, headers: Mapping[str, str]) -> bool:
    """Whether a request carries the portal's credential."""
    if portal in API_KEYS:
        return headers.get("X-Api-Key") == API_KEYS[portal]
    return headers.get("Authorization") == _BASIC
