"""`gate demo`: the whole thing on one machine, with the portals' doubles."""

import json
import secrets
import shutil
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from pydantic import SecretStr
from rich.console import Console

from gate.audit.model import Actor, Via
from gate.auth.permissions import Role
from gate.claimfiles.result_files import ResultFormat
from gate.cli.check_file import Target, checked
from gate.cli.client import Metadata, carry_out, channel_to, signed
from gate.cli.demo_records import keep_records
from gate.cli.file_reader import Reading
from gate.cli.options import ConfigFile, settings_of
from gate.cli.report import dollars, show_summary
from gate.cli.serve import serving
from gate.cli.stopping import until_stopped
from gate.clock import system_clock, today_in
from gate.demo.cases import demo_cases
from gate.demo.claim_file import write_demo_claims
from gate.demo.records import providers
from gate.observability.logging import configure_logging
from gate.settings import Settings
from gate.v1 import decision_pb2, gate_admin_pb2, gate_admin_pb2_grpc
from sources.sandbox.population import default_population

if TYPE_CHECKING:
    from gate.bootstrap import RunningGate

DEMO_TENANT: Final = "demo"
_STATES: Final = ("CA", "FL", "NY", "TX")
_HOME: Final = "TX"
_ALL_ROLES: Final = [Role.ORG_ADMIN]
_PASSWORD_BYTES: Final = 12


def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop after the claims were checked.")] = False,
    config: ConfigFile = None,
) -> None:
    """Check a claim file against the portals' doubles, and keep serving until Ctrl-C.

    Everything is embedded: SQLite and the development key in GATE_DATA_DIR, a cache in memory, the five portals'
    doubles with their bundled population. It writes its own 837P file.
    """
    settings = _embedded(settings_of(config), once=once)
    configure_logging(settings.log_level, human=True)
    carry_out(settings, _demonstrate(settings, once=once))


async def _demonstrate(settings: Settings, *, once: bool) -> None:
    async with serving(settings, sandbox=True) as gate:
        settings = settings.model_copy(update={"grpc_address": f"127.0.0.1:{gate.grpc_port}"})
        metadata = signed(settings, DEMO_TENANT, _ALL_ROLES)
        population = default_population()
        cases = list(demo_cases(population, system_clock()))
        if await _configured(settings, metadata):
            await keep_records(settings, metadata, providers(cases, population), today_in(_HOME, system_clock()))
        password = await _demo_account(settings)
        claims = settings.data_dir / "demo-claims.837"
        count = write_demo_claims(claims, cases, system_clock().date())
        print(f"Wrote {count} professional claims to {claims} and checks them through the server.\n")
        stopped = await _check(settings, metadata, claims)
        if not once:
            _tell_where(settings, gate, password, stopped)
            await until_stopped()


def _embedded(settings: Settings, *, once: bool) -> Settings:
    """No database or Redis but the embedded ones; with `once`, or where the usual ports are taken, any free ports."""
    addresses = ("grpc_address", "http_address", "sandbox_address")
    free = {name: "127.0.0.1:0" for name in addresses if once or _is_taken(getattr(settings, name))}
    return settings.model_copy(
        update={"database_url": SecretStr(""), "redis_url": SecretStr(""), "log_level": "warning", **free}
    )


