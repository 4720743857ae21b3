"""Letting old decisions go. A job of its own: small transactions, each of them safe to be the last."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from gate.audit.model import Actor, AuditAction, AuditEvent, Via
from gate.audit.trail import AuditTrail
from gate.clock import Clock
from gate.ledger import repository
from gate.persistence.unit_of_work import Database

_AT_ONCE: Final = 500
"""Rows deleted in one transaction: others who write wait for a moment only, and checks do not wait at all."""
_JOB: Final = "ledger-retention"


class Retained(msgspec.Struct, frozen=True):
    """What became of one tenant's ledger."""

    tenant: str
    decisions: int
    """Deleted."""
    evidence: int
    """Pieces deleted, to which no decision referred any more."""


class Retention:
    """Deletes decisions past their time, then the evidence that nobody refers to.

    Policies and observations stay: they name no claim. So does the record of what was let go, and when.
    """

    def __init__(self, database: Database, trail: AuditTrail, clock: Clock, keep_for: timedelta) -> None:
        self._database = database
        self._trail = trail
        self._clock = clock
        self._keep_for = keep_for

    async def tenants(self) -> list[str]:
        """Everybody who has a ledger, configured or not.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        return await repository.tenants_with_a_ledger(self._database)

    async def apply(self, tenant: str) -> Retained:
        """Let go of what is older than the time decisions are kept for; may be interrupted and run again.

        Raises:
            StoreUnavailable: the database cannot be reached; what was deleted by then stays deleted, and the log says
                that it began.
        """
        now = self._clock()
        cutoff = now - self._keep_for
        async with self._database.writing(tenant) as unit:
            # Committed first: the triggers let go only of what is older than this. And on record first: a run that is
            # killed could not tell any more what it deleted.
            await repository.add_retention(unit, cutoff, by=_JOB, at=now)
            await self._trail.record(unit, self._event(tenant, cutoff, {"begun": True}))
        decisions = 0
        while deleted := await self._delete_decisions(tenant, cutoff):
            decisions += deleted
        evidence = await self._delete_evidence(tenant, cutoff)
        async with self._database.writing(tenant) as unit:
            await self._trail.record(unit, self._event(tenant, cutoff, {"decisions": decisions, "evidence": evidence}))
        return Retained(tenant, decisions, evidence)

    def _event(self, tenant: str, cutoff: datetime, details: Mapping[str, int | bool]) -> AuditEvent:
        return AuditEvent(
            actor=Actor(tenant=tenant, subject=_JOB, via=Via.SYSTEM),
            action=AuditAction.RETENTION_APPLIED,
            object="ledger",
            at=self._clock(),
            details={"before": cutoff.isoformat(), **details},
        )

    async def _delete_decisions(self, tenant: str, before: datetime) -> int:
        async with self._database.writing(tenant) as unit:
            return await repository.delete_decisions(unit, before, _AT_ONCE)

    async def _delete_evidence(self, tenant: str, before: datetime) -> int:
        total, after = 0, b""
        while True:
            async with self._database.writing(tenant) as unit:
                deleted, last = await repository.delete_evidence(unit, before, after=after, limit=_AT_ONCE)
            total += deleted
            if last is None:
                return total
            after = last
