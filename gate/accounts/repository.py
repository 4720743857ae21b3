"""How people are stored and found. All SQL about them is here.

What takes an `AccountsUnit` works on the tables of people; what takes a `UnitOfWork`, on one tenant's memberships.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from gate.accounts.model import Account, Memberships, Session, known_roles
from gate.accounts.tables import AccountTable, CalendarAddressTable, MembershipTable, SessionTable, SignInTryTable
from gate.auth.permissions import Role
from gate.errors import Conflict
from gate.persistence.dialects import insert_into
from gate.persistence.unit_of_work import AccountsUnit, UnitOfWork


class Count(msgspec.Struct, frozen=True):
    """Failures to sign in that have something in common."""

    key: str
    failures: int
    blocked_until: datetime


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """Whose calendar a secret address opens."""

    account: Account
    tenant: str
    vouched: frozenset[Role] | None
    """What an identity provider said when it was made; None: the membership says it."""
    ends_at: datetime


async def add_account(accounts: AccountsUnit, account: Account) -> None:
    """Store a new person.

    Raises:
        Conflict: there is one with this login already; the unit is of no further use.
    """
    values = msgspec.structs.asdict(account)
    changed_at = account.created_at if account.password_hash else None
    try:
        await accounts.session.execute(insert(AccountTable).values(**values, password_changed_at=changed_at))
    except IntegrityError:
        raise Conflict("there is an account with this login already") from None


async def account_by_login(accounts: AccountsUnit, login: str, issuer: str = "") -> Account | None:
    """The person of that login among those of `issuer`."""
    query = select(AccountTable).where(AccountTable.issuer == issuer, AccountTable.login == login)
    row = (await accounts.session.scalars(query)).one_or_none()
    return None if row is None else _account(row)


async def all_accounts(accounts: AccountsUnit) -> Sequence[Account]:
    """Everybody, by login."""
    query = select(AccountTable).order_by(AccountTable.login, AccountTable.issuer)
    return [_account(row) for row in await accounts.session.scalars(query)]


async def is_empty(accounts: AccountsUnit) -> bool:
    """Whether nobody has an account."""
    return (await accounts.session.execute(select(func.count()).select_from(AccountTable))).scalar_one() == 0


async def change_account(accounts: AccountsUnit, account_id: str, **values: Any) -> None:  # noqa: ANN401 - one value per column, typed by the table
    """Set columns of one person."""
    await accounts.session.execute(update(AccountTable).where(AccountTable.id == account_id).values(**values))


async def memberships(accounts: AccountsUnit, account_id: str) -> Memberships:
    """Where the person is a member, and as what."""
    query = select(MembershipTable).where(MembershipTable.account_id == account_id).order_by(MembershipTable.tenant)
    return {row.tenant: known_roles(row.roles) for row in await accounts.session.scalars(query)}


async def membership(unit: UnitOfWork, account_id: str) -> frozenset[Role]:
    """The person's roles in the unit's tenant; none: no member."""
    query = select(MembershipTable.roles).where(
        MembershipTable.tenant == unit.tenant, MembershipTable.account_id == account_id
    )
    return known_roles((await unit.session.execute(query)).scalar_one_or_none() or ())


async def put_membership(unit: UnitOfWork, account_id: str, roles: frozenset[Role], by: str, at: datetime) -> None:
    """Replace the person's roles in the unit's tenant; none take the membership away."""
    own = (MembershipTable.tenant == unit.tenant, MembershipTable.account_id == account_id)
    await unit.session.execute(delete(MembershipTable).where(*own))
    if roles:
        await unit.session.execute(
            insert(MembershipTable).values(
                tenant=unit.tenant, account_id=account_id, roles=sorted(roles), granted_at=at, granted_by=by
            )
        )


async def add_session(accounts: AccountsUnit, account_id: str, digest: str, session: Session) -> None:
    """Store a session that begins."""
    values = msgspec.structs.asdict(session)
    vouched = values.pop("vouched")
    roles = None if vouched is None else {tenant: sorted(roles) for tenant, roles in vouched.items()}
    await accounts.session.execute(
        insert(SessionTable).values(**values, account_id=account_id, digest=digest, vouched_roles=roles)
    )


async def session_of(accounts: AccountsUnit, digest: str) -> tuple[Account, Session] | None:
    """The session whose token has this digest, and whose it is."""
    query = (
        select(SessionTable, AccountTable)
        .join(AccountTable, AccountTable.id == SessionTable.account_id)
        .where(SessionTable.digest == digest)
    )
    row = (await accounts.session.execute(query)).one_or_none()
    return None if row is None else (_account(row[1]), _session(row[0]))


async def sessions_of(accounts: AccountsUnit, account_id: str) -> Sequence[Session]:
    """The person's sessions, the one heard of last first."""
    query = select(SessionTable).where(SessionTable.account_id == account_id).order_by(SessionTable.seen_at.desc())
    return [_session(row) for row in await accounts.session.scalars(query)]


async def change_session(accounts: AccountsUnit, session_id: str, **values: Any) -> bool:  # noqa: ANN401 - as above
    """Set columns of one session; whether it was still there."""
    changed = await accounts.session.execute(
        update(SessionTable).where(SessionTable.id == session_id).values(**values).returning(SessionTable.id)
    )
    return changed.one_or_none() is not None


