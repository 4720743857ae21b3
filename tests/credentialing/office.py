"""A credentialing office on a real database, with a clock that a test turns."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, Concatenate, ParamSpec, TypeVar

from gate.audit.log import AuditLog
from gate.audit.model import EVERYTHING, Actor, Via
from gate.audit.repository import oldest_first
from gate.credentialing.model.enrollments import Enrollment, EnrollmentDraft
from gate.credentialing.model.payers import Payer, PayerDraft
from gate.credentialing.model.providers import Provider, ProviderDraft
from gate.credentialing.service.enrollments import EnrollmentService
from gate.credentialing.service.payers import PayerService
from gate.credentialing.service.providers import ProviderService
from gate.credentialing.service.records import ChangeLog
from gate.persistence.unit_of_work import Database, UnitOfWork
from sources.npi import check_digit

P = ParamSpec("P")
R = TypeVar("R")
TODAY = date(2026, 3, 10)
_numbers = count(1)


class _Unobserved:
    def appended(self, head: object) -> None:
        pass


def new_npi() -> str:
    """One that nobody else in these tests has."""
    first_nine = f"1{next(_numbers):08}"
    return first_nine + check_digit(first_nine)


class Office:
    """Of one tenant."""

    def __init__(self, database: Database, tenant: str) -> None:
        self.database = database
        self.tenant = tenant
        self.now = datetime(TODAY.year, TODAY.month, TODAY.day, 15, tzinfo=UTC)
        self.by = Actor(tenant=tenant, subject="ann", via=Via.SESSION)
        log = ChangeLog(AuditLog(_Unobserved(), self._clock), self._clock)
        self.providers = ProviderService(log)
        self.payers = PayerService(log)
        self.enrollments = EnrollmentService(log, self.payers)

    def _clock(self) -> datetime:
        return self.now

    @property
    def today(self) -> date:
        return self.now.date()

    def later(self, days: int) -> None:
        """Turn the clock."""
        self.now += timedelta(days=days)

    def of_others(self) -> "Office":
        """An office of another tenant, at the same time."""
        other = Office(self.database, f"not-{self.tenant}")
        other.now = self.now
        return other

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

    async def provider(self, last_name: str = "Doe", **fields: Any) -> Provider:
        draft = ProviderDraft(**{"first_name": "Jane", "last_name": last_name, "npi": new_npi(), **fields})
        return await self.do(self.providers.create, draft, self.by)

    async def payer(self, name: str = "Molina", **fields: Any) -> Payer:
        return await self.do(self.payers.create, PayerDraft(name=name, **fields), self.by)

    async def enrollment(self, provider: Provider, payer: Payer, **fields: Any) -> Enrollment:
        draft = EnrollmentDraft(provider_id=provider.id, payer_id=payer.id, **fields)
        return await self.do(self.enrollments.create, draft, self.by)

    async def audited(self) -> list[tuple[str, str]]:
        """What the audit log tells, oldest first: action, and kind of object."""
        async with self.database.reading(self.tenant) as unit:
            entries = await oldest_first(unit.session, self.tenant, EVERYTHING, after=0, until=10_000, limit=10_000)
        return [(entry.action, entry.object.partition("/")[0]) for entry in entries]

    async def audit_details(self) -> list[str]:
        """The details of every entry, oldest first."""
        async with self.database.reading(self.tenant) as unit:
            entries = await oldest_first(unit.session, self.tenant, EVERYTHING, after=0, until=10_000, limit=10_000)
        return [entry.details for entry in entries]
