"""Wires one process together; `gate.wiring` has its parts, and the two alone know every concrete class."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

import msgspec
import structlog
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from gate.auth.tokens import BearerVerifier
from gate.checks.profile import ProviderLookup
from gate.checks.recording import CountingRecorder
from gate.checks.service import CheckService
from gate.clock import Clock, system_clock
from gate.credentialing.service.desk import CredentialingDesk
from gate.ledger.past import ObservationLog
from gate.medicaid_evidence import RecollectedEvidence
from gate.observability.metrics import Metrics
from gate.readiness import Readiness
from gate.serving import ServeRole
from gate.settings import Settings
from gate.tenancy.defaults import deployment_defaults, surroundings
from gate.tenancy.service import TenantService
from gate.tenancy.snapshot import ConfigSnapshot
from gate.web.health import Health
from gate.wiring.callers import api_keys, signed_tokens
from gate.wiring.doors import (
    Callers,
    Checking,
    Services,
    announcing,
    give_notice,
    grpc_server,
    open_grpc,
    open_web,
    web_app,
)
from gate.wiring.knowledge import Asked, asking, configurations, deactivated_providers, resolver_of
from gate.wiring.people import advising_first_account, people
from gate.wiring.process import Process, cancelled, process_that_serves
from gate.wiring.records import Ledger, ledger
from gate.wiring.work import Work, alert_office, work
from gate.workers.crew import Crew

_log = structlog.stdlib.get_logger(__name__)


class RunningGate(msgspec.Struct, frozen=True):
    """A gate that serves; the ports are the ones really bound."""

    grpc_port: int
    http_port: int


@asynccontextmanager
async def running_gate(
    settings: Settings, clock: Clock = system_clock, *, crew: Crew | None = None, role: ServeRole = ServeRole.ALL
) -> AsyncIterator[RunningGate]:
    """Serve inside the block; then drop readiness, let calls in flight finish, and stop the rest.

    `crew`: the workers of which this process is one; without, it serves alone. `role`: which part of the service it is;
    without the gRPC door its port is 0.

    Raises:
        gate.errors.PreconditionFailed: an address is taken, or the development key or a certificate cannot be used.
        sources.registry.SourceRegistrationError: a plug-in cannot be used.
    """
    crew = Crew() if crew is None else crew
    async with AsyncExitStack() as stack:
        process = await process_that_serves(settings, clock, stack, Metrics(_registry()))
        snapshot = await configurations(process)
        asked = await asking(process, crew.size)
        past = ObservationLog(process.database)
        kept = ledger(process)
        resolver = resolver_of(process, kept.journal)
        keys = await api_keys(process)
        callers = Callers(keys, BearerVerifier(keys, signed_tokens(process)))
        checks = CheckService(snapshot, asked.panels, resolver, clock, deactivated_providers(process))
        lookup = ProviderLookup(snapshot, asked.panels, resolver, past, clock)
        readiness = Readiness(snapshot, process.metrics)
        staff = await people(process)
        services = await _services(process, snapshot, asked, lookup)
        health = _health(process, readiness, kept, asked, crew)
        app = web_app(process, staff, health, services, callers, role, crew)
        web = await open_web(process, app, shares_port=not crew.is_alone)
        checking = Checking(checks, lookup, past, asked.panels, kept.journal, _recorder(process))
        server = grpc_server(process, callers, checking, services, shares_port=not crew.is_alone)
        if role.answers_claims:
            await open_grpc(process, server, services.alerts)
        await readiness.start(announcing(server, crew))
        stack.push_async_callback(give_notice, settings.stop_notice_seconds, crew)
        stack.push_async_callback(readiness.end)
        _log.info("serving", grpc_port=server.port, http_port=web.port, role=role.value)
        # Last, because it takes the processor that the start needs; and without a pause, because whoever is told that
        # this process serves may stop it, and only what comes next hears that.
        _begin_behind_the_doors(role, crew, kept, services.work, readiness)
        if crew.slot == 1:
            stack.push_async_callback(cancelled, advising_first_account(settings, staff))
        yield RunningGate(server.port, web.port)


async def _services(process: Process, snapshot: ConfigSnapshot, asked: Asked, lookup: ProviderLookup) -> Services:
    settings, clock = process.settings, process.clock
    tenants = TenantService(
        defaults=deployment_defaults(settings.provider_enrollment),
        surroundings=surroundings(settings, asked.panels.descriptions),
        publisher=snapshot,
        has_working_source=lambda _, state: not asked.panels.has_only_stubs(state),
        clock=clock,
    )
    alerts = alert_office(process, snapshot, asked.panels)
    credentialing = CredentialingDesk.of(process.database, RecollectedEvidence(lookup), process.log, clock)
    return Services(tenants, credentialing, alerts, await work(process, alerts))


def _health(process: Process, readiness: Readiness, kept: Ledger, asked: Asked, crew: Crew) -> Health:
    return Health(
        version("enrollment-gate"),
        lambda: [*readiness.reasons(), *crew.reasons()],
        lambda: [*kept.condition.troubles(), *crew.troubles()],
        asked.watch,
        process.clock,
    )


def _recorder(process: Process) -> CountingRecorder:
    """Counts answers a moment after they were given."""
    recorder, noted = CountingRecorder(process.metrics), process.metrics.noted
    noted.by(recorder.count)
    noted.start()
    process.stack.callback(recorder.flush)
    process.stack.callback(noted.stop)
    return recorder


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def _begin_behind_the_doors(role: ServeRole, crew: Crew, kept: Ledger, scheduled: Work, readiness: Readiness) -> None:
    if role.answers_claims:
        kept.drainer.start()
    # One of several workers is enough, and replicas share the rest.
    if role.runs_jobs and scheduled.is_enabled and crew.slot == 1:
        scheduled.loop.start(lambda: not readiness.reasons())
