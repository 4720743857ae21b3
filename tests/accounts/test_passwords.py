import asyncio
import time

from argon2 import PasswordHasher, extract_parameters

from gate.accounts.password_rules import LONGEST_PASSWORD
from gate.accounts.passwords import Passwords, usual_hasher
from tests.accounts.people import ANOTHER, PASSWORD


def cheap(time_cost: int = 1) -> Passwords:
    return Passwords(PasswordHasher(time_cost=time_cost, memory_cost=8, parallelism=1))


async def test_a_password_fits_its_own_hash_and_no_other_does() -> None:
    passwords = cheap()
    kept = await passwords.hashed(PASSWORD)

    assert await passwords.fits(PASSWORD, kept)
    assert not await passwords.fits(ANOTHER, kept)
    assert not await passwords.fits("", kept)
    assert PASSWORD not in kept


async def test_accents_typed_on_another_keyboard_fit_too() -> None:
    passwords = cheap()

    assert await passwords.fits("caf\u00e9 au lait noir", await passwords.hashed("cafe\u0301 au lait noir"))


async def test_without_a_hash_nothing_fits() -> None:
    passwords = cheap()

    assert not await passwords.fits(PASSWORD, None)
    assert not await passwords.fits("", None)
    assert not await passwords.fits(PASSWORD, "no hash at all")


async def test_the_same_password_is_kept_differently_each_time() -> None:
    passwords = cheap()

    assert await passwords.hashed(PASSWORD) != await passwords.hashed(PASSWORD)


async def test_a_hash_made_with_other_parameters_is_outdated_and_still_fits() -> None:
    old = await cheap().hashed(PASSWORD)
    today = cheap(time_cost=2)

    assert today.is_outdated(old)
    assert await today.fits(PASSWORD, old)
    assert not today.is_outdated(await today.hashed(PASSWORD))


async def test_an_endless_password_is_not_hashed() -> None:
    assert not await cheap().fits("x" * (LONGEST_PASSWORD + 1), None)


def test_what_is_used_is_argon2id_with_64_mib() -> None:
    parameters = extract_parameters(usual_hasher().hash(PASSWORD))

    assert parameters.type.name == "ID"
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (65_536, 3, 1)


async def test_saying_no_to_nobody_takes_as_long_as_saying_no_to_somebody() -> None:
    passwords = Passwords()
    kept = await passwords.hashed(PASSWORD)

    async def seconds(hash_kept: str | None) -> float:
        took = []
        for _ in range(3):
            began = time.perf_counter()
            await passwords.fits(ANOTHER, hash_kept)
            took.append(time.perf_counter() - began)
        return min(took)

    known, unknown = await seconds(kept), await seconds(None)

    assert 0.4 < unknown / known < 2.5  # without a stand-in it would be a thousandth


async def test_the_event_loop_goes_on_while_passwords_are_hashed() -> None:
    passwords = Passwords()
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.001)
            turns += 1

    counting = asyncio.create_task(count())
    await asyncio.gather(*(passwords.hashed(PASSWORD) for _ in range(4)))
    counting.cancel()

    assert turns > 20
