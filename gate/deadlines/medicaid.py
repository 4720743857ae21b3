"""Deadlines that the gate heard of, out of the ledger: Medicaid revalidation by state.

A provider's revalidation is judged by the very rules of a claim of today, so that an alert and the gate's own answer
rest on the same due date. What nobody heard, or only a national source said, or what is older than a year is unknown.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from aggregator.evidence import SourceAnswer
from aggregator.knowledge import KnownAnswer
from aggregator.merge import recollected
from gate.alerts.model.due_dates import DueDate, Standing, Subject, WatchedPage
from gate.alerts.model.kinds import AlertKind
from gate.checks.panels import Panels
from gate.clock import today_in
from gate.credentialing.repository.deadlines import names_by_npi
from gate.decision.model import Claim, DecisionCode, Detail, Finding, PastDueAction, Policy
from gate.decision.rules import decide
from gate.ledger import provider_sets
from gate.ledger.known_answers import known_answer
from gate.ledger.observations import GOOD_FOR, Observation
from gate.persistence.unit_of_work import Database
from gate.tenancy.model import EffectiveConfig
from gate.tenancy.snapshot import ConfigSnapshot
from sources.contract import SourceScope
from sources.records import EnrollmentRecord, EnrollmentStatus

_KNOWN_NOT_ENROLLED: Final = frozenset(
    {DecisionCode.ENROLLMENT_INACTIVE, DecisionCode.ENROLLMENT_EXPIRED, DecisionCode.ENROLLMENT_NOT_FOUND}
)


class MedicaidDeadlines:
    """Of every provider and state that the tenant's ledger has heard of."""

    kinds = frozenset({AlertKind.REVALIDATION})

    def __init__(self, database: Database, configurations: ConfigSnapshot, panels: Panels) -> None:
        self._database = database
        self._configurations = configurations
        self._panels = panels

    async def approaching(self, tenant: str, now: datetime, after: str, limit: int) -> WatchedPage:
        """The next `limit` providers by NPI, whatever their deadlines: what the ledger keeps has no index by day.

        Raises:
            StoreUnavailable: the ledger, or the tenant's configuration, cannot be read.
        """
        async with self._database.reading(tenant) as unit:
            npis = await provider_sets.npis_heard_of(unit, after, limit)
        due_dates = await self._of(tenant, npis, now)
        return WatchedPage(due_dates, npis[-1] if len(npis) == limit else "")

    async def present(self, tenant: str, now: datetime, subjects: Collection[Subject]) -> Sequence[DueDate]:
        """How these stand.

        Raises:
            StoreUnavailable: as `approaching`.
        """
        wanted = frozenset(subjects)
        due_dates = await self._of(tenant, sorted({subject.key[:10] for subject in wanted}), now)
        return [due for due in due_dates if due.subject in wanted]

    async def _of(self, tenant: str, npis: Sequence[str], now: datetime) -> list[DueDate]:
        config = self._configurations.get(tenant)
        if config is None or not npis:
            return []
        async with self._database.reading(tenant) as unit:
            heard = await provider_sets.latest_observations(unit, frozenset(npis))
            names = await names_by_npi(unit, npis)
        found = (
            _revalidation(pair, _known(answers, now), config, self._panels, now)
            for pair, answers in heard.items()
            if pair[1] in config.enabled_states
        )
        return [msgspec.structs.replace(due, provider=names.get(due.npi, "")) for due in found]


def _known(answers: Sequence[Observation], now: datetime) -> dict[str, KnownAnswer]:
    """By source, as far as it still counts."""
    recent = (known_answer(seen) for seen in answers if now - seen.verified_at <= GOOD_FOR)
    return {answer.source: answer for answer in recent if answer is not None}


def _revalidation(
    pair: tuple[str, str], known: Mapping[str, KnownAnswer], config: EffectiveConfig, panels: Panels, now: datetime
) -> DueDate:
    """What a claim of today would be told (rows R1 to R19)."""
    npi, state = pair
    policy, today = config.policy_for(state, None), today_in(state, now)
    evidence = recollected(npi, state, panels.panel(config, state).descriptions, known)
    finding = decide(Claim(npi=npi, state=state, service_date=today), evidence, policy, today)
    answer = finding.answer or next((each for each in evidence.answers if _is_the_state_s(each)), None)
    standing, record = _standing(finding, answer)
    return DueDate(
        kind=AlertKind.REVALIDATION,
        key=f"{npi}/{state}",
        standing=standing,
        due_on=record.revalidation_due if record is not None else None,
        today=today,
        rungs=policy.revalidation_warning_days,
        is_lapsed=record is not None and record.status is EnrollmentStatus.REVALIDATION_REQUIRED,
        pends_past_due=_pends(policy),
        npi=npi,
        state=state,
        source=answer.source if answer is not None else "",
        verified_at=answer.verified_at if answer is not None else None,
    )


def _standing(finding: Finding, answer: SourceAnswer | None) -> tuple[Standing, EnrollmentRecord | None]:
    """Whether there is an enrollment to revalidate, and its record. Only the state can say so (rows R15, R16)."""
    if finding.evidence_incomplete or answer is None or not _is_the_state_s(answer):
        return Standing.UNKNOWN, None
    is_enrolled = finding.code is DecisionCode.PASS or finding.detail is Detail.REVALIDATION_PAST_DUE
    if not is_enrolled:
        return (Standing.ENDED if finding.code in _KNOWN_NOT_ENROLLED else Standing.UNKNOWN), None
    record = finding.record
    if record is None or record.status not in {EnrollmentStatus.ACTIVE, EnrollmentStatus.REVALIDATION_REQUIRED}:
        return Standing.ENDED, None
    is_dated = record.revalidation_due is not None or record.status is EnrollmentStatus.REVALIDATION_REQUIRED
    # A state that names no date has not said that there is none.
    return (Standing.CURRENT, record) if is_dated else (Standing.UNKNOWN, None)


def _pends(policy: Policy) -> bool:
    return policy.past_due_action is PastDueAction.PEND


def _is_the_state_s(answer: SourceAnswer) -> bool:
    return answer.is_clean and answer.scope is SourceScope.STATE
