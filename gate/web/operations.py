"""What machines and operators look at without signing in: liveness, readiness, the sources' condition, metrics."""

from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from pydantic import SecretStr

from gate.errors import Unauthenticated
from gate.web.health import Health

Look = Callable[[], Awaitable[None]]
"""Brings up to date what is asked only when somebody looks at the metrics; in a moment, and without raising."""


def operations(health: Health, registry: CollectorRegistry, metrics_token: SecretStr, look: Look) -> APIRouter:
    """Its routes. Metrics name every tenant: with `metrics_token` they are for who shows it."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", response_class=PlainTextResponse)
    async def alive() -> str:
        """The process runs. Restart it when this fails, and only then."""
        return "ok\n"

    @router.get("/readyz")
    async def ready() -> JSONResponse:
        """Whether to send calls here: 200, or 503 with the reasons."""
        reasons = health.reasons()
        return JSONResponse({"ready": not reasons, "reasons": reasons}, status_code=503 if reasons else 200)

    @router.get("/health")
    async def condition() -> dict[str, Any]:
        """Every source's connectivity and age. A portal that is down never makes the gate itself unhealthy."""
        return await health.report()

    @router.get("/metrics", response_class=PlainTextResponse)
    async def metrics(request: Request) -> Response:
        """For Prometheus."""
        expected = f"Bearer {metrics_token.get_secret_value()}".encode()
        given = request.headers.get("authorization", "").encode()
        if metrics_token.get_secret_value() and not compare_digest(given, expected):
            raise Unauthenticated("metrics are for who shows their token")
        await look()
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
