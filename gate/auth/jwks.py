"""Tokens of the site's identity provider, verified with the keys it publishes (JWKS)."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import jwt
import structlog

from gate.auth.principal import Principal
from gate.auth.tokens import Expectations, principal_of
from gate.errors import StoreUnavailable, Unauthenticated
from gate.setting_sections import AuthSettings

_FETCH_SECONDS: Final = 3.0
_REFRESH_AFTER_SECONDS: Final = 60.0
_DISTRUST_AFTER_SECONDS: Final = 200.0
"""Keys are not used any more before a fetch was tried within this time: one of them may have been withdrawn."""
WITHDRAWN_WITHIN_SECONDS: Final = 300.0
"""What the times here and the memory for tokens add up to: a key that the identity provider withdraws vouches for
nobody after this time, as long as the provider can be reached. While it cannot, the last known keys stay good."""
_PAUSE_SECONDS: Final = 10.0
"""Between two fetches, so that tokens with invented key ids cannot make us flood the identity provider."""
_PAUSE_AFTER_FAILURE_SECONDS: Final = 1.0
_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class JwksVerifier:
    """Verifies signature, issuer, audience and lifetime of asymmetrically signed tokens."""

    def __init__(self, settings: AuthSettings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._keys = PublishedKeys(settings.jwks_url, monotonic)
        self._expected = Expectations(
            issuer=settings.issuer,
            audience=settings.audience,
            algorithms=settings.algorithms,
            leeway_seconds=settings.clock_skew_seconds,
        )

    async def verify(self, token: str) -> Principal:
        """See `TokenVerifier`."""
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
        except (jwt.PyJWTError, RecursionError):
            raise Unauthenticated("the token does not verify") from None
        if not isinstance(key_id, str):
            raise Unauthenticated("the token names no key")
        return principal_of(token, await self._keys.named(key_id), self._expected)

    async def aclose(self) -> None:
        """End a fetch that may be under way."""
        await self._keys.aclose()


class PublishedKeys:
    """The identity provider's keys: refreshed by age and for unknown ids, kept while it cannot be reached."""

    def __init__(self, url: str, monotonic: Callable[[], float]) -> None:
        self._client = jwt.PyJWKClient(url, cache_jwk_set=False, timeout=_FETCH_SECONDS)
        self._monotonic = monotonic
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._not_before = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def named(self, key_id: str) -> jwt.PyJWK:
        """The key of that id.

        Raises:
            Unauthenticated: the identity provider does not publish such a key.
            StoreUnavailable: no key was ever fetched.
        """
        now = self._monotonic()
        if key_id not in self._keys or now - self._tried_at > _DISTRUST_AFTER_SECONDS:
            await self._refreshed()
        elif now - self._fetched_at > _REFRESH_AFTER_SECONDS:
            self._refresh()
        if not self._keys:
            raise StoreUnavailable("the identity provider's keys cannot be fetched")
        if (key := self._keys.get(key_id)) is None:
            raise Unauthenticated("the token does not verify")
        return key

    async def aclose(self) -> None:
        """Wait for nothing any more."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    async def _refreshed(self) -> None:
        if (fetching := self._refresh()) is not None:
            # Shielded: a caller who hangs up must not take the others' fetch along.
            await asyncio.shield(fetching)

    def _refresh(self) -> asyncio.Task[None] | None:
        """The fetch under way, or a new one unless the last was a moment ago."""
        if self._fetching is None or self._fetching.done():
            if self._monotonic() < self._not_before:
                return None
            self._fetching = asyncio.create_task(self._fetch(), name="auth-jwks")
        return self._fetching

    async def _fetch(self) -> None:
        try:
            keys = await asyncio.to_thread(self._client.get_signing_keys)
        except Exception as error:  # noqa: BLE001 - whatever it answers instead of keys, the known ones stay
            self._tried_at = self._monotonic()
            self._not_before = self._tried_at + _PAUSE_AFTER_FAILURE_SECONDS
            _log.warning("identity_provider_keys_unavailable", error=type(error).__name__, known_keys=len(self._keys))
        else:
            self._fetched_at = self._tried_at = self._monotonic()
            self._not_before = self._fetched_at + _PAUSE_SECONDS
            self._keys = {key.key_id: key for key in keys if key.key_id is not None}
