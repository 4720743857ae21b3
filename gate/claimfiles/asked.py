"""What is kept of a claim while its answers are awaited. Pure; cheap to hand from one process to another."""

from collections.abc import Sequence
from datetime import date

import msgspec

from gate.claimfiles.checks import CheckUnit
from gate.claimfiles.model import FileClaim, Submitted


class AskedLines(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Service lines that one question was asked about."""

    line_numbers: tuple[int, ...]
    """Empty where the question is about the claim as a whole."""
    rendering_npi: str
    state: str
    service_date: date
    service_end_date: date


class AskedClaim(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A claim with what was asked about it."""

    claim_id: str
    claim_key: str
    rendering_npi: str
    billing_npi: str
    state: str
    service_date: date | None
    service_end_date: date | None
    charge_cents: int | None
    error: str
    """Why nothing was asked; empty where something was."""
    questions: int
    """How many answers are the claim's."""
    lines: tuple[AskedLines, ...]
    """One for each question; empty where the only one is about the claim as a whole."""
    submitted: Submitted | None
    """What an acknowledgment repeats; None unless that is wanted."""


def asked(claim: FileClaim, units: Sequence[CheckUnit]) -> AskedClaim:
    """The claim of which `units` were asked; `units` are `checks_of` it."""
    return AskedClaim(
        claim.claim_id,
        claim.claim_key,
        claim.rendering_npi,
        claim.billing_npi,
        claim.state,
        claim.service_date,
        claim.service_end_date,
        claim.charge_cents,
        claim.error if claim.problems else "",
        len(units),
        _lines(claim, units) if len(units) > 1 or (units and units[0].line_number) else (),
        claim.submitted,
    )


def _lines(claim: FileClaim, units: Sequence[CheckUnit]) -> tuple[AskedLines, ...]:
    return tuple(
        [
            AskedLines(
                unit.line_numbers,
                unit.rendering_npi or claim.rendering_npi,
                unit.state,
                unit.service_date,
                unit.service_end_date or unit.service_date,
            )
            for unit in units
        ]
    )
