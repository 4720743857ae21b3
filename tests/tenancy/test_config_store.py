from sqlalchemy.ext.asyncio import AsyncEngine

from gate.decision.model import GateMode
from gate.persistence.unit_of_work import Database
from gate.tenancy.model import TenantConfig
from gate.tenancy.repository import ConfigStore
from gate.tenancy.snapshot import ConfigChanges
from tests.support.databases import tamper
from tests.tenancy.builders import flip, store, tenant_service, write_document

SERVICE = tenant_service()


async def test_an_empty_store_differs_in_nothing_from_knowing_nothing(database: Database) -> None:
    assert await ConfigStore(database).changes_since({}) == ConfigChanges()


async def test_every_change_changes_the_fingerprint(database: Database) -> None:
    configs = ConfigStore(database)
    seen = [await configs.fingerprint()]

    await store(database, SERVICE, TenantConfig(tenant="acme"))
    seen.append(await configs.fingerprint())
    await flip(database, SERVICE, "acme", GateMode.OFF)
    seen.append(await configs.fingerprint())
    await flip(database, SERVICE, "globex", GateMode.OFF)
    seen.append(await configs.fingerprint())

    assert len(set(seen)) == len(seen)
    assert await configs.fingerprint() == seen[-1]


async def test_only_what_differs_is_read(database: Database) -> None:
    await store(database, SERVICE, TenantConfig(tenant="acme"))
    globex = await store(database, SERVICE, TenantConfig(tenant="globex", enabled_states=("TX",)))

    changes = await ConfigStore(database).changes_since({"acme": 1})

    assert changes == ConfigChanges(configs=(globex,))


async def test_a_restored_older_version_is_a_change_too(database: Database) -> None:
    acme = await store(database, SERVICE, TenantConfig(tenant="acme"))

    changes = await ConfigStore(database).changes_since({"acme": 7, "initech": 1})

    assert changes == ConfigChanges(configs=(acme,), gone=frozenset({"initech"}))


async def test_a_document_of_a_later_release_is_named_and_hides_no_other(
    database: Database, engine: AsyncEngine
) -> None:
    await store(database, SERVICE, TenantConfig(tenant="acme", gate_mode=GateMode.OFF))
    globex = await store(database, SERVICE, TenantConfig(tenant="globex"))
    await write_document(engine, "acme", '{"gate_mode": "A_MODE_OF_TOMORROW"}')

    changes = await ConfigStore(database).changes_since({})

    assert changes == ConfigChanges(configs=(globex,), unreadable={"acme": 1})


async def test_a_document_that_was_lost_is_not_taken_for_a_tenant_without_one(
    database: Database, engine: AsyncEngine
) -> None:
    await store(database, SERVICE, TenantConfig(tenant="acme"))
    globex = await store(database, SERVICE, TenantConfig(tenant="globex"))
    await tamper(engine, "DELETE FROM tenant_config_versions WHERE tenant = 'acme'")

    changes = await ConfigStore(database).changes_since({})

    assert changes == ConfigChanges(configs=(globex,), unreadable={"acme": 1})


async def test_a_field_of_a_later_release_is_passed_over(database: Database, engine: AsyncEngine) -> None:
    acme = await store(database, SERVICE, TenantConfig(tenant="acme", gate_mode=GateMode.OFF))
    await write_document(engine, "acme", '{"gate_mode": "OFF", "a_field_of_tomorrow": 1}')

    assert (await ConfigStore(database).changes_since({})).configs == (acme,)
