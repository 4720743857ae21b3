"""A credentialing office on a real database, with a clock that a test turns."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, Concatenate, ParamSpec, TypeVar

from gate.audit.log import AuditLog
from gate.audit.model import EVERYTHING, Actor, Via
from gate.audit.repository import oldest_first
from gate.credentialing.model.applications import (
    Application,
    ApplicationChange,
    ApplicationDraft,
    ApplicationFilter,
    ApplicationStatus,
)
from gate.credentialing.model.contracts import Contract, ContractFilter
from gate.credentialing.model.dashboard import Dashboard
from gate.credentialing.model.enrollments import Enrollment, EnrollmentDraft
from gate.credentialing.model.payers import Payer, PayerDraft
from gate.credentialing.model.providers import Provider, ProviderDraft
from gate.credentialing.model.reconciliation import MedicaidStanding, Mismatch, MismatchKind, Standing
from gate.credentialing.model.selection import GeneratedTasks, PayerStatistics, SelectionFilter
from gate.credentialing.model.tasks import Task, TaskChange
from gate.credentialing.model.workflows import WorkflowDraft, WorkflowType
from gate.credentialing.service.applications import ApplicationService
from gate.credentialing.service.contracts import ContractService
from gate.credentialing.service.credentials import CredentialService
from gate.credentialing.service.dashboard import DashboardService
from gate.credentialing.service.deadlines import DeadlineService
from gate.credentialing.service.enrollments import EnrollmentService
from gate.credentialing.service.payers import PayerService
from gate.credentialing.service.providers import ProviderService
from gate.credentialing.service.reconciliation import ReconciliationService
from gate.credentialing.service.records import ChangeLog
from gate.credentialing.service.renewals import RenewalService
from gate.credentialing.service.reports import ReportService
from gate.credentialing.service.selection import SelectionService
from gate.credentialing.service.tasks import TaskService
from gate.credentialing.service.workload import WorkloadService
from gate.persistence.unit_of_work import Database, UnitOfWork
from sources.npi import check_digit

P = ParamSpec("P")
R = TypeVar("R")
TODAY = date(2026, 3, 10)
_numbers = count(1)


class _Unobserved:
    def appended(self, head: object) -> None:
        pass


def new_npi() -> str:
    """One that nobody else in these tests has."""
    first_nine = f"1{next(_numbers):08}"
    return first_nine + check_digit(first_nine)


class Medicaid:
    """What is known of Medicaid enrollment, as a test says it; nothing, until it does."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str, str], MedicaidStanding] = {}

    async def standings(
        self, tenant: str, wanted: Iterable[tuple[str, str]]
    ) -> Mapping[tuple[str, str], MedicaidStanding]:
        return {whose: self.known[tenant, *whose] for whose in wanted if (tenant, *whose) in self.known}


