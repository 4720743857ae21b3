"""A gate with a made-up organisation, and somebody who asks it at all three doors."""

import re
import resource
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from html import unescape
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
from sqlalchemy import Engine, event

from gate.auth.permissions import Role
from tests.bench.credentialing_questions import Question
from tests.bench.credentialing_rows import STATES
from tests.support.callers import Caller, token_for
from tests.support.gates import GateInProcess, running_in_process
from tests.support.visitors import Visitor, cheap_passwords, hire, visitor

Ask = Callable[[], Awaitable[str]]
"""Answers the token of the page that follows; empty where there is none."""
_FOLLOWING: Final = re.compile(r'href="([^"]*[?&;]page=[^"]*)"')


class Statement(NamedTuple):
    """One that was sent to the database."""

    text: str
    parameters: Any
    seconds: float


class Site:
    """One signed-in administrator of the organisation."""

    def __init__(self, gate: GateInProcess, browser: Visitor, programs: aiohttp.ClientSession, caller: Caller) -> None:
        self.gate = gate
        self._browser = browser
        self._programs = programs
        self._caller = caller

    def ways(self, question: Question) -> Iterator[tuple[str, Callable[[str], Awaitable[str]]]]:
        """The doors at which it can be asked; each takes the token of a page."""
        if question.page:
            yield "page", lambda token: self._page(question.page, token)
        if question.rest:
            yield "REST", lambda token: self._rest(question.rest, token)
        if question.rpc:
            yield "gRPC", lambda token: self._rpc(question, token)

    async def _page(self, path: str, token: str) -> str:
        answer = await self._browser.get(_with(path, page=token))
        assert answer.status == HTTPStatus.OK, (path, answer.status, answer.text[:500])
        links = [unescape(link) for link in _FOLLOWING.findall(answer.text)]
        return parse_qs(urlsplit(links[-1]).query)["page"][0] if links else ""

    async def _rest(self, path: str, token: str) -> str:
        async with self._programs.get(_with(path, pageToken=token)) as response:
            body = await response.read()
            assert response.status == HTTPStatus.OK, (path, body)
            is_list = response.content_type == "application/json"
            return (await response.json()).get("next_page_token", "") if is_list else ""

    async def _rpc(self, question: Question, token: str) -> str:
        assert question.message is not None
        request: Any = type(question.message)()
        request.CopyFrom(question.message)
        if token:
            request.page_token = token
        method = getattr(self._caller.credentialing, question.rpc)
        response = await method(request, metadata=self._caller.metadata, timeout=60)
        return str(getattr(response, "next_page_token", ""))


@asynccontextmanager
async def site(folder: Path, database_url: str, tenant: str) -> AsyncIterator[Site]:
    """A gate of this database, in this process."""
    with cheap_passwords():
        async with running_in_process(folder, database_url=database_url, jobs={"enabled": False}) as gate:
            caller = gate.of(tenant)
            await caller.configure(enabled_states=STATES)
            login = f"admin-{time.time_ns()}"
            await hire(gate.settings, login, {tenant: Role.ORG_ADMIN})
            headers = {"Authorization": f"Bearer {token_for(gate.data_dir, tenant, Role.ORG_ADMIN)}"}
            async with (
                visitor(gate.http_url) as browser,
                aiohttp.ClientSession(gate.http_url, headers=headers) as programs,
            ):
                await browser.sign_in(login)
                yield Site(gate, browser, programs, caller)


@contextmanager
def statements() -> Iterator[list[Statement]]:
    """What this process sends to any database, until the block ends."""
    sent: list[Statement] = []
    begun: dict[int, float] = {}

    def before(_connection: Any, _cursor: Any, _text: str, _parameters: Any, context: Any, _many: bool) -> None:
        begun[id(context)] = time.perf_counter()

    def after(_connection: Any, _cursor: Any, text: str, parameters: Any, context: Any, _many: bool) -> None:
        now = time.perf_counter()
        sent.append(Statement(text, parameters, now - begun.pop(id(context), now)))

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)


def own_processor_seconds() -> float:
    """Of this process, in which the gate and who asks it are."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _with(path: str, **tokens: str) -> str:
    wanted = {name: value for name, value in tokens.items() if value}
    return f"{path}{'&' if '?' in path else '?'}{urlencode(wanted)}" if wanted else path.rstrip("?&")
