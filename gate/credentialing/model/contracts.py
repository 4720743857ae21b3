"""A provider's place in a payer's network. Pure."""

from datetime import date, datetime

import msgspec
from msgspec import UNSET, UnsetType

from gate.credentialing.model.fields import LONGEST_NOTES, Objections
from gate.errors import FieldViolation, InvalidInput


class ContractDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is told of a contract that was there before its application."""

    provider_id: str
    payer_id: str
    effective_date: date
    end_date: date | None = None
    notes: str = ""


class ContractChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a contract changes."""

    effective_date: date | UnsetType = UNSET
    end_date: date | UnsetType | None = UNSET
    notes: str | UnsetType = UNSET


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """One provider in one payer's network. There is one at most (rows M12, M13)."""

    id: str
    provider_id: str
    payer_id: str
    application_id: str | None
    """The application whose approval made or confirmed it."""
    effective_date: date
    end_date: date | None
    """Last day on which it stands."""
    notes: str
    created_at: datetime

    def is_in_force(self, day: date) -> bool:
        """Whether it stands on that day, first and last day included."""
        return self.effective_date <= day and (self.end_date is None or day <= self.end_date)


class ContractFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which contracts are wanted. Every part that is set must hold."""

    provider_id: str = ""
    payer_id: str = ""


def linked(contract: Contract, application_id: str, effective: date) -> Contract:
    """A contract that is there already when its application is approved (row M13); one that had ended begins anew."""
    if contract.end_date is not None and contract.end_date < effective:
        began_anew = f"began anew with application {application_id}"
        notes = f"{contract.notes}\n{began_anew}".strip()[-LONGEST_NOTES:]
        return msgspec.structs.replace(
            contract, application_id=application_id, effective_date=effective, end_date=None, notes=notes
        )
    return msgspec.structs.replace(contract, application_id=application_id)


def accepted(contract: Contract) -> Contract:
    """The record as it is kept.

    Raises:
        InvalidInput: naming every field that does not fit.
    """
    objections = Objections()
    objections.lines("notes", contract.notes)
    objections.settle()
    if contract.end_date is not None and contract.end_date < contract.effective_date:
        raise InvalidInput(FieldViolation("end_date", "must not come before effective_date"))
    return contract
