"""Wires one process together: the only file that knows every concrete class."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import msgspec
import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from sqlalchemy.exc import SQLAlchemyError

from aggregator.cache.contract import KnowledgeCache
from aggregator.cache.layered import LayeredCache
from aggregator.cache.memory import MemoryCache
from aggregator.cache.outage import OutageTolerantStore
from aggregator.cache.shared import SharedCache
from aggregator.refresh import RefreshAhead, RefreshLimits
from aggregator.resolve import Resolver
from gate.accounts.calendar_addresses import CalendarAddresses
from gate.accounts.model import Lifetimes
from gate.accounts.passwords import Passwords
from gate.accounts.service import AccountService
from gate.accounts.sessions import Sessions
from gate.accounts.sign_in import SignIn
from gate.alerts.model.kinds import AlertKind, Urgency
from gate.alerts.service.office import AlertOffice
from gate.audit.anchoring import AnchorLog
from gate.audit.log import AuditLog
from gate.audit.reading import AuditReader
from gate.audit.trail import AuditTrail
from gate.auth.development import DevelopmentKeyVerifier, development_key
from gate.auth.jwks import JwksVerifier
from gate.auth.key_ring import KeyRing
from gate.auth.key_use import KeyUse
from gate.auth.oidc import OpenIdProvider
from gate.auth.repository import KeyStore
from gate.auth.service import AccessService
from gate.auth.tokens import BearerVerifier, RememberingVerifier, TokenVerifier
from gate.checks.connections import Connections, GuardedSources
from gate.checks.deactivations import DeactivationList
from gate.checks.panels import Panels
from gate.checks.profile import ProviderLookup
from gate.checks.recording import CountingRecorder
from gate.checks.service import CheckService
from gate.checks.watch import SourceWatch
from gate.clock import Clock, system_clock
from gate.credentialing.service.desk import CredentialingDesk
from gate.deadlines.charges import LedgerCharges
from gate.deadlines.credentials import CredentialDeadlines
from gate.deadlines.jobs import WatchedTenants, alert_digests, alert_scan
from gate.deadlines.medicaid import MedicaidDeadlines
from gate.deadlines.payers import PayerDeadlines
from gate.delivery.email import EmailChannel
from gate.delivery.endpoints import WebhookEndpoints, WebhookRules
from gate.delivery.events import LocalEvents, RedisEvents
from gate.delivery.public_addresses import PublicResolver
from gate.delivery.webhooks import WebhookChannel
from gate.errors import PreconditionFailed, StoreUnavailable
from gate.jobs.chores import deliver_outbox, job_history, ledger_retention, outbox_retention
from gate.jobs.desk import JobDesk
from gate.jobs.history import JobHistory
from gate.jobs.loop import JobLoop
from gate.jobs.model import Job
from gate.jobs.runner import JobRunner, worker_name
from gate.ledger.backlog import Backlog
from gate.ledger.condition import LedgerCondition
from gate.ledger.drainer import Drainer
from gate.ledger.journal import SpoolJournal
from gate.ledger.past import ObservationLog
from gate.ledger.process import DrainerProcess, DrainOrder, EmbeddedDrainer, RunningDrainer
from gate.ledger.retention import Retained, Retention
from gate.ledger.service import DecisionLedger
from gate.ledger.shelf import LedgerShelf
from gate.ledger.spool import Spool, SpoolLimits
from gate.ledger.storing import DatabaseShelf
from gate.medicaid_evidence import RecollectedEvidence
from gate.observability.alert_series import AlertSeries
from gate.observability.job_series import JobSeries
from gate.observability.ledger_series import LedgerSeries
from gate.observability.metrics import Metrics
from gate.observability.outbox_series import OutboxSeries
from gate.outbox.channel import Channel
from gate.outbox.dead_letters import DeadLetters
from gate.outbox.dispatcher import Dispatcher
from gate.outbox.letter import Patience
from gate.outbox.outbox import Outbox
from gate.outbox.retention import OutboxRetention
from gate.persistence.engine import open_engine
from gate.persistence.following import API_KEYS, CONFIGURATIONS, Announcements
from gate.persistence.migrate import is_current, upgrade
from gate.persistence.unit_of_work import Database
from gate.readiness import Announce, Readiness
from gate.rpc.access import AccessServicer
from gate.rpc.admission import Admission
from gate.rpc.alerts.charges import charge_in
from gate.rpc.alerts.service import AlertsService
from gate.rpc.answering import WayOut
from gate.rpc.audit_log import AuditLogService
from gate.rpc.audit_records import AuditRecords
from gate.rpc.certificates import Certificates
from gate.rpc.claim_answers import ClaimAnswers
from gate.rpc.credentialing.service import CredentialingService
from gate.rpc.decision_records import DecisionRecords
from gate.rpc.door import Door
from gate.rpc.enrollment_gate import Budgets, EnrollmentGateService
from gate.rpc.gate_admin import GateAdminService
from gate.rpc.ledger_wire import unpacked
from gate.rpc.server import GrpcServer
from gate.serving import ServeRole
from gate.setting_sections import ProviderEnrollmentSettings
from gate.settings import Environment, Settings
from gate.tenancy.defaults import deployment_defaults, surroundings
from gate.tenancy.repository import ConfigStore
from gate.tenancy.service import TenantService
from gate.tenancy.snapshot import ConfigSnapshot
from gate.web.app import WebParts, build_app
from gate.web.cookies import Cookies
from gate.web.door import WebDoor
from gate.web.health import Health
from gate.web.portal.provider_pages import RETURN
from gate.web.portal.sign_in_form import Entrances
from gate.web.server import HttpServer
from gate.workers.crew import Crew
from sources.connection import SourceConnection
from sources.contract import SourceDescription
from sources.http import open_session
from sources.registry import available_sources

if TYPE_CHECKING:  # a gate without Redis starts without its client
    from redis.asyncio import Redis

_MEGABYTE: Final = 1_000_000
_DATABASE_RETRY_SECONDS: Final = 2.0
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
        metrics = Metrics(_registry())
        redis = _redis(settings, stack)
        database = await _database(settings, stack)
        snapshot = await _snapshot(settings, database, redis, stack)
        asked = await _asking(settings, metrics, clock, stack, crew.size)
        cache = _cache(settings, redis, metrics, clock, stack)
        resolver = Resolver(cache, clock=clock, observer=metrics, ahead=_refresh_ahead(settings, metrics))
        stack.push_async_callback(resolver.aclose)
        keys = await _api_keys(settings, database, redis, metrics, clock, stack)
        verifier = BearerVerifier(keys, _verifier(settings, clock, stack))
        door = Door(verifier, _admission(settings, metrics), metrics, clock)
        deactivations = DeactivationList(settings.nppes_deactivations_file)
        deactivations.start()
        stack.push_async_callback(deactivations.aclose)
        checks = CheckService(snapshot, asked.panels, resolver, clock, deactivations)
        past = ObservationLog(database)
        lookup = ProviderLookup(snapshot, asked.panels, resolver, past, clock)
        tenants = TenantService(
            defaults=deployment_defaults(settings.provider_enrollment),
            surroundings=surroundings(settings, asked.panels.descriptions),
            publisher=snapshot,
            has_working_source=lambda _, state: not asked.panels.has_only_stubs(state),
            clock=clock,
        )
        log = _audit_log(settings, clock, stack)
        records = AuditRecords(database, log, clock)
        readiness = Readiness(snapshot, metrics)
        ledger = _ledger(settings, metrics, DatabaseShelf(database, log), clock, stack)
        health = Health(
            version("enrollment-gate"),
            lambda: [*readiness.reasons(), *crew.reasons()],
            lambda: [*ledger.condition.troubles(), *crew.troubles()],
            asked.watch,
            clock,
        )
        people = await _people(settings, database, log, clock, stack)
        alerts = _alerts(database, snapshot, asked.panels, log, clock, metrics.registry, stack)
        work = await _work(settings, database, redis, log, metrics.registry, alerts, stack)
        services = _Services(
            tenants, CredentialingDesk.of(database, RecollectedEvidence(lookup), log, clock), alerts, work
        )
        app = _web(settings, people, health, _shown(metrics.registry, crew), services, verifier, role)
        http_server = HttpServer(
            app, settings.http_address, settings.http_trusted_proxies, shares_port=not crew.is_alone
        )
        await http_server.start()
        stack.push_async_callback(http_server.stop)
        budgets = Budgets(settings.check_budget_seconds, settings.batch_budget_seconds)
        recorder = CountingRecorder(metrics)
        metrics.noted.by(recorder.count)
        metrics.noted.start()
        stack.callback(recorder.flush)
        stack.callback(metrics.noted.stop)
        grpc_server = GrpcServer(
            EnrollmentGateService(
                door,
                WayOut(ledger.journal, recorder, records),
                ClaimAnswers(checks, clock),
                lookup,
                DecisionRecords(database, DecisionLedger(log, clock), past, checks, settings.check_budget_seconds),
                budgets,
            ),
            GateAdminService(door, database, tenants, asked.panels, records),
            AuditLogService(door, database, log, AuditReader(database), records),
            AccessServicer(door, database, AccessService(log, keys.changed, clock)),
            CredentialingService(door, database, services.credentialing),
            AlertsService(door, database, alerts),
            shares_port=not crew.is_alone,
        )
        await _open_grpc(grpc_server, role, settings, metrics, alerts, stack)
        await readiness.start(_announcing(grpc_server, crew))
        stack.push_async_callback(_give_notice, settings.stop_notice_seconds, crew)
        stack.push_async_callback(readiness.end)
        _log.info("serving", grpc_port=grpc_server.port, http_port=http_server.port, role=role.value)
        # Last, because it takes the processor that the start needs; and without a pause, because whoever is told that
        # this process serves may stop it, and only what comes next hears that.
        _begin_behind_the_doors(role, crew, ledger, work, readiness)
        stack.push_async_callback(_cancelled, _advising_first_account(settings, people, crew))
        yield RunningGate(grpc_server.port, http_server.port)


def with_connections(settings: Settings, connections: Mapping[str, SourceConnection]) -> Settings:
    """`settings` with these connections in place of the deployment's own."""
    enrollment = settings.provider_enrollment
    built_in = {name: at for name, at in connections.items() if name in ProviderEnrollmentSettings.model_fields}
    others = {name: at for name, at in connections.items() if name not in built_in}
    changed = enrollment.model_copy(
        update={**built_in, "other_sources": {**enrollment.other_sources, **others}},
    )
    return settings.model_copy(update={"provider_enrollment": changed})


