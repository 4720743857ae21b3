"""Contracts held against what the gate knows of Medicaid enrollment. Pure.

Not to know is never "not enrolled": where the state was not heard of, or too long ago, that itself is told.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from gate.credentialing.model.providers import Provider

GOOD_FOR: Final = timedelta(days=30)
"""What was heard longer ago than that is no longer taken for how things are."""


class Standing(StrEnum):
    """Whether a provider is enrolled in a state's Medicaid, as far as is known."""

    ENROLLED = "enrolled"
    NOT_ENROLLED = "not_enrolled"
    UNKNOWN = "unknown"


class MedicaidStanding(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one provider in one state."""

    standing: Standing
    taxonomies: tuple[str, ...] = ()
    """Under which the state enrolled the provider; empty: the state does not say."""
    source: str = ""
    verified_at: datetime | None = None


NOTHING_HEARD: Final = MedicaidStanding(standing=Standing.UNKNOWN)


class MedicaidEvidence(Protocol):
    """Where it is known from."""

    async def standings(
        self, tenant: str, wanted: Iterable[tuple[str, str]]
    ) -> Mapping[tuple[str, str], MedicaidStanding]:
        """What was heard last of each (NPI, state), asking nobody; what nobody would be asked about is left out.

        Raises:
            StoreUnavailable: it cannot be told at present.
        """
        ...


class MismatchKind(StrEnum):
    """How contract and enrollment do not go together."""

    CONTRACTED_NOT_ENROLLED = "contracted_not_enrolled"
    ENROLLED_NOT_CONTRACTED = "enrolled_not_contracted"
    TAXONOMY_MISMATCH = "taxonomy_mismatch"
    NOT_VERIFIED = "not_verified"
    """There is a contract, and the gate has not heard from the state."""


class MedicaidContract(msgspec.Struct, frozen=True):
    """A contract in force with a payer of a state's Medicaid."""

    payer_id: str
    payer_name: str
    state: str


class Candidate(msgspec.Struct, frozen=True):
    """One provider, and the Medicaid payers that they work for."""

    provider: Provider
    contracts: Sequence[MedicaidContract]

    def states(self) -> list[str]:
        """Where the provider works, or is contracted to."""
        return sorted({*self.provider.states, *(contract.state for contract in self.contracts)})


class Mismatch(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that does not go together."""

    kind: MismatchKind
    provider_id: str
    provider_name: str
    npi: str
    state: str
    payer_id: str
    payer_name: str
    """Empty where there is no contract."""
    taxonomies: tuple[str, ...]
    """The provider's."""
    medicaid_taxonomies: tuple[str, ...]
    source: str
    verified_at: datetime | None


def as_of(known: MedicaidStanding, now: datetime) -> MedicaidStanding:
    """What of it still counts: what was heard too long ago says nothing."""
    if known.verified_at is None or now - known.verified_at > GOOD_FOR:
        return msgspec.structs.replace(known, standing=Standing.UNKNOWN)
    return known


def mismatches(candidate: Candidate, known: Mapping[tuple[str, str], MedicaidStanding]) -> Iterator[Mismatch]:
    """What does not go together for one provider; `known` by NPI and state."""
    for state in candidate.states():
        contracts = [contract for contract in candidate.contracts if contract.state == state]
        heard = known[candidate.provider.npi, state]
        for contract in contracts:
            if (kind := _of_contract(candidate.provider, heard)) is not None:
                yield _told(kind, candidate.provider, contract, heard)
        if not contracts and heard.standing is Standing.ENROLLED:
            nobody = MedicaidContract("", "", state)
            yield _told(MismatchKind.ENROLLED_NOT_CONTRACTED, candidate.provider, nobody, heard)


def _of_contract(provider: Provider, heard: MedicaidStanding) -> MismatchKind | None:
    if heard.standing is Standing.UNKNOWN:
        return MismatchKind.NOT_VERIFIED
    if heard.standing is Standing.NOT_ENROLLED:
        return MismatchKind.CONTRACTED_NOT_ENROLLED
    both_say = bool(heard.taxonomies and provider.taxonomies)
    if both_say and not set(heard.taxonomies) & set(provider.taxonomies):
        return MismatchKind.TAXONOMY_MISMATCH
    return None


def _told(kind: MismatchKind, provider: Provider, contract: MedicaidContract, heard: MedicaidStanding) -> Mismatch:
    return Mismatch(
        kind=kind,
        provider_id=provider.id,
        provider_name=provider.name,
        npi=provider.npi,
        state=contract.state,
        payer_id=contract.payer_id,
        payer_name=contract.payer_name,
        taxonomies=provider.taxonomies,
        medicaid_taxonomies=heard.taxonomies,
        source=heard.source,
        verified_at=heard.verified_at,
    )
