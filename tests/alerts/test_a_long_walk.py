"""Four hundred days of many providers: exactly what an independent count predicts is raised, whatever breaks.

The count below shares nothing with the code that it holds to account: it knows days as numbers, and goes through every
look at every subject.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.alerts.model.due_dates import ChargesSeen, DueDate, Standing, Subject, WatchedPage
from gate.alerts.model.kinds import AlertKind
from gate.alerts.model.preferences import PreferencesChange, Recipient
from gate.alerts.service.book import AlertBook
from gate.alerts.service.desk import AlertDesk
from gate.alerts.service.raising import Raising
from gate.alerts.service.reminding import Reminding
from gate.alerts.service.scanning import ScanService
from gate.audit.log import AuditLog
from gate.audit.model import Actor, Via
from gate.errors import StoreUnavailable
from gate.outbox.message import OutgoingMessage
from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database, UnitOfWork
from tests.alerts.watch import Letterbox, Unobserved
from tests.support.databases import POSTGRESQL, SQLITE, migrated_database
from tests.support.servers import free_port

TENANT: Final = "acme"
FIRST: Final = date(2026, 1, 1)
ZONES: Final = ("America/New_York", "America/Chicago", "America/Los_Angeles", "Pacific/Honolulu", "Pacific/Guam")
LADDERS: Final = {
    AlertKind.REVALIDATION: (90, 60, 30),
    AlertKind.RECREDENTIALING: (90, 14),
    AlertKind.CREDENTIAL_EXPIRY: (120, 90, 60, 30),
    AlertKind.ATTESTATION: (120, 90, 60, 30),
}
LONGER: Final = (120, 90, 60, 30)
"""What the tenant makes of its revalidation ladder half way (row R21)."""
LONGEST: Final = 121
SATURDAY: Final = 5
EVERY: Final = 37
PATIENCE: Final = 60.0
"""Seconds that a writer waits for another, where other work has the machine."""


class Word(NamedTuple):
    """What is said of one subject from a day on."""

    day: int
    standing: Standing
    due: int | None
    """The day of the walk, or one before or after it."""


class Life(NamedTuple):
    """One subject over the whole walk."""

    kind: AlertKind
    key: str
    zone: str
    words: Sequence[Word]


class Look(NamedTuple):
    """One time that the scheduler ran."""

    now: datetime
    long_ladder: bool


Key = tuple[str, str, int, int]
"""Kind, subject, due day, tier."""


# The world


def population(providers: int, days: int, chance: Random) -> list[Life]:
    """Every provider has to revalidate; some have other things that run out."""
    lives = []
    for number in range(providers):
        kinds = [
            AlertKind.REVALIDATION,
            *(kind for kind in LADDERS if kind is not AlertKind.REVALIDATION and chance.random() < 0.1),
        ]
        zone = chance.choice(ZONES)
        lives += [Life(kind, f"{kind}-{number:05}", zone, list(words(kind, days, chance))) for kind in kinds]
    return lives


def words(kind: AlertKind, days: int, chance: Random) -> Iterator[Word]:
    """A due date that is met or missed, moved, renewed, forgotten, taken back, and set again."""
    due: int | None = chance.randint(-30, 1_000 if kind is AlertKind.REVALIDATION else 500)
    standing = Standing.CURRENT
    day = 0
    while day < days:
        yield Word(day, standing, due)
        if due is None or due <= day:
            day += chance.randint(10, 60)
        else:
            day = max(day + 1, due + chance.randint(-110, 45))
        event = chance.random()
        if event < 0.12:
            standing = Standing.ENDED
        elif event < 0.24:
            standing = Standing.UNKNOWN
        elif event < 0.30:
            due = None
        else:
            standing = Standing.CURRENT
            due = chance.randint(day, day + 400) if due is None else due + chance.choice((1_095, 365, 180, 15, -20))


class Registry:
    """Tells of the lives; it knows no more than what was said until today."""

    kinds = frozenset(LADDERS)

    def __init__(self, lives: Sequence[Life]) -> None:
        self.long_ladder = False
        self._zones = {life.key: ZoneInfo(life.zone) for life in lives}
        self._said: dict[Subject, Word] = {}
        self._coming: dict[int, list[tuple[Subject, Word]]] = defaultdict(list)
        for life in lives:
            for word in life.words:
                self._coming[word.day].append((Subject(life.kind, life.key), word))
        self._day = -1

    def turn_to(self, day: int) -> None:
        """What is said up to that day holds."""
        for passed in range(self._day + 1, day + 1):
            self._said.update(self._coming.pop(passed, ()))
        self._day = day

    async def approaching(self, tenant: str, now: datetime, after: str, limit: int) -> WatchedPage:
        horizon = (now.date() - FIRST).days + LONGEST
        near = sorted(subject for subject, word in self._said.items() if word.due is not None and word.due <= horizon)
        begin = int(after or 0)
        page = [self._due(subject, now) for subject in near[begin : begin + limit]]
        return WatchedPage(page, str(begin + limit) if begin + limit < len(near) else "")

    async def present(self, tenant: str, now: datetime, subjects: Collection[Subject]) -> Sequence[DueDate]:
        return [self._due(subject, now) for subject in subjects]

    def _due(self, subject: Subject, now: datetime) -> DueDate:
        word = self._said[subject]
        rungs = LONGER if self.long_ladder and subject.kind is AlertKind.REVALIDATION else LADDERS[subject.kind]
        return DueDate(
            kind=subject.kind,
            key=subject.key,
            standing=word.standing,
            due_on=None if word.due is None else FIRST + timedelta(days=word.due),
            today=now.astimezone(self._zones[subject.key]).date(),
            rungs=rungs,
            npi=subject.key[-10:],
        )


def plan(days: int, chance: Random) -> list[Look]:
    """When the scheduler runs: at any hour of workdays, on some twice, on some not at all, and once not for a week."""
    looks = []
    for day in range(days):
        if (
            days * 0.3 < day < days * 0.3 + 7
            or chance.random() < 0.1
            or (FIRST + timedelta(days=day)).weekday() >= SATURDAY
        ):
            continue
        for hour in sorted(chance.sample(range(24), chance.choice((1, 1, 1, 1, 1, 1, 1, 2)))):
            now = datetime.combine(FIRST + timedelta(days=day), time(hour, 30), UTC)
            looks.append(Look(now, day > days / 2))
    return looks


# The independent count


class Count(NamedTuple):
    raised: set[Key]
    standing: set[Key]
    """What is current in the end."""


def counted(lives: Sequence[Life], looks: Sequence[Look]) -> Count:
    """By going through every look at every subject."""
    raised: set[Key] = set()
    standing: set[Key] = set()
    first = FIRST.toordinal()
    local = {zone: [look.now.astimezone(ZoneInfo(zone)).date().toordinal() - first for look in looks] for zone in ZONES}
    said_on = [look.now.date().toordinal() - first for look in looks]
    for life in lives:
        lowest: dict[int, int] = {}
        shown: tuple[int, int] | None = None
        at = 0
        for index, look in enumerate(looks):
            while at + 1 < len(life.words) and life.words[at + 1].day <= said_on[index]:
                at += 1
            word = life.words[at]
            if word.standing is Standing.UNKNOWN:
                continue
            if word.standing is Standing.ENDED or word.due is None:
                shown = None
                continue
            left = word.due - local[life.zone][index]
            rungs = LONGER if look.long_ladder and life.kind is AlertKind.REVALIDATION else LADDERS[life.kind]
            tier = -1
            if left >= 0:
                begun = [rung for rung in rungs if rung >= left]
                if not begun:
                    shown = shown if shown is not None and shown[0] == word.due else None
                    continue
                tier = begun[-1]
            if tier < lowest.get(word.due, 1_000):
                lowest[word.due] = tier
                raised.add((life.kind.value, life.key, word.due, tier))
            shown = (word.due, lowest[word.due])
        if shown is not None:
            standing.add((life.kind.value, life.key, *shown))
    return Count(raised, standing)


# What breaks


class Torn(Exception):
    """The process was killed, or the connection was lost, in the middle of a transaction."""


class FailingLetterbox(Letterbox):
    """Once in so many times it goes wrong after the alerts of a page were written, and before they are committed."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.failures = 0
        self.keys: list[tuple[str, str]] = []

    async def add(self, unit: UnitOfWork, messages: Sequence[OutgoingMessage]) -> None:
        async def count_them() -> None:
            self.keys += [(message.channel, message.key) for message in messages]

        self.calls += 1
        if self.calls % EVERY == 0:
            self.failures += 1
            raise Torn
        await super().add(unit, messages)
        unit.after_commit(count_them)


