"""The HTTP seam: what each status, body and exception of an upstream becomes."""

import asyncio
import errno
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from sources import http
from sources.contract import (
    SourceCredentials,
    SourceError,
    SourceMalformed,
    SourceNotConfigured,
    SourceThrottled,
    SourceTimeout,
    SourceUnreachable,
)
from tests.sources.conftest import Upstream
from tests.support.certificates import Authority, TlsFiles

UNKNOWN = http.UnknownProvider()
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


async def ask(session: aiohttp.ClientSession, url: str) -> bytes | None:
    return await http.get(session, "portal", url, headers={"X-Api-Key": "secret"}, unknown=UNKNOWN)


async def test_the_body_of_a_200_is_the_answer(session: aiohttp.ClientSession, upstream: Upstream) -> None:
    upstream.answers(b'{"a": 1}')

    assert await ask(session, upstream.url) == b'{"a": 1}'


async def test_a_404_that_means_unknown_is_an_empty_answer_row_a9(
    session: aiohttp.ClientSession, upstream: Upstream
) -> None:
    upstream.answers(b'{"error": "PROVIDER_NOT_FOUND"}', status=404)

    assert await ask(session, upstream.url) is None


@pytest.mark.parametrize(
    "body", [b"", b"Not Found", b"<html>404</html>", b"[]", b'{"error": "NO_SUCH_ROUTE"}', b'{"error": {}}', b"null"]
)
async def test_any_other_404_is_a_moved_url_and_never_an_answer(
    session: aiohttp.ClientSession, upstream: Upstream, body: bytes
) -> None:
    upstream.answers(body, status=404)

    with pytest.raises(SourceMalformed):
        await ask(session, upstream.url)


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (401, SourceCredentials),
        (403, SourceCredentials),
        (429, SourceThrottled),
        (500, SourceUnreachable),
        (502, SourceUnreachable),
        (503, SourceUnreachable),
        (504, SourceUnreachable),
        (204, SourceMalformed),
        (206, SourceMalformed),
        (301, SourceMalformed),
        (302, SourceMalformed),
        (400, SourceMalformed),
        (407, SourceMalformed),
        (410, SourceMalformed),
    ],
)
async def test_no_status_but_200_is_an_answer_rows_a10_a11(
    session: aiohttp.ClientSession, upstream: Upstream, status: int, failure: type[SourceError]
) -> None:
    upstream.answers(b"", status=status, headers={"Location": f"{upstream.url}/elsewhere"})

    with pytest.raises(failure):
        await ask(session, upstream.url)
    assert len(upstream.requests) == 1, "a redirect would carry the credential along"


