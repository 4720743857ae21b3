"""A program at `/api/admin` of a running gate."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from itertools import count
from typing import Any, NamedTuple

import aiohttp

from gate.auth.permissions import Role
from sources.npi import check_digit
from tests.support.callers import bearer, token_for
from tests.support.gates import GateInProcess

_numbers = count(1)


class Told(NamedTuple):
    status: int
    body: Any

    @property
    def data(self) -> Any:
        """Of a request that must have succeeded."""
        assert self.status == HTTPStatus.OK, self
        assert self.body["success"] is True
        return self.body["data"]


class AdminProgram:
    """Speaks for one tenant with a bearer token."""

    def __init__(self, session: aiohttp.ClientSession, url: str, authorization: str) -> None:
        self._session = session
        self._url = url
        self._headers = {"Authorization": authorization}

    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Told:
        params = {name: str(value) for name, value in query.items()}
        sent: dict[str, Any] = {} if body is None else {"json": body}
        async with self._session.request(
            method, f"{self._url}/api/admin{path}", headers=self._headers, params=params, **sent
        ) as answer:
            is_json = "json" in answer.content_type
            return Told(answer.status, await answer.json() if is_json else await answer.text())

    async def get(self, path: str, **query: Any) -> Any:
        return (await self.ask("GET", path, **query)).data

    async def post(self, path: str, body: Any) -> Any:
        return (await self.ask("POST", path, body)).data

    async def patch(self, path: str, body: Any) -> Any:
        return (await self.ask("PATCH", path, body)).data

    async def provider(self, **fields: Any) -> Any:
        return await self.post(
            "/providers", {"first_name": "Jane", "last_name": "Doe", "npi": new_npi(), "role": "Psychiatrist", **fields}
        )

    async def payer(self, name: str = "Molina Healthcare of Utah", **fields: Any) -> Any:
        return await self.post("/payers", {"name": name, "payer_type": "medicaid", "state": "UT", **fields})


def new_npi() -> str:
    first_nine = f"1{next(_numbers):08}"
    return first_nine + check_digit(first_nine)


@asynccontextmanager
async def admin_program(gate: GateInProcess, tenant: str, *roles: Role) -> AsyncIterator[AdminProgram]:
    """A program of the tenant; without roles one that may do everything."""
    ((_, authorization),) = bearer(token_for(gate.data_dir, tenant, *(roles or (Role.ORG_ADMIN,))))
    async with aiohttp.ClientSession() as session:
        yield AdminProgram(session, gate.http_url, authorization)
