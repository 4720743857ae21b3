"""A spool with a journal in front of it and a drainer behind, in parts, for tests of the ledger's way in."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import uuid_utils

from aggregator.evidence import Evidence
from gate.clock import system_clock
from gate.decision.model import Policy
from gate.ledger.backlog import Backlog
from gate.ledger.batches import GivenBatch
from gate.ledger.drainer import Drainer, Progress
from gate.ledger.frames import read, request_in
from gate.ledger.journal import Exchange, SpoolJournal
from gate.ledger.model import Document, LedgerBatch, RequestFrame, WireKind
from gate.ledger.spool import Spool, SpoolLimits
from tests.ledger.builders import ENROLLED, POLICY, entry

PLENTY = 1_000_000_000


class Answer(msgspec.Struct, frozen=True, eq=False):
    """What is noted of a decision, as far as the journal looks at it."""

    evidence: Evidence | None = ENROLLED
    policy: Policy = POLICY


class ListedSeries:
    """Hears everything and adds it up."""

    def __init__(self) -> None:
        self.written = self.refused = self.lost = self.drained = self.damaged = 0
        self.queue: tuple[int, float, int] = (0, 0.0, 0)

    def ledger_written(self, decisions: int) -> None:
        self.written += decisions

    def ledger_refused(self, decisions: int) -> None:
        self.refused += decisions

    def ledger_lost(self, decisions: int) -> None:
        self.lost += decisions

    def ledger_drained(self, decisions: int, damaged: int) -> None:
        self.drained += decisions
        self.damaged += damaged

    def ledger_queue(self, decisions: int, oldest_seconds: float, spool_bytes: int) -> None:
        self.queue = (decisions, oldest_seconds, spool_bytes)


class MemoryShelf:
    """Keeps batches in memory, each decision once; `failures` are raised before it keeps anything again."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.decisions: dict[str, str] = {}
        """Decision to tenant, in the order in which they came first."""
        self.documents: set[tuple[str, bytes]] = set()
        self.brought = 0

    async def store(self, batch: LedgerBatch) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.brought += len(batch.entries)
        for kept in batch.entries:
            assert {(batch.tenant, kept.grounds.policy)} <= self.documents | _named(batch.tenant, batch.documents)
            self.decisions.setdefault(kept.decision_id, batch.tenant)
        self.documents |= _named(batch.tenant, batch.documents)


def _named(tenant: str, documents: Sequence[Document]) -> set[tuple[str, bytes]]:
    return {(tenant, document.digest) for document in documents}


@contextmanager
def spool_in(
    directory: Path, *, limit: int = PLENTY, sync_seconds: float = 60.0
) -> Iterator[tuple[Spool, SpoolJournal, ListedSeries]]:
    """A spool whose journal refuses what it cannot keep; given up at the end as a killed process would give it up."""
    spool = Spool(directory, SpoolLimits(limit, sync_seconds), system_clock())
    series = ListedSeries()
    try:
        yield spool, SpoolJournal(spool, series, system_clock, answers_anyway=False), series
    finally:
        spool.release()


class Spoken(msgspec.Struct, frozen=True, eq=False):
    """An answer of a batch."""

    facts: Answer
    wire: bytes = b"an answer"


def names_only(frame: RequestFrame) -> LedgerBatch:
    """Requests of these tests name their decisions, separated by spaces; one that says so is not understood."""
    if frame.request == b"gibberish":
        raise ValueError("not as this release knows it")
    names = frame.request.decode().split()
    rests_on = [frame.grounds[index] for index in frame.grounds_of]
    if frame.batch is not None:
        grounds = {answer.number: answer.grounds for answer in frame.batch.answers}
        rests_on = [grounds[number] for number in frame.batch.numbers if number >= 0]
    entries = tuple(
        entry(tenant=frame.tenant, decision_id=name, grounds=grounds, evaluated_at=frame.recorded_at)
        for name, grounds in zip(names, rests_on, strict=True)
    )
    return LedgerBatch(frame.tenant, entries, frame.documents, frame.recorded_at)


async def kept(
    journal: SpoolJournal, *answers: Answer | None, tenant: str = "acme", request: bytes | None = None
) -> list[str]:
    """Have the journal keep the answers to one request, to a batch if there are several; the names of its decisions."""
    answers = answers or (Answer(),)
    names = [str(uuid_utils.uuid7()) for answer in answers if answer is not None]
    exchange = Exchange(
        tenant=tenant,
        caller="pipeline",
        request_id="request-1",
        kind=WireKind.CHECK_CLAIM if len(answers) == 1 else WireKind.CHECK_CLAIMS,
        request=" ".join(names).encode() if request is None else request,
        reply=b"",
    )
    match answers:
        case (Answer() as answer,):
            await journal.keep(exchange, answer)
        case _:
            await journal.keep_batch(exchange, batch_of(*answers, names=names))
    return names


def batch_of(*answers: Answer | None, names: Sequence[str]) -> GivenBatch:
    """The batch that was answered so; equal ones are one, as the door has it."""
    spoken = {answer: Spoken(answer) for answer in answers if answer is not None}
    left = iter(names)
    return GivenBatch(
        answers=[None if answer is None else spoken[answer] for answer in answers],
        decision_ids=["" if answer is None else next(left) for answer in answers],
        stamp=b"now",
        own_stamps={},
    )


def frames_in(path: Path) -> list[RequestFrame]:
    return [request_in(content) for content in read(path.read_bytes(), from_start=True).contents]


def left_in(directory: Path) -> list[Path]:
    """Everything that is there."""
    return sorted(directory.iterdir())


def spool_files(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.spool"))


class Draining(msgspec.Struct):
    """A drainer and what it told."""

    drainer: Drainer
    told: list[Progress]


def drainer_of(directory: Path, owner: str, shelf: MemoryShelf) -> Draining:
    told: list[Progress] = []
    return Draining(Drainer(Backlog(directory, owner), shelf, names_only, told.append), told)
