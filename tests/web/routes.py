"""The routes that the application serves, whatever their parts are wired to."""

from typing import Any, cast

from fastapi.routing import iter_route_contexts
from prometheus_client import CollectorRegistry

from gate.clock import system_clock
from gate.web.app import WebParts, build_app
from gate.web.cookies import Cookies
from gate.web.forgery import SAFE_METHODS
from gate.web.portal.sign_in_form import Entrances


def unsafe_routes() -> set[str]:
    """Paths that take other methods than those that only read."""
    nobody = cast("Any", None)  # routes are listed, not called
    parts = WebParts(
        version="0",
        registry=CollectorRegistry(),
        health=nobody,
        database=nobody,
        tenants=nobody,
        door=nobody,
        sessions=nobody,
        entrances=Entrances(sign_in=nobody, has_local_accounts=True, provider=nobody),
        cookies=Cookies(are_secure=True),
        has_secure_cookies=True,
        clock=system_clock,
    )
    routes = iter_route_contexts(build_app(parts).routes)
    return {str(route.path) for route in routes if set(route.methods or ()) - SAFE_METHODS}