class _Asked(msgspec.Struct, frozen=True):
    panels: Panels
    watch: SourceWatch


async def _asking(settings: Settings, metrics: Metrics, clock: Clock, stack: AsyncExitStack, sharers: int) -> _Asked:
    """Everything that leads to the sources."""
    factories = available_sources()
    descriptions = {name: factory.description for name, factory in factories.items()}
    _report_stubs(descriptions)
    session = await stack.enter_async_context(open_session())
    own = {name: settings.provider_enrollment.connection(name) for name in descriptions}
    guarded = GuardedSources(factories, session, own, metrics.of_sources, clock, sharers=sharers)
    connections = Connections(settings.provider_enrollment, settings.credentials)
    configured = {name: guarded.at(name, connection) for name, connection in own.items() if connection.is_configured}
    watch = SourceWatch(descriptions, configured, clock)
    stack.push_async_callback(watch.aclose)
    return _Asked(Panels(descriptions, connections.of, guarded.at), watch)


def _report_stubs(descriptions: Mapping[str, SourceDescription]) -> None:
    """Row A17."""
    for name, description in descriptions.items():
        if not description.implemented:
            _log.warning("source_not_implemented", source=name, states=sorted(description.states))


def _redis(settings: Settings, stack: AsyncExitStack) -> "Redis | None":
    url = settings.redis_url.get_secret_value()
    if not url:
        return None
    from aggregator.cache.redis import redis_client

    try:
        redis = redis_client(url)
    except ValueError:
        raise PreconditionFailed(
            "GATE_REDIS_URL cannot be used: its host, port or options do not fit, or want percent-encoding"
        ) from None
    stack.push_async_callback(redis.aclose)
    return redis


