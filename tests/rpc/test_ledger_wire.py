"""What is made of a frame; above all, of one that this release does not understand."""

from datetime import UTC, datetime

import msgspec
import pytest

from gate.ledger.model import BatchAnswers, Grounds, KeptAnswer, RequestFrame, WireKind
from gate.rpc.ledger_wire import unpacked
from gate.v1 import decision_pb2, enrollment_gate_pb2
from tests.support.callers import claim

GROUNDS = Grounds(None, b"p" * 16)
GIVEN = decision_pb2.Decision(
    decision_id="01a2",
    code=decision_pb2.DECISION_CODE_PASS,
    action=decision_pb2.CLAIM_ACTION_CONTINUE,
    would_action=decision_pb2.CLAIM_ACTION_CONTINUE,
    mode=decision_pb2.GATE_MODE_AUDIT,
)
OF_NEXT_RELEASE = decision_pb2.Decision.FromString(GIVEN.SerializeToString() + b"\x20\x63")
"""With the code 99."""


def frame(given: decision_pb2.Decision = GIVEN) -> RequestFrame:
    return RequestFrame(
        tenant="acme",
        caller="pipeline",
        request_id="r",
        kind=WireKind.CHECK_CLAIM,
        recorded_at=datetime(2026, 3, 20, tzinfo=UTC),
        request=enrollment_gate_pb2.CheckClaimRequest(claim=claim(state="tx")).SerializeToString(),
        reply=enrollment_gate_pb2.CheckClaimResponse(decision=given).SerializeToString(),
        grounds=(GROUNDS,),
        grounds_of=(0,),
        documents=(),
    )


ID = "01980000-0000-7000-8000-000000000000"


def batch(
    numbers: tuple[int, ...] = (0,), decision_ids: str = ID, stamp: bytes = b"", wire: bytes = GIVEN.SerializeToString()
) -> BatchAnswers:
    return BatchAnswers(numbers, decision_ids, stamp, {}, (KeptAnswer(0, wire, GROUNDS),), 0)


def batch_frame(answers: BatchAnswers) -> RequestFrame:
    asked = enrollment_gate_pb2.CheckClaimsRequest(claims=[claim(state="tx")])
    return msgspec.structs.replace(
        frame(), kind=WireKind.CHECK_CLAIMS, request=asked.SerializeToString(), reply=b"", batch=answers
    )


def test_a_batch_like_these_is_understood() -> None:
    (entry,) = unpacked(batch_frame(batch())).entries

    assert (entry.decision_id, entry.state, entry.grounds) == (ID, "TX", GROUNDS)


def test_a_decision_is_found_by_the_state_as_it_was_judged() -> None:
    (entry,) = unpacked(frame()).entries

    assert (entry.decision_id, entry.state, entry.grounds, entry.tenant) == ("01a2", "TX", GROUNDS, "acme")


@pytest.mark.parametrize(
    "strange",
    [
        msgspec.structs.replace(frame(), reply=b"\xff\xff"),
        msgspec.structs.replace(frame(), request=b"\xff\xff"),
        msgspec.structs.replace(frame(), request=b""),
        msgspec.structs.replace(frame(), kind=WireKind.CHECK_CLAIMS),
        msgspec.structs.replace(frame(), grounds_of=(1,)),
        msgspec.structs.replace(frame(), grounds_of=(0, 0)),
        frame(OF_NEXT_RELEASE),
        msgspec.structs.replace(frame(), batch=batch()),
        batch_frame(batch(numbers=(0, 0))),
        batch_frame(batch(numbers=(1,))),
        batch_frame(batch(decision_ids="")),
        batch_frame(batch(decision_ids=2 * ID)),
        batch_frame(batch(stamp=b"\xff\xff")),
        batch_frame(batch(wire=b"\xff\xff")),
        batch_frame(batch(wire=OF_NEXT_RELEASE.SerializeToString())),
    ],
    ids=[
        *("reply", "request", "no claim", "another kind", "unknown grounds", "too many grounds", "an unknown code"),
        *("a batch of one", "more answers than claims", "an unknown answer", "no decision", "too many decisions"),
        *("no time", "no answer", "an answer with an unknown code"),
    ],
)
def test_what_is_not_understood_is_never_guessed_at(strange: RequestFrame) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpacked(strange)
