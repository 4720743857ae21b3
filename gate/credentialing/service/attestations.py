"""Until when CAQH attestations hold. Runs within the caller's unit of work and never commits."""

from collections.abc import Collection, Mapping
from datetime import datetime

from gate.clock import Clock
from gate.credentialing.model.attestations import HeardProfile, KnownAttestation, known_attestation
from gate.credentialing.model.providers import Provider
from gate.credentialing.repository import payers
from gate.credentialing.repository.attestations import kept_attestations
from gate.ledger import provider_sets
from gate.ledger.known_answers import known_answer
from gate.persistence.unit_of_work import UnitOfWork


class AttestationService:
    """Of the providers of one tenant: the unit's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def of_provider(self, unit: UnitOfWork, provider: Provider) -> KnownAttestation | None:
        """How it stands with one provider's; None: nobody ever said."""
        return (await attestations(unit, {provider.npi}, self._clock())).get(provider.npi)


async def attestations(unit: UnitOfWork, npis: Collection[str], now: datetime) -> Mapping[str, KnownAttestation]:
    """How it stands with those of these providers of whom anything is on record or was heard, by NPI."""
    kept = await kept_attestations(unit, npis)
    heard = await _heard(unit, npis)
    zone = (await payers.preferences(unit)).zone
    known = {npi: known_attestation(kept.get(npi), heard.get(npi), now, zone) for npi in npis}
    return {npi: each for npi, each in known.items() if each is not None}


async def _heard(unit: UnitOfWork, npis: Collection[str]) -> Mapping[str, HeardProfile]:
    """The last that any source said of each profile, whichever state it was asked about."""
    newest: dict[str, HeardProfile] = {}
    observations = await provider_sets.latest_observations(unit, frozenset(npis))
    for (npi, state), seen in observations.items():
        for answer in filter(None, map(known_answer, seen)):
            for record in answer.records:
                if record.attestation is not None:
                    told = HeardProfile(record, record.attestation, state, answer.verified_at)
                    newest[npi] = max(newest.get(npi, told), told, key=lambda each: (each.heard_at, each.asked_about))
    return newest
