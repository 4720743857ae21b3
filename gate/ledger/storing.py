"""The shelf in the database."""

import msgspec
import structlog

from gate.ledger import repository
from gate.ledger.model import Document, DocumentKind, LedgerBatch
from gate.ledger.observations import Observation, observed
from gate.persistence.unit_of_work import Database

_log = structlog.stdlib.get_logger(__name__)


class DatabaseShelf:
    """Keeps batches in one transaction each. See `gate.ledger.shelf.LedgerShelf`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(self, batch: LedgerBatch) -> None:
        """Keep the decisions, what they rest on, and what the sources said meanwhile.

        Raises:
            StoreUnavailable: the database cannot be reached; nothing was kept.
        """
        async with self._database.writing(batch.tenant) as unit:
            await repository.open_ledger(unit, batch.recorded_at)
            await repository.add_documents(unit, batch.documents, batch.recorded_at)
            await repository.add_observations(unit, _observations(batch))
            await repository.add_entries(unit, batch.entries)


def _observations(batch: LedgerBatch) -> list[Observation]:
    return [
        observation
        for document in batch.documents
        if document.kind is DocumentKind.EVIDENCE
        for observation in _observed_in(document)
    ]


def _observed_in(document: Document) -> list[Observation]:
    try:
        return list(observed(document.evidence()))
    except msgspec.DecodeError:
        # The next release wrote it and this one still drains: the decision is worth more than what it teaches.
        _log.warning("evidence_not_understood", digest=document.digest.hex())
        return []
