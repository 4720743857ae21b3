"""A message on its way: where it stands, how often it was tried, and how long it is worth trying. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

import msgspec


class LetterState(StrEnum):
    """Where a message stands. Names are stored."""

    WAITING = "waiting"
    """It is to be sent, now or later."""
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up; a person may have it sent again or discard it."""
    DISCARDED = "discarded"


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message as a channel gets it."""

    tenant: str
    id: str
    key: str
    channel: str
    topic: str
    subject: str
    recipient: str
    body: dict[str, object]
    not_before: datetime
    created_at: datetime
    attempts: int
    """How often it was taken on for sending, this time included. Whoever settles it names this number, so that one
    whose time ran out changes nothing for its successor."""

    @property
    def stable_id(self) -> str:
        """The same whenever and by whom it is sent: receivers know by it what they have already."""
        return sha256(f"{self.tenant}\0{self.channel}\0{self.key}".encode()).hexdigest()[:32]


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was given up."""

    id: str
    channel: str
    topic: str
    subject: str
    recipient: str
    created_at: datetime
    attempts: int
    last_error: str
    died_at: datetime


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a message is tried, and how far apart."""

    tries: int = 60
    age: timedelta = timedelta(hours=72)
    """Since it was to be sent first."""
    first_pause: timedelta = timedelta(seconds=10)
    longest_pause: timedelta = timedelta(hours=2)

    def pause(self, attempts: int, chance: float) -> timedelta:
        """Before the next try after `attempts` of them: doubled each time, shortened by up to half.

        `chance` is of [0, 1): without it all that failed together would come back together.
        """
        doublings = min(attempts - 1, 32)
        longest = min(self.first_pause * float(2**doublings), self.longest_pause)
        return longest * (1 - chance / 2)

    def is_over(self, letter: Letter, now: datetime) -> bool:
        """Whether another try is not worth it."""
        return letter.attempts >= self.tries or now - letter.not_before >= self.age
