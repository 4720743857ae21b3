import tracemalloc

from aggregator.cache.memory import ENTRY_OVERHEAD, MemoryCache
from aggregator.knowledge import Knowledge, KnowledgeKey, KnownAnswer
from tests.aggregator.fakes import KEY, START, full_record, record


def key(number: int) -> KnowledgeKey:
    return KnowledgeKey("acme", str(1_000_000_000 + number), "TX")


def known(key: KnowledgeKey) -> Knowledge:
    return Knowledge(
        (
            KnownAnswer("caqh_proview", (full_record(npi=key.npi),), START, identity="c" * 32),
            KnownAnswer("tmhp_pems", (record(npi=key.npi),), START, identity="7" * 32),
        )
    )


def test_the_least_recently_used_entries_make_room() -> None:
    cache = MemoryCache(max_bytes=10 * (ENTRY_OVERHEAD + 250))
    for number in range(100):
        cache.hold(key(number), known(key(number)))
        cache.peek(key(0))

    assert 5 < len(cache) <= 10
    assert cache.peek(key(0)) is not None
    assert cache.peek(key(1)) is None
    assert cache.peek(key(99)) is not None


def test_an_entry_larger_than_the_cache_is_not_kept() -> None:
    cache = MemoryCache(max_bytes=ENTRY_OVERHEAD)

    assert cache.hold(KEY, known(KEY)) == known(KEY)
    assert len(cache) == 0


def test_p8_a_million_entries_of_two_sources_stay_within_a_gigabyte() -> None:
    entries = 20_000
    tracemalloc.start()
    try:
        cache = MemoryCache()
        for number in range(entries):
            cache.hold(key(number), known(key(number)))
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(cache) == entries
    assert used / entries < 1000
    assert used / entries < ENTRY_OVERHEAD + 500
