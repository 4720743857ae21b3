"""A person at a browser without scripts: keeps cookies, follows links, sends the forms that pages hold."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import NamedTuple

import aiohttp
import pytest
from yarl import URL

from gate.accounts import passwords
from gate.audit.model import Actor, Via
from gate.auth.permissions import Role
from gate.settings import Settings
from gate.wiring.people import people_of

PASSWORD = "seven green bicycles"
ANOTHER = "nine yellow umbrellas"
_BY = Actor(tenant="anywhere", subject="tests", via=Via.SYSTEM)
_TOKEN = re.compile(r'name="csrf_token" value="([^"]*)"')
_PAGE = {"Accept": "text/html"}


class Answer(NamedTuple):
    status: int
    text: str
    headers: Mapping[str, str]
    cookies: list[str]
    """Each `Set-Cookie` as it was sent."""

    @property
    def location(self) -> str:
        """Where a redirect leads."""
        return self.headers["Location"]

    @property
    def token(self) -> str:
        """Of the first form on the page."""
        found = _TOKEN.search(self.text)
        assert found is not None, f"there is no form on the page:\n{self.text}"
        return found[1]


class Visitor:
    """Redirects are shown, not followed."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    async def get(self, path: str, **headers: str) -> Answer:
        return await self._ask("GET", path, headers=_PAGE | _named(headers))

    async def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Answer:
        """A form, with just these fields."""
        sent = _PAGE | {"Origin": self.url, "Sec-Fetch-Site": "same-origin"} | _named(headers)
        return await self._ask("POST", path, headers=sent, data=dict(fields))

    async def submit(self, page: str, path: str, **fields: str) -> Answer:
        """The form to `path` that is on `page`."""
        return await self.post(path, {"csrf_token": (await self.get(page)).token, **fields})

    async def sign_in(self, login: str, password: str = PASSWORD, next_path: str = "/") -> Answer:
        return await self.submit("/sign-in", "/sign-in", login=login, password=password, next=next_path)

    def cookie(self, name: str) -> str:
        """What the browser keeps; empty where it keeps none."""
        return next((cookie.value for cookie in self.session.cookie_jar if cookie.key == name), "")

    def keep(self, name: str, value: str) -> None:
        """Have the browser keep this from now on."""
        self.session.cookie_jar.update_cookies({name: value}, URL(self.url))

    async def send(self, method: str, path: str, body: object, csrf_token: str, **headers: str) -> Answer:
        """JSON, as a page's own script would."""
        sent = {"Origin": self.url, "Sec-Fetch-Site": "same-origin", "X-Csrf-Token": csrf_token} | _named(headers)
        async with self.session.request(method, self.url + path, headers=sent, json=body) as response:
            return Answer(
                response.status, await response.text(), response.headers, response.headers.getall("Set-Cookie", [])
            )

    async def _ask(
        self, method: str, path: str, *, headers: Mapping[str, str], data: Mapping[str, str] | None = None
    ) -> Answer:
        async with self.session.request(
            method, self.url + path, headers=headers, data=data, allow_redirects=False
        ) as response:
            return Answer(
                response.status, await response.text(), response.headers, response.headers.getall("Set-Cookie", [])
            )


@contextmanager
def cheap_passwords() -> Iterator[None]:
    """Hashes that take no time. What they cost in truth is for the tests of passwords themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_MEMORY_KIB", 64)
        patch.setattr(passwords, "_ROUNDS", 1)
        yield


@asynccontextmanager
async def visitor(url: str) -> AsyncIterator[Visitor]:
    """A fresh browser."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Visitor(url, session)


async def hire(settings: Settings, login: str, tenants: Mapping[str, Role], password: str = PASSWORD) -> None:
    """Somebody with an account at the gate of these settings."""
    async with people_of(settings.model_copy(update={"migrate_on_start": False})) as people:
        kept = await people.passwords.hashed(password)
        (first, role), *others = tenants.items()
        async with people.database.writing(first) as unit:
            account = await people.accounts.create(
                unit, login, name="", password_hash=kept, roles=frozenset({role}), by=_BY
            )
        for tenant, another in others:
            async with people.database.writing(tenant) as unit:
                await people.accounts.grant(unit, account, frozenset({another}), _BY)


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
