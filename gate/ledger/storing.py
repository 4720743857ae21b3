"""The shelf in the database."""

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import datetime

import msgspec
import structlog

from aggregator.evidence import Evidence
from gate.audit.model import AuditEvent, the_gate
from gate.audit.source_calls import source_calls
from gate.audit.trail import AuditTrail
from gate.ledger import repository
from gate.ledger.model import Document, DocumentKind, LedgerBatch
from gate.ledger.observations import observed
from gate.persistence.unit_of_work import Database

_log = structlog.stdlib.get_logger(__name__)


class DatabaseShelf:
    """Keeps batches in one transaction each. See `gate.ledger.shelf.LedgerShelf`."""

    def __init__(self, database: Database, trail: AuditTrail) -> None:
        self._database = database
        self._trail = trail

    async def store(self, batch: LedgerBatch) -> None:
        """Keep the decisions, what they rest on, what the sources said meanwhile, and that they were asked.

        Raises:
            StoreUnavailable: the database cannot be reached; nothing was kept.
        """
        evidence = dict(_evidence_in(batch.documents))
        async with self._database.writing(batch.tenant) as unit:
            await repository.open_ledger(unit, batch.recorded_at)
            added = await repository.add_documents(unit, batch.documents, batch.recorded_at)
            seen = [each for snapshot in evidence.values() for each in observed(snapshot)]
            news = await repository.add_observations(unit, seen)
            await repository.add_entries(unit, batch.entries)
            calls = _calls(evidence, added, _by_provider(news), batch)
            await self._trail.record(unit, *calls)


_News = dict[tuple[str, str], set[tuple[str, datetime]]]
"""By NPI and state: source and `verified_at` of answers not heard of before."""


def _by_provider(news: Iterable[tuple[str, str, str, datetime]]) -> _News:
    by_provider: _News = {}
    for npi, state, source, verified_at in news:
        by_provider.setdefault((npi, state), set()).add((source, verified_at))
    return by_provider


def _calls(
    evidence: Mapping[bytes, Evidence], added: Container[bytes], news: _News, batch: LedgerBatch
) -> list[AuditEvent]:
    """Each call once, though a batch may come twice and an answer be part of many snapshots."""
    calls: list[AuditEvent] = []
    for digest, snapshot in evidence.items():
        told = news.pop((snapshot.npi, snapshot.state), set())
        present = {(answer.source, answer.verified_at) for answer in snapshot.answers}
        if left := told - present:
            news[snapshot.npi, snapshot.state] = left  # another snapshot of this batch tells it
        actor = the_gate(batch.tenant)
        calls += source_calls(snapshot, actor, batch.recorded_at, news=told, is_new=digest in added)
    return calls


def _evidence_in(documents: tuple[Document, ...]) -> Iterator[tuple[bytes, Evidence]]:
    for document in documents:
        if document.kind is not DocumentKind.EVIDENCE:
            continue
        try:
            yield document.digest, document.evidence()
        except msgspec.DecodeError:
            # The next release wrote it and this one still drains: the decision is worth more than what it teaches.
            _log.warning("evidence_not_understood", digest=document.digest.hex())
