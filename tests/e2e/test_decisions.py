"""What was decided, read back: list, explanation, replay."""

from collections.abc import AsyncIterator
from uuid import UUID

import grpc
import pytest
import pytest_asyncio
import uuid_utils

from gate.auth.permissions import Role
from gate.v1 import decision_pb2, enrollment_gate_pb2
from tests.e2e.providers import ENROLLED, TERMINATED, UNKNOWN, WITH_GAP, few_providers
from tests.support.callers import CALL_SECONDS, Caller, claim, code_of, fields_in, status_in
from tests.support.gates import GateInProcess, running_in_process
from tests.support.recording import ledger_has

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GateInProcess]:
    async with running_in_process(tmp_path_factory.mktemp("gate"), population=few_providers()) as running:
        yield running


class Reader:
    """Reads the ledger."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._options = {"metadata": caller.metadata, "timeout": CALL_SECONDS}

    async def list(self, size: int = 0, token: str = "", **wanted: object) -> enrollment_gate_pb2.ListDecisionsResponse:
        request = enrollment_gate_pb2.ListDecisionsRequest(
            filter=enrollment_gate_pb2.DecisionFilter(**wanted),  # type: ignore[arg-type]  # fields of the filter
            page_size=size,
            page_token=token,
        )
        return await self._caller.gate.ListDecisions(request, **self._options)  # type: ignore[arg-type]  # of every call

    async def explain(self, decision_id: str) -> enrollment_gate_pb2.DecisionExplanation:
        request = enrollment_gate_pb2.ExplainDecisionRequest(decision_id=decision_id)
        return (await self._caller.gate.ExplainDecision(request, **self._options)).explanation  # type: ignore[arg-type]  # as above

    async def replay(self, decision_id: str) -> enrollment_gate_pb2.ReplayDecisionResponse:
        request = enrollment_gate_pb2.ReplayDecisionRequest(decision_id=decision_id)
        return await self._caller.gate.ReplayDecision(request, **self._options)  # type: ignore[arg-type]  # as above


@pytest.fixture
def reader(checked: Caller) -> Reader:
    return Reader(checked)


async def test_a_decision_is_explained_by_its_rule_its_evidence_and_who_configured_it(
    gate: GateInProcess, checked: Caller, reader: Reader
) -> None:
    asking = gate.of(checked.tenant)
    asking.metadata = (*asking.metadata, ("x-request-id", "request-1"))
    (result,) = await asking.check_many([claim(WITH_GAP, "TX", claim_id="CLM-7", line_number=2)])
    await ledger_has(gate, result.decision)

    told = await reader.explain(result.decision.decision_id)

    given = told.decision
    assert (given.decision_id, code_of(given), given.reason) == (
        result.decision.decision_id,
        "PASS",
        result.decision.reason,
    )
    assert (told.rule, told.claim.claim_id, told.claim.line_number) == ("D1", "CLM-7", 2)
    assert told.rule_text.endswith(".")
    assert (told.configured.version, told.configured.changed_by, told.configured.reason) == (1, "tests", "test")
    assert (told.requested_by, told.request_id) == ("tests", "request-1")
    assert len(given.considered) == 2, "both periods were considered"
    assert given.record in given.considered
    assert (given.record.npi, given.record.state) == (WITH_GAP, "TX"), "of a batch, too, the record is whole"
    assert all(answer.HasField("verified_at") for answer in given.sources if answer.record_count)


async def test_warnings_are_explained_in_their_order(gate: GateInProcess, checked: Caller, reader: Reader) -> None:
    decision = await checked.check(claim(ENROLLED, "TX", line_of_business="STAR"))
    await ledger_has(gate, decision)

    told = await reader.explain(decision.decision_id)

    assert [each.warning for each in told.warnings] == list(decision.warnings) == ["LOB_UMBRELLA"]
    assert [each.rule for each in told.warnings] == ["X10"]


async def test_b5_other_answers_about_the_same_claim_and_line_are_linked(
    gate: GateInProcess, checked: Caller, reader: Reader
) -> None:
    same = claim(ENROLLED, "TX", claim_id="CLM-5", line_number=1)
    first, second = await checked.check(same), await checked.check(same)
    other_line = await checked.check(claim(ENROLLED, "TX", claim_id="CLM-5", line_number=2))
    await ledger_has(gate, first, second, other_line)

    told = await reader.explain(second.decision_id)

    assert [repeat.decision_id for repeat in told.repeats] == [first.decision_id]
    assert (await reader.explain(first.decision_id)).repeats[0].decision_id == second.decision_id


async def test_decisions_are_listed_newest_first_as_they_were_given(
    gate: GateInProcess, checked: Caller, reader: Reader
) -> None:
    given = [await checked.check(claim(npi, "CA", claim_id=f"CLM-{npi}")) for npi in (ENROLLED, TERMINATED, UNKNOWN)]
    await ledger_has(gate, *given)

    first = await reader.list(size=2)
    second = await reader.list(size=2, token=first.next_page_token)
    listed = [*first.decisions, *second.decisions]

    assert [each.decision.decision_id for each in listed] == [each.decision_id for each in reversed(given)]
    assert second.next_page_token == ""
    assert listed[0].claim.rendering_npi == UNKNOWN
    only = await reader.list(npi=TERMINATED, state="ca", code=decision_pb2.DECISION_CODE_ENROLLMENT_INACTIVE)
    assert [each.decision.reason for each in only.decisions] == [given[1].reason]


@pytest.mark.parametrize("npi", [ENROLLED, TERMINATED, UNKNOWN, WITH_GAP])
async def test_a_replay_says_the_same(gate: GateInProcess, checked: Caller, reader: Reader, npi: str) -> None:
    decision = await checked.check(claim(npi, "NY"))
    await ledger_has(gate, decision)

    told = await reader.replay(decision.decision_id)

    assert (told.same, list(told.differences)) == (True, [])
    assert code_of(told.recomputed) == code_of(decision)


async def test_a_decision_given_a_moment_ago_is_on_its_way(reader: Reader) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await reader.explain(str(uuid_utils.uuid7()))

    assert refusal.value.code() is grpc.StatusCode.NOT_FOUND
    assert "within seconds" in (refusal.value.details() or "")


@pytest.mark.parametrize("decision_id", ["018f0000-0000-7000-8000-000000000001", str(UUID(int=7))])
async def test_a_decision_that_never_was_is_not_found(reader: Reader, decision_id: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await reader.explain(decision_id)

    assert refusal.value.code() is grpc.StatusCode.NOT_FOUND
    assert "within seconds" not in (refusal.value.details() or "")


@pytest.mark.parametrize("decision_id", ["", "7", "018F0000-0000-7000-8000-000000000001"])
async def test_what_is_no_id_is_refused_by_name(reader: Reader, decision_id: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await reader.replay(decision_id)

    assert fields_in(status_in(refusal.value)) == ["decision_id"]


async def test_another_tenants_decision_is_not_found(gate: GateInProcess, checked: Caller) -> None:
    decision = await checked.check(claim(ENROLLED, "TX"))
    await ledger_has(gate, decision)
    stranger = Reader(gate.of("somebody-else", Role.AUDITOR))

    with pytest.raises(grpc.aio.AioRpcError) as explanation:
        await stranger.explain(decision.decision_id)
    with pytest.raises(grpc.aio.AioRpcError) as replay:
        await stranger.replay(decision.decision_id)

    assert explanation.value.code() is replay.value.code() is grpc.StatusCode.NOT_FOUND
    assert list((await stranger.list()).decisions) == []
