"""Counts that the database keeps beside the rows are what counting the rows comes to, whatever was done."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from gate.credentialing.model.applications import Application, ApplicationStatus
from gate.credentialing.model.contracts import ContractChange, ContractDraft
from gate.credentialing.model.payers import Payer
from gate.credentialing.model.providers import Provider, ProviderChange
from gate.credentialing.repository import applications, contracts, reports
from gate.credentialing.tables import ApplicationEventTable, ApplicationTable, ContractTable
from gate.errors import GateError
from gate.persistence.unit_of_work import Database, UnitOfWork
from tests.credentialing.office import TODAY, Office

pytestmark = pytest.mark.asyncio(loop_scope="module")

_numbers = count(1)
DAYS = [TODAY + timedelta(days=days) for days in range(-6, 7)]
somebody, some_payer = st.integers(0, 1), st.integers(0, 1)
some_days = st.sampled_from(DAYS)
acts = st.one_of(
    st.tuples(st.just("apply"), somebody, some_payer),
    st.tuples(st.just("move"), somebody, some_payer, st.sampled_from(ApplicationStatus)),
    st.tuples(st.just("archive"), somebody, some_payer),
    st.tuples(st.just("contract"), somebody, some_payer, some_days, st.none() | some_days),
    st.tuples(st.just("change"), somebody, some_payer, some_days, st.none() | some_days),
    st.tuples(st.just("rest"), somebody, st.booleans()),
    st.tuples(st.just("wait"), st.integers(1, 3)),
)


class Practice:
    """Two providers and two payers of an office of their own; what cannot be done is refused, and leaves nothing."""

    def __init__(self, office: Office, providers: Sequence[Provider], payers: Sequence[Payer]) -> None:
        self.office = office
        self._providers = providers
        self._payers = payers

    async def do(self, act: tuple[Any, ...]) -> None:
        name, *arguments = act
        deed: Callable[..., Awaitable[None]] = getattr(self, f"_{name}")
        with suppress(GateError):
            await deed(*arguments)

    async def _apply(self, provider: int, payer: int) -> None:
        await self.office.application(self._providers[provider], self._payers[payer])

    async def _move(self, provider: int, payer: int, status: ApplicationStatus) -> None:
        for each in await self._applications(provider, payer):
            reason = "panel closed" if status is ApplicationStatus.DENIED else ""
            await self.office.move(each, status, denial_reason=reason)

    async def _archive(self, provider: int, payer: int) -> None:
        for each in await self._applications(provider, payer):
            await self.office.do(self.office.applications.archive, each.id, self.office.by)

    async def _applications(self, provider: int, payer: int) -> list[Application]:
        found = await self.office.read(applications.of_provider, self._providers[provider].id)
        return [each for each in found if each.payer_id == self._payers[payer].id]

    async def _contract(self, provider: int, payer: int, begins: date, ends: date | None) -> None:
        draft = ContractDraft(
            provider_id=self._providers[provider].id,
            payer_id=self._payers[payer].id,
            effective_date=begins,
            end_date=ends,
        )
        await self.office.do(self.office.contracts.create, draft, self.office.by)

    async def _change(self, provider: int, payer: int, begins: date, ends: date | None) -> None:
        for each in await self.office.contracts_of(self._providers[provider]):
            if each.payer_id == self._payers[payer].id:
                change = ContractChange(effective_date=begins, end_date=ends)
                await self.office.do(self.office.contracts.update, each.id, change, self.office.by)

    async def _rest(self, provider: int, is_bookable: bool) -> None:
        change = ProviderChange(is_bookable=is_bookable)
        await self.office.do(self.office.providers.update, self._providers[provider].id, change, self.office.by)

    async def _wait(self, days: int) -> None:
        self.office.later(days)


async def practice_in(database: Database) -> Practice:
    office = Office(database, f"practice-{next(_numbers)}")
    providers = [await office.provider() for _ in range(2)]
    return Practice(office, providers, [await office.payer(name) for name in ("Molina", "Regence")])


async def applications_counted(unit: UnitOfWork) -> Counter[str]:
    table = ApplicationTable
    found = await unit.session.scalars(select(table.application_status).where(table.archived_at.is_(None)))
    return Counter(found)


async def stays_counted(unit: UnitOfWork) -> dict[str, dict[str, Counter[int]]]:
    table = ApplicationEventTable
    counted: dict[str, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for payer_id, status, days in await unit.session.execute(
        select(table.payer_id, table.from_status, table.days_in_from).where(table.days_in_from.is_not(None))
    ):
        counted[payer_id][str(status)][int(days or 0)] += 1
    return counted


async def contracts_counted(unit: UnitOfWork, day: date) -> dict[str, tuple[int, int]]:
    table = ContractTable
    found: dict[str, tuple[int, int]] = {}
    for payer_id, begins, ends, is_bookable in await unit.session.execute(
        select(table.payer_id, table.effective_date, table.end_date, table.is_bookable)
    ):
        if begins <= day and (ends is None or day <= ends):
            all_of_them, bookable = found.get(payer_id, (0, 0))
            found[payer_id] = (all_of_them + 1, bookable + is_bookable)
    return found


async def contracts_told(unit: UnitOfWork, day: date) -> dict[str, tuple[int, int]]:
    told = await unit.session.execute(select(contracts.standing_by_payer(unit, day)))
    return {row.payer_id: (int(row.contracts), int(row.bookable)) for row in told if row.contracts}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=st.lists(acts, max_size=14))
async def test_what_is_counted_as_it_happens_is_what_is_there(database: Database, done: list[tuple[Any, ...]]) -> None:
    practice = await practice_in(database)
    for act in done:
        await practice.do(act)

    async with database.reading(practice.office.tenant) as unit:
        assert await reports.counts_by_status(unit) == await applications_counted(unit)
        payers = {payer.id for payer in practice._payers}
        assert await reports.stays(unit, payers) == await stays_counted(unit)
        for day in DAYS:
            assert await contracts_told(unit, day) == await contracts_counted(unit, day)
