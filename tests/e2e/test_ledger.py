"""No answer about a claim leaves without being kept; what is kept is what was sent."""

import fcntl
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf import descriptor_pool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from gate.ledger.batches import AnswersRead
from gate.ledger.frames import read, request_in
from gate.ledger.model import LedgerEntry, RequestFrame, WireKind
from gate.rpc.ledger_wire import unpacked
from gate.v1 import claim_pb2, decision_pb2, enrollment_gate_pb2
from tests.chaos.clients import eventually, metric
from tests.e2e.providers import ENROLLED, TERMINATED, few_providers
from tests.e2e.test_callers import NEEDS
from tests.support.callers import CALL_SECONDS, Caller, claim
from tests.support.gates import GateInProcess, running_in_process

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXAS = {"enabled_states": ["TX"]}
ANSWERING = [
    rpc
    for rpc in NEEDS
    if rpc.startswith("/gate.v1.EnrollmentGate/")
    and rpc.rpartition("/")[2] not in {"ExplainDecision", "ListDecisions", "ReplayDecision"}
]
"""The RPCs that answer anew; the others tell what was answered before."""
REQUESTS: dict[str, Message] = {
    "CheckClaimRequest": enrollment_gate_pb2.CheckClaimRequest(claim=claim(ENROLLED)),
    "CheckClaimsRequest": enrollment_gate_pb2.CheckClaimsRequest(claims=[claim(ENROLLED)]),
    "LookupProviderRequest": enrollment_gate_pb2.LookupProviderRequest(npi=ENROLLED, states=["TX"]),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GateInProcess]:
    data_dir = tmp_path_factory.mktemp("gate")
    async with running_in_process(data_dir, population=few_providers(), provider_enrollment=TEXAS) as running:
        yield running


@contextmanager
def no_room_in(data_dir: Path) -> Iterator[None]:
    """Another process that lives has filled the spool up to its limit of one megabyte."""
    ledger = data_dir / "ledger"
    ledger.mkdir()
    with (ledger / "20260101T000000-1-deadbeef-000001.spool").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(bytes(1_000_000))
        file.flush()
        yield


def frames_kept(gate: GateInProcess, tenant: str) -> list[RequestFrame]:
    frames: list[RequestFrame] = []
    for path in sorted((gate.data_dir / "ledger").glob("*.spool")):
        answers = AnswersRead()
        frames += [answers.whole(request_in(content)) for content in read(path.read_bytes(), from_start=True).contents]
    return [frame for frame in frames if frame.tenant == tenant]


def entries_kept(gate: GateInProcess, tenant: str) -> list[LedgerEntry]:
    return [entry for frame in frames_kept(gate, tenant) for entry in unpacked(frame).entries]


async def test_a_decision_is_kept_with_its_claim_as_they_went_over_the_wire(gate: GateInProcess) -> None:
    caller = gate.of("one-claim")
    asked = claim(TERMINATED, claim_id="CLM-7", line_number=3, charge_cents=12_345)

    given = await caller.check(asked, explain=True)

    (entry,) = entries_kept(gate, "one-claim")
    assert decision_pb2.Decision.FromString(entry.answer) == given
    assert claim_pb2.Claim.FromString(entry.claim) == asked
    assert (entry.decision_id, entry.npi, entry.state, entry.caller) == (
        given.decision_id,
        TERMINATED,
        "TX",
        "tests",
    )
    assert (entry.code.value, entry.claim_id, entry.line_number) == ("ENROLLMENT_INACTIVE", "CLM-7", 3)
    assert entry.evaluated_at.timestamp() == pytest.approx(given.evaluated_at.ToDatetime().timestamp(), abs=86_400)


async def test_a_batch_and_each_batch_of_a_stream_is_kept_with_the_grounds_of_each_item(gate: GateInProcess) -> None:
    caller = gate.of("batches")
    items = [claim(ENROLLED), claim(state="ZZ"), claim(TERMINATED), claim(ENROLLED, state="CA")]

    results = await caller.check_many(items)
    async for response in caller.stream([items[:2], items[2:]]):
        results += response.results

    given = [result.decision.decision_id for result in results if result.HasField("decision")]
    frames = frames_kept(gate, "batches")
    assert [entry.decision_id for entry in entries_kept(gate, "batches")] == given
    assert [frame.kind for frame in frames] == [WireKind.CHECK_CLAIMS] * 3
    assert [decision_pb2.Decision.FromString(entry.answer) for entry in entries_kept(gate, "batches")] == [
        result.decision for result in results if result.HasField("decision")
    ]
    digests = [entry.grounds.evidence for entry in entries_kept(gate, "batches")]
    evidence = {document.digest: document for frame in frames for document in frame.documents}
    assert [evidence[digest].evidence().npi if digest else None for digest in digests[:3]] == [
        ENROLLED,
        TERMINATED,
        None,  # California is not asked
    ]


