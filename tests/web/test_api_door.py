"""How programs and pages' scripts come in at `/api`: a route of the test's own, on the real door of a real gate."""

from collections.abc import AsyncIterator
from typing import Annotated

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from fastapi import Depends, FastAPI
from multidict import CIMultiDict

from gate.auth.permissions import Permission, Role
from gate.web.door import Visit, caller
from gate.web.server import HttpServer
from tests.support.callers import bearer, token_for
from tests.support.gates import GateInProcess
from tests.support.visitors import Visitor
from tests.web.doors import app_at_the_door_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

Seen = dict[str, str]
Manager = Annotated[Visit, Depends(caller(Permission.GATE_ADMIN_MANAGE))]


def _seen(visit: Visit) -> Seen:
    actor = visit.actor()
    return {"tenant": actor.tenant, "subject": actor.subject, "via": actor.via.value, "request_id": actor.request_id}


def _with_routes(app: FastAPI) -> FastAPI:
    @app.get("/api/thing")
    async def read(visit: Manager) -> Seen:
        return _seen(visit)

    @app.post("/api/thing")
    async def change(visit: Manager) -> Seen:
        return _seen(visit)

    return app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(gate: GateInProcess) -> AsyncIterator[str]:
    async with app_at_the_door_of(gate.settings) as app:
        server = HttpServer(_with_routes(app), "127.0.0.1:0")
        await server.start()
        yield f"http://127.0.0.1:{server.port}"
        await server.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def session(browser: Visitor, api: str, login: str) -> ClientSession:
    """Of a browser whose person looks after the gate of a clinic."""
    await browser.sign_in(login)
    return browser.session


async def status(session: ClientSession, method: str, api: str, **headers: str) -> int:
    async with session.request(
        method, f"{api}/api/thing", headers={name.replace("_", "-"): value for name, value in headers.items()}
    ) as answer:
        return answer.status


async def test_a_bearer_token_speaks_for_its_tenant(gate: GateInProcess, api: str) -> None:
    ((_, authorization),) = bearer(token_for(gate.data_dir, "clinic", Role.GATE_OPERATOR))
    headers = {"Authorization": authorization, "X-Request-Id": "r-3"}
    async with ClientSession() as session, session.post(f"{api}/api/thing", headers=headers) as answer:
        assert answer.status == 200
        assert await answer.json() == {"tenant": "clinic", "subject": "tests", "via": "token", "request_id": "r-3"}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_without_a_credential_nobody_comes_in(api: str, method: str) -> None:
    async with ClientSession() as session, session.request(method, f"{api}/api/thing") as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.content_type == "application/problem+json"


async def test_c3_a_tenant_named_beside_the_credential_has_to_be_its_own(
    gate: GateInProcess, api: str, session: ClientSession
) -> None:
    ((_, authorization),) = bearer(token_for(gate.data_dir, "clinic", Role.GATE_OPERATOR))
    async with ClientSession() as program:
        assert await status(program, "GET", api, Authorization=authorization, X_Tenant_Id="clinic") == 200
        assert await status(program, "GET", api, Authorization=authorization, X_Tenant_Id="other") == 403
    assert await status(session, "GET", api, X_Tenant_Id="other") == 403


async def test_a_role_without_the_permission_is_refused(gate: GateInProcess, api: str) -> None:
    ((_, authorization),) = bearer(token_for(gate.data_dir, "clinic", Role.VIEWER))
    async with ClientSession() as program:
        assert await status(program, "GET", api, Authorization=authorization) == 403


async def test_a_page_s_script_reads_with_the_session_and_changes_with_the_page_s_token(
    browser: Visitor, session: ClientSession, api: str, login: str
) -> None:
    async with session.get(f"{api}/api/thing") as answer:
        assert answer.status == 200
        seen = await answer.json()
        assert (seen["tenant"], seen["subject"], seen["via"]) == (login.replace("person", "clinic"), login, "session")

    token = (await browser.get("/account")).token
    assert await status(session, "POST", api) == 403
    assert await status(session, "POST", api, X_Csrf_Token="wrong") == 403
    assert await status(session, "POST", api, X_Csrf_Token=token, Origin="https://evil.example") == 403
    assert await status(session, "POST", api, X_Csrf_Token=token, Sec_Fetch_Site="cross-site") == 403
    assert await status(session, "POST", api, X_Csrf_Token=token) == 200


async def test_a_wrong_token_is_not_made_good_by_a_session(session: ClientSession, api: str) -> None:
    assert await status(session, "GET", api, Authorization="Bearer nonsense") == 401
    assert await status(session, "GET", api, Authorization="") == 401


async def test_two_credentials_and_two_tenants_are_none(gate: GateInProcess, api: str) -> None:
    ((_, authorization),) = bearer(token_for(gate.data_dir, "clinic", Role.GATE_OPERATOR))
    good = ("Authorization", authorization)
    async with ClientSession() as program:
        for headers, refusal in (
            ([good, good], 401),
            ([good, ("X-Tenant-Id", "clinic"), ("X-Tenant-Id", "other")], 403),
        ):
            async with program.get(f"{api}/api/thing", headers=CIMultiDict(headers)) as answer:
                assert answer.status == refusal
