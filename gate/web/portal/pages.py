"""Renders the portal's pages."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from gate.clock import Clock
from gate.web.cookies import THEME, Cookies
from gate.web.door import Visit
from gate.web.portal.navigation import entry_at, navigation_for

STATIC: Final = Path(__file__).parent / "static"
THEMES: Final = ("auto", "light", "dark")
"""The first follows the system."""
_A_MINUTE, _AN_HOUR, _A_DAY = 60, 3600, 86_400


class Pages:
    """Fills templates with what every page shows, and what a route adds."""

    def __init__(self, version: str, cookies: Cookies, clock: Clock) -> None:
        self._version = version
        self._cookies = cookies
        self._clock = clock
        self._templates = Environment(
            loader=PackageLoader("gate.web.portal"),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"instant": _instant, "machine": _machine, "ago": self._ago}
        self._templates.globals["asset"] = _asset_paths().__getitem__

    def answer(
        self,
        request: Request,
        template: str,
        *,
        status: int = HTTPStatus.OK,
        **content: Any,  # noqa: ANN401 - whatever the template shows
    ) -> HTMLResponse:
        """The page, in the shell if somebody is signed in."""
        visit: Visit | None = getattr(request.state, "visit", None)
        shown = {"csrf_token": visit.csrf_token if visit is not None else "", **content}
        sections = navigation_for(visit.principal.permissions) if visit is not None else []
        html = self._templates.get_template(template).render(
            **shown,
            visit=visit,
            sections=sections,
            here=entry_at(request.url.path, sections),
            path=request.url.path,
            theme=self._theme(request),
            themes=THEMES,
            version=self._version,
        )
        return HTMLResponse(html, status_code=status, headers={"vary": "Cookie"})

    def _theme(self, request: Request) -> str:
        chosen = self._cookies.get(request, THEME)
        return chosen if chosen in THEMES else THEMES[0]

    def _ago(self, at: datetime) -> str:
        seconds = (self._clock() - at).total_seconds()
        if seconds < _A_MINUTE:
            return "just now"
        for size, unit in ((_A_DAY, "day"), (_AN_HOUR, "hour"), (_A_MINUTE, "minute")):
            if (count := int(seconds // size)) > 0:
                return f"{count} {unit}{'s' if count > 1 else ''} ago"
        return "just now"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def _machine(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _asset_paths() -> Mapping[str, str]:
    """Each file with its digest in the address, so that browsers may keep it for as long as they like."""
    return {
        file.name: f"/static/{file.name}?v={sha256(file.read_bytes()).hexdigest()[:12]}" for file in STATIC.iterdir()
    }
