"""How the gate and its sources are doing: what `/health` says, and pages show."""

from collections.abc import Callable
from typing import Any

from aggregator.guards.health import SourceHealth, SourceStatus
from gate.checks.watch import SourceWatch, status_of
from gate.clock import Clock
from sources.contract import SourceDescription

Unready = Callable[[], list[str]]
"""What keeps the process from taking calls, in words; empty when it is ready."""
Troubles = Callable[[], list[str]]
"""What is wrong though calls are taken, in words; empty when nothing is."""


class Health:
    """Tells it, to whoever asks: no claim, no tenant, no address."""

    def __init__(self, version: str, unready: Unready, troubles: Troubles, watch: SourceWatch, clock: Clock) -> None:
        self._version = version
        self._unready = unready
        self._troubles = troubles
        self._watch = watch
        self._clock = clock

    def reasons(self) -> list[str]:
        """What keeps the process from taking calls."""
        return self._unready()

    async def report(self) -> dict[str, Any]:
        """Every source's connectivity and age. A portal that is down never makes the gate itself unhealthy."""
        reasons = self._unready()
        conditions = await self._watch.conditions()
        troubles = self._troubles()
        ailing = bool(troubles) or any(
            condition is not None and condition.status not in (SourceStatus.UP, SourceStatus.NOT_IMPLEMENTED)
            for condition in conditions.values()
        )
        now = self._clock()
        return {
            "status": "unready" if reasons else "degraded" if ailing else "ok",
            "version": self._version,
            "checked_at": now.isoformat(),
            "reasons": reasons,
            "troubles": troubles,
            "sources": [
                _source(self._watch.descriptions[name], condition, now.timestamp())
                for name, condition in conditions.items()
            ],
        }


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
