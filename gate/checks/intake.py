"""From what a caller sent to a claim that can be judged. Malformed input is refused by name, never given a default.

Rows C6, C8, C9, D23, V1, V5, V8, V9.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from gate.checks.model import SubmittedClaim
from gate.decision.model import Claim, NpiRole
from gate.errors import FieldViolation, InvalidInput
from sources.lines_of_business import LINES_OF_BUSINESS, canonical
from sources.npi import is_npi_shaped
from sources.states import STATES

FURTHEST_FUTURE: Final = timedelta(days=366)
"""How far ahead of today a date of service may lie (prior authorizations; row D23)."""
FIRST_DAY_OF_MEDICAID: Final = date(1966, 1, 1)
LONGEST_IDENTIFIER: Final = 200
"""Characters; X12 allows 38 for CLM01."""

Refuse = Callable[[str, str], None]

_TAXONOMY: Final = re.compile(r"[0-9A-Z]{10}", re.ASCII)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def accept(submitted: SubmittedClaim, today: date, path: str = "claim") -> Claim:
    """The claim to judge.

    Raises:
        InvalidInput: naming every malformed field below `path`.
    """
    problems: list[FieldViolation] = []

    def refuse(field: str, description: str) -> None:
        problems.append(FieldViolation(f"{path}.{field}", description))

    _refuse_unfit_identifiers(submitted, refuse)
    npi, role = _npi_of(submitted, refuse)
    state = submitted.state.upper()
    if state not in STATES:
        refuse("state", "is required" if not state else "is not the two-letter code of a US state or territory")
    first = _day("service_date", submitted.service_date, today, refuse)
    last = _day("service_end_date", submitted.service_end_date, today, refuse)
    if submitted.service_date is None:
        refuse("service_date", "is required")
    if first is not None and last is not None and last < first:
        refuse("service_end_date", "lies before service_date")
    taxonomy = submitted.taxonomy_code.upper() or None
    if taxonomy is not None and not _TAXONOMY.fullmatch(taxonomy):
        refuse("taxonomy_code", "is not a taxonomy code: ten letters and digits")
    line_of_business = _line_of_business_of(submitted, refuse)
    if problems or first is None:
        raise InvalidInput(*problems)
    return Claim(
        npi=npi,
        npi_role=role,
        state=state,
        service_date=first,
        service_end_date=last if last != first else None,
        taxonomy=taxonomy,
        line_of_business=line_of_business,
    )


def _npi_of(submitted: SubmittedClaim, refuse: Refuse) -> tuple[str, NpiRole]:
    """The rendering provider's NPI; the billing provider's where none was rendered separately (row V5)."""
    if submitted.rendering_npi or not submitted.billing_npi:
        npi, field, role = submitted.rendering_npi, "rendering_npi", NpiRole.RENDERING
    else:
        npi, field, role = submitted.billing_npi, "billing_npi", NpiRole.BILLING
    if not is_npi_shaped(npi):
        refuse(field, "is not an NPI: ten digits" if npi else "is required, here or in billing_npi")
    return npi, role


def _day(field: str, parts: tuple[int, int, int] | None, today: date, refuse: Refuse) -> date | None:
    if parts is None:
        return None
    try:
        day = date(*parts)
    except (ValueError, OverflowError):
        refuse(field, "is not a calendar date")
        return None
    if day < FIRST_DAY_OF_MEDICAID:
        refuse(field, "lies before Medicaid began in 1966")
    elif day > today + FURTHEST_FUTURE:
        refuse(field, "lies more than a year ahead")
    return day


def _line_of_business_of(submitted: SubmittedClaim, refuse: Refuse) -> str | None:
    if not submitted.line_of_business:
        return None
    name = canonical(submitted.line_of_business)
    if name is None:
        refuse("line_of_business", f"is unknown; known are {', '.join(LINES_OF_BUSINESS)}")
    return name


def _refuse_unfit_identifiers(submitted: SubmittedClaim, refuse: Refuse) -> None:
    """Line feeds and other control characters never reach a log (row V9)."""
    for field in ("correlation_id", "claim_id"):
        text: str = getattr(submitted, field)
        if _UNPRINTABLE.search(text):
            refuse(field, "holds control characters")
        elif len(text) > LONGEST_IDENTIFIER:
            refuse(field, f"is longer than {LONGEST_IDENTIFIER} characters")
    if submitted.line_number < 0:
        refuse("line_number", "is negative")