class Office:
    """Of one tenant."""

    def __init__(self, database: Database, tenant: str) -> None:
        self.database = database
        self.tenant = tenant
        self.now = datetime(TODAY.year, TODAY.month, TODAY.day, 15, tzinfo=UTC)
        self.by = Actor(tenant=tenant, subject="ann", via=Via.SESSION)
        log = ChangeLog(AuditLog(_Unobserved(), self._clock), self._clock)
        self.providers = ProviderService(log)
        self.payers = PayerService(log)
        self.enrollments = EnrollmentService(log, self.payers)
        self.applications = ApplicationService(log, self.payers)
        self.selection = SelectionService(log, self.payers, self.applications)
        self.deadlines = DeadlineService(log, self.payers, self.selection)
        self.tasks = TaskService(log, self.payers)
        self.contracts = ContractService(log)
        self.credentials = CredentialService(log, self.payers)
        self.renewals = RenewalService(log)
        self.dashboards = DashboardService(self.payers)
        self.reports = ReportService(log, self.payers)
        self.workload = WorkloadService(self.payers, self.renewals)
        self.medicaid = Medicaid()
        self.reconciliation = ReconciliationService(database, self.medicaid, log, self.providers, self.payers)

    def _clock(self) -> datetime:
        return self.now

    @property
    def today(self) -> date:
        return self.now.date()

    def later(self, days: int) -> None:
        """Turn the clock."""
        self.now += timedelta(days=days)

    def of_others(self) -> "Office":
        """An office of another tenant, at the same time."""
        other = Office(self.database, f"not-{self.tenant}")
        other.now = self.now
        return other

    async def do(self, act: Callable[Concatenate[UnitOfWork, P], Awaitable[R]], *args: P.args, **named: P.kwargs) -> R:
        """`act` in a unit of work of its own."""
        async with self.database.writing(self.tenant) as unit:
            return await act(unit, *args, **named)

    async def read(
        self, act: Callable[Concatenate[UnitOfWork, P], Awaitable[R]], *args: P.args, **named: P.kwargs
    ) -> R:
        """`act` in a unit that only reads."""
        async with self.database.reading(self.tenant) as unit:
            return await act(unit, *args, **named)

    async def provider(self, last_name: str = "Doe", **fields: Any) -> Provider:
        draft = ProviderDraft(**{"first_name": "Jane", "last_name": last_name, "npi": new_npi(), **fields})
        return await self.do(self.providers.create, draft, self.by)

    async def payer(self, name: str = "Molina", **fields: Any) -> Payer:
        return await self.do(self.payers.create, PayerDraft(name=name, **fields), self.by)

    async def enrollment(self, provider: Provider, payer: Payer, **fields: Any) -> Enrollment:
        draft = EnrollmentDraft(provider_id=provider.id, payer_id=payer.id, **fields)
        return await self.do(self.enrollments.create, draft, self.by)

    async def payer_with(self, kind: WorkflowType, name: str = "Molina", **workflow: Any) -> Payer:
        """A payer and its workflow."""
        payer = await self.payer(name)
        draft = WorkflowDraft(workflow_type=kind, **workflow)
        await self.do(self.payers.put_workflow, payer.id, draft, self.by)
        return payer

    async def application(self, provider: Provider, payer: Payer, *statuses: ApplicationStatus) -> Application:
        """An application that went through these statuses, today."""
        draft = ApplicationDraft(provider_id=provider.id, payer_id=payer.id)
        application = await self.do(self.applications.create, draft, self.by)
        for status in statuses:
            application = await self.move(application, status)
        return application

    async def move(self, application: Application, status: ApplicationStatus, **change: Any) -> Application:
        told = ApplicationChange(application_status=status, **change)
        return (await self.do(self.applications.update, application.id, told, self.by)).application

    async def choose(self, provider: Provider, *chosen: Payer) -> GeneratedTasks:
        """The button "Generate tasks"."""
        ids = [payer.id for payer in chosen]
        return await self.do(self.selection.credential, provider.id, ids, self.by)

    async def selectable(self, provider: Provider | None = None) -> dict[str, PayerStatistics]:
        """The table of payers, by name."""
        wanted = SelectionFilter(provider_id=provider.id if provider else "")
        page = await self.read(self.selection.statistics, wanted)
        return {row.name: row for row in page.items}

    async def dashboard(self, provider: Provider) -> Dashboard:
        return await self.read(self.dashboards.of_provider, provider.id)

    async def tasks_of(self, provider: Provider) -> list[Task]:
        return [task for row in (await self.dashboard(provider)).payers for task in row.tasks]

    async def change_tasks(self, *tasks: Task, **change: Any) -> list[Task]:
        ids = [task.id for task in tasks]
        return await self.do(self.tasks.update, ids, TaskChange(**change), self.by)

    async def contracts_of(self, provider: Provider) -> list[Contract]:
        page = await self.read(self.contracts.list, ContractFilter(provider_id=provider.id))
        return list(page.items)

    async def overdue(self) -> list[str]:
        """Ids of the applications that payers have had for too long."""
        page = await self.read(self.applications.list, ApplicationFilter(is_overdue=True))
        return [listed.application.id for listed in page.items]

    async def mismatches(self) -> list[Mismatch]:
        return list((await self.reconciliation.page(self.tenant, self.by)).items)

    async def found(self) -> list[tuple[MismatchKind, str, str]]:
        """What does not go together: kind, state, payer."""
        return [(each.kind, each.state, each.payer_name) for each in await self.mismatches()]

    def heard(self, provider: Provider, state: str, standing: Standing, *taxonomies: str, days_ago: int = 0) -> None:
        """Have the gate know this of the provider."""
        self.medicaid.known[self.tenant, provider.npi, state] = MedicaidStanding(
            standing=standing,
            taxonomies=taxonomies,
            source="ut_portal",
            verified_at=self.now - timedelta(days=days_ago),
        )

    async def audited(self) -> list[tuple[str, str]]:
        """What the audit log tells, oldest first: action, and kind of object."""
        async with self.database.reading(self.tenant) as unit:
            entries = await oldest_first(unit.session, self.tenant, EVERYTHING, after=0, until=10_000, limit=10_000)
        return [(entry.action, entry.object.partition("/")[0]) for entry in entries]

    async def audit_details(self) -> list[str]:
        """The details of every entry, oldest first."""
        async with self.database.reading(self.tenant) as unit:
            entries = await oldest_first(unit.session, self.tenant, EVERYTHING, after=0, until=10_000, limit=10_000)
        return [entry.details for entry in entries]