def _announcements(redis: "Redis | None", channel: str) -> Announcements | None:
    if redis is None:
        return None
    from gate.persistence.announcements import RedisAnnouncements

    return RedisAnnouncements(redis, channel)


def _cache(
    settings: Settings, redis: "Redis | None", metrics: Metrics, clock: Clock, stack: AsyncExitStack
) -> KnowledgeCache:
    memory = MemoryCache(settings.cache_memory_mb * _MEGABYTE, clock)
    metrics.cache.watch(lambda: memory.use)
    if redis is None:
        return memory
    from aggregator.cache.redis import RedisStore

    store = OutageTolerantStore(RedisStore(redis, metrics, clock), metrics)
    cache = LayeredCache(memory, SharedCache(store, clock))
    stack.push_async_callback(cache.aclose)
    return cache


def _verifier(settings: Settings, clock: Clock, stack: AsyncExitStack) -> RememberingVerifier:
    if settings.uses_development_key:
        return RememberingVerifier(DevelopmentKeyVerifier(development_key(settings.data_dir)), clock)
    published = JwksVerifier(settings.auth)
    stack.push_async_callback(published.aclose)
    return RememberingVerifier(published, clock)


async def _database(settings: Settings, stack: AsyncExitStack) -> Database:
    engine = open_engine(settings.sqlalchemy_url)
    stack.push_async_callback(engine.dispose)
    if settings.migrate_on_start and not await _migrated(settings.sqlalchemy_url):
        # The gate starts without its database and is not ready until it is there.
        waiting = asyncio.create_task(_migrate_when_possible(settings.sqlalchemy_url), name="migrate")
        stack.push_async_callback(_cancelled, waiting)
    return Database(engine)


