"""What is restored is what was shrunk; what entries have in common is kept once."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.cache.codec import encode
from aggregator.cache.shrinking import Shrinker
from tests.bench.provider_knowledge import known_providers

ENTRIES = [encode(key, known) for key, known in known_providers(1000)]


@pytest.fixture(scope="module")
def practised() -> Shrinker:
    shrinker = Shrinker(sampled=256)
    for entry in ENTRIES[:256]:
        shrinker.shrink(entry)
    return shrinker


def test_entries_that_are_like_those_before_take_less_than_two_fifths(practised: Shrinker) -> None:
    new = ENTRIES[256:]

    assert sum(len(practised.shrink(entry)) for entry in new) < 0.4 * sum(map(len, new))


def test_entries_from_before_there_was_a_dictionary_can_still_be_restored() -> None:
    shrinker = Shrinker(sampled=64)

    shrunk = [shrinker.shrink(entry) for entry in ENTRIES]

    assert [shrinker.restore(one) for one in shrunk] == ENTRIES
    assert shrunk[:64] == ENTRIES[:64]
    assert all(map(len, shrunk))


@given(content=st.recursive(st.none() | st.integers(0, 2**40) | st.text() | st.binary(), st.lists, max_leaves=20))
def test_whatever_it_is_comes_back_as_it_was(practised: Shrinker, content: object) -> None:
    packed = msgspec.msgpack.encode([content])

    assert practised.restore(practised.shrink(packed)) == packed
    assert Shrinker().restore(Shrinker().shrink(packed)) == packed


@given(value=st.sampled_from(ENTRIES), place=st.integers(0, 999), other=st.integers(0, 255))
def test_another_dictionary_does_not_change_what_comes_back(value: bytes, place: int, other: int) -> None:
    """What other tenants' entries the dictionary was made from can be told by nobody from what is restored."""
    from_some = Shrinker(sampled=64)
    for entry in (ENTRIES[place:] + ENTRIES[:place])[:64]:
        from_some.shrink(bytes([*entry[:-1], other]))

    assert from_some.restore(from_some.shrink(value)) == value
