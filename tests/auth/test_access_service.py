"""Keys of a tenant in a real database of either kind."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from gate.audit.model import Actor, AuditAction, AuditEvent, Via
from gate.auth import repository
from gate.auth.api_keys import ApiKey, KeyOrder, NewKey
from gate.auth.permissions import Permission, Role
from gate.auth.repository import COARSENESS, KeyStore
from gate.auth.service import MOST_GOOD_KEYS, AccessService
from gate.errors import InvalidInput, NotFound, PermissionDenied, PreconditionFailed
from gate.persistence.unit_of_work import Database, UnitOfWork
from tests.auth.builders import principal
from tests.support.databases import POSTGRESQL

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Trail:
    """Events in a list."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    async def record(self, unit: UnitOfWork, *events: AuditEvent) -> None:
        assert all(event.actor.tenant == unit.tenant for event in events)
        self.events += events


class Office:
    """Makes and revokes keys as an administrator of one tenant, and hears what other processes would."""

    def __init__(self, database: Database, tenant: str = "acme") -> None:
        self.database = database
        self.trail = Trail()
        self.told: list[str] = []
        self.now = NOW
        self.maker = principal(Role.ORG_ADMIN, tenant=tenant)
        self.actor = Actor(tenant=tenant, subject="ada", via=Via.TOKEN, request_id="r-1")
        self.service = AccessService(self.trail, self._tell, lambda: self.now)
        self.store = KeyStore(database, lambda: self.now)

    async def good(self) -> set[str]:
        """The keys that every process would hold now."""
        ids = await self.store.good_ids()
        assert {grant.key_id for grant in await self.store.grants(sorted(ids))} == ids
        return set(ids)

    async def _tell(self, tenant: str) -> None:
        self.told.append(tenant)

    async def make(self, *roles: str, only: tuple[str, ...] = (), days: int = 30) -> NewKey:
        order = KeyOrder(
            account="nightly",
            roles=roles or ("pipeline",),
            narrowed_to=only,
            expires_at=self.now + timedelta(days=days),
        )
        async with self.database.writing(self.maker.tenant) as unit:
            return await self.service.create_key(unit, order, self.maker, self.actor)

    async def revoke(self, key_id: str) -> ApiKey:
        async with self.database.writing(self.maker.tenant) as unit:
            return await self.service.revoke_key(unit, key_id, self.actor)

    async def listed(self, **page: object) -> Sequence[ApiKey]:
        async with self.database.reading(self.maker.tenant) as unit:
            return (await self.service.list_keys(unit, **page)).keys  # type: ignore[arg-type]  # by name


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


async def test_what_was_made_is_stored_as_it_was_made_and_every_process_is_told(office: Office) -> None:
    made = await office.make("claims_analyst", only=("gate.check",))

    assert await office.listed() == [made.key]
    (grant,) = await office.store.grants(sorted(await office.good()))
    assert grant.principal == made.key.principal
    assert grant.digest == made.key.digest
    assert made.key.permissions == {Permission.GATE_CHECK}
    assert office.told == ["acme"]


async def test_making_and_revoking_are_events_of_the_audit_log_without_the_secret(office: Office) -> None:
    made = await office.make()
    await office.revoke(made.key.key_id)

    assert [(event.action, event.object) for event in office.trail.events] == [
        (AuditAction.API_KEY_CREATED, f"api_key/{made.key.key_id}"),
        (AuditAction.API_KEY_REVOKED, f"api_key/{made.key.key_id}"),
    ]
    assert office.trail.events[0].details["service_account"] == "nightly"
    assert made.written.rpartition("_")[2] not in repr(office.trail.events)


async def test_the_secret_is_nowhere_in_the_database(office: Office, engine: AsyncEngine) -> None:
    made = await office.make()

    async with engine.connect() as connection:
        row = (await connection.execute(text("SELECT * FROM api_keys"))).one()

    assert made.written.rpartition("_")[2] not in repr(row)


