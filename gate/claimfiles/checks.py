"""What has to be asked about one claim, and which of several answers is the claim's. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from gate.claimfiles.model import ClaimKind, FileClaim, FileClaimLine
from gate.claimfiles.values import npi_complaint
from gate.decision.model import DecisionCode

_SEVERITY: Final = (
    DecisionCode.PASS,
    # A line nobody could answer for must not hide behind one that passes; nor may it hide a proven negative.
    DecisionCode.SOURCE_UNAVAILABLE,
    DecisionCode.ENROLLMENT_EXPIRED,
    DecisionCode.ENROLLMENT_INACTIVE,
    DecisionCode.ENROLLMENT_NOT_FOUND,
)
_RANK: Final[dict[str, int]] = {code: rank for rank, code in enumerate(_SEVERITY)}


def severity(code: str) -> int:
    """How bad a decision code is. A code this release does not know ranks above all others."""
    return _RANK.get(code, len(_SEVERITY))


def worst(codes: Iterable[str]) -> str:
    """The code that answers for a claim whose lines were answered by `codes`, of which there is one (row D26)."""
    return max(codes, key=severity)


class CheckUnit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One question to the gate: one provider, one state, one span of days (row B1)."""

    line_number: int = 0
    """0 for the claim as a whole, else the first of `line_numbers`."""
    line_numbers: tuple[int, ...] = ()
    """The service lines this answers for, where they differ from the claim; empty with `line_number` 0."""
    rendering_npi: str
    """Empty where `billing_npi` is to be checked in its place (row V5)."""
    billing_npi: str
    state: str
    service_date: date
    service_end_date: date | None
    """None for a single day."""
    taxonomy_code: str
    line_of_business: str
    charge_cents: int
    """The claim's charge is divided among its units, so that sums over units count no money twice."""


def checks_of(claim: FileClaim) -> tuple[CheckUnit, ...]:
    """The distinct questions a claim raises; none where a problem blocks it.

    Lines of a professional or dental claim that differ in provider, state or days are asked about instead of the
    claim: its first-to-last span may hold days on which nobody rendered anything (rows V6, D26). An institutional
    statement and a table's row are spans of service in their own right and are always asked about.
    """
    if claim.service_date is None or claim.service_end_date is None or claim.error:
        return ()
    if not claim.lines:
        return (_claim_unit(claim, claim.service_date, claim.service_end_date, claim.charge_cents or 0),)
    return _units_by_line(claim, claim.service_date, claim.service_end_date)


def _units_by_line(claim: FileClaim, first_day: date, last_day: date) -> tuple[CheckUnit, ...]:
    own: dict[CheckUnit, list[FileClaimLine]] = {}
    with_claim: list[FileClaimLine] = []
    whole = _claim_unit(claim, first_day, last_day, 0)
    for line in claim.lines:
        unit = _line_unit(claim, line, whole)
        if unit == whole or (claim.kind is ClaimKind.INSTITUTIONAL and _begins_with(unit, whole, last_day)):
            with_claim.append(line)
        else:
            own.setdefault(unit, []).append(line)
    units = [
        msgspec.structs.replace(
            unit,
            line_number=lines[0].line_number,
            line_numbers=tuple(line.line_number for line in lines),
            charge_cents=sum(line.charge_cents or 0 for line in lines),
        )
        for unit, lines in own.items()
    ]
    if with_claim or claim.kind in {ClaimKind.INSTITUTIONAL, ClaimKind.ROW}:
        rest = max(0, (claim.charge_cents or 0) - sum(unit.charge_cents for unit in units))
        units.insert(0, msgspec.structs.replace(whole, charge_cents=rest))
    return tuple(units)


def _claim_unit(claim: FileClaim, first_day: date, last_day: date, charge_cents: int) -> CheckUnit:
    return CheckUnit(
        rendering_npi=claim.sent_rendering_npi,
        # One that is no NPI matters only where it would be checked, and then it blocks the claim.
        billing_npi="" if npi_complaint(claim.billing_npi) else claim.billing_npi,
        state=claim.state,
        service_date=first_day,
        service_end_date=None if last_day == first_day else last_day,
        taxonomy_code=claim.taxonomy_code,
        line_of_business=claim.line_of_business,
        charge_cents=charge_cents,
    )


def _line_unit(claim: FileClaim, line: FileClaimLine, whole: CheckUnit) -> CheckUnit:
    """What the line says, else what the claim says; a claim's taxonomy says nothing about another provider."""
    is_claims_provider = line.rendering_npi in {"", claim.rendering_npi}
    taxonomy_code = line.taxonomy_code
    if not taxonomy_code and is_claims_provider:
        taxonomy_code = claim.taxonomy_code
    first_day, last_day = line.service_date, line.service_end_date
    if first_day is None:
        first_day, last_day = whole.service_date, whole.service_end_date
    return CheckUnit(
        rendering_npi=whole.rendering_npi if is_claims_provider else line.rendering_npi,
        billing_npi=whole.billing_npi,
        state=line.state or claim.state,
        service_date=first_day,
        service_end_date=None if last_day == first_day else last_day,
        taxonomy_code=taxonomy_code,
        line_of_business=claim.line_of_business,
        charge_cents=0,
    )


def _begins_with(unit: CheckUnit, whole: CheckUnit, last_day: date) -> bool:
    """Whether the statement's own answer holds for a line: same provider and state, same first day, within it."""
    return msgspec.structs.replace(unit, service_end_date=whole.service_end_date) == whole and (
        unit.service_end_date is None or unit.service_end_date <= last_day
    )
