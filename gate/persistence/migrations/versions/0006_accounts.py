"""People who sign in to the portal: accounts, memberships, sessions, and tries to sign in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gate.persistence.migrations.protection import (
    create_roles,
    isolate_tenants,
    let_accounts_read,
    reserve_for_accounts,
)
from gate.persistence.roles import ACCOUNTS_ROLE

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Create the four tables, each with the least rights that do."""
    create_roles(ACCOUNTS_ROLE)
    _create_accounts()
    _create_memberships()
    _create_sessions()
    _create_tries()
    reserve_for_accounts("accounts", may=("SELECT", "INSERT", "UPDATE"))
    reserve_for_accounts("sessions")
    reserve_for_accounts("sign_in_tries")
    isolate_tenants("memberships")
    let_accounts_read("memberships")


def downgrade() -> None:
    """Drop them; accounts are lost. The role stays: it is the server's, not this database's."""
    for table in ("sign_in_tries", "sessions", "memberships", "accounts"):
        op.drop_table(table)


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("login", sa.String(254), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("password_hash", sa.Text, nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("password_changed_at", _INSTANT, nullable=True),
        sa.Column("disabled_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("issuer", "login", name="uq_accounts_issuer_login"),
    )


def _create_memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("roles", _DOCUMENT, nullable=False),
        sa.Column("granted_at", _INSTANT, nullable=False),
        sa.Column("granted_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "account_id", name="pk_memberships"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_memberships_account_id_accounts"),
    )
    op.create_index("ix_memberships_account_id", "memberships", ["account_id"])


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("current_tenant", sa.String(64), nullable=True),
        sa.Column("vouched_roles", _DOCUMENT, nullable=True),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(256), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("digest", name="uq_sessions_digest"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_sessions_account_id_accounts"),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])


def _create_tries() -> None:
    op.create_table(
        "sign_in_tries",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", _INSTANT, nullable=False),
        sa.Column("blocked_until", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_sign_in_tries"),
    )
