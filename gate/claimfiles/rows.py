"""Makes a claim of one row of a table, whether it came as CSV or as JSON. Pure."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from gate.claimfiles.model import ClaimKind, ClaimProblem, FileClaim, FileClaimLine, NpiSource, StateSource
from gate.claimfiles.values import (
    DAY_FORMS_TEXT,
    npi_complaint,
    parse_cents,
    parse_day,
    parse_dollars,
    printable,
    state_complaint,
)

_ALIASES: Final[dict[str, str]] = {
    "claim_id": "claim_id claim_number claim_no patient_control_number",
    "rendering_npi": "rendering_npi npi rendering_provider_npi",
    "billing_npi": "billing_npi billing_provider_npi",
    "state": "state service_state",
    "service_date": "service_date dos date_of_service service_from service_date_from",
    "service_end_date": "service_end_date dos_end service_to service_date_to service_through",
    "taxonomy_code": "taxonomy_code taxonomy",
    "line_of_business": "line_of_business lob",
    "charge_cents": "charge_cents",
    "charge": "charge charges charge_amount total_charge",
    "line_number": "line_number line",
}
_FIELDS: Final = {alias: field for field, aliases in _ALIASES.items() for alias in aliases.split()}
_NOISE: Final = re.compile(r"[\s\-]+")
_LONGEST_CLAIM_ID: Final = 50


def field_of(column: str) -> str | None:
    """The field that a column's name, in any case and spacing, stands for; None for a column of no concern here."""
    return _FIELDS.get(_NOISE.sub("_", column.strip().casefold()))


class Row:
    """The fields of one row, and what is wrong with them.

    `values` are by field, empty where the row says nothing; `place` and the names in `columns` are for messages.
    """

    def __init__(self, values: Mapping[str, str], place: str, columns: Mapping[str, str]) -> None:
        self._values = values
        self._place = place
        self._columns = columns
        self.problems: list[ClaimProblem] = []

    def text(self, field: str) -> str:
        """As written, without what a terminal or log could stumble over (row V9)."""
        return printable(self._values.get(field, "").strip())

    def complain(self, field: str, message: str, *, blocks: bool = True) -> None:
        """Note a problem with one field."""
        place = f"{self._place}, column {printable(self._columns.get(field, field))}"
        self.problems.append(ClaimProblem(place, message, blocks=blocks, is_about_state=field == "state"))

    def day(self, field: str) -> date | None:
        """A calendar day."""
        text = self.text(field)
        day = parse_day(text)
        if text and day is None:
            self.complain(field, f"not a day in the form {DAY_FORMS_TEXT}")
        return day

    def span(self) -> tuple[date | None, date | None]:
        """First and last day of service; both None unless both are known."""
        first, last = self.day("service_date"), self.day("service_end_date")
        if last is None and not self.text("service_end_date"):
            last = first
        if first is None or last is None:
            return None, None
        if last < first:
            self.complain("service_end_date", "the last day of service is before the first")
            return None, None
        return first, last

    def charge(self) -> int | None:
        """US cents, from whichever of the two columns is filled."""
        for field, parse, form in (("charge_cents", parse_cents, "whole cents"), ("charge", parse_dollars, "dollars")):
            if text := self.text(field):
                cents = parse(text)
                if cents is None:
                    self.complain(field, f"the charge is not an amount in {form}", blocks=False)
                return cents
        return None

    def npi(self, field: str) -> str:
        """An NPI, complained of where it is not one."""
        npi = self.text(field)
        if npi and (complaint := npi_complaint(npi)):
            self.complain(field, complaint)
        return npi

    def state(self) -> str:
        """A state code in upper case (row C6)."""
        return self.text("state").upper()


def claim_of(row: Row, number: int, lines: tuple[FileClaimLine, ...] = ()) -> FileClaim:
    """The claim of row `number`, with a problem for everything that is missing or unreadable."""
    rendering_npi, billing_npi = row.npi("rendering_npi"), row.npi("billing_npi")
    if not (rendering_npi or billing_npi):
        row.complain("rendering_npi", "neither a rendering nor a billing NPI")
    state = row.state()
    if complaint := state_complaint(state):
        row.complain("state", complaint)
    if not row.text("service_date"):
        row.complain("service_date", "no date of service")
    first, last = row.span()
    charge = row.charge()
    return FileClaim(
        claim_id=row.text("claim_id")[:_LONGEST_CLAIM_ID],
        claim_key=str(number),
        kind=ClaimKind.ROW,
        position=number,
        rendering_npi=rendering_npi or billing_npi,
        rendering_source=NpiSource.RENDERING if rendering_npi else NpiSource.BILLING,
        billing_npi=billing_npi,
        state=state,
        state_source=StateSource.COLUMN,
        service_date=first,
        service_end_date=last,
        taxonomy_code=row.text("taxonomy_code"),
        line_of_business=row.text("line_of_business"),
        charge_cents=charge,
        lines=lines,
        problems=tuple(row.problems),
    )


def unreadable(number: int, message: str) -> FileClaim:
    """A row of which nothing could be read."""
    problem = ClaimProblem(f"row {number}", message)
    return FileClaim(claim_id="", claim_key=str(number), kind=ClaimKind.ROW, position=number, problems=(problem,))
