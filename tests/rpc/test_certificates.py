"""The gRPC door's certificates, with real handshakes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from gate.clock import system_clock
from gate.errors import PreconditionFailed
from gate.rpc.certificates import Certificates
from gate.setting_sections import TlsSettings
from tests.support.certificates import DAY, Authority, Pair, TlsFiles
from tests.support.waiting import until

QUICKLY = 0.02
SOON = 5.0
OURS, OTHERS = Authority("ours"), Authority("others")


class Told:
    """What was observed."""

    def __init__(self) -> None:
        self.expiry: dict[str, float] = {}
        self.failures = 0

    def certificate_expires_in(self, certificate: str, seconds: float) -> None:
        self.expiry[certificate] = seconds

    def certificate_not_renewed(self) -> None:
        self.failures += 1


class Served:
    """A server with these certificates that answers health checks."""

    def __init__(self, files: TlsFiles, told: Told, port: int) -> None:
        self.files = files
        self.told = told
        self.address = f"127.0.0.1:{port}"

    def channel(self, trusted: bytes, shown: Pair | None = None) -> grpc.aio.Channel:
        credentials = grpc.ssl_channel_credentials(
            trusted, shown.key if shown else None, shown.certificate if shown else None
        )
        # A subchannel pool of its own: gRPC would reuse the connection that another channel opened.
        return grpc.aio.secure_channel(self.address, credentials, [("grpc.use_local_subchannel_pool", 1)])

    async def lets_in(self, trusted: bytes, shown: Pair | None = None) -> bool:
        """Whether a new connection comes about."""
        async with self.channel(trusted, shown) as channel:
            return await answers(channel)


async def answers(channel: grpc.aio.Channel) -> bool:
    stub: Any = health_pb2_grpc.HealthStub(channel)  # the types know it without its methods
    call = stub.Check(health_pb2.HealthCheckRequest(), timeout=5)
    code = await call.code()
    assert code in {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}, code
    return code is grpc.StatusCode.OK


@asynccontextmanager
async def serving(files: TlsFiles, *, mutual: bool = False) -> AsyncIterator[Served]:
    told = Told()
    certificates = Certificates(settings_of(files, mutual=mutual), told, system_clock, look_seconds=QUICKLY)
    credentials = certificates.credentials()
    assert credentials is not None
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    port = server.add_secure_port("127.0.0.1:0", credentials)
    certificates.start()
    await server.start()
    try:
        yield Served(files, told, port)
    finally:
        await server.stop(None)
        await certificates.aclose()


def settings_of(files: TlsFiles, *, mutual: bool = False) -> TlsSettings:
    return TlsSettings(
        certificate_file=files.certificate,
        private_key_file=files.key,
        client_ca_file=files.client_ca if mutual else None,
    )


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    files = TlsFiles(tmp_path)
    files.put(OURS.issue(), OURS.pem)
    return files


async def becomes(holds: Callable[[], "object"]) -> None:
    await until(lambda: bool(holds()), SOON)


async def test_a_renewed_certificate_is_shown_to_new_connections_and_old_ones_go_on(files: TlsFiles) -> None:
    async with serving(files) as server, server.channel(OURS.pem) as old:
        assert await answers(old)
        first = server.told.expiry["server"]
        files.put(OTHERS.issue(ends=200 * DAY))
        await becomes(lambda: server.told.expiry["server"] > first + DAY.total_seconds())

        assert await server.lets_in(OTHERS.pem)
        assert not await server.lets_in(OURS.pem)
        assert await answers(old)
        assert server.told.failures == 0


async def test_only_clients_with_a_certificate_of_the_client_ca_are_let_in(files: TlsFiles) -> None:
    async with serving(files, mutual=True) as server:
        assert await server.lets_in(OURS.pem, OURS.issue())
        assert not await server.lets_in(OURS.pem)
        assert not await server.lets_in(OURS.pem, OTHERS.issue())
        assert not await server.lets_in(OURS.pem, OURS.issue(begins=-2 * DAY, ends=-DAY))
        assert not await server.lets_in(OTHERS.pem, OURS.issue())


async def test_a_renewed_client_ca_decides_about_new_connections(files: TlsFiles) -> None:
    async with serving(files, mutual=True) as server:
        before = server.told.expiry["client_ca"]
        files.client_ca.write_bytes(OTHERS.pem)
        newcomer = OTHERS.issue()
        async with asyncio.timeout(SOON):
            while not await server.lets_in(OURS.pem, newcomer):
                pass

        assert not await server.lets_in(OURS.pem, OURS.issue())
        assert server.told.expiry["client_ca"] != before


async def test_a_server_whose_certificate_has_expired_is_refused_by_clients(files: TlsFiles) -> None:
    files.put(OURS.issue(begins=-2 * DAY, ends=-DAY))
    async with serving(files) as server:
        assert not await server.lets_in(OURS.pem)
        assert server.told.expiry["server"] < 0


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda files: files.certificate.write_bytes(OURS.issue().certificate), id="of-another-key"),
        pytest.param(lambda files: files.certificate.write_bytes(files.certificate.read_bytes()[:200]), id="half"),
        pytest.param(lambda files: files.key.write_bytes(files.key.read_bytes()[:100]), id="half-a-key"),
        pytest.param(lambda files: files.key.write_bytes(b""), id="empty"),
        pytest.param(lambda files: files.key.unlink(), id="gone"),
        pytest.param(lambda files: files.put(OURS.issue(begins=-2 * DAY, ends=-DAY)), id="expired"),
        pytest.param(lambda files: files.put(OURS.issue(begins=DAY)), id="not-valid-yet"),
    ],
)
async def test_files_that_do_not_fit_keep_the_old_pair_and_are_told_once_until_they_fit(
    files: TlsFiles, spoil: Callable[[TlsFiles], None]
) -> None:
    async with serving(files) as server:
        spoil(files)
        await becomes(lambda: server.told.failures)
        for _ in range(3):
            assert await server.lets_in(OURS.pem)
        assert server.told.failures == 1

        files.put(OTHERS.issue())
        async with asyncio.timeout(SOON):
            while not await server.lets_in(OTHERS.pem):
                pass


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda files: files.put(OURS.issue(), b"x"), "GATE_TLS__CLIENT_CA_FILE holds no certificates"),
        (lambda files: files.key.write_bytes(OURS.issue().key), "GATE_TLS__PRIVATE_KEY_FILE is not the key of"),
        (lambda files: files.key.write_bytes(with_passphrase(files.key.read_bytes())), "without passphrase"),
        (lambda files: files.certificate.unlink(), "cannot be read"),
    ],
    ids=["no-ca", "of-another", "passphrase", "gone"],
)
def test_what_does_not_fit_at_the_start_is_refused_in_words(
    files: TlsFiles, spoil: Callable[[TlsFiles], None], complaint: str
) -> None:
    spoil(files)

    with pytest.raises(PreconditionFailed, match=complaint):
        Certificates(settings_of(files, mutual=True), Told(), system_clock)


def with_passphrase(key: bytes) -> bytes:
    return load_pem_private_key(key, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"planted-secret")
    )


def test_the_first_end_in_a_file_is_the_one_that_counts(files: TlsFiles) -> None:
    files.client_ca.write_bytes(OURS.pem + OURS.issue(ends=3 * DAY).certificate)
    told = Told()
    now = datetime.now(UTC)

    Certificates(settings_of(files, mutual=True), told, lambda: now)

    assert told.expiry["client_ca"] == pytest.approx(timedelta(days=3).total_seconds(), abs=60)
    assert told.expiry["server"] == pytest.approx(timedelta(days=90).total_seconds(), abs=60)


def test_without_tls_there_is_nothing_to_watch() -> None:
    told = Told()

    assert Certificates(TlsSettings(), told, system_clock).credentials() is None
    assert told.expiry == {}
