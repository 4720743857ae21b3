"""Credentials of providers, their renewals and attestation; deadlines put off; calendars that are subscribed to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gate.persistence.migrations.protection import isolate_tenants, let_accounts_read

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_PRESENT = sa.text("archived_at IS NULL")
_SUBMITTED = sa.text("status = 'submitted'")
_OPEN = sa.text("archived_at IS NULL AND task_status NOT IN ('completed', 'not_applicable')")
_PUT_OFF = sa.text("archived_at IS NULL AND snoozed_until IS NOT NULL")
_NEVER_DELETED = ("SELECT", "INSERT", "UPDATE")
_TASK_INDEXES = {
    "ix_credentialing_tasks_open_due": (("due_date", "id"), _OPEN),
    "ix_credentialing_tasks_open_assigned": (("assigned_to", "due_date", "id"), _OPEN),
    "ix_credentialing_tasks_open_payer": (("payer_id", "due_date", "id"), _OPEN),
    "ix_credentialing_tasks_tenant_payer_status": (("payer_id", "task_status", "due_date", "id"), _PRESENT),
}


def upgrade() -> None:
    """Create the tables, each with the least rights that do, and the columns and indexes that came with their pages."""
    _create_provider_credentials()
    _create_credential_renewals()
    _create_calendar_addresses()
    isolate_tenants("provider_credentials", may=_NEVER_DELETED)
    isolate_tenants("credential_renewals", may=_NEVER_DELETED)
    isolate_tenants("calendar_addresses")
    let_accounts_read("calendar_addresses")
    op.add_column("providers", sa.Column("caqh_attested_on", sa.Date, nullable=True))
    _create_index("ix_providers_tenant_attested", "providers", ("caqh_attested_on", "id"), _PRESENT)
    table = "provider_enrollments"
    op.add_column(table, sa.Column("snoozed_until", sa.Date, nullable=True))
    _create_index("ix_provider_enrollments_put_off", table, ("status", "recert_due_on", "id"), _PUT_OFF)
    for name, (columns, condition) in _TASK_INDEXES.items():
        _create_index(name, "credentialing_tasks", columns, condition)


def downgrade() -> None:
    """Drop them; credentials, their renewals and attestation dates are lost."""
    for name in _TASK_INDEXES:
        op.drop_index(name, "credentialing_tasks")
    op.drop_index("ix_provider_enrollments_put_off", "provider_enrollments")
    op.drop_column("provider_enrollments", "snoozed_until")
    op.drop_index("ix_providers_tenant_attested", "providers")
    op.drop_column("providers", "caqh_attested_on")
    for table in ("calendar_addresses", "credential_renewals", "provider_credentials"):
        op.drop_table(table)


def _create_index(name: str, table: str, columns: Sequence[str], condition: sa.TextClause) -> None:
    op.create_index(name, table, ["tenant", *columns], sqlite_where=condition, postgresql_where=condition)


def _create_provider_credentials() -> None:
    op.create_table(
        "provider_credentials",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("provider_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("state", sa.String(2), nullable=False),
        sa.Column("issued_on", sa.Date, nullable=True),
        sa.Column("expires_on", sa.Date, nullable=True),
        sa.Column("coordinator", sa.Text, nullable=False),
        sa.Column("document_reference", sa.Text, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("snoozed_until", sa.Date, nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("archived_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_provider_credentials"),
        sa.ForeignKeyConstraint(
            ["tenant", "provider_id"],
            ["providers.tenant", "providers.id"],
            name="fk_provider_credentials_provider_id_providers",
        ),
    )
    table = "provider_credentials"
    _create_index("ix_provider_credentials_tenant_expires", table, ("expires_on", "id"), _PRESENT)
    _create_index("ix_provider_credentials_tenant_coordinator", table, ("coordinator", "expires_on", "id"), _PRESENT)
    _create_index("ix_provider_credentials_tenant_kind", table, ("kind", "expires_on", "id"), _PRESENT)
    _create_index("ix_provider_credentials_tenant_provider", table, ("provider_id", "id"), _PRESENT)
    _create_index("ix_provider_credentials_put_off", table, ("expires_on", "id"), _PUT_OFF)


def _create_credential_renewals() -> None:
    op.create_table(
        "credential_renewals",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("credential_id", sa.String(36), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("issued_on", sa.Date, nullable=True),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.Column("document_reference", sa.Text, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("submitted_by", sa.Text, nullable=False),
        sa.Column("submitted_at", _INSTANT, nullable=False),
        sa.Column("reviewed_by", sa.Text, nullable=False),
        sa.Column("reviewed_at", _INSTANT, nullable=True),
        sa.Column("rejection_reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_credential_renewals"),
        sa.ForeignKeyConstraint(
            ["tenant", "credential_id"],
            ["provider_credentials.tenant", "provider_credentials.id"],
            name="fk_credential_renewals_credential_id_provider_credentials",
        ),
    )
    op.create_index(
        "ix_credential_renewals_tenant_credential", "credential_renewals", ["tenant", "credential_id", "id"]
    )
    op.create_index("ix_credential_renewals_tenant_status", "credential_renewals", ["tenant", "status", "id"])
    op.create_index(
        "ux_credential_renewals_tenant_waiting",
        "credential_renewals",
        ["tenant", "credential_id"],
        unique=True,
        sqlite_where=_SUBMITTED,
        postgresql_where=_SUBMITTED,
    )


def _create_calendar_addresses() -> None:
    op.create_table(
        "calendar_addresses",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("vouched_roles", _DOCUMENT, nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "account_id", name="pk_calendar_addresses"),
        sa.UniqueConstraint("digest", name="uq_calendar_addresses_digest"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_calendar_addresses_account_id_accounts"),
    )
    op.create_index("ix_calendar_addresses_account_id", "calendar_addresses", ["account_id"])
