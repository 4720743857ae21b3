"""The secret address of a coordinator's calendar, as a calendar program asks for it: without a session."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count

import pytest
import pytest_asyncio

from gate.accounts.throttle import ADDRESS
from gate.audit.model import Actor, Via
from gate.auth.permissions import Role
from gate.clock import system_clock
from gate.wiring.people import people_of
from tests.support.admin_api import admin_program
from tests.support.gates import GateInProcess
from tests.support.visitors import Visitor, hire, visitor
from tests.web.test_credentialing_pages import Clinic, enrolled

pytestmark = pytest.mark.asyncio(loop_scope="module")

_numbers = count(1)
CALENDAR = "/pm/credentialing/calendar"
DUE = str(system_clock().date() + timedelta(days=5))


@pytest_asyncio.fixture(loop_scope="module")
async def clinic(gate: GateInProcess) -> AsyncIterator[Clinic]:
    """An organisation in which ann has one deadline."""
    name = f"dated-{next(_numbers)}"
    await hire(gate.settings, f"ann@{name}", {name: Role.COORDINATOR})
    async with visitor(gate.http_url) as browser, admin_program(gate, name) as program:
        await browser.sign_in(f"ann@{name}")
        provider, payer = await program.provider(last_name=f"Of-{name}"), await program.payer()
        await enrolled(program, provider, payer, recert_due_on=DUE, coordinator=f"ann@{name}")
        yield Clinic(browser, program)


async def address_of(browser: Visitor) -> str:
    """A new one, as the page shows it."""
    answer = await browser.submit(CALENDAR, CALENDAR)
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    found = re.search(r'value="http://[^/"]+(/calendar/[\w-]{43}\.ics)"', answer.text)
    assert found is not None, answer.text
    return found[1]


def _actor(tenant: str) -> Actor:
    return Actor(tenant=tenant, subject="operator@host", via=Via.SYSTEM)


async def asked(gate: GateInProcess, path: str) -> tuple[int, str]:
    async with visitor(gate.http_url) as program:
        answer = await program.get(path)
    return answer.status, answer.text


async def test_the_address_answers_without_a_session_what_its_person_has_to_do(
    gate: GateInProcess, clinic: Clinic
) -> None:
    path = await address_of(clinic.browser)

    async with visitor(gate.http_url) as program:
        answer = await program.get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.headers["Cache-Control"] == "no-store"
    assert f"DTSTART;VALUE=DATE:{DUE.replace('-', '')}" in answer.text
    assert answer.text.count("BEGIN:VEVENT") == 1
    page = (await clinic.browser.get(CALENDAR)).text
    assert path not in page
    assert "Your address was made" in page


async def test_another_address_or_taking_it_back_closes_the_first(gate: GateInProcess, clinic: Clinic) -> None:
    first = await address_of(clinic.browser)
    second = await address_of(clinic.browser)
    assert ((await asked(gate, first))[0], (await asked(gate, second))[0]) == (404, 200)

    taken = await clinic.browser.submit(CALENDAR, f"{CALENDAR}/revoke")
    assert (taken.status, (await asked(gate, second))[0]) == (303, 404)
    assert "Take it back" not in (await clinic.browser.get(CALENDAR)).text


async def test_each_organisation_has_an_address_of_its_own_and_sees_nothing_of_the_other(
    gate: GateInProcess, clinic: Clinic
) -> None:
    elsewhere = f"dated-elsewhere-{next(_numbers)}"
    tenant = re.search(r"dated-\d+", (await clinic.browser.get("/account")).text)
    assert tenant is not None
    async with people_of(gate.settings.model_copy(update={"migrate_on_start": False})) as people:
        async with people.database.reading_accounts() as accounts:
            account = (await people.accounts.find(accounts, f"ann@{tenant[0]}")).account
        async with people.database.writing(elsewhere) as unit:
            by = _actor(elsewhere)
            await people.accounts.grant(unit, account, frozenset({Role.COORDINATOR}), by)
    here = await address_of(clinic.browser)
    await clinic.browser.submit("/account", "/organisations", tenant=elsewhere)
    there = await address_of(clinic.browser)

    assert f"Of-{tenant[0]}" in (await asked(gate, here))[1]
    assert (await asked(gate, there))[1].count("BEGIN:VEVENT") == 0


async def test_who_may_see_nothing_any_more_has_no_calendar_either(gate: GateInProcess, clinic: Clinic) -> None:
    path = await address_of(clinic.browser)
    tenant = re.search(r"dated-\d+", (await clinic.browser.get("/account")).text)
    assert tenant is not None
    async with people_of(gate.settings.model_copy(update={"migrate_on_start": False})) as people:
        async with people.database.reading_accounts() as accounts:
            account = (await people.accounts.find(accounts, f"ann@{tenant[0]}")).account
        for roles, status in (({Role.AUDITOR}, 404), ({Role.VIEWER}, 200), (set(), 404)):
            async with people.database.writing(tenant[0]) as unit:
                await people.accounts.grant(unit, account, frozenset(roles), _actor(tenant[0]))
            assert (await asked(gate, path))[0] == status, roles


async def test_guessing_is_slowed_down_and_says_for_how_long(gate: GateInProcess, clinic: Clinic) -> None:
    path = await address_of(clinic.browser)
    async with visitor(gate.http_url) as program:
        for number in range(ADDRESS.free + 1):
            answer = await program.get(f"/calendar/{number:043}.ics")
            if answer.status == 429:
                break
        assert answer.status == 429 or (await program.get(f"/calendar/{'x' * 43}.ics")).status == 429
        slowed = await program.get(path)
    assert slowed.status == 429
    assert int(slowed.headers["Retry-After"]) >= 1
