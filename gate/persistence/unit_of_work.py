"""One request, one transaction, one tenant. It is committed where it was opened, at the door; services never commit."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gate.errors import StoreUnavailable
from gate.persistence.engine import WRITES
from gate.persistence.roles import ACCOUNTS_ROLE, OVERVIEW_ROLE, TENANT_ROLE, TENANT_SETTING
from gate.persistence.scope import ACCOUNTS, ScopedSession, refuse_leaks

_OUR_MISTAKES: Final = (DataError, IntegrityError, NotSupportedError, ProgrammingError)
_READS: Final[Mapping[str, Any]] = {"postgresql_readonly": True}
_TAKE_ON: Final = text("SELECT set_config('role', :role, true), set_config(:setting, :tenant, true)")
"""For this transaction only; a pooled connection comes back without role and tenant."""


class AccountsUnit:
    """A transaction under way with the rights of accounts: people, their sessions, and who is a member where.

    Standing for itself it sees the members of all tenants; within a tenant's unit, of that one. See `roles`.
    """

    def __init__(self, session: AsyncSession) -> None:
        self.session = session


class UnitOfWork:
    """A transaction under way for one tenant, and what is to happen once it is committed."""

    def __init__(self, session: AsyncSession, tenant: str) -> None:
        self.session = session
        self.tenant = tenant
        self._afterwards: list[Callable[[], Awaitable[None]]] = []

    def after_commit(self, action: Callable[[], Awaitable[None]]) -> None:
        """Have `action` run after the commit; never, when there is none. It handles its own failures."""
        self._afterwards.append(action)

    @asynccontextmanager
    async def accounts(self) -> AsyncIterator[AccountsUnit]:
        """The same transaction with the rights of accounts in place of the tenant's, until the end of the block.

        An exception that leaves the block ends the unit: what follows in it has no tenant's rights any more.
        """
        await _take_on(self.session, ACCOUNTS_ROLE, self.tenant)
        self.session.info[ACCOUNTS] = True
        try:
            yield AccountsUnit(self.session)
        finally:
            self.session.info[ACCOUNTS] = False
        await _take_on(self.session, TENANT_ROLE, self.tenant)

    async def settle(self) -> None:
        """Run what was to happen after the commit, in the order in which it was asked for."""
        for action in self._afterwards:
            await action()


class Database:
    """Opens units of work. Each sees the rows of one tenant; see `scope` and `roles`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        refuse_leaks(engine)

    @asynccontextmanager
    async def writing(self, tenant: str) -> AsyncIterator[UnitOfWork]:
        """A unit that may write, committed at the end of the block and rolled back when an exception leaves it.

        Raises:
            StoreUnavailable: the database cannot be reached, or does not answer in time.
        """
        async with self._session(tenant, WRITES, TENANT_ROLE) as session:
            unit = UnitOfWork(session, tenant)
            yield unit
        await unit.settle()

    @asynccontextmanager
    async def reading(self, tenant: str) -> AsyncIterator[UnitOfWork]:
        """A unit that only reads.

        Raises:
            StoreUnavailable: the database cannot be reached, or does not answer in time.
        """
        async with self._session(tenant, _READS, TENANT_ROLE) as session:
            yield UnitOfWork(session, tenant)

    @asynccontextmanager
    async def reading_across_tenants(self) -> AsyncIterator[AsyncSession]:
        """A session that reads, for all tenants, the tables that the overview role may read (`roles`).

        For what a process has to know before it knows who calls; never on behalf of a caller.

        Raises:
            StoreUnavailable: the database cannot be reached, or does not answer in time.
        """
        async with self._session(None, _READS, OVERVIEW_ROLE) as session:
            yield session

    @asynccontextmanager
    async def reading_accounts(self) -> AsyncIterator[AccountsUnit]:
        """A unit that reads people, their sessions and memberships: for when no tenant is known yet.

        Raises:
            StoreUnavailable: the database cannot be reached, or does not answer in time.
        """
        async with self._session(None, _READS, ACCOUNTS_ROLE) as session:
            yield AccountsUnit(session)

    @asynccontextmanager
    async def writing_accounts(self) -> AsyncIterator[AccountsUnit]:
        """The same, and it may write people and sessions. Committed at the end of the block.

        Raises:
            StoreUnavailable: the database cannot be reached, or does not answer in time.
        """
        async with self._session(None, WRITES, ACCOUNTS_ROLE) as session:
            yield AccountsUnit(session)

    @asynccontextmanager
    async def _session(self, tenant: str | None, options: Mapping[str, Any], role: str) -> AsyncIterator[AsyncSession]:
        if tenant == "":
            raise ValueError("a unit of work needs a tenant")
        with naming_outages():
            async with (
                AsyncSession(
                    self._engine,
                    sync_session_class=ScopedSession,
                    info={"tenant": tenant, ACCOUNTS: role == ACCOUNTS_ROLE},
                    expire_on_commit=False,
                ) as session,
                session.begin(),
            ):
                await session.connection(execution_options={**options, "tenant": tenant})
                await _take_on(session, role, tenant or "")
                yield session


async def _take_on(session: AsyncSession, role: str, tenant: str) -> None:
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await connection.execute(_TAKE_ON, {"role": role, "setting": TENANT_SETTING, "tenant": tenant})


@contextmanager
def naming_outages() -> Iterator[None]:
    """Tell a database that cannot be used from a mistake of ours.

    Raises:
        StoreUnavailable: it cannot be reached, or does not answer in time.
    """
    try:
        yield
    except _OUR_MISTAKES:
        raise
    except (DBAPIError, PoolTimeoutError, OSError) as error:
        # OSError: a refused connection and a statement's time limit reach us as the driver raised them.
        raise StoreUnavailable("the database cannot be reached or does not answer") from error
