"""Acknowledges files without a gate: every claim is answered as a test says."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from gate.claimfiles.acknowledgment_277ca import ClaimAcknowledgment
from gate.claimfiles.acknowledgment_999 import FileAcknowledgment
from gate.claimfiles.asked import asked
from gate.claimfiles.checks import checks_of
from gate.claimfiles.errors import ClaimFileError
from gate.claimfiles.model import FileClaim
from gate.claimfiles.reading import ClaimFile
from gate.claimfiles.rejection import RejectionRule
from gate.claimfiles.results import CheckAnswer, CheckFailure, result_of
from gate.claimfiles.x12_writing import ControlNumbers

MADE_AT = datetime(2026, 4, 2, 9, 5, 7, tzinfo=UTC)
PASSES = CheckAnswer(code="PASS", action="CONTINUE", would_action="CONTINUE")
HELD = CheckAnswer(
    code="ENROLLMENT_NOT_FOUND",
    action="PEND_MANUAL_VERIFICATION",
    would_action="PEND_MANUAL_VERIFICATION",
    claim_status="A3:26:82",
    reason="NPI 1234567893 is unknown to TX Medicaid.",
)
NOT_FOUND = RejectionRule(frozenset({"ENROLLMENT_NOT_FOUND"}))
Answering = Callable[[FileClaim], CheckAnswer | CheckFailure]


class Acknowledged(NamedTuple):
    of_file: bytes
    """The 999; empty where nobody could be answered."""
    of_claims: bytes
    """The 277CA; empty where the file cannot be read on."""
    error: ClaimFileError | None


def acknowledge(content: bytes, answer: Answering = lambda _: PASSES, rule: RejectionRule = NOT_FOUND) -> Acknowledged:
    of_file, of_claims, error = io.BytesIO(), io.BytesIO(), None
    with (
        FileAcknowledgment() as hears,
        ClaimAcknowledgment(of_claims, MADE_AT, ControlNumbers(41)) as claims,
    ):
        try:
            for item in ClaimFile(io.BytesIO(content)).with_events():
                if not isinstance(item, FileClaim):
                    hears.tell(item)
                    claims.tell(item)
                    continue
                units = checks_of(item)
                claim, answers = asked(item, units), [answer(item)] * len(units)
                claims.add(claim, rule.status_of(result_of(claim, answers), answers))
        except ClaimFileError as raised:
            error = raised
            hears.refuse(raised.events)
        if hears.knows_whom_to_answer:
            hears.write(of_file, MADE_AT, ControlNumbers(7))
    return Acknowledged(of_file.getvalue(), b"" if error else of_claims.getvalue(), error)


def segments(content: bytes) -> list[str]:
    """Of one interchange, or several with the same separators."""
    terminator = content[105:106]
    return [segment.decode("latin-1") for segment in content.split(terminator) if segment]
