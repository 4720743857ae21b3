"""The HTTP door: liveness, readiness, the sources' condition, metrics."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from aggregator.guards.health import SourceHealth, SourceStatus
from gate.checks.watch import SourceWatch, status_of
from gate.clock import Clock
from gate.web.request_ids import NamedRequests
from gate.web.status_page import status_page
from sources.contract import SourceDescription

_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

Unready = Callable[[], list[str]]
"""What keeps the process from taking calls, in words; empty when it is ready."""
Troubles = Callable[[], list[str]]
"""What is wrong though calls are taken, in words; empty when nothing is."""


def build_app(
    *,
    version: str,
    registry: CollectorRegistry,
    unready: Unready,
    watch: SourceWatch,
    troubles: Troubles,
    clock: Clock,
) -> FastAPI:
    """The application of one process."""
    # No interactive documentation page: it would load its scripts from elsewhere.
    app = FastAPI(
        title="Enrollment gate", version=version, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )

    app.add_middleware(NamedRequests)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def status() -> HTMLResponse:
        """How the gate and its sources are doing, for people."""
        return HTMLResponse(status_page(await health()), headers=_PAGE_HEADERS)

    @app.get("/healthz", response_class=PlainTextResponse, tags=["operations"])
    async def alive() -> str:
        """The process runs. Restart it when this fails, and only then."""
        return "ok\n"

    @app.get("/readyz", tags=["operations"])
    async def ready() -> JSONResponse:
        """Whether to send calls here: 200, or 503 with the reasons."""
        reasons = unready()
        return JSONResponse({"ready": not reasons, "reasons": reasons}, status_code=503 if reasons else 200)

    @app.get("/health", tags=["operations"])
    async def health() -> dict[str, Any]:
        """Every source's connectivity and age. A portal that is down never makes the gate itself unhealthy."""
        reasons = unready()
        conditions = await watch.conditions()
        wrong = troubles()
        ailing = bool(wrong) or any(
            condition is not None and condition.status not in (SourceStatus.UP, SourceStatus.NOT_IMPLEMENTED)
            for condition in conditions.values()
        )
        now = clock()
        return {
            "status": "unready" if reasons else "degraded" if ailing else "ok",
            "version": version,
            "checked_at": now.isoformat(),
            "reasons": reasons,
            "troubles": wrong,
            "sources": [
                _source(watch.descriptions[name], condition, now.timestamp()) for name, condition in conditions.items()
            ],
        }

    @app.get("/metrics", response_class=PlainTextResponse, tags=["operations"])
    async def metrics() -> Response:
        """For Prometheus."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return app


def _source(description: SourceDescription, condition: SourceHealth | None, now: float) -> dict[str, Any]:
    """Kinds and instants only: no address, no credential, no upstream's text."""
    success = condition.last_success if condition is not None else None
    failure = condition.last_failure if condition is not None else None
    return {
        "name": description.name,
        "title": description.title,
        "scope": description.scope.value,
        "states": sorted(description.states),
        "status": status_of(description, condition).value,
        "breaker": condition.breaker.value if condition is not None else None,
        "last_success_at": success.isoformat() if success is not None else None,
        "seconds_since_success": round(now - success.timestamp(), 1) if success is not None else None,
        "last_failure_at": failure.isoformat() if failure is not None else None,
        "last_error": condition.last_error.value
        if condition is not None and condition.last_error is not None
        else None,
    }
