"""How long a message is worth trying."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gate.outbox.letter import Letter, Patience
from tests.outbox.post_office import NOON

chances = st.floats(0, 1, exclude_max=True)
PATIENCE = Patience()


def letter(**different: object) -> Letter:
    fields: dict[str, object] = {
        "tenant": "acme",
        "id": "1",
        "key": "k",
        "channel": "email",
        "topic": "alert.raised",
        "subject": "",
        "recipient": "",
        "body": {},
        "not_before": NOON,
        "created_at": NOON,
        "attempts": 1,
    }
    return Letter(**{**fields, **different})  # type: ignore[arg-type]  # a builder


@given(st.integers(1, 10_000), chances)
def test_a_pause_is_at_least_half_of_its_longest_and_never_beyond_the_limit(attempts: int, chance: float) -> None:
    longest = PATIENCE.pause(attempts, 0)

    assert longest / 2 <= PATIENCE.pause(attempts, chance) <= longest <= PATIENCE.longest_pause


@given(st.integers(1, 10_000))
def test_pauses_never_get_shorter_with_more_tries(attempts: int) -> None:
    assert PATIENCE.pause(attempts, 0) <= PATIENCE.pause(attempts + 1, 0)


def test_the_first_pauses_double() -> None:
    assert [PATIENCE.pause(tries, 0).total_seconds() for tries in (1, 2, 3, 4)] == [10, 20, 40, 80]


def test_what_failed_together_does_not_come_back_together() -> None:
    assert PATIENCE.pause(1, 0.0) != PATIENCE.pause(1, 0.5)


def test_patience_ends_by_tries_or_by_age() -> None:
    patience = Patience(tries=3, age=timedelta(hours=1))

    assert not patience.is_over(letter(attempts=2), NOON + timedelta(minutes=59))
    assert patience.is_over(letter(attempts=3), NOON)
    assert patience.is_over(letter(attempts=1), NOON + timedelta(hours=1))


def test_the_id_that_receivers_see_follows_tenant_channel_and_key_and_nothing_else() -> None:
    known = letter().stable_id

    assert letter(id="2", attempts=9, subject="other").stable_id == known
    others = {letter(tenant="globex").stable_id, letter(channel="event").stable_id, letter(key="k2").stable_id}
    assert len({known, *others}) == 4
