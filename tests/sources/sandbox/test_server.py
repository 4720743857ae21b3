"""The sandbox over HTTP: its controls, and how portals end badly."""

import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from sources.contract import Query, SourceError
from sources.registry import available_sources
from sources.sandbox.population import PORTALS, Population, default_population, parse_population
from sources.sandbox.server import RunningSandbox, start_sandbox
from tests.sources.conftest import now

NPI = "1234567893"
ENROLLED = [{"status": "ACTIVE", "effective": "2025-01-01"}]


async def put(session: aiohttp.ClientSession, sandbox: RunningSandbox, what: str, document: object) -> tuple[int, Any]:
    async with session.put(f"{sandbox.base_url}/sandbox/{what}", json=document) as response:
        return response.status, await response.json()


async def calls(session: aiohttp.ClientSession, sandbox: RunningSandbox, method: str = "GET") -> Any:
    async with session.request(method, f"{sandbox.base_url}/sandbox/calls") as response:
        assert response.status == 200
        return await response.json()


async def ask(session: aiohttp.ClientSession, sandbox: RunningSandbox, portal: str = "tmhp_pems") -> int | None:
    """How many records a portal has; None where asking failed."""
    source = available_sources()[portal](session, sandbox.connections[portal], now)
    try:
        return len(await source.fetch(Query(NPI, "TX")))
    except SourceError:
        return None


@pytest.mark.parametrize("heading", [True, False], ids=["document", "list alone"])
async def test_a_population_is_replaced_while_running(
    session: aiohttp.ClientSession, sandbox: RunningSandbox, heading: bool
) -> None:
    providers = [{"npi": NPI, "tmhp_pems": ENROLLED}]
    assert await ask(session, sandbox) == 0

    status, _ = await put(session, sandbox, "population", {"providers": providers} if heading else providers)

    assert status == 200
    assert await ask(session, sandbox) == 1
    assert await ask(session, sandbox, "caqh_proview") == 0


async def test_a_wrong_population_is_refused_and_the_present_one_stays(
    session: aiohttp.ClientSession, sandbox: RunningSandbox
) -> None:
    await put(session, sandbox, "population", [{"npi": NPI, "tmhp_pems": ENROLLED}])

    status, told = await put(session, sandbox, "population", [{"npi": NPI, "tmhp_pems": [{"status": "FINE"}]}])

    assert status == 400
    assert f"provider {NPI}: tmhp_pems[0].status" in told["error"]
    assert await ask(session, sandbox) == 1


@pytest.mark.parametrize("document", [{"tmhp": {"kind": "reset"}}, {"tmhp_pems": {"kind": "boom"}}, 7])
async def test_wrong_faults_are_refused(
    session: aiohttp.ClientSession, sandbox: RunningSandbox, document: object
) -> None:
    status, told = await put(session, sandbox, "faults", document)

    assert status == 400
    assert told["error"].startswith("faults")


async def test_a_body_that_is_not_json_is_refused(session: aiohttp.ClientSession, sandbox: RunningSandbox) -> None:
    async with session.put(f"{sandbox.base_url}/sandbox/faults", data=b"{") as response:
        assert response.status == 400


async def test_faults_strike_their_share_of_one_portals_calls(
    session: aiohttp.ClientSession, sandbox: RunningSandbox
) -> None:
    await put(session, sandbox, "faults", {"tmhp_pems": {"kind": "error_500", "share": 0.5}})

    assert [await ask(session, sandbox) for _ in range(4)] == [None, 0, None, 0]
    assert [await ask(session, sandbox, "ca_pave") for _ in range(2)] == [0, 0]

    await put(session, sandbox, "faults", {})
    assert await ask(session, sandbox) == 0


async def test_a_population_brings_its_faults_or_leaves_them(
    session: aiohttp.ClientSession, sandbox: RunningSandbox
) -> None:
    await put(session, sandbox, "population", {"providers": [], "faults": {"tmhp_pems": {"kind": "html"}}})
    assert await ask(session, sandbox) is None

    await put(session, sandbox, "population", {"providers": []})
    assert await ask(session, sandbox) is None

    await put(session, sandbox, "population", {"providers": [], "faults": {}})
    assert await ask(session, sandbox) == 0


