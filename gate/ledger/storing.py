"""The shelf in the database."""

from collections.abc import Iterator

import msgspec
import structlog

from aggregator.evidence import Evidence
from gate.audit.model import the_gate
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
            await repository.add_observations(unit, [seen for each in evidence.values() for seen in observed(each)])
            await repository.add_entries(unit, batch.entries)
            # Of snapshots that are new only: a batch may come twice, and its calls were made once.
            calls = [
                call
                for digest, snapshot in evidence.items()
                if digest in added
                for call in source_calls(snapshot, the_gate(batch.tenant), batch.recorded_at)
            ]
            await self._trail.record(unit, *calls)


def _evidence_in(documents: tuple[Document, ...]) -> Iterator[tuple[bytes, Evidence]]:
    for document in documents:
        if document.kind is not DocumentKind.EVIDENCE:
            continue
        try:
            yield document.digest, document.evidence()
        except msgspec.DecodeError:
            # The next release wrote it and this one still drains: the decision is worth more than what it teaches.
            _log.warning("evidence_not_understood", digest=document.digest.hex())
