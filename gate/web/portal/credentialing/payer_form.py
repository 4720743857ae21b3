"""What the forms of payers and their workflows hold, read into what the service takes. Pure."""

from collections.abc import Mapping

from gate.credentialing.model.payers import PayerChange, PayerDraft, PayerType, SupervisionLevel
from gate.credentialing.model.workflows import TaskTemplate, WorkflowDraft, WorkflowType
from gate.web.portal.credentialing.fields import Fields
from gate.web.portal.credentialing.views.payers import rows_in


def draft_in(fields: Fields) -> PayerDraft:
    """A new record.

    Raises:
        InvalidInput: naming every field that cannot be read.
    """
    draft = PayerDraft(
        name=fields.text("name"),
        payer_type=fields.choice("payer_type", PayerType, PayerType.OTHER),
        state=fields.text("state"),
        requires_individual_contract=fields.flag("requires_individual_contract"),
        allows_supervised=fields.flag("allows_supervised"),
        requires_attending=fields.flag("requires_attending"),
        supervision_level=fields.choice("supervision_level", SupervisionLevel, SupervisionLevel.NONE),
        current_census=fields.number("current_census") or 0,
        census_counted_on=fields.day("census_counted_on"),
    )
    fields.settle()
    return draft


def change_in(fields: Fields) -> PayerChange:
    """The record as the form has it.

    Raises:
        InvalidInput: naming every field that cannot be read.
    """
    draft = draft_in(fields)
    return PayerChange(**{name: getattr(draft, name) for name in draft.__struct_fields__})


def workflow_in(typed: Mapping[str, str], fields: Fields) -> WorkflowDraft:
    """How credentialing goes with the payer; a step without a title is left out.

    Raises:
        InvalidInput: naming every field that cannot be read.
    """
    rows = [row for row in rows_in(typed) if fields.text(f"step-{row}-title")]
    draft = WorkflowDraft(
        workflow_type=fields.choice("workflow_type", WorkflowType, WorkflowType.ONLINE_PORTAL),
        portal_url=fields.text("portal_url"),
        portal_instructions=fields.text("portal_instructions"),
        excel_template_url=fields.text("excel_template_url"),
        excel_submission_email=fields.text("excel_submission_email"),
        credentialing_contact_name=fields.text("credentialing_contact_name"),
        credentialing_contact_email=fields.text("credentialing_contact_email"),
        typical_approval_days=fields.number("typical_approval_days"),
        task_templates=tuple(
            TaskTemplate(
                title=fields.text(f"step-{row}-title"),
                description=fields.text(f"step-{row}-description"),
                order=order,
                estimated_days=fields.number(f"step-{row}-days") or 0,
            )
            for order, row in enumerate(rows, 1)
        ),
    )
    fields.settle()
    return draft
