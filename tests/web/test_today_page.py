"""The home page: what comes first, what does it, how long the lists are, and what it says where it cannot tell."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from gate.auth.permissions import Role
from gate.clock import system_clock
from gate.errors import StoreUnavailable
from gate.today.acts import SNOOZES
from gate.today.model import MatterKind
from gate.v1 import alerts_pb2 as pb
from gate.v1 import decision_pb2
from tests.support.admin_api import AdminProgram, admin_program
from tests.support.callers import CALL_SECONDS, bearer, token_for
from tests.support.gates import GateInProcess, running_in_process
from tests.support.visitors import Visitor, hire, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOBODY = "00000000-0000-7000-8000-000000000000"
_numbers = count(1)


class Clinic:
    """One organisation: a program that keeps its records, and whoever works there."""

    def __init__(self, gate: GateInProcess, tenant: str, program: AdminProgram, stack: AsyncExitStack) -> None:
        self.gate = gate
        self.tenant = tenant
        self.program = program
        self._stack = stack

    async def employs(self, role: Role) -> "Person":
        login = f"{role.value.replace('_', '-')}-{next(_numbers)}"
        await hire(self.gate.settings, login, {self.tenant: role})
        browser = await self._stack.enter_async_context(visitor(self.gate.http_url))
        assert (await browser.sign_in(login)).location == "/"
        return Person(browser, login)

    async def enrolled(self, due_in: int, payer: str = "Molina", **fields: Any) -> Any:
        provider, of = await self.program.provider(), await self.program.payer(payer)
        told = {"provider_id": provider["id"], "payer_id": of["id"], "status": "enrolled", "recert_due_on": day(due_in)}
        return await self.program.post("/enrollments", told | fields)

    async def credential(self, expires_in: int, **fields: Any) -> Any:
        provider = await self.program.provider()
        told = {"provider_id": provider["id"], "kind": "license", "number": "L-1", "expires_on": day(expires_in)}
        return await self.program.post("/credentials", told | fields)

    async def tasks(self) -> list[Any]:
        provider, payer = await self.program.provider(), await self.program.payer("Aetna")
        await self.program.post(f"/providers/{provider['id']}/credential-payers", {"payerIds": [payer["id"]]})
        return list(await self.program.get("/credentialing-tasks"))

    async def scan(self) -> None:
        caller = self.gate.of(self.tenant)
        await caller.alerts.RunScan(pb.RunScanRequest(), metadata=caller.metadata, timeout=CALL_SECONDS)


class Person:
    """Somebody at a browser."""

    def __init__(self, browser: Visitor, login: str) -> None:
        self.browser = browser
        self.login = login

    async def page(self, path: str = "/today", status: int = 200) -> str:
        answer = await self.browser.get(path)
        assert answer.status == status, answer.text
        return answer.text

    async def told(self) -> Any:
        """The same for programs."""
        return json.loads((await self.browser.get("/api/today")).text)["data"]

    async def next(self) -> list[tuple[str, str]]:
        """Kind and pressure of what comes first."""
        return [(each["kind"], each["pressure"]) for each in (await self.told())["next"]]

    async def act(self, act: str, kind: MatterKind, matter_id: str, status: int = 303, **fields: str) -> str:
        sent = await self.browser.submit("/account", f"/today/{act}", kind=kind.value, id=matter_id, **fields)
        assert sent.status == status, sent.text
        return await self.page(sent.location) if status == 303 else sent.text


def day(days: int) -> str:
    return str(system_clock().date() + timedelta(days=days))


def titles(page: str) -> list[str]:
    return re.findall(r'<h3 id="matter-\d"><a href="[^"]*">([^<]*)<', page)


def number_of(page: str, path: str) -> str:
    """The number beside the list at that address."""
    found = re.search(
        rf'<li><a href="{re.escape(path)}">.*?<strong[^>]*>(?:<span[^>]*>■</span> )?([\d,]+)</strong>', page
    )
    assert found is not None, path
    return found[1]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[GateInProcess]:
    """Where alerts are raised when a test says so, and not by the clock as well."""
    async with running_in_process(tmp_path_factory.mktemp("gate"), jobs={"enabled": False}) as gate:
        yield gate


@pytest_asyncio.fixture(loop_scope="module")
async def clinic(gate: GateInProcess) -> AsyncIterator[Clinic]:
    tenant = f"today-{next(_numbers)}"
    async with AsyncExitStack() as stack:
        program = await stack.enter_async_context(admin_program(gate, tenant))
        yield Clinic(gate, tenant, program, stack)


@pytest.mark.parametrize(
    ("role", "home"),
    [
        (Role.COORDINATOR, "/today"),
        (Role.PROVIDER_RELATIONS, "/today"),
        (Role.VIEWER, "/today"),
        (Role.ORG_ADMIN, "/today"),
        (Role.GATE_OPERATOR, "/overview"),
        (Role.CLAIMS_ANALYST, "/overview"),
        (Role.AUDITOR, "/overview"),
    ],
)
async def test_home_is_today_for_who_works_on_credentialing(clinic: Clinic, role: Role, home: str) -> None:
    person = await clinic.employs(role)

    assert (await person.browser.get("/")).location == home
    assert f"{clinic.tenant} · as of" in await person.page(home)


async def test_with_nothing_to_do_the_page_says_so_and_every_list_is_one_click_away(clinic: Clinic) -> None:
    person = await clinic.employs(Role.PROVIDER_RELATIONS)
    page = await person.page()

    assert "Nothing due today.<" in page
    for path in (
        *(f"/pm/inbox/expiring?days={days}" for days in (30, 60, 90)),
        "/pm/credentialing/deadlines",
        "/pm/credentialing/tasks?due=overdue",
        *(f"/pm/credentialing/applications?status={each}" for each in ("submitted", "under_review", "overdue")),
        "/pm/inbox/review",
        *(f"/pm/inbox/alerts?urgency={each}" for each in ("past_due", "critical", "elevated", "notice")),
    ):
        assert number_of(page, path) == "0"
        assert (await person.browser.get(path)).status == 200
    assert 'href="/pm/credentialing/mismatches"' in page
    assert 'class="bad"' not in page


async def test_with_nothing_due_today_the_next_thing_is_named_with_its_days(clinic: Clinic) -> None:
    await clinic.enrolled(12)
    person = await clinic.employs(Role.COORDINATOR)

    page = await person.page()

    assert "Nothing due today. Next: Re-credentialing: Molina in 12 days." in page
    assert titles(page) == ["Re-credentialing: Molina"]


async def test_what_is_past_due_comes_first_in_red_and_is_counted(clinic: Clinic) -> None:
    await clinic.enrolled(5)
    await clinic.credential(-4, number="TX-9")
    person = await clinic.employs(Role.COORDINATOR)

    page = await person.page()

    assert titles(page) == ["License expires: TX-9", "Re-credentialing: Molina"]
    assert "4 days overdue" in page
    assert "Nothing due today" not in page
    assert "1 expired</small>" in page
    assert number_of(page, "/pm/credentialing/deadlines") == "1"
    assert page.count("badge bad") == 1


async def test_an_alert_stands_for_the_record_it_was_raised_for(clinic: Clinic) -> None:
    await clinic.enrolled(-3)
    await clinic.scan()
    person = await clinic.employs(Role.PROVIDER_RELATIONS)

    assert await person.next() == [("alert", "past_due")]
    assert number_of(await person.page(), "/pm/inbox/alerts?urgency=past_due") == "1"


async def test_whatever_comes_first_is_taken_with_one_button_and_is_one_s_own(clinic: Clinic) -> None:
    await clinic.enrolled(-3)
    await clinic.scan()
    enrollment = await clinic.enrolled(9)
    credential = await clinic.credential(8)
    task = (await clinic.tasks())[0]
    (application,) = await clinic.program.get("/credentialing-applications")
    person = await clinic.employs(Role.PROVIDER_RELATIONS)
    other = await clinic.employs(Role.PROVIDER_RELATIONS)
    (alert,) = [each for each in (await person.told())["next"] if each["kind"] == "alert"]
    ids = {
        MatterKind.ALERT: alert["id"],
        MatterKind.DEADLINE: enrollment["id"],
        MatterKind.CREDENTIAL: credential["id"],
        MatterKind.TASK: task["id"],
        MatterKind.APPLICATION: application["application"]["id"],
    }
    assert "Assign to me: Re-credentialing: Molina" in await person.page()

    for kind, matter_id in ids.items():
        assert "It is yours now." in await person.act("take", kind, matter_id)
        refused = await other.act("take", kind, matter_id, status=409)
        assert f"Nothing was changed: {person.login} has it in hand." in refused
        assert "It is yours now." in await person.act("take", kind, matter_id), "twice is as good as once"

    assert " · yours" in await person.page()
    assert "Assign to me: Re-credentialing: Molina" not in await person.page()
    assert await other.next() == [], "all of it is in hand"
    await person.act("take", MatterKind.RENEWAL, NOBODY, status=400)


async def test_what_is_put_off_is_gone_and_comes_back_by_itself(clinic: Clinic) -> None:
    await clinic.enrolled(-3)
    await clinic.scan()
    enrollment, credential = await clinic.enrolled(-2), await clinic.credential(-1)
    person = await clinic.employs(Role.PROVIDER_RELATIONS)
    first = (await person.told())["next"]
    assert [each["kind"] for each in first] == ["alert", "deadline", "credential"]

    for kind, matter_id in zip(
        (MatterKind.ALERT, MatterKind.DEADLINE, MatterKind.CREDENTIAL),
        (first[0]["id"], enrollment["id"], credential["id"]),
        strict=True,
    ):
        assert "It is put off" in await person.act("snooze", kind, matter_id, days=str(SNOOZES[0]))

    left = await person.told()
    assert left["credentialing"]["expired"] == 0
    assert left["next"] == [], "nor does the record of the alert come in its place"
    assert (left["alerts"]["past_due"], left["credentialing"]["deadlines"]) == (1, 1), "lists know of it all the same"
    (put_off,) = await clinic.program.get("/credentials/expiring", days=30, snoozed="true")
    assert put_off["credential"]["snoozed_until"] == day(SNOOZES[0])


@pytest.mark.parametrize(("kind", "days"), [("task", "7"), ("renewal", "7"), ("deadline", "8"), ("deadline", "")])
async def test_what_cannot_be_put_off_or_not_for_so_long_is_refused(clinic: Clinic, kind: str, days: str) -> None:
    person = await clinic.employs(Role.COORDINATOR)

    await person.act("snooze", MatterKind(kind), NOBODY, status=400, days=days)


async def test_a_renewal_to_review_waits_and_hides_its_credential(clinic: Clinic) -> None:
    credential = await clinic.credential(3)
    await clinic.program.post(
        f"/credentials/{credential['id']}/renewals", {"expires_on": day(500), "document_reference": "new.pdf"}
    )
    person = await clinic.employs(Role.COORDINATOR)

    assert await person.next() == [("renewal", "waiting")]
    page = await person.page()
    assert titles(page) == ["Review of a renewal: License L-1"]
    assert "Assign to me: " not in page
    assert number_of(page, "/pm/inbox/review") == "1"


async def test_a_viewer_sees_all_of_it_and_changes_nothing(clinic: Clinic) -> None:
    enrollment = await clinic.enrolled(-3)
    await clinic.scan()
    person = await clinic.employs(Role.VIEWER)

    page = await person.page()
    assert titles(page) == ["Re-credentialing: Molina"]
    assert "Assign to me: " not in page
    assert "/today/snooze" not in page
    for kind in MatterKind:
        await person.act("take", kind, enrollment["id"], status=403)
        await person.act("snooze", kind, enrollment["id"], status=403, days="7")


@pytest.mark.parametrize(
    ("role", "hidden"),
    [
        (Role.COORDINATOR, ["jobs", "modes"]),
        (Role.VIEWER, []),
        (Role.GATE_OPERATOR, ["credentialing"]),
        (Role.CLAIMS_ANALYST, ["alerts", "credentialing"]),
        (Role.AUDITOR, ["credentialing"]),
        (Role.PIPELINE, ["alerts", "credentialing", "jobs", "modes"]),
    ],
)
async def test_everybody_sees_the_parts_behind_which_they_may_look(
    clinic: Clinic, role: Role, hidden: list[str]
) -> None:
    await clinic.enrolled(-3)
    await clinic.credential(-3)
    person = await clinic.employs(role)

    told, page = await person.told(), await person.page()

    assert told["hidden"] == hidden
    assert [part for part in ("alerts", "credentialing", "jobs", "modes") if told[part] is None] == hidden
    assert told["unavailable"] == []
    assert ("/pm/inbox/expiring?days=30" in page) is ("credentialing" not in hidden)
    assert ("Molina" in page) is ("credentialing" not in hidden)
    assert ("urgency=past_due" in page) is ("alerts" not in hidden)
    assert ('id="jobs"' in page) is ("jobs" not in hidden)
    assert ("Nothing on this page is for your role." in page) is (role is Role.PIPELINE)


async def test_the_banner_tells_each_state_s_mode_since_when_and_the_night_s_jobs(
    gate: GateInProcess, clinic: Clinic
) -> None:
    caller = gate.of(clinic.tenant)
    await caller.configure(enabled_states=["TX", "CA"])
    await caller.set_mode(decision_pb2.GATE_MODE_ENFORCE, state="TX", reason="ready", force=True)
    person = await clinic.employs(Role.VIEWER)

    page = await person.page()

    assert re.search(r"<strong>CA</strong> <span[^>]*>.*AUDIT</span></li>", page)
    assert re.search(r"<strong>TX</strong> <span[^>]*>.*ENFORCE</span> <span>since <time ", page)
    for job in ("ledger-retention", "alert-scan", "alert-digests"):
        assert f'href="/system/jobs/{job}"' in page
    assert 'href="/system/jobs/deliver-outbox"' not in page, "it runs all the time"
    modes = {each["state"]: each for each in (await person.told())["modes"]}
    assert (modes["TX"]["mode"], modes["CA"]["since"]) == ("ENFORCE", None)


@pytest.mark.parametrize(
    ("broken", "part", "words"),
    [
        ("gate.credentialing.service.workload.WorkloadService.counts", "credentialing", "Credentialing records cannot"),
        ("gate.alerts.service.desk.AlertDesk.foremost", "alerts", "Alerts cannot be read"),
        ("gate.tenancy.service.TenantService.get", "modes", "In which mode each state is cannot"),
        ("gate.jobs.desk.JobDesk.last_runs", "jobs", "How jobs went cannot"),
    ],
)
async def test_what_cannot_be_read_says_so_and_is_never_shown_as_nothing(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, broken: str, part: str, words: str
) -> None:
    person = await clinic.employs(Role.VIEWER)

    async def down(*_: object, **__: object) -> None:
        raise StoreUnavailable("a part is down")

    monkeypatch.setattr(broken, down)
    page, told = await person.page(), await person.told()

    assert words in page
    assert 'role="alert"' in page
    assert (told["unavailable"], told[part]) == ([part], None)
    if part in {"credentialing", "alerts"}:
        assert "Nothing due today" not in page
        assert "What is next cannot be told at present." in page
    else:
        assert "Nothing due today." in page


async def test_programs_are_told_the_same_with_a_bearer_token(clinic: Clinic) -> None:
    await clinic.enrolled(-3)
    ((_, authorization),) = bearer(token_for(clinic.gate.data_dir, clinic.tenant, Role.COORDINATOR))
    async with visitor(clinic.gate.http_url) as stranger:
        assert (await stranger.get("/api/today")).status == 401
        told = json.loads((await stranger.get("/api/today", Authorization=authorization)).text)["data"]

    assert told["tenant"] == clinic.tenant
    assert [(each["kind"], each["about"], each["whom"], each["days"]) for each in told["next"]] == [
        ("deadline", "Molina", "Jane Doe", -3)
    ]
    assert told["credentialing"]["overdue_deadlines"] == 1


async def test_what_others_have_in_hand_is_not_one_s_next_thing(clinic: Clinic) -> None:
    await clinic.enrolled(-3, coordinator="somebody-else")
    person = await clinic.employs(Role.COORDINATOR)

    assert await person.next() == []
    assert number_of(await person.page(), "/pm/credentialing/deadlines") == "1"
