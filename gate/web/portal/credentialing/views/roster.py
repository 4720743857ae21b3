"""Providers as their pages show them. Pure."""

from collections.abc import Mapping
from typing import Final

from gate.credentialing.model.providers import Provider

ROSTER: Final = "/pm/providers"
BOARD: Final = "/admin/provider-credentialing"
NOBODY_YET: Final = ("No providers yet", "Add one to select payers and to track their enrollments.")
NO_MATCH: Final = ("No providers match the search.", "Search by the beginning of the last name, or of the NPI.")
NOBODY: Final[Mapping[str, str]] = {"is_bookable": "on"}
"""What the form of a new provider holds."""


def board_of(provider_id: str) -> str:
    """Where one provider's credentialing is shown."""
    return f"{BOARD}/{provider_id}"


def typed_of(provider: Provider) -> Mapping[str, str]:
    """The record as its form shows it."""
    flags = {
        name: "on" if getattr(provider, name) else "" for name in ("is_attending", "is_supervising", "is_bookable")
    }
    return {
        "first_name": provider.first_name,
        "last_name": provider.last_name,
        "npi": provider.npi,
        "role": provider.role,
        "taxonomies": " ".join(provider.taxonomies),
        "states": " ".join(provider.states),
        "caqh_attested_on": str(provider.caqh_attested_on or ""),
        **flags,
    }


def standing(provider: Provider) -> str:
    """What the provider is among the others, in a few words."""
    held = {
        "attending": provider.is_attending,
        "supervising": provider.is_supervising,
        "not bookable": not provider.is_bookable,
    }
    return ", ".join(name for name, holds in held.items() if holds)
