"""The reason of an answer as one plain sentence. Pure."""

from datetime import date
from typing import Final

from gate.decision.model import Claim, DecisionCode, Detail, Finding

_NOT_ASKED: Final = {
    Detail.NOT_CONFIGURED: "Enrollment checking is not configured for this tenant; the claim was not checked.",
    Detail.STATE_NOT_ENABLED: "Enrollment checking is not enabled for {state}; the claim was not checked.",
    Detail.MODE_OFF: "Enrollment checking is switched off for {scope}; the claim was not checked.",
    Detail.NPI_CHECK_DIGIT: "NPI {npi} does not end in its check digit, so no provider can have it.",
}
_NO_ANSWER: Final = {
    Detail.NO_SOURCE: "No source that speaks for {state} is configured, so nobody could be asked about NPI {npi}.",
    Detail.ALL_SOURCES_FAILED: "No source could be asked about NPI {npi} in {state}; this says nothing about the "
    "enrollment.",
    Detail.STATE_SOURCE_FAILED: "The source that speaks for {state} could not be asked about NPI {npi}; this says "
    "nothing about the enrollment.",
    Detail.NOTHING_RECORDED: "By then nothing was recorded of what the source that speaks for {state} knows about NPI "
    "{npi}; this says nothing about the enrollment.",
}
_NOT_FOUND: Final = {
    False: "Every source that counts answered, and none has an enrollment of NPI {npi} in {state}.",
    True: "No source that answered has an enrollment of NPI {npi} in {state}, but not every source could be asked.",
}
_FAILS: Final = {
    Detail.INACTIVE: "According to {source}, the {state} enrollment of NPI {npi} is inactive on {day}.",
    Detail.SUSPENDED: "According to {source}, the {state} enrollment of NPI {npi} is suspended on {day}.",
    Detail.DENIED: "According to {source}, the {state} enrollment application of NPI {npi} was denied.",
    Detail.TERMINATED: "According to {source}, the {state} enrollment of NPI {npi} was terminated before {day}.",
    Detail.TERMINATED_DATE_UNKNOWN: "According to {source}, the {state} enrollment of NPI {npi} is terminated; "
    "it does not say since when.",
    Detail.NOT_YET_EFFECTIVE: "The {state} enrollment of NPI {npi} starts on {effective}, after {day}.",
    Detail.APPLICATION_IN_FLIGHT: "According to {source}, the {state} enrollment application of NPI {npi} is still "
    "pending.",
    Detail.TAXONOMY_NOT_ENROLLED: "NPI {npi} is enrolled in {state} on {day}, but not with taxonomy {taxonomy}.",
    Detail.LOB_NOT_ENROLLED: "NPI {npi} is enrolled in {state} on {day}, but not for {line_of_business}.",
    Detail.REGISTERED_ONLY: "NPI {npi} is registered in {state}, not enrolled, and its provider type needs enrollment.",
    Detail.CAQH_NOT_ON_ROSTER: "CAQH knows NPI {npi}, but it is not on this organization's roster.",
    Detail.CAQH_NOT_AUTHORIZED: "CAQH knows NPI {npi}, but the provider has not authorized this organization.",
    Detail.CAQH_PROFILE_INCOMPLETE: "The CAQH profile of NPI {npi} is not complete and attested.",
    Detail.ENDED: "The {state} enrollment of NPI {npi} ended on {end}, before {day}.",
    Detail.LAPSED: "According to {source}, the {state} enrollment of NPI {npi} has lapsed.",
    Detail.GAP: "{day} falls in a gap: the {state} enrollment of NPI {npi} ended on {end} and resumes on {next_start}.",
    Detail.FAILED_TO_REVALIDATE: "NPI {npi} was not enrolled in {state} on {day} because it failed to revalidate.",
    Detail.REVALIDATION_PAST_DUE: "NPI {npi} is enrolled in {state}, but its revalidation was due on {due}.",
    Detail.CAQH_ATTESTATION_EXPIRED: "The CAQH attestation of NPI {npi} has expired.",
}
_ENROLLED: Final = "According to {source}, NPI {npi} is enrolled in {state} on {day}{until}."
_THE_DAY: Final = "{day}"


def sentence(claim: Claim, finding: Finding) -> str:
    """Why the answer is what it is. Holds the NPI, no member's data and no upstream's text."""
    return _day(judged_day(claim, finding)).join(around_the_day(claim, finding))


def judged_day(claim: Claim, finding: Finding) -> date:
    """The day of service of which the sentence speaks."""
    return finding.judged_on or claim.service_date


def around_the_day(claim: Claim, finding: Finding) -> list[str]:
    """The sentence without the day of which it speaks: what stands before it, and after it; all, where it names none.

    So it is the same for all days of which the same was found.
    """
    facts = _facts(claim, finding)
    return [piece.format(**facts) for piece in _template(finding).split(_THE_DAY)]


def _template(finding: Finding) -> str:
    if finding.detail is not None:
        return _NOT_ASKED.get(finding.detail) or _NO_ANSWER.get(finding.detail) or _FAILS[finding.detail]
    if finding.code is DecisionCode.ENROLLMENT_NOT_FOUND:
        return _NOT_FOUND[finding.evidence_incomplete]
    return _ENROLLED


def _facts(claim: Claim, finding: Finding) -> dict[str, str]:
    record = finding.record
    end = record.end if record is not None else None
    return {
        "npi": claim.npi,
        "state": claim.state,
        "scope": f"{claim.state} {claim.line_of_business}" if claim.line_of_business else claim.state,
        "taxonomy": claim.taxonomy or "",
        "line_of_business": claim.line_of_business or "",
        "source": finding.answer.source if finding.answer is not None else "",
        "effective": _day(record.effective if record is not None else None),
        "end": _day(end),
        "until": f" (until {_day(end)})" if end is not None else "",
        "next_start": _day(finding.next_start),
        "due": _day(finding.revalidation.due_on if finding.revalidation is not None else None),
    }


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else "an unknown day"
