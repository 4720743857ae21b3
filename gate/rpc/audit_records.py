"""What the doors record: their calls as events of the audit log."""

from collections.abc import Mapping
from datetime import date

from gate.audit.export import ExportFormat
from gate.audit.model import AuditAction, AuditEvent, EntryFilter
from gate.audit.trail import AuditTrail
from gate.audit.verification import Verdict
from gate.clock import Clock
from gate.persistence.unit_of_work import Database, UnitOfWork
from gate.rpc.door import Call
from gate.tenancy.differences import differences, digest
from gate.tenancy.model import ConfigChange, ModeChange

Details = Mapping[str, str | int | bool | None]


class AuditRecords:
    """Puts calls into the audit log. A change is recorded within its own unit of work, as the last thing in it."""

    def __init__(self, database: Database, trail: AuditTrail, clock: Clock) -> None:
        self._database = database
        self._trail = trail
        self._clock = clock

    async def provider_read(self, call: Call, npi: str, states: tuple[str, ...], as_of: date | None) -> None:
        """A caller is about to be told what is known of a provider (row U2).

        Raises:
            StoreUnavailable: it cannot be recorded, so it must not be told.
        """
        event = self._event(
            call,
            AuditAction.PROVIDER_READ,
            f"provider/{npi}",
            {"states": " ".join(states), "as_of": as_of.isoformat() if as_of is not None else None},
        )
        async with self._database.writing(call.principal.tenant) as unit:
            await self._trail.record(unit, event)

    async def config_changed(self, unit: UnitOfWork, call: Call, change: ConfigChange, reason: str) -> None:
        """A configuration was stored, and with it modes may have been switched (row C18)."""
        stored = self._event(
            call,
            AuditAction.CONFIG_CHANGED,
            "tenant_config",
            {
                "version": change.after.version,
                "before": digest(change.before),
                "after": digest(change.after),
                "changed": differences(change.before, change.after),
                "reason": reason.strip(),
            },
        )
        switches = (self._switch(call, switch, forced=False) for switch in change.switches)
        await self._trail.record(unit, stored, *switches)

    async def mode_changed(self, unit: UnitOfWork, call: Call, change: ModeChange, *, forced: bool) -> None:
        """A mode was switched (row C18); `forced`: even where no working source would answer."""
        await self._trail.record(unit, self._switch(call, change, forced=forced))

    async def log_read(self, unit: UnitOfWork, call: Call, wanted: EntryFilter, *, entries: int) -> None:
        """A page of the log itself is read."""
        await self._log_used(unit, call, AuditAction.AUDIT_READ, {**_told(wanted), "entries": entries})

    async def log_exported(self, unit: UnitOfWork, call: Call, wanted: EntryFilter, form: ExportFormat) -> None:
        """The log itself is about to be exported."""
        await self._log_used(unit, call, AuditAction.AUDIT_EXPORTED, {**_told(wanted), "format": form.value})

    async def log_verified(self, unit: UnitOfWork, call: Call, verdict: Verdict) -> None:
        """The log itself was verified."""
        found = verdict.first_break
        details: Details = {
            "intact": found is None,
            "entries": verdict.entries,
            "anchors": verdict.anchors,
            "found": found.explanation if found is not None else None,
        }
        await self._log_used(unit, call, AuditAction.AUDIT_VERIFIED, details)

    async def log_anchored(self, unit: UnitOfWork, call: Call) -> None:
        """The end of the log, which this entry is, is taken away."""
        await self._log_used(unit, call, AuditAction.AUDIT_ANCHORED, {})

    async def _log_used(self, unit: UnitOfWork, call: Call, action: AuditAction, details: Details) -> None:
        await self._trail.record(unit, self._event(call, action, "audit_log", details))

    def _switch(self, call: Call, change: ModeChange, *, forced: bool) -> AuditEvent:
        scope = change.scope
        return self._event(
            call,
            AuditAction.MODE_CHANGED,
            f"gate_mode/{scope.state or '*'}/{scope.line_of_business or '*'}",
            {
                "before": change.from_mode.value,
                "after": change.to_mode.value,
                "state": scope.state,
                "line_of_business": scope.line_of_business,
                "reason": change.reason,
                "forced": forced,
                "version": change.config_version,
            },
        )

    def _event(self, call: Call, action: AuditAction, what: str, details: Details) -> AuditEvent:
        return AuditEvent(actor=call.actor(), action=action, object=what, at=self._clock(), details=details)


def _told(wanted: EntryFilter) -> Details:
    """The parts of a filter that are set."""
    parts: Details = {
        "subject": wanted.subject,
        "action": wanted.action,
        "object": wanted.object,
        "since": wanted.since.isoformat() if wanted.since is not None else None,
        "until": wanted.until.isoformat() if wanted.until is not None else None,
    }
    return {name: value for name, value in parts.items() if value}
