"""Which payers to choose for a provider, and what choosing them came to. Pure."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from gate.credentialing.model.payers import PayerType, SupervisionLevel
from gate.credentialing.model.workflows import WorkflowType

MOST_PAYERS: Final = 100
"""Chosen at once."""


class PayerSort(StrEnum):
    """By what the table of payers is ordered; payers that are alike in it, by name."""

    NAME = "name"
    CONTRACTS = "contracts"
    BOOKABLE = "bookable"
    CENSUS = "census"
    RECOMMENDED = "recommended"
    """Those that are recommended and can still be chosen come first."""


class PayerStanding(StrEnum):
    """How a payer and the provider for whom one chooses stand to each other."""

    RECOMMENDED = "recommended"
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    """An application is under way, and there is no contract."""
    CONTRACTED = "contracted"


class SelectionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which payers are wanted, in which order. Every part that is set must hold."""

    provider_id: str = ""
    """For whom one chooses; empty: for nobody in particular, so that no payer is begun, contracted or recommended."""
    search: str = ""
    """A part of the name."""
    workflow_type: WorkflowType | None = None
    standing: PayerStanding | None = None
    sort: PayerSort = PayerSort.NAME
    is_descending: bool = False
    """From the most to the least, or from Z to A; `RECOMMENDED` knows one direction only."""


EVERY_PAYER: Final = SelectionFilter()


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
    """An application is under way."""
    already_contracted: bool
    """A contract stands today."""
    is_recommended: bool
    """Payers that want an attending are worth it for a provider who is one."""
    has_tasks: bool
    """The provider has tasks with this payer."""


class SelectablePayer(msgspec.Struct, frozen=True):
    """One row of the table, and where it stands in the order."""

    statistics: PayerStatistics
    sort_name: str
    rank: int
    """0 where payers are ordered by nothing but their names."""


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
