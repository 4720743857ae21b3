import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.decision.model import GateMode
from gate.errors import Conflict, InvalidInput, PreconditionFailed, StoreUnavailable
from gate.persistence.unit_of_work import Database
from gate.tenancy.model import WHOLE_TENANT, ModeChange, PolicyOverride, Scope, TenantConfig
from gate.tenancy.repository import Change, add_version
from gate.tenancy.service import ModeChangePage, TenantService
from tests.tenancy.builders import NOW, TEXAS_ENABLED, Published, store, tenant_service, write_document

TEXAS = TenantConfig(tenant="acme", enabled_states=("TX",))


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
def service(published: Published) -> TenantService:
    return tenant_service(published)


async def current(database: Database, service: TenantService, tenant: str = "acme") -> TenantConfig:
    async with database.reading(tenant) as unit:
        return (await service.get(unit, tenant)).config


async def switch(
    database: Database,
    service: TenantService,
    mode: GateMode,
    scope: Scope = WHOLE_TENANT,
    *,
    tenant: str = "acme",
    reason: str = "pilot is over",
    force: bool = False,
) -> ModeChange:
    async with database.writing(tenant) as unit:
        return await service.set_mode(unit, tenant, scope, mode, by="ada", reason=reason, force=force)


async def page_of_changes(
    database: Database, service: TenantService, tenant: str = "acme", size: int = 0, token: str = ""
) -> ModeChangePage:
    async with database.reading(tenant) as unit:
        return await service.list_mode_changes(unit, tenant, page_size=size, page_token=token)


async def test_c1_where_nothing_is_stored_the_configuration_is_an_empty_version_0(
    database: Database, service: TenantService
) -> None:
    assert await current(database, service) == TenantConfig(tenant="acme")


async def test_the_deployments_defaults_are_in_force_where_nothing_is_stored(database: Database) -> None:
    service = tenant_service(defaults=TEXAS_ENABLED)

    async with database.reading("acme") as unit:
        effective = await service.get(unit, "acme")

    assert effective.version == 0
    assert effective.enabled_states == {"TX"}


async def test_version_0_creates_and_every_update_counts_one_up(database: Database, service: TenantService) -> None:
    config = TenantConfig(
        tenant="acme",
        enabled_states=("tx",),
        cache_ttl_seconds=0,
        overrides=(PolicyOverride(line_of_business="Star Plus", revalidation_warning_days=(60, 30)),),
    )

    first = await store(database, service, config)
    assert (first.version, first.enabled_states) == (1, ("TX",))
    assert await current(database, service) == first

    second = await store(database, service, TenantConfig(tenant="acme", version=1, enabled_states=("CA",)))
    assert await current(database, service) == second == TenantConfig(tenant="acme", version=2, enabled_states=("CA",))


@pytest.mark.parametrize("version", [0, 1, 3])
async def test_an_update_of_a_version_no_longer_in_force_conflicts(
    database: Database, service: TenantService, version: int
) -> None:
    await store(database, service, TEXAS)
    in_force = await store(database, service, TenantConfig(tenant="acme", version=1, enabled_states=("CA",)))

    with pytest.raises(Conflict):
        await store(database, service, TenantConfig(tenant="acme", version=version))

    assert await current(database, service) == in_force


@pytest.mark.parametrize("version", [0, 1])
async def test_of_concurrent_updates_exactly_one_wins(database: Database, service: TenantService, version: int) -> None:
    if version:
        await store(database, service, TEXAS)

    async def attempt(state: str) -> bool:
        try:
            await store(database, service, TenantConfig(tenant="acme", version=version, enabled_states=(state,)))
        except Conflict:
            return False
        return True

    won = await asyncio.gather(*map(attempt, ("TX", "CA", "NY", "FL")))

    assert sum(won) == 1
    assert (await current(database, service)).version == version + 1


async def test_k7_a_tenant_sees_and_changes_its_own_configuration_only(
    database: Database, service: TenantService
) -> None:
    await store(database, service, TEXAS)
    await store(database, service, TenantConfig(tenant="globex", enabled_states=("NY",)))
    await switch(database, service, GateMode.OFF, tenant="globex")

    assert (await current(database, service)).enabled_states == ("TX",)
    assert (await current(database, service, "globex")).gate_mode is GateMode.OFF
    assert (await page_of_changes(database, service)).changes == []


