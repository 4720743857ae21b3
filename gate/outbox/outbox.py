"""The way in: messages are written in the transaction of the change that they tell of."""

from collections.abc import Sequence
from typing import Final

from gate.clock import Clock
from gate.outbox import repository
from gate.outbox.message import OutgoingMessage
from gate.persistence.unit_of_work import UnitOfWork

LONGEST_KEY: Final = 200
"""A channel may add to it."""
CHANNELS: Final = frozenset({"email", "webhook", "event"})


class Outbox:
    """Where rooms leave what is to be told; somebody else delivers it, once the transaction is committed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def add(self, unit: UnitOfWork, messages: Sequence[OutgoingMessage]) -> None:
        """Keep the messages for the unit's tenant, those whose channel and key are not kept yet.

        What is rolled back is never sent.

        Raises:
            ValueError: a key is longer than 200 characters, or there is no such channel: nobody would ever send it.
        """
        if strange := {message.channel for message in messages} - CHANNELS:
            raise ValueError(f"there is no channel {', '.join(sorted(strange))}")
        if any(len(message.key) > LONGEST_KEY for message in messages):
            raise ValueError(f"a message's key has more than {LONGEST_KEY} characters")
        await repository.add(unit, messages, self._clock())
