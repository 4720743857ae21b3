"""Secrets are planted in every setting that holds one, everything goes wrong that can, and nothing said repeats any.

The upstream is as treacherous as it gets: whatever it answers repeats the credential it was sent.
"""

import asyncio
import base64
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from http import HTTPStatus
from itertools import cycle
from pathlib import Path
from typing import Any

import grpc
import pytest
from aiohttp import web
from pydantic import ValidationError
from redis import Redis

from gate.auth.permissions import Role
from gate.settings import Settings, load_settings
from gate.v1 import decision_pb2, gate_admin_pb2
from tests.chaos.clients import eventually
from tests.cli.shell import Shell
from tests.support.callers import CALL_SECONDS, Caller, bearer, claim, token_for
from tests.support.databases import shared_postgres_server
from tests.support.gates import GateProcess, gate_process
from tests.support.planting import KEY_IN_A_MAPPING, secret_variables
from tests.support.servers import RedisServer, redis_server

pytestmark = pytest.mark.timeout(100)

_MARK = "pl4nted"
_STATES = ("CA", "FL", "NY", "TX")
_PORTALS = ("TMHP_PEMS", "CAQH_PROVIEW", "CA_PAVE", "FL_FMMIS", "NY_EMEDNY")
_SOURCES = "GATE_PROVIDER_ENROLLMENT__"
_LENT = f"GATE_CREDENTIALS__{KEY_IN_A_MAPPING.upper()}__"
_WITHOUT_WHICH_SECRETS_MEAN_NOTHING = {
    "GATE_OIDC__ISSUER": "https://127.0.0.1:1",
    "GATE_OIDC__CLIENT_ID": "gate",
    "GATE_PORTAL__BASE_URL": "http://127.0.0.1:1",
    "GATE_DELIVERY__EMAIL__HOST": "127.0.0.1",
    "GATE_DELIVERY__EMAIL__PORT": "1",
    "GATE_DELIVERY__EMAIL__SENDER": "gate@payer.example",
    "GATE_DELIVERY__EMAIL__USERNAME": "gate",
}
_PAGES = (
    "/",
    "/today",
    "/overview",
    "/status",
    "/sign-in",
    "/sign-in/oidc",
    "/healthz",
    "/readyz",
    "/health",
    "/metrics",
    "/api/openapi.json",
    "/nowhere",
)
_READING_COMMANDS = (
    ("sources", "list"),
    ("sources", "list", "--json"),
    ("tenants", "show", "--json"),
    ("check", "--npi", "1234567893", "--state", "TX", "--date", "2026-03-10", "--fresh", "--json"),
)


def planted() -> dict[str, str]:
    """A secret of its own for every setting that is one; URLs hold theirs as the password."""
    secrets = {variable: f"{_MARK}-{number}".ljust(32, "-") for number, variable in enumerate(secret_variables())}
    secrets["GATE_DATABASE_URL"] = f"postgresql://gate:{secrets['GATE_DATABASE_URL']}@127.0.0.1:1/gate"
    secrets["GATE_REDIS_URL"] = f"redis://:{secrets['GATE_REDIS_URL']}@127.0.0.1:1/0"
    return secrets | _WITHOUT_WHICH_SECRETS_MEAN_NOTHING


def nothing_planted_in(said: Mapping[str, str]) -> None:
    """No text holds a planted secret, as it is or as HTTP's Basic authentication sends it."""
    secrets = planted()
    users = [variable for variable in secrets if variable.endswith("USERNAME")]
    pairs = [f"{secrets[user]}:{secrets[user.replace('USERNAME', 'PASSWORD')]}" for user in users]
    encoded = {base64.b64encode(pair.encode()).decode() for pair in pairs}
    for where, text in said.items():
        assert _MARK not in text, f"{where}: {text}"
        assert not [pair for pair in encoded if pair in text], where


