"""Answers kept by number: whatever was kept before, failed or is read twice, each claim gets its own back."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.clock import system_clock
from gate.ledger.batches import AnswerNumbers, AnswersRead, GivenBatch, SpokenAnswer
from gate.ledger.frames import content_of, request_in
from gate.ledger.grounding import GroundsMemory
from gate.ledger.model import Document, DocumentKind, Grounds, RequestFrame, WireKind
from gate.ledger.segment import Segment
from tests.decision.building import empty, evidence
from tests.ledger.builders import ENROLLED, POLICY
from tests.ledger.spooling import Answer, Spoken

_RESTS_ON = (ENROLLED, evidence(empty()), None)
_TENANTS = ("acme", "beta")
_SPOKEN = {
    tenant: [
        Spoken(facts, f"{tenant} {number}".encode())
        for number, facts in enumerate([Answer(rests_on, POLICY) for rests_on in _RESTS_ON] * 3)
    ]
    for tenant in _TENANTS
}
_places = st.lists(st.none() | st.integers(0, 8), min_size=1, max_size=6)
_batches = st.tuples(st.sampled_from(_TENANTS), _places)


class _Failed:
    """The last frame could not be written, or only in part."""


class _NextFile:
    """The file is large enough."""


class _Stored:
    """A stretch was stored; what comes before is not read again."""


_steps = st.lists(
    st.one_of(_batches, _batches, st.builds(_Failed), st.builds(_NextFile), st.builds(_Stored)), max_size=30
)


def given_batch(tenant: str, places: Sequence[int | None]) -> GivenBatch:
    answers = [None if place is None else _SPOKEN[tenant][place] for place in places]
    ids = ["" if answer is None else f"{number:036}" for number, answer in enumerate(answers)]
    return GivenBatch(answers=answers, decision_ids=ids, stamp=b"then", own_stamps={0: b"later"})


def frame_of(numbers: AnswerNumbers, segment: Segment, tenant: str, batch: GivenBatch) -> RequestFrame:
    answers, documents = numbers.of(tenant, batch, segment)
    kind, at = WireKind.CHECK_CLAIMS, system_clock()
    return RequestFrame(tenant, "pipeline", "r", kind, at, b"claims", b"", (), (), documents, answers)


def told(frame: RequestFrame) -> list[tuple[bytes, Grounds] | None]:
    """What a frame says by itself, claim by claim."""
    assert frame.batch is not None
    said = {answer.number: (answer.wire, answer.grounds) for answer in frame.batch.answers}
    return [None if number < 0 else said[number] for number in frame.batch.numbers]


def expected(batch: GivenBatch) -> list[tuple[bytes, Grounds] | None]:
    return [None if answer is None else (answer.wire, grounds_of(answer)) for answer in batch.answers]


def grounds_of(answer: SpokenAnswer) -> Grounds:
    rests_on = answer.facts.evidence
    return Grounds(None if rests_on is None else Document.of(rests_on).digest, Document.of(POLICY).digest)


@given(_steps, st.sampled_from([1, 3, 50]))
def test_each_claim_gets_its_own_answer_back_and_reading_again_changes_nothing(
    steps: list[tuple[str, list[int | None]] | _Failed | _NextFile | _Stored], most_remembered: int
) -> None:
    numbers = AnswerNumbers(memory := GroundsMemory(), most_remembered)
    segment, reading = Segment(Path("1"), -1), AnswersRead()
    stretch: list[tuple[bytes, GivenBatch]] = []
    held: set[tuple[str, bytes]] = set()
    for step in steps:
        match step:
            case _Failed():
                numbers.of("acme", given_batch("acme", [0, 8]), segment)  # which nobody will read
                numbers.forget()
                memory.forget()
                segment.documents.clear()
            case _NextFile():
                segment, reading, stretch, held = Segment(Path("2"), -1), AnswersRead(), [], set()
            case _Stored():
                reading.drained()
                stretch = []
            case (tenant, places):
                batch = given_batch(tenant, places)
                frame = frame_of(numbers, segment, tenant, batch)
                held |= {(tenant, document.digest) for document in frame.documents}
                stretch.append((content_of(frame), batch))
        for content, batch in stretch:  # as a drainer does whose shelf was down
            whole = reading.whole(request_in(content))
            assert told(whole) == expected(batch)
            assert all((whole.tenant, rests.policy) in held for _, rests in filter(None, told(whole)))
            assert AnswersRead().whole(request_in(content_of(whole))) == whole, "says the same by itself"


def test_an_answer_is_written_once_and_then_by_its_number() -> None:
    numbers, segment = AnswerNumbers(GroundsMemory()), Segment(Path("1"), -1)
    first, second = (frame_of(numbers, segment, "acme", given_batch("acme", [1, 2, 1])) for _ in range(2))

    assert first.batch is not None
    assert second.batch is not None
    assert [answer.wire for answer in first.batch.answers] == [b"acme 1", b"acme 2"]
    assert {document.kind for document in first.documents} == {DocumentKind.EVIDENCE, DocumentKind.POLICY}
    assert (second.batch.answers, second.documents) == ((), ())
    assert second.batch.numbers == first.batch.numbers == (0, 1, 0)


def test_no_frame_gets_at_what_was_answered_another_tenant() -> None:
    numbers, segment, reading = AnswerNumbers(GroundsMemory()), Segment(Path("1"), -1), AnswersRead()
    reading.whole(frame_of(numbers, segment, "acme", given_batch("acme", [1])))
    again = frame_of(numbers, segment, "acme", given_batch("acme", [1]))

    with pytest.raises(ValueError, match="does not hold"):
        reading.whole(msgspec.structs.replace(again, tenant="beta"))


def test_a_reader_remembers_no_more_than_the_writer() -> None:
    numbers, segment, reading = AnswerNumbers(GroundsMemory(), largest=4), Segment(Path("1"), -1), AnswersRead()
    for number in range(40):
        reading.whole(frame_of(numbers, segment, "acme", given_batch("acme", [number % 9])))
        reading.drained()

        assert len(reading) <= 4