async def test_what_sources_say_to_a_lookup_is_kept(gate: GateInProcess) -> None:
    await _call(gate, gate.of("lookups"), "/gate.v1.EnrollmentGate/LookupProvider")

    (frame,) = frames_kept(gate, "lookups")
    assert frame.kind is WireKind.LOOKUP_PROVIDER
    assert [document.evidence().npi for document in frame.documents] == [ENROLLED]
    assert unpacked(frame).entries == ()


async def test_a_request_that_is_no_request_is_refused_by_name(gate: GateInProcess) -> None:
    caller = gate.of("malformed")
    for rpc in ("CheckClaim", "CheckClaims"):
        ask: Any = gate.shared_channel.unary_unary(f"/gate.v1.EnrollmentGate/{rpc}")
        with pytest.raises(grpc.aio.AioRpcError, match="is not a message of this method's type") as refusal:
            await ask(b"\xff\xff\xff", metadata=caller.metadata, timeout=CALL_SECONDS)
        assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("rpc", ANSWERING)
async def test_without_room_in_the_spool_no_answer_leaves_and_none_is_counted(rpc: str, tmp_path: Path) -> None:
    ledger = {"drainer": "embedded", "spool_limit_mb": 1}
    with no_room_in(tmp_path):
        async with running_in_process(
            tmp_path, population=few_providers(), provider_enrollment=TEXAS, ledger=ledger
        ) as full:
            with pytest.raises(grpc.aio.AioRpcError) as refusal:
                await _call(full, full.of("payer"), rpc)

            assert refusal.value.code() is grpc.StatusCode.UNAVAILABLE
            assert "could not be recorded" in (refusal.value.details() or "")
            assert await metric(full, "enrollment_gate_decisions_total") == 0
            health = json.loads((await full.page("/health")).text)
            assert health["status"] == "degraded"
            assert "GATE_LEDGER__SPOOL_LIMIT_MB" in health["troubles"][0]
            assert "GATE_LEDGER__SPOOL_LIMIT_MB" in (await full.page("/status")).text
            refused = await metric(full, "enrollment_gate_ledger_refused_total")
            assert refused == ("Lookup" not in rpc)


async def test_where_answers_shall_go_on_the_lost_ones_are_counted_and_health_says_so(tmp_path: Path) -> None:
    ledger = {"drainer": "embedded", "spool_limit_mb": 1, "on_failure": "continue"}
    with no_room_in(tmp_path):
        async with running_in_process(
            tmp_path, population=few_providers(), provider_enrollment=TEXAS, ledger=ledger
        ) as full:
            await full.of("payer").check_many([claim(ENROLLED), claim(TERMINATED)])

            assert await metric(full, "enrollment_gate_ledger_lost_total") == 2
            assert await metric(full, "enrollment_gate_decisions_total") == 2
            assert json.loads((await full.page("/health")).text)["status"] == "degraded"
            assert (await full.page("/readyz")).status == 200


async def test_decisions_reach_the_database_while_the_gate_serves(gate: GateInProcess) -> None:
    before = await metric(gate, "enrollment_gate_ledger_drained_total")

    await gate.of("drained").check(claim(ENROLLED))

    async def is_drained() -> bool:
        return await metric(gate, "enrollment_gate_ledger_drained_total") > before

    await eventually(is_drained, 5)

    async def is_quiet() -> bool:
        return await metric(gate, "enrollment_gate_ledger_queued") == 0

    await eventually(is_quiet, 5)


async def _call(gate: GateInProcess, caller: Caller, rpc: str) -> None:
    """Ask something that is answered."""
    _, service, name = rpc.split("/")
    method = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
    request = REQUESTS[method.input_type.name].SerializeToString()
    respond = GetMessageClass(method.output_type).FromString
    if method.client_streaming:
        stream: Any = gate.shared_channel.stream_stream(rpc, response_deserializer=respond)
        async for _ in stream(iter([request]), metadata=caller.metadata, timeout=CALL_SECONDS):
            pass
        return
    ask: Any = gate.shared_channel.unary_unary(rpc, response_deserializer=respond)
    await ask(request, metadata=caller.metadata, timeout=CALL_SECONDS)
