"""Whether a claim is checked at all, and what the answer does to it: rows C, over gRPC."""

import asyncio

import grpc
import pytest

from gate.v1 import decision_pb2, gate_admin_pb2
from tests.e2e.bundled import ENDED, ENROLLED, SUSPENDED, UNKNOWN, UNUSABLE
from tests.e2e.providers import ALL_STATES
from tests.support.callers import Caller, action_of, claim, code_of, outcomes_of, would_action_of
from tests.support.gates import GateInProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUDIT, ENFORCE, OFF = decision_pb2.GATE_MODE_AUDIT, decision_pb2.GATE_MODE_ENFORCE, decision_pb2.GATE_MODE_OFF
CONTINUE, PEND, VERIFY = "CONTINUE", "PEND_REVIEW", "PEND_MANUAL_VERIFICATION"
CODES = {
    ENROLLED: "PASS",
    SUSPENDED: "ENROLLMENT_INACTIVE",
    ENDED: "ENROLLMENT_EXPIRED",
    UNKNOWN: "ENROLLMENT_NOT_FOUND",
    UNUSABLE: "SOURCE_UNAVAILABLE",
}
ACTIONS = {ENROLLED: CONTINUE, SUSPENDED: PEND, ENDED: PEND, UNKNOWN: VERIFY, UNUSABLE: PEND}


async def test_c1_without_configuration_every_claim_passes_and_nobody_is_asked(
    gate: GateInProcess, caller: Caller
) -> None:
    decision = await caller.check(claim(SUSPENDED))

    assert (code_of(decision), decision.detail, action_of(decision)) == ("PASS", "NOT_CONFIGURED", CONTINUE)
    assert decision.config_version == 0
    assert gate.calls() == {}


@pytest.mark.parametrize("enabled", [pytest.param([], id="C4 no state"), pytest.param(["CA"], id="C5 another state")])
async def test_a_state_that_is_not_enabled_passes_and_nobody_is_asked(
    gate: GateInProcess, caller: Caller, enabled: list[str]
) -> None:
    await caller.configure(enabled_states=enabled, gate_mode=ENFORCE)

    decision = await caller.check(claim(SUSPENDED, "TX"))

    assert (code_of(decision), decision.detail, action_of(decision)) == ("PASS", "STATE_NOT_ENABLED", CONTINUE)
    assert gate.calls() == {}


async def test_c6_a_state_may_be_written_in_any_case(caller: Caller) -> None:
    await caller.configure(enabled_states=["tx"], gate_mode=ENFORCE)

    for state in ("tx", "Tx", "TX"):
        decision = await caller.check(claim(SUSPENDED, state))
        assert (code_of(decision), decision.detail) == ("ENROLLMENT_INACTIVE", "SUSPENDED")


async def test_c7_an_enabled_state_that_nobody_speaks_for_is_unavailable_and_never_not_found(caller: Caller) -> None:
    stored = await caller.configure(enabled_states=["WA"], gate_mode=ENFORCE)

    decision = await caller.check(claim(UNKNOWN, "WA"))

    assert (code_of(decision), decision.detail, action_of(decision)) == ("SOURCE_UNAVAILABLE", "NO_SOURCE", PEND)
    assert decision.evidence_incomplete
    assert any("WA" in warning for warning in stored.warnings)


@pytest.mark.parametrize("npi", [pytest.param(npi, id=code) for npi, code in CODES.items()])
async def test_c10_c11_c12_the_code_is_the_same_in_audit_and_enforce_and_only_the_action_differs(
    caller: Caller, npi: str
) -> None:
    await caller.configure(enabled_states=["TX"], gate_mode=ENFORCE)
    enforced = await caller.check(claim(npi))
    await caller.set_mode(AUDIT)
    audited = await caller.check(claim(npi))

    assert code_of(enforced) == code_of(audited) == CODES[npi]
    assert action_of(enforced) == would_action_of(enforced) == would_action_of(audited) == ACTIONS[npi]
    assert action_of(audited) == CONTINUE
    assert (enforced.mode, audited.mode) == (ENFORCE, AUDIT)
    assert audited.config_version == enforced.config_version + 1


async def test_c13_a_line_of_business_that_is_off_passes_and_nobody_is_asked(
    gate: GateInProcess, caller: Caller
) -> None:
    off = gate_admin_pb2.PolicyOverride(line_of_business="Marketplace", gate_mode=OFF)
    await caller.configure(enabled_states=["TX"], gate_mode=ENFORCE, overrides=[off])

    decision = await caller.check(claim(SUSPENDED, line_of_business="marketplace"))

    assert (code_of(decision), decision.detail, action_of(decision)) == ("PASS", "MODE_OFF", CONTINUE)
    assert decision.mode == OFF
    assert gate.calls() == {}


