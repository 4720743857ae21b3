"""The HTTP door, put together: pages for people, routes for programs, and what operators watch."""

from collections.abc import Sequence
from typing import Final

import msgspec
from fastapi import APIRouter, FastAPI, Response
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gate.accounts.calendar_addresses import CalendarAddresses
from gate.accounts.sessions import Sessions
from gate.alerts.service.office import AlertOffice
from gate.clock import Clock
from gate.credentialing.service.desk import CredentialingDesk
from gate.delivery.endpoints import WebhookEndpoints
from gate.jobs.desk import JobDesk
from gate.outbox.dead_letters import DeadLetters
from gate.persistence.unit_of_work import Database
from gate.tenancy.service import TenantService
from gate.web.api.admitted import AdminApi
from gate.web.api.alert_routes import AlertApi, alert_routes
from gate.web.api.described import Descriptions
from gate.web.api.routes import admin_routes
from gate.web.api.system_routes import dead_letter_routes, job_routes, webhook_routes
from gate.web.cookies import Cookies
from gate.web.door import WebDoor
from gate.web.edge import Edge
from gate.web.health import Health
from gate.web.operations import operations
from gate.web.portal.account_pages import account_pages
from gate.web.portal.alerts.alert_pages import alert_pages
from gate.web.portal.answers import Answers
from gate.web.portal.credentialing.office import Office
from gate.web.portal.credentialing.routes import credentialing_pages
from gate.web.portal.organisation_pages import organisation_pages
from gate.web.portal.overview_page import overview_pages
from gate.web.portal.pages import STATIC, Pages
from gate.web.portal.provider_pages import provider_pages
from gate.web.portal.sign_in_form import Entrances, SignInForm
from gate.web.portal.sign_in_pages import sign_in_pages, sign_out_pages
from gate.web.portal.system.routes import system_pages

_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"


class WebParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the HTTP door is made of."""

    version: str
    registry: CollectorRegistry
    metrics_token: SecretStr
    """Empty: metrics are for everybody."""
    health: Health
    database: Database
    tenants: TenantService
    credentialing: CredentialingDesk
    alerts: AlertOffice
    jobs: JobDesk
    dead_letters: DeadLetters
    webhooks: WebhookEndpoints
    has_pages: bool = True
    """Whether people and programs find anything here, or only those who watch the service."""
    door: WebDoor
    sessions: Sessions
    calendars: CalendarAddresses
    base_url: str
    """Where people find the portal; empty: wherever they ask for it."""
    entrances: Entrances
    cookies: Cookies
    has_secure_cookies: bool
    clock: Clock


class _Files(StaticFiles):
    """Files whose address changes with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = _FOR_A_YEAR
        return response


def build_app(parts: WebParts) -> FastAPI:
    """The application of one process."""
    # No interactive documentation page: it would load its scripts from elsewhere.
    app = FastAPI(
        title="Enrollment gate",
        version=parts.version,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,  # such a redirect leads to whatever host the request named
    )
    app.state.door = parts.door
    pages = Pages(parts.version, parts.cookies, parts.clock)
    answers = Answers(pages)
    answers.install(app)
    app.add_middleware(Edge, failed=answers.failed, is_secure=parts.has_secure_cookies)
    api = AdminApi(parts.database, parts.credentialing, Descriptions())
    api.described.install(app)
    of_system = (
        job_routes(parts.jobs, api.described),
        dead_letter_routes(parts.database, parts.dead_letters, api.described),
        webhook_routes(parts.database, parts.webhooks, api.described),
    )
    app.include_router(operations(parts.health, parts.registry, parts.metrics_token))
    if parts.has_pages:
        of_alerts = alert_routes(AlertApi(parts.database, parts.alerts, api.described))
        for router in (*admin_routes(api), of_alerts, *of_system, *_portal(parts, pages)):
            app.include_router(router)
        app.mount("/static", _Files(directory=STATIC))
    return app


def _portal(parts: WebParts, pages: Pages) -> Sequence[APIRouter]:
    door, sessions, cookies, ways = parts.door, parts.sessions, parts.cookies, parts.entrances
    form = SignInForm(pages, cookies, ways)
    at_the_provider = (provider_pages(form, cookies, ways.provider, ways.sign_in),) if ways.provider is not None else ()
    return (
        sign_in_pages(form, door, cookies, ways),
        *at_the_provider,
        sign_out_pages(pages, door, sessions, cookies, ways),
        organisation_pages(pages, door, sessions, cookies),
        overview_pages(pages, parts.health, parts.database, parts.tenants, parts.alerts.desk),
        alert_pages(pages, parts.database, parts.alerts),
        account_pages(pages, sessions, ways.sign_in, cookies),
        *credentialing_pages(Office(parts.database, parts.credentialing, pages), parts.calendars, parts.base_url),
        *system_pages(pages, parts.database, parts.jobs, parts.dead_letters, parts.webhooks),
    )
