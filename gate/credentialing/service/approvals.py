"""What follows from an approval: a contract, exactly once, and an enrollment that stands (rows M10 to M13)."""

from datetime import date

import msgspec

from gate.audit.model import Actor
from gate.credentialing.model.applications import Application
from gate.credentialing.model.contracts import Contract, linked
from gate.credentialing.model.enrollments import Enrollment, EnrollmentStatus
from gate.credentialing.model.providers import Provider
from gate.credentialing.repository import contracts, enrollments
from gate.credentialing.service.records import Change, ChangeLog
from gate.persistence.unit_of_work import UnitOfWork


class Approvals:
    """Runs within the unit that approves, while nobody else changes the application."""

    def __init__(self, log: ChangeLog) -> None:
        self._log = log

    async def follow(
        self, unit: UnitOfWork, application: Application, provider: Provider, recert_due_on: date | None, by: Actor
    ) -> None:
        """Have the approval of `application` known everywhere."""
        effective = application.effective_date
        if effective is None:
            raise ValueError("an approval has an effective date: `applications.changed` sees to it")
        contract = await self._contract(unit, application, provider, effective)
        enrollment = await self._enrollment(unit, application, provider, recert_due_on)
        await self._log.record(unit, by, contract, *enrollment)

    async def _contract(
        self, unit: UnitOfWork, application: Application, provider: Provider, effective: date
    ) -> Change:
        note = {"note": f"application {application.id} was approved"}
        before = await contracts.of_the_two(unit, application.provider_id, application.payer_id)
        if before is not None:
            after = linked(before, application.id, effective)
            await contracts.put(unit, after)
            return Change(object=f"contract/{after.id}", before=before, after=after, details=note)
        made = Contract(
            id=self._log.new_id(),
            provider_id=application.provider_id,
            payer_id=application.payer_id,
            application_id=application.id,
            effective_date=effective,
            end_date=None,
            notes=f"made when application {application.id} was approved",
            created_at=self._log.clock(),
        )
        await contracts.add(unit, made, is_bookable=provider.is_bookable)
        return Change(object=f"contract/{made.id}", after=made, details=note)

    async def _enrollment(
        self, unit: UnitOfWork, application: Application, provider: Provider, recert_due_on: date | None
    ) -> list[Change]:
        """The newest that is pending now stands; where there is none that does, a new one."""
        found = await enrollments.of_provider_with(unit, application.provider_id, application.payer_id)
        told = {
            "status": EnrollmentStatus.ENROLLED,
            "effective_date": application.effective_date,
            "submitted_date": application.application_submitted_date,
            "approved_date": application.approval_date,
        } | ({"recert_due_on": recert_due_on} if recert_due_on is not None else {})
        pending = next((each for each in found if each.status is EnrollmentStatus.PENDING), None)
        if pending is not None:
            after = msgspec.structs.replace(pending, **told)
            await enrollments.put(unit, after)
            return [Change(object=f"enrollment/{after.id}", before=pending, after=after)]
        if any(each.status is EnrollmentStatus.ENROLLED for each in found):
            return []
        made = msgspec.structs.replace(self._begun(application, provider), **told)
        await enrollments.add(unit, made)
        return [Change(object=f"enrollment/{made.id}", after=made, details={"application": application.id})]

    def _begun(self, application: Application, provider: Provider) -> Enrollment:
        return Enrollment(
            id=self._log.new_id(),
            provider_id=application.provider_id,
            payer_id=application.payer_id,
            status=EnrollmentStatus.PENDING,
            npi=provider.npi,
            billing_npi="",
            taxonomy_code=provider.taxonomies[0] if provider.taxonomies else "",
            effective_date=None,
            recert_due_on=None,
            submitted_date=None,
            approved_date=None,
            payer_loaded_date=None,
            coordinator=application.assigned_to,
            notes="",
            snoozed_until=None,
            created_at=self._log.clock(),
        )