class Treacherous:
    """An upstream whose answers, of every kind in turn, repeat all it was sent."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self._turns = cycle(("401", "500", "html", "json", "status", "redirect", "retry", "404"))

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        kind = next(self._turns)
        self.kinds.add(kind)
        heard = f"{dict(request.headers)} {request.path_qs}"
        texts = {"401": HTTPStatus.UNAUTHORIZED, "500": HTTPStatus.BAD_GATEWAY, "404": HTTPStatus.NOT_FOUND}
        if kind in texts:
            return web.Response(text=heard, status=texts[kind], reason=f"no {_MARK}")
        if kind == "redirect":
            return web.Response(status=302, headers={"Location": f"http://{_MARK}.example/{_MARK}"})
        if kind == "retry":
            return web.Response(status=429, headers={"Retry-After": _MARK})
        npi = request.path.split("/")[3] if request.path.count("/") > 3 else ""
        record = {"npi": npi, "enrollmentStatus": heard, "status": heard, "effectiveDate": heard}
        body = json.dumps({"npi": npi, "enrollments": [record]} if kind == "status" else {"heard": heard})
        return web.Response(text=f"<html>{heard}</html>" if kind == "html" else body)


@asynccontextmanager
async def treacherous() -> AsyncIterator[tuple[Treacherous, str]]:
    upstream = Treacherous()
    runner = web.ServerRunner(web.Server(upstream.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield upstream, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    """Wants another password than it is given."""
    with redis_server() as server:
        with closing(Redis(port=server.port)) as client:
            client.config_set("requirepass", "another")
        yield server


async def pages_of(gate: GateProcess) -> dict[str, str]:
    """What everybody sees, and the metrics for who shows the token."""
    metrics = await gate.page("/metrics", bearer=planted()["GATE_METRICS_TOKEN"])
    return {path: (await gate.page(path)).text for path in _PAGES} | {"/metrics, with the token": metrics.text}


async def commands_at(gate: GateProcess, token: str) -> dict[str, str]:
    """What commands that read say, on both streams."""
    shell = Shell(gate.data_dir, gate.environment | {"GATE_TOKEN": token})
    said = {}
    for command in _READING_COMMANDS:
        ran = await asyncio.to_thread(shell.gate, *command)
        said[" ".join(command)] = ran.out + ran.err
    return said


async def refusals_of(gate: GateProcess, caller: Caller) -> dict[str, str]:
    """What callers hear whose credential, tenant or request is no good."""
    token = token_for(gate.data_dir, "payer", Role.ORG_ADMIN)
    attempts = {
        "garbage": bearer(f"{_MARK}.{_MARK}.{_MARK}"),
        "another scheme": (("authorization", f"Basic {_MARK}"),),
        "a spoilt signature": bearer(f"{token[:-8]}{_MARK}"),
        "two": (*bearer(token), *bearer(_MARK)),
        "another tenant": (*bearer(token), ("x-tenant-id", _MARK)),
        "a key that is no token": (("x-api-key", _MARK),),
    }
    heard = {}
    for what, metadata in attempts.items():
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await caller.admin.GetTenantConfig(
                gate_admin_pb2.GetTenantConfigRequest(), metadata=metadata, timeout=CALL_SECONDS
            )
        heard[what] = f"{refusal.value} {refusal.value.trailing_metadata()}"
    return heard


async def test_sources_that_betray_what_they_are_sent_and_a_redis_that_refuses(
    redis: RedisServer, tmp_path: Path
) -> None:
    async with treacherous() as (upstream, url):
        secrets = planted() | {
            "GATE_REDIS_URL": f"redis://:{_MARK}-redis@127.0.0.1:{redis.port}/0",
            "GATE_DATABASE_URL": "",
            "GATE_LOG_LEVEL": "debug",
            f"{_SOURCES}CAQH_PROVIEW__ORGANIZATION_ID": "1234",
            f"{_LENT}TENANTS": '["payer"]',
            f"{_LENT}BASE_URL": url,
            **{f"{_SOURCES}{portal}__BASE_URL": url for portal in _PORTALS},
        }
        async with gate_process(tmp_path, environment=secrets) as gate, gate.caller("payer") as caller:
            own = [{"name": "tmhp_pems", "credential": KEY_IN_A_MAPPING}]
            said = {}
            for sources in ([], own):
                await caller.configure(
                    enabled_states=_STATES,
                    gate_mode=decision_pb2.GATE_MODE_AUDIT,
                    sources=[gate_admin_pb2.TenantSource(**source) for source in sources],
                )
                for number, state in zip(range(40), cycle(_STATES), strict=False):
                    decision = await caller.check(claim(state=state), fresh=True, explain=True)
                    said[f"decision {number}, own contract {bool(sources)}"] = str(decision)
                    await asyncio.sleep(0.02)
            assert len(upstream.kinds) == 8
            said |= await refusals_of(gate, caller)
            said |= await commands_at(gate, token_for(gate.data_dir, "payer", Role.ORG_ADMIN, Role.PIPELINE))
            said |= await pages_of(gate)
            assert "enrollment_gate_cache_errors_total" in said["/metrics, with the token"]
            assert await gate.stop() == 0
            said["log"] = gate.log
        nothing_planted_in(said)


async def test_a_handler_that_crashes_logs_its_traceback_without_what_it_was_given(tmp_path: Path) -> None:
    async with gate_process(tmp_path, "--sandbox") as gate, gate.caller("payer") as caller:
        await caller.configure(enabled_states=["TX"])
        with closing(sqlite3.connect(tmp_path / "gate.db")) as database, database:
            database.execute(
                "CREATE TRIGGER spoilt BEFORE INSERT ON mode_changes BEGIN SELECT RAISE(ABORT, 'spoilt'); END"
            )
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await caller.set_mode(decision_pb2.GATE_MODE_ENFORCE, reason=f"because {_MARK}", force=True)
        assert refusal.value.code() is grpc.StatusCode.INTERNAL
        assert refusal.value.details() == "The gate failed to answer; its log says why."
        assert "IntegrityError" in gate.log, "it did crash, and the log says why"
        nothing_planted_in({"refusal": str(refusal.value), "log": gate.log, **await pages_of(gate)})


async def test_a_database_that_refuses(tmp_path: Path) -> None:
    absent = f"postgresql://gate:{_MARK}@127.0.0.1:{shared_postgres_server().port}/absent"
    gate = GateProcess(tmp_path, environment={"GATE_DATABASE_URL": absent, "GATE_LOG_LEVEL": "debug"})
    try:
        await gate.start(until_ready=False)

        async def says_so() -> bool:
            return "database_not_migrated" in gate.log

        await eventually(says_so, 20)
        async with gate.caller("payer") as caller:
            said = await refusals_of(gate, caller)
            with pytest.raises(grpc.aio.AioRpcError) as refusal:
                await caller.configure(enabled_states=["TX"])
            said["change"] = f"{refusal.value} {refusal.value.trailing_metadata()}"
        said |= await commands_at(gate, token_for(gate.data_dir, "payer", Role.ORG_ADMIN))
        said |= await pages_of(gate)
        migrated = await asyncio.to_thread(Shell(tmp_path, gate.environment).gate, "migrate")
        assert migrated.code == 2
        said["migrate"] = migrated.out + migrated.err
    finally:
        await gate.kill()
    nothing_planted_in({**said, "log": gate.log})


_UNFIT = (
    {"GATE_DATABASE_URL": f"postgresql://gate:{_MARK}"},
    {"GATE_DATABASE_URL": f"postgresql://gate:{_MARK}@127.0.0.1:port/gate"},
    {"GATE_DATABASE_URL": f"postgresql://gate:{_MARK}@127.0.0.1:1/gate?nonsense={_MARK}"},
    {"GATE_DATABASE_URL": f"mysql://gate:{_MARK}@127.0.0.1/gate"},
    {"GATE_REDIS_URL": f"redis://:{_MARK}@127.0.0.1:port/0"},
    {"GATE_REDIS_URL": f"redis://:{_MARK}@127.0.0.1:1/0?socket_timeout={_MARK}"},
    {"GATE_REDIS_URL": f"redis://:{_MARK}@127.0.0.1:1/0?nonsense={_MARK}"},
    {"GATE_REDIS_URL": f"http://:{_MARK}@127.0.0.1/0"},
    {"GATE_PROVIDER_ENROLLMENT": '{"tmhp_pems": {"api_key": "' + _MARK},
    {f"{_SOURCES}TMHP_PEMS": _MARK},
    {f"{_SOURCES}TMHP_PEMS__API_KEY": f"{_MARK}\x01"},
    {f"{_SOURCES}TMHP_PEMS__APIKEY": _MARK},
    {f"{_SOURCES}TMHP_PEMS__BASE_URL": f"https://gate:{_MARK}@pems.example"},
    {f"{_SOURCES}TMHP_PEMS": json.dumps({"api_key": [_MARK]})},
    {f"{_LENT}API_KEY": _MARK},
    {"GATE_CREDENTIALS": _MARK},
    {"GATE_AUTH__JWKS_URL": f"https://gate:{_MARK}@id.example/keys"},
)


@pytest.mark.parametrize("settings", _UNFIT, ids=[next(iter(each)) for each in _UNFIT])
def test_settings_that_do_not_fit_are_refused_in_words_without_their_values(
    settings: dict[str, str], tmp_path: Path
) -> None:
    command = "migrate" if "GATE_DATABASE_URL" in settings else "serve"
    ran = Shell(tmp_path, GateProcess(tmp_path).environment).gate(command, **settings)
    assert ran.code == 2
    assert ran.err.startswith("gate: ")
    assert next(iter(settings)).removeprefix("GATE_").split("__")[0] in ran.err.upper()
    nothing_planted_in({"stdout": ran.out, "stderr": ran.err})
    assert "Traceback" not in ran.err


def test_no_setting_shows_its_secret_however_it_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, secret in planted().items():
        monkeypatch.setenv(variable, secret)
    monkeypatch.setenv(f"{_LENT}TENANTS", '["payer"]')
    monkeypatch.setenv(f"{_LENT}BASE_URL", "https://gateway.example")
    settings = load_settings()

    def every_way(value: Any) -> dict[str, str]:
        dumps = {"JSON": value.model_dump_json(), "dump": str(value.model_dump())}
        return {"repr": repr(value), "str": str(value), **dumps}

    nothing_planted_in(every_way(settings))
    with pytest.raises(ValidationError) as error:
        Settings(**{**settings.model_dump(), "log_level": _MARK + "loud", "grpc_address": _MARK})
    nothing_planted_in({"error": str(error.value), "errors": str(error.value.errors(include_input=False))})
