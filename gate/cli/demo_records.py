"""Brings the demonstration's records to the gate, as any other program would."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from google.protobuf.field_mask_pb2 import FieldMask
from google.type.date_pb2 import Date

from gate.cli.client import Metadata, channel_to
from gate.demo.records import (
    APPLICATIONS,
    ATTESTED,
    CONTRACTS,
    CREDENTIALS,
    ENROLLMENTS,
    PAYERS,
    DemoApplication,
    DemoCredential,
    DemoPayer,
    DemoProvider,
)
from gate.settings import Settings
from gate.v1 import credentialing_pb2 as pb
from gate.v1 import credentialing_pb2_grpc

_SECONDS: Final = 10
_COORDINATOR: Final = "demo"


async def keep_records(settings: Settings, metadata: Metadata, people: Sequence[DemoProvider], today: date) -> None:
    """Have the caller's tenant keep them all; to be called once."""
    async with channel_to(settings) as channel:
        office = _Office(credentialing_pb2_grpc.CredentialingStub(channel), metadata, today)
        providers = [await office.provider(each, ATTESTED.get(place)) for place, each in enumerate(people)]
        for held in CREDENTIALS:
            await office.credential(held, providers[held.provider], people[held.provider].state)
        templates = await office.templates()
        payers = [await office.payer(each, templates[each.template]) for each in PAYERS]
        for provider, payer, since in CONTRACTS:
            await office.contract(providers[provider], payers[payer], since)
        for each in ENROLLMENTS:
            status = pb.ProviderEnrollmentStatus.Value(f"PROVIDER_ENROLLMENT_STATUS_{each.status.upper()}")
            enrollment = pb.ProviderEnrollment(
                provider_id=providers[each.provider],
                payer_id=payers[each.payer],
                status=status,
                taxonomy_code=people[each.provider].taxonomy,
                effective_date=office.day(each.since),
                recert_due_on=None if each.due is None else office.day(each.due),
                coordinator=_COORDINATOR,
            )
            await office.stub.CreateEnrollment(
                pb.CreateEnrollmentRequest(enrollment=enrollment), metadata=metadata, timeout=_SECONDS
            )
        for application in APPLICATIONS:
            await office.apply(application, providers[application.provider], payers[application.payer])


