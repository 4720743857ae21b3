"""What answers rest on, said by reference: each distinct evidence and policy is written once per file of the spool.

Equal answers of a batch share what is noted of them, and evidence is the very same object for every claim it answers
while nothing changes (`aggregator.resolve.Resolver.ready`), so that one look by identity is all that is done per claim.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import Final, Protocol

import msgspec

from aggregator.evidence import Evidence
from gate.decision.model import Policy
from gate.ledger.model import Document, Grounds
from gate.ledger.segment import Segment

LARGEST_MEMORY: Final = 50_000
"""Distinct grounds remembered; as many as evidence is kept ready for by default."""


class Grounded(Hashable, Protocol):
    """What is noted of an answer. One object may serve many that rest on the same, and is equal to no other."""

    @property
    def evidence(self) -> Evidence | None:
        """None where no source had to be asked."""
        ...

    @property
    def policy(self) -> Policy:
        """The tenant's choices that judged it."""
        ...


Grounding = tuple[tuple[Grounds, ...], tuple[int, ...], tuple[Document, ...]]
"""The distinct grounds, for each answer its place in them, and documents that are to be written with them."""


class _Remembered(msgspec.Struct, gc=False, eq=False):
    """Holds on to what it is found by the identity of. Nothing in it leads back to it."""

    evidence: Evidence | None
    policy: Policy
    grounds: Grounds
    alone: Grounding
    """Of a request whose only answer rests on it, where the file holds its documents."""
    segment: Segment | None = None
    """The file that holds its documents."""


class GroundsMemory:
    """Remembers digests by identity. For one event loop, and one file of the spool at a time."""

    def __init__(self, largest: int = LARGEST_MEMORY) -> None:
        self._largest = largest
        self._remembered: dict[tuple[str, int, int], _Remembered] = {}
        self._of_answer: dict[Grounded, _Remembered] = {}
        """The same, found sooner. An answer is of one tenant."""

    def of_one(self, tenant: str, answer: Grounded, segment: Segment) -> Grounding:
        """The same as `of` says where there is one answer, for a tenth of what that takes: most requests have one."""
        held = self._of_answer.get(answer)
        if held is not None and held.segment is segment:
            return held.alone
        return self.of(tenant, (answer,), segment)

    def of(self, tenant: str, answers: Sequence[Grounded], segment: Segment) -> Grounding:
        """What `answers` rest on, with the documents that `segment` does not hold yet; it counts as holding them now.

        Where it does not after all, because it could not be written: `forget`.
        """
        grounds: list[Grounds] = []
        places: dict[Grounded, int] = {}
        place_of: dict[_Remembered, int] = {}
        documents: list[Document] = []
        for answer in dict.fromkeys(answers):
            held, made = self._of_answer.get(answer), None
            if held is None:
                held, made = self._held(tenant, answer)
            place = place_of.get(held)
            if place is None:
                place = place_of[held] = len(grounds)
                grounds.append(held.grounds)
                if held.segment is not segment:
                    held.segment = segment
                    documents += _missing(tenant, made or _documents_of(answer), segment)
            places[answer] = place
        return tuple(grounds), tuple([places[answer] for answer in answers]), tuple(documents)

    def forget(self) -> None:
        """What was said to be written may not have been."""
        self._remembered.clear()
        self._of_answer.clear()

    def _held(self, tenant: str, answer: Grounded) -> tuple[_Remembered, list[Document] | None]:
        """With the documents, where they had to be made for it: most answers are new to their file then, too."""
        if len(self._of_answer) >= self._largest:
            self.forget()  # learning them again takes microseconds each
        evidence, policy = answer.evidence, answer.policy
        key = (tenant, id(policy), id(evidence))
        held, made = self._remembered.get(key), None
        if held is None:
            made = _documents_of(answer)
            grounds = Grounds(made[0].digest if evidence is not None else None, made[-1].digest)
            held = self._remembered[key] = _Remembered(evidence, policy, grounds, ((grounds,), (0,), ()))
        self._of_answer[answer] = held
        return held, made


def missing_documents(tenant: str, evidence: Sequence[Evidence], segment: Segment) -> list[Document]:
    """Those of `evidence` that `segment` does not hold for `tenant`; it counts as holding them now."""
    return _missing(tenant, map(Document.of, evidence), segment)


def _documents_of(answer: Grounded) -> list[Document]:
    """The evidence, where there is any, and the policy."""
    return [Document.of(value) for value in (answer.evidence, answer.policy) if value is not None]


def _missing(tenant: str, documents: Iterable[Document], segment: Segment) -> list[Document]:
    missing = []
    for document in documents:
        if (tenant, document.digest) not in segment.documents:
            segment.documents.add((tenant, document.digest))
            missing.append(document)
    return missing
