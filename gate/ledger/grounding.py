"""What answers rest on, said by reference: each distinct evidence and policy is written once per file of the spool.

Evidence is the very same object for every claim it answers while nothing changes (`aggregator.resolve.Resolver.peek`),
so that one look by identity is all that is done per claim.
"""

from collections.abc import Sequence
from typing import Final, Protocol

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


Grounding = tuple[tuple[Grounds, ...], tuple[int, ...], tuple[Document, ...]]
"""`grounds`, `grounds_of` and `documents` of a `RequestFrame`."""


class _Remembered(msgspec.Struct, gc=False):
    """Holds on to the evidence whose identity it is found by. Nothing in it leads back to it."""

    evidence: Evidence | None
    grounds: Grounds
    request: int = 0
    """The last one that rested on it, and there its index."""
    index: int = 0
    segment: Segment | None = None
    """The file that holds its documents."""


class _OfPolicy(msgspec.Struct):
    """What is remembered of answers by one policy of one tenant, by the evidence's identity."""

    policy: Policy
    by_evidence: dict[int, _Remembered]


class GroundsMemory:
    """Remembers digests by identity. For one event loop, and one file of the spool at a time."""

    def __init__(self, largest: int = LARGEST_MEMORY) -> None:
        self._largest = largest
        self._remembered: dict[tuple[str, int], _OfPolicy] = {}
        self._count = 0
        self._requests = 0

    def of(self, tenant: str, answers: Answers, segment: Segment) -> Grounding:
        """What `answers` rest on, with the documents that `segment` does not hold yet; it counts as holding them now.

        Where it does not after all, because it could not be written: `forget`.
        """
        self._requests = request = self._requests + 1
        grounds: list[Grounds] = []
        grounds_of: list[int] = []
        documents: list[Document] = []
        policy: Policy | None = None
        by_evidence: dict[int, _Remembered] = {}
        for answer in answers:
            if isinstance(answer, InvalidInput):
                grounds_of.append(-1)
                continue
            if answer.policy is not policy:
                policy = answer.policy
                by_evidence = self._by_evidence(tenant, policy)
            evidence = answer.evidence
            held = by_evidence.get(id(evidence)) or self._remember(by_evidence, evidence, policy)
            if held.request != request:
                held.request, held.index = request, len(grounds)
                grounds.append(held.grounds)
                if held.segment is not segment:
                    held.segment = segment
                    documents += missing_documents(
                        tenant, [policy] if evidence is None else [evidence, policy], segment
                    )
            grounds_of.append(held.index)
        return tuple(grounds), tuple(grounds_of), tuple(documents)

    def forget(self) -> None:
        """What was said to be written may not have been."""
        self._remembered.clear()
        self._count = 0

    def _by_evidence(self, tenant: str, policy: Policy) -> dict[int, _Remembered]:
        if self._count >= self._largest:
            self.forget()  # learning them again takes microseconds each
        of_policy = self._remembered.get((tenant, id(policy)))
        if of_policy is None:
            of_policy = self._remembered[tenant, id(policy)] = _OfPolicy(policy, {})
            self._count += 1
        return of_policy.by_evidence

    def _remember(self, by_evidence: dict[int, _Remembered], evidence: Evidence | None, policy: Policy) -> _Remembered:
        grounds = Grounds(Document.of(evidence).digest if evidence is not None else None, Document.of(policy).digest)
        held = by_evidence[id(evidence)] = _Remembered(evidence, grounds)
        self._count += 1
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
