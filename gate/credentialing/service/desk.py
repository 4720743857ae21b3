"""Everything that doors offer of credentialing, put together."""

from typing import Self

import msgspec

from gate.audit.trail import AuditTrail
from gate.clock import Clock
from gate.credentialing.model.reconciliation import MedicaidEvidence
from gate.credentialing.service.applications import ApplicationService
from gate.credentialing.service.attestations import AttestationService
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
from gate.persistence.unit_of_work import Database


class CredentialingDesk(msgspec.Struct, frozen=True, kw_only=True):
    """The services, each for the tenant of the unit it is given."""

    providers: ProviderService
    payers: PayerService
    enrollments: EnrollmentService
    deadlines: DeadlineService
    applications: ApplicationService
    selection: SelectionService
    tasks: TaskService
    contracts: ContractService
    credentials: CredentialService
    renewals: RenewalService
    dashboards: DashboardService
    attestations: AttestationService
    reports: ReportService
    reconciliation: ReconciliationService
    workload: WorkloadService

    @classmethod
    def of(cls, database: Database, evidence: MedicaidEvidence, trail: AuditTrail, clock: Clock) -> Self:
        """With this audit log and this clock."""
        log = ChangeLog(trail, clock)
        providers, payers = ProviderService(log), PayerService(log)
        applications = ApplicationService(log, payers)
        selection = SelectionService(log, payers, applications)
        renewals = RenewalService(log)
        return cls(
            providers=providers,
            payers=payers,
            enrollments=EnrollmentService(log, payers),
            deadlines=DeadlineService(log, payers, selection),
            applications=applications,
            selection=selection,
            tasks=TaskService(log, payers),
            contracts=ContractService(log),
            credentials=CredentialService(log, payers),
            renewals=renewals,
            dashboards=DashboardService(payers),
            attestations=AttestationService(clock),
            reports=ReportService(log, payers),
            reconciliation=ReconciliationService(database, evidence, log, providers, payers),
            workload=WorkloadService(payers, renewals),
        )
