"""The routes that the application serves, whatever their parts are wired to."""

from typing import Any, cast

from fastapi.routing import RouteContext, iter_route_contexts
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from gate.alerts.service.office import AlertOffice
from gate.clock import system_clock
from gate.credentialing.service.desk import CredentialingDesk
from gate.web.app import WebParts, build_app
from gate.web.cookies import Cookies
from gate.web.forgery import SAFE_METHODS
from gate.web.portal.sign_in_form import Entrances


def all_routes() -> list[RouteContext]:
    """Of pages, of programs and of operators."""
    nobody = cast("Any", None)  # routes are listed, not called
    parts = WebParts(
        version="0",
        registry=CollectorRegistry(),
        metrics_token=SecretStr(""),
        health=nobody,
        database=nobody,
        tenants=nobody,
        credentialing=CredentialingDesk.of(nobody, nobody, nobody, system_clock),
        alerts=AlertOffice.of(nobody, (), nobody, nobody, nobody, system_clock, nobody),
        jobs=nobody,
        dead_letters=nobody,
        webhooks=nobody,
        door=nobody,
        sessions=nobody,
        calendars=nobody,
        base_url="",
        entrances=Entrances(sign_in=nobody, has_local_accounts=True, provider=cast("Any", object())),
        cookies=Cookies(are_secure=True),
        has_secure_cookies=True,
        clock=system_clock,
    )
    return list(iter_route_contexts(build_app(parts).routes))


def unsafe_routes() -> set[str]:
    """Paths that take other methods than those that only read."""
    return {str(route.path) for route in all_routes() if set(route.methods or ()) - SAFE_METHODS}
