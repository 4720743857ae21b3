"""Messages of a gate's organisations, put into its database as its own rooms and its dispatcher would."""

from datetime import UTC, datetime
from typing import Final

from gate.outbox import repository
from gate.outbox.channel import Undelivered
from gate.outbox.dispatcher import Dispatcher
from gate.outbox.letter import Letter
from gate.outbox.message import OutgoingMessage
from gate.persistence.engine import open_engine
from gate.persistence.unit_of_work import Database
from gate.settings import Settings

NO_MAILBOX: Final = "the mail server refuses the recipient (550)"


class _Refusing:
    async def deliver(self, letter: Letter) -> tuple[()]:
        raise Undelivered(NO_MAILBOX, is_final=True)


async def give_up(settings: Settings, tenant: str, *subjects: str, recipient: str = "ann@clinic.example") -> None:
    """Messages that could not be delivered."""
    engine = open_engine(settings.sqlalchemy_url)
    database = Database(engine)
    now = datetime.now(UTC)
    messages = [
        OutgoingMessage(
            key=f"{subject}/{now}",
            channel="nowhere",  # so that the gate's own dispatcher leaves it alone
            topic="alert.raised",
            subject=subject,
            recipient=recipient,
            body={"text": subject},
            not_before=now,
        )
        for subject in subjects
    ]
    async with database.writing(tenant) as unit:
        await repository.add(unit, messages, now)
    await Dispatcher(database, {"nowhere": _Refusing()}, lambda: datetime.now(UTC), lambda *_: None).drain()
    await engine.dispose()
