"""What a way of telling people or machines is for the outbox."""

from collections.abc import Sequence
from typing import Protocol

from gate.outbox.letter import Letter
from gate.outbox.message import OutgoingMessage


class Undelivered(Exception):
    """It did not arrive. The reason is shown to people: it holds no secret, and no text of the other side."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        """`is_final`: trying again would not help."""
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final


class Channel(Protocol):
    """One way of telling."""

    async def deliver(self, letter: Letter) -> Sequence[OutgoingMessage]:
        """Hand the letter over. It may have arrived before: its `stable_id` tells the receiver.

        Returns:
            What it became instead of being sent itself: a message for each of those who want to hear it.

        Raises:
            Undelivered: it did not arrive, or nobody said that it did.
        """
        ...