class _Office:
    """Somebody who enters it."""

    def __init__(self, stub: "credentialing_pb2_grpc.CredentialingAsyncStub", metadata: Metadata, today: date) -> None:
        self.stub = stub
        self._metadata = metadata
        self._today = today

    def day(self, days: int) -> Date:
        """So many days from today."""
        day = self._today + timedelta(days=days)
        return Date(year=day.year, month=day.month, day=day.day)

    async def provider(self, person: DemoProvider, attested: int | None) -> str:
        """Its id; `attested`: the day of the CAQH attestation, where one is on record."""
        provider = pb.Provider(
            first_name=person.first_name,
            last_name=person.last_name,
            npi=person.npi,
            role=person.role,
            is_attending=person.is_attending,
            is_supervising=person.is_attending,
            taxonomies=[person.taxonomy],
            states=[person.state],
            caqh_attested_on=None if attested is None else self.day(attested),
        )
        reply = await self.stub.CreateProvider(
            pb.CreateProviderRequest(provider=provider), metadata=self._metadata, timeout=_SECONDS
        )
        return reply.provider.id

    async def credential(self, held: DemoCredential, provider_id: str, state: str) -> None:
        """A licence holds in the provider's state, the others everywhere."""
        kind = pb.CredentialKind.Value(f"CREDENTIAL_KIND_{held.kind.upper()}")
        credential = pb.Credential(
            provider_id=provider_id,
            kind=kind,
            number=held.number,
            issuer=held.issuer,
            state=state if kind == pb.CREDENTIAL_KIND_LICENSE else "",
            issued_on=self.day(held.issued),
            expires_on=self.day(held.expires),
            coordinator=_COORDINATOR,
        )
        await self.stub.CreateCredential(
            pb.CreateCredentialRequest(credential=credential), metadata=self._metadata, timeout=_SECONDS
        )

    async def templates(self) -> dict[str, pb.WorkflowTemplate]:
        """By name."""
        reply = await self.stub.ListWorkflowTemplates(
            pb.ListWorkflowTemplatesRequest(), metadata=self._metadata, timeout=_SECONDS
        )
        return {template.id: template for template in reply.templates}

    async def payer(self, payer: DemoPayer, template: pb.WorkflowTemplate) -> str:
        """Its id; with its workflow."""
        record = pb.Payer(
            name=payer.name,
            payer_type=template.payer_type,
            state=payer.state,
            requires_individual_contract=payer.requires_individual_contract,
            allows_supervised=payer.allows_supervised,
            requires_attending=payer.requires_attending,
            current_census=payer.census,
            census_counted_on=self.day(-3),
        )
        reply = await self.stub.CreatePayer(
            pb.CreatePayerRequest(payer=record), metadata=self._metadata, timeout=_SECONDS
        )
        workflow = pb.PayerWorkflow()
        workflow.CopyFrom(template.workflow)
        workflow.payer_id = reply.payer.id
        await self.stub.SetPayerWorkflow(
            pb.SetPayerWorkflowRequest(workflow=workflow), metadata=self._metadata, timeout=_SECONDS
        )
        return reply.payer.id

    async def contract(self, provider_id: str, payer_id: str, since: int) -> None:
        """One that was there before."""
        contract = pb.PayerContract(provider_id=provider_id, payer_id=payer_id, effective_date=self.day(since))
        await self.stub.CreateContract(
            pb.CreateContractRequest(contract=contract), metadata=self._metadata, timeout=_SECONDS
        )

    async def apply(self, wanted: DemoApplication, provider_id: str, payer_id: str) -> None:
        """Its tasks are made, some of them done, and its statuses follow each other on their days."""
        request = pb.CredentialPayersRequest(provider_id=provider_id, payer_ids=[payer_id])
        begun = (await self.stub.CredentialPayers(request, metadata=self._metadata, timeout=_SECONDS)).details[0]
        await self._follow(wanted, begun.application_id)
        await self._work(wanted, provider_id, payer_id)

    async def _follow(self, wanted: DemoApplication, application_id: str) -> None:
        for status, days in wanted.steps:
            changed = pb.PayerApplication(
                id=application_id,
                application_status=pb.ApplicationStatus.Value(f"APPLICATION_STATUS_{status.upper()}"),
                denial_reason=wanted.denial_reason if status == "denied" else "",
            )
            mask = FieldMask(paths=["application_status", *(["denial_reason"] if status == "denied" else [])])
            await self.stub.UpdateApplication(
                pb.UpdateApplicationRequest(application=changed, update_mask=mask, occurred_on=self.day(days)),
                metadata=self._metadata,
                timeout=_SECONDS,
            )

    async def _work(self, wanted: DemoApplication, provider_id: str, payer_id: str) -> None:
        board = await self.stub.GetCredentialingDashboard(
            pb.GetCredentialingDashboardRequest(provider_id=provider_id), metadata=self._metadata, timeout=_SECONDS
        )
        tasks = [task for payer in board.dashboard.payers for task in payer.tasks if task.payer_id == payer_id]
        await self._update([task.id for task in tasks], pb.CredentialingTask(assigned_to=_COORDINATOR), "assigned_to")
        done = pb.CredentialingTask(task_status=pb.TASK_STATUS_COMPLETED)
        await self._update([task.id for task in tasks[: wanted.tasks_done]], done, "task_status")

    async def _update(self, task_ids: Sequence[str], task: pb.CredentialingTask, field: str) -> None:
        if task_ids:
            request = pb.UpdateTasksRequest(task_ids=task_ids, task=task, update_mask=FieldMask(paths=[field]))
            await self.stub.UpdateTasks(request, metadata=self._metadata, timeout=_SECONDS)
