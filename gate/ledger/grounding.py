"""What answers rest on, said by reference: each distinct evidence and policy is written once per file of the spool.

Evidence is the very same object for every claim it answers while nothing changes (`aggregator.resolve.Resolver.peek`),
so that one look by identity is all that is done per claim.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from aggregator.evidence import Evidence
from gate.decision.model import Policy
from gate.errors import InvalidInput
from gate.ledger.model import Document, Grounds
from gate.ledger.segment import Segment

LARGEST_MEMORY: Final = 50_000
"""Distinct grounds remembered; as many as evidence is kept ready for by default."""


class Grounded(Protocol):
    """An answer, and what it was made from."""

    @property
    def evidence(self) -> Evidence | None:
        """None where no source had to be asked."""
        ...

    @property
    def policy(self) -> Policy:
        """The tenant's choices that judged it."""
        ...


Answers = Sequence[Grounded | InvalidInput]
"""To one request, in order; an error is no decision."""


class Grounding(NamedTuple):
    """What the answers to one request rest on; see `gate.ledger.model.RequestFrame`."""

    grounds: tuple[Grounds, ...]
    grounds_of: tuple[int, ...]
    documents: tuple[Document, ...]


class _Remembered(msgspec.Struct, gc=False):
    """Holds on to what its key is the identity of. Nothing in it leads back to it."""

    evidence: Evidence | None
    policy: Policy
    grounds: Grounds
    request: int = 0
    """The last one that rested on it, and there its index."""
    index: int = 0
    segment: Segment | None = None
    """The file that holds its documents."""


class GroundsMemory:
    """Remembers digests by identity. For one event loop, and one file of the spool at a time."""

    def __init__(self, largest: int = LARGEST_MEMORY) -> None:
        self._largest = largest
        self._remembered: dict[tuple[str, int, int], _Remembered] = {}
        self._requests = 0

    def of(self, tenant: str, answers: Answers, segment: Segment) -> Grounding:
        """What `answers` rest on, with the documents that `segment` does not hold yet; it counts as holding them now.

        Where it does not after all, because it could not be written: `forget`.
        """
        self._requests = request = self._requests + 1
        remembered = self._remembered
        grounds: list[Grounds] = []
        grounds_of: list[int] = []
        documents: list[Document] = []
        for answer in answers:
            if isinstance(answer, InvalidInput):
                grounds_of.append(-1)
                continue
            evidence, policy = answer.evidence, answer.policy
            held = remembered.get((tenant, id(evidence), id(policy))) or self._remember(tenant, evidence, policy)
            if held.request != request:
                held.request, held.index = request, len(grounds)
                grounds.append(held.grounds)
                if held.segment is not segment:
                    documents += _missing(tenant, held, segment)
            grounds_of.append(held.index)
        return Grounding(tuple(grounds), tuple(grounds_of), tuple(documents))

    def forget(self) -> None:
        """What was said to be written may not have been."""
        self._remembered.clear()

    def _remember(self, tenant: str, evidence: Evidence | None, policy: Policy) -> _Remembered:
        if len(self._remembered) >= self._largest:
            self._remembered.clear()  # learning them again takes microseconds each
        grounds = Grounds(Document.of(evidence).digest if evidence is not None else None, Document.of(policy).digest)
        held = _Remembered(evidence, policy, grounds)
        self._remembered[tenant, id(evidence), id(policy)] = held
        return held


def missing_documents(tenant: str, values: Sequence[Evidence | Policy], segment: Segment) -> list[Document]:
    """Those of `values` that `segment` does not hold for `tenant`; it counts as holding them now."""
    documents = []
    for value in values:
        document = Document.of(value)
        if (tenant, document.digest) not in segment.documents:
            segment.documents.add((tenant, document.digest))
            documents.append(document)
    return documents


def _missing(tenant: str, held: _Remembered, segment: Segment) -> list[Document]:
    held.segment = segment
    return missing_documents(tenant, [held.policy] if held.evidence is None else [held.evidence, held.policy], segment)
