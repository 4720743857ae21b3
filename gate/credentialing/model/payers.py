"""Payers, and what each of them asks of a provider. Pure."""

from datetime import date, datetime
from enum import StrEnum

import msgspec
from msgspec import UNSET, UnsetType

from gate.credentialing.model.fields import Objections

_LARGEST_CENSUS = 10_000_000


class PayerType(StrEnum):
    """Whose money it is."""

    MEDICAID = "medicaid"
    """The state's programme, or a plan that works for it."""
    MEDICARE = "medicare"
    COMMERCIAL = "commercial"
    EXCHANGE = "exchange"
    TRICARE = "tricare"
    WORKERS_COMPENSATION = "workers_compensation"
    OTHER = "other"


class SupervisionLevel(StrEnum):
    """What a payer wants of the supervising provider."""

    NONE = "none"
    SIGN_OFF_ONLY = "sign_off_only"
    FIRST_VISIT_IN_PERSON = "first_visit_in_person"
    CO_VISIT_REQUIRED = "co_visit_required"


class PayerDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is told of a payer when the record begins."""

    name: str
    payer_type: PayerType = PayerType.OTHER
    state: str = ""
    """Empty: in several states."""
    requires_individual_contract: bool = False
    allows_supervised: bool = False
    requires_attending: bool = False
    supervision_level: SupervisionLevel = SupervisionLevel.NONE
    current_census: int = 0
    """Patients who have this payer at present, as the practice's scheduling counts them."""
    census_counted_on: date | None = None


class PayerChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a payer changes."""

    name: str | UnsetType = UNSET
    payer_type: PayerType | UnsetType = UNSET
    state: str | UnsetType = UNSET
    requires_individual_contract: bool | UnsetType = UNSET
    allows_supervised: bool | UnsetType = UNSET
    requires_attending: bool | UnsetType = UNSET
    supervision_level: SupervisionLevel | UnsetType = UNSET
    current_census: int | UnsetType = UNSET
    census_counted_on: date | UnsetType | None = UNSET


class Payer(msgspec.Struct, frozen=True, kw_only=True):
    """One payer."""

    id: str
    name: str
    payer_type: PayerType
    state: str
    requires_individual_contract: bool
    allows_supervised: bool
    requires_attending: bool
    supervision_level: SupervisionLevel
    current_census: int
    census_counted_on: date | None
    created_at: datetime

    @property
    def sort_name(self) -> str:
        """As lists are ordered and searched."""
        return self.name.casefold()


class PayerFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which payers are wanted."""

    search: str = ""
    """The beginning of the name."""


def accepted(payer: Payer) -> Payer:
    """The record as it is kept.

    Raises:
        InvalidInput: naming every field that does not fit.
    """
    payer = msgspec.structs.replace(payer, name=payer.name.strip(), state=payer.state.strip().upper())
    objections = Objections()
    objections.line("name", payer.name, required=True)
    if payer.state:
        objections.state("state", payer.state)
    objections.number("current_census", payer.current_census, 0, _LARGEST_CENSUS)
    objections.settle()
    return payer
