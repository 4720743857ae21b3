"""Who did what, when. Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec


class AuditAction(StrEnum):
    """What happened. Names are stored: they may be added to and never changed."""

    SIGNED_IN = "session.signed_in"
    SIGN_IN_REFUSED = "session.refused"
    SIGNED_OUT = "session.signed_out"
    PROVIDER_READ = "provider.read"
    DECISIONS_READ = "decisions.read"
    DECISION_EXPLAINED = "decision.explained"
    DECISION_REPLAYED = "decision.replayed"
    DECISION_REEVALUATED = "decision.reevaluated"
    CONFIG_CHANGED = "tenant_config.changed"
    MODE_CHANGED = "gate_mode.changed"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_DISABLED = "account.disabled"
    CALENDAR_ADDRESS_CREATED = "calendar_address.created"
    CALENDAR_ADDRESS_REVOKED = "calendar_address.revoked"
    API_KEY_CREATED = "api_key.created"
    API_KEY_REVOKED = "api_key.revoked"
    AUDIT_READ = "audit.read"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_VERIFIED = "audit.verified"
    AUDIT_ANCHORED = "audit.anchored"
    """Somebody took the hash of the newest entry away, to keep it outside the database."""
    SOURCE_ASKED = "source.asked"
    """A verification call to an upstream, with its outcome."""
    RETENTION_APPLIED = "ledger.retention_applied"
    LETTER_SENT_AGAIN = "outbox.sent_again"
    """Somebody had a message tried once more that was given up."""
    LETTER_DISCARDED = "outbox.discarded"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_CHANGED = "webhook.changed"
    WEBHOOK_REMOVED = "webhook.removed"
    JOB_ORDERED = "job.ordered"
    """Somebody had scheduled work done at once."""
    RECORD_CREATED = "credentialing.created"
    RECORD_CHANGED = "credentialing.changed"
    RECORD_ARCHIVED = "credentialing.archived"
    RECORDS_RECONCILED = "credentialing.reconciled"
    """Somebody held contracts against what the gate knows of providers' Medicaid enrollment."""
    ALERTS_SCANNED = "alerts.scanned"
    """Deadlines were looked at, and alerts were raised or closed."""
    ALERT_HANDLED = "alert.handled"
    """Somebody acknowledged, assigned or snoozed an alert, or noted something about it."""
    ALERT_KIND_MUTED = "alert_kind.muted"
    ALERT_KIND_UNMUTED = "alert_kind.unmuted"
    ALERT_PREFERENCES_CHANGED = "alert_preferences.changed"
    RECORDS_EXPORTED = "credentialing.exported"
    """Somebody took a list away as a file."""


class Via(StrEnum):
    """By what kind of credential an actor acted."""

    TOKEN = "token"  # noqa: S105 - a kind of credential
    API_KEY = "api_key"
    SESSION = "session"
    """Signed in to the portal."""
    SYSTEM = "system"
    """The gate itself."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acted, for which tenant."""

    tenant: str
    subject: str
    via: Via
    request_id: str = ""
    address: str = ""
    """Of the caller, as the door saw it; empty for the gate itself."""


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, about to be recorded."""

    actor: Actor
    action: AuditAction
    object: str
    """What it happened to, like ``provider/1234567893`` or ``api_key/01J…``."""
    at: datetime
    """UTC."""
    details: Mapping[str, str | int | bool | None] = {}
    """Never a secret. Changes carry `before` and `after` as short texts or digests."""


class EntryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are wanted. Every part that is set must hold."""

    subject: str = ""
    action: str = ""
    object: str = ""
    """Ending with a slash: everything below, like ``provider/``."""
    since: datetime | None = None
    """From this instant on."""
    until: datetime | None = None
    """Before this instant."""


EVERYTHING: Final = EntryFilter()


def the_gate(tenant: str) -> Actor:
    """The gate itself, acting on behalf of a tenant."""
    return Actor(tenant=tenant, subject="gate", via=Via.SYSTEM)
