"""Whatever reaches the HTTP door: an answer below 500, or a closed connection; no traceback; and the gate goes on."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.auth.permissions import Role
from tests.support.callers import bearer, token_for
from tests.support.gates import GateProcess

_SECONDS = 5.0
few = settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateProcess]:
    gate = GateProcess(tmp_path_factory.mktemp("gate"), "--sandbox")
    try:
        asyncio.run(gate.start())
        yield gate
    finally:
        asyncio.run(gate.kill())
    assert "Traceback" not in gate.log, gate.log


@pytest.mark.parametrize(("who", "examples"), [("a stranger", 3), ("an administrator", 7)])
def test_every_described_route_answers_as_described(served: GateProcess, who: str, examples: int) -> None:
    # Late, because every process that collects tests would load it.
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.result import Ok
    from schemathesis.specs.openapi.checks import response_schema_conformance

    credential = bearer(token_for(served.data_dir, "fuzz", Role.ORG_ADMIN)) if who == "an administrator" else ()
    headers = {name.title(): value for name, value in credential}
    described = schemathesis.openapi.from_url(f"{served.http_url}/api/openapi.json")
    operations = [found.ok() for found in described.get_all_operations() if isinstance(found, Ok)]
    assert operations
    for operation in operations:

        @settings(few, max_examples=examples)
        @given(operation.as_strategy())
        def every_case(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(headers=headers, checks=[not_a_server_error, response_schema_conformance])

        every_case()


def exchange(gate: GateProcess, sent: bytes, *, pieces: int = 1) -> bytes:
    """What comes back until the gate closes the connection, or says nothing more."""
    place = urlsplit(gate.http_url)
    heard = b""
    with socket.create_connection((str(place.hostname), int(place.port or 0)), _SECONDS) as connection:
        connection.settimeout(0.5)
        with suppress(OSError):
            size = -(-len(sent) // pieces) or 1
            for begin in range(0, len(sent), size):
                connection.sendall(sent[begin : begin + size])
                if pieces > 1:
                    time.sleep(0.02)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65_536):
                heard += piece
    return heard


async def still_answers(gate: GateProcess) -> None:
    assert await gate.page("/healthz") == (200, "ok\n")


def is_fit(answer: bytes) -> bool:
    """Nothing, or a status below 500."""
    return not answer or (answer.startswith(b"HTTP/1.1 ") and answer[9:10] in b"1234")


_ABSURD = {
    "nothing": b"",
    "no-http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "unknown-method": b"BREW /healthz HTTP/1.1\r\nHost: gate\r\n\r\n",
    "other-versions": b"GET /healthz HTTP/9.9\r\nHost: gate\r\n\r\n",
    "no-host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "path-traversal": b"GET /../../../../etc/passwd HTTP/1.1\r\nHost: gate\r\n\r\n",
    "path-traversal-encoded": b"GET /%2e%2e/%2e%2e/etc/passwd%00 HTTP/1.1\r\nHost: gate\r\n\r\n",
    "path-of-odd-bytes": b"GET /\xff\xfe\x80 HTTP/1.1\r\nHost: gate\r\n\r\n",
    "a-long-path": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: gate\r\n\r\n",
    "a-huge-header": b"GET / HTTP/1.1\r\nHost: gate\r\nX-A: " + b"a" * 2_000_000 + b"\r\n\r\n",
    "many-headers": b"GET / HTTP/1.1\r\nHost: gate\r\n" + b"X-A: 1\r\n" * 50_000 + b"\r\n",
    "headers-without-end": b"GET / HTTP/1.1\r\n" + b"X-A: 1\r\n" * 1_000,
    "two-lengths": b"POST /health HTTP/1.1\r\nHost: gate\r\nContent-Length: 1\r\nContent-Length: 9\r\n\r\nabc",
    "length-and-chunks": b"GET / HTTP/1.1\r\nHost: g\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0",
    "a-bad-chunk": b"POST / HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n",
    "a-length-that-is-none": b"POST / HTTP/1.1\r\nHost: gate\r\nContent-Length: -5\r\n\r\n",
    "an-odd-request-id": b"GET /healthz HTTP/1.1\r\nHost: gate\r\nX-Request-Id: a\x0bb\xff\r\n\r\n",
    "an-upgrade": b"GET / HTTP/1.1\r\nHost: g\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n",
    "HTTP-2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("what", _ABSURD)
async def test_absurd_requests(served: GateProcess, what: str) -> None:
    answer = await asyncio.to_thread(exchange, served, _ABSURD[what])
    assert is_fit(answer), answer[:300]
    assert b"root:" not in answer
    await still_answers(served)


@few
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"GET ", b"GET / HTTP/1.1\r\n"]),
)
def test_any_bytes(served: GateProcess, content: bytes, beginning: bytes) -> None:
    answer = exchange(served, beginning + content, pieces=2)
    assert is_fit(answer), answer[:300]


@few
@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_path(served: GateProcess, path: str) -> None:
    request = b"GET /" + path.encode().replace(b" ", b"%20") + b" HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n"
    answer = exchange(served, request)
    assert is_fit(answer), answer[:300]


async def test_callers_that_send_their_headers_drop_by_drop_do_not_keep_others_waiting(served: GateProcess) -> None:
    place = urlsplit(served.http_url)
    slow = [await asyncio.open_connection(place.hostname, place.port) for _ in range(200)]
    for _, writer in slow:
        writer.write(b"GET / HTTP/1.1\r\nX-")
    await still_answers(served)
    assert (await served.page("/readyz")).status == 200
    for _, writer in slow:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    await still_answers(served)
