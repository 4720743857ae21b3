"""Is the question asked at all? Rows C1, C4-C6, C13, V2. Pure."""

from gate.decision.model import Caution, Claim, DecisionCode, Detail, Finding, GateMode, Policy, Strictness
from sources.npi import has_valid_check_digit

NOT_CONFIGURED = Finding(code=DecisionCode.PASS, detail=Detail.NOT_CONFIGURED)
STATE_NOT_ENABLED = Finding(code=DecisionCode.PASS, detail=Detail.STATE_NOT_ENABLED)
MODE_OFF = Finding(code=DecisionCode.PASS, detail=Detail.MODE_OFF)
NO_PROVIDER_HAS_THIS_NPI = Finding(
    code=DecisionCode.ENROLLMENT_NOT_FOUND, detail=Detail.NPI_CHECK_DIGIT, warnings=(Caution.NPI_CHECK_DIGIT,)
)


def answer_without_asking(claim: Claim, enabled_states: frozenset[str], policy: Policy) -> Finding | None:
    """The finding where no source has to be asked, None where one has to."""
    if claim.state not in enabled_states:
        return STATE_NOT_ENABLED
    if policy.mode is GateMode.OFF:
        return MODE_OFF
    if policy.npi_check_digit is Strictness.STRICT and not has_valid_check_digit(claim.npi):
        return NO_PROVIDER_HAS_THIS_NPI
    return None
