"""What people do about messages that were given up. Every act is in the audit log, in the same transaction."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from gate.audit.model import Actor, AuditAction, AuditEvent
from gate.audit.trail import AuditTrail
from gate.clock import Clock
from gate.errors import FieldViolation, InvalidInput, NotFound
from gate.outbox import repository
from gate.outbox.letter import DeadLetter, LetterState
from gate.persistence.unit_of_work import UnitOfWork

PAGE_SIZE: Final = 50
_LONGEST_REASON: Final = 500


class DeadLetterPage(msgspec.Struct, frozen=True):
    """Dead letters, newest first; `next_before` is empty where these are the last."""

    letters: Sequence[DeadLetter]
    next_before: str


class DeadLetters:
    """Runs in the caller's unit of work and acts on that unit's tenant."""

    def __init__(self, trail: AuditTrail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock

    async def listed(self, unit: UnitOfWork, *, before: str = "") -> DeadLetterPage:
        """The tenant's dead letters, from the one after the id `before`.

        Raises:
            InvalidInput: `before` cannot be an id.
        """
        if not before.isprintable():
            raise InvalidInput(FieldViolation("before", "is the id of a dead letter"))
        found = await repository.dead_letters(unit, before=before, limit=PAGE_SIZE + 1)
        shown = found[:PAGE_SIZE]
        return DeadLetterPage(shown, shown[-1].id if len(found) > PAGE_SIZE else "")

    async def one(self, unit: UnitOfWork, letter_id: str) -> DeadLetter:
        """One of them.

        Raises:
            NotFound: the tenant has no such dead letter.
        """
        letter = await repository.dead_letter(unit, letter_id) if letter_id.isprintable() else None
        if letter is None:
            raise NotFound("there is no such dead letter")
        return letter

    async def counts(self, unit: UnitOfWork) -> Mapping[LetterState, int]:
        """How many of the tenant's messages are in each state; a state nobody is in is left out."""
        return await repository.count_by_state(unit)

    async def send_again(self, unit: UnitOfWork, letter_id: str, actor: Actor) -> None:
        """Have it tried as if it were new. A receiver that has it already knows it by its id.

        Raises:
            NotFound: the tenant has no such dead letter.
        """
        letter = await self.one(unit, letter_id)
        await repository.revive(unit, letter_id, self._clock())
        await self._record(unit, letter, AuditAction.LETTER_SENT_AGAIN, actor, {})

    async def discard(self, unit: UnitOfWork, letter_id: str, reason: str, actor: Actor) -> None:
        """Let it rest for good.

        Raises:
            NotFound: the tenant has no such dead letter.
            InvalidInput: no reason is given, or a very long one.
        """
        why = reason.strip()
        if not why or len(why) > _LONGEST_REASON or not why.isprintable():
            raise InvalidInput(FieldViolation("reason", f"is needed: one line, {_LONGEST_REASON} characters at most"))
        letter = await self.one(unit, letter_id)
        await repository.discard(unit, letter_id, self._clock())
        await self._record(unit, letter, AuditAction.LETTER_DISCARDED, actor, {"reason": why})

    async def _record(
        self, unit: UnitOfWork, letter: DeadLetter, action: AuditAction, actor: Actor, details: Mapping[str, str]
    ) -> None:
        event = AuditEvent(
            actor=actor,
            action=action,
            object=f"outbox/{letter.id}",
            at=self._clock(),
            details={"channel": letter.channel, "topic": letter.topic, **details},
        )
        await self._trail.record(unit, event)
