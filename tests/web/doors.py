"""An application of a test's own that stands at the door of a running gate: same database, same keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from gate.auth.development import DevelopmentKeyVerifier, development_key
from gate.clock import system_clock
from gate.settings import Settings
from gate.web.cookies import Cookies
from gate.web.door import WebDoor
from gate.web.edge import Edge
from gate.web.portal.answers import Answers
from gate.web.portal.pages import Pages
from gate.wiring.people import people_of


@asynccontextmanager
async def app_at_the_door_of(settings: Settings) -> AsyncIterator[FastAPI]:
    """Without a route yet."""
    async with people_of(settings) as people:
        cookies = Cookies(are_secure=settings.has_secure_cookies)
        app = FastAPI()
        verifier = DevelopmentKeyVerifier(development_key(settings.data_dir))
        app.state.door = WebDoor(people.sessions, verifier, cookies, settings.portal.base_url)
        answers = Answers(Pages("0", cookies, system_clock))
        answers.install(app)
        app.add_middleware(Edge, failed=answers.failed, is_secure=False)
        yield app
