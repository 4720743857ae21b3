"""Where everything that was recorded ends up."""

from typing import Protocol

from gate.ledger.model import LedgerBatch


class LedgerShelf(Protocol):
    """Keeps batches for good."""

    async def store(self, batch: LedgerBatch) -> None:
        """Keep the batch: idempotent by `decision_id`, all of it or nothing.

        Raises:
            StoreUnavailable: it cannot be kept at present; nothing of it was.
        """
        ...