async def _migrate_when_possible(url: str) -> None:
    while True:
        await asyncio.sleep(_DATABASE_RETRY_SECONDS)
        if await _migrated(url):
            return


async def _migrated(url: str) -> bool:
    try:
        if not await upgrade(url):
            _log.warning("database_migrated_by_a_later_release")
    except (StoreUnavailable, SQLAlchemyError, OSError) as error:
        _log.warning("database_not_migrated", error=type(error).__name__)
        return False
    return True


async def _snapshot(
    settings: Settings, database: Database, redis: "Redis | None", stack: AsyncExitStack
) -> ConfigSnapshot:
    announcements = _announcements(redis, CONFIGURATIONS)
    snapshot = ConfigSnapshot(ConfigStore(database), deployment_defaults(settings.provider_enrollment), announcements)
    await snapshot.start()
    stack.push_async_callback(snapshot.aclose)
    return snapshot


class _Ledger(msgspec.Struct, frozen=True):
    journal: SpoolJournal
    condition: LedgerCondition
    drainer: RunningDrainer


def _ledger(settings: Settings, metrics: Metrics, shelf: LedgerShelf, clock: Clock, stack: AsyncExitStack) -> _Ledger:
    """The decision ledger's way in, and its way to the database."""
    wanted = settings.ledger
    limits = SpoolLimits(wanted.spool_limit_mb * _MEGABYTE, wanted.sync_seconds)
    directory = settings.data_dir / "ledger"
    try:
        spool = Spool(directory, limits, clock())
    except OSError as error:
        raise PreconditionFailed(
            f"the ledger's spool cannot be kept in {directory} (GATE_DATA_DIR): {error.strerror}"
        ) from error
    series = LedgerSeries(metrics.registry, limits.total_bytes)
    journal = SpoolJournal(spool, series, clock, answers_anyway=wanted.on_failure == "continue")
    condition = LedgerCondition(spool, journal, series, clock)
    metrics.noted.by(condition.tell)
    drainer: RunningDrainer
    if wanted.drainer == "embedded":
        backlog = Backlog(directory, spool.owner)
        drainer = EmbeddedDrainer(Drainer(backlog, shelf, unpacked, condition.progressed))
    else:
        order = DrainOrder(
            str(directory), spool.owner, settings.sqlalchemy_url, settings.log_level, settings.audit.anchor_minutes
        )
        drainer = DrainerProcess("gate.drain", order, condition.progressed)
    spool.start()
    condition.start()
    # In the reverse order, once nothing more is answered.
    stack.callback(spool.release)
    stack.push_async_callback(condition.aclose)
    stack.push_async_callback(drainer.finish, settings.drain_seconds)
    stack.push_async_callback(spool.aclose)
    return _Ledger(journal, condition, drainer)


async def _api_keys(
    settings: Settings, database: Database, redis: "Redis | None", metrics: Metrics, clock: Clock, stack: AsyncExitStack
) -> KeyRing:
    store = KeyStore(database, clock)
    use = KeyUse(store)
    use.start()
    stack.push_async_callback(use.aclose)
    announcements = _announcements(redis, API_KEYS)
    ring = KeyRing(store, use, clock, announcements, max_stale_seconds=settings.auth.api_keys_max_stale_seconds)
    await ring.start()
    stack.push_async_callback(ring.aclose)
    metrics.tell_age_of_api_keys(lambda: ring.age_seconds)
    return ring


