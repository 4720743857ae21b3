"""Where credentialing records are stored. Columns bear the names of the models' fields: `repository.rows` relies on it.

Ids are UUIDs of version 7: to order by them is to order by when a record began.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    column,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column

from gate.credentialing.model.tasks import DONE
from gate.persistence.base import DOCUMENT, Base, OfOneTenant

_IS_PRESENT = column("archived_at").is_(None)
IS_LEFT_TO_DO = column("task_status").not_in([literal_column(f"'{status.value}'") for status in sorted(DONE)])
"""Of tasks. Queries say it in these very words: with parameters in it, no planner sees that the index fits."""
_IS_OPEN = and_(_IS_PRESENT, IS_LEFT_TO_DO)
_WAS_PUT_OFF = and_(_IS_PRESENT, column("snoozed_until").is_not(None))
_IS_WAITING = column("status") == literal_column("'submitted'")
_NONE: ColumnElement[int] = literal_column("0")
_BY_ITS_BYTES = Text().with_variant(Text(collation="C"), "postgresql")
"""Sorted alike by both databases."""


def _listed(name: str, *columns: str, unique: bool = False) -> Index:
    """An index of records that are not archived."""
    return _of_some(name, _IS_PRESENT, *columns, unique=unique)


def _of_some(name: str, where: ColumnElement[bool], *columns: str, unique: bool = False) -> Index:
    """An index of the records that are `where`."""
    return Index(name, "tenant", *columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _put_off(name: str, *columns: str) -> Index:
    """An index of records that were put off at some time: few among many."""
    return Index(name, "tenant", *columns, sqlite_where=_WAS_PUT_OFF, postgresql_where=_WAS_PUT_OFF)


def _still_to_do(name: str, *columns: str) -> Index:
    """An index of tasks with which something is left to do: what was done over the years is not passed through."""
    return _of_some(name, _IS_OPEN, *columns)


def _belongs_to(table: str, kind: str, column: str) -> ForeignKeyConstraint:
    """Within one tenant: a record cannot refer to another tenant's."""
    return ForeignKeyConstraint(
        ["tenant", column], [f"{kind}.tenant", f"{kind}.id"], name=f"fk_{table}_{column}_{kind}"
    )