async def test_a_throttling_upstream_says_how_long_to_wait_row_a11(
    session: aiohttp.ClientSession, upstream: Upstream
) -> None:
    upstream.answers(b"", status=429, headers={"Retry-After": "7"})

    with pytest.raises(SourceThrottled) as raised:
        await ask(session, upstream.url)
    assert raised.value.retry_after == 7.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("86400", 3600.0),
        ("Tue, 10 Mar 2026 12:00:30 GMT", 30.0),
        ("Tue, 10 Mar 2026 11:00:00 GMT", 0.0),
        ("Tue, 10 Mar 2026 12:00:30 -0000", 30.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_bounded(header: str | None, seconds: float | None) -> None:
    assert http.retry_after_seconds(header, NOW) == seconds


async def test_an_answer_without_end_is_cut_off(session: aiohttp.ClientSession, upstream: Upstream) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(10_000):
            await response.write(b" " * 65_536)
        return response

    upstream.handler = endless

    with pytest.raises(SourceMalformed, match="larger than"):
        await ask(session, upstream.url)


async def test_a_small_answer_that_unpacks_to_a_huge_one_is_cut_off(
    session: aiohttp.ClientSession, upstream: Upstream
) -> None:
    async def packed(_: web.Request) -> web.StreamResponse:
        response = web.Response(body=b" " * (http.LARGEST_BODY + 1))
        response.enable_compression(web.ContentCoding.gzip)
        return response

    upstream.handler = packed

    with pytest.raises(SourceMalformed, match="larger than"):
        await ask(session, upstream.url)


async def test_a_connection_that_ends_within_the_answer_is_unreachable(
    session: aiohttp.ClientSession, upstream: Upstream
) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return response

    upstream.handler = half

    with pytest.raises(SourceUnreachable):
        await ask(session, upstream.url)


async def test_a_portal_that_does_not_listen_is_unreachable(session: aiohttp.ClientSession, upstream: Upstream) -> None:
    await upstream.stop()

    with pytest.raises(SourceUnreachable, match="ECONNREFUSED"):
        await ask(session, upstream.url)


async def test_cancelling_the_caller_is_not_turned_into_a_failure_of_the_source(
    session: aiohttp.ClientSession, upstream: Upstream
) -> None:
    async def never(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    upstream.handler = never
    asking = asyncio.create_task(ask(session, upstream.url))
    await asyncio.sleep(0.05)
    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_portal_whose_certificate_nobody_vouches_for_hears_nothing(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    files = TlsFiles(tmp_path)
    files.put(Authority("strangers").issue())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(files.certificate, files.key)
    upstream = Upstream()
    await upstream.start(tls)

    with pytest.raises(SourceUnreachable):
        await ask(session, upstream.url)
    await upstream.stop()

    assert upstream.requests == []


async def test_cookies_and_proxies_of_the_environment_play_no_part(
    session: aiohttp.ClientSession, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    upstream.answers(b"{}", headers={"Set-Cookie": "sid=1; Path=/"})

    await ask(session, upstream.url)
    await ask(session, upstream.url)

    assert "Cookie" not in upstream.requests[1].headers


@pytest.mark.parametrize("status", [401, 404, 429, 500, 418])
async def test_messages_repeat_neither_the_upstream_nor_the_credential(
    session: aiohttp.ClientSession, upstream: Upstream, status: int
) -> None:
    upstream.answers(b'{"error": "patient Jane Doe"}', status=status)

    with pytest.raises(SourceError) as raised:
        await ask(session, f"{upstream.url}/v1/1234567893")

    told = str(raised.value)
    assert told == f"portal: HTTP {status}"
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None or raised.value.__suppress_context__


def every_client_error(root: type[Exception] = aiohttp.ClientError) -> Iterator[type[Exception]]:
    yield root
    for kind in root.__subclasses__():
        yield from every_client_error(kind)


EXPECTED = {
    "ClientError": SourceUnreachable,
    "ClientConnectionError": SourceUnreachable,
    "ClientConnectionResetError": SourceUnreachable,
    "ClientOSError": SourceUnreachable,
    "ClientConnectorError": SourceUnreachable,
    "ClientConnectorDNSError": SourceUnreachable,
    "ClientProxyConnectionError": SourceUnreachable,
    "UnixClientConnectorError": SourceUnreachable,
    "ClientSSLError": SourceUnreachable,
    "ClientConnectorSSLError": SourceUnreachable,
    "ClientConnectorCertificateError": SourceUnreachable,
    "ServerConnectionError": SourceUnreachable,
    "ServerDisconnectedError": SourceUnreachable,
    "ServerFingerprintMismatch": SourceUnreachable,
    "ClientPayloadError": SourceUnreachable,
    "UploadAbortedError": SourceUnreachable,
    "ServerTimeoutError": SourceTimeout,
    "ConnectionTimeoutError": SourceTimeout,
    "SocketTimeoutError": SourceTimeout,
    "ClientResponseError": SourceMalformed,
    "ContentTypeError": SourceMalformed,
    "WSServerHandshakeError": SourceMalformed,
    "ClientHttpProxyError": SourceMalformed,
    "TooManyRedirects": SourceMalformed,
    "RedirectClientError": SourceMalformed,
    "InvalidURL": SourceNotConfigured,
    "InvalidUrlClientError": SourceNotConfigured,
    "InvalidUrlRedirectClientError": SourceNotConfigured,
    "NonHttpUrlClientError": SourceNotConfigured,
    "NonHttpUrlRedirectClientError": SourceNotConfigured,
}


@pytest.mark.parametrize("kind", {kind.__name__: kind for kind in every_client_error()}.values())
def test_every_exception_of_the_http_client_has_a_kind_of_failure(kind: type[Exception]) -> None:
    failure = http.failure_for_exception("portal", kind.__new__(kind))

    # A class that a later release of the client adds is at least never an answer.
    assert type(failure) is EXPECTED.get(kind.__name__, type(failure))
    assert str(failure) == f"portal: {kind.__name__}"


@pytest.mark.parametrize(
    ("raised", "failure", "message"),
    [
        (TimeoutError(), SourceTimeout, "portal: TimeoutError"),
        (ConnectionResetError(errno.ECONNRESET, "x"), SourceUnreachable, "portal: ConnectionResetError ECONNRESET"),
        (ssl.SSLError(1, "upstream's words"), SourceUnreachable, "portal: SSLError"),
        (OSError("upstream's words"), SourceUnreachable, "portal: OSError"),
    ],
)
def test_failures_of_the_system_have_a_kind_too(raised: Exception, failure: type[SourceError], message: str) -> None:
    with pytest.raises(failure) as told, http.speaking_for("portal"):
        raise raised
    assert str(told.value) == message
    assert told.value.__suppress_context__


class CountedPortal:
    """A portal that counts the connections over which it is asked."""

    def __init__(self) -> None:
        self.connections: set[tuple[str, int]] = set()

    async def answer(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        self.connections.add(request.transport.get_extra_info("peername"))
        return web.json_response([])


async def test_two_hundred_questions_one_after_the_other_are_asked_over_one_connection() -> None:
    portal = CountedPortal()
    application = web.Application()
    application.router.add_get("/{npi}", portal.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with http.open_session() as session:
        for number in range(200):
            await http.get(session, "tmhp_pems", f"http://{host}:{port}/{number}", headers={})
    await runner.cleanup()

    assert len(portal.connections) == 1
