"""The message of an answer as bytes, put together from parts. Pure.

A message is its fields one after the other, in any order. What an answer says that is not about its provider, many say:
it is made a message once and remembered as bytes. And a part that is made bytes at once is not copied from message to
message. So an answer takes a third of the time it takes as one message (`gate.rpc.messages.undated_message`); that both
are read as the same message is tested.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from google.protobuf.message import Message

from gate.checks.model import Decision
from gate.rpc.judgements import Judgement, judgement_message, judgement_of
from gate.rpc.messages import (
    answer_message,
    considered_messages,
    instant_message,
    record_message,
    revalidation_message,
)
from gate.rpc.reply_bytes import key, varint
from gate.v1 import decision_pb2

_JUDGEMENTS: Final = 4096
"""Remembered, at half a kilobyte each."""
_decision = decision_pb2.Decision
_RECORD: Final = key(_decision.RECORD_FIELD_NUMBER)
_SOURCES: Final = key(_decision.SOURCES_FIELD_NUMBER)
_REVALIDATION: Final = key(_decision.REVALIDATION_FIELD_NUMBER)
_VERIFIED_AT: Final = key(_decision.VERIFIED_AT_FIELD_NUMBER)
_EVALUATED_NPI: Final = key(_decision.EVALUATED_NPI_FIELD_NUMBER)
_CONSIDERED: Final = key(_decision.CONSIDERED_FIELD_NUMBER)


def undated_bytes(decision: Decision, *, explain: bool = False, brief: bool = False) -> bytes:
    """`gate.rpc.messages.undated_message`, serialized."""
    return b"".join(_parts(decision, explain=explain, brief=brief))


def _parts(decision: Decision, *, explain: bool, brief: bool) -> Iterator[bytes]:
    yield _judged(judgement_of(decision))
    finding = decision.finding
    npi = decision.claim.npi.encode()
    yield _EVALUATED_NPI + varint(len(npi)) + npi
    if finding.record is not None:
        yield _field(_RECORD, record_message(finding.record, brief=brief))
    if finding.answer is not None and finding.answer.verified_at is not None:
        yield _field(_VERIFIED_AT, instant_message(finding.answer.verified_at))
    if (revalidation := revalidation_message(finding.revalidation)) is not None:
        yield _field(_REVALIDATION, revalidation)
    if decision.evidence is not None:
        for answer in decision.evidence.answers:
            yield _field(_SOURCES, answer_message(answer, brief=brief))
    if explain:
        for record in considered_messages(decision):
            yield _field(_CONSIDERED, record)


@lru_cache(_JUDGEMENTS)
def _judged(said: Judgement) -> bytes:
    return judgement_message(said).SerializeToString()


def _field(encoded_key: bytes, message: Message) -> bytes:
    content = message.SerializeToString()
    return encoded_key + varint(len(content)) + content
