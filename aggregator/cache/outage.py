"""What an outage of the shared store costs a request: a moment, twice, then nothing until it is back."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from math import inf
from typing import Any, Final, TypeVar

from aggregator.breaker import Breaker, Permit
from aggregator.cache.contract import GivenUp, KnowledgeStore, StoreEntry
from aggregator.knowledge import Knowledge, KnowledgeKey
from aggregator.observers import BreakerState, CacheObserver, Unobserved

READ_PATIENCE: Final = 0.010
"""Seconds a read may take before the answer is looked for elsewhere."""
FAILURES_IN_A_ROW: Final = 2
"""With `READ_PATIENCE`: an outage adds 20 ms to a request at most, even to one that reads twice."""
OPERATION_PATIENCE: Final = 1.0
"""Seconds after which an operation nobody waits for is given up."""
SECONDS_LEFT_ALONE: Final = 1.0
_LATE: Final = 0.005
"""A timer that is later than this says that this process was busy, not that the store is slow."""

_T = TypeVar("_T")
_Answer = asyncio.Future[Mapping[KnowledgeKey, Knowledge]]


class OutageTolerantStore:
    """A store whose outage looks like a miss (row K12).

    After `FAILURES_IN_A_ROW` it is left alone for `SECONDS_LEFT_ALONE`; then one call finds out, without anybody
    waiting for it, whether it is back. A read that takes too long is not broken off, only no longer waited for: that
    would cost the connection, and where connecting takes longer than our patience there would never be one.
    """

    def __init__(
        self,
        inner: KnowledgeStore,
        observer: CacheObserver | None = None,
        *,
        read_patience: float = READ_PATIENCE,
    ) -> None:
        """`read_patience` is for a store that is far away; every second of it is added to answers in an outage."""
        self._inner = inner
        self._observer = observer or Unobserved()
        self._patience = read_patience
        self._breaker = Breaker(
            failures=FAILURES_IN_A_ROW,
            seconds=SECONDS_LEFT_ALONE,
            changed=self._observer.cache_breaker_changed,
        )
        self._operations: set[asyncio.Task[Any]] = set()

    @property
    def available(self) -> bool:
        """Whether the store is in use at present."""
        return self._breaker.state is BreakerState.CLOSED

    def read(self, keys: Sequence[KnowledgeKey]) -> _Answer:
        """As the inner store; nothing while it is out of order, and `GivenUp` once that took too long.

        A future instead of a coroutine: on the way of every answer from Redis one task more would be felt.
        """
        loop = asyncio.get_running_loop()
        answer: _Answer = loop.create_future()
        permit = self._breaker.admit()
        if permit is None:
            answer.set_result({})
            return answer
        reading = self._begin(self._inner.read(keys))
        if self.available:
            due = loop.time() + self._patience
            loop.call_later(self._patience, self._give_up, answer, reading, permit, due)
            reading.add_done_callback(lambda done: self._answer(answer, permit, done))
        else:
            answer.set_result(GivenUp(reading))
            reading.add_done_callback(lambda done: self._judge("get", permit, done))
        return answer

    async def merge(self, entries: Sequence[StoreEntry]) -> None:
        """As the inner store; lost while it is out of order."""
        permit = self._breaker.admit()
        if permit is not None:
            await self._change("put", permit, self._inner.merge(entries))

    async def drop(self, key: KnowledgeKey) -> None:
        """As the inner store; without effect while it is out of order."""
        permit = self._breaker.admit()
        if permit is not None:
            await self._change("drop", permit, self._inner.drop(key))

    async def aclose(self) -> None:
        """Give up what is still under way."""
        for operation in self._operations:
            operation.cancel()
        await asyncio.gather(*self._operations, return_exceptions=True)
        await self._inner.aclose()

    def _answer(self, answer: _Answer, permit: Permit, reading: asyncio.Task[Mapping[KnowledgeKey, Knowledge]]) -> None:
        if not answer.done():  # it is done where it was given up, or where nobody wants it any more
            answer.set_result(reading.result() if self._judge("get", permit, reading) else {})

    def _give_up(self, answer: _Answer, reading: _Answer, permit: Permit, due: float) -> None:
        if answer.done():
            return
        loop = asyncio.get_running_loop()
        if loop.time() - due > _LATE:
            # The reply may be here already. The next timer is taken at its word, late or not.
            loop.call_later(self._patience, self._give_up, answer, reading, permit, inf)
            return
        self._fail("get", permit, TimeoutError())
        answer.set_result(GivenUp(reading))

    async def _change(self, name: str, permit: Permit, operation: Awaitable[None]) -> None:
        changing = self._begin(operation)
        changing.add_done_callback(lambda done: self._judge(name, permit, done))
        await asyncio.wait((changing,))

    def _begin(self, operation: Awaitable[_T]) -> asyncio.Task[_T]:
        task = asyncio.get_running_loop().create_task(_bounded(operation))
        self._operations.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, operation: asyncio.Task[Any]) -> None:
        self._operations.discard(operation)
        if not operation.cancelled():
            operation.exception()  # looked at, because nobody else does where a read was given up

    def _judge(self, name: str, permit: Permit, operation: asyncio.Task[Any]) -> bool:
        """Tell the breaker how the operation went, and the caller whether it has a result."""
        if operation.cancelled():
            self._breaker.abandoned(permit)
            return False
        if (error := operation.exception()) is not None:
            self._fail(name, permit, error)
            return False
        self._breaker.succeeded(permit)
        return True

    def _fail(self, name: str, permit: Permit, error: BaseException) -> None:
        self._observer.cache_failed(name, type(error).__name__)
        self._breaker.failed(permit)


async def _bounded(operation: Awaitable[_T]) -> _T:
    async with asyncio.timeout(OPERATION_PATIENCE):
        return await operation
