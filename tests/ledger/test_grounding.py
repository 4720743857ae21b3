"""A request's only answer is grounded by a shorter way, which says what the long one says."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gate.decision.model import GateMode, Policy
from gate.ledger.grounding import GroundsMemory
from gate.ledger.segment import Segment
from tests.decision.building import empty, evidence
from tests.ledger.builders import ENROLLED, POLICY
from tests.ledger.spooling import Answer

_ANSWERS = [
    Answer(ground, policy)
    for ground in (ENROLLED, evidence(empty()), None)
    for policy in (POLICY, Policy(mode=GateMode.ENFORCE))
]
_FILES = 3


def _files() -> list[Segment]:
    return [Segment(Path(str(number)), -1) for number in range(_FILES)]


class _Failed:
    """The last frame could not be written: neither the memory nor the file may be believed."""


_steps = st.lists(
    st.tuples(st.integers(0, len(_ANSWERS) - 1), st.integers(0, _FILES - 1)) | st.builds(_Failed), max_size=40
)


@given(_steps, st.sampled_from([1, 2, 50]))
def test_whatever_was_answered_before_both_ways_say_the_same_and_each_file_holds_what_they_name(
    steps: list[tuple[int, int] | _Failed], most_remembered: int
) -> None:
    shorter, longer = GroundsMemory(most_remembered), GroundsMemory(most_remembered)
    own_files, other_files = _files(), _files()
    held: list[set[bytes]] = [set() for _ in range(_FILES)]
    for step in steps:
        if isinstance(step, _Failed):
            shorter.forget()
            longer.forget()
            for file in (*own_files, *other_files):
                file.documents.clear()
            held = [set() for _ in range(_FILES)]
            continue
        answer, number = _ANSWERS[step[0]], step[1]
        short = shorter.of_one("acme", answer, own_files[number])

        assert short == longer.of("acme", (answer,), other_files[number])
        (grounds,), _, documents = short
        held[number] |= {document.digest for document in documents}
        assert {grounds.evidence, grounds.policy} - {None} <= held[number]
