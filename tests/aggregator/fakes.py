"""Sources, clocks and listeners that tests hold in their hands. Ordinary classes, no mocks."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from aggregator.evidence import Evidence, SourceOutcome
from aggregator.knowledge import CacheRules, KnowledgeKey
from aggregator.observers import BreakerState, RefreshStep
from sources.contract import ErrorKind, Query, SourceDescription, SourceError, SourceScope
from sources.records import Attestation, EnrollmentRecord, EnrollmentStatus

NPI = "1234567893"
START = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
RULES = CacheRules(ttl=3600, negative_ttl=300, max_stale=86_400)
KEY = KnowledgeKey("acme", NPI, "TX")


class ManualClock:
    """Stands still until told."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class ManualMonotonic:
    """As `ManualClock`, for waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def record(
    source: str = "tmhp_pems",
    npi: str = NPI,
    state: str = "TX",
    status: EnrollmentStatus = EnrollmentStatus.ACTIVE,
    verified_at: datetime = START,
) -> EnrollmentRecord:
    return EnrollmentRecord(
        source=source, npi=npi, state=state, status=status, effective=date(2025, 1, 1), verified_at=verified_at
    )


def full_record(source: str = "caqh_proview", npi: str = NPI) -> EnrollmentRecord:
    return EnrollmentRecord(
        source=source,
        npi=npi,
        state="TX",
        status=EnrollmentStatus.ACTIVE,
        effective=date(2025, 1, 1),
        verified_at=START - timedelta(days=2),
        end=date(2027, 12, 31),
        upstream_id="12345678",
        revalidation_due=date(2027, 1, 1),
        lines_of_business=("STAR", "CHIP"),
        taxonomies=("207Q00000X",),
        attestation=Attestation(date(2026, 1, 5), date(2026, 5, 5)),
        attributes={"roster_status": "ACTIVE", "practice_state": "TX"},
    )


def describe(name: str, *, national: bool = False, **limits: float) -> SourceDescription:
    """A source for Texas and California, or for the nation; `limits` are fields of `SourceDescription`."""
    base = SourceDescription(
        name=name,
        title=name,
        scope=SourceScope.NATIONAL if national else SourceScope.STATE,
        states=frozenset() if national else frozenset({"TX", "CA"}),
    )
    return msgspec.structs.replace(base, **limits)


class FakeSource:
    """Answers what it is told to, as slowly as it is told to, and counts."""

    def __init__(
        self,
        description: SourceDescription,
        answer: Sequence[EnrollmentRecord] | Exception | None = None,
        delay: float = 0.0,
    ) -> None:
        self.description = description
        self.answer: Sequence[EnrollmentRecord] | Exception | None = answer
        self.delay = delay
        self.calls = 0
        self.at_once = 0
        self.most_at_once = 0
        self.cancelled = 0
        self.hold: asyncio.Event | None = None
        """Where set, calls wait for it."""

    async def fetch(self, query: Query) -> Sequence[EnrollmentRecord]:
        self.calls += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.hold is not None:
                await self.hold.wait()
            await asyncio.sleep(self.delay)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.at_once -= 1
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is None:
            return (record(self.description.name, query.npi, query.state),)
        return self.answer


def texas(answer: Sequence[EnrollmentRecord] | Exception | None = None, delay: float = 0.0) -> FakeSource:
    return FakeSource(describe("tmhp_pems"), answer, delay)


def caqh(answer: Sequence[EnrollmentRecord] | Exception | None = None, delay: float = 0.0) -> FakeSource:
    return FakeSource(describe("caqh_proview", national=True), answer, delay)


class Listener:
    """All observers, keeping what they hear."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, SourceOutcome, ErrorKind | None]] = []
        self.breaker: list[BreakerState] = []
        self.cache_reads: list[tuple[int, int]] = []
        self.hedges_won: list[bool] = []
        self.refreshes: list[tuple[str, RefreshStep]] = []
        self.failed_refreshes: list[tuple[str, str, str, ErrorKind | None]] = []
        self.cache_failures: list[str] = []
        self.cache_breaker: list[BreakerState] = []
        self.unreadable = 0

    def source_answered(self, source: str, outcome: SourceOutcome, error: ErrorKind | None, seconds: float) -> None:
        assert seconds >= 0
        self.answers.append((source, outcome, error))

    def source_breaker_changed(self, source: str, state: BreakerState) -> None:
        self.breaker.append(state)

    def cache_read(self, found: int, missing: int) -> None:
        self.cache_reads.append((found, missing))

    def source_hedged(self, source: str, *, won: bool) -> None:
        self.hedges_won.append(won)

    async def refresh_failed(self, tenant: str, evidence: Evidence) -> None:
        self.failed_refreshes += [(tenant, evidence.npi, answer.source, answer.error) for answer in evidence.answers]

    def refreshed(self, source: str, step: RefreshStep) -> None:
        self.refreshes.append((source, step))

    def cache_failed(self, operation: str, error: str) -> None:
        self.cache_failures.append(operation)

    def cache_unreadable(self) -> None:
        self.unreadable += 1

    def cache_breaker_changed(self, state: BreakerState) -> None:
        self.cache_breaker.append(state)


def error_of(kind: ErrorKind) -> SourceError:
    """The error class of a kind, as its upstream would raise it."""
    found = next(each for each in SourceError.__subclasses__() if each.kind is kind)
    return found("as scripted")


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until `condition()` holds."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to pass")
