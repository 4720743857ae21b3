"""Scheduled work: what is watched, what is told of it, and what goes out."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import msgspec

from gate.alerts.model.kinds import AlertKind, Urgency
from gate.alerts.service.office import AlertOffice
from gate.auth.development import development_key
from gate.checks.panels import Panels
from gate.clock import Clock, system_clock
from gate.deadlines.attestations import AttestationDeadlines
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
from gate.jobs.chores import deliver_outbox, job_history, ledger_retention, outbox_retention
from gate.jobs.desk import JobDesk
from gate.jobs.history import JobHistory
from gate.jobs.loop import JobLoop
from gate.jobs.model import Job
from gate.jobs.runner import JobRunner, worker_name
from gate.observability.alert_series import AlertSeries
from gate.observability.job_series import JobSeries
from gate.observability.outbox_series import OutboxSeries
from gate.outbox.channel import Channel
from gate.outbox.dead_letters import DeadLetters
from gate.outbox.dispatcher import Dispatcher
from gate.outbox.letter import Patience
from gate.outbox.outbox import Outbox
from gate.outbox.retention import OutboxRetention
from gate.rpc.alerts.charges import charge_in
from gate.settings import Settings
from gate.tenancy.snapshot import ConfigSnapshot
from gate.wiring.knowledge import asking, configurations
from gate.wiring.process import Process, process_for_once, redis_of
from gate.wiring.records import retention
from sources.http import open_session


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


class Delivery(msgspec.Struct, frozen=True):
    """The ways out."""

    dispatcher: Dispatcher
    events: LocalEvents | RedisEvents
    endpoints: WebhookEndpoints
    series: OutboxSeries


@asynccontextmanager
async def jobs_of(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[Work]:
    """The jobs of a deployment for who runs one of them by hand, with or without a service that does.

    Raises:
        gate.errors.StoreUnavailable: the database cannot be reached.
        gate.errors.PreconditionFailed: it has another schema than this release's.
    """
    async with AsyncExitStack() as stack:
        process = msgspec.structs.replace(
            await process_for_once(settings, clock, stack), redis=redis_of(settings, stack)
        )
        snapshot = await configurations(process)
        asked = await asking(process)
        yield await work(process, alert_office(process, snapshot, asked.panels))


def alert_office(process: Process, snapshot: ConfigSnapshot, panels: Panels) -> AlertOffice:
    """What is watched: what the gate heard of providers, and the tenants' own records."""
    database, log, clock = process.database, process.log, process.clock
    watched = (
        MedicaidDeadlines(database, snapshot, panels),
        AttestationDeadlines(database),
        PayerDeadlines(database),
        CredentialDeadlines(database),
    )
    series = AlertSeries(
        process.metrics.registry, [kind.value for kind in AlertKind], [urgency.value for urgency in Urgency]
    )
    charges = LedgerCharges(database, charge_in)
    office = AlertOffice.of(database, watched, charges, Outbox(clock), log, clock, series)
    process.stack.push_async_callback(office.standing.aclose)
    return office


async def work(process: Process, alerts: AlertOffice) -> Work:
    """All jobs there are; none runs before the loop is started."""
    settings, database, log, clock = process.settings, process.database, process.log, process.clock
    delivery, tenants = await _delivery(process), WatchedTenants(database)
    wanted = settings.delivery
    jobs: tuple[Job, ...] = (
        deliver_outbox(delivery.dispatcher, database, delivery.series, timedelta(seconds=wanted.pace_seconds)),
        ledger_retention(retention(process)),
        outbox_retention(OutboxRetention(database, clock, timedelta(days=wanted.keep_days))),
        job_history(JobHistory(database, clock)),
        alert_scan(alerts, tenants),
        alert_digests(alerts, tenants),
    )
    observer = JobSeries(process.metrics.registry)
    runner = JobRunner(database, clock, observer, worker_name(), timedelta(seconds=settings.jobs.lease_seconds))
    loop = JobLoop(database, jobs, runner, observer, clock)
    process.stack.push_async_callback(loop.aclose, settings.drain_seconds)
    return Work(
        jobs,
        runner,
        loop,
        JobDesk(database, jobs, log, clock),
        DeadLetters(log, clock),
        delivery.endpoints,
        delivery.events,
        clock,
        settings.jobs.enabled,
    )


async def _delivery(process: Process) -> Delivery:
    wanted, database, clock, redis = process.settings.delivery, process.database, process.clock, process.redis
    rules = WebhookRules(
        keys=_webhook_keys(process.settings),
        private_allowed=wanted.webhooks.allow_private_addresses,
        rotation=timedelta(hours=wanted.webhooks.rotation_hours),
    )
    http = await process.stack.enter_async_context(open_session(None if rules.private_allowed else PublicResolver()))
    patience = timedelta(seconds=wanted.webhooks.timeout_seconds)
    events = LocalEvents() if redis is None else RedisEvents(redis, wanted.events.stream, wanted.events.max_length)
    channels: dict[str, Channel] = {
        "email": EmailChannel(wanted.email),
        "webhook": WebhookChannel(database, http, rules, clock, patience),
        "event": events,
    }
    series = OutboxSeries(process.metrics.registry)
    tries = Patience(age=timedelta(hours=wanted.give_up_hours))
    dispatcher = Dispatcher(database, channels, clock, series.tried, tries)
    return Delivery(dispatcher, events, WebhookEndpoints(rules, process.log, clock), series)


def _webhook_keys(settings: Settings) -> list[bytes]:
    """The present one first. In development the local key will do, so that there is something to try."""
    wanted = settings.delivery.webhooks
    keys = [key.get_secret_value().encode() for key in (wanted.signing_key, wanted.previous_signing_key)]
    if not keys[0] and settings.uses_development_key:
        keys[0] = development_key(settings.data_dir)
    return [key for key in keys if key] if keys[0] else []
