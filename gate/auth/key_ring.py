"""Every good API key in memory, so that a call with one never waits for the database.

A key that is made or revoked at one process is known to the others by an announcement, or by a poll every half second:
within one second whatever is lost. While the database cannot be read, known keys go on opening the door for
`max_stale_seconds`; then nobody can say any more which of them were revoked, and the caller is told to try again.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from gate.auth.api_keys import KeyGrant, presented
from gate.auth.key_use import KeyUse
from gate.auth.principal import Principal
from gate.clock import Clock
from gate.errors import StoreUnavailable, Unauthenticated
from gate.persistence.following import Announcements, Follower, Pace

PACE: Final = Pace(poll=0.5, read=2.0, stale_after=10.0)
_AT_ONCE: Final = 200
"""Keys read in one piece."""


class StoredKeys(Protocol):
    """Where keys are kept, read across all tenants."""

    async def fingerprint(self) -> object:
        """Cheap to ask for; differs whenever a key was made or revoked."""
        ...

    async def good_ids(self) -> frozenset[str]:
        """The ids of all keys that are neither revoked nor expired."""
        ...

    async def grants(self, key_ids: Sequence[str]) -> Sequence[KeyGrant]:
        """What the keys of these ids open."""
        ...


class _Held(msgspec.Struct, frozen=True):
    grant: KeyGrant
    principal: Principal


class KeyRing:
    """Verifies API keys; see `TokenVerifier`."""

    def __init__(  # noqa: PLR0913 - two of them are for tests of time
        self,
        stored: StoredKeys,
        use: KeyUse,
        clock: Clock,
        announcements: Announcements | None = None,
        *,
        max_stale_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
        pace: Pace = PACE,
    ) -> None:
        self._stored = stored
        self._use = use
        self._clock = clock
        self._max_stale = max_stale_seconds
        self._stale_after = pace.stale_after
        self._follower = Follower("api_keys", self._read, announcements, monotonic, pace)
        self._held: dict[str, _Held] = {}
        self._fingerprint: object = None

    @property
    def age_seconds(self) -> float:
        """Time since the stored keys were last looked at; infinite before the first time."""
        return self._follower.age_seconds

    async def start(self) -> None:
        """Read the keys, then keep them current until `aclose`. An unreachable database does not stop the start."""
        await self._follower.start()

    async def aclose(self) -> None:
        """Stop keeping current."""
        await self._follower.aclose()

    async def changed(self, tenant: str) -> None:
        """A key of the tenant was made or revoked and committed: known here on return, at the others soon."""
        await self._follower.refresh()
        await self._follower.announce(tenant)

    async def verify(self, token: str) -> Principal:
        """See `TokenVerifier`.

        Raises:
            Unauthenticated: no good key reads so.
            StoreUnavailable: keys could not be read for too long, or the key may be newer than what was read.
        """
        shown = presented(token)
        if shown is None:
            raise Unauthenticated("the API key does not verify")
        held = self._held.get(shown.key_id)
        if self.age_seconds > (self._stale_after if held is None else self._max_stale):
            raise StoreUnavailable("the API keys cannot be read at present")
        if held is None or not held.grant.has_secret(shown.secret):
            raise Unauthenticated("the API key does not verify")
        now = self._clock()
        if held.grant.expires_at <= now:
            raise Unauthenticated("the API key has expired")
        self._use.note(held.grant.tenant, held.grant.key_id, now)
        return held.principal

    async def _read(self) -> None:
        # After an outage the store may be another one, restored, whose counts happen to be the same.
        was_away = self.age_seconds > self._stale_after
        fingerprint = await self._stored.fingerprint()
        if fingerprint == self._fingerprint and not was_away:
            return
        good = await self._stored.good_ids()
        self._held = {key_id: held for key_id, held in self._held.items() if key_id in good}
        missing = sorted(good - self._held.keys())
        # Piece by piece: calls are answered in between, and a read that is given up has not been for nothing.
        for start in range(0, len(missing), _AT_ONCE):
            for grant in await self._stored.grants(missing[start : start + _AT_ONCE]):
                self._held[grant.key_id] = _Held(grant, grant.principal)
        self._fingerprint = fingerprint