class Nothing:
    async def of(self, tenant: str, npis: Collection[str], since: datetime) -> ChargesSeen:
        return ChargesSeen({})


class Office:
    """One process that has a scheduler."""

    def __init__(self, engine: AsyncEngine, registry: Registry, letterbox: Letterbox, page: int) -> None:
        database = Database(engine)
        self.database = database
        book = AlertBook(letterbox, AuditLog(Unobserved(), lambda: datetime(2026, 1, 1, tzinfo=UTC)))
        self.desk = AlertDesk(book, lambda: datetime(2026, 1, 1, tzinfo=UTC))
        self.scans = ScanService(database, [registry], Nothing(), Raising(book), Reminding(database, book), page=page)

    async def scan(self, now: datetime) -> None:
        """Until it is through, as whoever runs jobs would have it."""
        while True:
            try:
                await self.scans.scan(TENANT, now)
            except Torn:
                continue
            return


@asynccontextmanager
async def office(url: str, registry: Registry, letterbox: Letterbox, page: int = 4_000) -> AsyncIterator[Office]:
    engine = open_engine(url, patience_seconds=PATIENCE)
    try:
        yield Office(engine, registry, letterbox, page)
    finally:
        await engine.dispose()


async def walk(url: str, registry: Registry, looks: Sequence[Look], letterbox: FailingLetterbox) -> None:
    """Look after look, each stretch of them by a process of its own, and now and then by two at once."""
    gone = f"postgresql+asyncpg://nobody@127.0.0.1:{free_port()}/gone"
    for begin in range(0, len(looks), 40):
        async with office(url, registry, letterbox) as one, office(url, registry, letterbox) as other:
            for index, look in enumerate(looks[begin : begin + 40]):
                registry.turn_to((look.now.date() - FIRST).days)
                registry.long_ladder = look.long_ladder
                if index == 20:
                    async with office(gone, registry, letterbox) as cut_off:
                        with pytest.raises(StoreUnavailable):
                            await cut_off.scan(look.now)
                await asyncio.gather(one.scan(look.now), *([other.scan(look.now)] if index % 10 == 0 else []))


