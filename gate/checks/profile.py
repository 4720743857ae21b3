"""Everything the sources say about one provider, state by state: `LookupProvider`."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from aggregator.evidence import Evidence
from aggregator.resolve import Inquiry, Resolver
from gate.checks.panels import Panels
from gate.clock import Clock, today_in
from gate.decision.coverage import enrolls
from gate.decision.model import Claim, Finding
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
    """What is known about the provider in one state, and what that would mean for a service on `as_of`."""

    state: str
    as_of: date
    finding: Finding
    evidence: Evidence
    gaps: tuple[Gap, ...]
    reason: str


class ProviderLookup:
    """Asks every source of every wanted state at once."""

    def __init__(self, configurations: ConfigSnapshot, panels: Panels, resolver: Resolver, clock: Clock) -> None:
        self._configurations = configurations
        self._panels = panels
        self._resolver = resolver
        self._clock = clock

    async def lookup(
        self,
        tenant: str,
        npi: str,
        states: Sequence[str],
        as_of: date | None,
        *,
        fresh: bool = False,
        deadline: float | None = None,
    ) -> list[StateEnrollment]:
        """One entry per state, in the order asked; without `states`, every state the tenant enabled.

        Raises:
            InvalidInput: the NPI or a state is malformed.
            StoreUnavailable: the tenant's configuration was never read.
        """
        wanted = [state.upper() for state in states]
        problems = [
            FieldViolation(f"states[{index}]", "is not the two-letter code of a US state or territory")
            for index, state in enumerate(wanted)
            if state not in STATES
        ]
        if not is_npi_shaped(npi):
            problems.append(FieldViolation("npi", "is not an NPI: ten digits"))
        if problems:
            raise InvalidInput(*problems)
        config = self._configurations.get(tenant)
        if config is None:
            return []
        wanted = list(dict.fromkeys(wanted)) or sorted(config.enabled_states)
        panels = [self._panels.panel(config, state) for state in wanted]
        found = await asyncio.gather(
            *(self._resolver.resolve(Inquiry(npi, panel, fresh, deadline)) for panel in panels)
        )
        now = self._clock()
        entries = []
        for state, evidence in zip(wanted, found, strict=True):
            today = today_in(state, now)
            claim = Claim(npi=npi, state=state, service_date=as_of or today)
            finding = decide(claim, evidence, config.policy_for(state, None), today)
            entries.append(
                StateEnrollment(
                    state=state,
                    as_of=claim.service_date,
                    finding=finding,
                    evidence=evidence,
                    gaps=gaps_between(chosen.records if (chosen := evidence.chosen()) is not None else ()),
                    reason=sentence(claim, finding),
                )
            )
        return entries


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
