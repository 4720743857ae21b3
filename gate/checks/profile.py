"""Everything the sources say about one provider, state by state: `LookupProvider`."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

import msgspec

from aggregator.evidence import Evidence
from aggregator.knowledge import KnownAnswer
from aggregator.merge import recollected
from aggregator.panel import Panel
from aggregator.resolve import Inquiry, Resolver
from gate.checks.panels import Panels
from gate.clock import Clock, first_instant_of, today_in
from gate.decision.coverage import enrolls
from gate.decision.model import Claim, Finding, Policy
from gate.decision.rules import decide
from gate.decision.sentences import sentence
from gate.errors import FieldViolation, InvalidInput
from gate.tenancy.snapshot import ConfigSnapshot
from sources.npi import is_npi_shaped
from sources.records import EnrollmentRecord
from sources.states import STATES

_ONE_DAY = timedelta(days=1)


class Gap(msgspec.Struct, frozen=True):
    """Days between two periods of enrollment, both included."""

    first_day: date
    last_day: date


class StateEnrollment(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about the provider in one state, and what that means for a service on `service_date`."""

    state: str
    as_of: date
    """Whose knowledge was used: what was known at the end of that day, or today's."""
    service_date: date
    finding: Finding
    evidence: Evidence
    gaps: tuple[Gap, ...]
    reason: str


class ProviderQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about one provider."""

    npi: str
    states: Sequence[str] = ()
    """Empty: every state the tenant enabled."""
    as_of: date | None = None
    """By what was known at the end of that day, asking nobody; None: by what is known now."""
    service_date: date | None = None
    """None: the `as_of` day, or today in each state."""


class PastAnswers(Protocol):
    """What sources had said by an instant in the past."""

    async def known_before(
        self, tenant: str, npi: str, state: str, sources: Iterable[str], instant: datetime
    ) -> Mapping[str, KnownAnswer]:
        """Each source's last clean answer before `instant`; those never heard by then are left out.

        Raises:
            StoreUnavailable: it cannot be told.
        """
        ...


class LastAnswers(PastAnswers, Protocol):
    """The same, of many providers at once."""

    async def all_known_before(
        self, tenant: str, wanted: Sequence[tuple[str, str, str]], instant: datetime
    ) -> Mapping[tuple[str, str], Mapping[str, KnownAnswer]]:
        """The last clean answer before `instant` of each (NPI, state, source), by NPI and state.

        Raises:
            StoreUnavailable: it cannot be told.
        """
        ...


class ProviderLookup:
    """Asks every source of every wanted state at once, or the ledger about a day in the past."""

    def __init__(
        self,
        configurations: ConfigSnapshot,
        panels: Panels,
        resolver: Resolver,
        past: LastAnswers,
        clock: Clock,
    ) -> None:
        self._configurations = configurations
        self._panels = panels
        self._resolver = resolver
        self._past = past
        self._clock = clock

    async def lookup(
        self, tenant: str, question: ProviderQuestion, *, fresh: bool = False, deadline: float | None = None
    ) -> list[StateEnrollment]:
        """One entry per state, in the order asked (rows S11, S12).

        Raises:
            InvalidInput: the NPI or a state is malformed, or the `as_of` day has not come yet in any of the states.
            StoreUnavailable: the tenant's configuration was never read, or the ledger cannot be read.
        """
        wanted = _wanted_states(question)
        config = self._configurations.get(tenant)
        now = self._clock()
        _refuse_the_future(question, wanted or sorted(config.enabled_states if config is not None else ()), now)
        if config is None:
            return []
        wanted = wanted or sorted(config.enabled_states)
        found = await asyncio.gather(
            *(
                self._known(question, self._panels.panel(config, state), now, fresh=fresh, deadline=deadline)
                for state in wanted
            )
        )
        now = self._clock()
        return [
            _judged(question, evidence, config.policy_for(state, None), today_in(state, now))
            for state, evidence in zip(wanted, found, strict=True)
        ]

    async def recollected(
        self, tenant: str, wanted: Iterable[tuple[str, str]]
    ) -> Mapping[tuple[str, str], StateEnrollment]:
        """Of each (NPI, state), by what every source said last, asking nobody; states that the tenant does not check
        are left out.

        Raises:
            StoreUnavailable: the tenant's configuration was never read, or the ledger cannot be read.
        """
        config = self._configurations.get(tenant)
        if config is None:
            return {}
        now = self._clock()
        panels = {
            (npi, state): self._panels.panel(config, state) for npi, state in wanted if state in config.enabled_states
        }
        names = [
            (npi, state, description.name)
            for (npi, state), panel in panels.items()
            for description in panel.descriptions
        ]
        known = await self._past.all_known_before(tenant, names, now)
        return {
            (npi, state): _judged(
                ProviderQuestion(npi=npi),
                recollected(npi, state, panel.descriptions, known.get((npi, state), {})),
                config.policy_for(state, None),
                today_in(state, now),
            )
            for (npi, state), panel in panels.items()
        }

    async def _known(
        self, question: ProviderQuestion, panel: Panel, now: datetime, *, fresh: bool, deadline: float | None
    ) -> Evidence:
        if question.as_of is None or question.as_of >= today_in(panel.state, now):
            return await self._resolver.resolve(Inquiry(question.npi, panel, fresh, deadline))
        names = [description.name for description in panel.descriptions]
        end_of_day = first_instant_of(question.as_of + _ONE_DAY, panel.state)
        known = await self._past.known_before(panel.tenant, question.npi, panel.state, names, end_of_day)
        return recollected(question.npi, panel.state, panel.descriptions, known)


def _wanted_states(question: ProviderQuestion) -> list[str]:
    wanted = [state.upper() for state in question.states]
    problems = [
        FieldViolation(f"states[{index}]", "is not the two-letter code of a US state or territory")
        for index, state in enumerate(wanted)
        if state not in STATES
    ]
    if not is_npi_shaped(question.npi):
        problems.append(FieldViolation("npi", "is not an NPI: ten digits"))
    if problems:
        raise InvalidInput(*problems)
    return list(dict.fromkeys(wanted))


def _refuse_the_future(question: ProviderQuestion, states: Sequence[str], now: datetime) -> None:
    # Around midnight a day has come in some states and not in others; there it is asked about as today.
    latest = max((today_in(state, now) for state in states), default=now.date())
    if question.as_of is not None and question.as_of > latest:
        raise InvalidInput(FieldViolation("as_of", "lies in the future: nobody knows yet what will be known then"))


def _judged(question: ProviderQuestion, evidence: Evidence, policy: Policy, today: date) -> StateEnrollment:
    as_of = min(question.as_of or today, today)
    claim = Claim(npi=question.npi, state=evidence.state, service_date=question.service_date or as_of)
    finding = decide(claim, evidence, policy, as_of)
    chosen = evidence.chosen()
    return StateEnrollment(
        state=evidence.state,
        as_of=as_of,
        service_date=claim.service_date,
        finding=finding,
        evidence=evidence,
        gaps=gaps_between(chosen.records if chosen is not None else ()),
        reason=sentence(claim, finding),
    )


def gaps_between(records: Sequence[EnrollmentRecord]) -> tuple[Gap, ...]:
    """The days on which the provider was not enrolled between its first and its last period of enrollment."""
    periods = sorted(
        ((record.effective, record.end or date.max) for record in records if enrolls(record)), key=lambda period: period
    )
    gaps = []
    covered_until: date | None = None
    for start, end in periods:
        if covered_until is not None and covered_until < date.max and start > covered_until + _ONE_DAY:
            gaps.append(Gap(covered_until + _ONE_DAY, start - _ONE_DAY))
        covered_until = end if covered_until is None else max(covered_until, end)
    return tuple(gaps)