class ProviderTable(OfOneTenant, Base):
    """A provider. Among those that are not archived an NPI is one provider's."""

    __tablename__ = "providers"
    __table_args__ = (
        _listed("ix_providers_tenant_sort_name_id", "sort_name", "id"),
        _listed("ux_providers_tenant_npi", "npi", unique=True),
        _listed("ix_providers_tenant_attested", "caqh_attested_on", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    first_name: Mapped[str] = mapped_column(Text)
    last_name: Mapped[str] = mapped_column(Text)
    sort_name: Mapped[str] = mapped_column(_BY_ITS_BYTES)
    npi: Mapped[str] = mapped_column(String(10))
    role: Mapped[str] = mapped_column(Text)
    is_attending: Mapped[bool]
    is_supervising: Mapped[bool]
    is_bookable: Mapped[bool]
    taxonomies: Mapped[list[str]] = mapped_column(DOCUMENT)
    states: Mapped[list[str]] = mapped_column(DOCUMENT)
    caqh_attested_on: Mapped[date | None]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class PayerTable(OfOneTenant, Base):
    """A payer."""

    __tablename__ = "payers"
    __table_args__ = (_listed("ix_payers_tenant_sort_name_id", "sort_name", "id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    sort_name: Mapped[str] = mapped_column(_BY_ITS_BYTES)
    payer_type: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(2))
    requires_individual_contract: Mapped[bool]
    allows_supervised: Mapped[bool]
    requires_attending: Mapped[bool]
    supervision_level: Mapped[str] = mapped_column(String(32))
    current_census: Mapped[int]
    census_counted_on: Mapped[date | None]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class WorkflowTable(OfOneTenant, Base):
    """How credentialing goes with one payer."""

    __tablename__ = "payer_workflows"
    __table_args__ = (_belongs_to("payer_workflows", "payers", "payer_id"),)

    payer_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    workflow_type: Mapped[str] = mapped_column(String(32))
    portal_url: Mapped[str] = mapped_column(Text)
    portal_instructions: Mapped[str] = mapped_column(Text)
    excel_template_url: Mapped[str] = mapped_column(Text)
    excel_submission_email: Mapped[str] = mapped_column(Text)
    credentialing_contact_name: Mapped[str] = mapped_column(Text)
    credentialing_contact_email: Mapped[str] = mapped_column(Text)
    typical_approval_days: Mapped[int | None]
    task_templates: Mapped[list[dict[str, Any]]] = mapped_column(DOCUMENT)
    updated_at: Mapped[datetime]


class EnrollmentTable(OfOneTenant, Base):
    """A provider's enrollment with a payer."""

    __tablename__ = "provider_enrollments"
    __table_args__ = (
        _belongs_to("provider_enrollments", "providers", "provider_id"),
        _belongs_to("provider_enrollments", "payers", "payer_id"),
        # Newest first: all, by status, and by each of the three codes. Searches are answered from these alone.
        _listed("ix_provider_enrollments_tenant_newest", "id", "npi", "billing_npi", "taxonomy_code", "status"),
        _listed("ix_provider_enrollments_tenant_status_id", "status", "id"),
        _listed("ix_provider_enrollments_tenant_npi_newest", "npi", "id", "status"),
        _listed("ix_provider_enrollments_tenant_billing_newest", "billing_npi", "id", "status"),
        _listed("ix_provider_enrollments_tenant_taxonomy_newest", "taxonomy_code", "id", "status"),
        # One provider's, one payer's.
        _listed("ix_provider_enrollments_tenant_provider_id", "provider_id", "id"),
        _listed("ix_provider_enrollments_tenant_payer_id", "payer_id", "id"),
        _listed("ix_provider_enrollments_tenant_payer_status", "payer_id", "status", "id"),
        # Deadlines, everybody's and one coordinator's.
        _listed("ix_provider_enrollments_tenant_status_due", "status", "recert_due_on", "id"),
        _listed("ix_provider_enrollments_tenant_coordinator_due", "coordinator", "status", "recert_due_on", "id"),
        _put_off("ix_provider_enrollments_put_off", "status", "recert_due_on", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    provider_id: Mapped[str] = mapped_column(String(36))
    payer_id: Mapped[str] = mapped_column(String(36))
    status: Mapped[str] = mapped_column(String(16))
    npi: Mapped[str] = mapped_column(String(10))
    billing_npi: Mapped[str] = mapped_column(String(10))
    taxonomy_code: Mapped[str] = mapped_column(String(10))
    effective_date: Mapped[date | None]
    recert_due_on: Mapped[date | None]
    submitted_date: Mapped[date | None]
    approved_date: Mapped[date | None]
    payer_loaded_date: Mapped[date | None]
    coordinator: Mapped[str] = mapped_column(Text)
    notes: Mapped[str] = mapped_column(Text)
    snoozed_until: Mapped[date | None]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class ApplicationTable(OfOneTenant, Base):
    """A provider's application to a payer, of which there is one."""

    __tablename__ = "payer_applications"
    __table_args__ = (
        _belongs_to("payer_applications", "providers", "provider_id"),
        _belongs_to("payer_applications", "payers", "payer_id"),
        UniqueConstraint("tenant", "provider_id", "payer_id", name="uq_payer_applications_provider_payer"),
        _listed("ix_payer_applications_tenant_newest", "id"),
        _listed("ix_payer_applications_tenant_status_id", "application_status", "id"),
        _listed("ix_payer_applications_tenant_payer_id", "payer_id", "id"),
        _listed("ix_payer_applications_tenant_payer_status", "payer_id", "application_status", "id"),
        _listed("ix_payer_applications_tenant_expected_by", "expected_by", "id"),
        _listed("ix_payer_applications_tenant_assigned_expected", "assigned_to", "expected_by", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    provider_id: Mapped[str] = mapped_column(String(36))
    payer_id: Mapped[str] = mapped_column(String(36))
    application_status: Mapped[str] = mapped_column(String(16))
    status_since: Mapped[datetime]
    application_started_date: Mapped[date | None]
    application_submitted_date: Mapped[date | None]
    approval_date: Mapped[date | None]
    effective_date: Mapped[date | None]
    is_effective_date_assumed: Mapped[bool]
    expected_by: Mapped[date | None]
    caqh_application_id: Mapped[str] = mapped_column(Text)
    payer_application_id: Mapped[str] = mapped_column(Text)
    portal_reference: Mapped[str] = mapped_column(Text)
    denial_reason: Mapped[str] = mapped_column(Text)
    reapplication_eligible: Mapped[bool]
    assigned_to: Mapped[str] = mapped_column(Text)
    notes: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class ApplicationEventTable(OfOneTenant, Base):
    """A change of an application's status. Rows are added and never changed."""

    __tablename__ = "application_events"
    __table_args__ = (_belongs_to("application_events", "payer_applications", "application_id"),)

    application_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    payer_id: Mapped[str] = mapped_column(String(36))
    from_status: Mapped[str | None] = mapped_column(String(16))
    to_status: Mapped[str] = mapped_column(String(16))
    days_in_from: Mapped[int | None]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)


class TaskTable(OfOneTenant, Base):
    """A step of taking one provider to one payer."""

    __tablename__ = "credentialing_tasks"
    __table_args__ = (
        _belongs_to("credentialing_tasks", "providers", "provider_id"),
        _belongs_to("credentialing_tasks", "payers", "payer_id"),
        _listed("ix_credentialing_tasks_tenant_provider", "provider_id", "payer_id", "task_order", "id"),
        _listed("ix_credentialing_tasks_tenant_due", "due_date", "id"),
        _listed("ix_credentialing_tasks_tenant_status_due", "task_status", "due_date", "id"),
        _listed("ix_credentialing_tasks_tenant_assigned_due", "assigned_to", "due_date", "id"),
        _listed("ix_credentialing_tasks_tenant_assigned_status", "assigned_to", "task_status", "due_date", "id"),
        _listed("ix_credentialing_tasks_tenant_payer_status", "payer_id", "task_status", "due_date", "id"),
        _still_to_do("ix_credentialing_tasks_open_due", "due_date", "id"),
        _still_to_do("ix_credentialing_tasks_open_assigned", "assigned_to", "due_date", "id"),
        _still_to_do("ix_credentialing_tasks_open_payer", "payer_id", "due_date", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    provider_id: Mapped[str] = mapped_column(String(36))
    payer_id: Mapped[str] = mapped_column(String(36))
    task_type: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    task_status: Mapped[str] = mapped_column(String(16))
    due_date: Mapped[date | None]
    completed_date: Mapped[date | None]
    task_order: Mapped[int]
    notes: Mapped[str] = mapped_column(Text)
    uploaded_document_url: Mapped[str] = mapped_column(Text)
    assigned_to: Mapped[str] = mapped_column(Text)
    application_id: Mapped[str] = mapped_column(Text)
    portal_url: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class ContractTable(OfOneTenant, Base):
    """A provider's place in a payer's network, of which there is one."""

    __tablename__ = "payer_contracts"
    __table_args__ = (
        _belongs_to("payer_contracts", "providers", "provider_id"),
        _belongs_to("payer_contracts", "payers", "payer_id"),
        UniqueConstraint("tenant", "provider_id", "payer_id", name="uq_payer_contracts_provider_payer"),
        Index("ix_payer_contracts_tenant_payer_newest", "tenant", "payer_id", "id"),
        Index("ix_payer_contracts_tenant_provider_newest", "tenant", "provider_id", "id"),
        # Those that have not begun, and those whose end is known: what `ContractCountTable` has to be corrected by.
        _of_some(
            "ix_payer_contracts_tenant_begins",
            column("end_date").is_(None),
            "effective_date",
            "payer_id",
            "is_bookable",
        ),
        _of_some(
            "ix_payer_contracts_tenant_ends",
            column("end_date").is_not(None),
            *("end_date", "effective_date", "payer_id", "is_bookable"),
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    provider_id: Mapped[str] = mapped_column(String(36))
    payer_id: Mapped[str] = mapped_column(String(36))
    application_id: Mapped[str | None] = mapped_column(String(36))
    effective_date: Mapped[date]
    end_date: Mapped[date | None]
    notes: Mapped[str] = mapped_column(Text)
    is_bookable: Mapped[bool]
    """The provider's, repeated here: a page counts the contracts of every payer by it."""
    created_at: Mapped[datetime]


class ApplicationCountTable(OfOneTenant, Base):
    """How many applications that are not archived stand at a status.

    This and the other counts are kept by the database itself, with the rows they count (`migrations/counting.py`); on
    PostgreSQL they change at the end of the transaction.
    """

    __tablename__ = "application_counts"

    application_status: Mapped[str] = mapped_column(String(16), primary_key=True)
    applications: Mapped[int]


class StayCountTable(OfOneTenant, Base):
    """How often applications to a payer left a status after so many days."""

    __tablename__ = "application_stay_counts"

    payer_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    from_status: Mapped[str] = mapped_column(String(16), primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True)
    stays: Mapped[int]


class ContractCountTable(OfOneTenant, Base):
    """How many contracts with a payer have no last day, whether they have begun or not."""

    __tablename__ = "contract_counts"

    payer_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    contracts: Mapped[int]
    bookable: Mapped[int]
    """Of these, providers who take patients."""


class DueCountTable(OfOneTenant, Base):
    """How many records fall due on a day, whether they are put off or not."""

    __tablename__ = "due_counts"

    day: Mapped[date] = mapped_column(primary_key=True)
    credentials: Mapped[int] = mapped_column(server_default=_NONE)
    """That expire."""
    enrollments: Mapped[int] = mapped_column(server_default=_NONE)
    """That stand and have to be renewed."""
    tasks: Mapped[int] = mapped_column(server_default=_NONE)
    """With which something is left to do."""
    applications: Mapped[int] = mapped_column(server_default=_NONE)
    """That the payer has, and would typically have answered by then."""


class RenewalCountTable(OfOneTenant, Base):
    """How many renewals stand at a status."""

    __tablename__ = "renewal_counts"

    status: Mapped[str] = mapped_column(String(16), primary_key=True)
    renewals: Mapped[int]


class CredentialTable(OfOneTenant, Base):
    """What a provider holds and has to renew."""

    __tablename__ = "provider_credentials"
    __table_args__ = (
        _belongs_to("provider_credentials", "providers", "provider_id"),
        _listed("ix_provider_credentials_tenant_expires", "expires_on", "id"),
        _listed("ix_provider_credentials_tenant_coordinator", "coordinator", "expires_on", "id"),
        _listed("ix_provider_credentials_tenant_kind", "kind", "expires_on", "id"),
        _listed("ix_provider_credentials_tenant_provider", "provider_id", "id"),
        _put_off("ix_provider_credentials_put_off", "expires_on", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    provider_id: Mapped[str] = mapped_column(String(36))
    kind: Mapped[str] = mapped_column(String(32))
    number: Mapped[str] = mapped_column(Text)
    issuer: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(2))
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    coordinator: Mapped[str] = mapped_column(Text)
    document_reference: Mapped[str] = mapped_column(Text)
    notes: Mapped[str] = mapped_column(Text)
    snoozed_until: Mapped[date | None]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class RenewalTable(OfOneTenant, Base):
    """A renewal of a credential, of which one at most waits for its review. None is ever taken away."""

    __tablename__ = "credential_renewals"
    __table_args__ = (
        _belongs_to("credential_renewals", "provider_credentials", "credential_id"),
        Index("ix_credential_renewals_tenant_credential", "tenant", "credential_id", "id"),
        Index("ix_credential_renewals_tenant_status", "tenant", "status", "id"),
        Index(
            "ux_credential_renewals_tenant_waiting",
            "tenant",
            "credential_id",
            unique=True,
            sqlite_where=_IS_WAITING,
            postgresql_where=_IS_WAITING,
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    credential_id: Mapped[str] = mapped_column(String(36))
    status: Mapped[str] = mapped_column(String(16))
    number: Mapped[str] = mapped_column(Text)
    issuer: Mapped[str] = mapped_column(Text)
    issued_on: Mapped[date | None]
    expires_on: Mapped[date]
    document_reference: Mapped[str] = mapped_column(Text)
    notes: Mapped[str] = mapped_column(Text)
    submitted_by: Mapped[str] = mapped_column(Text)
    submitted_at: Mapped[datetime]
    reviewed_by: Mapped[str] = mapped_column(Text)
    reviewed_at: Mapped[datetime | None]
    rejection_reason: Mapped[str] = mapped_column(Text)


class PreferencesTable(OfOneTenant, Base):
    """What an organisation settled for itself."""

    __tablename__ = "credentialing_preferences"

    recred_alert_lead_days: Mapped[int]
    time_zone: Mapped[str] = mapped_column(String(64))
