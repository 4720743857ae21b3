"""Which payers to choose for a provider, and what choosing them came to. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from gate.credentialing.model.applications import OPEN, Application
from gate.credentialing.model.payers import Payer, PayerType, SupervisionLevel
from gate.credentialing.model.providers import Provider
from gate.credentialing.model.workflows import Workflow, WorkflowType, usual_type

MOST_PAYERS: Final = 100
"""Chosen at once."""


class PayerStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who chooses payers looks at."""

    id: str
    name: str
    payer_type: PayerType
    state: str
    requires_individual_contract: bool
    allows_supervised: bool
    requires_attending: bool
    supervision_level: SupervisionLevel
    total_contracts: int
    """That stand today."""
    bookable_providers: int
    """Of these, providers who take patients."""
    current_census: int
    workflow_type: WorkflowType
    typical_approval_days: int | None
    already_credentialing: bool
    already_contracted: bool
    is_recommended: bool
    has_tasks: bool
    """The provider has tasks with this payer."""


class CredentialedPayer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What choosing one payer came to."""

    payer_id: str
    payer_name: str
    task_count: int
    application_id: str
    already_credentialing: bool
    """There was an application before; nothing is repeated (row M5)."""


class GeneratedTasks(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What choosing payers came to (row M6)."""

    tasks_created: int
    applications_created: int
    details: Sequence[CredentialedPayer]


class CredentialPayersRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which payers are chosen."""

    payer_ids: tuple[str, ...]


def is_recommended(payer: Payer, provider: Provider | None) -> bool:
    """Payers that want an attending are worth it for those who are one."""
    return provider is not None and provider.is_attending and payer.requires_attending


def is_credentialing(application: Application | None) -> bool:
    """Whether an application is under way."""
    return application is not None and application.application_status in OPEN


def statistics(
    payer: Payer, workflow: Workflow | None, counts: tuple[int, int], *, standing: tuple[bool, bool, bool, bool]
) -> PayerStatistics:
    """One row of the table.

    `counts` as `contracts.counted`; `standing`: credentialing, contracted, recommended, with tasks.
    """
    return PayerStatistics(
        id=payer.id,
        name=payer.name,
        payer_type=payer.payer_type,
        state=payer.state,
        requires_individual_contract=payer.requires_individual_contract,
        allows_supervised=payer.allows_supervised,
        requires_attending=payer.requires_attending,
        supervision_level=payer.supervision_level,
        total_contracts=counts[0],
        bookable_providers=counts[1],
        current_census=payer.current_census,
        workflow_type=workflow.workflow_type if workflow is not None else usual_type(payer),
        typical_approval_days=workflow.typical_approval_days if workflow is not None else None,
        already_credentialing=standing[0],
        already_contracted=standing[1],
        is_recommended=standing[2],
        has_tasks=standing[3],
    )