async def test_a_configuration_that_does_not_fit_is_not_stored(database: Database, service: TenantService) -> None:
    with pytest.raises(InvalidInput, match=r"config\.enabled_states\[0\]"):
        await store(database, service, TenantConfig(tenant="acme", enabled_states=("ZZ",)))

    assert (await current(database, service)).version == 0


async def test_a_configuration_is_published_after_it_is_stored_and_not_before(
    database: Database, service: TenantService, published: Published
) -> None:
    async with database.writing("acme") as unit:
        stored = (await service.update(unit, TEXAS, by="ada", reason="")).after
        assert published.configs == []

    assert published.configs == [stored]


async def test_a_configuration_that_is_not_stored_after_all_is_not_published(
    database: Database, service: TenantService, published: Published
) -> None:
    with pytest.raises(Conflict):
        await store(database, service, TenantConfig(tenant="acme", version=7))

    assert published.configs == []


async def test_c18_a_switch_of_mode_says_who_when_from_what_to_what_and_why(
    database: Database, service: TenantService
) -> None:
    await store(database, service, TEXAS)

    change = await switch(database, service, GateMode.ENFORCE, reason=" pilot is over ")

    assert change == ModeChange(
        tenant="acme",
        config_version=2,
        ordinal=0,
        scope=Scope(),
        from_mode=GateMode.AUDIT,
        to_mode=GateMode.ENFORCE,
        reason="pilot is over",
        changed_by="ada",
        changed_at=NOW,
    )
    assert (await page_of_changes(database, service)).changes == [change]
    assert (await current(database, service)).gate_mode is GateMode.ENFORCE


async def test_a_switch_for_a_part_of_the_tenant_adds_an_override_and_then_edits_it(
    database: Database, service: TenantService
) -> None:
    kept = PolicyOverride(line_of_business="CHIP", revalidation_warning_days=(45,))
    await store(database, service, TenantConfig(tenant="acme", enabled_states=("TX",), overrides=(kept,)))

    first = await switch(database, service, GateMode.ENFORCE, Scope("tx", "star"))
    again = await switch(database, service, GateMode.OFF, Scope("TX", "STAR"))
    await switch(database, service, GateMode.OFF, Scope("", "CHIP"))

    assert (first.scope, first.from_mode, first.to_mode) == (Scope("TX", "STAR"), GateMode.AUDIT, GateMode.ENFORCE)
    assert (again.from_mode, again.to_mode) == (GateMode.ENFORCE, GateMode.OFF)
    assert (await current(database, service)).overrides == (
        PolicyOverride(line_of_business="CHIP", revalidation_warning_days=(45,), gate_mode=GateMode.OFF),
        PolicyOverride(state="TX", line_of_business="STAR", gate_mode=GateMode.OFF),
    )


async def test_a_tenant_without_configuration_can_be_switched(database: Database, service: TenantService) -> None:
    change = await switch(database, service, GateMode.OFF)

    assert (change.config_version, change.from_mode) == (1, GateMode.AUDIT)
    assert await current(database, service) == TenantConfig(tenant="acme", version=1, gate_mode=GateMode.OFF)


async def test_concurrent_switches_all_happen_one_after_the_other(database: Database, service: TenantService) -> None:
    await store(database, service, TEXAS)

    await asyncio.gather(*(switch(database, service, mode) for mode in GateMode))

    changes = (await page_of_changes(database, service)).changes
    assert [change.config_version for change in changes] == [4, 3, 2]
    assert {change.to_mode for change in changes} == set(GateMode)
    assert [change.from_mode for change in changes[:-1]] == [change.to_mode for change in changes[1:]]


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "two\nlines"])
async def test_a_switch_needs_a_reason_that_a_log_can_hold(
    database: Database, service: TenantService, reason: str
) -> None:
    with pytest.raises(InvalidInput, match="reason"):
        await switch(database, service, GateMode.OFF, reason=reason)

    assert (await current(database, service)).version == 0


async def test_a_switch_for_an_unknown_state_is_refused(database: Database, service: TenantService) -> None:
    with pytest.raises(InvalidInput, match="state"):
        await switch(database, service, GateMode.OFF, Scope("ZZ"))


async def test_a17_a_state_without_working_source_is_not_enforced_unless_forced(
    database: Database, service: TenantService
) -> None:
    await store(database, service, TenantConfig(tenant="acme", enabled_states=("TX", "NY", "CA")))

    with pytest.raises(PreconditionFailed, match="CA, NY"):
        await switch(database, service, GateMode.ENFORCE)
    await switch(database, service, GateMode.ENFORCE, Scope("TX"))
    forced = await switch(database, service, GateMode.ENFORCE, force=True)

    assert forced.to_mode is GateMode.ENFORCE


