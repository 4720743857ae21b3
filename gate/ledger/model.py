"""What is kept of every answer given. Pure.

request frame   one request and its reply as they went over the wire, with what the answers rest on   (spool)
entry           one decision of it, ready to be found                                                 (database)
document        evidence or a policy, stored once per tenant and content, under its digest            (both)
"""

from datetime import date, datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Final

import msgspec

from aggregator.evidence import Evidence
from gate.decision.model import ClaimAction, DecisionCode, GateMode, Policy

_DIGEST_BYTES: Final = 16
_encoder: Final = msgspec.msgpack.Encoder(order="deterministic")
_evidence_decoder: Final = msgspec.msgpack.Decoder(Evidence)
_policy_decoder: Final = msgspec.msgpack.Decoder(Policy)


class DocumentKind(StrEnum):
    """What a document is."""

    EVIDENCE = "evidence"
    POLICY = "policy"


class Document(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Content that decisions refer to by its digest."""

    digest: bytes
    kind: DocumentKind
    content: bytes

    @classmethod
    def of(cls, value: Evidence | Policy) -> "Document":
        """Equal values have equal documents, in every process and release that writes them alike."""
        content = _encoder.encode(value)
        kind = DocumentKind.EVIDENCE if isinstance(value, Evidence) else DocumentKind.POLICY
        return cls(blake2b(content, digest_size=_DIGEST_BYTES).digest(), kind, content)

    def evidence(self) -> Evidence:
        """The evidence it holds.

        Raises:
            msgspec.DecodeError: it is a policy, or was written by a release that said it otherwise.
        """
        return _evidence_decoder.decode(self.content)

    def policy(self) -> Policy:
        """The policy it holds.

        Raises:
            msgspec.DecodeError: it is evidence, or was written by a release that said it otherwise.
        """
        return _policy_decoder.decode(self.content)


class WireKind(StrEnum):
    """Which messages `RequestFrame.request` and `.reply` are, and what the reply was that `.batch` stands for."""

    CHECK_CLAIM = "CheckClaim"
    CHECK_CLAIMS = "CheckClaims"
    """One batch, of `CheckClaims` or of a stream."""
    LOOKUP_PROVIDER = "LookupProvider"
    """No decision was given; kept for what the sources said (its documents)."""
    REFRESH = "Refresh"
    """Nobody asked: sources that failed when they were asked ahead of need."""


class Grounds(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one decision rests on beside its claim."""

    evidence: bytes | None
    """Digest; None where no source had to be asked."""
    policy: bytes


class KeptAnswer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An answer of a batch, but for what differs from claim to claim."""

    number: int
    """By which frames of the same file refer to it, this one and later ones."""
    wire: bytes
    """`gate.v1.Decision` without those fields, as it went over the wire."""
    grounds: Grounds


class BatchAnswers(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a batch was answered, in place of its reply."""

    numbers: tuple[int, ...]
    """For each claim the number of its answer; -1 for one that was answered by an error."""
    decision_ids: str
    """Of all others, in order and one after the other."""
    stamp: bytes
    """When the answers were made, as it went over the wire; where `own_stamps` does not say otherwise."""
    own_stamps: dict[int, bytes]
    """By the claim's place."""
    answers: tuple[KeptAnswer, ...]
    """Those that this spool file does not hold yet."""
    oldest: int
    """No later frame refers to an answer with a smaller number."""


class RequestFrame(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One request, as the spool keeps it."""

    tenant: str
    caller: str
    """The credential's subject."""
    request_id: str
    kind: WireKind
    recorded_at: datetime
    """UTC."""
    request: bytes
    reply: bytes
    """Empty where `batch` stands for it."""
    grounds: tuple[Grounds, ...]
    """The distinct ones of this request."""
    grounds_of: tuple[int, ...]
    """For each result of the reply its index in `grounds`; -1 for a claim that was answered by an error."""
    documents: tuple[Document, ...]
    """Those that `grounds` or an answer of `batch` name and that this spool file does not hold yet."""
    batch: BatchAnswers | None = None
    """Of `CheckClaims`."""


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One decision given."""

    tenant: str
    decision_id: str
    evaluated_at: datetime
    """UTC."""
    claim_id: str
    line_number: int
    npi: str
    """The NPI that was judged."""
    state: str
    service_date: date
    code: DecisionCode
    detail: str
    """Empty where the code says it all."""
    action: ClaimAction
    would_action: ClaimAction
    mode: GateMode
    config_version: int
    caller: str
    request_id: str
    claim: bytes
    """`gate.v1.Claim` as it was submitted."""
    answer: bytes
    """`gate.v1.Decision` as it was sent."""
    grounds: Grounds


class LedgerBatch(msgspec.Struct, frozen=True):
    """What one or more frames of one tenant come to; stored all or not at all, and no harm twice."""

    tenant: str
    entries: tuple[LedgerEntry, ...]
    documents: tuple[Document, ...]
    recorded_at: datetime
    """Of the last of the frames, UTC."""
