"""API keys of service accounts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gate.persistence.migrations.protection import isolate_tenants, stop_isolating

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Create the table. The tenants' role may revoke a key and note its use, and change nothing else of it."""
    op.create_table(
        "api_keys",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("roles", _DOCUMENT, nullable=False),
        sa.Column("narrowed_to", _DOCUMENT, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("revoked_by", sa.Text, nullable=False),
        sa.Column("revoked_at", _INSTANT, nullable=True),
        sa.Column("last_used_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "key_id", name="pk_api_keys"),
        sa.UniqueConstraint("key_id", name="uq_api_keys_key_id"),
    )
    isolate_tenants(
        "api_keys", may=("SELECT", "INSERT", "UPDATE (revoked_by, revoked_at, last_used_at)"), overview=True
    )


def downgrade() -> None:
    """Drop it; no key is good any more."""
    stop_isolating("api_keys")
    op.drop_table("api_keys")