def _is_taken(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        return probe.connect_ex((host.strip("[]"), int(port))) == 0


async def _configured(settings: Settings, metadata: Metadata) -> bool:
    """A tenant that observes three states and enforces Texas; False where it was configured before, and is let be."""
    async with channel_to(settings) as channel:
        admin = gate_admin_pb2_grpc.GateAdminStub(channel)
        stored = await admin.GetTenantConfig(gate_admin_pb2.GetTenantConfigRequest(), metadata=metadata, timeout=10)
        if stored.config.version:
            return False
        wanted = gate_admin_pb2.TenantConfig(
            enabled_states=_STATES,
            gate_mode=decision_pb2.GATE_MODE_AUDIT,
            overrides=[gate_admin_pb2.PolicyOverride(state="TX", gate_mode=decision_pb2.GATE_MODE_ENFORCE)],
        )
        await admin.UpdateTenantConfig(
            gate_admin_pb2.UpdateTenantConfigRequest(config=wanted, reason="demonstration"),
            metadata=metadata,
            timeout=10,
        )
    return True


async def _check(settings: Settings, metadata: Metadata, claims: Path) -> str:
    """The decision that stopped the first of them."""
    results = claims.with_name("demo-results.jsonl")
    target = Target(results, ResultFormat.JSONL)
    summary = (await checked(Reading(str(claims)), settings, metadata, target)).summary
    console = Console(highlight=False, soft_wrap=True)
    answers = [json.loads(line) for line in results.read_text().splitlines()]
    for result in answers:
        answer = result["code"] + (f" ({result['detail']})" if result["detail"] else "")
        pends = "" if result["action"] == "CONTINUE" else f" → {result['action']}"
        console.print(
            f"{result['claim_id']:<12}{result['state']}  {result['rendering_npi']}  {result['service_date']}  "
            f"{dollars(result['charge_cents']):>8}  {answer}{pends}"
        )
    print(f"\nEvery answer with its reason is in {results}.\n", flush=True)
    show_summary(summary)
    return next(str(result["decision_id"]) for result in answers if result["action"] != "CONTINUE")


async def _demo_account(settings: Settings) -> str:
    """Somebody who may do everything for the demonstration's tenant; their password, kept beside the development key.

    It opens nothing that the key does not open, and the demonstration says it again every time.
    """
    from gate.wiring.people import people_of

    file = settings.data_dir / "demo.password"
    async with people_of(settings) as people:
        async with people.database.reading_accounts() as accounts:
            is_there = any(person.account.login == DEMO_TENANT for person in await people.accounts.everybody(accounts))
        if is_there:
            return file.read_text(encoding="ascii").strip() if file.exists() else ""
        password = secrets.token_urlsafe(_PASSWORD_BYTES)
        file.touch(mode=0o600)
        file.write_text(f"{password}\n", encoding="ascii")
        kept = await people.passwords.hashed(password)
        by = Actor(tenant=DEMO_TENANT, subject="demonstration", via=Via.SYSTEM)
        async with people.database.writing(DEMO_TENANT) as unit:
            await people.accounts.create(
                unit, DEMO_TENANT, name="Demo", password_hash=kept, roles=frozenset(_ALL_ROLES), by=by
            )
    return password


def _tell_where(settings: Settings, gate: "RunningGate", password: str, stopped: str) -> None:
    http = f"http://127.0.0.1:{gate.http_port}"
    command = _command()
    lines = [
        f"export GATE_TOKEN=$({command} token --tenant {DEMO_TENANT} --role org_admin)",
        f"{command} check --npi 1234567893 --state TX --date {today_in('TX', system_clock())} --explain",
        f'{command} tenants mode enforce --state CA --reason "Californian results look right"',
        f"{command} decisions --state TX --limit 5",
        f"{command} explain {stopped}",
    ]
    as_usual = {"GATE_DATA_DIR": settings.data_dir, "GATE_GRPC_ADDRESS": settings.grpc_address}
    for variable, value in as_usual.items():
        if value != Settings.model_fields[variable.removeprefix("GATE_").lower()].default:
            lines.insert(0, f"export {variable}={value}")
    print(
        f"""
Serving until Ctrl-C.

  portal     {http}/   (sign in as {DEMO_TENANT}, password {password or "as you set it"})
  status     {http}/status
  health     {http}/health
  metrics    {http}/metrics
  gRPC       {settings.grpc_address}   (reflection is on)

Texas is enforced; California, Florida and New York are observed. To sign in from another terminal, and to try it:

  {f"{chr(10)}  ".join(lines)}
""",
        flush=True,
    )


def _command() -> str:
    """How the reader can call this very command line: by name where it is on the path, else by where it is."""
    here = Path(sys.argv[0]).resolve()
    on_path = shutil.which("gate")
    if on_path is not None and Path(on_path).resolve() == here:
        return "gate"
    return str(here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else here)
