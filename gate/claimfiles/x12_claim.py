"""Makes a claim of the piece of an 837 that holds it: who rendered it, where and when. Pure.

Besides the traps of `x12_parties`: from SBR on a claim lists how other payers know the same providers (loops 2320
and 2330), without NPIs; nothing there is believed.
"""

from typing import Final

from gate.claimfiles.model import ClaimProblem, FileClaim, NpiSource, StateSource
from gate.claimfiles.values import npi_complaint, parse_x12_dollars, printable, state_complaint
from gate.claimfiles.x12_forms import ClaimForm
from gate.claimfiles.x12_lines import MOST_LINES, lines_of
from gate.claimfiles.x12_marks import Marks
from gate.claimfiles.x12_parties import (
    ATTENDING,
    FACILITY,
    PICKUP,
    RENDERING,
    BillingProvider,
    Provider,
    provider,
    state,
)
from gate.claimfiles.x12_spans import dates_of
from gate.claimfiles.x12_usual import LONGEST_CLAIM_ID, usual_claims

NO_AMOUNT: Final = "the charge is not a dollar amount"


class ClaimReader:
    """Reads the claims of one transaction."""

    def __init__(self, form: ClaimForm, marks: Marks) -> None:
        self._form = form
        self._marks = marks
        self._usual = usual_claims(form, marks)

    def read(self, piece: bytes, key: str, place: tuple[int, int], billing: BillingProvider) -> FileClaim:
        """The claim, with a problem for everything that is missing or unreadable.

        `place` is the number and the byte offset of CLM.
        """
        claim = self._usual.read(piece, key, place, billing) if self._usual is not None else None
        return claim or self.read_any(piece, key, place, billing)

    def read_any(self, piece: bytes, key: str, place: tuple[int, int], billing: BillingProvider) -> FileClaim:
        """As `read`, by all the rules."""
        form, marks = self._form, self._marks
        problems: list[ClaimProblem] = []
        head, *lines = piece.split(marks.line)
        lines_name_parties = piece.find(marks.party, len(head)) >= 0
        if len(lines) > MOST_LINES:
            problems.append(ClaimProblem("loop 2400", f"more than {MOST_LINES} service lines"))
            del lines[MOST_LINES:]
        own = head.partition(marks.other_payer)[0]
        elements = own.partition(marks.terminator)[0].split(marks.element, 3)
        loops = marks.loops(own)
        npi, source, taxonomy_code = self._rendering(loops, billing, problems)
        where, state_source = self._state(loops, billing, problems)
        dates = dates_of(own, lines, form, marks, problems)
        whole = dates.whole
        return FileClaim(
            claim_id=printable(elements[1].decode("latin-1")[:LONGEST_CLAIM_ID].strip()) if len(elements) > 1 else "",
            claim_key=key,
            kind=form.kind,
            position=place[0],
            offset=place[1],
            rendering_npi=npi,
            rendering_source=source,
            billing_npi=billing.npi,
            state=where,
            state_source=state_source,
            service_date=whole[0] if whole else None,
            service_end_date=whole[1] if whole else None,
            taxonomy_code=taxonomy_code,
            charge_cents=_charge(elements, problems),
            lines=lines_of(lines, dates, form, marks, problems) if dates.differ or lines_name_parties else (),
            problems=tuple(problems),
        )

    def _rendering(
        self, loops: dict[bytes, bytes], billing: BillingProvider, problems: list[ClaimProblem]
    ) -> tuple[str, NpiSource, str]:
        """Who is checked (rows V5, V7), and the taxonomy code claimed for that provider."""
        loop = self._form.rendering_loop
        source = NpiSource.RENDERING
        chosen: Provider | BillingProvider = provider(loops.get(RENDERING), self._marks)
        if not chosen.npi:
            if RENDERING in loops:
                message = "the rendering provider has no NPI; the claim is checked for another provider it names"
                problems.append(ClaimProblem(f"loop {loop}", message, blocks=False))
            loop, source, chosen = self._instead_of_rendering(loops, billing)
        if not chosen.npi:
            problems.append(ClaimProblem(f"loop {loop}", "neither the rendering nor the billing provider has an NPI"))
        elif complaint := npi_complaint(chosen.npi):
            problems.append(ClaimProblem(f"loop {loop}", complaint))
            return printable(chosen.npi), source, chosen.taxonomy_code
        return chosen.npi, source, chosen.taxonomy_code

    def _instead_of_rendering(
        self, loops: dict[bytes, bytes], billing: BillingProvider
    ) -> tuple[str, NpiSource, Provider | BillingProvider]:
        if self._form.has_attending:
            attending = provider(loops.get(ATTENDING), self._marks)
            if attending.npi:
                return "2310A", NpiSource.ATTENDING, attending
        return "2010AA", NpiSource.BILLING, billing

    def _state(
        self, loops: dict[bytes, bytes], billing: BillingProvider, problems: list[ClaimProblem]
    ) -> tuple[str, StateSource]:
        """Where the service was given: at the facility, at the pick-up, else at the billing provider's."""
        loop, source, found = self._form.facility_loop, StateSource.FACILITY, ""
        if FACILITY in loops:
            found = state(loops[FACILITY], self._marks)
        if not found and PICKUP in loops and self._form.has_pickup:
            loop, source = "2310E", StateSource.PICKUP
            found = state(loops[PICKUP], self._marks)
        if not found:
            loop, source = "2010AA", StateSource.BILLING
            found = billing.state
        if complaint := state_complaint(found):
            problems.append(ClaimProblem(f"loop {loop}, N402", complaint, is_about_state=True))
            return printable(found), source
        return found, source


def _charge(elements: list[bytes], problems: list[ClaimProblem]) -> int | None:
    cents = parse_x12_dollars(elements[2].strip()) if len(elements) > 2 else None  # noqa: PLR2004 - CLM02
    if cents is None:
        problems.append(ClaimProblem("CLM02", NO_AMOUNT, blocks=False))
    return cents
