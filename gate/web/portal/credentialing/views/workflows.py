"""How credentialing goes with each payer, as one list shows it. Pure."""

from typing import Final

import msgspec

from gate.credentialing.model.payers import Payer
from gate.credentialing.model.workflows import Workflow, steps_for, usual_type
from gate.web.portal.condition import Badge
from gate.web.portal.credentialing.views.badges import WORKFLOW
from gate.web.portal.credentialing.views.payers import page_of

WORKFLOWS: Final = "/pm/credentialing/workflows"


class WorkflowRow(msgspec.Struct, frozen=True, kw_only=True):
    """One payer."""

    payer: str
    path: str
    badge: Badge
    is_usual: bool
    """Nobody said: it goes by the usual steps of its type."""
    portal_url: str
    template_url: str
    contact: str
    contact_email: str
    typical_days: int | None
    steps: int
    days: int
    """What all steps take together."""


def workflow_row(payer: Payer, workflow: Workflow | None) -> WorkflowRow:
    """How the list shows it."""
    steps = steps_for(payer, workflow)
    return WorkflowRow(
        payer=payer.name,
        path=page_of(payer.id),
        badge=WORKFLOW[workflow.workflow_type if workflow is not None else usual_type(payer)],
        is_usual=workflow is None,
        portal_url=workflow.portal_url if workflow is not None else "",
        template_url=workflow.excel_template_url if workflow is not None else "",
        contact=workflow.credentialing_contact_name if workflow is not None else "",
        contact_email=workflow.credentialing_contact_email if workflow is not None else "",
        typical_days=workflow.typical_approval_days if workflow is not None else None,
        steps=len(steps),
        days=sum(step.estimated_days for step in steps),
    )