def _certificates(settings: Settings, metrics: Metrics, clock: Clock, stack: AsyncExitStack) -> Certificates:
    certificates = Certificates(settings.tls, metrics, clock)
    certificates.start()
    stack.push_async_callback(certificates.aclose)
    return certificates


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def _admission(settings: Settings, metrics: Metrics) -> Admission:
    admission = Admission(settings.limits.claims_in_flight, metrics)
    metrics.count_claims_in_flight(lambda: admission.claims_in_flight)
    return admission


async def retained(settings: Settings, tenants: Sequence[str], clock: Clock = system_clock) -> AsyncIterator[Retained]:
    """Apply the ledger's retention to these tenants; tells of each when it is done.

    Raises:
        gate.errors.StoreUnavailable: the database cannot be reached.
    """
    async with AsyncExitStack() as stack:
        database = await _current_database(settings, stack)
        retention = _retention(settings, database, _audit_log(settings, clock, stack), clock)
        for tenant in tenants:
            yield await retention.apply(tenant)


def _retention(settings: Settings, database: Database, log: AuditLog, clock: Clock) -> Retention:
    return Retention(database, log, clock, timedelta(days=settings.ledger.retention_days))


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _audit_log(settings: Settings, clock: Clock, stack: AsyncExitStack) -> AuditLog:
    anchors = AnchorLog(settings.audit.anchor_minutes * 60)
    anchors.start()
    stack.push_async_callback(anchors.aclose)
    return AuditLog(anchors, clock)


class People(msgspec.Struct, frozen=True):
    """Who has an account, and how they sign in."""

    database: Database
    accounts: AccountService
    passwords: Passwords
    sessions: Sessions
    sign_in: SignIn
    provider: OpenIdProvider | None
    clock: Clock
    calendars: CalendarAddresses


