"""Where alerts are stored. Columns bear the names of the models' fields: `repository` relies on it.

Ids are UUIDs of version 7: to order by them is to order by when an alert was raised.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, column, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from gate.persistence.base import DOCUMENT, Base, OfOneTenant

_IS_CURRENT = column("closed_at").is_(None)
IS_OPEN = column("status") == literal_column("'open'")
"""Queries say it in these very words: with a parameter in it, no planner sees that the index fits."""


class AlertTable(OfOneTenant, Base):
    """An alert. The database itself holds that it is raised once for its subject, due date and tier."""

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("tenant", "kind", "key", "due_on", "tier", name="uq_alerts_raised_once"),
        Index("ix_alerts_tenant_due", "tenant", "due_on", "id", sqlite_where=_IS_CURRENT, postgresql_where=_IS_CURRENT),
        Index(
            "ix_alerts_tenant_kind_key", "tenant", "kind", "key", sqlite_where=_IS_CURRENT, postgresql_where=_IS_CURRENT
        ),
        Index("ix_alerts_tenant_status_due", "tenant", "status", "due_on", "id"),
        Index("ix_alerts_tenant_npi", "tenant", "npi"),
        Index(
            "ix_alerts_open_of",
            *("tenant", "assigned_to", "due_on", "id"),
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date]
    """The first day of the calendar stands for a day that nobody knows: NULL would not be unique."""
    tier: Mapped[int]
    urgency: Mapped[str] = mapped_column(String(16))
    effect: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    npi: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(2))
    provider: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    verified_at: Mapped[datetime | None]
    charge_cents: Mapped[int] = mapped_column(BigInteger)
    raised_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    reacted_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    assigned_to: Mapped[str] = mapped_column(Text)
    snoozed_until: Mapped[datetime | None]
    sequence: Mapped[int] = mapped_column(BigInteger)


class AlertCountTable(OfOneTenant, Base):
    """How many current alerts there are; kept by the database itself, with the rows it counts."""

    __tablename__ = "alert_counts"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    urgency: Mapped[str] = mapped_column(String(16), primary_key=True)
    alerts: Mapped[int]
    escalated: Mapped[int]
    unassigned: Mapped[int]


class AlertChangeTable(OfOneTenant, Base):
    """What happened to alerts. Rows are added and never changed; their numbers have no gaps."""

    __tablename__ = "alert_changes"
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "alert_id"], ["alerts.tenant", "alerts.id"], name="fk_alert_changes_alert"),
        Index("ix_alert_changes_tenant_alert", "tenant", "alert_id", "sequence"),
    )

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    alert_id: Mapped[str] = mapped_column(String(36))
    what: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)


class AlertMuteTable(OfOneTenant, Base):
    """A kind of which the tenant, or one person, does not want to hear."""

    __tablename__ = "alert_mutes"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    person: Mapped[str] = mapped_column(Text, primary_key=True)
    muted_by: Mapped[str] = mapped_column(Text)
    muted_at: Mapped[datetime]


class AlertPreferencesTable(OfOneTenant, Base):
    """Whom a tenant wants to be told, and how."""

    __tablename__ = "alert_preferences"

    recipients: Mapped[list[dict[str, Any]]] = mapped_column(DOCUMENT)
    escalate_after_days: Mapped[int]
    escalate_to: Mapped[list[str]] = mapped_column(DOCUMENT)
    digest_hour: Mapped[int]
    time_zone: Mapped[str] = mapped_column(String(64))


class AlertDigestTable(OfOneTenant, Base):
    """Up to where somebody was told by digests."""

    __tablename__ = "alert_digests"

    person: Mapped[str] = mapped_column(Text, primary_key=True)
    told_up_to: Mapped[int] = mapped_column(BigInteger)
    """The number of the last change that was looked at."""
    told_on: Mapped[date]
