"""Providers and payers: kept, found, changed, archived; each change in the audit log, each tenant for itself."""

from collections.abc import Awaitable, Callable

import pytest

from gate.credentialing.model.paging import PageRequest
from gate.credentialing.model.payers import PayerChange, PayerDraft, PayerFilter
from gate.credentialing.model.preferences import PreferencesChange
from gate.credentialing.model.providers import ProviderChange, ProviderDraft, ProviderFilter
from gate.credentialing.model.workflows import TaskTemplate, WorkflowDraft, WorkflowType
from gate.errors import Conflict, InvalidInput, NotFound
from tests.credentialing.office import Office, new_npi

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY = "0192e0a0-0000-7000-8000-000000000000"


async def test_a_provider_is_kept_as_told_and_changed_where_named(office: Office) -> None:
    doe = await office.provider(role="Psychiatrist", taxonomies=("2084p0800x",), states=("tx", "UT"), is_attending=True)

    changed = await office.do(office.providers.update, doe.id, ProviderChange(role="Medical director"), office.by)

    assert (doe.taxonomies, doe.states) == (("2084P0800X",), ("TX", "UT"))
    assert await office.read(office.providers.get, doe.id) == changed
    assert (changed.role, changed.npi, changed.is_attending) == ("Medical director", doe.npi, True)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        pytest.param(ProviderDraft(first_name="A", last_name="B", npi="1234567890"), "npi", id="check digit"),
        pytest.param(ProviderDraft(first_name="A", last_name="B", npi="12345"), "npi", id="too short"),
        pytest.param(ProviderDraft(first_name="A", last_name="B", npi=""), "npi", id="no NPI"),
        pytest.param(ProviderDraft(first_name="A", last_name=" ", npi="1234567893"), "last_name", id="no name"),
        pytest.param(ProviderDraft(first_name="A\0", last_name="B", npi="1234567893"), "first_name", id="NUL"),
        pytest.param(
            ProviderDraft(first_name="A", last_name="B", npi="1234567893", states=("ZZ",)), "states[0]", id="no state"
        ),
        pytest.param(
            ProviderDraft(first_name="A", last_name="B", npi="1234567893", taxonomies=("PSYCH",)),
            "taxonomies[0]",
            id="no taxonomy",
        ),
    ],
)
async def test_what_cannot_be_a_provider_is_refused_by_field(office: Office, draft: ProviderDraft, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await office.do(office.providers.create, draft, office.by)

    assert [violation.field for violation in refusal.value.violations] == [field]


async def test_an_npi_is_one_provider_s_until_the_provider_is_archived(office: Office) -> None:
    doe, roe = await office.provider("Doe"), await office.provider("Roe")

    with pytest.raises(Conflict):
        await office.provider("Doe again", npi=doe.npi)
    with pytest.raises(Conflict):
        await office.do(office.providers.update, roe.id, ProviderChange(npi=doe.npi), office.by)
    await office.do(office.providers.archive, doe.id, office.by)

    assert (await office.provider("Doe again", npi=doe.npi)).npi == doe.npi


async def test_providers_are_found_by_the_beginning_of_name_or_npi_and_come_by_name(office: Office) -> None:
    names = ["Nuñez", "Abbott", "nash", "Zhang"]
    made = {name: await office.provider(name) for name in names}

    async def found(search: str) -> list[str]:
        page = await office.read(office.providers.list, ProviderFilter(search=search))
        return [provider.last_name for provider in page.items]

    assert await found("") == ["Abbott", "nash", "Nuñez", "Zhang"]
    assert await found("NA") == ["nash"]
    assert await found("zhang, j") == ["Zhang"]
    assert await found(made["Zhang"].npi) == ["Zhang"]
    assert await found("no\0body") == []


async def test_pages_follow_one_another_without_repeating_or_hiding(office: Office) -> None:
    for number in range(7):
        await office.payer(f"Payer {number % 3}")
    names: list[str] = []
    request = PageRequest(size=2)
    while True:
        page = await office.read(office.payers.list, PayerFilter(search="payer"), request)
        names += [payer.name for payer in page.items]
        if not page.next_page_token:
            break
        request = PageRequest(2, page.next_page_token)

    assert names == sorted(f"Payer {number % 3}" for number in range(7))
    with pytest.raises(InvalidInput):
        await office.read(office.payers.list, PayerFilter(), PageRequest(2, request.token))
    for size, token in ((-1, ""), (501, ""), (2, "nonsense"), (2, "\x00")):
        with pytest.raises(InvalidInput):
            await office.read(office.payers.list, PayerFilter(), PageRequest(size, token))


async def test_a_payer_has_one_workflow_which_the_next_replaces(office: Office) -> None:
    molina = await office.payer(state="ut")
    with pytest.raises(NotFound):
        await office.read(office.payers.workflow, molina.id)
    first = WorkflowDraft(workflow_type=WorkflowType.EXCEL_SUBMISSION, typical_approval_days=45)
    second = WorkflowDraft(
        workflow_type=WorkflowType.ONLINE_PORTAL,
        portal_url="https://portal.example.org/",
        task_templates=(TaskTemplate(title="Write", order=2), TaskTemplate(title="Read", order=1, estimated_days=3)),
    )
    for draft in (first, second):
        await office.do(office.payers.put_workflow, molina.id, draft, office.by)

    kept = await office.read(office.payers.workflow, molina.id)
    assert (kept.workflow_type, kept.typical_approval_days) == (WorkflowType.ONLINE_PORTAL, None)
    assert kept.task_templates == second.task_templates
    await office.do(office.payers.drop_workflow, molina.id, office.by)
    with pytest.raises(NotFound):
        await office.read(office.payers.workflow, molina.id)


async def test_addresses_that_pages_would_link_to_are_of_the_web(office: Office) -> None:
    molina = await office.payer()
    for url in ("javascript:alert(1)", "ftp://example.org", "https://", "https://a b", "//example.org", "https://[x"):
        draft = WorkflowDraft(workflow_type=WorkflowType.ONLINE_PORTAL, portal_url=url)
        with pytest.raises(InvalidInput, match="portal_url"):
            await office.do(office.payers.put_workflow, molina.id, draft, office.by)


async def test_preferences_are_the_defaults_until_settled(office: Office) -> None:
    assert (await office.read(office.payers.preferences)).recred_alert_lead_days == 90

    for days in (30, 60):
        await office.do(office.payers.settle, PreferencesChange(recred_alert_lead_days=days), office.by)
    settled = await office.do(office.payers.settle, PreferencesChange(time_zone="America/Chicago"), office.by)

    assert (settled.recred_alert_lead_days, settled.time_zone) == (60, "America/Chicago")
    assert await office.read(office.payers.preferences) == settled
    for wrong in (PreferencesChange(recred_alert_lead_days=-1), PreferencesChange(time_zone="../../etc/passwd")):
        with pytest.raises(InvalidInput):
            await office.do(office.payers.settle, wrong, office.by)


async def test_today_is_the_day_where_the_organisation_is(office: Office) -> None:
    office.now = office.now.replace(hour=3)

    assert await office.read(office.payers.today) == office.now.date()
    await office.do(office.payers.settle, PreferencesChange(time_zone="America/Chicago"), office.by)
    assert (office.now.date() - await office.read(office.payers.today)).days == 1


async def test_every_change_is_in_the_audit_log_and_a_change_of_nothing_is_none(office: Office) -> None:
    doe, molina = await office.provider(), await office.payer()
    await office.do(office.providers.update, doe.id, ProviderChange(role="Psychiatrist"), office.by)
    await office.do(office.providers.update, doe.id, ProviderChange(role="Psychiatrist"), office.by)
    draft = WorkflowDraft(workflow_type=WorkflowType.INSTANT_NETWORK, portal_instructions="ask for Wanda")
    await office.do(office.payers.put_workflow, molina.id, draft, office.by)
    await office.do(office.payers.archive, molina.id, office.by)

    assert await office.audited() == [
        ("credentialing.created", "provider_record"),
        ("credentialing.created", "payer"),
        ("credentialing.changed", "provider_record"),
        ("credentialing.created", "workflow"),
        ("credentialing.archived", "payer"),
    ]
    details = await office.audit_details()
    assert '"after":"role=Psychiatrist"' in details[2]
    assert "Wanda" not in "".join(details)


Act = Callable[[Office, str, str], Awaitable[object]]
BY_ID: dict[str, Act] = {
    "get provider": lambda o, provider, _: o.read(o.providers.get, provider),
    "update provider": lambda o, provider, _: o.do(o.providers.update, provider, ProviderChange(role="x"), o.by),
    "archive provider": lambda o, provider, _: o.do(o.providers.archive, provider, o.by),
    "get payer": lambda o, _, payer: o.read(o.payers.get, payer),
    "update payer": lambda o, _, payer: o.do(o.payers.update, payer, PayerChange(name="x"), o.by),
    "archive payer": lambda o, _, payer: o.do(o.payers.archive, payer, o.by),
    "get workflow": lambda o, _, payer: o.read(o.payers.workflow, payer),
    "put workflow": lambda o, _, payer: o.do(
        o.payers.put_workflow, payer, WorkflowDraft(workflow_type=WorkflowType.ONLINE_PORTAL), o.by
    ),
    "drop workflow": lambda o, _, payer: o.do(o.payers.drop_workflow, payer, o.by),
}


@pytest.mark.parametrize("act", BY_ID)
async def test_what_is_another_tenant_s_or_archived_or_nobody_s_is_not_there(office: Office, act: str) -> None:
    doe, molina = await office.provider(), await office.payer()
    draft = WorkflowDraft(workflow_type=WorkflowType.ONLINE_PORTAL)
    await office.do(office.payers.put_workflow, molina.id, draft, office.by)
    others = office.of_others()

    for where, ids in ((others, (doe.id, molina.id)), (office, (NOBODY, NOBODY)), (office, ("'; --", "\x00"))):
        with pytest.raises(NotFound):
            await BY_ID[act](where, *ids)
    await BY_ID[act](office, doe.id, molina.id)
    if "archive" in act:
        with pytest.raises(NotFound):
            await BY_ID[act](office, doe.id, molina.id)
    assert await others.audited() == []


async def test_the_same_npi_and_the_same_payer_may_be_kept_by_two_tenants(office: Office) -> None:
    others, npi = office.of_others(), new_npi()
    await office.provider(npi=npi)
    await others.provider(npi=npi)
    await others.do(others.payers.create, PayerDraft(name="Molina"), others.by)

    assert len((await office.read(office.providers.list, ProviderFilter())).items) == 1
    assert (await office.read(office.payers.list, PayerFilter())).items == []
