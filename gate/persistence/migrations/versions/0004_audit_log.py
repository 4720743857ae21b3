"""The audit log: entries that can be added and read, and nothing else."""

import sqlalchemy as sa
from alembic import op

from gate.persistence.migrations.protection import allow_changes, append_only, isolate_tenants, stop_isolating

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLE = "audit_entries"


def upgrade() -> None:
    """Create the table, already protected when the first entry comes."""
    op.create_table(
        _TABLE,
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("format", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("object", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("via", sa.String(16), nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "sequence", name="pk_audit_entries"),
    )
    for column in ("subject", "action", "object"):
        op.create_index(f"ix_audit_entries_tenant_{column}_sequence", _TABLE, ["tenant", column, "sequence"])
    op.create_index("ix_audit_entries_tenant_at", _TABLE, ["tenant", "at"])
    isolate_tenants(_TABLE, may=("SELECT", "INSERT"))
    append_only(_TABLE, key=("tenant", "sequence"))


def downgrade() -> None:
    """Drop it; what was recorded is lost."""
    allow_changes(_TABLE)
    stop_isolating(_TABLE)
    op.drop_table(_TABLE)
