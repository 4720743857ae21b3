"""One mail a day for whoever wants it so, of what was raised since the last one."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Final

from gate.alerts.model.preferences import MailStyle, Mute, Recipient, is_muted
from gate.alerts.model.telling import digest
from gate.alerts.repository import changes, preferences
from gate.alerts.repository.rows import take_turn
from gate.alerts.service.book import AlertBook
from gate.outbox.message import OutgoingMessage
from gate.persistence.unit_of_work import Database, UnitOfWork

_MOST: Final = 10_000


class DigestService:
    """Opens its own unit."""

    def __init__(self, database: Database, book: AlertBook) -> None:
        self._database = database
        self._book = book

    async def digest(self, tenant: str, now: datetime) -> int:
        """Write the day's digests that are due and not written yet; how many.

        Whose day it is, and from which hour on, is told in the tenant's time zone. Where nothing is new there is none.
        Whoever chooses digests is told of what is raised from then on.

        Raises:
            StoreUnavailable: the alerts cannot be read, or the digests not written.
        """
        async with self._database.writing(tenant) as unit:
            settled = await preferences.preferences(unit)
            day = settled.digest_day(now)
            wanted = [each for each in settled.recipients if each.style is MailStyle.DIGEST]
            if day is None or not wanted:
                return 0
            await take_turn(unit)
            told, mutes = await preferences.digests(unit), await preferences.mutes(unit)
            newest = await changes.last_number(unit)
            messages = []
            for recipient in wanted:
                told_up_to, told_on = told[recipient.person]
                if told_on >= day:
                    continue
                await preferences.put_digest(unit, recipient.person, newest, day)
                messages += await digest_of(unit, recipient, (told_up_to, newest), mutes, day, now)
            await self._book.send_digests(unit, messages)
            return len(messages)


async def digest_of(
    unit: UnitOfWork,
    recipient: Recipient,
    span: tuple[int, int],
    mutes: Collection[Mute],
    day: date,
    now: datetime,
) -> list[OutgoingMessage]:
    """The mail about what was raised behind the first and up to the second of these changes; none where nothing was."""
    after, up_to = span
    news = [
        alert
        for alert in await changes.raised_after(unit, after, up_to, _MOST)
        if alert.urgency.is_told and not is_muted(mutes, alert.kind, recipient.person)
    ]
    return [digest(recipient, news, day, now, up_to=up_to)] if news else []
