"""Alerts, their history, who wants to be told of them, and how far digests have told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gate.persistence.migrations.protection import (
    allow_changes,
    append_only,
    isolate_tenants,
    let_overview_read,
    stop_overview,
)

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_CURRENT = sa.text("closed_at IS NULL")
_TABLES = ("alert_digests", "alert_preferences", "alert_mutes", "alert_changes", "alerts")
_NEVER_DELETED = ("SELECT", "INSERT", "UPDATE")


def upgrade() -> None:
    """Create the tables, each with the least rights that do."""
    _create_alerts()
    _create_alert_changes()
    op.create_table(
        "alert_mutes",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("muted_by", sa.Text, nullable=False),
        sa.Column("muted_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", "person", name="pk_alert_mutes"),
    )
    op.create_table(
        "alert_preferences",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("recipients", _DOCUMENT, nullable=False),
        sa.Column("escalate_after_days", sa.Integer, nullable=False),
        sa.Column("escalate_to", _DOCUMENT, nullable=False),
        sa.Column("digest_hour", sa.Integer, nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_alert_preferences"),
    )
    op.create_table(
        "alert_digests",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("told_up_to", sa.BigInteger, nullable=False),
        sa.Column("told_on", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "person", name="pk_alert_digests"),
    )
    for table in ("alerts", "alert_preferences", "alert_digests"):
        isolate_tenants(table, may=_NEVER_DELETED)
    isolate_tenants("alert_mutes", may=("SELECT", "INSERT", "DELETE"))
    isolate_tenants("alert_changes", may=("SELECT", "INSERT"))
    append_only("alert_changes", key=("tenant", "sequence"))
    # Whoever keeps providers may have deadlines: the scheduler looks after all of them.
    let_overview_read("providers", ("tenant",))


def downgrade() -> None:
    """Drop them; what was raised, and who did something about it, is lost."""
    stop_overview("providers")
    allow_changes("alert_changes")
    for table in _TABLES:
        op.drop_table(table)


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("tier", sa.Integer, nullable=False),
        sa.Column("urgency", sa.String(16), nullable=False),
        sa.Column("effect", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("npi", sa.String(10), nullable=False),
        sa.Column("state", sa.String(2), nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("verified_at", _INSTANT, nullable=True),
        sa.Column("charge_cents", sa.BigInteger, nullable=False),
        sa.Column("raised_at", _INSTANT, nullable=False),
        sa.Column("opened_at", _INSTANT, nullable=False),
        sa.Column("closed_at", _INSTANT, nullable=True),
        sa.Column("reacted_at", _INSTANT, nullable=True),
        sa.Column("escalated_at", _INSTANT, nullable=True),
        sa.Column("assigned_to", sa.Text, nullable=False),
        sa.Column("snoozed_until", _INSTANT, nullable=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_alerts"),
        sa.UniqueConstraint("tenant", "kind", "key", "due_on", "tier", name="uq_alerts_raised_once"),
    )
    for name, columns in (
        ("ix_alerts_tenant_due", ["tenant", "due_on", "id"]),
        ("ix_alerts_tenant_kind_key", ["tenant", "kind", "key"]),
    ):
        op.create_index(name, "alerts", columns, sqlite_where=_CURRENT, postgresql_where=_CURRENT)
    op.create_index("ix_alerts_tenant_status_due", "alerts", ["tenant", "status", "due_on", "id"])
    op.create_index("ix_alerts_tenant_npi", "alerts", ["tenant", "npi"])


def _create_alert_changes() -> None:
    op.create_table(
        "alert_changes",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("alert_id", sa.String(36), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "sequence", name="pk_alert_changes"),
        sa.ForeignKeyConstraint(["tenant", "alert_id"], ["alerts.tenant", "alerts.id"], name="fk_alert_changes_alert"),
    )
    op.create_index("ix_alert_changes_tenant_alert", "alert_changes", ["tenant", "alert_id", "sequence"])
