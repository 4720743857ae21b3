"""Where every answer goes before it leaves."""

import time
from typing import Final, Protocol

import msgspec
import structlog

from aggregator.evidence import Evidence
from gate.clock import Clock
from gate.errors import StoreUnavailable
from gate.ledger.batches import AnswerNumbers, GivenBatch
from gate.ledger.frames import framed
from gate.ledger.grounding import Grounded, GroundsMemory, missing_documents
from gate.ledger.model import BatchAnswers, Document, Grounds, RequestFrame, WireKind
from gate.ledger.segment import Segment, SpoolFailure
from gate.ledger.spool import Spool

_LOG_SECONDS: Final = 10.0
_log = structlog.stdlib.get_logger(__name__)


class Exchange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One request and its reply as they go over the wire, and who asked."""

    tenant: str
    caller: str
    request_id: str
    kind: WireKind
    request: bytes
    reply: bytes
    """Empty where it is said otherwise what was answered."""


class Journal(Protocol):
    """Keeps what is answered. What it refuses must not be answered."""

    async def keep(self, exchange: Exchange, answer: Grounded) -> None:
        """Keep the decision of `exchange.reply`; `answer` is what is noted of it.

        Raises:
            StoreUnavailable: it cannot be kept.
        """
        ...

    async def keep_batch(self, exchange: Exchange, batch: GivenBatch) -> None:
        """Keep the decisions of `batch`.

        Raises:
            StoreUnavailable: they cannot be kept.
        """
        ...

    async def keep_evidence(self, exchange: Exchange, evidence: list[Evidence]) -> None:
        """Keep what sources said where no decision was asked for.

        Raises:
            StoreUnavailable: it cannot be kept.
        """
        ...


class JournalObserver(Protocol):
    """Hears what becomes of answers."""

    def ledger_written(self, decisions: int) -> None:
        """They are in the spool."""
        ...

    def ledger_refused(self, decisions: int) -> None:
        """They could not be written and were not given."""
        ...

    def ledger_lost(self, decisions: int) -> None:
        """They could not be written and were given all the same."""
        ...


class SpoolJournal:
    """Keeps answers in the spool. For one event loop."""

    def __init__(self, spool: Spool, observer: JournalObserver, clock: Clock, *, answers_anyway: bool) -> None:
        """`answers_anyway`: an answer that cannot be kept is given, counted and logged, instead of refused."""
        self._spool = spool
        self._observer = observer
        self._clock = clock
        self._answers_anyway = answers_anyway
        self._memory = GroundsMemory()
        self._numbers = AnswerNumbers(self._memory)
        self._trouble = ""
        self._logged_at = 0.0
        self._unlogged = 0

    @property
    def trouble(self) -> str:
        """Why the last answer could not be kept, in plain words; empty where it was."""
        return self._trouble

    async def keep(self, exchange: Exchange, answer: Grounded) -> None:
        """See `Journal`."""
        try:
            segment = self._spool.segment()
            grounds, grounds_of, documents = self._memory.of_one(exchange.tenant, answer, segment)
            await self._write(segment, self._frame(exchange, grounds, grounds_of, documents), 1)
        except SpoolFailure as failure:
            self._failed(failure, 1)
        else:
            self._kept(1)

    async def keep_batch(self, exchange: Exchange, batch: GivenBatch) -> None:
        """See `Journal`."""
        decisions = len(batch.answers) - batch.answers.count(None)
        if not decisions:
            return  # nothing but errors
        try:
            segment = self._spool.segment()
            answers, documents = self._numbers.of(exchange.tenant, batch, segment)
            await self._write(segment, self._frame(exchange, (), (), documents, answers), decisions)
        except SpoolFailure as failure:
            self._failed(failure, decisions)
        else:
            self._kept(decisions)

    async def keep_evidence(self, exchange: Exchange, evidence: list[Evidence]) -> None:
        """See `Journal`."""
        try:
            segment = self._spool.segment()
            documents = missing_documents(exchange.tenant, evidence, segment)
            if documents:
                await self._write(segment, self._frame(exchange, (), (), tuple(documents)), 0)
        except SpoolFailure as failure:
            self._failed(failure, 0)

    async def _write(self, segment: Segment, frame: RequestFrame, decisions: int) -> None:
        self._spool.append(segment, framed(frame), decisions)
        if self._spool.syncs_every_frame:
            await segment.sync(segment.size)

    def _frame(
        self,
        exchange: Exchange,
        grounds: tuple[Grounds, ...],
        grounds_of: tuple[int, ...],
        documents: tuple[Document, ...],
        batch: BatchAnswers | None = None,
    ) -> RequestFrame:
        return RequestFrame(
            exchange.tenant,
            exchange.caller,
            exchange.request_id,
            exchange.kind,
            self._clock(),
            exchange.request,
            exchange.reply,
            grounds,
            grounds_of,
            documents,
            batch,
        )

    def _kept(self, decisions: int) -> None:
        self._trouble = ""
        self._observer.ledger_written(decisions)

    def _failed(self, failure: SpoolFailure, decisions: int) -> None:
        self._memory.forget()
        self._numbers.forget()
        self._spool.forget_documents()
        self._trouble = str(failure)
        self._log(decisions)
        if self._answers_anyway:
            self._observer.ledger_lost(decisions)
            return
        self._observer.ledger_refused(decisions)
        raise StoreUnavailable(
            "the answer could not be recorded in the decision ledger and is therefore not given; try again later"
        ) from failure

    def _log(self, decisions: int) -> None:
        """At once the first time, then no more than a line every few seconds, whatever the load."""
        self._unlogged += decisions
        now = time.monotonic()
        if self._logged_at and now - self._logged_at < _LOG_SECONDS:
            return
        event = "ledger_answers_lost" if self._answers_anyway else "ledger_answers_refused"
        _log.error(event, decisions=self._unlogged, reason=self._trouble)
        self._logged_at, self._unlogged = now, 0
