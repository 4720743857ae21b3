"""Credentialing: providers, payers, workflows, enrollments, applications and their history, tasks, contracts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from gate.persistence.migrations.protection import allow_changes, append_only, isolate_tenants

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_BY_ITS_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_PRESENT = sa.text("archived_at IS NULL")
_ARCHIVED = (
    "providers",
    "payers",
    "provider_enrollments",
    "payer_applications",
    "credentialing_tasks",
    "payer_contracts",
    "credentialing_preferences",
)
_TABLES = (
    "credentialing_preferences",
    "payer_contracts",
    "credentialing_tasks",
    "application_events",
    "payer_applications",
    "provider_enrollments",
    "payer_workflows",
    "payers",
    "providers",
)
_NEVER_DELETED = ("SELECT", "INSERT", "UPDATE")
"""Such records are archived."""


def upgrade() -> None:
    """Create the tables, each with the least rights that do."""
    _create_providers()
    _create_payers()
    _create_payer_workflows()
    _create_provider_enrollments()
    _create_payer_applications()
    _create_application_events()
    _create_credentialing_tasks()
    _create_payer_contracts()
    _create_credentialing_preferences()
    for table in _ARCHIVED:
        isolate_tenants(table, may=_NEVER_DELETED)
    isolate_tenants("payer_workflows")
    isolate_tenants("application_events", may=("SELECT", "INSERT"))
    append_only("application_events", key=("tenant", "application_id", "ordinal"))


def downgrade() -> None:
    """Drop them; the records are lost."""
    allow_changes("application_events")
    for table in _TABLES:
        op.drop_table(table)


def _belongs_to(table: str, kind: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant", column], [f"{kind}.tenant", f"{kind}.id"], name=f"fk_{table}_{column}_{kind}"
    )


def _create_providers() -> None:
    op.create_table(
        "providers",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("first_name", sa.Text, nullable=False),
        sa.Column("last_name", sa.Text, nullable=False),
        sa.Column("sort_name", _BY_ITS_BYTES, nullable=False),
        sa.Column("npi", sa.String(10), nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("is_attending", sa.Boolean, nullable=False),
        sa.Column("is_supervising", sa.Boolean, nullable=False),
        sa.Column("is_bookable", sa.Boolean, nullable=False),
        sa.Column("taxonomies", _DOCUMENT, nullable=False),
        sa.Column("states", _DOCUMENT, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("archived_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_providers"),
    )
    op.create_index(
        "ix_providers_tenant_sort_name_id",
        "providers",
        ["tenant", "sort_name", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "ux_providers_tenant_npi",
        "providers",
        ["tenant", "npi"],
        unique=True,
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )


def _create_payers() -> None:
    op.create_table(
        "payers",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sort_name", _BY_ITS_BYTES, nullable=False),
        sa.Column("payer_type", sa.String(32), nullable=False),
        sa.Column("state", sa.String(2), nullable=False),
        sa.Column("requires_individual_contract", sa.Boolean, nullable=False),
        sa.Column("allows_supervised", sa.Boolean, nullable=False),
        sa.Column("requires_attending", sa.Boolean, nullable=False),
        sa.Column("supervision_level", sa.String(32), nullable=False),
        sa.Column("current_census", sa.Integer, nullable=False),
        sa.Column("census_counted_on", sa.Date, nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("archived_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_payers"),
    )
    op.create_index(
        "ix_payers_tenant_sort_name_id",
        "payers",
        ["tenant", "sort_name", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )


def _create_payer_workflows() -> None:
    op.create_table(
        "payer_workflows",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("payer_id", sa.String(36), nullable=False),
        sa.Column("workflow_type", sa.String(32), nullable=False),
        sa.Column("portal_url", sa.Text, nullable=False),
        sa.Column("portal_instructions", sa.Text, nullable=False),
        sa.Column("excel_template_url", sa.Text, nullable=False),
        sa.Column("excel_submission_email", sa.Text, nullable=False),
        sa.Column("credentialing_contact_name", sa.Text, nullable=False),
        sa.Column("credentialing_contact_email", sa.Text, nullable=False),
        sa.Column("typical_approval_days", sa.Integer, nullable=True),
        sa.Column("task_templates", _DOCUMENT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "payer_id", name="pk_payer_workflows"),
        _belongs_to("payer_workflows", "payers", "payer_id"),
    )


def _create_provider_enrollments() -> None:
    op.create_table(
        "provider_enrollments",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("provider_id", sa.String(36), nullable=False),
        sa.Column("payer_id", sa.String(36), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("npi", sa.String(10), nullable=False),
        sa.Column("billing_npi", sa.String(10), nullable=False),
        sa.Column("taxonomy_code", sa.String(10), nullable=False),
        sa.Column("effective_date", sa.Date, nullable=True),
        sa.Column("recert_due_on", sa.Date, nullable=True),
        sa.Column("submitted_date", sa.Date, nullable=True),
        sa.Column("approved_date", sa.Date, nullable=True),
        sa.Column("payer_loaded_date", sa.Date, nullable=True),
        sa.Column("coordinator", sa.Text, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("archived_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_provider_enrollments"),
        _belongs_to("provider_enrollments", "payers", "payer_id"),
        _belongs_to("provider_enrollments", "providers", "provider_id"),
    )
    op.create_index(
        "ix_provider_enrollments_tenant_billing_npi_id",
        "provider_enrollments",
        ["tenant", "billing_npi", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "ix_provider_enrollments_tenant_coordinator",
        "provider_enrollments",
        ["tenant", "coordinator", "recert_due_on", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "ix_provider_enrollments_tenant_npi_id",
        "provider_enrollments",
        ["tenant", "npi", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "ix_provider_enrollments_tenant_payer_id",
        "provider_enrollments",
        ["tenant", "payer_id", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "ix_provider_enrollments_tenant_provider_id",
        "provider_enrollments",
        ["tenant", "provider_id", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "ix_provider_enrollments_tenant_status_due",
        "provider_enrollments",
        ["tenant", "status", "recert_due_on", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "ix_provider_enrollments_tenant_status_id",
        "provider_enrollments",
        ["tenant", "status", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "ix_provider_enrollments_tenant_taxonomy_code_id",
        "provider_enrollments",
        ["tenant", "taxonomy_code", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )


def _create_payer_applications() -> None:
    op.create_table(
        "payer_applications",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("provider_id", sa.String(36), nullable=False),
        sa.Column("payer_id", sa.String(36), nullable=False),
        sa.Column("application_status", sa.String(16), nullable=False),
        sa.Column("status_since", _INSTANT, nullable=False),
        sa.Column("application_started_date", sa.Date, nullable=True),
        sa.Column("application_submitted_date", sa.Date, nullable=True),
        sa.Column("approval_date", sa.Date, nullable=True),
        sa.Column("effective_date", sa.Date, nullable=True),
        sa.Column("is_effective_date_assumed", sa.Boolean, nullable=False),
        sa.Column("expected_by", sa.Date, nullable=True),
        sa.Column("caqh_application_id", sa.Text, nullable=False),
        sa.Column("payer_application_id", sa.Text, nullable=False),
        sa.Column("portal_reference", sa.Text, nullable=False),
        sa.Column("denial_reason", sa.Text, nullable=False),
        sa.Column("reapplication_eligible", sa.Boolean, nullable=False),
        sa.Column("assigned_to", sa.Text, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("archived_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_payer_applications"),
        _belongs_to("payer_applications", "payers", "payer_id"),
        _belongs_to("payer_applications", "providers", "provider_id"),
        sa.UniqueConstraint("tenant", "provider_id", "payer_id", name="uq_payer_applications_provider_payer"),
    )
    op.create_index(
        "ix_payer_applications_tenant_expected_by",
        "payer_applications",
        ["tenant", "expected_by", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "ix_payer_applications_tenant_payer_id",
        "payer_applications",
        ["tenant", "payer_id", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "ix_payer_applications_tenant_status_id",
        "payer_applications",
        ["tenant", "application_status", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )


def _create_application_events() -> None:
    op.create_table(
        "application_events",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("payer_id", sa.String(36), nullable=False),
        sa.Column("from_status", sa.String(16), nullable=True),
        sa.Column("to_status", sa.String(16), nullable=False),
        sa.Column("days_in_from", sa.Integer, nullable=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "application_id", "ordinal", name="pk_application_events"),
        _belongs_to("application_events", "payer_applications", "application_id"),
    )
    op.create_index(
        "ix_application_events_tenant_stays",
        "application_events",
        ["tenant", "payer_id", "from_status", "days_in_from"],
    )


def _create_credentialing_tasks() -> None:
    op.create_table(
        "credentialing_tasks",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("provider_id", sa.String(36), nullable=False),
        sa.Column("payer_id", sa.String(36), nullable=False),
        sa.Column("task_type", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("task_status", sa.String(16), nullable=False),
        sa.Column("due_date", sa.Date, nullable=True),
        sa.Column("completed_date", sa.Date, nullable=True),
        sa.Column("task_order", sa.Integer, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("uploaded_document_url", sa.Text, nullable=False),
        sa.Column("assigned_to", sa.Text, nullable=False),
        sa.Column("application_id", sa.Text, nullable=False),
        sa.Column("portal_url", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("archived_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_credentialing_tasks"),
        _belongs_to("credentialing_tasks", "payers", "payer_id"),
        _belongs_to("credentialing_tasks", "providers", "provider_id"),
    )
    op.create_index(
        "ix_credentialing_tasks_tenant_assigned_due",
        "credentialing_tasks",
        ["tenant", "assigned_to", "due_date", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "ix_credentialing_tasks_tenant_due",
        "credentialing_tasks",
        ["tenant", "due_date", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "ix_credentialing_tasks_tenant_provider",
        "credentialing_tasks",
        ["tenant", "provider_id", "payer_id", "task_order", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )
    op.create_index(
        "ix_credentialing_tasks_tenant_status_due",
        "credentialing_tasks",
        ["tenant", "task_status", "due_date", "id"],
        sqlite_where=_PRESENT,
        postgresql_where=_PRESENT,
    )


def _create_payer_contracts() -> None:
    op.create_table(
        "payer_contracts",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("provider_id", sa.String(36), nullable=False),
        sa.Column("payer_id", sa.String(36), nullable=False),
        sa.Column("application_id", sa.String(36), nullable=True),
        sa.Column("effective_date", sa.Date, nullable=False),
        sa.Column("end_date", sa.Date, nullable=True),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("is_bookable", sa.Boolean, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_payer_contracts"),
        _belongs_to("payer_contracts", "payers", "payer_id"),
        _belongs_to("payer_contracts", "providers", "provider_id"),
        sa.UniqueConstraint("tenant", "provider_id", "payer_id", name="uq_payer_contracts_provider_payer"),
    )
    op.create_index(
        "ix_payer_contracts_tenant_counted",
        "payer_contracts",
        ["tenant", "payer_id", "is_bookable", "effective_date", "end_date"],
    )


def _create_credentialing_preferences() -> None:
    op.create_table(
        "credentialing_preferences",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("recred_alert_lead_days", sa.Integer, nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_credentialing_preferences"),
    )
