"""An outbox on a real database, a clock that a test turns, and a channel that does as it is told."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from gate.audit.model import Actor, Via
from gate.outbox.channel import Undelivered
from gate.outbox.dead_letters import DeadLetters
from gate.outbox.dispatcher import Dispatcher, Tally
from gate.outbox.letter import DeadLetter, Letter, LetterState, Patience
from gate.outbox.message import OutgoingMessage
from gate.outbox.outbox import Outbox
from gate.persistence.unit_of_work import Database
from tests.accounts.people import Recorded

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
OPERATOR = Actor(tenant="acme", subject="olga", via=Via.SESSION)


def message(key: str = "k1", recipient: str = "ann@example.org", **different: object) -> OutgoingMessage:
    fields: dict[str, object] = {
        "channel": "email",
        "topic": "alert.raised",
        "subject": "Revalidation is past due",
        "body": {"text": "It is past due."},
        "not_before": NOON,
    }
    return OutgoingMessage(key=key, recipient=recipient, **{**fields, **different})  # type: ignore[arg-type]  # a builder


class Postman:
    """A channel. What he shall do with letters to somebody is said by recipient."""

    def __init__(self) -> None:
        self.delivered: list[Letter] = []
        self.tried: list[Letter] = []
        self.refuses: dict[str, Undelivered] = {}
        self.hangs_on: set[str] = set()
        self.makes: dict[str, Sequence[OutgoingMessage]] = {}
        self.under_way = 0
        self.most_under_way = 0

    async def deliver(self, letter: Letter) -> Sequence[OutgoingMessage]:
        self.tried.append(letter)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0)
            if letter.recipient in self.hangs_on:
                await asyncio.Event().wait()
            if letter.recipient in self.refuses:
                raise self.refuses[letter.recipient]
            self.delivered.append(letter)
            return self.makes.get(letter.key, ())
        finally:
            self.under_way -= 1

    @property
    def keys(self) -> list[str]:
        return sorted(letter.key for letter in self.delivered)


class PostOffice:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOON
        self.postman = Postman()
        self.webhooks = Postman()
        self.told: list[tuple[str, str]] = []
        self.trail = Recorded()
        self.outbox = Outbox(self.clock)
        self.dead = DeadLetters(self.trail, self.clock)
        self.dispatcher = self.another_dispatcher()

    def another_dispatcher(self, patience: Patience = Patience()) -> Dispatcher:  # noqa: B008 - immutable
        channels = {"email": self.postman, "webhook": self.webhooks}
        return Dispatcher(
            self.database, channels, self.clock, lambda channel, result: self.told.append((channel, result)), patience
        )

    def clock(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def leave(self, *messages: OutgoingMessage, tenant: str = "acme") -> None:
        async with self.database.writing(tenant) as unit:
            await self.outbox.add(unit, messages)

    async def drain(self) -> Tally:
        return await self.dispatcher.drain()

    async def counts(self, tenant: str = "acme") -> dict[LetterState, int]:
        async with self.database.reading(tenant) as unit:
            return dict(await self.dead.counts(unit))

    async def graves(self, tenant: str = "acme") -> Sequence[DeadLetter]:
        async with self.database.reading(tenant) as unit:
            return (await self.dead.listed(unit)).letters
