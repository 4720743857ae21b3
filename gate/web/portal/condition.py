"""The condition of the gate and its sources in words, marks and colours: none of them alone has the meaning. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from aggregator.guards.health import SourceStatus


class Badge(msgspec.Struct, frozen=True):
    """One word, with a mark and a look."""

    words: str
    mark: str
    look: str
    """``good``, ``ill``, ``bad``, ``quiet`` or ``plain``: the name of a style."""


class SourceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One source, as a row shows it."""

    name: str
    title: str
    states: Sequence[str]
    badge: Badge
    last_success: datetime | None
    last_failure: datetime | None
    last_error: str | None


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """The whole gate, as a page shows it."""

    badge: Badge
    reasons: Sequence[str]
    version: str
    checked_at: datetime
    sources: Sequence[SourceLine]


_OVERALL: Final[Mapping[str, Badge]] = {
    "ok": Badge("serving", "●", "good"),
    "degraded": Badge("serving, something is ailing", "▲", "ill"),
    "unready": Badge("not ready", "■", "bad"),
}
_SOURCE: Final[Mapping[str, Badge]] = {
    SourceStatus.UP: Badge("up", "●", "good"),
    SourceStatus.DEGRADED: Badge("degraded", "▲", "ill"),
    SourceStatus.DOWN: Badge("down", "■", "bad"),
    SourceStatus.UNKNOWN: Badge("not asked yet", "○", "quiet"),
    SourceStatus.NOT_CONFIGURED: Badge("not configured", "○", "quiet"),
    SourceStatus.NOT_IMPLEMENTED: Badge("not implemented", "○", "quiet"),
}


def condition_of(report: Mapping[str, Any]) -> Condition:
    """One answer of `/health`, for people."""
    return Condition(
        badge=_OVERALL[report["status"]],
        reasons=[*report["reasons"], *report["troubles"]],
        version=report["version"],
        checked_at=datetime.fromisoformat(report["checked_at"]),
        sources=[_line(source) for source in report["sources"]],
    )


def _line(source: Mapping[str, Any]) -> SourceLine:
    return SourceLine(
        **{name: source[name] for name in ("name", "title", "states", "last_error")},
        badge=_SOURCE[source["status"]],
        last_success=_instant(source["last_success_at"]),
        last_failure=_instant(source["last_failure_at"]),
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
