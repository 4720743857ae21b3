"""What the ledger holds about many providers at once: SQL that takes no statement for each. About one: `repository`."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import add
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, Text, cast, func, select, tuple_
from sqlalchemy.orm import aliased

from aggregator.evidence import SourceOutcome
from gate.ledger.observations import Observation
from gate.ledger.tables import DecisionTable, ObservationTable, ObservedAnswerTable
from gate.persistence.unit_of_work import UnitOfWork

_NPI: Final = 10
_STATE: Final = 2
_AT_ONCE: Final = 500
"""Observations that are read by one statement: each is named by four values."""


class SeenClaim(NamedTuple):
    """A claim that the gate answered."""

    npi: str
    state: str
    claim_id: str
    line_number: int
    claim: bytes
    """As it went over the wire."""


async def npis_heard_of(unit: UnitOfWork, after: str, limit: int) -> Sequence[str]:
    """The next providers of whom any source ever answered, by NPI."""
    first, next_one = aliased(ObservationTable), aliased(ObservationTable)
    heard = _first(unit, first, (first.npi,), first.npi > after).cte("heard", recursive=True)
    heard = heard.union_all(
        _first(unit, next_one, (next_one.npi,), next_one.npi > heard.c.key).where(heard.c.key.is_not(None))
    )
    return list(await unit.session.scalars(select(heard.c.key).where(heard.c.key.is_not(None)).limit(limit)))


async def latest_observations(
    unit: UnitOfWork, npis: Collection[str]
) -> Mapping[tuple[str, str], Sequence[Observation]]:
    """What each source answered last about these providers, by NPI and state.

    However often a source confirmed the same: what is read grows with the providers, not with the observations.
    """
    latest = [each for each in await _newest(unit, npis) if each[0] in npis] if npis else []
    observations: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for begin in range(0, len(latest), _AT_ONCE):
        for each in await _observations(unit, latest[begin : begin + _AT_ONCE]):
            observations[each.npi, each.state].append(each)
    return observations


async def claims_since(unit: UnitOfWork, npis: Collection[str], since: datetime) -> AsyncIterator[SeenClaim]:
    """Claims about these providers, oldest first."""
    query = (
        select(
            DecisionTable.npi,
            DecisionTable.state,
            DecisionTable.claim_id,
            DecisionTable.line_number,
            DecisionTable.claim,
        )
        .where(DecisionTable.tenant == unit.tenant, DecisionTable.npi.in_(npis), DecisionTable.evaluated_at >= since)
        .order_by(DecisionTable.evaluated_at, DecisionTable.decision_id)
    )
    async for row in await unit.session.stream(query):
        yield SeenClaim(*row)


def _first(
    unit: UnitOfWork, table: type[ObservationTable], columns: Sequence[Any], *conditions: ColumnElement[bool]
) -> Select[Any]:
    """The first values of `columns`, joined, in the order of the primary key; NULL where nothing fits."""
    joined = reduce(add, (cast(column, Text) for column in columns))
    first = select(joined).where(table.tenant == unit.tenant, *conditions).order_by(*columns).limit(1)
    return select(first.scalar_subquery().label("key"))


async def _newest(unit: UnitOfWork, npis: Collection[str]) -> Sequence[tuple[str, str, str, datetime]]:
    """NPI, state, source and instant of the newest observations from the least of the NPIs to the greatest.

    From one source to the next by the primary key: what lies between is leapt over.
    """
    first, next_one, seen = (aliased(ObservationTable) for _ in range(3))
    heard = _first(unit, first, _named(first), first.npi >= min(npis)).cte("heard", recursive=True)
    heard = heard.union_all(
        _first(unit, next_one, _named(next_one), tuple_(*_named(next_one)) > tuple_(*_parts(heard.c.key))).where(
            heard.c.key.is_not(None), func.substr(heard.c.key, 1, _NPI) <= max(npis)
        )
    )
    is_of_it = [column == part for column, part in zip(_named(seen), _parts(heard.c.key), strict=True)]
    newest = select(func.max(seen.verified_at)).where(seen.tenant == unit.tenant, *is_of_it)
    npi, state, source = _parts(heard.c.key)
    query = select(npi, state, source, newest.scalar_subquery()).where(heard.c.key.is_not(None))
    return [(row[0], row[1], row[2], row[3]) for row in await unit.session.execute(query)]


async def _observations(unit: UnitOfWork, latest: Sequence[tuple[str, str, str, datetime]]) -> Sequence[Observation]:
    """Of two answers of one source at one instant, the one that holds records."""
    query = (
        select(ObservationTable, ObservedAnswerTable.content)
        .join(
            ObservedAnswerTable,
            (ObservedAnswerTable.tenant == ObservationTable.tenant)
            & (ObservedAnswerTable.digest == ObservationTable.answer),
        )
        .where(
            ObservationTable.tenant == unit.tenant,
            tuple_(*_named(ObservationTable), ObservationTable.verified_at).in_(latest),
        )
        .order_by(ObservationTable.outcome == SourceOutcome.FOUND.value, ObservationTable.answer.desc())
    )
    found = {
        (row.npi, row.state, row.source): Observation(
            npi=row.npi,
            state=row.state,
            source=row.source,
            verified_at=row.verified_at,
            outcome=SourceOutcome(row.outcome),
            content=content,
        )
        for row, content in await unit.session.execute(query)
    }
    return list(found.values())


def _named(table: type[ObservationTable]) -> Sequence[Any]:
    return table.npi, table.state, table.source


def _parts(key: Any) -> Sequence[Any]:  # noqa: ANN401 - a column of a query
    """NPI, state and source out of a joined key."""
    return (
        func.substr(key, 1, _NPI),
        func.substr(key, _NPI + 1, _STATE),
        func.substr(key, _NPI + _STATE + 1),
    )
