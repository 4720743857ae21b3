"""What the application form holds, read into what the service takes. Pure."""

from msgspec import UNSET

from gate.credentialing.model.applications import ApplicationChange, ApplicationStatus
from gate.web.portal.credentialing.fields import Fields


def change_in(fields: Fields, before: ApplicationStatus) -> ApplicationChange:
    """The application as the form has it.

    Raises:
        InvalidInput: naming every field that cannot be read.
    """
    effective = fields.day("effective_date")
    change = ApplicationChange(
        application_status=fields.choice("application_status", ApplicationStatus, before),
        occurred_on=fields.day("occurred_on"),
        # Empty is: nobody told one. The day of approval then stands in for it.
        effective_date=effective if effective is not None else UNSET,
        recert_due_on=fields.day("recert_due_on"),
        denial_reason=fields.text("denial_reason"),
        reapplication_eligible=fields.flag("reapplication_eligible"),
        caqh_application_id=fields.text("caqh_application_id"),
        payer_application_id=fields.text("payer_application_id"),
        portal_reference=fields.text("portal_reference"),
        assigned_to=fields.text("assigned_to"),
        notes=fields.text("notes"),
    )
    fields.settle()
    return change
