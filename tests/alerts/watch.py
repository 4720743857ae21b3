"""A tenant's watch over due dates that a test names, on a real database, with a clock that it turns."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from gate.alerts.model.alerts import Alert
from gate.alerts.model.due_dates import ChargesSeen, DueDate, Standing, Subject, WatchedDueDates, WatchedPage
from gate.alerts.model.kinds import LONG_LADDER, AlertKind, recredentialing_ladder
from gate.alerts.model.pages import AlertFilter
from gate.alerts.service.book import AlertBook
from gate.alerts.service.desk import AlertDesk
from gate.alerts.service.digests import DigestService
from gate.alerts.service.feed import AlertFeed
from gate.alerts.service.notifications import NotificationDesk
from gate.alerts.service.raising import Raising
from gate.alerts.service.reminding import Reminding
from gate.alerts.service.scanning import ScanResult, ScanService
from gate.audit.log import AuditLog
from gate.audit.model import Actor, Via
from gate.errors import StoreUnavailable
from gate.outbox.message import OutgoingMessage
from gate.persistence.unit_of_work import Database, UnitOfWork

P = ParamSpec("P")
R = TypeVar("R")
TODAY = date(2026, 3, 10)
ALL_KINDS = frozenset(AlertKind)
LADDERS = {
    AlertKind.REVALIDATION: (90, 60, 30),
    AlertKind.RECREDENTIALING: recredentialing_ladder(90),
    AlertKind.CREDENTIAL_EXPIRY: LONG_LADDER,
    AlertKind.ATTESTATION: LONG_LADDER,
}


class Unobserved:
    def appended(self, head: object) -> None:
        pass


class Register:
    """Keeps due dates, as a test names them."""

    def __init__(self, kinds: frozenset[AlertKind] = ALL_KINDS) -> None:
        self.kinds = kinds
        self.known: dict[Subject, DueDate] = {}
        self.is_down = False

    def say(self, kind: AlertKind, key: str, due_on: date | None, **fields: Any) -> Subject:
        """How a subject stands from now on."""
        told: dict[str, Any] = {"standing": Standing.CURRENT, "rungs": LADDERS[kind], "today": TODAY, **fields}
        due = DueDate(kind=kind, key=key, due_on=due_on, **told)
        self.known[due.subject] = due
        return due.subject

    async def approaching(self, tenant: str, now: datetime, after: str, limit: int) -> WatchedPage:
        self._answer()
        subjects = sorted(self.known)
        begin = int(after or 0)
        page = [self._today(self.known[subject], now) for subject in subjects[begin : begin + limit]]
        return WatchedPage(page, str(begin + limit) if begin + limit < len(subjects) else "")

    async def present(self, tenant: str, now: datetime, subjects: Collection[Subject]) -> Sequence[DueDate]:
        self._answer()
        return [self._today(self.known[subject], now) for subject in subjects if subject in self.known]

    def _answer(self) -> None:
        if self.is_down:
            raise StoreUnavailable("nobody can say")

    def _today(self, due: DueDate, now: datetime) -> DueDate:
        return msgspec.structs.replace(due, today=now.date())


class Purse:
    """What was charged, as a test says it."""

    def __init__(self) -> None:
        self.cents: dict[tuple[str, str], int] = {}
        self.asked: list[tuple[frozenset[str], datetime]] = []

    async def of(self, tenant: str, npis: Collection[str], since: datetime) -> ChargesSeen:
        self.asked.append((frozenset(npis), since))
        return ChargesSeen({key: cents for key, cents in self.cents.items() if key[0] in npis})


class Letterbox:
    """Holds what was committed, each channel's keys once."""

    def __init__(self) -> None:
        self.messages: dict[tuple[str, str], OutgoingMessage] = {}

    async def add(self, unit: UnitOfWork, messages: Sequence[OutgoingMessage]) -> None:
        async def keep() -> None:
            for message in messages:
                self.messages.setdefault((message.channel, message.key), message)

        unit.after_commit(keep)

    def sent(self, channel: str, topic: str = "") -> list[OutgoingMessage]:
        return [each for each in self.messages.values() if each.channel == channel and each.topic.startswith(topic)]


class Heard:
    """Keeps what it was told of alerts."""

    def __init__(self) -> None:
        self.changes: Counter[tuple[str, str, str]] = Counter()
        self.digests = 0
        self.read: Counter[tuple[str, bool]] = Counter()
        self.standing: list[Mapping[tuple[str, str], int] | None] = []

    def alerts_changed(self, kind: str, urgency: str, what: str, count: int) -> None:
        self.changes[kind, urgency, what] += count

    def digests_written(self, count: int) -> None:
        self.digests += count

    def due_dates_read(self, kind: str, *, are_told: bool) -> None:
        self.read[kind, are_told] += 1

    def alerts_stand(self, counts: Mapping[tuple[str, str], int] | None) -> None:
        self.standing.append(counts)


class Watch:
    """Of one tenant."""

    def __init__(self, database: Database, tenant: str, page: int = 3) -> None:
        self.database = database
        self.tenant = tenant
        self.now = datetime(TODAY.year, TODAY.month, TODAY.day, 15, tzinfo=UTC)
        self.by = Actor(tenant=tenant, subject="ann", via=Via.SESSION)
        self.register, self.purse, self.letterbox = Register(), Purse(), Letterbox()
        self.heard = Heard()
        book = AlertBook(self.letterbox, AuditLog(Unobserved(), self.clock), self.heard)
        self.desk = AlertDesk(book, self.clock)
        self.notifications = NotificationDesk(book, self.clock)
        self.digests = DigestService(database, book)
        self.feed = AlertFeed(database, look_seconds=0.01)
        reminding = Reminding(database, book)
        self.watched: list[WatchedDueDates] = [self.register]
        self.scans = ScanService(database, self.watched, self.purse, Raising(book), reminding, self.heard, page=page)

    def clock(self) -> datetime:
        return self.now

    @property
    def today(self) -> date:
        return self.now.date()

    def later(self, days: float) -> None:
        """Turn the clock."""
        self.now += timedelta(days=days)

    def in_days(self, days: int) -> date:
        return self.today + timedelta(days=days)

    async def scan(self) -> ScanResult:
        return await self.scans.scan(self.tenant, self.now)

    async def do(self, act: Callable[Concatenate[UnitOfWork, P], Awaitable[R]], *args: P.args, **named: P.kwargs) -> R:
        """`act` in a unit of work of its own."""
        async with self.database.writing(self.tenant) as unit:
            return await act(unit, *args, **named)

    async def read(
        self, act: Callable[Concatenate[UnitOfWork, P], Awaitable[R]], *args: P.args, **named: P.kwargs
    ) -> R:
        """`act` in a unit that only reads."""
        async with self.database.reading(self.tenant) as unit:
            return await act(unit, *args, **named)

    async def listed(self, **wanted: Any) -> Sequence[Alert]:
        page = await self.read(self.desk.list, AlertFilter(**wanted), self.by, size=500)
        return page.items

    async def named(self) -> Mapping[str, str]:
        """The current alerts' names by subject."""
        return {alert.key: alert.name for alert in await self.listed()}

    async def only(self) -> Alert:
        (alert,) = await self.listed()
        return alert
