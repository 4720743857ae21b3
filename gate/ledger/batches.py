"""The answers of a batch as the spool keeps them: each distinct one once per file, and then by its number. Pure.

Of the reply to a batch nine bytes in ten are answers that others got before: what is said of a provider's claims of a
day is the same but for the claims' own numbers. Written once per file instead of once per claim, they take a fifth of
what keeping a batch takes otherwise, and a drainer reads each of them once.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from gate.ledger.grounding import LARGEST_MEMORY, Grounded, GroundsMemory
from gate.ledger.model import BatchAnswers, Document, KeptAnswer, RequestFrame
from gate.ledger.segment import Segment

_NO_DECISION: Final = -1


class SpokenAnswer(Hashable, Protocol):
    """An answer as it goes over the wire, but for what differs from claim to claim. Equal to no other object."""

    @property
    def wire(self) -> bytes:
        """As the door that sends it writes it."""
        ...

    @property
    def facts(self) -> Grounded:
        """What it rests on."""
        ...


class GivenBatch(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch was answered, by the places of its claims."""

    answers: Sequence[SpokenAnswer | None]
    """None for an error, which is no decision."""
    decision_ids: Sequence[str]
    """Empty for an error."""
    stamp: bytes
    """When the answers were made, as it goes over the wire."""
    own_stamps: Mapping[int, bytes]
    """The same of those places whose answers were made at another time."""


class Numbered(NamedTuple):
    """A batch as it is kept, with the documents that its file does not hold yet."""

    answers: BatchAnswers
    documents: tuple[Document, ...]


class AnswerNumbers:
    """Which answers a file of the spool holds, by what numbers. For one event loop, and one file at a time.

    A number is given once per file, so that whatever is read again, or was not written after all, never means another
    answer.
    """

    def __init__(self, grounds: GroundsMemory, largest: int = LARGEST_MEMORY) -> None:
        self._grounds = grounds
        self._largest = largest
        self._segment: Segment | None = None
        self._number_of: dict[SpokenAnswer | None, int] = {None: _NO_DECISION}
        self._oldest = 0
        self._next = 0

    def of(self, tenant: str, batch: GivenBatch, segment: Segment) -> Numbered:
        """The batch by numbers; `segment` counts as holding what it says now.

        Where it does not after all, because it could not be written: `forget`.
        """
        if segment is not self._segment:
            self._segment, self._next = segment, 0
            self.forget()
        number_of = self._number_of
        new: tuple[KeptAnswer, ...] = ()
        documents: tuple[Document, ...] = ()
        try:
            numbers = [number_of[answer] for answer in batch.answers]
        except KeyError:
            new, documents = self._take_up(tenant, batch.answers, segment)
            numbers = [self._number_of[answer] for answer in batch.answers]
        kept = BatchAnswers(
            tuple(numbers), "".join(batch.decision_ids), batch.stamp, dict(batch.own_stamps), new, self._oldest
        )
        return Numbered(kept, documents)

    def forget(self) -> None:
        """No answer is referred to again that was taken up so far."""
        self._number_of = {None: _NO_DECISION}
        self._oldest = self._next

    def _take_up(
        self, tenant: str, answers: Sequence[SpokenAnswer | None], segment: Segment
    ) -> tuple[tuple[KeptAnswer, ...], tuple[Document, ...]]:
        distinct = [answer for answer in dict.fromkeys(answers) if answer is not None]
        if len(self._number_of) + len(distinct) > self._largest:
            self.forget()  # a reader remembers no more than the writer does
        new = [answer for answer in distinct if answer not in self._number_of]
        grounds, places, documents = self._grounds.of(tenant, [answer.facts for answer in new], segment)
        kept = []
        for answer, place in zip(new, places, strict=True):
            kept.append(KeptAnswer(self._next, answer.wire, grounds[place]))
            self._number_of[answer] = self._next
            self._next += 1
        return tuple(kept), documents


class AnswersRead:
    """The answers of one file that its later frames may refer to."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], KeptAnswer] = {}
        self._oldest = 0
        self._forgotten = 0

    def __len__(self) -> int:
        """How many it remembers."""
        return len(self._kept)

    def whole(self, frame: RequestFrame) -> RequestFrame:
        """The frame with all the answers it refers to, so that it says the same by itself.

        Frames may be read again from any that came after the last `drained`.

        Raises:
            ValueError: it refers to what the file does not hold for its tenant.
        """
        batch = frame.batch
        if batch is None:
            return frame
        kept = self._kept
        for answer in batch.answers:
            kept[frame.tenant, answer.number] = answer
        self._oldest = max(self._oldest, batch.oldest)
        try:
            answers = tuple(
                kept[frame.tenant, number] for number in dict.fromkeys(batch.numbers) if number != _NO_DECISION
            )
        except KeyError:
            raise ValueError("it refers to an answer that its file does not hold") from None
        return msgspec.structs.replace(frame, batch=msgspec.structs.replace(batch, answers=answers))

    def drained(self) -> None:
        """No frame read so far is read again."""
        if self._forgotten < self._oldest:
            self._forgotten = self._oldest
            self._kept = {key: answer for key, answer in self._kept.items() if key[1] >= self._oldest}
