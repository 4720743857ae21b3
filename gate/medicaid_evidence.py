"""What the gate heard last of a provider's Medicaid enrollment, for whoever keeps records about the provider."""

from collections.abc import Iterable, Mapping
from typing import Final

from aggregator.evidence import SourceAnswer
from gate.checks.profile import ProviderLookup, StateEnrollment
from gate.credentialing.model.reconciliation import MedicaidStanding, Standing
from gate.decision.coverage import enrolls
from gate.decision.model import DecisionCode
from sources.contract import SourceScope

_NOT_ENROLLED: Final = frozenset(
    {DecisionCode.ENROLLMENT_INACTIVE, DecisionCode.ENROLLMENT_EXPIRED, DecisionCode.ENROLLMENT_NOT_FOUND}
)
_NOTHING: Final = MedicaidStanding(standing=Standing.UNKNOWN)


class RecollectedEvidence:
    """Out of the ledger: no source is asked, and a state that the tenant does not check is unknown."""

    def __init__(self, lookup: ProviderLookup) -> None:
        self._lookup = lookup

    async def standings(
        self, tenant: str, wanted: Iterable[tuple[str, str]]
    ) -> Mapping[tuple[str, str], MedicaidStanding]:
        """By the same rules as a claim of today.

        Raises:
            StoreUnavailable: the ledger cannot be read.
        """
        known = await self._lookup.recollected(tenant, wanted)
        return {whose: _standing(enrollment) for whose, enrollment in known.items()}


def _standing(known: StateEnrollment) -> MedicaidStanding:
    finding = known.finding
    answer = finding.answer or next((each for each in known.evidence.answers if _is_the_state_s(each)), None)
    if finding.evidence_incomplete or answer is None or not _is_the_state_s(answer):
        return _NOTHING  # a national profile proves no enrollment, and says nothing against one
    if finding.code is not DecisionCode.PASS and finding.code not in _NOT_ENROLLED:
        return _NOTHING
    return MedicaidStanding(
        standing=Standing.ENROLLED if finding.code is DecisionCode.PASS else Standing.NOT_ENROLLED,
        taxonomies=_taxonomies(known, answer),
        source=answer.source,
        verified_at=answer.verified_at,
    )


def _taxonomies(known: StateEnrollment, answer: SourceAnswer) -> tuple[str, ...]:
    """Of every segment that covers the day; of none, when one of them does not say."""
    day = known.service_date
    covering = [
        record
        for record in answer.records
        if enrolls(record) and record.effective <= day and (record.end is None or day <= record.end)
    ]
    if not all(record.taxonomies for record in covering):
        return ()
    return tuple(sorted({code for record in covering for code in record.taxonomies}))


def _is_the_state_s(answer: SourceAnswer) -> bool:
    return answer.is_clean and answer.scope is SourceScope.STATE
