"""What is to be told outside, to whom, and scheduled work: the outbox, webhook endpoints, leases and runs of jobs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gate.persistence.migrations.protection import isolate_tenants, let_overview_read

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    """Create the tables, each with the least rights that do."""
    _create_outbox()
    _create_webhook_endpoints()
    _create_job_leases()
    _create_job_runs()
    for table in ("outbox_messages", "webhook_endpoints", "job_runs"):
        isolate_tenants(table)
    isolate_tenants("job_leases", may=("SELECT", "INSERT", "UPDATE"))
    # Whose messages are due, and how many; not what they say or to whom.
    let_overview_read("outbox_messages", ("tenant", "channel", "state", "due_at"))


def downgrade() -> None:
    """Drop them; messages that wait are lost."""
    for table in ("job_runs", "job_leases", "webhook_endpoints", "outbox_messages"):
        op.drop_table(table)


def _create_outbox() -> None:
    op.create_table(
        "outbox_messages",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("body", _DOCUMENT, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("not_before", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("settled_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_outbox_messages"),
        sa.UniqueConstraint("tenant", "channel", "key", name="uq_outbox_messages_tenant_channel_key"),
    )
    op.create_index(
        "ix_outbox_messages_due",
        "outbox_messages",
        ["due_at", "tenant", "channel"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_index("ix_outbox_messages_tenant_state", "outbox_messages", ["tenant", "state", "id"])


def _create_webhook_endpoints() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("topics", _DOCUMENT, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("previous_until", _INSTANT, nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("disabled_at", _INSTANT, nullable=True),
        sa.Column("disabled_because", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_webhook_endpoints"),
    )


def _create_job_leases() -> None:
    op.create_table(
        "job_leases",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("job", sa.String(64), nullable=False),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("leased_until", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "job", name="pk_job_leases"),
    )


def _create_job_runs() -> None:
    op.create_table(
        "job_runs",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("job", sa.String(64), nullable=False),
        sa.Column("scheduled_for", _INSTANT, nullable=False),
        sa.Column("is_ordered", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("started_at", _INSTANT, nullable=True),
        sa.Column("finished_at", _INSTANT, nullable=True),
        sa.Column("summary", _DOCUMENT, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "job", "scheduled_for", name="pk_job_runs"),
    )
