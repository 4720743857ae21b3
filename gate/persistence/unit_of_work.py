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
from gate.persistence.roles import OVERVIEW_ROLE, TENANT_ROLE, TENANT_SETTING
from gate.persistence.scope import ScopedSession, refuse_leaks

_OUR_MISTAKES: Final = (DataError, IntegrityError, NotSupportedError, ProgrammingError)
_READS: Final[Mapping[str, Any]] = {"postgresql_readonly": True}
_TAKE_ON: Final = text("SELECT set_config('role', :role, true), set_config(:setting, :tenant, true)")
"""For this transaction only; a pooled connection comes back without role and tenant."""


class UnitOfWork:
    """A transaction under way for one tenant, and what is to happen once it is committed."""

    def __init__(self, session: AsyncSession, tenant: str) -> None:
        self.session = session
        self.tenant = tenant
        self._afterwards: list[Callable[[], Awaitable[None]]] = []

    def after_commit(self, action: Callable[[], Awaitable[None]]) -> None:
        """Have `action` run after the commit; never, when there is none. It handles its own failures."""
        self._afterwards.append(action)

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
        async with self._session(tenant, WRITES) as session:
            unit = UnitOfWork(session, tenant)
            yield unit
        await unit.settle()

    @asynccontextmanager
    async def reading(self, tenant: str) -> AsyncIterator[UnitOfWork]:
        """A unit that only reads.

        Raises:
            StoreUnavailable: the database cannot be reached, or does not answer in time.
        """
        async with self._session(tenant, _READS) as session:
            yield UnitOfWork(session, tenant)

    @asynccontextmanager
    async def reading_across_tenants(self) -> AsyncIterator[AsyncSession]:
        """A session that reads, for all tenants, the tables that the overview role may read (`roles`).

        For what a process has to know before it knows who calls; never on behalf of a caller.

        Raises:
            StoreUnavailable: the database cannot be reached, or does not answer in time.
        """
        async with self._session(None, _READS) as session:
            yield session

    @asynccontextmanager
    async def _session(self, tenant: str | None, options: Mapping[str, Any]) -> AsyncIterator[AsyncSession]:
        if tenant == "":
            raise ValueError("a unit of work needs a tenant")
        with naming_outages():
            async with (
                AsyncSession(
                    self._engine, sync_session_class=ScopedSession, info={"tenant": tenant}, expire_on_commit=False
                ) as session,
                session.begin(),
            ):
                connection = await session.connection(execution_options={**options, "tenant": tenant})
                if connection.dialect.name == "postgresql":
                    role = OVERVIEW_ROLE if tenant is None else TENANT_ROLE
                    await connection.execute(
                        _TAKE_ON, {"role": role, "setting": TENANT_SETTING, "tenant": tenant or ""}
                    )
                yield session


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
