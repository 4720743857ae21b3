from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.accounts.model import Client
from gate.accounts.throttle import (
    ADDRESS,
    PERSON,
    PERSON_AT_ADDRESS,
    Limit,
    TooManyTries,
    Tries,
    place_of,
)
from gate.errors import Unauthenticated
from tests.accounts.people import ELSEWHERE, HOME, PASSWORD, Desk

LIMITS = st.sampled_from([PERSON_AT_ADDRESS, PERSON, ADDRESS])


@given(LIMITS, st.integers(0, 10_000))
def test_the_wait_grows_with_every_failure_and_never_beyond_its_bound(limit: Limit, failures: int) -> None:
    now, next_time = limit.pause_after(failures), limit.pause_after(failures + 1)

    assert timedelta(0) <= now <= next_time <= limit.longest
    assert (now == timedelta(0)) == (failures < limit.free)


async def refused(desk: Desk, login: str = "ann", client: Client = HOME) -> timedelta:
    """How long a wrong password makes wait; zero: it was judged."""
    try:
        await desk.enter(login, client, "a wrong password")
    except TooManyTries as too_many:
        return timedelta(seconds=too_many.seconds)
    except Unauthenticated:
        return timedelta(0)
    raise AssertionError("a wrong password was accepted")


async def test_after_some_wrong_passwords_one_has_to_wait_longer_each_time(desk: Desk) -> None:
    await desk.hire("ann", "clinic")
    for _ in range(PERSON_AT_ADDRESS.free):
        assert await refused(desk) == timedelta(0)

    waits = []
    for _ in range(4):
        waits.append(await refused(desk))
        desk.now += waits[-1]
        assert await refused(desk) == timedelta(0)

    assert waits == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 8)]


async def test_the_right_password_is_not_judged_either_while_one_has_to_wait(desk: Desk) -> None:
    await desk.hire("ann", "clinic")
    for _ in range(PERSON_AT_ADDRESS.free):
        await refused(desk)

    with pytest.raises(TooManyTries):
        await desk.enter("ann")
    desk.later(seconds=1)
    assert await desk.enter("ann")


async def test_nobody_is_locked_out_for_good(desk: Desk) -> None:
    await desk.hire("ann", "clinic")
    for _ in range(40):
        desk.now += await refused(desk)

    assert await refused(desk) <= PERSON_AT_ADDRESS.longest
    desk.now += PERSON_AT_ADDRESS.longest
    assert await desk.enter("ann")
    assert await refused(desk) == timedelta(0), "the count begins anew after signing in"


async def test_somebody_else_s_guessing_holds_the_owner_up_for_half_a_minute_at_most(desk: Desk) -> None:
    await desk.hire("ann", "clinic")
    for number in range(PERSON.free + 20):
        desk.now += await refused(desk, client=Client(address=f"203.0.113.{number}"))

    with pytest.raises(TooManyTries) as held_up:
        await desk.enter("ann")
    assert held_up.value.seconds <= PERSON.longest.total_seconds()
    desk.later(seconds=held_up.value.seconds)
    assert await desk.enter("ann")


async def test_one_address_cannot_try_every_login_there_is(desk: Desk) -> None:
    for number in range(ADDRESS.free):
        assert await refused(desk, f"person-{number}") == timedelta(0)

    assert await refused(desk, "person-next") > timedelta(0)
    assert await refused(desk, "person-next", ELSEWHERE) == timedelta(0)


async def test_a_replica_counts_what_another_counted(desk: Desk) -> None:
    await desk.hire("ann", "clinic")
    other = Desk(desk.database)
    for number in range(PERSON_AT_ADDRESS.free):
        assert await refused(desk if number % 2 else other) == timedelta(0)

    assert await refused(other) > timedelta(0)
    assert await refused(desk) > timedelta(0)
    other.passwords.close()


async def test_failures_are_forgotten_after_a_quiet_hour(desk: Desk) -> None:
    await desk.hire("ann", "clinic")
    for _ in range(PERSON_AT_ADDRESS.free - 1):
        await refused(desk)
    desk.later(hours=1, seconds=1)

    for _ in range(PERSON_AT_ADDRESS.free):
        assert await refused(desk) == timedelta(0)


def test_what_was_typed_is_not_in_the_keys() -> None:
    assert not [key for key in Tries(PASSWORD, "192.0.2.7").limits() if PASSWORD in key or key[:3] == "192"]


@pytest.mark.parametrize(
    ("one", "another", "is_the_same"),
    [
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
        ("fe80::1%eth0", "fe80::1", True),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("unix:", "unix:", True),
    ],
)
def test_whoever_has_a_whole_network_has_one_address_all_the_same(one: str, another: str, is_the_same: bool) -> None:
    assert (place_of(one) == place_of(another)) is is_the_same
