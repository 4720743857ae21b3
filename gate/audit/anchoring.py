"""Anchors in the service's own log, which is kept elsewhere than the database: the ends of chains, every so often.

They are what this process itself committed, not what it would read from the database, which somebody may have changed.
"""

import asyncio
from contextlib import suppress

import structlog

from gate.audit.chain import Anchor

_log = structlog.stdlib.get_logger(__name__)


class AnchorLog:
    """Logs ``audit_anchor`` for every tenant with new entries, at a set pace and when it is closed."""

    def __init__(self, pace_seconds: float) -> None:
        self._pace = pace_seconds
        self._unsaid: dict[str, Anchor] = {}
        self._saying: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to log."""
        self._saying = asyncio.create_task(self._say_at_pace(), name="audit-anchors")

    def appended(self, head: Anchor) -> None:
        """Keep it until it is time; of several of one tenant the last in the chain, in whatever order they come."""
        known = self._unsaid.get(head.tenant)
        if known is None or known.sequence < head.sequence:
            self._unsaid[head.tenant] = head

    async def aclose(self) -> None:
        """Log what is left."""
        if self._saying is not None:
            self._saying.cancel()
            with suppress(asyncio.CancelledError):
                await self._saying
        self._say()

    async def _say_at_pace(self) -> None:
        while True:
            await asyncio.sleep(self._pace)
            self._say()

    def _say(self) -> None:
        unsaid, self._unsaid = self._unsaid, {}
        for anchor in unsaid.values():
            _log.info(
                "audit_anchor",
                tenant=anchor.tenant,
                sequence=anchor.sequence,
                hash=anchor.hash,
                at=anchor.at.isoformat(),
            )
