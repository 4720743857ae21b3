"""The two doors: gRPC and the web, over the same use cases."""

import asyncio
from importlib.metadata import version

import msgspec
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from gate.alerts.service.office import AlertOffice
from gate.audit.reading import AuditReader
from gate.auth.key_ring import KeyRing
from gate.auth.service import AccessService
from gate.auth.tokens import BearerVerifier
from gate.checks.panels import Panels
from gate.checks.profile import ProviderLookup
from gate.checks.recording import DecisionRecorder
from gate.checks.service import CheckService
from gate.credentialing.service.desk import CredentialingDesk
from gate.ledger.journal import SpoolJournal
from gate.ledger.past import ObservationLog
from gate.ledger.service import DecisionLedger
from gate.readiness import Announce
from gate.rpc.access import AccessServicer
from gate.rpc.alerts.service import AlertsService
from gate.rpc.answering import WayOut
from gate.rpc.audit_log import AuditLogService
from gate.rpc.audit_records import AuditRecords
from gate.rpc.claim_answers import ClaimAnswers
from gate.rpc.credentialing.service import CredentialingService
from gate.rpc.decision_records import DecisionRecords
from gate.rpc.door import Door
from gate.rpc.enrollment_gate import Budgets, EnrollmentGateService
from gate.rpc.gate_admin import GateAdminService
from gate.rpc.server import GrpcServer
from gate.serving import ServeRole
from gate.tenancy.service import TenantService
from gate.web.app import WebParts, build_app
from gate.web.cookies import Cookies
from gate.web.door import WebDoor
from gate.web.health import Health
from gate.web.portal.sign_in_form import Entrances
from gate.web.server import HttpServer
from gate.wiring.callers import admission, certificates
from gate.wiring.people import People
from gate.wiring.process import Process
from gate.wiring.work import Work
from gate.workers.crew import Crew


class Services(msgspec.Struct, frozen=True):
    """Whose use cases both doors offer."""

    tenants: TenantService
    credentialing: CredentialingDesk
    alerts: AlertOffice
    work: Work


class Checking(msgspec.Struct, frozen=True):
    """What answers claims."""

    checks: CheckService
    lookup: ProviderLookup
    past: ObservationLog
    panels: Panels
    journal: SpoolJournal
    recorder: DecisionRecorder


class Callers(msgspec.Struct, frozen=True):
    """Who may call, and by what they are known."""

    keys: KeyRing
    verifier: BearerVerifier


def grpc_server(
    process: Process, callers: Callers, checking: Checking, services: Services, *, shares_port: bool
) -> GrpcServer:
    """All its services; none is open yet."""
    settings, database, log, clock = process.settings, process.database, process.log, process.clock
    door = Door(callers.verifier, admission(process), process.metrics, clock)
    records = AuditRecords(database, log, clock)
    budgets = Budgets(settings.check_budget_seconds, settings.batch_budget_seconds)
    decisions = DecisionLedger(log, clock)
    return GrpcServer(
        EnrollmentGateService(
            door,
            WayOut(checking.journal, checking.recorder, records),
            ClaimAnswers(checking.checks, clock),
            checking.lookup,
            DecisionRecords(database, decisions, checking.past, checking.checks, settings.check_budget_seconds),
            budgets,
        ),
        GateAdminService(door, database, services.tenants, checking.panels, records),
        AuditLogService(door, database, log, AuditReader(database), records),
        AccessServicer(door, database, AccessService(log, callers.keys.changed, clock)),
        CredentialingService(door, database, services.credentialing),
        AlertsService(door, database, services.alerts),
        shares_port=shares_port,
    )


async def open_grpc(process: Process, server: GrpcServer, alerts: AlertOffice) -> None:
    """Take calls.

    Raises:
        gate.errors.PreconditionFailed: the address is taken, or a certificate cannot be used.
    """
    shown = certificates(process)
    await server.start(process.settings.grpc_address, shown.credentials())
    process.stack.push_async_callback(server.stop, process.settings.drain_seconds)
    process.stack.callback(alerts.feed.end)  # before: whoever follows would be waited for


async def open_web(process: Process, app: FastAPI, *, shares_port: bool) -> HttpServer:
    """Take requests.

    Raises:
        gate.errors.PreconditionFailed: the address is taken.
    """
    settings = process.settings
    server = HttpServer(app, settings.http_address, settings.http_trusted_proxies, shares_port=shares_port)
    await server.start()
    process.stack.push_async_callback(server.stop)
    return server


def web_app(  # noqa: PLR0913, PLR0917 - what the door is made of
    process: Process, people: People, health: Health, services: Services, callers: Callers, role: ServeRole, crew: Crew
) -> FastAPI:
    """REST, the portal, health and metrics."""
    settings = process.settings
    cookies = Cookies(are_secure=settings.has_secure_cookies)
    return build_app(
        WebParts(
            version=version("enrollment-gate"),
            registry=_shown(process.metrics.registry, crew),
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
            door=WebDoor(people.sessions, callers.verifier, cookies, settings.portal.base_url),
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


def announcing(server: GrpcServer, crew: Crew) -> Announce:
    """Tells callers and the other workers whether this process serves."""

    async def announce(*, serving: bool) -> None:
        await server.announce(serving=serving)
        await crew.announce(serving=serving)

    return announce


async def give_notice(seconds: float, crew: Crew) -> None:
    """Calls are still taken, unless the supervisor is gone: whoever takes its place needs the ports."""
    if not crew.is_orphaned:
        await asyncio.sleep(seconds)


def _shown(own: CollectorRegistry, crew: Crew) -> CollectorRegistry:
    """What `/metrics` shows: of several workers all series, whichever of them is asked."""
    if crew.is_alone:
        return own
    from gate.observability.merged import merged_series

    return merged_series(crew.metrics_directory, lambda: crew.serving, lambda: crew.condition.restarts)
