"""Knowledge as bytes: compact, versioned, and about nobody but the provider it is stored for.

Values are MessagePack arrays. They name the NPI and the state once; records do not repeat them. A million entries have
to fit into a gigabyte, which Python objects do not (some 2 kB for two sources against 0.4 kB packed).
"""

import sys
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Final

import msgspec

from aggregator.knowledge import Knowledge, KnowledgeKey, KnownAnswer
from sources.records import Attestation, EnrollmentRecord, EnrollmentStatus, StatusReason

SCHEMA_VERSION: Final = 2
"""Goes up with every change of the layout; entries of another version count as misses."""


class UnreadableEntry(ValueError):
    """The bytes are not knowledge of this version about this provider (row K2)."""


_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class _PackedRecord(msgspec.Struct, array_like=True, frozen=True, gc=False):
    status: EnrollmentStatus
    effective: date
    end: date | None
    verified_at: _Instant | None  # None: as the answer's, the usual case
    upstream_id: str
    revalidation_due: date | None
    lines_of_business: tuple[str, ...]
    taxonomies: tuple[str, ...]
    reason: StatusReason | None
    attestation: tuple[date, date | None] | None
    attributes: dict[str, str]


class _PackedAnswer(msgspec.Struct, array_like=True, frozen=True, gc=False):
    source: str
    identity: str
    verified_at: _Instant
    absent_since: _Instant | None
    records: tuple[_PackedRecord, ...]


class _Packed(msgspec.Struct, array_like=True, frozen=True, gc=False):
    version: int
    npi: str
    state: str
    answers: tuple[_PackedAnswer, ...]


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Packed)


def encode(key: KnowledgeKey, knowledge: Knowledge) -> bytes:
    """The bytes that `decode` turns back into an equal value."""
    answers = tuple(
        _PackedAnswer(
            answer.source,
            answer.identity,
            answer.verified_at,
            answer.absent_since,
            tuple(_pack(record, answer.verified_at) for record in answer.records),
        )
        for answer in knowledge.answers
    )
    return _ENCODER.encode(_Packed(SCHEMA_VERSION, key.npi, key.state, answers))


def decode(key: KnowledgeKey, data: bytes) -> Knowledge:
    """The knowledge in `data`.

    Raises:
        UnreadableEntry: the bytes are something else, of another version, or about another provider or state.
    """
    try:
        packed = _DECODER.decode(data)
    except (msgspec.DecodeError, ValueError, OverflowError) as error:  # ValueError: text that is not UTF-8
        raise UnreadableEntry("not an entry of this layout") from error
    if (packed.version, packed.npi, packed.state) != (SCHEMA_VERSION, key.npi, key.state):
        raise UnreadableEntry("an entry of another version, provider or state")
    return Knowledge(
        tuple(
            KnownAnswer(
                source := sys.intern(answer.source),
                tuple(_unpack(key, source, answer)),
                answer.verified_at,
                answer.absent_since,
                answer.identity,
            )
            for answer in packed.answers
        )
    )


def _pack(record: EnrollmentRecord, answer_verified_at: datetime) -> _PackedRecord:
    attestation = record.attestation
    return _PackedRecord(
        status=record.status,
        effective=record.effective,
        end=record.end,
        verified_at=None if record.verified_at == answer_verified_at else record.verified_at,
        upstream_id=record.upstream_id,
        revalidation_due=record.revalidation_due,
        lines_of_business=record.lines_of_business,
        taxonomies=record.taxonomies,
        reason=record.reason,
        attestation=None if attestation is None else (attestation.attested_on, attestation.due_on),
        attributes=record.attributes,
    )


def _unpack(key: KnowledgeKey, source: str, answer: _PackedAnswer) -> Iterable[EnrollmentRecord]:
    for record in answer.records:
        yield EnrollmentRecord(
            source=source,
            npi=key.npi,
            state=key.state,
            status=record.status,
            effective=record.effective,
            verified_at=record.verified_at or answer.verified_at,
            end=record.end,
            upstream_id=record.upstream_id,
            revalidation_due=record.revalidation_due,
            lines_of_business=record.lines_of_business,
            taxonomies=record.taxonomies,
            reason=record.reason,
            attestation=None if record.attestation is None else Attestation(*record.attestation),
            attributes=record.attributes,
        )
