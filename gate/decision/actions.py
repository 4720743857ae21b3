"""From finding and policy to what happens to the claim. Rows C10-C12, A5-A7. Pure."""

from typing import Final

from gate.decision.model import ClaimAction, DecisionCode, GateMode, OutageAction, Policy, Verdict

_WHEN_ENFORCING: Final = {
    DecisionCode.PASS: ClaimAction.CONTINUE,
    DecisionCode.ENROLLMENT_INACTIVE: ClaimAction.PEND_REVIEW,
    DecisionCode.ENROLLMENT_EXPIRED: ClaimAction.PEND_REVIEW,
    DecisionCode.ENROLLMENT_NOT_FOUND: ClaimAction.PEND_MANUAL_VERIFICATION,
    DecisionCode.SOURCE_UNAVAILABLE: ClaimAction.PEND_REVIEW,
}


def verdict(code: DecisionCode, policy: Policy) -> Verdict:
    """The action for `code`, and what it would be if the tenant enforced."""
    lets_pass = code is DecisionCode.SOURCE_UNAVAILABLE and policy.outage_action is OutageAction.PASS_THROUGH
    would = ClaimAction.CONTINUE if lets_pass else _WHEN_ENFORCING[code]
    action = would if policy.mode is GateMode.ENFORCE else ClaimAction.CONTINUE
    return Verdict(action, would, failure_mode_allowed=lets_pass)
