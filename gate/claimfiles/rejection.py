"""Which claims a site rejects for their answers, before adjudication. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from gate.claimfiles.checks import severity
from gate.claimfiles.results import CheckAnswer, CheckFailure, ClaimFailure, Result
from gate.decision.model import ClaimAction, DecisionCode

REJECTABLE: Final = (
    DecisionCode.ENROLLMENT_NOT_FOUND,
    DecisionCode.ENROLLMENT_INACTIVE,
    DecisionCode.ENROLLMENT_EXPIRED,
)
"""What says something about the provider. An outage says nothing: no claim is ever rejected for one."""
RECEIVED: Final = "A1:19:PR"
"""Received; whether it is accepted is told later."""
ACCEPTED: Final = "A2:20:PR"
"""Accepted for processing."""


class ClaimStatus(msgspec.Struct, frozen=True):
    """What a 277CA says of a claim."""

    status: str
    """Category:status:entity, as in STC01."""
    is_rejected: bool = False
    reason: str = ""


_RECEIVED: Final = ClaimStatus(RECEIVED)
_ACCEPTED: Final = ClaimStatus(ACCEPTED)


class RejectionRule(msgspec.Struct, frozen=True):
    """The site's choice."""

    codes: frozenset[str] = frozenset()
    """Of `REJECTABLE`."""
    in_audit: bool = False
    """Whether also what was answered in audit mode, where nothing is held."""

    def status_of(self, result: Result, answers: Sequence[CheckAnswer | CheckFailure]) -> ClaimStatus:
        """A claim that is not rejected is accepted where it may go on, and else only received.

        So is one that could not be checked in every part, whatever was said about the others.
        """
        if isinstance(result, ClaimFailure):
            return _RECEIVED
        if self.codes and (rejecting := self._rejecting(answers)):
            worst = max(rejecting, key=lambda answer: severity(answer.code))
            return ClaimStatus(worst.claim_status, is_rejected=True, reason=worst.reason)
        return _ACCEPTED if result.action == ClaimAction.CONTINUE else _RECEIVED

    def _rejecting(self, answers: Iterable[CheckAnswer | CheckFailure]) -> list[CheckAnswer]:
        """Without a status to tell it by, a claim cannot be rejected."""
        return [
            answer
            for answer in answers
            if isinstance(answer, CheckAnswer)
            and answer.code in self.codes
            and answer.claim_status
            and (answer.would_action if self.in_audit else answer.action) not in {"", ClaimAction.CONTINUE}
        ]
