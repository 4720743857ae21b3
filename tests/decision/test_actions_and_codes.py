import pytest

from gate.decision.actions import verdict
from gate.decision.codes import SuggestedCodes, suggested
from gate.decision.model import ClaimAction, DecisionCode, Detail, GateMode, NpiRole, OutageAction, Policy

CONTINUE, REVIEW, MANUAL = ClaimAction.CONTINUE, ClaimAction.PEND_REVIEW, ClaimAction.PEND_MANUAL_VERIFICATION


@pytest.mark.parametrize(
    ("code", "pends"),
    [
        (DecisionCode.PASS, CONTINUE),
        (DecisionCode.ENROLLMENT_INACTIVE, REVIEW),
        (DecisionCode.ENROLLMENT_EXPIRED, REVIEW),
        (DecisionCode.ENROLLMENT_NOT_FOUND, MANUAL),
        (DecisionCode.SOURCE_UNAVAILABLE, REVIEW),
    ],
)
def test_c10_c11_enforce_pends_what_audit_only_tells(code: DecisionCode, pends: ClaimAction) -> None:
    enforced = verdict(code, Policy(mode=GateMode.ENFORCE))
    observed = verdict(code, Policy(mode=GateMode.AUDIT))
    assert (enforced.action, enforced.would_action) == (pends, pends)
    assert (observed.action, observed.would_action) == (CONTINUE, pends)


def test_a7_a_tenant_may_let_claims_pass_in_an_outage_and_the_answer_says_so() -> None:
    policy = Policy(mode=GateMode.ENFORCE, outage_action=OutageAction.PASS_THROUGH)
    answer = verdict(DecisionCode.SOURCE_UNAVAILABLE, policy)
    assert (answer.action, answer.would_action, answer.failure_mode_allowed) == (CONTINUE, CONTINUE, True)
    assert verdict(DecisionCode.ENROLLMENT_NOT_FOUND, policy).action is MANUAL
    assert not verdict(DecisionCode.PASS, policy).failure_mode_allowed


@pytest.mark.parametrize(
    ("code", "detail", "codes"),
    [
        (DecisionCode.PASS, None, SuggestedCodes()),
        (DecisionCode.SOURCE_UNAVAILABLE, Detail.ALL_SOURCES_FAILED, SuggestedCodes()),
        (DecisionCode.ENROLLMENT_EXPIRED, Detail.ENDED, SuggestedCodes("B7", "N767", "A3:91:82")),
        (DecisionCode.ENROLLMENT_INACTIVE, Detail.APPLICATION_IN_FLIGHT, SuggestedCodes("B7", "N570", "A3:91:82")),
        (DecisionCode.ENROLLMENT_INACTIVE, Detail.TAXONOMY_NOT_ENROLLED, SuggestedCodes("185", "", "A3:91:82")),
        (DecisionCode.ENROLLMENT_NOT_FOUND, None, SuggestedCodes("B7", "N767", "A3:26:82")),
        (DecisionCode.ENROLLMENT_NOT_FOUND, Detail.NPI_CHECK_DIGIT, SuggestedCodes("B7", "N767", "A7:562:82")),
    ],
)
def test_suggested_codes(code: DecisionCode, detail: Detail | None, codes: SuggestedCodes) -> None:
    assert suggested(code, detail, NpiRole.RENDERING) == codes


def test_a_billing_provider_is_named_by_entity_85() -> None:
    codes = suggested(DecisionCode.ENROLLMENT_NOT_FOUND, None, NpiRole.BILLING)
    assert codes.claim_status == "A3:26:85"
