"""The keys as one process knows them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from gate.auth.api_keys import ApiKey, KeyGrant, KeyOrder, NewKey, make_key
from gate.auth.key_ring import KeyRing
from gate.auth.key_use import KeyUse
from gate.auth.permissions import Role
from gate.auth.tokens import BearerVerifier, RememberingVerifier
from gate.errors import StoreUnavailable, Unauthenticated
from gate.persistence.following import Pace
from tests.auth.builders import principal
from tests.auth.test_remembering import Counting
from tests.support.waiting import until

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MAX_STALE = 900.0
SLOW = Pace(poll=60.0, read=0.2)
QUICK = Pace(poll=0.05, read=0.2)


class Drawer:
    """Keys in a list; can be out of reach."""

    def __init__(self, *keys: ApiKey) -> None:
        self.keys = list(keys)
        self.is_away = False
        self.changes = 0
        self.pieces = 0
        self.most_pieces = 1_000_000
        self.noted: list[tuple[str, Mapping[str, datetime]]] = []

    async def fingerprint(self) -> object:
        if self.is_away:
            raise StoreUnavailable("away")
        return self.changes

    async def good_ids(self) -> frozenset[str]:
        return frozenset(key.key_id for key in self.keys)

    async def grants(self, key_ids: Sequence[str]) -> Sequence[KeyGrant]:
        self.pieces += 1
        if self.pieces > self.most_pieces:
            raise StoreUnavailable("slow")
        return [key for key in self.keys if key.key_id in key_ids]

    async def note_use(self, tenant: str, used: Mapping[str, datetime]) -> None:
        if self.is_away:
            raise StoreUnavailable("away")
        self.noted.append((tenant, used))

    def put(self, *keys: ApiKey) -> None:
        self.keys = list(keys)
        self.changes += 1


class Time:
    """The clock on the wall and the one that only runs forward, both moved by hand."""

    def __init__(self) -> None:
        self.passed = 0.0

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed


def new_key(tenant: str = "acme", days: float = 30) -> NewKey:
    order = KeyOrder(account="nightly", roles=("pipeline",), expires_at=START + timedelta(days=days))
    return make_key(order, principal(Role.ORG_ADMIN, tenant=tenant), START)


@asynccontextmanager
async def ring_of(
    drawer: Drawer, time: Time, pace: Pace = SLOW, max_stale: float = MAX_STALE
) -> AsyncIterator[KeyRing]:
    ring = KeyRing(drawer, KeyUse(drawer), time.wall, max_stale_seconds=max_stale, monotonic=time.monotonic, pace=pace)
    await ring.start()
    try:
        yield ring
    finally:
        await ring.aclose()


async def test_a_good_key_opens_and_its_neighbours_do_not() -> None:
    new, other = new_key(), new_key("globex")
    async with ring_of(Drawer(new.key, other.key), Time()) as ring:
        assert (await ring.verify(new.written)).tenant == "acme"
        assert (await ring.verify(other.written)).tenant == "globex"
        secret = new.written.rpartition("_")[2]
        for wrong in (
            f"gate_{other.key.key_id}_{secret}",
            f"gate_{'0' * 32}_{secret}",
            new.written[:-1] + ("0" if new.written[-1] != "0" else "1"),
            new.written[:-1],
            new.written + "0",
            "gate_",
        ):
            with pytest.raises(Unauthenticated) as refusal:
                await ring.verify(wrong)
            assert secret not in str(refusal.value)


async def test_a_key_that_has_expired_opens_nothing() -> None:
    new, time = new_key(days=1), Time()
    async with ring_of(Drawer(new.key), time, max_stale=100_000.0) as ring:
        time.passed = 86_399.0
        await ring.verify(new.written)
        time.passed = 86_400.0
        with pytest.raises(Unauthenticated, match="expired"):
            await ring.verify(new.written)


async def test_a_revoked_key_opens_nothing_once_this_process_was_told() -> None:
    new, drawer = new_key(), Drawer()
    async with ring_of(drawer, Time()) as ring:
        with pytest.raises(Unauthenticated):
            await ring.verify(new.written)
        drawer.put(new.key)
        await ring.changed("acme")
        await ring.verify(new.written)
        drawer.put()
        await ring.changed("acme")
        with pytest.raises(Unauthenticated):
            await ring.verify(new.written)


async def test_a_revocation_that_nobody_announces_is_found_by_the_poll() -> None:
    new = new_key()
    drawer = Drawer(new.key)
    async with ring_of(drawer, Time(), QUICK) as ring:
        drawer.put()
        await until(lambda: not ring._held, 5)


async def test_what_tokens_are_remembered_for_does_not_stretch_a_revocation() -> None:
    new = new_key()
    drawer, time = Drawer(new.key), Time()
    tokens = RememberingVerifier(Counting(START + timedelta(hours=1)), time.wall)
    async with ring_of(drawer, time) as ring:
        door = BearerVerifier(ring, tokens)
        assert (await door.verify(new.written)).subject == "service-account/nightly"
        assert (await door.verify("acme")).subject == "ada"
        drawer.put()
        await ring.changed("acme")
        with pytest.raises(Unauthenticated):
            await door.verify(new.written)


async def test_while_the_store_is_away_known_keys_work_for_a_while_and_unknown_ones_are_not_called_bad() -> None:
    known, unknown, drawer, time = new_key(), new_key(), Drawer(), Time()
    drawer.put(known.key)
    async with ring_of(drawer, time) as ring:
        drawer.is_away = True
        time.passed = MAX_STALE
        await ring.verify(known.written)
        with pytest.raises(StoreUnavailable):
            await ring.verify(unknown.written)

        time.passed = MAX_STALE + 0.1
        with pytest.raises(StoreUnavailable):
            await ring.verify(known.written)

        drawer.is_away = False
        await ring.changed("acme")
        await ring.verify(known.written)
        with pytest.raises(Unauthenticated):
            await ring.verify(unknown.written)


async def test_before_the_first_read_nobody_is_called_a_stranger() -> None:
    new, drawer = new_key(), Drawer()
    drawer.is_away = True
    async with ring_of(drawer, Time()) as ring:
        assert ring.age_seconds == float("inf")
        with pytest.raises(StoreUnavailable):
            await ring.verify(new.written)


async def test_after_an_outage_everything_is_read_again_even_if_the_counts_are_the_same() -> None:
    before, after, time = new_key(), new_key(), Time()
    drawer = Drawer(before.key)
    async with ring_of(drawer, time) as ring:
        time.passed = 60.0
        drawer.keys = [after.key]  # restored from a backup, and one key made since
        await ring.changed("acme")
        await ring.verify(after.written)
        with pytest.raises(Unauthenticated):
            await ring.verify(before.written)


async def test_more_keys_than_one_read_takes_are_read_piece_by_piece_and_never_twice() -> None:
    one = new_key()
    many = [msgspec.structs.replace(one.key, key_id=f"{number:032x}") for number in range(1000)]
    drawer = Drawer(*many, one.key)
    drawer.most_pieces = 3
    async with ring_of(drawer, Time()) as ring:
        assert ring.age_seconds == float("inf"), "not all of it was read"
        with pytest.raises(StoreUnavailable):
            await ring.verify(one.written)
        drawer.most_pieces = 1_000_000
        await ring.changed("acme")
        await ring.verify(one.written)
        read = drawer.pieces
        drawer.put(*many[1:], one.key, (another := new_key()).key)
        await ring.changed("acme")

        await ring.verify(another.written)
        assert drawer.pieces == read + 1
        assert len(ring._held) == 1001


async def test_use_leaves_a_mark_in_memory_that_is_written_down_at_the_end() -> None:
    new, time = new_key(), Time()
    drawer = Drawer(new.key)
    use = KeyUse(drawer)
    ring = KeyRing(drawer, use, time.wall, max_stale_seconds=MAX_STALE, monotonic=time.monotonic, pace=SLOW)
    await ring.start()
    use.start()
    for _ in range(3):
        time.passed += 1
        await ring.verify(new.written)
    assert drawer.noted == []

    await ring.aclose()
    await use.aclose()

    assert drawer.noted == [("acme", {new.key.key_id: START + timedelta(seconds=3)})]


async def test_use_is_written_down_now_and_then_and_an_outage_costs_only_marks() -> None:
    drawer = Drawer()
    use = KeyUse(drawer, every_seconds=0.02)
    use.start()
    drawer.is_away = True
    use.note("acme", "1", START)
    await until(lambda: not use._used, 5)
    drawer.is_away = False
    use.note("acme", "2", START)
    await until(lambda: bool(drawer.noted), 5)
    await use.aclose()

    assert drawer.noted == [("acme", {"2": START})]
