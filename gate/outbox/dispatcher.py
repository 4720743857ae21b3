"""Sends what waits: at least once, each recipient in a lane of its own, until nothing is due any more."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

import msgspec
import structlog
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

from gate.clock import Clock
from gate.errors import StoreUnavailable
from gate.outbox import repository
from gate.outbox.channel import Channel, Undelivered
from gate.outbox.letter import Letter, Patience
from gate.outbox.message import OutgoingMessage
from gate.persistence.unit_of_work import Database, UnitOfWork

_TRY_SECONDS: Final = 30.0
"""For one try, whatever the channel's own patience is."""
_TAKEN_FOR: Final = timedelta(minutes=2)
"""What a process took on and did not settle by then, another takes on: it was killed, or hangs."""
_LONGEST_REST: Final = timedelta(minutes=1)
"""For a recipient that just failed; its other letters then have their turn before the one that failed."""
_LANES: Final = 8
"""Recipients served at a time on one channel: a channel whose every recipient hangs holds up no other channel."""
_IN_HAND: Final = 64
"""Recipients on one channel whose letters are taken on: served, or waiting for a lane. One by one would cost more
transactions than it delivers letters."""
_UNEXPECTED: Final = "it failed in a way nobody expected ({}); the service's log tells more"
_log = structlog.stdlib.get_logger(__name__)

Told = Callable[[str, str], None]
"""Hears of each try: the channel, and ``delivered``, ``postponed`` or ``dead``."""
_Lane = tuple[str, str, str]
"""Tenant, channel, recipient."""


class Tally(msgspec.Struct):
    """What became of the tries of one run."""

    delivered: int = 0
    postponed: int = 0
    dead: int = 0


