"""One request, one transaction. It is committed where it was opened, at the door; services never commit."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gate.errors import StoreUnavailable
from gate.persistence.engine import WRITES

_OUR_MISTAKES: Final = (DataError, IntegrityError, NotSupportedError, ProgrammingError)
_READS: Final[Mapping[str, Any]] = {"postgresql_readonly": True}


class UnitOfWork:
    """A transaction under way, and what is to happen once it is committed."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self._afterwards: list[Callable[[], Awaitable[None]]] = []

    def after_commit(self, action: Callable[[], Awaitable[None]]) -> None:
        """Have `action` run after the commit; never, when there is none. It handles its own failures."""
        self._afterwards.append(action)

    async def settle(self) -> None:
        """Run what was to happen after the commit, in the order in which it was asked for."""
        for action in self._afterwards:
            await action()


class Database:
    """Opens units of work."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[UnitOfWork]:
        """A unit that may write, committed at the end of the block and rolled back when an exception leaves it.

        Raises:
            StoreUnavailable: the database cannot be reached, or does not answer in time.
        """
        async with self._unit(WRITES) as unit:
            yield unit
        await unit.settle()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        """A unit that only reads.

        Raises:
            StoreUnavailable: the database cannot be reached, or does not answer in time.
        """
        async with self._unit(_READS) as unit:
            yield unit

    @asynccontextmanager
    async def _unit(self, options: Mapping[str, Any]) -> AsyncIterator[UnitOfWork]:
        with naming_outages():
            async with AsyncSession(self._engine, expire_on_commit=False) as session, session.begin():
                await session.connection(execution_options=options)
                yield UnitOfWork(session)


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
