"""Passwords are kept as argon2id hashes, made and compared off the event loop."""

import asyncio
import base64
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gate.accounts.password_rules import LONGEST_PASSWORD, normalized

_AT_ONCE: Final = 2
"""Hashes under way: each takes 64 MiB and one core for a tenth of a second, beside the claims."""
_MEMORY_KIB: Final = 64 * 1024
_ROUNDS: Final = 3
Result = TypeVar("Result")


def usual_hasher() -> PasswordHasher:
    """RFC 9106's second recommended option, on one lane: a sign-in may not take every core from the claims."""
    return PasswordHasher(time_cost=_ROUNDS, memory_cost=_MEMORY_KIB, parallelism=1)


class Passwords:
    """Makes and compares hashes."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or usual_hasher()
        self._stand_in = _hash_of_nothing(self._hasher)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")

    async def hashed(self, password: str) -> str:
        """The hash to keep. Whether people may choose `password` is for `password_rules` to say."""
        return await self._aside(lambda: self._hasher.hash(normalized(password)))

    async def fits(self, password: str, kept: str | None) -> bool:
        """Whether `password` is the one of which the hash was kept. Without any, it takes as long to say no."""
        if len(password) > LONGEST_PASSWORD:
            password = ""  # no account has it, and a megabyte of it must not be hashed
        return await self._aside(lambda: self._compare(normalized(password), kept or self._stand_in))

    def is_outdated(self, kept: str) -> bool:
        """Whether it was made with other parameters than today's, and is to be made anew at the next chance."""
        return self._hasher.check_needs_rehash(kept)

    def close(self) -> None:
        """Let hashes under way end."""
        self._threads.shutdown(wait=False)

    def _compare(self, password: str, kept: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _aside(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """A hash with today's parameters that no known password has: comparing with it costs what any other does."""

    def part(length: int) -> str:
        return base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")

    parameters = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${parameters}${part(hasher.salt_len)}${part(hasher.hash_len)}"