async def test_a17_what_was_forced_once_does_not_block_later_changes(
    database: Database, service: TenantService
) -> None:
    await store(database, service, TenantConfig(tenant="acme", enabled_states=("NY",)))
    await switch(database, service, GateMode.ENFORCE, force=True)
    config = await current(database, service)

    later = await store(
        database,
        service,
        TenantConfig(
            tenant="acme",
            version=config.version,
            enabled_states=("NY",),
            gate_mode=GateMode.ENFORCE,
            max_stale_seconds=60,
        ),
    )

    assert later.max_stale_seconds == 60


async def test_a17_enabling_such_a_state_while_enforcing_is_refused(database: Database, service: TenantService) -> None:
    await store(database, service, TEXAS)
    await switch(database, service, GateMode.ENFORCE)

    with pytest.raises(PreconditionFailed, match="NY"):
        await store(
            database,
            service,
            TenantConfig(tenant="acme", version=2, enabled_states=("TX", "NY"), gate_mode=GateMode.ENFORCE),
        )


async def test_c18_an_update_that_changes_modes_keeps_each_switch(database: Database, service: TenantService) -> None:
    await store(
        database,
        service,
        TenantConfig(
            tenant="acme",
            enabled_states=("TX",),
            gate_mode=GateMode.ENFORCE,
            overrides=(
                PolicyOverride(line_of_business="CHIP", gate_mode=GateMode.OFF),
                PolicyOverride(state="TX", revalidation_warning_days=(45,)),
            ),
        ),
    )
    await store(
        database, service, TenantConfig(tenant="acme", version=1, enabled_states=("TX",), gate_mode=GateMode.ENFORCE)
    )

    changes = (await page_of_changes(database, service)).changes
    assert [(change.change_id, change.scope, change.from_mode, change.to_mode) for change in changes] == [
        ("2-0", Scope("", "CHIP"), GateMode.OFF, GateMode.ENFORCE),
        ("1-1", Scope("", "CHIP"), GateMode.AUDIT, GateMode.OFF),
        ("1-0", Scope(), GateMode.AUDIT, GateMode.ENFORCE),
    ]


async def test_mode_changes_are_listed_newest_first_each_once(database: Database) -> None:
    instants = iter(NOW + timedelta(minutes=minute) for minute in range(9))
    service = tenant_service(clock=lambda: next(instants))
    made = [await switch(database, service, mode) for mode in (*GateMode, *GateMode)]

    listed: list[ModeChange] = []
    token = ""
    while True:
        page = await page_of_changes(database, service, size=4, token=token)
        listed.extend(page.changes)
        if not (token := page.next_page_token):
            break

    assert listed == made[::-1]
    assert listed[0].changed_at > listed[-1].changed_at


async def test_a_page_that_ends_the_list_names_no_next_one(database: Database, service: TenantService) -> None:
    await switch(database, service, GateMode.OFF)

    assert (await page_of_changes(database, service, size=1)).next_page_token == ""


@pytest.mark.parametrize("token", ["x", "1", "1-", "-1-1", "1-1-1", "9" * 19 + "-1", "1-1\n"])
async def test_a_page_token_of_somebody_elses_making_is_refused(
    database: Database, service: TenantService, token: str
) -> None:
    with pytest.raises(InvalidInput, match="page_token"):
        await page_of_changes(database, service, token=token)


async def test_a_negative_page_size_is_refused(database: Database, service: TenantService) -> None:
    with pytest.raises(InvalidInput, match="page_size"):
        await page_of_changes(database, service, size=-1)


async def test_the_store_itself_refuses_a_version_that_does_not_follow_the_one_in_force(
    database: Database, service: TenantService
) -> None:
    await store(database, service, TEXAS)

    with pytest.raises(Conflict):
        async with database.writing("acme") as unit:
            await add_version(
                unit.session, TenantConfig(tenant="acme", version=3), Change(by="ada", at=NOW, reason="a test")
            )


async def test_a_configuration_of_a_later_release_is_neither_shown_nor_overwritten(
    database: Database, engine: AsyncEngine, service: TenantService
) -> None:
    await store(database, service, TEXAS)
    await write_document(engine, "acme", '{"gate_mode": "A_MODE_OF_TOMORROW"}')

    with pytest.raises(StoreUnavailable):
        await current(database, service)
    with pytest.raises(StoreUnavailable):
        await switch(database, service, GateMode.OFF)
