"""Months of providers whom records and CAQH tell different things of: exactly the alerts that a plain count predicts.

The count shares nothing with the code that it holds to account: it knows days as numbers, asks of each day what was
said until then, and hands that to the count of the long walk (`tests/alerts`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final, NamedTuple

import pytest
from sqlalchemy import text

from gate.alerts.model.due_dates import Standing
from gate.alerts.model.kinds import AlertKind
from gate.credentialing.model.providers import ProviderChange
from gate.deadlines.attestations import AttestationDeadlines
from gate.persistence.unit_of_work import Database
from tests.alerts.test_a_long_walk import FIRST, Key, Life, Look, Word, counted
from tests.alerts.watch import Watch
from tests.credentialing.office import Office, new_npi
from tests.deadlines.hearing import hear
from tests.decision.building import found, national, profile

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAYS: Final = 240
PROVIDERS: Final = 24
A_YEAR: Final = 365
ZONE: Final = "America/Chicago"
CYCLES: Final = {"TX": 120, "IL": 180}
LOOKED: Final = time(15, 30, tzinfo=UTC)
CHANGED: Final = time(12, tzinfo=UTC)
"""When somebody changes a record; claims are checked an hour before."""


class Said(NamedTuple):
    """What happened to one provider on one day."""

    day: int
    what: str
    """``record``, ``archive``, or what CAQH answers: ``ACTIVE``, ``EXPIRED``, ``INACTIVE``."""
    since: int | None
    """The day of which it was said."""


class Story(NamedTuple):
    npi: str
    state: str
    events: Sequence[Said]


def stories(chance: Random) -> list[Story]:
    return [Story(new_npi(), chance.choice(list(CYCLES)), events(chance)) for _ in range(PROVIDERS)]


def events(chance: Random) -> list[Said]:
    """Some providers are never heard of, some never on record, and most are both, at odds more often than not."""
    kinds = chance.choice((("record",), ("heard",), ("record", "record", "heard"), ("record", "heard", "heard")))
    told, is_on_record = [], False
    day = chance.randint(-500, 20)
    while day < DAYS:
        if chance.choice(kinds) == "heard":
            what = chance.choice(("ACTIVE", "ACTIVE", "ACTIVE", "EXPIRED", "INACTIVE"))
            told.append(Said(day, what, day - chance.randint(0, 150)))
        elif is_on_record and chance.random() < 0.15:
            told.append(Said(day, "archive", None))
            is_on_record = False
        else:
            told.append(Said(day, "record", None if chance.random() < 0.1 else day - chance.randint(-3, 130)))
            is_on_record = True
        day += chance.choice((1, 20, 60, 130, 420))
    return told


# The independent count


def life_of(story: Story) -> Life:
    """What holds of the provider, day by day."""
    cycle = CYCLES[story.state]
    words: list[Word] = []
    record: int | None = None
    archived: int | None = None
    is_kept, heard = False, Said(-10_000, "", None)
    for day in range(min(0, story.events[0].day), DAYS):
        for said in story.events:
            if said.day == day and said.what == "record":
                is_kept, record, archived = True, said.since, None
            elif said.day == day and said.what == "archive":
                is_kept, record, archived = False, None, day
            elif said.day == day:
                heard = said
        word = word_of_heard(day, heard)
        if not heard.what and is_kept and (record is None or record <= day):
            word = Word(day, Standing.CURRENT, None)
        if archived is not None and archived >= heard.day:
            word = Word(day, Standing.ENDED, None)
        if record is not None and record <= day and knows_more(record, day, heard):
            word = Word(day, Standing.CURRENT, record + cycle)
        words.append(word)
    return Life(AlertKind.ATTESTATION, story.npi, ZONE, [word for word in words if word.day >= 0])


def word_of_heard(day: int, heard: Said) -> Word:
    if heard.since is None or day - heard.day > A_YEAR:
        return Word(day, Standing.UNKNOWN, None)
    if heard.what == "INACTIVE":
        return Word(day, Standing.ENDED, None)
    return Word(day, Standing.CURRENT, heard.since + 120 if heard.what == "ACTIVE" else heard.since - 1)


def knows_more(record: int, day: int, heard: Said) -> bool:
    if heard.since is None or day - heard.day > A_YEAR:
        return True
    return record > heard.since if heard.what == "ACTIVE" else record >= heard.day


# The walk


class World:
    """The tenant whose days these are."""

    def __init__(self, database: Database, told: Sequence[Story]) -> None:
        self.office = Office(database, "walk")
        self.watch = Watch(database, "walk", page=25)
        self.watch.watched[:] = [AttestationDeadlines(database)]
        self._kept: dict[str, str] = {}
        self._coming: Mapping[int, list[tuple[Story, Said]]] = defaultdict(list)
        for story in told:
            for said in story.events:
                self._coming[said.day].append((story, said))

    async def live(self, day: int) -> None:
        on = FIRST + timedelta(days=day)
        self.office.now = datetime.combine(on, CHANGED)
        for story, said in self._coming[day]:
            if said.what in {"record", "archive"}:
                await self._change(story, said)
            else:
                await self._hear(story, said)

    async def _change(self, story: Story, said: Said) -> None:
        office, known = self.office, self._kept.get(story.npi)
        since = None if said.since is None else FIRST + timedelta(days=said.since)
        if said.what == "archive":
            await office.do(office.providers.archive, self._kept.pop(story.npi), office.by)
        elif known is None:
            provider = await office.provider(npi=story.npi, states=(story.state,), caqh_attested_on=since)
            self._kept[story.npi] = provider.id
        else:
            await office.do(office.providers.update, known, ProviderChange(caqh_attested_on=since), office.by)

    async def _hear(self, story: Story, said: Said) -> None:
        assert said.since is not None
        since = FIRST + timedelta(days=said.since)
        due = {"ACTIVE": since + timedelta(days=120), "EXPIRED": since - timedelta(days=1)}.get(said.what)
        answer = national(found(profile(said.what, str(since), str(due) if due else None)))
        at = self.office.now - timedelta(hours=1)
        await hear(self.office.database, self.office.tenant, story.npi, answer, at=at)

    async def stored(self) -> tuple[set[Key], set[Key]]:
        """All alerts, and those that are current."""
        async with self.office.database.reading(self.office.tenant) as unit:
            query = text("SELECT kind, key, due_on, tier, closed_at FROM alerts WHERE tenant = 'walk'")
            rows = (await unit.session.execute(query)).all()
        keys = [(row.kind, row.key, (date.fromisoformat(str(row.due_on)) - FIRST).days, row.tier) for row in rows]
        return set(keys), {key for key, row in zip(keys, rows, strict=True) if row.closed_at is None}


async def test_exactly_what_a_plain_count_predicts_is_raised(database: Database) -> None:
    chance = Random(20260311)
    told = stories(chance)
    looks = [
        Look(datetime.combine(FIRST + timedelta(days=day), LOOKED), long_ladder=False)
        for day in range(DAYS)
        if chance.random() < 0.25
    ]
    world = World(database, told)
    days = {(look.now.date() - FIRST).days: look for look in looks}
    for day in range(min(story.events[0].day for story in told), DAYS):
        await world.live(day)
        if day in days:
            world.watch.now = days[day].now
            await world.watch.scan()

    predicted = counted([life_of(story) for story in told], looks)
    raised, standing = await world.stored()
    assert len(predicted.raised) > 2 * PROVIDERS
    assert raised == predicted.raised
    assert standing == predicted.standing
    assert len({key for _, key, *_ in standing}) == len(standing)
