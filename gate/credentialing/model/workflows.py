"""How credentialing with a payer goes, and the tasks it comes to (rows M1-M4). Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from gate.credentialing.model.fields import Objections
from gate.credentialing.model.payers import Payer

LONGEST_DAYS: Final = 3_650
_MOST_TEMPLATES: Final = 50


class WorkflowType(StrEnum):
    """The ways in which payers take providers on."""

    INSTANT_NETWORK = "instant_network"
    ONLINE_PORTAL = "online_portal"
    EXCEL_SUBMISSION = "excel_submission"


class TaskTemplate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step."""

    title: str
    description: str = ""
    order: int = 0
    estimated_days: int = 0
    """How long the step takes once those before it are done."""
    task_type: str = "custom"


class WorkflowDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is told of a payer's workflow; it replaces the one before."""

    workflow_type: WorkflowType
    portal_url: str = ""
    portal_instructions: str = ""
    excel_template_url: str = ""
    excel_submission_email: str = ""
    credentialing_contact_name: str = ""
    credentialing_contact_email: str = ""
    typical_approval_days: int | None = None
    """From submission to approval."""
    task_templates: tuple[TaskTemplate, ...] = ()
    """Empty: the usual steps of the workflow's type."""


class Workflow(msgspec.Struct, frozen=True, kw_only=True):
    """How credentialing goes with one payer; a payer has one workflow at most."""

    payer_id: str
    workflow_type: WorkflowType
    portal_url: str
    portal_instructions: str
    excel_template_url: str
    excel_submission_email: str
    credentialing_contact_name: str
    credentialing_contact_email: str
    typical_approval_days: int | None
    task_templates: tuple[TaskTemplate, ...]
    updated_at: datetime


def _steps(*steps: tuple[str, str, str, int]) -> tuple[TaskTemplate, ...]:
    return tuple(
        TaskTemplate(task_type=kind, title=title, description=description, order=order, estimated_days=days)
        for order, (kind, title, description, days) in enumerate(steps, 1)
    )


USUAL_STEPS: Final[Mapping[WorkflowType, tuple[TaskTemplate, ...]]] = MappingProxyType(
    {
        WorkflowType.INSTANT_NETWORK: _steps(
            (
                "notify",
                "Notify payer of provider addition",
                "Tell the payer's contact who joined, with NPI and date.",
                1,
            ),
        ),
        WorkflowType.EXCEL_SUBMISSION: _steps(
            ("download_template", "Download Excel roster template", "Use the payer's newest template.", 1),
            ("fill_template", "Add provider to template", "Every required column, as the payer spells it.", 2),
            ("submit", "Submit roster to payer", "Keep what was sent, and when.", 1),
            ("confirm", "Confirm receipt", "Ask until the payer says that the roster arrived.", 5),
        ),
        WorkflowType.ONLINE_PORTAL: _steps(
            ("obtain_credentials", "Obtain portal credentials", "For the person who will enter the application.", 3),
            ("submit", "Submit provider application", "In the payer's portal.", 5),
            ("record_application_id", "Record application ID", "The number that the portal shows at the end.", 0),
            ("follow_up", "Follow up on status", "Look in the portal, and ask where nothing moves.", 14),
        ),
    }
)
"""Rows M1, M2 and M3: the order is fixed."""


USUAL_TYPES: Final[Mapping[bool, WorkflowType]] = MappingProxyType(
    {True: WorkflowType.ONLINE_PORTAL, False: WorkflowType.INSTANT_NETWORK}
)
"""How a payer without a workflow of its own is taken to work, by whether it requires an individual contract."""


def usual_type(payer: Payer) -> WorkflowType:
    """How a payer without a workflow of its own is taken to work."""
    return USUAL_TYPES[payer.requires_individual_contract]


def steps_for(payer: Payer, workflow: Workflow | None) -> tuple[TaskTemplate, ...]:
    """The steps with that payer, in order. Templates of its own are exactly what is done (row M4)."""
    if workflow is not None and workflow.task_templates:
        return tuple(sorted(workflow.task_templates, key=lambda template: template.order))
    return USUAL_STEPS[workflow.workflow_type if workflow is not None else usual_type(payer)]


def accepted(workflow: Workflow) -> Workflow:
    """The record as it is kept.

    Raises:
        InvalidInput: naming every field that does not fit.
    """
    objections = Objections()
    objections.url("portal_url", workflow.portal_url)
    objections.url("excel_template_url", workflow.excel_template_url)
    objections.lines("portal_instructions", workflow.portal_instructions)
    objections.line("excel_submission_email", workflow.excel_submission_email)
    objections.line("credentialing_contact_name", workflow.credentialing_contact_name)
    objections.line("credentialing_contact_email", workflow.credentialing_contact_email)
    objections.number("typical_approval_days", workflow.typical_approval_days, 1, LONGEST_DAYS)
    too_many = len(workflow.task_templates) > _MOST_TEMPLATES
    objections.add("task_templates", f"has more than {_MOST_TEMPLATES} items", when=too_many)
    for index, template in enumerate(workflow.task_templates):
        at = f"task_templates[{index}]"
        objections.line(f"{at}.title", template.title, required=True)
        objections.lines(f"{at}.description", template.description)
        objections.line(f"{at}.task_type", template.task_type)
        objections.number(f"{at}.order", template.order, 0, 1_000)
        objections.number(f"{at}.estimated_days", template.estimated_days, 0, 365)
    objections.settle()
    return workflow
