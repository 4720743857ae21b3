from datetime import UTC, datetime, timedelta

import pytest

from gate.auth.permissions import Role
from gate.auth.principal import Principal
from gate.auth.tokens import RememberingVerifier
from gate.errors import Unauthenticated
from tests.auth.builders import principal

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Counting:
    """Stands for whoever the token names, until the principal expires; counts how often it is asked."""

    def __init__(self, expires_at: datetime) -> None:
        self.asked: list[str] = []
        self.expires_at = expires_at

    async def verify(self, token: str) -> Principal:
        self.asked.append(token)
        if token == "bad":
            raise Unauthenticated("no")
        return principal(Role.PIPELINE, tenant=token, expires_at=self.expires_at)


class Time:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


async def test_a_token_is_verified_once() -> None:
    counting = Counting(START + timedelta(hours=1))
    remembering = RememberingVerifier(counting, Time())

    principals = [await remembering.verify(token) for token in ("acme", "globex", "acme", "globex")]

    assert [one.tenant for one in principals] == ["acme", "globex", "acme", "globex"]
    assert counting.asked == ["acme", "globex"]


@pytest.mark.parametrize(
    ("lifetime", "remembered"),
    [(timedelta(seconds=30), timedelta(seconds=30)), (timedelta(hours=1), timedelta(minutes=1))],
    ids=["until-it-expires", "a-minute-at-most"],
)
async def test_a_token_is_remembered(lifetime: timedelta, remembered: timedelta) -> None:
    counting, time = Counting(START + lifetime), Time()
    remembering = RememberingVerifier(counting, time)
    await remembering.verify("acme")

    time.now = START + remembered - timedelta(milliseconds=1)
    await remembering.verify("acme")
    assert len(counting.asked) == 1

    time.now = START + remembered
    await remembering.verify("acme")
    assert len(counting.asked) == 2


async def test_a_refusal_is_not_remembered() -> None:
    counting = Counting(START)
    remembering = RememberingVerifier(counting, Time())

    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await remembering.verify("bad")

    assert len(counting.asked) == 2


async def test_neither_tokens_nor_ever_more_of_them_are_kept() -> None:
    remembering = RememberingVerifier(Counting(START + timedelta(hours=1)), Time())

    for number in range(10_050):
        await remembering.verify(f"tenant-{number}")

    assert len(remembering._known) == 10_000
    assert all(len(digest) == 32 for digest in remembering._known)


async def test_who_was_verified_lately_is_recognized_by_the_header_and_by_nothing_like_it() -> None:
    counting, time = Counting(START + timedelta(seconds=30)), Time()
    remembering = RememberingVerifier(counting, time)
    assert remembering.recognized("Bearer acme") is None

    verified = await remembering.verify("acme")

    assert remembering.recognized("Bearer acme") is verified
    for other in ("Bearer acm", "Bearer acme ", "Bearer  acme", "bearer acme", "acme", "Basic acme", "Bearer acmé", ""):
        assert remembering.recognized(other) is None
    time.now = START + timedelta(seconds=30)
    assert remembering.recognized("Bearer acme") is None
    assert counting.asked == ["acme"]


async def test_of_too_many_tokens_those_verified_first_are_forgotten() -> None:
    remembering = RememberingVerifier(Counting(START + timedelta(hours=1)), Time())
    for number in range(10_001):
        await remembering.verify(f"tenant-{number}")

    assert remembering.recognized("Bearer tenant-0") is None
    assert remembering.recognized("Bearer tenant-1") is not None
