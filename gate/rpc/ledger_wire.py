"""From the messages that went over the wire to the ledger's entries."""

from datetime import UTC, date
from enum import StrEnum
from typing import TypeVar

from google.protobuf.message import DecodeError

from gate.ledger.model import Grounds, LedgerBatch, LedgerEntry, RequestFrame, WireKind
from gate.rpc.enums import ACTIONS, CODES, MODES
from gate.v1 import claim_pb2, decision_pb2, enrollment_gate_pb2

Word = TypeVar("Word", bound=StrEnum)
_Pair = tuple[claim_pb2.Claim, decision_pb2.Decision]


def unpacked(frame: RequestFrame) -> LedgerBatch:
    """What is to be kept of one request.

    Raises:
        ValueError: this release does not understand it.
    """
    try:
        entries = tuple(
            _entry(frame, claim, decision, frame.grounds[index])
            for (claim, decision), index in _decisions(frame)
            if index >= 0
        )
    except (DecodeError, IndexError) as error:
        raise ValueError(f"not a {frame.kind} as this release knows it") from error
    return LedgerBatch(frame.tenant, entries, frame.documents, frame.recorded_at)


def _decisions(frame: RequestFrame) -> list[tuple[_Pair, int]]:
    """Each claim, its answer, and the index of its grounds."""
    pairs: list[_Pair] = []
    if frame.kind is WireKind.CHECK_CLAIM:
        asked = enrollment_gate_pb2.CheckClaimRequest.FromString(frame.request)
        given = enrollment_gate_pb2.CheckClaimResponse.FromString(frame.reply)
        pairs = [(asked.claim, given.decision)]
    elif frame.kind is WireKind.CHECK_CLAIMS:
        batch = enrollment_gate_pb2.CheckClaimsRequest.FromString(frame.request)
        results = enrollment_gate_pb2.CheckClaimsResponse.FromString(frame.reply).results
        pairs = [(claim, result.decision) for claim, result in zip(batch.claims, results, strict=True)]
    return list(zip(pairs, frame.grounds_of, strict=True))


def _entry(
    frame: RequestFrame, claim: claim_pb2.Claim, decision: decision_pb2.Decision, grounds: Grounds
) -> LedgerEntry:
    first = claim.service_date
    return LedgerEntry(
        tenant=frame.tenant,
        decision_id=decision.decision_id,
        evaluated_at=decision.evaluated_at.ToDatetime(UTC),
        claim_id=decision.claim_id,
        line_number=decision.line_number,
        npi=decision.evaluated_npi,
        state=claim.state.upper(),
        service_date=date(first.year, first.month, first.day),
        code=_known(CODES.word(decision.code)),
        detail=decision.detail,
        action=_known(ACTIONS.word(decision.action)),
        would_action=_known(ACTIONS.word(decision.would_action)),
        mode=_known(MODES.word(decision.mode)),
        config_version=decision.config_version,
        caller=frame.caller,
        request_id=frame.request_id,
        claim=claim.SerializeToString(),
        answer=decision.SerializeToString(),
        grounds=grounds,
    )


def _known(word: Word | None) -> Word:
    if word is None:
        raise ValueError("an answer in words of another release")
    return word
