"""Providers as a practice or plan keeps them. Pure."""

from datetime import date, datetime, timedelta
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from gate.credentialing.model.fields import Objections, codes

ATTESTATION_DAYS: Final = 120
"""So many days a CAQH attestation holds (row R26)."""
_ATTESTATION_DAYS_IN: Final = {"IL": 180}
"""Row R27: of practices there."""


class ProviderDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is told of a provider when the record begins."""

    first_name: str
    last_name: str
    npi: str
    role: str = ""
    """In the practice's words, like ``Psychiatrist``."""
    is_attending: bool = False
    is_supervising: bool = False
    """Whether others see patients under this provider's supervision."""
    is_bookable: bool = True
    """Whether patients are given appointments."""
    taxonomies: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    """In which the provider practises."""
    caqh_attested_on: date | None = None
    """When the provider last said to CAQH that their profile is right."""


class ProviderChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a provider changes."""

    first_name: str | UnsetType = UNSET
    last_name: str | UnsetType = UNSET
    npi: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    is_attending: bool | UnsetType = UNSET
    is_supervising: bool | UnsetType = UNSET
    is_bookable: bool | UnsetType = UNSET
    taxonomies: tuple[str, ...] | UnsetType = UNSET
    states: tuple[str, ...] | UnsetType = UNSET
    caqh_attested_on: date | UnsetType | None = UNSET


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """One provider."""

    id: str
    first_name: str
    last_name: str
    npi: str
    role: str
    is_attending: bool
    is_supervising: bool
    is_bookable: bool
    taxonomies: tuple[str, ...]
    states: tuple[str, ...]
    caqh_attested_on: date | None
    created_at: datetime

    @property
    def name(self) -> str:
        """As people say it."""
        return f"{self.first_name} {self.last_name}"

    @property
    def sort_name(self) -> str:
        """As lists are ordered and searched."""
        return f"{self.last_name}, {self.first_name}".casefold()


class ProviderFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which providers are wanted."""

    search: str = ""
    """The beginning of the last name, or of the NPI."""


def attestation_due(attested_on: date, states: tuple[str, ...]) -> date:
    """Last day on which a CAQH attestation holds (rows R26, R27); of several states the one that asks soonest."""
    cycles = {_ATTESTATION_DAYS_IN.get(state, ATTESTATION_DAYS) for state in states} or {ATTESTATION_DAYS}
    return attested_on + timedelta(days=min(cycles))


def accepted(provider: Provider) -> Provider:
    """The record as it is kept.

    Raises:
        InvalidInput: naming every field that does not fit.
    """
    provider = msgspec.structs.replace(
        provider,
        first_name=provider.first_name.strip(),
        last_name=provider.last_name.strip(),
        taxonomies=codes(provider.taxonomies),
        states=codes(provider.states),
    )
    objections = Objections()
    objections.line("first_name", provider.first_name, required=True)
    objections.line("last_name", provider.last_name, required=True)
    objections.line("role", provider.role)
    objections.npi("npi", provider.npi, required=True)
    objections.day("caqh_attested_on", provider.caqh_attested_on)
    objections.few("taxonomies", provider.taxonomies)
    objections.few("states", provider.states)
    for index, code in enumerate(provider.taxonomies):
        objections.add(f"taxonomies[{index}]", "is empty", when=not code)
        objections.taxonomy(f"taxonomies[{index}]", code)
    for index, state in enumerate(provider.states):
        objections.state(f"states[{index}]", state)
    objections.settle()
    return provider
