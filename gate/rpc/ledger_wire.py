"""From what went over the wire to the ledger's entries."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final, TypeVar

import msgspec
from google.protobuf.message import DecodeError

from gate.decision.model import ClaimAction, DecisionCode, GateMode
from gate.ledger.model import BatchAnswers, Grounds, LedgerBatch, LedgerEntry, RequestFrame, WireKind
from gate.rpc.enums import ACTIONS, CODES, MODES
from gate.rpc.reply_bytes import decision_bytes
from gate.v1 import claim_pb2, decision_pb2, enrollment_gate_pb2

Word = TypeVar("Word", bound=StrEnum)
_ID_LENGTH: Final = 36
"""Of a UUID, as text."""


class _Judged(msgspec.Struct, frozen=True, gc=False):
    """What an answer says that many claims may share."""

    npi: str
    code: DecisionCode
    detail: str
    action: ClaimAction
    would_action: ClaimAction
    mode: GateMode
    config_version: int
    grounds: Grounds

    @classmethod
    def of(cls, decision: decision_pb2.Decision, grounds: Grounds) -> "_Judged":
        """Raises ValueError where it speaks in words of another release."""
        return cls(
            npi=decision.evaluated_npi,
            code=_known(CODES.word(decision.code)),
            detail=decision.detail,
            action=_known(ACTIONS.word(decision.action)),
            would_action=_known(ACTIONS.word(decision.would_action)),
            mode=_known(MODES.word(decision.mode)),
            config_version=decision.config_version,
            grounds=grounds,
        )


class _Given(msgspec.Struct, frozen=True, gc=False):
    """What it says of one claim."""

    decision_id: str
    evaluated_at: datetime
    wire: bytes
    """`gate.v1.Decision` as it was sent."""


def unpacked(frame: RequestFrame) -> LedgerBatch:
    """What is to be kept of one request, which says everything by itself (`gate.ledger.batches.AnswersRead.whole`).

    Raises:
        ValueError: this release does not understand it.
    """
    try:
        entries = tuple(_alone(frame) if frame.batch is None else _together(frame, frame.batch))
    except (DecodeError, IndexError, KeyError) as error:
        raise ValueError(f"not a {frame.kind} as this release knows it") from error
    return LedgerBatch(frame.tenant, entries, frame.documents, frame.recorded_at)


def _alone(frame: RequestFrame) -> Iterator[LedgerEntry]:
    if frame.kind is WireKind.CHECK_CLAIMS:
        raise ValueError("a batch without its answers")
    if frame.kind is WireKind.CHECK_CLAIM:
        claim = enrollment_gate_pb2.CheckClaimRequest.FromString(frame.request).claim
        decision = enrollment_gate_pb2.CheckClaimResponse.FromString(frame.reply).decision
        (place,) = frame.grounds_of
        at = decision.evaluated_at.ToDatetime(UTC)
        given = _Given(decision.decision_id, at, decision.SerializeToString())
        yield _entry(frame, claim, _Judged.of(decision, frame.grounds[place]), given)


def _together(frame: RequestFrame, batch: BatchAnswers) -> Iterator[LedgerEntry]:
    if frame.kind is not WireKind.CHECK_CLAIMS:
        raise ValueError(f"a batch of answers to {frame.kind}")
    claims = enrollment_gate_pb2.CheckClaimsRequest.FromString(frame.request).claims
    judged = {
        each.number: (_Judged.of(decision_pb2.Decision.FromString(each.wire), each.grounds), each.wire)
        for each in batch.answers
    }
    times = {stamp: _time_in(stamp) for stamp in {batch.stamp, *batch.own_stamps.values()}}
    begin = 0
    for place, (claim, number) in enumerate(zip(claims, batch.numbers, strict=True)):
        if number < 0:
            continue
        decision_id = batch.decision_ids[begin : begin + _ID_LENGTH]
        begin += _ID_LENGTH
        answer, wire = judged[number]
        stamp = batch.own_stamps.get(place, batch.stamp)
        said = decision_bytes(decision_id, claim.claim_id, claim.line_number, wire, stamp)
        yield _entry(frame, claim, answer, _Given(decision_id, times[stamp], said))
    if begin != len(batch.decision_ids):
        raise ValueError("not as many decisions as answers")


def _time_in(stamp: bytes) -> datetime:
    return decision_pb2.Decision.FromString(stamp).evaluated_at.ToDatetime(UTC)


def _entry(frame: RequestFrame, claim: claim_pb2.Claim, judged: _Judged, given: _Given) -> LedgerEntry:
    first = claim.service_date
    return LedgerEntry(
        tenant=frame.tenant,
        decision_id=given.decision_id,
        evaluated_at=given.evaluated_at,
        claim_id=claim.claim_id,
        line_number=claim.line_number,
        npi=judged.npi,
        state=claim.state.upper(),
        service_date=date(first.year, first.month, first.day),
        code=judged.code,
        detail=judged.detail,
        action=judged.action,
        would_action=judged.would_action,
        mode=judged.mode,
        config_version=judged.config_version,
        caller=frame.caller,
        request_id=frame.request_id,
        claim=claim.SerializeToString(),
        answer=given.wire,
        grounds=judged.grounds,
    )


def _known(word: Word | None) -> Word:
    if word is None:
        raise ValueError("an answer in words of another release")
    return word
