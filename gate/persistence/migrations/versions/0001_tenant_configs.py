"""Tenants' configurations and their switches of mode."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "tenant_configs",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_tenant_configs"),
    )
    op.create_table(
        "tenant_config_versions",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("document", _DOCUMENT, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "version", name="pk_tenant_config_versions"),
        sa.ForeignKeyConstraint(
            ["tenant"], ["tenant_configs.tenant"], name="fk_tenant_config_versions_tenant_tenant_configs"
        ),
    )
    op.create_table(
        "mode_changes",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("config_version", sa.BigInteger, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("state", sa.String(2), nullable=False),
        sa.Column("line_of_business", sa.String(32), nullable=False),
        sa.Column("from_mode", sa.String(16), nullable=False),
        sa.Column("to_mode", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "config_version", "ordinal", name="pk_mode_changes"),
        sa.ForeignKeyConstraint(
            ["tenant", "config_version"],
            ["tenant_config_versions.tenant", "tenant_config_versions.version"],
            name="fk_mode_changes_tenant_config_version_tenant_config_versions",
        ),
    )


def downgrade() -> None:
    """Drop them; configurations are lost."""
    op.drop_table("mode_changes")
    op.drop_table("tenant_config_versions")
    op.drop_table("tenant_configs")