@asynccontextmanager
async def people_of(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[People]:
    """The accounts of a deployment for who works on its database, with or without a gate that serves.

    Raises:
        StoreUnavailable: the database cannot be reached.
        PreconditionFailed: it has another schema than this release's.
    """
    async with AsyncExitStack() as stack:
        database = await _current_database(settings, stack)
        yield await _people(settings, database, _audit_log(settings, clock, stack), clock, stack)


async def _current_database(settings: Settings, stack: AsyncExitStack) -> Database:
    """For who cannot wait until it is there."""
    if settings.migrate_on_start:
        await upgrade(settings.sqlalchemy_url)
    engine = open_engine(settings.sqlalchemy_url)
    stack.push_async_callback(engine.dispose)
    if not await is_current(engine):
        raise PreconditionFailed(
            "the database has not the schema of this release: run gate migrate, or use the release that migrated it"
        )
    return Database(engine)


async def _people(
    settings: Settings, database: Database, trail: AuditTrail, clock: Clock, stack: AsyncExitStack
) -> People:
    lifetimes = Lifetimes(
        idle=timedelta(minutes=settings.portal.session_idle_minutes),
        absolute=timedelta(hours=settings.portal.session_hours),
    )
    accounts = AccountService(trail, clock)
    passwords = Passwords()
    stack.callback(passwords.close)
    sessions = Sessions(database, lifetimes, trail, clock)
    sign_in = SignIn(database, sessions, accounts, passwords, clock)
    provider = await _identity_provider(settings, stack)
    calendars = CalendarAddresses(database, trail, clock)
    return People(database, accounts, passwords, sessions, sign_in, provider, clock, calendars)


async def _identity_provider(settings: Settings, stack: AsyncExitStack) -> OpenIdProvider | None:
    if not settings.oidc.is_on:
        return None
    http = await stack.enter_async_context(open_session())
    provider = OpenIdProvider(settings.oidc, settings.portal.base_url.rstrip("/") + RETURN, http)
    stack.push_async_callback(provider.aclose)
    return provider


def _begin_behind_the_doors(role: ServeRole, crew: Crew, ledger: _Ledger, work: "Work", readiness: Readiness) -> None:
    if role.answers_claims:
        ledger.drainer.start()
    # One of several workers is enough, and replicas share the rest.
    if role.runs_jobs and work.is_enabled and crew.slot == 1:
        work.loop.start(lambda: not readiness.reasons())


async def _open_grpc(
    server: GrpcServer,
    role: ServeRole,
    settings: Settings,
    metrics: Metrics,
    alerts: AlertOffice,
    stack: AsyncExitStack,
) -> None:
    if role.answers_claims:
        certificates = _certificates(settings, metrics, alerts.clock, stack)
        await server.start(settings.grpc_address, certificates.credentials())
        stack.push_async_callback(server.stop, settings.drain_seconds)
        stack.callback(alerts.feed.end)  # before: whoever follows would be waited for


class _Services(msgspec.Struct, frozen=True):
    """Whose use cases both doors offer."""

    tenants: TenantService
    credentialing: CredentialingDesk
    alerts: AlertOffice
    work: "Work"


def _web(  # noqa: PLR0913, PLR0917 - what the door is made of
    settings: Settings,
    people: People,
    health: Health,
    registry: CollectorRegistry,
    services: _Services,
    verifier: TokenVerifier,
    role: ServeRole,
) -> FastAPI:
    cookies = Cookies(are_secure=settings.has_secure_cookies)
    return build_app(
        WebParts(
            version=version("enrollment-gate"),
            registry=registry,
            metrics_token=settings.metrics_token,
            health=health,
            database=people.database,
            tenants=services.tenants,
            credentialing=services.credentialing,
            alerts=services.alerts,
            jobs=services.work.desk,
            dead_letters=services.work.dead_letters,
            webhooks=services.work.webhooks,
            has_pages=role.has_pages,
            door=WebDoor(people.sessions, verifier, cookies, settings.portal.base_url),
            sessions=people.sessions,
            calendars=people.calendars,
            base_url=settings.portal.base_url,
            entrances=Entrances(
                sign_in=people.sign_in,
                has_local_accounts=settings.portal.local_accounts,
                provider=people.provider,
            ),
            cookies=cookies,
            has_secure_cookies=settings.has_secure_cookies,
            clock=people.clock,
        )
    )


def _advising_first_account(settings: Settings, people: People, crew: Crew) -> asyncio.Task[None]:
    async def advise() -> None:
        if crew.slot == 1:
            await _advise_first_account(settings, people)

    return asyncio.create_task(advise(), name="first-account")


async def _advise_first_account(settings: Settings, people: People) -> None:
    """Where nobody has an account yet, say how to make one."""
    if settings.environment is not Environment.DEVELOPMENT or not settings.portal.local_accounts:
        return
    with suppress(StoreUnavailable, SQLAlchemyError):
        async with people.database.reading_accounts() as accounts:
            if await people.accounts.is_needed(accounts):
                _log.info("portal_has_no_accounts", create_one="gate accounts create LOGIN --tenant T --role org_admin")


def _shown(own: CollectorRegistry, crew: Crew) -> CollectorRegistry:
    """What `/metrics` shows: of several workers all series, whichever of them is asked."""
    if crew.is_alone:
        return own
    from gate.observability.merged import merged_series

    return merged_series(crew.metrics_directory, lambda: crew.serving, lambda: crew.condition.restarts)


def _announcing(server: GrpcServer, crew: Crew) -> Announce:
    async def announce(*, serving: bool) -> None:
        await server.announce(serving=serving)
        await crew.announce(serving=serving)

    return announce


async def _give_notice(seconds: float, crew: Crew) -> None:
    """Calls are still taken, unless the supervisor is gone: whoever takes its place needs the ports."""
    if not crew.is_orphaned:
        await asyncio.sleep(seconds)


def _refresh_ahead(settings: Settings, metrics: Metrics) -> RefreshAhead:
    wanted = settings.refresh
    return RefreshAhead(RefreshLimits(wanted.share, wanted.at_once), metrics)


class Work(msgspec.Struct, frozen=True):
    """Scheduled work, and the messages that some of it sends."""

    jobs: Sequence[Job]
    runner: JobRunner
    loop: JobLoop
    desk: JobDesk
    dead_letters: DeadLetters
    webhooks: WebhookEndpoints
    events: LocalEvents | RedisEvents
    clock: Clock
    is_enabled: bool
    """Whether processes that serve run jobs by themselves."""


async def _work(  # noqa: PLR0913, PLR0917 - whatever jobs may want
    settings: Settings,
    database: Database,
    redis: "Redis | None",
    log: AuditLog,
    registry: CollectorRegistry,
    alerts: AlertOffice,
    stack: AsyncExitStack,
) -> Work:
    wanted, clock, tenants = settings.delivery, alerts.clock, WatchedTenants(database)
    rules = WebhookRules(
        keys=_webhook_keys(settings),
        private_allowed=wanted.webhooks.allow_private_addresses,
        rotation=timedelta(hours=wanted.webhooks.rotation_hours),
    )
    resolver = None if rules.private_allowed else PublicResolver()
    http = await stack.enter_async_context(open_session(resolver))
    patience = timedelta(seconds=wanted.webhooks.timeout_seconds)
    events = LocalEvents() if redis is None else RedisEvents(redis, wanted.events.stream, wanted.events.max_length)
    channels: dict[str, Channel] = {
        "email": EmailChannel(wanted.email),
        "webhook": WebhookChannel(database, http, rules, clock, patience),
        "event": events,
    }
    series = OutboxSeries(registry)
    tries = Patience(age=timedelta(hours=wanted.give_up_hours))
    dispatcher = Dispatcher(database, channels, clock, series.tried, tries)
    jobs: tuple[Job, ...] = (
        deliver_outbox(dispatcher, database, series, timedelta(seconds=wanted.pace_seconds)),
        ledger_retention(_retention(settings, database, log, clock)),
        outbox_retention(OutboxRetention(database, clock, timedelta(days=wanted.keep_days))),
        job_history(JobHistory(database, clock)),
        alert_scan(alerts, tenants),
        alert_digests(alerts, tenants),
    )
    observer = JobSeries(registry)
    runner = JobRunner(database, clock, observer, worker_name(), timedelta(seconds=settings.jobs.lease_seconds))
    loop = JobLoop(database, jobs, runner, observer, clock)
    stack.push_async_callback(loop.aclose, settings.drain_seconds)
    return Work(
        jobs,
        runner,
        loop,
        JobDesk(database, jobs, log, clock),
        DeadLetters(log, clock),
        WebhookEndpoints(rules, log, clock),
        events,
        clock,
        settings.jobs.enabled,
    )


def _webhook_keys(settings: Settings) -> list[bytes]:
    """The present one first. In development the local key will do, so that there is something to try."""
    wanted = settings.delivery.webhooks
    keys = [key.get_secret_value().encode() for key in (wanted.signing_key, wanted.previous_signing_key)]
    if not keys[0] and settings.uses_development_key:
        keys[0] = development_key(settings.data_dir)
    return [key for key in keys if key] if keys[0] else []


@asynccontextmanager
async def jobs_of(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[Work]:
    """The jobs of a deployment for who runs one of them by hand, with or without a service that does.

    Raises:
        gate.errors.StoreUnavailable: the database cannot be reached.
        gate.errors.PreconditionFailed: it has another schema than this release's.
    """
    async with AsyncExitStack() as stack:
        database = await _current_database(settings, stack)
        redis = _redis(settings, stack)
        log = _audit_log(settings, clock, stack)
        snapshot = await _snapshot(settings, database, redis, stack)
        asked = await _asking(settings, Metrics(CollectorRegistry()), clock, stack, 1)
        alerts = _alerts(database, snapshot, asked.panels, log, clock, CollectorRegistry(), stack)
        yield await _work(settings, database, redis, log, CollectorRegistry(), alerts, stack)


def _alerts(  # noqa: PLR0913, PLR0917 - what it watches, and who hears of it
    database: Database,
    snapshot: ConfigSnapshot,
    panels: Panels,
    log: AuditLog,
    clock: Clock,
    registry: CollectorRegistry,
    stack: AsyncExitStack,
) -> AlertOffice:
    """What is watched: what the gate heard of providers, and the tenants' own records."""
    watched = (MedicaidDeadlines(database, snapshot, panels), PayerDeadlines(database), CredentialDeadlines(database))
    series = AlertSeries(registry, [kind.value for kind in AlertKind], [urgency.value for urgency in Urgency])
    charges = LedgerCharges(database, charge_in)
    office = AlertOffice.of(database, watched, charges, Outbox(clock), log, clock, series)
    stack.push_async_callback(office.standing.aclose)
    return office
