"""What the first page counts and what it shows first: counts of what falls due by day, and indexes of whose it is.

Whoever watches the service sees how many alerts there are of all tenants, by kind and urgency, and nothing else.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

from gate.persistence.migrations.counting import Counting, keep_counts, stop_counting
from gate.persistence.migrations.protection import isolate_tenants, let_overview_read, stop_overview

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_DUE: Final = "due_counts"
_FALLS_DUE: Final = "{row}.archived_at IS NULL AND {row}."
_COUNTS: Final = (
    Counting(
        table="provider_credentials",
        into=_DUE,
        by={"day": "expires_on"},
        amounts={"credentials": "1"},
        counted=_FALLS_DUE + "expires_on IS NOT NULL",
        depends_on=("expires_on", "archived_at"),
    ),
    Counting(
        table="provider_enrollments",
        into=_DUE,
        by={"day": "recert_due_on"},
        amounts={"enrollments": "1"},
        counted=_FALLS_DUE + "recert_due_on IS NOT NULL AND {row}.status = 'enrolled'",
        depends_on=("recert_due_on", "archived_at", "status"),
    ),
    Counting(
        table="credentialing_tasks",
        into=_DUE,
        by={"day": "due_date"},
        amounts={"tasks": "1"},
        counted=_FALLS_DUE + "due_date IS NOT NULL AND {row}.task_status NOT IN ('completed', 'not_applicable')",
        depends_on=("due_date", "archived_at", "task_status"),
    ),
    Counting(
        table="payer_applications",
        into=_DUE,
        by={"day": "expected_by"},
        amounts={"applications": "1"},
        counted=_FALLS_DUE + "expected_by IS NOT NULL",
        depends_on=("expected_by", "archived_at"),
    ),
    Counting(
        table="credential_renewals",
        into="renewal_counts",
        by={"status": "status"},
        amounts={"renewals": "1"},
        counted="{row}.status IS NOT NULL",
        depends_on=("status",),
    ),
    Counting(
        table="alerts",
        into="alert_counts",
        by={"kind": "kind", "urgency": "urgency"},
        amounts={
            "alerts": "1",
            "escalated": "CASE WHEN {row}.escalated_at IS NOT NULL THEN 1 ELSE 0 END",
            "unassigned": "CASE WHEN {row}.assigned_to = '' THEN 1 ELSE 0 END",
        },
        counted="{row}.closed_at IS NULL",
        depends_on=("kind", "urgency", "closed_at", "escalated_at", "assigned_to"),
    ),
)
_TABLES: Final = (_DUE, "renewal_counts", "alert_counts")
_IS_OPEN: Final = sa.text("status = 'open'")
_IS_PRESENT: Final = sa.text("archived_at IS NULL")


def upgrade() -> None:
    """Create the counts and the indexes, and count what is there."""
    _create_due_counts()
    _create_renewal_counts()
    _create_alert_counts()
    for table in _TABLES:
        isolate_tenants(table, may=("SELECT", "INSERT", "UPDATE"))
    for counting in _COUNTS:
        keep_counts(counting)
    let_overview_read("alert_counts", ("kind", "urgency", "alerts"))
    op.create_index(
        "ix_alerts_open_of",
        "alerts",
        ["tenant", "assigned_to", "due_on", "id"],
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    )
    op.create_index(
        "ix_payer_applications_tenant_assigned_expected",
        "payer_applications",
        ["tenant", "assigned_to", "expected_by", "id"],
        sqlite_where=_IS_PRESENT,
        postgresql_where=_IS_PRESENT,
    )


def downgrade() -> None:
    """Drop them; the counts can be made again."""
    op.drop_index("ix_payer_applications_tenant_assigned_expected", "payer_applications")
    op.drop_index("ix_alerts_open_of", "alerts")
    stop_overview("alert_counts")
    for counting in _COUNTS:
        stop_counting(counting)
    for table in _TABLES:
        op.drop_table(table)


def _create_due_counts() -> None:
    op.create_table(
        _DUE,
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=False, server_default=sa.text("0"))
            for name in ("credentials", "enrollments", "tasks", "applications")
        ),
        sa.PrimaryKeyConstraint("tenant", "day", name="pk_due_counts"),
    )


def _create_renewal_counts() -> None:
    op.create_table(
        "renewal_counts",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("renewals", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "status", name="pk_renewal_counts"),
    )


def _create_alert_counts() -> None:
    op.create_table(
        "alert_counts",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("urgency", sa.String(16), nullable=False),
        sa.Column("alerts", sa.Integer, nullable=False),
        sa.Column("escalated", sa.Integer, nullable=False),
        sa.Column("unassigned", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", "urgency", name="pk_alert_counts"),
    )
