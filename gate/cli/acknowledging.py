"""The acknowledgments that `gate check-file` writes beside its results: a 999 of the file, a 277CA of its claims."""

from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, NamedTuple

from gate.claimfiles.acknowledgment_277ca import ClaimAcknowledgment
from gate.claimfiles.acknowledgment_999 import FileAcknowledgment, Verdict
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.rejection import RejectionRule
from gate.claimfiles.x12_writing import ControlNumbers
from gate.cli.file_check import Answered
from gate.cli.file_questions import Batch
from gate.whole_files import written_whole

_IN_WORDS: Final = {
    Verdict.ACCEPTED: "the file is accepted",
    Verdict.ACCEPTED_WITH_ERRORS: "the file is accepted with errors",
    Verdict.REJECTED: "the file is rejected",
}


class Wanted(NamedTuple):
    """Which acknowledgments are wanted, and where."""

    of_claims: str = ""
    """The 277CA's file; empty: none."""
    of_file: str = ""
    """The 999's file; empty: none."""
    rule: RejectionRule = RejectionRule()
    first_control: int = 1

    @property
    def any(self) -> bool:
        """Whether the file has to be read for it."""
        return bool(self.of_claims or self.of_file)


class Acknowledging:
    """Hears what a file says and what became of its claims, and writes what is wanted."""

    def __init__(self, wanted: Wanted, made_at: datetime) -> None:
        self._wanted = wanted
        self._made_at = made_at
        self._numbers = ControlNumbers(wanted.first_control)
        self._of_claims: ClaimAcknowledgment | None = None
        self._of_file: FileAcknowledgment | None = None
        self.said: list[str] = []
        """What was written, for people."""

    @contextmanager
    def of_one_file(self) -> Iterator[None]:
        """Around the reading and checking of a file; what is wanted appears at its end, whole or not at all.

        A file that cannot be read on is refused by the 999, if one is wanted, and by the same error.
        """
        if not self._wanted.of_file:
            with self._claims_acknowledged():
                yield
            return
        with FileAcknowledgment() as self._of_file:
            try:
                with self._claims_acknowledged():
                    yield
            except ClaimFileError as error:
                self._of_file.refuse(error.events)
                self._write_999(self._of_file)
                raise
            self._write_999(self._of_file)

    async def heard(self, batches: AsyncIterable[Batch]) -> AsyncIterator[Batch]:
        """The same batches. What the file says is heard when it is read: it may end before its claims are answered."""
        async for batch in batches:
            if self._of_file is not None:
                for _, event in batch.events:
                    self._of_file.tell(event)
            yield batch

    def write(self, answered: Answered) -> None:
        """The next answered claims."""
        to = self._of_claims
        if to is None:
            return
        status_of, told = self._wanted.rule.status_of, 0
        events = answered.batch.events
        for index, (claim, result) in enumerate(zip(answered.batch.claims, answered.results, strict=True)):
            while told < len(events) and events[told][0] <= index:
                to.tell(events[told][1])
                told += 1
            to.add(claim, status_of(result, answered.answers[index]))
        for _, event in events[told:]:
            to.tell(event)

    @contextmanager
    def _claims_acknowledged(self) -> Iterator[None]:
        target = self._wanted.of_claims
        if not target:
            yield
            return
        with written_whole(target) as stream, ClaimAcknowledgment(stream, self._made_at, self._numbers) as to:
            self._of_claims = to
            yield
        totals = to.totals
        claims = totals.accepted + totals.rejected
        self.said.append(
            f"277CA in {target}: {claims:,} claims, {totals.accepted:,} accepted and {totals.rejected:,} rejected"
        )

    def _write_999(self, of_file: FileAcknowledgment) -> None:
        if not of_file.knows_whom_to_answer:
            self.said.append("no 999 was written: the file does not say who sent it")
            return
        with written_whole(self._wanted.of_file) as stream:
            of_file.write(stream, self._made_at, self._numbers)
        self.said.append(f"999 in {self._wanted.of_file}: {_IN_WORDS[of_file.verdict]}")
