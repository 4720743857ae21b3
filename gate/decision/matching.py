"""Does a covering segment agree with the claim's taxonomy and line of business? Rows X1-X11. Pure.

A source that names none is silent on the matter, and so is a claim that names none: neither is a mismatch.
"""

import msgspec

from gate.decision.model import Caution
from sources.lines_of_business import UMBRELLA, is_known
from sources.records import EnrollmentRecord


class LineOfBusinessMatch(msgspec.Struct, frozen=True):
    """Whether the claim's line of business is enrolled, and the records that say so (all, if none does)."""

    is_enrolled: bool
    records: tuple[EnrollmentRecord, ...]
    warnings: tuple[Caution, ...] = ()


def taxonomy_match(taxonomy: str | None, records: tuple[EnrollmentRecord, ...]) -> bool:
    """Whether any record lists `taxonomy`, or lists none at all (rows X1-X4)."""
    if taxonomy is None:
        return True
    return any(not record.taxonomies or taxonomy in record.taxonomies for record in records)


def line_of_business_match(
    line_of_business: str | None, records: tuple[EnrollmentRecord, ...], umbrella_covers: frozenset[str]
) -> LineOfBusinessMatch:
    """Match `line_of_business` against the records that cover the day (rows X5-X11)."""
    unknown = tuple(record for record in records if any(not is_known(name) for name in record.lines_of_business))
    warnings = (Caution.LOB_UNKNOWN,) if unknown else ()
    if line_of_business is None:
        return LineOfBusinessMatch(True, records, warnings)
    named = tuple(
        record for record in records if not record.lines_of_business or line_of_business in record.lines_of_business
    )
    if named:
        return LineOfBusinessMatch(True, named, warnings)
    if line_of_business in umbrella_covers:
        umbrella = tuple(record for record in records if UMBRELLA in record.lines_of_business)
        if umbrella:
            return LineOfBusinessMatch(True, umbrella, (*warnings, Caution.LOB_UMBRELLA))
    if unknown:
        # The word nobody mapped may be the one that was asked for: not a mismatch (row X7).
        return LineOfBusinessMatch(True, unknown, warnings)
    return LineOfBusinessMatch(False, records, (Caution.LOB_NOT_ENROLLED,))
