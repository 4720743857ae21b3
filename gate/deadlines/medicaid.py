"""Deadlines that the gate heard of, out of the ledger: Medicaid revalidation by state, and CAQH attestation.

A provider's revalidation is judged by the very rules of a claim of today, so that an alert and the gate's own answer
rest on the same due date. What nobody heard, or only a national source said, or what is older than a year is unknown.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog

from aggregator.evidence import SourceAnswer
from aggregator.knowledge import KnownAnswer
from aggregator.merge import recollected
from gate.alerts.model.due_dates import DueDate, Standing, Subject, WatchedPage
from gate.alerts.model.kinds import LONG_LADDER, AlertKind
from gate.checks.panels import Panels
from gate.clock import today_in
from gate.credentialing.repository.deadlines import names_by_npi
from gate.decision.model import Claim, DecisionCode, Detail, Finding, PastDueAction, Policy
from gate.decision.rules import decide
from gate.ledger import provider_sets
from gate.ledger.observations import Observation
from gate.persistence.unit_of_work import Database
from gate.tenancy.model import EffectiveConfig
from gate.tenancy.snapshot import ConfigSnapshot
from sources.contract import SourceScope
from sources.records import EnrollmentRecord, EnrollmentStatus
from sources.states import STATES

GOOD_FOR: Final = timedelta(days=365)
"""What was heard longer ago than that is no longer taken for how things are."""
_KNOWN_NOT_ENROLLED: Final = frozenset(
    {DecisionCode.ENROLLMENT_INACTIVE, DecisionCode.ENROLLMENT_EXPIRED, DecisionCode.ENROLLMENT_NOT_FOUND}
)
_log = structlog.stdlib.get_logger(__name__)
_Heard = Mapping[tuple[str, str], Sequence[Observation]]
"""The last answer of each source, by NPI and state."""


class MedicaidDeadlines:
    """Of every provider and state that the tenant's ledger has heard of."""

    kinds = frozenset({AlertKind.REVALIDATION, AlertKind.ATTESTATION})

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
        recent = {pair: _recent(answers, now) for pair, answers in heard.items()}
        revalidations = (
            _revalidation(pair, _known(answers), config, self._panels, now)
            for pair, answers in recent.items()
            if pair[1] in config.enabled_states
        )
        found = [*revalidations, *_attestations(recent, now)]
        return [msgspec.structs.replace(due, provider=names.get(due.npi, "")) for due in found]


def _recent(answers: Sequence[Observation], now: datetime) -> Sequence[Observation]:
    return [answer for answer in answers if now - answer.verified_at <= GOOD_FOR]


def _known(answers: Sequence[Observation]) -> dict[str, KnownAnswer]:
    known = {}
    for seen in answers:
        try:
            known[seen.source] = KnownAnswer(seen.source, seen.records, seen.verified_at, seen.absent_since)
        except msgspec.DecodeError:
            # As good as never heard: anything else would be a guess.
            _log.warning("observation_not_understood", source=seen.source, state=seen.state)
    return known


# Revalidation


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


# Attestation


def _attestations(heard: _Heard, now: datetime) -> Iterator[DueDate]:
    """One for each profile: a national source says the same of it whichever state is asked about (rows R22 to R27)."""
    newest: dict[str, tuple[datetime, str, EnrollmentRecord]] = {}
    for (npi, state), answers in heard.items():
        for known in _known(answers).values():
            for record in known.records:
                if record.attestation is not None:
                    told = (known.verified_at, state, record)
                    newest[npi] = max(newest.get(npi, told), told, key=lambda each: each[:2])
    for npi, (verified_at, asked_about, record) in newest.items():
        yield _attestation(npi, asked_about, record, verified_at, now)


def _attestation(npi: str, asked_about: str, record: EnrollmentRecord, verified_at: datetime, now: datetime) -> DueDate:
    practice_state = record.attributes.get("practice_state", "").upper()
    state = practice_state if practice_state in STATES else asked_about
    due_on = record.attestation.due_on if record.attestation is not None else None
    is_lapsed = record.status is EnrollmentStatus.EXPIRED
    if record.status not in {EnrollmentStatus.ACTIVE, EnrollmentStatus.EXPIRED}:
        standing = Standing.ENDED  # not on the roster, not authorized, or never completed: there is nothing to renew
    else:
        standing = Standing.CURRENT if is_lapsed or due_on is not None else Standing.UNKNOWN
    return DueDate(
        kind=AlertKind.ATTESTATION,
        key=npi,
        standing=standing,
        due_on=due_on,
        today=today_in(state, now),
        rungs=LONG_LADDER,
        is_lapsed=is_lapsed,
        npi=npi,
        source=record.source,
        verified_at=verified_at,
    )