async def test_c14_an_override_of_something_else_inherits_the_mode(caller: Caller) -> None:
    days = gate_admin_pb2.PolicyOverride(line_of_business="STAR+PLUS", revalidation_warning_days=[120, 60])
    await caller.configure(enabled_states=["TX"], gate_mode=ENFORCE, overrides=[days])

    decision = await caller.check(claim(SUSPENDED, line_of_business="STARPLUS"))

    assert (decision.mode, action_of(decision)) == (ENFORCE, PEND)


async def test_c15_an_override_speaks_for_exactly_its_line_of_business(caller: Caller) -> None:
    star = gate_admin_pb2.PolicyOverride(line_of_business="STAR", gate_mode=AUDIT)
    await caller.configure(enabled_states=["TX"], gate_mode=ENFORCE, overrides=[star])

    modes = {
        line: (await caller.check(claim(SUSPENDED, line_of_business=line))).mode
        for line in ("STAR", "MEDICAID", "STAR+PLUS", "")
    }

    assert modes == {"STAR": AUDIT, "MEDICAID": ENFORCE, "STAR+PLUS": ENFORCE, "": ENFORCE}


async def test_an_override_of_state_and_line_beats_that_of_the_line_and_that_the_state_s(caller: Caller) -> None:
    overrides = [
        gate_admin_pb2.PolicyOverride(state="TX", gate_mode=AUDIT),
        gate_admin_pb2.PolicyOverride(line_of_business="CHIP", gate_mode=OFF),
        gate_admin_pb2.PolicyOverride(state="TX", line_of_business="CHIP", gate_mode=ENFORCE),
    ]
    await caller.configure(enabled_states=ALL_STATES, gate_mode=ENFORCE, overrides=overrides)

    async def mode(state: str, line: str) -> int:
        return (await caller.check(claim(ENROLLED, state, line_of_business=line))).mode

    assert [await mode("TX", "CHIP"), await mode("CA", "CHIP")] == [ENFORCE, OFF]
    assert [await mode("TX", "STAR"), await mode("CA", "STAR")] == [AUDIT, ENFORCE]


async def test_c16_every_answer_names_the_one_version_it_was_made_by_while_the_mode_is_flipped(caller: Caller) -> None:
    first = (await caller.configure(enabled_states=["TX"], gate_mode=ENFORCE)).config.version
    mode_of_version = {first: ENFORCE}
    batch = [claim(SUSPENDED, correlation_id=str(number)) for number in range(300)]

    async def flip() -> None:
        for mode in (AUDIT, ENFORCE, AUDIT, ENFORCE, AUDIT):
            change = (await caller.set_mode(mode)).change
            mode_of_version[change.config_version] = mode

    flipping = asyncio.create_task(flip())
    decisions = []
    while not flipping.done():
        decisions += [result.decision for result in await caller.check_many(batch)]
    await flipping
    decisions += [result.decision for result in await caller.check_many(batch)]

    for decision in decisions:
        assert decision.mode == mode_of_version[decision.config_version]
        assert action_of(decision) == (PEND if decision.mode == ENFORCE else CONTINUE)
    versions = [decision.config_version for decision in decisions]
    assert versions == sorted(versions)
    assert versions[-1] == first + 5


async def test_c18_a_switch_of_mode_is_kept_with_who_when_from_to_and_why(caller: Caller) -> None:
    await caller.configure(enabled_states=["TX"], gate_mode=AUDIT)
    answered = await caller.set_mode(ENFORCE, state="tx", lob="star", reason="results look right")

    listed = await caller.admin.ListModeChanges(gate_admin_pb2.ListModeChangesRequest(), metadata=caller.metadata)

    change = listed.changes[0]
    assert change == answered.change
    assert (change.tenant, change.changed_by, change.reason) == (caller.tenant, "tests", "results look right")
    assert (change.state, change.line_of_business, change.from_mode, change.to_mode) == ("TX", "STAR", AUDIT, ENFORCE)
    assert change.changed_at.seconds > 0


async def test_two_tenants_with_one_provider_are_judged_each_by_its_own_configuration(gate: GateInProcess) -> None:
    strict, lenient = gate.of("payer-strict"), gate.of("payer-lenient")
    await strict.configure(enabled_states=["TX"], gate_mode=ENFORCE)
    await lenient.configure(enabled_states=["TX"], gate_mode=AUDIT)
    gate.portals.sandbox.forget_calls()

    one, other = await strict.check(claim(SUSPENDED)), await lenient.check(claim(SUSPENDED))

    assert (action_of(one), action_of(other)) == (PEND, CONTINUE)
    # Row K7: the second tenant asked for itself.
    assert gate.calls() == {"tmhp_pems": 2, "caqh_proview": 2}
    assert outcomes_of(other)["tmhp_pems"] == "FOUND"


async def test_switching_needs_a_mode_and_a_reason(caller: Caller) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match="mode") as without_mode:
        await caller.set_mode(decision_pb2.GATE_MODE_UNSPECIFIED)
    with pytest.raises(grpc.aio.AioRpcError, match="reason") as without_reason:
        await caller.set_mode(ENFORCE, reason=" ")

    assert without_mode.value.code() is without_reason.value.code() is grpc.StatusCode.INVALID_ARGUMENT
