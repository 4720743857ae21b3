"""Sources that failed while nobody waited, on the way on which all answers reach the audit log."""

from contextlib import suppress
from typing import Final

from aggregator.evidence import Evidence
from gate.errors import StoreUnavailable
from gate.ledger.journal import Exchange, Journal
from gate.ledger.model import WireKind

_THE_GATE: Final = "gate"


class FailedRefreshes:
    """See `aggregator.observers.RefreshLog`. What a source answers is told by the first decision that rests on it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def refresh_failed(self, tenant: str, evidence: Evidence) -> None:
        """Keep it like what failed while somebody waited: `gate.audit.source_calls` makes an entry of each."""
        of_nobody = Exchange(
            tenant=tenant, caller=_THE_GATE, request_id="", kind=WireKind.REFRESH, request=b"", reply=b""
        )
        # The journal has said that it cannot; there is no answer to hold back.
        with suppress(StoreUnavailable):
            await self._journal.keep_evidence(of_nobody, [evidence])
