"""The situations that the bundled population shows, as data. Row ids are those of the product's table of answers."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

Segment = dict[str, Any]
Profile = dict[str, Any]


class Case(NamedTuple):
    """What a state portal says about one provider, what CAQH says, and which situation that is."""

    note: str
    segments: tuple[Segment, ...] | None = None
    profile: Profile | None = None


def segment(status: str = "ACTIVE", effective: str | None = "today-900", **rest: Any) -> Segment:  # noqa: ANN401 - as YAML
    """One period, open-ended unless said."""
    return {"status": status, "effective": effective, **rest}


def profile(days_ago: int, status: str = "Re-attestation", **rest: Any) -> Profile:  # noqa: ANN401 - as YAML
    """A CAQH profile that reached its status some days ago."""
    return {"provider_status": status, "provider_status_date": f"today-{days_ago}", "practice_state": "TX", **rest}


_SINGLE: Final = (
    Case("D2 PASS: enrolled since today", (segment(effective="today"),)),
    Case("D5 PASS: today is the last covered day", (segment(end="today"),)),
    Case("D7 PASS: ends tomorrow", (segment(end="today+1"),)),
    Case("D8 PASS: open end written 9999-12-31", (segment(end="9999-12-31"),)),
    Case("D8 PASS: open end written 2299-12-31", (segment(end="2299-12-31"),)),
    Case("D9 PASS: terminated as of a later day", (segment("TERMINATED", end="today+20"),)),
    Case("D3 ENROLLMENT_INACTIVE: starts tomorrow", (segment(effective="today+1"),)),
    Case("D4 ENROLLMENT_INACTIVE: starts in 30 days", (segment(effective="today+30"),)),
    Case("D11 ENROLLMENT_INACTIVE: terminated yesterday", (segment("TERMINATED", end="today-1"),)),
    Case("D12 ENROLLMENT_INACTIVE: terminated, nobody says when", (segment("TERMINATED"),)),
    Case("D13 ENROLLMENT_INACTIVE: inactive", (segment("INACTIVE"),)),
    Case("D13 ENROLLMENT_INACTIVE: deactivated", (segment("RAW:Deactivated"),)),
    Case("D14 ENROLLMENT_INACTIVE: suspended", (segment("SUSPENDED", "today-60"),)),
    Case("D14 ENROLLMENT_INACTIVE: payment hold", (segment("RAW:Payment Hold", "today-20"),)),
    Case("D15 ENROLLMENT_INACTIVE: application pending", (segment("PENDING", "today-15"),)),
    Case("D16 ENROLLMENT_INACTIVE: application denied", (segment("DENIED", "today-40"),)),
    Case("D6 ENROLLMENT_EXPIRED: ended yesterday", (segment(end="today-1"),)),
    Case("D6 ENROLLMENT_EXPIRED: ended half a year ago", (segment(end="today-180"),)),
    Case("D17 ENROLLMENT_EXPIRED: lapsed without an end date", (segment("EXPIRED"),)),
    Case("D17 ENROLLMENT_EXPIRED: lapsed, in the upstream's word", (segment("RAW:Lapsed"),)),
)

_SEVERAL: Final = (
    Case(
        "S1 ENROLLMENT_EXPIRED: in a gap until next month",
        (segment(end="today-40"), segment(effective="today+20")),
    ),
    Case(
        "S1 PASS today, ENROLLMENT_EXPIRED for service 600 to 501 days ago",
        (segment(effective="today-1400", end="today-601"), segment(effective="today-500")),
    ),
    Case(
        "S2 PASS: two periods that adjoin yesterday and today",
        (segment(end="today-1"), segment(effective="today")),
    ),
    Case(
        "S3 PASS: suspended last quarter, reinstated since",
        (
            segment(end="today-91"),
            segment("SUSPENDED", "today-90", end="today-31"),
            segment(effective="today-30"),
        ),
    ),
    Case(
        "S5 ENROLLMENT_INACTIVE: suspended, reinstated, terminated ten days ago",
        (
            segment(end="today-151"),
            segment("SUSPENDED", "today-150", end="today-91"),
            segment(effective="today-90", end="today-11"),
            segment("TERMINATED", "today-10"),
        ),
    ),
    Case(
        "S6 ENROLLMENT_INACTIVE: active and suspended overlap",
        (segment(), segment("SUSPENDED", "today-20")),
    ),
    Case("S7 PASS with DATA_CONFLICT: two active periods overlap", (segment(), segment(effective="today-300"))),
)

_UNUSABLE: Final = (
    Case("D19 SOURCE_UNAVAILABLE: a status nobody mapped", (segment("RAW:X9"),)),
    Case("D20 SOURCE_UNAVAILABLE: no effective date", (segment(effective=None),)),
    Case("D21 SOURCE_UNAVAILABLE: ends before it begins", (segment(effective="today-10", end="today-20"),)),
    Case("D22 SOURCE_UNAVAILABLE: a day that does not exist", (segment(effective="2026-02-30"),)),
    Case("SOURCE_UNAVAILABLE: the record names another NPI", (segment(npi="2999999995"),)),
    Case("A3 PASS with PRIMARY_UNAVAILABLE: unusable, CAQH current", (segment("RAW:X9"),), profile(20)),
)

_WITH_PROFILE: Final = (
    Case("A1 ENROLLMENT_INACTIVE: terminated, though CAQH is current", (segment("TERMINATED"),), profile(30)),
    Case("R24 PASS: enrolled, though CAQH has expired", (segment(),), profile(10, "Expired Attestation")),
    Case("X7 PASS: a line of business nobody knows", (segment(lines_of_business=["FOO"]),)),
    Case("PASS: the portal knows no taxonomies", (segment(taxonomies=[]),)),
    Case("ENROLLMENT_NOT_FOUND: known to the portal, without any period", ()),
)

_TIERS: Final = {
    365: "PASS", 91: "R1 PASS", 90: "R2 PASS", 89: "R3 PASS", 61: "R3 PASS", 60: "R4 PASS", 45: "R11 PASS",
    31: "R5 PASS", 30: "R6 PASS with soft hold", 12: "R12 PASS with soft hold", 1: "R7 PASS with soft hold",
    0: "R8 PASS with soft hold", -1: "R9 PASS, past due", -45: "R9 PASS, past due",
}  # fmt: skip

_OF_ONE_PORTAL: Final = {
    "tmhp_pems": (
        Case("D18 ENROLLMENT_EXPIRED: status code 66", (segment(end="today-31"), segment("RAW:66", "today-30"))),
        Case("X8 PASS: two lines of business in one text", (segment(lines_of_business=["MEDICAID|STAR"]),)),
    ),
    "ca_pave": (
        Case("PASS: provisional provider", (segment("RAW:Provisional", "today-100"),)),
        Case("PASS: preferred provisional provider", (segment("RAW:Preferred Provisional", "today-100"),)),
    ),
    "fl_fmmis": (
        Case("D28 PASS: limited enrollment", (segment("RAW:Limited Enrollment"),)),
        Case("D29 PASS: registered, provider type 07", (segment("RAW:Registered", provider_type="07"),)),
        Case("D29 PASS: registered, provider type 97", (segment("RAW:Registered", provider_type="97"),)),
        Case("D30 ENROLLMENT_INACTIVE: registered only", (segment("RAW:Registered", provider_type="25"),)),
        Case("ENROLLMENT_INACTIVE: ineligible", (segment("RAW:E"),)),
    ),
    "ny_emedny": (Case("ENROLLMENT_INACTIVE: may only order services", (segment(medicaid_type="OPRA"),)),),
}

CAQH_ONLY: Final = (
    Case("R22 PASS with NATIONAL_EVIDENCE_ONLY: attested 30 days ago", None, profile(30)),
    Case("R22 PASS: first attested 5 days ago", None, profile(5, "Initial Profile Complete")),
    Case("R22 PASS: the authorization flag is not sent", None, profile(30, authorization_flag=None)),
    Case("R26 PASS: attestation due today", None, profile(120)),
    Case("R26 ENROLLMENT_EXPIRED: attestation was due yesterday", None, profile(121)),
    Case("R27 PASS: attested 150 days ago, practices in Illinois", None, profile(150, practice_state="IL")),
    Case("R27 ENROLLMENT_EXPIRED: attested 150 days ago, practices in Texas", None, profile(150)),
    Case("R23 ENROLLMENT_EXPIRED: CAQH says the attestation expired", None, profile(14, "Expired Attestation")),
    Case("ENROLLMENT_INACTIVE: not on the roster", None, profile(30, roster_status="NOT ON ROSTER")),
    Case("ENROLLMENT_INACTIVE: inactive on the roster", None, profile(30, roster_status="INACTIVE")),
    Case("ENROLLMENT_INACTIVE: did not authorize us", None, profile(30, authorization_flag="N")),
    Case("ENROLLMENT_INACTIVE: profile never completed", None, profile(30, "Initial Outreach")),
    Case("ENROLLMENT_INACTIVE: opted out of CAQH", None, profile(30, "Opt Out")),
    Case(
        "A4b ENROLLMENT_NOT_FOUND: the state does not know it, CAQH sends no date",
        None,
        profile(0) | {"provider_status_date": None},
    ),
)
"""Providers no state portal knows: the same answer in every state."""


def cases_of(portal: str) -> Iterator[Case]:
    """Every situation one state portal can be in."""
    yield from _SINGLE
    yield from _SEVERAL
    yield from _UNUSABLE
    yield from _WITH_PROFILE
    for days, outcome in _TIERS.items():
        yield Case(f"{outcome}: revalidation due in {days} days", (segment(revalidation_due=f"today{days:+d}"),))
    for days, outcome in ((14, "R18 PASS with soft hold"), (-14, "R17 PASS, past due")):
        required = segment("REVALIDATION_REQUIRED", revalidation_due=f"today{days:+d}")
        yield Case(f"{outcome}: revalidation required, due in {days} days", (required,))
    yield from _OF_ONE_PORTAL[portal]
