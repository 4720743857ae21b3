"""The one place where an HTTP client session is built, and where its failures become `SourceError`s."""

import errno
import math
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver

from sources.clock import utc_now
from sources.contract import (
    SourceCredentials,
    SourceError,
    SourceMalformed,
    SourceNotConfigured,
    SourceThrottled,
    SourceTimeout,
    SourceUnreachable,
)
from sources.parsing import decode_json, dig

LARGEST_BODY: Final = 2 * 1024 * 1024
"""Bytes of one answer, decompressed. A provider's history is a few kilobytes."""
_CHUNK: Final = 64 * 1024
_CONNECTIONS: Final = 512
_CONNECT_SECONDS: Final = 5.0
_SANE_TOTAL_SECONDS: Final = 60.0
_KEEP_ALIVE_SECONDS: Final = 50.0
"""How long a connection is kept for the next question: most portals and load balancers close one after a minute, and
whoever closes first is spared the race. Where one was closed in that very moment, the client asks on another."""
_DNS_CACHE_SECONDS: Final = 60
_LONGEST_RETRY_AFTER: Final = 3600.0


class UnknownProvider(msgspec.Struct, frozen=True):
    """How an upstream says, in the JSON body of a 404, that it does not know the provider (row A9)."""

    field: str = "error"
    code: str = "PROVIDER_NOT_FOUND"

    def is_said_in(self, source: str, body: bytes) -> bool:
        """Whether the body says so. A bare 404, or an HTML one, is a moved URL and never an answer."""
        try:
            return dig(decode_json(source, body), self.field) == self.code
        except SourceMalformed:
            return False


def open_session(resolver: AbstractResolver | None = None) -> aiohttp.ClientSession:
    """A session for all sources: pooled connections, no cookies, no proxy from the environment.

    `resolver`: looks names up in place of the system's, where not every address will do.

    Names are looked up once a minute, and all connections share the client's one TLS context.

    It bounds what no answer may exceed; how long one attempt may take is the guards' business. There is no bound
    per host: a gateway may serve several portals, and one that hangs must not starve the others.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=_CONNECTIONS,
            ttl_dns_cache=_DNS_CACHE_SECONDS,
            keepalive_timeout=_KEEP_ALIVE_SECONDS,
            resolver=resolver,
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=_SANE_TOTAL_SECONDS, connect=_CONNECT_SECONDS),
        headers={"Accept": "application/json", "User-Agent": "enrollment-gate"},
        trust_env=False,
    )


async def get(
    session: aiohttp.ClientSession,
    source: str,
    url: str,
    *,
    headers: Mapping[str, str],
    params: Mapping[str, str] | None = None,
    unknown: UnknownProvider | None = None,
) -> bytes | None:
    """The body of a 200 answer; None where the upstream says that it does not know the provider.

    Redirects are not followed: an enrollment service does not move between two calls, and following one would
    carry the credential along.

    Raises:
        SourceError: for everything else, by kind; the message names the source and never repeats the upstream.
    """
    with speaking_for(source):
        async with session.get(url, headers=headers, params=params, allow_redirects=False) as response:
            if response.status == HTTPStatus.OK:
                return await _bounded_body(source, response)
            if (
                response.status == HTTPStatus.NOT_FOUND
                and unknown is not None
                and unknown.is_said_in(source, await _bounded_body(source, response))
            ):
                return None
            raise failure_for_status(source, response.status, response.headers.get("Retry-After"))


@contextmanager
def speaking_for(source: str) -> Iterator[None]:
    """Translate whatever the HTTP client raises into the error tree of `sources.contract`."""
    try:
        yield
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        # `from None`: the client's own messages hold the upstream's words and the NPI.
        raise failure_for_exception(source, error) from None


_FAILURES: Final[tuple[tuple[type[Exception], type[SourceError]], ...]] = (
    (TimeoutError, SourceTimeout),  # before the connection errors: a ServerTimeoutError is both
    (aiohttp.InvalidURL, SourceNotConfigured),
    (aiohttp.NonHttpUrlClientError, SourceNotConfigured),
    (aiohttp.ClientResponseError, SourceMalformed),
    (aiohttp.RedirectClientError, SourceMalformed),
    (aiohttp.ClientConnectionError, SourceUnreachable),
    (aiohttp.ClientPayloadError, SourceUnreachable),
    (aiohttp.ClientError, SourceUnreachable),
    (OSError, SourceUnreachable),
)


def failure_for_exception(source: str, error: Exception) -> SourceError:
    """The first row of the table that fits. Names the exception's class and the system's error code, no more."""
    failure = next(failure for kind, failure in _FAILURES if isinstance(error, kind))
    # OpenSSL numbers its errors differently: its 1 is not EPERM.
    has_system_code = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
    code = errno.errorcode.get(getattr(error, "errno", None) or 0, "") if has_system_code else ""
    return failure(f"{source}: {type(error).__name__} {code}".rstrip())


def failure_for_status(source: str, status: int, retry_after: str | None) -> SourceError:
    """What an HTTP status other than 200 means (rows A10, A11)."""
    message = f"{source}: HTTP {status}"
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return SourceCredentials(message)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return SourceThrottled(message, retry_after_seconds(retry_after, utc_now()))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return SourceUnreachable(message)
    return SourceMalformed(message)


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Seconds to wait, from either form of ``Retry-After``; None where it says nothing usable. At most one hour."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    if not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)


async def _bounded_body(source: str, response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    while chunk := await response.content.read(_CHUNK):
        body += chunk
        if len(body) > LARGEST_BODY:
            response.close()
            raise SourceMalformed(f"{source}: the answer is larger than {LARGEST_BODY} bytes")
    return bytes(body)
