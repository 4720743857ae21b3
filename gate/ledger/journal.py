"""Where every answer goes before it leaves."""

import time
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec
import structlog

from aggregator.evidence import Evidence
from gate.clock import Clock
from gate.errors import StoreUnavailable
from gate.ledger.frames import framed
from gate.ledger.grounding import Answers, Grounding, GroundsMemory, missing_documents
from gate.ledger.model import RequestFrame, WireKind
from gate.ledger.segment import SpoolFailure
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


class Journal(Protocol):
    """Keeps what is answered. What it refuses must not be answered."""

    async def keep(self, exchange: Exchange, answers: Answers) -> None:
        """Keep the decisions of `exchange.reply`; `answers` are what is noted of them, in the same order.

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
        self._trouble = ""
        self._logged_at = 0.0
        self._unlogged = 0

    @property
    def trouble(self) -> str:
        """Why the last answer could not be kept, in plain words; empty where it was."""
        return self._trouble

    async def keep(self, exchange: Exchange, answers: Answers) -> None:
        """See `Journal`."""
        try:
            segment = self._spool.segment()
            only = answers[0] if len(answers) == 1 else None
            if only is not None:
                grounding = self._memory.of_one(exchange.tenant, only, segment)
            else:
                grounding = self._memory.of(exchange.tenant, answers, segment)
            grounds, grounds_of, _ = grounding
            if not grounds:
                return  # nothing but errors
            decisions = len(grounds_of) - grounds_of.count(-1)
            self._spool.append(segment, self._framed(exchange, grounding), decisions)
            if self._spool.syncs_every_frame:
                await segment.sync(segment.size)
        except SpoolFailure as failure:
            self._failed(failure, len(answers) - answers.count(None))
        else:
            self._trouble = ""
            self._observer.ledger_written(decisions)

    async def keep_evidence(self, exchange: Exchange, evidence: list[Evidence]) -> None:
        """See `Journal`."""
        try:
            segment = self._spool.segment()
            documents = missing_documents(exchange.tenant, evidence, segment)
            if documents:
                self._spool.append(segment, self._framed(exchange, ((), (), tuple(documents))), 0)
                if self._spool.syncs_every_frame:
                    await segment.sync(segment.size)
        except SpoolFailure as failure:
            self._failed(failure, 0)

    def _framed(self, exchange: Exchange, grounding: Grounding) -> Sequence[bytes]:
        return framed(
            RequestFrame(
                exchange.tenant,
                exchange.caller,
                exchange.request_id,
                exchange.kind,
                self._clock(),
                exchange.request,
                exchange.reply,
                *grounding,
            )
        )

    def _failed(self, failure: SpoolFailure, decisions: int) -> None:
        self._memory.forget()
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
