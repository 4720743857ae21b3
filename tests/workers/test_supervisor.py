"""The supervisor and its workers, which are processes with a behaviour (`child`)."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from gate.errors import PreconditionFailed
from gate.workers.supervisor import Supervisor
from gate.workers.words import Condition, Order
from tests.support.waiting import until

CHILD = "tests.workers.child"
SIZE = 3
SECONDS = 20.0


class Site:
    """Workers of one behaviour, and what can be seen of them."""

    def __init__(self, folder: Path, behaviour: str) -> None:
        orders = [Order(slot, SIZE, str(folder), behaviour.encode()) for slot in range(1, SIZE + 1)]
        self.folder = folder
        self.ended: list[int] = []
        self.supervisor = Supervisor(CHILD, orders, self.ended.append)
        self.stopped = asyncio.Event()

    async def run(self, finish_seconds: float = SECONDS) -> None:
        await self.supervisor.run(self._until_stopped(), finish_seconds)

    async def _until_stopped(self) -> None:
        await self.stopped.wait()

    def heard(self, slot: int) -> Condition:
        """What a worker was told last."""
        try:
            return msgspec.json.decode((self.folder / f"heard-{slot}").read_bytes(), type=Condition)
        except (FileNotFoundError, msgspec.DecodeError):  # not yet, or not all of it
            return Condition()

    def starts(self, slot: int) -> int:
        return len(list(self.folder.glob(f"{slot}.*")))

    def all_know(self, restarts: int) -> bool:
        heard = [self.heard(slot) for slot in range(1, SIZE + 1)]
        return all(
            told.were_all_there and len(told.serving) == SIZE and told.restarts == restarts for told in heard
        ) and all(told == heard[0] for told in heard)


async def test_all_workers_are_told_of_each_other_and_finish_together(tmp_path: Path) -> None:
    site = Site(tmp_path, "serves")
    running = asyncio.create_task(site.run())
    await until(lambda: site.all_know(restarts=0), SECONDS)
    assert len(set(site.heard(1).serving.values())) == SIZE
    site.stopped.set()
    await running
    assert sorted(site.ended) == [1, 2, 3]
    assert site.heard(1).is_ending


async def test_another_worker_takes_the_place_of_one_that_died_and_all_count_it(tmp_path: Path) -> None:
    site = Site(tmp_path, "dies once")
    running = asyncio.create_task(site.run())
    await until(lambda: site.all_know(restarts=1), SECONDS)
    assert site.ended == [1]
    assert site.starts(1) == 2
    site.stopped.set()
    await running


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("refuses", "there is no room"),
        ("dies before it serves", "a worker ended with -9 before all served"),
    ],
)
async def test_what_cannot_start_is_not_started_again_and_nothing_is_left(
    behaviour: str, reason: str, tmp_path: Path
) -> None:
    site = Site(tmp_path, behaviour)
    with pytest.raises(PreconditionFailed, match=reason):
        await site.run()
    assert sorted(site.ended) == [1, 2, 3]
    assert all(site.starts(slot) <= 1 for slot in range(1, SIZE + 1))


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [("does not finish", "did not finish in time and was killed"), ("fails at the end", "ended with 3")],
)
async def test_a_worker_that_does_not_end_as_it_should_is_told(behaviour: str, reason: str, tmp_path: Path) -> None:
    site = Site(tmp_path, behaviour)
    running = asyncio.create_task(site.run(finish_seconds=0.5 if behaviour == "does not finish" else SECONDS))
    await until(lambda: site.all_know(restarts=0), SECONDS)
    site.stopped.set()
    with pytest.raises(PreconditionFailed, match=reason):
        await running
    assert sorted(site.ended) == [1, 2, 3]


async def test_who_stops_while_workers_start_waits_for_none_of_them(tmp_path: Path) -> None:
    site = Site(tmp_path, "serves")
    site.stopped.set()
    await site.run()
    assert sorted(site.ended) == [1, 2, 3]
