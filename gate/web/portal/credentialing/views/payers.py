"""Payers and how credentialing goes with them, as their pages show it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from gate.credentialing.model.payers import Payer, PayerType, SupervisionLevel
from gate.credentialing.model.workflows import TaskTemplate, Workflow, WorkflowDraft, WorkflowType
from gate.web.portal.credentialing.views.badges import words
from gate.web.portal.credentialing.views.enrollments import Fact

DIRECTORY: Final = "/pm/payers"
NO_MATCH: Final = ("No payers match the current filters.", "")
TYPES: Final[Sequence[tuple[str, str]]] = tuple((kind.value, words(kind)) for kind in PayerType)
SUPERVISION: Final[Sequence[tuple[str, str]]] = tuple((level.value, words(level)) for level in SupervisionLevel)
WORKFLOW_TYPES: Final[Sequence[tuple[str, str]]] = tuple((kind.value, words(kind)) for kind in WorkflowType)
NEW: Final[Mapping[str, str]] = {"payer_type": PayerType.COMMERCIAL.value}
_SPARE: Final = 3
"""Empty rows below the steps that are there."""
_FLAGS: Final = ("requires_individual_contract", "allows_supervised", "requires_attending")


class StepLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the form's steps."""

    number: int
    title: str = ""
    description: str = ""
    days: str = ""


def page_of(payer_id: str) -> str:
    """Where one payer is shown."""
    return f"{DIRECTORY}/{payer_id}"


def facts_of(payer: Payer) -> Sequence[Fact]:
    """What the payer asks, and how many patients have it."""
    counted = f"counted on {payer.census_counted_on}" if payer.census_counted_on else ""
    return (
        Fact("Type", words(payer.payer_type)),
        Fact("State", payer.state, "" if payer.state else "in several"),
        Fact("Individual contract", _yes(required=payer.requires_individual_contract)),
        Fact("Attending", _yes(required=payer.requires_attending)),
        Fact("Supervised providers", "allowed" if payer.allows_supervised else "not allowed"),
        Fact("Supervision", words(payer.supervision_level)),
        Fact("Current census", str(payer.current_census), counted),
    )


def typed_of(payer: Payer) -> Mapping[str, str]:
    """The record as its form shows it."""
    kept = msgspec.to_builtins(payer)
    typed = {name: "" if value is None else str(value) for name, value in kept.items()}
    return typed | {name: "on" if getattr(payer, name) else "" for name in _FLAGS}


def workflow_facts(workflow: Workflow) -> Sequence[Fact]:
    """How credentialing goes with the payer."""
    days = workflow.typical_approval_days
    return (
        Fact("Type", words(workflow.workflow_type)),
        Fact("Typical approval", "" if days is None else f"{days} days"),
        Fact("Contact", workflow.credentialing_contact_name, workflow.credentialing_contact_email),
        Fact("Rosters go to", workflow.excel_submission_email),
    )


def typed_workflow(workflow: Workflow | WorkflowDraft | None, usual: WorkflowType) -> Mapping[str, str]:
    """The workflow as its form shows it; where nobody said, the `usual` type."""
    if workflow is None:
        return {"workflow_type": usual.value}
    kept = msgspec.to_builtins(workflow)
    typed = {name: "" if value is None else str(value) for name, value in kept.items() if name != "task_templates"}
    for step in step_lines(workflow.task_templates):
        typed |= {
            f"step-{step.number}-title": step.title,
            f"step-{step.number}-description": step.description,
            f"step-{step.number}-days": step.days,
        }
    return typed


def step_lines(templates: Sequence[TaskTemplate]) -> list[StepLine]:
    """The steps in their order, and rows for more."""
    ordered = sorted(templates, key=lambda template: template.order)
    kept = [
        StepLine(
            number=number, title=template.title, description=template.description, days=str(template.estimated_days)
        )
        for number, template in enumerate(ordered, 1)
    ]
    return [*kept, *(StepLine(number=len(kept) + spare) for spare in range(1, _SPARE + 1))]


def rows_in(typed: Mapping[str, str]) -> list[int]:
    """The numbers of the rows that a form holds, and of those that are spare."""
    numbers = {int(name.split("-")[1]) for name, value in typed.items() if _is_step(name) and value.strip()}
    last = max(numbers, default=0)
    return list(range(1, last + _SPARE + 1))


def _is_step(name: str) -> bool:
    parts = name.split("-")
    return len(parts) == 3 and parts[0] == "step" and parts[1].isdecimal() and len(parts[1]) <= 2  # noqa: PLR2004 - as forms name them


def _yes(*, required: bool) -> str:
    return "required" if required else "not required"