class Dispatcher:
    """Sends for all tenants, each in transactions of its own."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        clock: Clock,
        told: Told,
        patience: Patience = Patience(),  # noqa: B008 - immutable
    ) -> None:
        self._database = database
        self._channels = channels
        self._clock = clock
        self._told = told
        self._patience = patience
        self._turn = asyncio.Lock()
        self._slots = {name: asyncio.Semaphore(_LANES) for name in channels}
        self._lanes: dict[_Lane, asyncio.Task[None]] = {}
        self._resting: dict[_Lane, datetime] = {}
        """Recipients that just failed, and until when they are left in peace."""
        self._is_finishing = False
        self._tally = Tally()

    def finish(self) -> None:
        """Take on nothing more: `drain` returns when what is under way has ended."""
        self._is_finishing = True

    async def drain(self) -> Tally:
        """Send what is due until nothing is. One call at a time.

        Raises:
            StoreUnavailable: the database cannot be reached; what is under way is finished first.
        """
        self._tally = Tally()
        try:
            while True:
                if not self._is_finishing:
                    await self._take_on()
                if not self._lanes:
                    return self._tally
                await self._one_lane_ended()
        except StoreUnavailable:
            await asyncio.gather(*self._lanes.values(), return_exceptions=True)
            raise
        finally:
            lanes, self._lanes = self._lanes, {}
            for task in lanes.values():
                task.cancel()
            await asyncio.gather(*lanes.values(), return_exceptions=True)

    async def _one_lane_ended(self) -> None:
        done, _ = await asyncio.wait(self._lanes.values(), return_when=asyncio.FIRST_COMPLETED)
        self._lanes = {lane: task for lane, task in self._lanes.items() if task not in done}
        for task in done:
            task.result()

    async def _take_on(self) -> None:
        now = self._clock()
        if not (open_channels := [name for name in self._channels if self._room(name) >= _IN_HAND // 2]):
            return
        tenants = await repository.tenants_with_due(self._database, now, open_channels)
        random.shuffle(tenants)  # whoever has much to tell is not always the first, and has no more than a share
        for left, tenant in zip(range(len(tenants), 0, -1), tenants, strict=True):
            for channel in open_channels:
                if (share := -(-self._room(channel) // left)) > 0:
                    await self._open_lanes(tenant, channel, now, share)

    def _room(self, channel: str) -> int:
        return _IN_HAND - sum(busy == channel for _, busy, _ in self._lanes)

    async def _open_lanes(self, tenant: str, channel: str, now: datetime, limit: int) -> None:
        until = now + _TAKEN_FOR
        self._resting = {lane: rested_at for lane, rested_at in self._resting.items() if rested_at > now}
        busy = {lane[-1] for lane in (*self._lanes, *self._resting) if lane[:-1] == (tenant, channel)}
        async with self._writing(tenant) as unit:
            letters = await repository.take_on(unit, channel, now=now, until=until, but_not_to=busy, limit=limit)
        for recipient, own in groupby(sorted(letters, key=_recipient), _recipient):
            lane = self._deliver_all(tenant, channel, list(own), until)
            self._lanes[tenant, channel, recipient] = asyncio.create_task(lane, name=f"deliver-{channel}")

    async def _deliver_all(self, tenant: str, channel: str, letters: Sequence[Letter], until: datetime) -> None:
        """One recipient's letters, one after the other. After a failure the rest is left for later."""
        async with self._slots[channel]:
            for place, letter in enumerate(letters):
                is_time_over = self._clock() + timedelta(seconds=_TRY_SECONDS) >= until
                if is_time_over or self._is_finishing:
                    await self._give_back(tenant, letters[place:], self._clock())
                    return
                rest = await self._deliver(channel, letter)
                if rest is not None:
                    rested_at = self._clock() + rest
                    self._resting[tenant, channel, letter.recipient] = rested_at
                    await self._give_back(tenant, letters[place + 1 :], rested_at)
                    return

    async def _deliver(self, channel: str, letter: Letter) -> timedelta | None:
        """Try one letter; how long its recipient shall be left in peace, if it failed."""
        try:
            async with asyncio.timeout(_TRY_SECONDS):
                became = await self._channels[channel].deliver(letter)
        except Undelivered as error:
            return await self._failed(letter, error)
        except TimeoutError:
            return await self._failed(letter, Undelivered(f"no answer within {_TRY_SECONDS:.0f} seconds"))
        except Exception as error:  # noqa: BLE001 - a mistake of ours with one letter is not to hold up the others
            _log.exception("letter_not_delivered", channel=channel, letter=letter.id)
            return await self._failed(letter, Undelivered(_UNEXPECTED.format(type(error).__name__)))
        await self._arrived(letter, became)
        return None

    async def _failed(self, letter: Letter, error: Undelivered) -> timedelta | None:
        now = self._clock()
        if error.is_final or self._patience.is_over(letter, now):
            await self._bury(letter, now, error.reason)
            self._tally.dead += 1
            self._told(letter.channel, "dead")
            _log.warning("letter_given_up", channel=letter.channel, letter=letter.id, reason=error.reason)
            return None if error.is_final else _LONGEST_REST
        pause = self._patience.pause(letter.attempts, random.random())  # noqa: S311 - it spreads load, and is no secret
        await self._postpone(letter, now + pause, error.reason)
        self._tally.postponed += 1
        self._told(letter.channel, "postponed")
        return min(pause, _LONGEST_REST)

    # What is known of a letter is written down even if the database is away for a moment: it would be sent again.
    _persistently = retry(
        retry=retry_if_exception_type(StoreUnavailable),
        stop=stop_after_attempt(6),
        wait=wait_exponential(multiplier=0.25, max=8),
        reraise=True,
    )

    @_persistently
    async def _arrived(self, letter: Letter, became: Sequence[OutgoingMessage]) -> None:
        async with self._writing(letter.tenant) as unit:
            await repository.add(unit, became, self._clock())
            await repository.mark_delivered(unit, letter, self._clock())
        self._tally.delivered += 1
        self._told(letter.channel, "delivered")

    @_persistently
    async def _postpone(self, letter: Letter, until: datetime, reason: str) -> None:
        async with self._writing(letter.tenant) as unit:
            await repository.postpone(unit, letter, until, reason)

    @_persistently
    async def _bury(self, letter: Letter, now: datetime, reason: str) -> None:
        async with self._writing(letter.tenant) as unit:
            await repository.bury(unit, letter, now, reason)

    @_persistently
    async def _give_back(self, tenant: str, letters: Sequence[Letter], until: datetime) -> None:
        if not letters:
            return
        async with self._writing(tenant) as unit:
            await repository.give_back(unit, letters, until)

    @asynccontextmanager
    async def _writing(self, tenant: str) -> AsyncIterator[UnitOfWork]:
        """One at a time: a few milliseconds each, for which lanes would wait for each other in the database anyway."""
        async with self._turn, self._database.writing(tenant) as unit:
            yield unit


def _recipient(letter: Letter) -> str:
    return letter.recipient
