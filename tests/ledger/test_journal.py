"""What is written of one request, and that each document is written once per file."""

from pathlib import Path

import msgspec
import pytest

from gate.decision.model import GateMode, Policy
from gate.errors import StoreUnavailable
from gate.ledger.batches import AnswersRead
from gate.ledger.failed_refreshes import FailedRefreshes
from gate.ledger.grounding import GroundsMemory
from gate.ledger.journal import Exchange
from gate.ledger.model import Document, Grounds, WireKind
from tests.decision.building import empty, evidence, of, segment
from tests.ledger.builders import ENROLLED, POLICY
from tests.ledger.spooling import Answer, frames_in, kept, spool_files, spool_in

UNKNOWN = evidence(empty())
STRICT = Policy(mode=GateMode.ENFORCE)
MALFORMED = None


async def test_each_answer_says_what_it_rests_on_and_an_error_rests_on_nothing(tmp_path: Path) -> None:
    with spool_in(tmp_path) as (_, journal, series):
        await kept(journal, Answer(), MALFORMED, Answer(UNKNOWN), Answer(), Answer(None, STRICT))

        (frame,) = frames_in(*spool_files(tmp_path))
        digest = {name: Document.of(value).digest for name, value in [("p", POLICY), ("s", STRICT)]}
        assert frame.batch is not None
        grounds = {answer.number: answer.grounds for answer in frame.batch.answers}
        assert [grounds.get(number) for number in frame.batch.numbers] == [
            Grounds(Document.of(ENROLLED).digest, digest["p"]),
            None,
            Grounds(Document.of(UNKNOWN).digest, digest["p"]),
            Grounds(Document.of(ENROLLED).digest, digest["p"]),
            Grounds(None, digest["s"]),
        ]
        assert {document.digest for document in frame.documents} == {
            Document.of(value).digest for value in (ENROLLED, UNKNOWN, POLICY, STRICT)
        }
        assert series.written == 4


async def test_a_document_is_written_once_per_tenant_and_file(tmp_path: Path) -> None:
    again = of(segment())
    with spool_in(tmp_path) as (_, journal, _):
        await kept(journal)
        await kept(journal, Answer(again))
        await kept(journal, tenant="another")

        first, second, others = frames_in(*spool_files(tmp_path))

    assert again == ENROLLED
    assert again is not ENROLLED
    assert len(first.documents) == len(others.documents) == 2
    assert second.documents == ()
    assert second.grounds == first.grounds


async def test_every_file_holds_all_that_its_frames_refer_to(tmp_path: Path) -> None:
    with spool_in(tmp_path, limit=400_000) as (_, journal, _):
        for number in range(1000):
            await kept(journal, Answer(), Answer(UNKNOWN if number % 3 else None, STRICT))

        files = spool_files(tmp_path)

    assert len(files) > 2
    for path in files:
        held: set[bytes] = set()
        answers = AnswersRead()
        for frame in map(answers.whole, frames_in(path)):
            held |= {document.digest for document in frame.documents}
            assert frame.batch is not None
            named = [answer.grounds for answer in frame.batch.answers]
            assert named
            assert {digest for grounds in named for digest in (grounds.evidence, grounds.policy)} - {None} <= held


async def test_evidence_whose_memory_was_given_up_is_not_taken_for_another(tmp_path: Path) -> None:
    """Identities are used again by other objects, unless whoever relies on them holds on to theirs."""
    memory = GroundsMemory(largest=3)
    with spool_in(tmp_path) as (spool, _, _):
        for number in range(200):
            fresh = msgspec.structs.replace(ENROLLED, npi=f"{number:010}")
            (grounds,), _, documents = memory.of("acme", [Answer(fresh)], spool.segment())
            assert grounds.evidence == Document.of(fresh).digest
            assert [each.evidence() for each in documents if each.digest == grounds.evidence] == [fresh]


async def test_after_a_failure_documents_are_written_again(tmp_path: Path) -> None:
    with spool_in(tmp_path, limit=1_000_000) as (spool, journal, _):
        spool._measured = 1_000_000
        with pytest.raises(StoreUnavailable):
            await kept(journal)
        spool._measured = 0

        await kept(journal)

        (frame,) = frames_in(*spool_files(tmp_path))
    assert len(frame.documents) == 2


async def test_a_request_of_nothing_but_errors_gives_no_decision_to_keep(tmp_path: Path) -> None:
    with spool_in(tmp_path) as (_, journal, series):
        await kept(journal, MALFORMED, MALFORMED)

        assert spool_files(tmp_path) == []
    assert series.written == 0


async def test_what_sources_said_to_a_lookup_is_kept_once(tmp_path: Path) -> None:
    lookup = Exchange(
        tenant="acme", caller="ada", request_id="r", kind=WireKind.LOOKUP_PROVIDER, request=b"?", reply=b"!"
    )
    with spool_in(tmp_path) as (_, journal, _):
        await journal.keep_evidence(lookup, [ENROLLED, UNKNOWN, ENROLLED])
        await journal.keep_evidence(lookup, [UNKNOWN])

        (frame,) = frames_in(*spool_files(tmp_path))
    assert [document.evidence() for document in frame.documents] == [ENROLLED, UNKNOWN]
    assert frame.grounds == ()


async def test_a_failure_that_cannot_be_kept_harms_nobody(tmp_path: Path) -> None:
    with spool_in(tmp_path) as (spool, journal, _):
        spool._measured = 10**12

        await FailedRefreshes(journal).refresh_failed("acme", ENROLLED)

        assert journal.trouble
    assert spool_files(tmp_path) == []
