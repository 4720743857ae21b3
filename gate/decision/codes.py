"""Suggested X12 codes for a finding. Section 3.9 of the decision table. Pure; never changes the action."""

from typing import Final

import msgspec

from gate.decision.model import DecisionCode, Detail, NpiRole

_ENTITY: Final = {NpiRole.RENDERING: "82", NpiRole.BILLING: "85"}
_INCOMPLETE_CREDENTIALING: Final = frozenset(
    {
        Detail.APPLICATION_IN_FLIGHT,
        Detail.CAQH_ATTESTATION_EXPIRED,
        Detail.CAQH_NOT_AUTHORIZED,
        Detail.CAQH_NOT_ON_ROSTER,
        Detail.CAQH_PROFILE_INCOMPLETE,
    }
)


class SuggestedCodes(msgspec.Struct, frozen=True):
    """What a payer may put on its 835 and 277CA; empty where nothing fits."""

    carc: str = ""
    rarc: str = ""
    claim_status: str = ""
    """Category:status:entity as in X12 STC01; 82 rendering, 85 billing provider."""


NOTHING: Final = SuggestedCodes()


def suggested(code: DecisionCode, detail: Detail | None, role: NpiRole) -> SuggestedCodes:
    """Codes for an answer that fails; none for PASS and for an outage, which say nothing about the provider."""
    if code in (DecisionCode.PASS, DecisionCode.SOURCE_UNAVAILABLE):
        return NOTHING
    entity = _ENTITY[role]
    if detail is Detail.NPI_CHECK_DIGIT:
        return SuggestedCodes("B7", "N767", f"A7:562:{entity}")
    if code is DecisionCode.ENROLLMENT_NOT_FOUND:
        return SuggestedCodes("B7", "N767", f"A3:26:{entity}")
    if detail is Detail.TAXONOMY_NOT_ENROLLED:
        return SuggestedCodes("185", "", f"A3:91:{entity}")
    remark = "N570" if detail in _INCOMPLETE_CREDENTIALING else "N767"
    return SuggestedCodes("B7", remark, f"A3:91:{entity}")