async def test_every_request_is_counted_whatever_became_of_it(
    session: aiohttp.ClientSession, sandbox: RunningSandbox
) -> None:
    assert await calls(session, sandbox) == dict.fromkeys(PORTALS, 0)
    await ask(session, sandbox)
    await put(session, sandbox, "faults", {"tmhp_pems": {"kind": "error_500"}})
    await ask(session, sandbox)
    async with session.get(f"{sandbox.base_url}/tmhp_pems/elsewhere") as response:
        assert response.status == 500
    await ask(session, sandbox, "ca_pave")

    assert await calls(session, sandbox) == dict.fromkeys(PORTALS, 0) | {"tmhp_pems": 3, "ca_pave": 1}
    assert await calls(session, sandbox, "DELETE") == dict.fromkeys(PORTALS, 0)
    assert await calls(session, sandbox) == dict.fromkeys(PORTALS, 0)


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "wrong"}, {"Authorization": "Basic d3Jvbmc6d3Jvbmc="}])
@pytest.mark.parametrize("portal", PORTALS)
async def test_a_wrong_credential_gets_401(
    session: aiohttp.ClientSession, sandbox: RunningSandbox, portal: str, headers: dict[str, str]
) -> None:
    async with session.get(f"{sandbox.base_url}/{portal}/v1/providers/{NPI}/enrollments", headers=headers) as response:
        assert response.status == 401


async def test_caqh_refuses_a_call_without_its_parameters(
    session: aiohttp.ClientSession, sandbox: RunningSandbox
) -> None:
    headers = sandbox.connections["caqh_proview"].basic_authorization()
    url = f"{sandbox.base_url}/caqh_proview/RosterAPI/api/providerstatusbynpi"

    async with session.get(url, headers=headers, params={"NPI_Provider_Id": NPI}) as response:
        assert response.status == 400


async def test_stopping_does_not_wait_for_calls_that_hang(session: aiohttp.ClientSession) -> None:
    sandbox = await start_sandbox(population=Population({}))
    await put(session, sandbox, "faults", {"tmhp_pems": {"kind": "timeout"}})
    hanging = asyncio.create_task(ask(session, sandbox))
    await asyncio.sleep(0.1)
    assert (await calls(session, sandbox))["tmhp_pems"] == 1

    began = time.monotonic()
    await sandbox.stop()

    assert time.monotonic() - began < 5
    assert await hanging is None


async def test_an_address_in_use_is_refused(sandbox: RunningSandbox) -> None:
    port = int(sandbox.base_url.rpartition(":")[2])

    with pytest.raises(OSError, match="in use"):
        await start_sandbox(port=port, population=Population({}))


@pytest.mark.parametrize(("host", "reached_by"), [("0.0.0.0", "http://127.0.0.1:"), ("127.0.0.1", "http://127.0.0.1:")])
async def test_its_base_url_is_one_that_can_be_called(
    session: aiohttp.ClientSession, host: str, reached_by: str
) -> None:
    sandbox = await start_sandbox(host, population=Population({}))

    assert sandbox.base_url.startswith(reached_by)
    assert await ask(session, sandbox) == 0
    await sandbox.stop()


@pytest.mark.parametrize(
    ("portal", "moment", "today"),
    [
        ("tmhp_pems", "2026-03-10T04:30", "2026-03-09"),
        ("tmhp_pems", "2026-03-10T05:30", "2026-03-10"),
        ("ca_pave", "2026-03-10T06:30", "2026-03-09"),
        ("ny_emedny", "2026-03-10T04:30", "2026-03-10"),
        ("caqh_proview", "2026-03-10T05:30", "20260309"),
    ],
)
async def test_today_is_the_date_in_the_portals_state_row_r19(
    session: aiohttp.ClientSession, portal: str, moment: str, today: str
) -> None:
    known: object = [{"status": "ACTIVE", "effective": "today"}]
    if portal == "caqh_proview":
        known = {"provider_status_date": "today", "practice_state": "CA"}
    population = parse_population([{"npi": NPI, portal: known}])
    instant = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    sandbox = await start_sandbox(population=population, clock=lambda: instant)
    source = available_sources()[portal](session, sandbox.connections[portal], now)

    (record,) = await source.fetch(Query(NPI, "TX"))
    await sandbox.stop()

    assert record.effective.isoformat().replace("-", "") == today.replace("-", "")


async def test_without_a_population_the_bundled_one_is_served(session: aiohttp.ClientSession) -> None:
    sandbox = await start_sandbox()
    try:
        assert await ask(session, sandbox) == 1
        document = json.loads(json.dumps({"providers": [{"npi": npi} for npi in default_population().providers]}))
        assert (await put(session, sandbox, "population", document))[0] == 200
    finally:
        await sandbox.stop()
