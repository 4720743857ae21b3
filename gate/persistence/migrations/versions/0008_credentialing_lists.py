"""Lists of credentialing records answered from indexes, and figures about all of them from counts."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import sqlalchemy as sa
from alembic import op

from gate.persistence.migrations.counting import Counting, keep_counts, stop_counting
from gate.persistence.migrations.protection import isolate_tenants

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_PRESENT: Final = "archived_at IS NULL"


class _Listing(NamedTuple):
    """An index of one tenant's rows."""

    table: str
    name: str
    columns: Sequence[str]
    where: str = _PRESENT


_ENROLLMENTS, _APPLICATIONS = "provider_enrollments", "payer_applications"
_TASKS, _CONTRACTS = "credentialing_tasks", "payer_contracts"
_NEW: Final = (
    _Listing(
        _ENROLLMENTS,
        "ix_provider_enrollments_tenant_newest",
        ("id", "npi", "billing_npi", "taxonomy_code", "status"),
    ),
    _Listing(_ENROLLMENTS, "ix_provider_enrollments_tenant_npi_newest", ("npi", "id", "status")),
    _Listing(_ENROLLMENTS, "ix_provider_enrollments_tenant_billing_newest", ("billing_npi", "id", "status")),
    _Listing(_ENROLLMENTS, "ix_provider_enrollments_tenant_taxonomy_newest", ("taxonomy_code", "id", "status")),
    _Listing(_ENROLLMENTS, "ix_provider_enrollments_tenant_payer_status", ("payer_id", "status", "id")),
    _Listing(
        _ENROLLMENTS,
        "ix_provider_enrollments_tenant_coordinator_due",
        ("coordinator", "status", "recert_due_on", "id"),
    ),
    _Listing(_APPLICATIONS, "ix_payer_applications_tenant_newest", ("id",)),
    _Listing(_APPLICATIONS, "ix_payer_applications_tenant_payer_status", ("payer_id", "application_status", "id")),
    _Listing(
        _TASKS,
        "ix_credentialing_tasks_tenant_assigned_status",
        ("assigned_to", "task_status", "due_date", "id"),
    ),
    _Listing(_CONTRACTS, "ix_payer_contracts_tenant_payer_newest", ("payer_id", "id"), ""),
    _Listing(_CONTRACTS, "ix_payer_contracts_tenant_provider_newest", ("provider_id", "id"), ""),
    _Listing(
        _CONTRACTS,
        "ix_payer_contracts_tenant_begins",
        ("effective_date", "payer_id", "is_bookable"),
        "end_date IS NULL",
    ),
    _Listing(
        _CONTRACTS,
        "ix_payer_contracts_tenant_ends",
        ("end_date", "effective_date", "payer_id", "is_bookable"),
        "end_date IS NOT NULL",
    ),
)
_OLD: Final = (
    _Listing(_ENROLLMENTS, "ix_provider_enrollments_tenant_npi_id", ("npi", "id")),
    _Listing(_ENROLLMENTS, "ix_provider_enrollments_tenant_billing_npi_id", ("billing_npi", "id")),
    _Listing(_ENROLLMENTS, "ix_provider_enrollments_tenant_taxonomy_code_id", ("taxonomy_code", "id")),
    _Listing(_ENROLLMENTS, "ix_provider_enrollments_tenant_coordinator", ("coordinator", "recert_due_on", "id")),
    _Listing(
        _CONTRACTS, "ix_payer_contracts_tenant_counted", ("payer_id", "is_bookable", "effective_date", "end_date"), ""
    ),
    _Listing(
        "application_events", "ix_application_events_tenant_stays", ("payer_id", "from_status", "days_in_from"), ""
    ),
)
_COUNTS: Final = (
    Counting(
        table=_APPLICATIONS,
        into="application_counts",
        by={"application_status": "application_status"},
        amounts={"applications": "1"},
        counted="{row}.archived_at IS NULL",
        depends_on=("application_status", "archived_at"),
    ),
    Counting(
        table="application_events",
        into="application_stay_counts",
        by={"payer_id": "payer_id", "from_status": "from_status", "days": "days_in_from"},
        amounts={"stays": "1"},
        counted="{row}.from_status IS NOT NULL AND {row}.days_in_from IS NOT NULL",
        depends_on=("payer_id", "from_status", "days_in_from"),
    ),
    Counting(
        table=_CONTRACTS,
        into="contract_counts",
        by={"payer_id": "payer_id"},
        amounts={"contracts": "1", "bookable": "CASE WHEN {row}.is_bookable THEN 1 ELSE 0 END"},
        counted="{row}.end_date IS NULL",
        depends_on=("payer_id", "is_bookable", "end_date"),
    ),
)


def upgrade() -> None:
    """Create the indexes and the counts, and count what is there."""
    _replace(_OLD, _NEW)
    _create_application_counts()
    _create_application_stay_counts()
    _create_contract_counts()
    for counting in _COUNTS:
        isolate_tenants(counting.into, may=("SELECT", "INSERT", "UPDATE"))
        keep_counts(counting)


def downgrade() -> None:
    """Drop the counts, which can be made again, and bring the former indexes back."""
    for counting in _COUNTS:
        stop_counting(counting)
        op.drop_table(counting.into)
    _replace(_NEW, _OLD)


def _replace(former: Sequence[_Listing], latter: Sequence[_Listing]) -> None:
    for each in former:
        op.drop_index(each.name, each.table)
    for each in latter:
        where = sa.text(each.where) if each.where else None
        op.create_index(each.name, each.table, ["tenant", *each.columns], sqlite_where=where, postgresql_where=where)


def _create_application_counts() -> None:
    op.create_table(
        "application_counts",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("application_status", sa.String(16), nullable=False),
        sa.Column("applications", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "application_status", name="pk_application_counts"),
    )


def _create_application_stay_counts() -> None:
    op.create_table(
        "application_stay_counts",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("payer_id", sa.String(36), nullable=False),
        sa.Column("from_status", sa.String(16), nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("stays", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "payer_id", "from_status", "days", name="pk_application_stay_counts"),
    )


def _create_contract_counts() -> None:
    op.create_table(
        "contract_counts",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("payer_id", sa.String(36), nullable=False),
        sa.Column("contracts", sa.Integer, nullable=False),
        sa.Column("bookable", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "payer_id", name="pk_contract_counts"),
    )