async def test_a_revoked_key_stays_revoked_by_whom_it_was_first(office: Office) -> None:
    made = await office.make()
    before = await office.store.fingerprint()
    revoked = await office.revoke(made.key.key_id)
    office.now += timedelta(hours=1)
    again = await office.revoke(made.key.key_id)

    assert revoked == again
    assert (revoked.revoked_by, revoked.revoked_at) == ("ada", NOW)
    assert len(office.trail.events) == 2
    assert await office.good() == set()
    assert await office.store.fingerprint() != before


async def test_another_tenants_key_is_not_there(office: Office, database: Database) -> None:
    made = await office.make()
    stranger = Office(database, "globex")

    for key_id in (made.key.key_id, "0" * 32, "", "x" * 1000):
        with pytest.raises(NotFound):
            await stranger.revoke(key_id)

    assert await stranger.listed() == []
    assert await office.good() == {made.key.key_id}
    assert stranger.trail.events == []


async def test_what_is_refused_leaves_nothing_behind(office: Office) -> None:
    office.maker = principal(Role.GATE_OPERATOR)

    with pytest.raises(PermissionDenied):
        await office.make("org_admin")

    assert (await office.listed(), office.trail.events, office.told) == ([], [], [])


async def test_two_keys_of_one_account_live_side_by_side_while_one_replaces_the_other(office: Office) -> None:
    old, new = await office.make(), await office.make()
    assert await office.good() == {old.key.key_id, new.key.key_id}
    assert old.key.account == new.key.account

    await office.revoke(old.key.key_id)

    assert await office.good() == {new.key.key_id}


async def test_an_expired_key_is_listed_and_good_for_nothing(office: Office) -> None:
    made = await office.make(days=1)
    office.now += timedelta(days=1)

    assert await office.good() == set()
    assert [key.key_id for key in await office.listed()] == [made.key.key_id]


async def test_keys_are_listed_newest_first_in_pages(office: Office) -> None:
    made = [(await office.make()).key.key_id for _ in range(5)]
    pages, token = [], ""
    while True:
        async with office.database.reading("acme") as unit:
            page = await office.service.list_keys(unit, page_size=2, page_token=token)
        pages.append([key.key_id for key in page.keys])
        if not (token := page.next_page_token):
            break

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [key_id for page in pages for key_id in page] == sorted(made, reverse=True)
    with pytest.raises(InvalidInput):
        await office.listed(page_size=-1)


async def test_one_tenant_cannot_fill_every_processs_memory(office: Office) -> None:
    made = await office.make()
    async with office.database.writing("acme") as unit:
        for number in range(MOST_GOOD_KEYS - 1):
            await repository.add(unit.session, msgspec.structs.replace(made.key, key_id=f"{number:032}"))

    with pytest.raises(PreconditionFailed, match="revoke some"):
        await office.make()
    await office.revoke(made.key.key_id)
    await office.make()


async def test_the_last_use_is_noted_once_a_minute_at_most(office: Office) -> None:
    key = (await office.make()).key

    async def noted_after(seconds: float) -> datetime | None:
        await office.store.note_use("acme", {key.key_id: NOW + timedelta(seconds=seconds)})
        return (await office.listed())[0].last_used_at

    before = await office.store.fingerprint()
    assert await noted_after(0) == NOW
    assert await noted_after(COARSENESS.total_seconds() - 1) == NOW
    assert await noted_after(COARSENESS.total_seconds()) == NOW + COARSENESS
    assert await noted_after(5) == NOW + COARSENESS, "a process that is behind does not turn it back"
    assert await office.store.fingerprint() == before, "use is no reason to read all keys again"


@pytest.mark.parametrize("engine", [POSTGRESQL], indirect=True)
async def test_what_a_key_allows_cannot_be_changed_by_the_role_that_serves_tenants(office: Office) -> None:
    await office.make()
    for statement in (
        "UPDATE api_keys SET roles = '[\"org_admin\"]'",
        "UPDATE api_keys SET expires_at = expires_at + interval '1 year'",
        "DELETE FROM api_keys",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with office.database.writing("acme") as unit:
                await unit.session.execute(text(statement))
