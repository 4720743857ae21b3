"""What is known about one provider in one state: every source's answer, in order of priority. Pure."""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from sources.contract import ErrorKind, SourceScope
from sources.records import EnrollmentRecord


class SourceOutcome(StrEnum):
    """What became of asking one source."""

    FOUND = "FOUND"
    EMPTY = "EMPTY"
    """The source answered and does not know the provider."""
    ERROR = "ERROR"
    TIMEOUT = "TIMEOUT"
    SKIPPED = "SKIPPED"
    """Not waited for: it could not have changed the answer. In evidence of a day in the past: it was never heard until
    then."""


class Freshness(StrEnum):
    """Where an answer came from."""

    LIVE = "LIVE"
    MEMORY = "MEMORY"
    REDIS = "REDIS"
    STALE = "STALE"
    """Past its time to live, used because the source is down (row K13); without an error beside it: the source was
    not waited for, because it could not have changed who decides, and this is what it said last."""


class SourceAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One source's answer. FOUND and EMPTY are clean; only they are ever cached (row K6)."""

    source: str
    scope: SourceScope
    outcome: SourceOutcome
    records: tuple[EnrollmentRecord, ...] = ()
    error: ErrorKind | None = None
    """What kept the source from a clean answer; it stays beside the STALE records used instead."""
    latency_ms: float = 0.0
    """Time the source took when it was asked."""
    verified_at: datetime | None = None
    """When the source gave this answer, UTC; None for an answer that is not clean."""
    freshness: Freshness = Freshness.LIVE
    absent_since: datetime | None = None
    """The source dropped these records then, and that is not confirmed yet (row S14)."""

    @property
    def is_clean(self) -> bool:
        """Whether the source really answered."""
        return self.outcome is SourceOutcome.FOUND or self.outcome is SourceOutcome.EMPTY


class Evidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All answers for one (NPI, state), state sources first, then national, each by priority and name."""

    npi: str
    state: str
    answers: tuple[SourceAnswer, ...]
    npi_deactivated_on: date | None = None
    """Day on which NPPES deactivated the NPI, where a list that says so is loaded (row V4)."""

    def chosen(self) -> SourceAnswer | None:
        """The first answer, by priority and never by speed, that holds records (rows A1, A14)."""
        for answer in self.answers:
            if answer.outcome is SourceOutcome.FOUND:
                return answer
        return None
