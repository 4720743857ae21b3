"""Replies about claims, put together from what is ready as bytes. Pure.

A message is its fields one after the other, and a field that is a message is its length and its bytes: so what differs
from claim to claim can be written beside what does not. A field that is written though it is empty is read as empty.
Making a message of each answer and having it serialized takes six times as long; that both are read as the same message
is tested.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from gate.rpc.messages import instant_message
from gate.v1 import decision_pb2, enrollment_gate_pb2

_CONTINUES: Final = 0x80
_SEVEN_BITS: Final = 0x7F
_TABLE: Final = 1 << 14


def _encoded(number: int) -> bytes:
    encoded = bytearray()
    while number >= _CONTINUES:
        encoded.append(number & _SEVEN_BITS | _CONTINUES)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


_SMALL: Final = [_encoded(number) for number in range(_TABLE)]


def varint(number: int) -> bytes:
    """A length or a number that is not negative."""
    return _SMALL[number] if number < _TABLE else _encoded(number)


_NUMBER, _BYTES = 0, 2


def key(number: int, wire_type: int = _BYTES) -> bytes:
    """What stands before the value of a field, and before the length of a text or a message."""
    return varint(number << 3 | wire_type)


_decision = decision_pb2.Decision
_result = enrollment_gate_pb2.ClaimResult
_DECISION_ID: Final = key(_decision.DECISION_ID_FIELD_NUMBER)
_CLAIM_ID: Final = key(_decision.CLAIM_ID_FIELD_NUMBER)
_LINE_NUMBER: Final = key(_decision.LINE_NUMBER_FIELD_NUMBER, _NUMBER)
_REASON: Final = key(_decision.REASON_FIELD_NUMBER)
_EVALUATED_AT: Final = key(_decision.EVALUATED_AT_FIELD_NUMBER)
_CORRELATION_ID: Final = key(_result.CORRELATION_ID_FIELD_NUMBER)
_RESULT_DECISION: Final = key(_result.DECISION_FIELD_NUMBER)
_RESULTS: Final = key(enrollment_gate_pb2.CheckClaimsResponse.RESULTS_FIELD_NUMBER)
_REPLY_DECISION: Final = key(enrollment_gate_pb2.CheckClaimResponse.DECISION_FIELD_NUMBER)
_KEYS_OF_NUMBERS: Final = len(_DECISION_ID) + len(_CLAIM_ID) + len(_LINE_NUMBER)
_KEYS_OF_RESULT: Final = len(_CORRELATION_ID) + len(_RESULT_DECISION)


def stamp(evaluated_at: datetime) -> bytes:
    """`Decision.evaluated_at`, the same for all answers of one instant."""
    content = instant_message(evaluated_at).SerializeToString()
    return _EVALUATED_AT + _SMALL[len(content)] + content


def reason(sentence: str) -> bytes:
    """`Decision.reason`."""
    text = sentence.encode()
    return _REASON + varint(len(text)) + text


def _identified(decision_id: str, claim_id: str, line_number: int) -> bytes:
    claim, decision = claim_id.encode(), decision_id.encode()
    numbers = (_DECISION_ID, _SMALL[len(decision)], decision, _CLAIM_ID, _SMALL[len(claim)], claim)
    return b"%b%b%b%b%b%b%b%b" % (*numbers, _LINE_NUMBER, varint(line_number))


def decision_bytes(decision_id: str, claim_id: str, line_number: int, rest: bytes, stamped: bytes) -> bytes:
    """A `Decision`; `rest` is what it says without these fields."""
    return b"%b%b%b" % (_identified(decision_id, claim_id, line_number), rest, stamped)


def decision_reply(decision_id: str, claim_id: str, line_number: int, rest: bytes, stamped: bytes) -> bytes:
    """A `CheckClaimResponse`; `rest` is the decision without these fields."""
    identified = _identified(decision_id, claim_id, line_number)
    return b"".join((_REPLY_DECISION, varint(len(identified) + len(rest) + len(stamped)), identified, rest, stamped))


def result_pieces(
    told: Iterable[tuple[str, str, int, str, bytes | None, bytes]], refusals: Mapping[int, bytes]
) -> list[bytes]:
    """All `ClaimResult`s of a `CheckClaimsResponse`; the pieces in a row are the reply.

    Of each claim its correlation identifier, claim identifier, line number, decision identifier, the decision without
    all these, and when it was made. Where there is no decision, what `refusals` has for its place. Identifiers are as
    long as `gate.checks.intake` lets them be.

    One loop without a call, in which lengths are reckoned, and nothing is copied before the whole reply is joined: that
    takes half as long as putting together what belongs together.
    """
    pieces: list[bytes] = []
    small = _SMALL
    for place, (correlation_id, claim_id, line_number, decision_id, rest, stamped) in enumerate(told):
        if rest is None:
            pieces.append(refusals[place])
            continue
        correlation, claim, decision = correlation_id.encode(), claim_id.encode(), decision_id.encode()
        line = small[line_number] if line_number < _TABLE else _encoded(line_number)
        correlation_size, claim_size, decision_size = small[len(correlation)], small[len(claim)], small[len(decision)]
        length = _KEYS_OF_NUMBERS + len(decision_size) + len(decision) + len(claim_size) + len(claim) + len(line)
        length += len(rest) + len(stamped)
        size = small[length] if length < _TABLE else _encoded(length)
        whole = _KEYS_OF_RESULT + len(correlation_size) + len(correlation) + len(size) + length
        # fmt: off
        pieces += (
            _RESULTS, small[whole] if whole < _TABLE else _encoded(whole),
            _CORRELATION_ID, correlation_size, correlation,
            _RESULT_DECISION, size,
            _DECISION_ID, decision_size, decision,
            _CLAIM_ID, claim_size, claim,
            _LINE_NUMBER, line,
            rest, stamped,
        )
        # fmt: on
    return pieces


def result(message: enrollment_gate_pb2.ClaimResult) -> bytes:
    """Any other `ClaimResult`, in the same way."""
    content = message.SerializeToString()
    return _RESULTS + varint(len(content)) + content
