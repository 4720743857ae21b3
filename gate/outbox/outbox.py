"""The way in: messages are written in the transaction of the change that they tell of."""

from collections.abc import Sequence

from gate.clock import Clock
from gate.outbox import repository
from gate.outbox.message import OutgoingMessage
from gate.persistence.unit_of_work import UnitOfWork


class Outbox:
    """Where rooms leave what is to be told; somebody else delivers it, once the transaction is committed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def add(self, unit: UnitOfWork, messages: Sequence[OutgoingMessage]) -> None:
        """Keep the messages for the unit's tenant, those whose channel and key are not kept yet.

        What is rolled back is never sent.
        """
        await repository.add(unit, messages, self._clock())
