"""How long to wait after failing to sign in: longer each time, never for good. Counted in the database, for every
replica together; a try is counted before it is judged, so that a thousand at once are a thousand tries.

Three counts: one person at one address, one person from wherever, one address for whomever. The second grows slowly and
to half a minute only, for otherwise anybody could keep anybody out.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

import msgspec

from gate.accounts import repository
from gate.errors import PreconditionFailed
from gate.persistence.unit_of_work import AccountsUnit

FORGOTTEN_AFTER: Final = timedelta(hours=1)
"""Without a further failure."""
_HOUSEHOLD_BITS: Final = 64


class TooManyTries(PreconditionFailed):
    """Not judged at all: the last failures are too recent."""

    def __init__(self, wait: timedelta) -> None:
        self.seconds = max(1, round(wait.total_seconds()))
        super().__init__(f"too many tries to sign in: wait {self.seconds} seconds and try again")


class Limit(msgspec.Struct, frozen=True):
    """How a count slows down."""

    free: int
    """Failures without a wait."""
    longest: timedelta

    def pause_after(self, failures: int) -> timedelta:
        """How long to wait after so many failures: a second, then twice as long each time."""
        beyond = failures - self.free
        return min(self.longest, timedelta(seconds=2 ** min(beyond, 30))) if beyond >= 0 else timedelta(0)


PERSON_AT_ADDRESS: Final = Limit(free=5, longest=timedelta(minutes=15))
PERSON: Final = Limit(free=20, longest=timedelta(seconds=30))
ADDRESS: Final = Limit(free=30, longest=timedelta(minutes=15))


class Tries(msgspec.Struct, frozen=True):
    """What one try to sign in counts towards."""

    login: str
    address: str

    def limits(self) -> Mapping[str, Limit]:
        """By key. A digest: people type passwords where the login belongs."""
        place = place_of(self.address)
        return {
            _key("both", self.login, place): PERSON_AT_ADDRESS,
            _key("login", self.login): PERSON,
            _key("address", place): ADDRESS,
        }

    async def begin(self, accounts: AccountsUnit, now: datetime) -> None:
        """Count this try as failed until `succeeded` says otherwise.

        Raises:
            TooManyTries: it is too soon; nothing was counted.
        """
        limits = self.limits()
        counts = await repository.counts(accounts, sorted(limits), forgotten_before=now - FORGOTTEN_AFTER, now=now)
        if (blocked_until := max(count.blocked_until for count in counts)) > now:
            raise TooManyTries(blocked_until - now)
        for count in counts:
            failures = count.failures + 1
            pause = limits[count.key].pause_after(failures)
            await repository.set_count(accounts, count.key, failures, last_at=now, blocked_until=now + pause)

    async def succeeded(self, accounts: AccountsUnit, now: datetime) -> None:
        """Forget the person's failures here, and of the wider counts this one try."""
        here, *wider = self.limits()
        await repository.forget_count(accounts, here)
        for count in await repository.counts(accounts, sorted(wider), forgotten_before=now - FORGOTTEN_AFTER, now=now):
            failures = max(0, count.failures - 1)
            await repository.set_count(accounts, count.key, failures, last_at=now, blocked_until=now)


class Guesses(msgspec.Struct, frozen=True):
    """Secrets that somebody without a login shows, from one address."""

    kind: str
    address: str

    def _key(self) -> str:
        return _key(self.kind, place_of(self.address))

    async def must_not_be_too_many(self, accounts: AccountsUnit, now: datetime) -> None:
        """Let the next one be judged.

        Raises:
            TooManyTries: the last wrong ones are too recent.
        """
        blocked_until = await repository.blocked_until(accounts, self._key())
        if blocked_until is not None and blocked_until > now:
            raise TooManyTries(blocked_until - now)

    async def failed(self, accounts: AccountsUnit, now: datetime) -> None:
        """Count a wrong one."""
        keys = [self._key()]
        (count,) = await repository.counts(accounts, keys, forgotten_before=now - FORGOTTEN_AFTER, now=now)
        failures = count.failures + 1
        pause = ADDRESS.pause_after(failures)
        await repository.set_count(accounts, count.key, failures, last_at=now, blocked_until=now + pause)


def place_of(address: str) -> str:
    """What counts as one address: of IPv6 the network of one household, which has more of them than can be counted."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(IPv6Network((known, _HOUSEHOLD_BITS), strict=False))


async def forget_failures_of(accounts: AccountsUnit, login: str) -> None:
    """Somebody vouched for the person in another way; failures at particular addresses run out by themselves."""
    await repository.forget_count(accounts, _key("login", login))


def _key(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()
