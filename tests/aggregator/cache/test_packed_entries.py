"""Entries that are asked for again outlast those that are asked for once, within so many bytes."""

import random
from collections.abc import Callable, Iterator
from itertools import accumulate, count
from sys import getsizeof

import pytest
from cachetools import FIFOCache, LRUCache
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from aggregator.cache import packed_entries
from aggregator.cache.packed_entries import PackedEntries

VALUE = b"v" * 100
ONE_ENTRY = 300
"""Bytes that a key of twenty and `VALUE` take: 160 and 52, and some 90 in a table."""


def key(number: int) -> bytes:
    return b"%020d" % number


def room_for(entries: int) -> PackedEntries:
    """For so many, or up to a fifth more or less."""
    return PackedEntries(entries * ONE_ENTRY * 65 // 64 + 300)


class AnyUse(RuleBasedStateMachine):
    """Whatever is done to it."""

    keys = st.integers(0, 40).map(key)

    def __init__(self) -> None:
        super().__init__()
        self.entries = PackedEntries(10 * ONE_ENTRY)
        self.last: dict[bytes, bytes] = {}

    @rule(key=keys, value=st.binary(min_size=1, max_size=2 * ONE_ENTRY))
    def put(self, key: bytes, value: bytes) -> None:
        self.entries.put(key, value)
        self.last[key] = value

    @rule(key=keys)
    def put_too_much(self, key: bytes) -> None:
        held = len(self.entries)
        self.entries.put(key, bytes(11 * ONE_ENTRY))
        self.last.pop(key, None)
        assert len(self.entries) == held

    @rule(key=keys)
    def discard(self, key: bytes) -> None:
        self.entries.discard(key)
        self.last.pop(key, None)
        assert self.entries.use(key) is None

    @rule(key=keys)
    def use(self, key: bytes) -> None:
        looked = self.entries.look(key)
        assert self.entries.use(key) == looked == self.entries.look(key)

    @invariant()
    def a_key_has_the_value_that_was_put_last_or_none(self) -> None:
        for number in range(41):
            value = self.entries.look(key(number))
            assert value is None or value == self.last[key(number)]

    @invariant()
    def it_stays_within_its_bound(self) -> None:
        assert self.entries.size <= self.entries.max_bytes

    @invariant()
    def every_entry_is_counted_once(self) -> None:
        held = [entry for table in self.entries._tables for entry in table.values()]
        assert len(self.entries) == len(held)
        sizes = [(getsizeof(entry) + 15) // 16 * 16 + 52 for entry in held]
        assert self.entries.size == sum(map(getsizeof, [self.entries._traces, *self.entries._tables])) + sum(sizes)


TestAnyUse = AnyUse.TestCase
TestAnyUse.settings = settings(max_examples=40, stateful_step_count=50, deadline=None)


@pytest.fixture
def few_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_entries, "_hash", lambda key: hash(key) % 3)


@pytest.mark.usefixtures("few_hashes")
def test_two_keys_of_one_hash_are_not_taken_for_each_other() -> None:
    entries = room_for(10)
    for number in range(20):
        entries.put(key(number), b"%d" % number)

        assert entries.use(key(number)) == b"%d" % number
        assert all(entries.look(key(other)) in {None, b"%d" % other} for other in range(20))
        entries.discard(key(number + 1))
        assert entries.look(key(number)) == b"%d" % number
    assert len(entries) <= 3


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_where_there_is_room_for_all_none_is_lost(numbers: list[int]) -> None:
    entries = room_for(31)
    for number in numbers:
        entries.put(key(number), b"%d" % number)

    assert all(entries.use(key(number)) == b"%d" % number for number in numbers)
    assert entries.evictions == 0


def test_those_that_are_asked_for_once_do_not_drive_out_those_that_are_asked_for_again() -> None:
    entries = room_for(1000)
    hot = range(500)
    for number in hot:
        entries.put(key(number), VALUE)
    for number in hot:
        entries.use(key(number))

    for number in range(1_000, 301_000):
        entries.put(key(number), VALUE)

    assert all(entries.look(key(number)) for number in hot)
    assert entries.evictions >= 300_000 - 1_000
    assert 800 < len(entries) < 1100


def test_one_that_comes_back_after_its_trial_is_not_put_on_trial_again() -> None:
    entries = room_for(100)
    for number in range(150):
        entries.put(key(number), VALUE)
    left_last = max(number for number in range(150) if entries.look(key(number)) is None)

    entries.put(key(left_last), VALUE)
    for number in range(200, 400):
        entries.put(key(number), VALUE)

    assert entries.look(key(left_last)) is not None
    assert entries.look(key(200)) is None


def test_room_is_made_in_few_steps_although_every_entry_was_used() -> None:
    entries = room_for(5_000)
    for number in range(10_000):
        entries.put(key(number), VALUE)
        entries.use(key(number))
        if entries.evictions:
            break

    still_used = [entry for table in entries._tables for entry in table.values() if entry.startswith(b"\1")]
    assert entries.size <= entries.max_bytes
    assert len(still_used) > 2_000


def test_what_is_only_looked_at_does_not_stay_for_it() -> None:
    looked_at, used = room_for(10), room_for(10)
    for number in range(30):
        for entries in (looked_at, used):
            entries.put(key(number), VALUE)
        looked_at.look(key(0))
        used.use(key(0))

    assert looked_at.look(key(0)) is None
    assert used.look(key(0)) is not None


def claims(providers: int = 5_000, questions: int = 30_000) -> Iterator[tuple[int, bool]]:
    """All day the same providers, some more often than others; beside each, one of a file that nobody asks for again.

    The second part says whether it is one of those.
    """
    chance = random.Random(20260310)
    weights = list(accumulate(1 / rank**0.9 for rank in range(1, providers + 1)))
    cold = count(providers)
    for number in chance.choices(range(providers), cum_weights=weights, k=questions):
        yield number, False
        yield next(cold), True


def hit_ratio(ask: Callable[[bytes], bytes | None], put: Callable[[bytes, bytes], None]) -> float:
    """Of the questions about providers that are asked for again."""
    hits = questions = 0
    for number, cold in claims():
        known = ask(key(number))
        if known is None:
            put(key(number), VALUE)
        hits += known is not None
        questions += not cold
    return hits / questions


@pytest.mark.parametrize("size", [200, 1000])
def test_beside_a_scan_it_knows_a_fifth_more_than_the_least_recently_used_would_have_it(size: int) -> None:
    entries = room_for(size)
    first_in, least_recent = FIFOCache[bytes, bytes](size), LRUCache[bytes, bytes](size)

    ours = hit_ratio(entries.use, entries.put)

    assert ours > 1.2 * hit_ratio(least_recent.get, least_recent.__setitem__)
    assert ours > 1.3 * hit_ratio(first_in.get, first_in.__setitem__)
