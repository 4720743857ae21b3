"""Workflows to begin with, for common kinds of payers. Each can be stored for a payer as it is, or changed first."""

from typing import Final

import msgspec

from gate.credentialing.model.payers import PayerType
from gate.credentialing.model.workflows import TaskTemplate, WorkflowDraft, WorkflowType


class WorkflowTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """One of the library."""

    id: str
    title: str
    payer_type: PayerType
    workflow: WorkflowDraft


def _workflow(kind: WorkflowType, typical_days: int, *steps: tuple[str, str, int]) -> WorkflowDraft:
    return WorkflowDraft(
        workflow_type=kind,
        typical_approval_days=typical_days,
        task_templates=tuple(
            TaskTemplate(title=title, description=description, order=order, estimated_days=days)
            for order, (title, description, days) in enumerate(steps, 1)
        ),
    )


LIBRARY: Final = (
    WorkflowTemplate(
        id="medicaid-state-portal",
        title="Medicaid, in the state's own portal",
        payer_type=PayerType.MEDICAID,
        workflow=_workflow(
            WorkflowType.ONLINE_PORTAL,
            60,
            ("Check the NPPES record", "Name, addresses and taxonomy as the application will state them.", 1),
            ("Gather ownership and disclosure statements", "Owners, managing employees, convictions.", 3),
            ("Submit the enrollment application", "In the state's provider portal; note what kind of enrollment.", 3),
            ("Record the application's number", "The portal shows it once the application is in.", 0),
            ("Pass screening", "Fingerprints or a site visit where the risk level asks for them.", 21),
            ("Ask for the status", "Answer what the state sends back within its time.", 30),
            ("Record the Medicaid id and the effective date", "Both are on the approval letter.", 1),
        ),
    ),
    WorkflowTemplate(
        id="medicaid-managed-care",
        title="Medicaid managed care plan",
        payer_type=PayerType.MEDICAID,
        workflow=_workflow(
            WorkflowType.ONLINE_PORTAL,
            75,
            ("Confirm the state enrollment", "Plans contract only with providers whom the state has enrolled.", 1),
            ("Bring the CAQH profile up to date", "Attest again, and let the plan see it.", 2),
            ("Send the request to join", "Through the plan's portal or its network manager.", 2),
            ("Sign the agreement", "With its rate exhibit.", 14),
            ("Follow credentialing committee", "Ask when it meets and whether the file is complete.", 30),
            ("Confirm the load date", "Claims before the plan's systems know the provider are denied.", 7),
        ),
    ),
    WorkflowTemplate(
        id="medicare",
        title="Medicare, in PECOS",
        payer_type=PayerType.MEDICARE,
        workflow=_workflow(
            WorkflowType.ONLINE_PORTAL,
            65,
            ("Grant surrogate access", "So that staff may act for the provider.", 3),
            ("Submit the individual application", "CMS-855I, or 855R alone where benefits are only reassigned.", 3),
            ("Have it signed electronically", "By the provider and by the group's authorized official.", 5),
            ("Answer development requests", "Within 30 days, or the application is rejected.", 30),
            ("Record the PTAN and the effective date", "From the contractor's approval letter.", 1),
        ),
    ),
    WorkflowTemplate(
        id="commercial-caqh",
        title="Commercial plan that reads CAQH",
        payer_type=PayerType.COMMERCIAL,
        workflow=_workflow(
            WorkflowType.ONLINE_PORTAL,
            90,
            ("Bring the CAQH profile up to date", "Malpractice certificate, work history, attestation.", 2),
            ("Authorize the plan in CAQH", "Or allow every plan to read the profile.", 1),
            ("Submit the participation request", "In the plan's portal.", 2),
            ("Record the request's number", "As the portal shows it.", 0),
            ("Ask for the status", "First after thirty days.", 30),
            ("Countersign the agreement", "And keep the copy that shows the effective date.", 14),
        ),
    ),
    WorkflowTemplate(
        id="commercial-roster",
        title="Commercial plan with a delegated roster",
        payer_type=PayerType.COMMERCIAL,
        workflow=_workflow(
            WorkflowType.EXCEL_SUBMISSION,
            45,
            ("Download the plan's roster template", "It changes; last month's may be refused.", 1),
            ("Add the provider to the roster", "Every required column, locations included.", 1),
            ("Send the roster", "To the plan's provider network mailbox, before its monthly date.", 1),
            ("Ask for confirmation", "Until the plan names the date from which it is good.", 5),
        ),
    ),
    WorkflowTemplate(
        id="group-contract",
        title="Plan whose group contract covers every provider",
        payer_type=PayerType.OTHER,
        workflow=_workflow(
            WorkflowType.INSTANT_NETWORK,
            14,
            ("Notify payer of provider addition", "NPI, start date and location, to the payer's contact.", 1),
        ),
    ),
    WorkflowTemplate(
        id="tricare",
        title="TRICARE, with the region's contractor",
        payer_type=PayerType.TRICARE,
        workflow=_workflow(
            WorkflowType.ONLINE_PORTAL,
            90,
            ("Find the region's contractor", "By where the provider sees patients.", 1),
            ("Submit the certification application", "Before the network application; claims need it.", 3),
            ("Submit the network application", "In the contractor's portal.", 3),
            ("Ask for the status", "First after thirty days.", 30),
        ),
    ),
)
