"""A `gate serve` whose certificates are renewed, spoiled and left to expire while claims are checked."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from gate.auth.permissions import Role
from gate.rpc.certificates import LOOK_SECONDS
from tests.chaos.clients import AT_ONCE, checking, eventually, metric, texans
from tests.cli.shell import Shell
from tests.support.callers import Caller, claim, code_of
from tests.support.certificates import DAY, Authority, Pair, TlsFiles
from tests.support.gates import GateProcess, gate_process

_TEXAS = {"GATE_PROVIDER_ENROLLMENT__ENABLED_STATES": "TX"}
_NOTICED = LOOK_SECONDS + 5
OURS, NEXT, STRANGERS = Authority("ours"), Authority("next"), Authority("strangers")


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    files = TlsFiles(tmp_path / "tls")
    files.put(OURS.issue(), OURS.pem)
    return files


@asynccontextmanager
async def secured(files: TlsFiles, data_dir: Path) -> AsyncIterator[GateProcess]:
    """A gate that asks its callers for certificates too."""
    tls = {
        "GATE_TLS__CERTIFICATE_FILE": str(files.certificate),
        "GATE_TLS__PRIVATE_KEY_FILE": str(files.key),
        "GATE_TLS__CLIENT_CA_FILE": str(files.client_ca),
    }
    async with gate_process(data_dir, "--sandbox", environment=_TEXAS | tls) as gate:
        yield gate


@asynccontextmanager
async def connected(gate: GateProcess, trusted: bytes, shown: Pair) -> AsyncIterator[Caller]:
    """A caller with a connection of its own."""
    credentials = grpc.ssl_channel_credentials(trusted, shown.key, shown.certificate)
    own = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.secure_channel(gate.grpc_address, credentials, own) as channel:
        yield Caller(channel, gate.data_dir, "acme", Role.ORG_ADMIN)


async def is_served(gate: GateProcess, trusted: bytes, shown: Pair) -> bool:
    async with connected(gate, trusted, shown) as caller:
        try:
            return code_of(await caller.check(claim())) == "PASS"
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return False


async def test_a_renewal_under_load_costs_no_call_and_a_broken_one_changes_nothing(
    files: TlsFiles, tmp_path: Path
) -> None:
    pipeline_pair = OURS.issue()
    async with secured(files, tmp_path / "data") as gate, connected(gate, OURS.pem, pipeline_pair) as caller:
        async with checking(caller, texans("TX PASS", 10)) as pipeline:
            files.key.write_bytes(STRANGERS.issue().key)  # of another certificate
            await eventually(lambda: _failed(gate), _NOTICED)
            assert await is_served(gate, OURS.pem, pipeline_pair)

            files.put(NEXT.issue(ends=200 * DAY), OURS.pem + NEXT.pem)
            began = time.monotonic()
            while not await is_served(gate, NEXT.pem, NEXT.issue()):
                assert time.monotonic() - began < _NOTICED
            assert not await is_served(gate, OURS.pem, pipeline_pair)
            answered = len(pipeline.answers)
            await asyncio.sleep(0.3)

        assert len(pipeline.answers) > answered, "the connection from before the renewal goes on"
        assert pipeline.refusals == []
        assert {answer.code for answer in pipeline.answers} == {"PASS"}
        expiry = await metric(gate, "enrollment_gate_tls_certificate_expiry_seconds", certificate="server")
        assert expiry == pytest.approx(200 * DAY.total_seconds(), abs=60)
        assert "certificate_not_renewed" in gate.log
        assert "PRIVATE KEY-" not in gate.log
    assert len(pipeline.answers) > AT_ONCE


async def test_nobody_gets_in_with_a_certificate_that_is_missing_expired_or_a_strangers(
    files: TlsFiles, tmp_path: Path
) -> None:
    async with secured(files, tmp_path / "data") as gate:
        assert await is_served(gate, OURS.pem, OURS.issue())
        assert not await is_served(gate, OURS.pem, OURS.issue(begins=-2 * DAY, ends=-DAY))
        assert not await is_served(gate, OURS.pem, STRANGERS.issue())
        assert not await is_served(gate, STRANGERS.pem, OURS.issue())
        await _the_shell_shows_its_certificate(gate, tmp_path)


async def test_callers_refuse_a_gate_whose_certificate_has_expired_and_it_says_so(
    files: TlsFiles, tmp_path: Path
) -> None:
    files.put(OURS.issue(begins=-2 * DAY, ends=-DAY), OURS.pem)
    async with secured(files, tmp_path / "data") as gate:
        assert not await is_served(gate, OURS.pem, OURS.issue())
        assert await metric(gate, "enrollment_gate_tls_certificate_expiry_seconds", certificate="server") < 0
        assert "certificate_not_valid" in gate.log

        files.put(OURS.issue())
        began = time.monotonic()
        while not await is_served(gate, OURS.pem, OURS.issue()):
            assert time.monotonic() - began < _NOTICED


async def _the_shell_shows_its_certificate(gate: GateProcess, folder: Path) -> None:
    pair = OURS.issue()
    shell = Shell(folder, gate.environment)
    trusted = {"GATE_CLIENT_CA_FILE": str(shell.write("ca.crt", OURS.pem))}
    shown = {
        "GATE_CLIENT_CERTIFICATE_FILE": str(shell.write("client.crt", pair.certificate)),
        "GATE_CLIENT_KEY_FILE": str(shell.write("client.key", pair.key)),
    }
    command = ("tenants", "list", "--tenant", "acme", "--json")

    assert (await asyncio.to_thread(shell.gate, *command, **trusted, **shown)).code == 0
    assert (await asyncio.to_thread(shell.gate, *command, **trusted)).code == 2
    alone = await asyncio.to_thread(shell.gate, *command, **shown)
    assert "GATE_CLIENT_CA_FILE" in alone.complaint


async def _failed(gate: GateProcess) -> bool:
    return await metric(gate, "enrollment_gate_tls_reload_failures_total") >= 1
