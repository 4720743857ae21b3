"""The page at `/`: what `/health` says, for people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from aggregator.guards.health import SourceStatus

_PAGES: Final = Environment(loader=PackageLoader("gate.web"), autoescape=select_autoescape(), undefined=StrictUndefined)
# Word, mark and colour together: none of them alone carries the meaning.
_OVERALL: Final[Mapping[str, tuple[str, str, str]]] = {
    "ok": ("serving", "●", "good"),
    "degraded": ("serving, a source is ailing", "▲", "ill"),
    "unready": ("not ready", "■", "bad"),
}
_SOURCE: Final[Mapping[str, tuple[str, str, str]]] = {
    SourceStatus.UP: ("up", "●", "good"),
    SourceStatus.DEGRADED: ("degraded", "▲", "ill"),
    SourceStatus.DOWN: ("down", "■", "bad"),
    SourceStatus.UNKNOWN: ("not asked yet", "○", "quiet"),
    SourceStatus.NOT_CONFIGURED: ("not configured", "○", "quiet"),
    SourceStatus.NOT_IMPLEMENTED: ("not implemented", "○", "quiet"),
}


def status_page(health: Mapping[str, Any]) -> str:
    """The page for one answer of `/health`."""
    headline, mark, look = _OVERALL[health["status"]]
    return _PAGES.get_template("status.html").render(
        headline=headline,
        mark=mark,
        look=look,
        reasons=[*health["reasons"], *health["troubles"]],
        version=health["version"],
        checked_at=_instant(health["checked_at"]),
        sources=[_source(source) for source in health["sources"]],
    )


def _source(source: Mapping[str, Any]) -> dict[str, Any]:
    words, mark, look = _SOURCE[source["status"]]
    return {
        **{name: source[name] for name in ("name", "title", "states", "last_error")},
        "words": words,
        "mark": mark,
        "look": look,
        "last_success": _instant(source["last_success_at"]),
        "last_failure": _instant(source["last_failure_at"]),
    }


def _instant(text: str | None) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S}" if text is not None else "—"
