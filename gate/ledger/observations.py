"""What sources answered and when: the recorded time beside the valid times of their records. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final

import msgspec

from aggregator.evidence import Evidence, SourceAnswer, SourceOutcome
from sources.records import EnrollmentRecord

GOOD_FOR: Final = timedelta(days=365)
"""Where nobody is asked anew, what was heard longer ago than that is no longer taken for how things are."""
_DIGEST_BYTES: Final = 16
_WITH_THE_ANSWER: Final = datetime.fromtimestamp(0, UTC)
"""Stands for "confirmed when the answer was given", so that an answer which only repeats another has its content."""
_encoder: Final = msgspec.msgpack.Encoder(order="deterministic")


class _Content(msgspec.Struct, frozen=True, array_like=True):
    records: tuple[EnrollmentRecord, ...]
    absent_since: datetime | None


_decoder: Final = msgspec.msgpack.Decoder(_Content)


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One clean answer of one source about one provider."""

    npi: str
    state: str
    source: str
    verified_at: datetime
    """When the source gave it, UTC: from then on the gate knew."""
    outcome: SourceOutcome
    """FOUND or EMPTY."""
    content: bytes

    @property
    def digest(self) -> bytes:
        """Under which the content is kept."""
        return blake2b(self.content, digest_size=_DIGEST_BYTES).digest()

    @property
    def records(self) -> tuple[EnrollmentRecord, ...]:
        """The segments, with their valid times.

        Raises:
            msgspec.DecodeError: a release that said it otherwise wrote it.
        """
        return tuple(
            msgspec.structs.replace(record, verified_at=self.verified_at)
            if record.verified_at == _WITH_THE_ANSWER
            else record
            for record in _decoder.decode(self.content).records
        )

    @property
    def absent_since(self) -> datetime | None:
        """When the source had dropped these records, unconfirmed (row S14)."""
        return _decoder.decode(self.content).absent_since


def observed(evidence: Evidence) -> Iterator[Observation]:
    """Every clean answer in `evidence`; what could not be asked taught nothing (row K6)."""
    for answer in evidence.answers:
        if answer.is_clean and answer.verified_at is not None:
            yield Observation(
                npi=evidence.npi,
                state=evidence.state,
                source=answer.source,
                verified_at=answer.verified_at,
                outcome=answer.outcome,
                content=_encoder.encode(_Content(_undated(answer), answer.absent_since)),
            )


def _undated(answer: SourceAnswer) -> tuple[EnrollmentRecord, ...]:
    return tuple(
        msgspec.structs.replace(record, verified_at=_WITH_THE_ANSWER)
        if record.verified_at == answer.verified_at
        else record
        for record in answer.records
    )