async def end_session(accounts: AccountsUnit, account_id: str, session_id: str) -> None:
    """End one of the person's own sessions; one of somebody else stays."""
    await accounts.session.execute(
        delete(SessionTable).where(SessionTable.id == session_id, SessionTable.account_id == account_id)
    )


async def end_sessions(accounts: AccountsUnit, account_id: str, *, but: str = "") -> None:
    """End all of the person's sessions, or all `but` one."""
    await accounts.session.execute(
        delete(SessionTable).where(SessionTable.account_id == account_id, SessionTable.id != but)
    )


async def sweep_sessions(accounts: AccountsUnit, now: datetime, idle: timedelta) -> None:
    """Remove what ended by itself."""
    await accounts.session.execute(
        delete(SessionTable).where((SessionTable.ends_at <= now) | (SessionTable.seen_at <= now - idle))
    )


async def counts(
    accounts: AccountsUnit, keys: Sequence[str], *, forgotten_before: datetime, now: datetime
) -> Sequence[Count]:
    """The counts of these keys, 0 where there was none, held for this unit alone until it ends.

    `keys` in one order everywhere: two units that want some of the same ones wait for each other, not in a circle.
    """
    session = accounts.session
    await session.execute(delete(SignInTryTable).where(SignInTryTable.last_at < forgotten_before))
    new = [{"key": key, "failures": 0, "last_at": now, "blocked_until": now} for key in keys]
    fresh = insert_into(session, SignInTryTable).on_conflict_do_nothing()
    await session.execute(fresh, new)
    query = select(SignInTryTable).where(SignInTryTable.key.in_(keys)).order_by(SignInTryTable.key).with_for_update()
    return [Count(row.key, row.failures, row.blocked_until) for row in await session.scalars(query)]


async def set_count(
    accounts: AccountsUnit, key: str, failures: int, *, last_at: datetime, blocked_until: datetime
) -> None:
    """Replace one count."""
    await accounts.session.execute(
        update(SignInTryTable)
        .where(SignInTryTable.key == key)
        .values(failures=failures, last_at=last_at, blocked_until=blocked_until)
    )


async def forget_count(accounts: AccountsUnit, key: str) -> None:
    """Begin anew."""
    await accounts.session.execute(delete(SignInTryTable).where(SignInTryTable.key == key))


async def blocked_until(accounts: AccountsUnit, key: str) -> datetime | None:
    """Until when nothing of this key is judged; None: nothing failed of late."""
    query = select(SignInTryTable.blocked_until).where(SignInTryTable.key == key)
    return (await accounts.session.execute(query)).scalar_one_or_none()


async def put_calendar_address(
    unit: UnitOfWork,
    account_id: str,
    *,
    digest: str,
    vouched: frozenset[Role] | None,
    created_at: datetime,
    ends_at: datetime,
) -> None:
    """Replace the secret address of the person's calendar in the unit's tenant."""
    await drop_calendar_address(unit, account_id)
    await unit.session.execute(
        insert(CalendarAddressTable).values(
            tenant=unit.tenant,
            account_id=account_id,
            digest=digest,
            vouched_roles=None if vouched is None else sorted(vouched),
            created_at=created_at,
            ends_at=ends_at,
        )
    )


async def drop_calendar_address(unit: UnitOfWork, account_id: str) -> bool:
    """Take the address away; whether there was one."""
    own = (CalendarAddressTable.tenant == unit.tenant, CalendarAddressTable.account_id == account_id)
    dropped = await unit.session.execute(
        delete(CalendarAddressTable)
        .where(*own)
        .returning(CalendarAddressTable.account_id)
        .execution_options(synchronize_session=False)
    )
    return dropped.one_or_none() is not None


async def calendar_address(unit: UnitOfWork, account_id: str) -> tuple[datetime, datetime] | None:
    """When the person's address in the unit's tenant was made, and when it ends."""
    table = CalendarAddressTable
    query = select(table.created_at, table.ends_at).where(table.tenant == unit.tenant, table.account_id == account_id)
    row = (await unit.session.execute(query)).one_or_none()
    return None if row is None else (row.created_at, row.ends_at)


async def subscribed_by(accounts: AccountsUnit, digest: str) -> Subscription | None:
    """Whose calendar the address with this digest opens."""
    query = (
        select(CalendarAddressTable, AccountTable)
        .join(AccountTable, AccountTable.id == CalendarAddressTable.account_id)
        .where(CalendarAddressTable.digest == digest)
    )
    row = (await accounts.session.execute(query)).one_or_none()
    if row is None:
        return None
    kept, account = row
    vouched = None if kept.vouched_roles is None else known_roles(kept.vouched_roles)
    return Subscription(account=_account(account), tenant=kept.tenant, vouched=vouched, ends_at=kept.ends_at)


def _account(row: AccountTable) -> Account:
    return Account(**{name: getattr(row, name) for name in Account.__struct_fields__})


def _session(row: SessionTable) -> Session:
    own = {name: getattr(row, name) for name in Session.__struct_fields__ if name != "vouched"}
    vouched = row.vouched_roles
    roles = None if vouched is None else {tenant: known_roles(names) for tenant, names in vouched.items()}
    return Session(**own, vouched=roles)