async def stored(url: str) -> tuple[list[Key], set[Key]]:
    engine = open_engine(url)
    async with engine.connect() as connection:
        found = (await connection.execute(text("SELECT kind, key, due_on, tier, closed_at FROM alerts"))).all()
    await engine.dispose()
    keys = [(kind, key, (date.fromisoformat(str(due_on)) - FIRST).days, tier) for kind, key, due_on, tier, _ in found]
    return keys, {key for key, row in zip(keys, found, strict=True) if row.closed_at is None}


@pytest.mark.timeout(600)  # where other work has the machine
@pytest.mark.parametrize(
    ("kind", "providers", "days"),
    [(SQLITE, 1_500, 400), (POSTGRESQL, 300, 120), pytest.param(SQLITE, 5_000, 400, marks=pytest.mark.soak)],
)
async def test_exactly_what_an_independent_count_predicts_is_raised_and_none_is_told_twice(
    tmp_path: Path, kind: str, providers: int, days: int
) -> None:
    chance = Random(20260310)
    lives, looks = population(providers, days, chance), plan(days, chance)
    url = await migrated_database(kind, tmp_path)
    letterbox = FailingLetterbox()
    registry = Registry(lives)
    async with office(url, registry, letterbox) as first, first.database.writing(TENANT) as unit:
        wanted = PreferencesChange(
            recipients=(Recipient(person="ann", email="ann@acme.example"),), escalate_after_days=0
        )
        await first.desk.settle(unit, wanted, Actor(tenant=TENANT, subject="ann", via=Via.SESSION))

    await walk(url, registry, looks, letterbox)

    predicted = counted(lives, looks)
    keys, standing = await stored(url)
    assert len(predicted.raised) > providers / 3
    assert len(keys) == len(set(keys))
    assert set(keys) == predicted.raised
    assert standing == predicted.standing
    assert letterbox.failures > 0
    assert len(letterbox.keys) == len(set(letterbox.keys))
    assert len(letterbox.sent("event", "alert.raised")) == len(predicted.raised)
    assert len(letterbox.sent("email", "alert.raised")) == sum(tier <= 60 for *_, tier in predicted.raised)
