"""The service lines of an 837 claim, where they say something the claim does not. Pure."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec

from gate.claimfiles.model import ClaimProblem, FileClaimLine
from gate.claimfiles.values import npi_complaint, parse_x12_dollars, state_complaint
from gate.claimfiles.x12_forms import ClaimForm
from gate.claimfiles.x12_marks import Marks
from gate.claimfiles.x12_parties import FACILITY, NOBODY, PICKUP, RENDERING, Provider, provider, state
from gate.claimfiles.x12_spans import ServiceDates

MOST_LINES: Final = 1000
"""More than any of the guides allows (50 professional or dental, 999 institutional)."""
_LONGEST_NUMBER: Final = 6


class _Override(msgspec.Struct, frozen=True, gc=False):
    """Loops 2420A to 2420H, as far as they matter here."""

    rendering: Provider
    state: str


_NOTHING: Final = _Override(NOBODY, "")


def lines_of(
    texts: Sequence[bytes], dates: ServiceDates, form: ClaimForm, marks: Marks, problems: list[ClaimProblem]
) -> tuple[FileClaimLine, ...]:
    """All lines when any of them differs from the claim in provider, state or days, else none.

    `texts` begin after ``LX*``.
    """
    party = marks.party
    overrides = [_override(text, form, marks) if party in text else _NOTHING for text in texts]
    if not dates.differ and overrides.count(_NOTHING) == len(overrides):
        return ()
    spans = dates.by_line or (None,) * len(texts)
    lines: list[FileClaimLine] = []
    pattern = _charge_pattern(form, marks)
    for text, span, override in zip(texts, spans, overrides, strict=True):
        stated = text.partition(marks.terminator)[0]
        number = int(stated) if stated.isdigit() and len(stated) <= _LONGEST_NUMBER else len(lines) + 1
        if override is not _NOTHING:
            problems.extend(_complaints(f"line {number}", override))
        lines.append(
            FileClaimLine(
                line_number=number,
                rendering_npi=override.rendering.npi,
                taxonomy_code=override.rendering.taxonomy_code if override.rendering.npi else "",
                state=override.state,
                service_date=span[0] if span else None,
                service_end_date=span[1] if span else None,
                charge_cents=_charge(text, pattern),
            )
        )
    return tuple(lines)


def _override(text: bytes, form: ClaimForm, marks: Marks) -> _Override:
    loops = marks.loops(text)
    where = state(loops.get(FACILITY, b""), marks) if form.has_line_facility else ""
    if not where and form.has_pickup:
        where = state(loops.get(PICKUP, b""), marks)
    rendering = provider(loops.get(RENDERING), marks)
    return _Override(rendering, where) if where or rendering.is_named else _NOTHING


@lru_cache(maxsize=64)
def _charge_pattern(form: ClaimForm, marks: Marks) -> re.Pattern[bytes]:
    """Finds the charge in SV1, SV2 or SV3. One search instead of two cuts and a split, for each line of every claim."""
    element = re.escape(marks.element)
    value_of_one = b"[^" + element + re.escape(marks.terminator) + b"]*"
    return re.compile(
        re.escape(marks.service) + (value_of_one + element) * form.line_charge_element + b"(" + value_of_one + b")"
    )


def _charge(text: bytes, pattern: re.Pattern[bytes]) -> int | None:
    found = pattern.search(text)
    return parse_x12_dollars(found[1].strip()) if found else None


def _complaints(place: str, override: _Override) -> list[ClaimProblem]:
    found = []
    rendering = override.rendering
    if rendering.is_named and not rendering.npi:
        message = "the rendering provider has no NPI; the line is checked for the claim's provider"
        found.append(ClaimProblem(place, message, blocks=False))
    if rendering.npi and (complaint := npi_complaint(rendering.npi)):
        found.append(ClaimProblem(place, complaint))
    if override.state and (complaint := state_complaint(override.state)):
        found.append(ClaimProblem(place, complaint, is_about_state=True))
    return found
