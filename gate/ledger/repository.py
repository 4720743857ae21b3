"""How the ledger is stored and found. All its SQL is here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

import msgspec
from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    Subquery,
    Table,
    and_,
    delete,
    exists,
    func,
    literal,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from aggregator.evidence import SourceOutcome
from gate.decision.model import ClaimAction, DecisionCode, GateMode
from gate.ledger.history import ReevaluationEvent, ReevaluationOutcome, RelatedDecision
from gate.ledger.model import Document, DocumentKind, Grounds, LedgerEntry
from gate.ledger.observations import Observation
from gate.ledger.pages import DecisionFilter, Position
from gate.ledger.tables import (
    DecisionTable,
    DocumentTable,
    LedgerTable,
    ObservationTable,
    ObservedAnswerTable,
    ReevaluationTable,
    RetentionTable,
)
from gate.persistence.base import Base
from gate.persistence.dialects import insert_into, is_postgresql
from gate.persistence.unit_of_work import Database, UnitOfWork

_KEY: Final = ("npi", "state", "source")
_KEYS_AT_ONCE: Final = 1_000
_ROWS_AT_ONCE: Final = 4_000
"""In one statement, which has a time limit; a fraction of a second on either database."""


async def add_entries(unit: UnitOfWork, entries: Sequence[LedgerEntry]) -> None:
    """Keep the decisions; those that are kept already stay as they are."""
    await _add(
        unit,
        DecisionTable,
        [
            {
                "tenant": entry.tenant,
                "decision_id": entry.decision_id,
                "evaluated_at": entry.evaluated_at,
                "claim_id": entry.claim_id,
                "line_number": entry.line_number,
                "npi": entry.npi,
                "state": entry.state,
                "service_date": entry.service_date,
                "code": entry.code.value,
                "detail": entry.detail,
                "action": entry.action.value,
                "would_action": entry.would_action.value,
                "mode": entry.mode.value,
                "config_version": entry.config_version,
                "caller": entry.caller,
                "request_id": entry.request_id,
                "claim": entry.claim,
                "answer": entry.answer,
                "evidence": entry.grounds.evidence,
                "policy": entry.grounds.policy,
            }
            for entry in entries
        ],
    )


async def add_documents(unit: UnitOfWork, documents: Iterable[Document], recorded_at: datetime) -> set[bytes]:
    """Keep the documents that are not kept yet; their digests."""
    rows = {
        document.digest: {
            "tenant": unit.tenant,
            "digest": document.digest,
            "kind": document.kind.value,
            "content": document.content,
            "recorded_at": recorded_at,
        }
        for document in documents
    }
    return {digest for (digest,) in await _add(unit, DocumentTable, list(rows.values()), ("digest",))}


async def add_observations(
    unit: UnitOfWork, observations: Iterable[Observation]
) -> set[tuple[str, str, str, datetime]]:
    """Keep what was observed, once however often it is told.

    Returns:
        What is new: NPI, state, source and `verified_at` of each.
    """
    contents: dict[bytes, dict[str, Any]] = {}
    rows = []
    for observation in observations:
        digest = observation.digest
        contents[digest] = {"tenant": unit.tenant, "digest": digest, "content": observation.content}
        rows.append(
            {
                "tenant": unit.tenant,
                "npi": observation.npi,
                "state": observation.state,
                "source": observation.source,
                "verified_at": observation.verified_at,
                "answer": digest,
                "outcome": observation.outcome.value,
            }
        )
    await _add(unit, ObservedAnswerTable, list(contents.values()))
    return {tuple(row) for row in await _add(unit, ObservationTable, rows, ("npi", "state", "source", "verified_at"))}


async def open_ledger(unit: UnitOfWork, opened_at: datetime) -> None:
    """Note that the tenant has a ledger."""
    await _add(unit, LedgerTable, [{"tenant": unit.tenant, "opened_at": opened_at}])


async def tenants_with_a_ledger(database: Database) -> list[str]:
    """All of them, by name.

    Raises:
        StoreUnavailable: the database cannot be read.
    """
    async with database.reading_across_tenants() as session:
        return list(await session.scalars(select(LedgerTable.tenant).order_by(LedgerTable.tenant)))


async def entry(unit: UnitOfWork, decision_id: str) -> LedgerEntry | None:
    """The decision; None where it is not kept."""
    query = _decisions(unit).where(DecisionTable.decision_id == decision_id)
    row = (await unit.session.scalars(query)).one_or_none()
    return None if row is None else _entry(row)


async def entries(
    unit: UnitOfWork, wanted: DecisionFilter, *, after: Position | None, limit: int
) -> Sequence[LedgerEntry]:
    """Decisions that fit `wanted`, newest first, from the one after `after`."""
    query = _decisions(unit)
    for column, value in (
        (DecisionTable.claim_id, wanted.claim_id),
        (DecisionTable.npi, wanted.npi),
        (DecisionTable.state, wanted.state),
        (DecisionTable.code, wanted.code),
        (DecisionTable.mode, wanted.mode),
    ):
        if value:
            query = query.where(column == str(value))
    if wanted.from_time is not None:
        query = query.where(DecisionTable.evaluated_at >= wanted.from_time)
    if wanted.until_time is not None:
        query = query.where(DecisionTable.evaluated_at < wanted.until_time)
    if after is not None:
        query = query.where(_position() < tuple_(_instant(after.evaluated_at), literal(after.decision_id)))
    newest_first = query.order_by(DecisionTable.evaluated_at.desc(), DecisionTable.decision_id.desc())
    return [_entry(row) for row in await unit.session.scalars(newest_first.limit(limit))]


async def repeats_of(unit: UnitOfWork, decision: LedgerEntry, limit: int) -> Sequence[RelatedDecision]:
    """The first other answers about the same claim and line, oldest first (row B5)."""
    if not decision.claim_id:
        return ()
    query = (
        select(DecisionTable.decision_id, DecisionTable.evaluated_at, DecisionTable.code)
        .where(
            DecisionTable.tenant == unit.tenant,
            DecisionTable.claim_id == decision.claim_id,
            DecisionTable.line_number == decision.line_number,
            DecisionTable.decision_id != decision.decision_id,
        )
        .order_by(DecisionTable.evaluated_at, DecisionTable.decision_id)
        .limit(limit)
    )
    rows = await unit.session.execute(query)
    return [RelatedDecision(decision_id, at, DecisionCode(code)) for decision_id, at, code in rows]


async def documents(unit: UnitOfWork, digests: Iterable[bytes]) -> Mapping[bytes, Document]:
    """Those of the documents that are kept, by digest."""
    query = select(DocumentTable).where(DocumentTable.tenant == unit.tenant, DocumentTable.digest.in_(list(digests)))
    return {
        row.digest: Document(row.digest, DocumentKind(row.kind), row.content)
        for row in await unit.session.scalars(query)
    }


async def last_observations(
    unit: UnitOfWork, wanted: Sequence[tuple[str, str, str]], before: datetime
) -> list[Observation]:
    """What each (NPI, state, source) answered last before that instant; those never heard are left out. Of two answers
    at one instant, the one that holds records.
    """
    found = {}
    for start in range(0, len(wanted), _KEYS_AT_ONCE):
        asked = await unit.session.execute(_last_of(unit, wanted[start : start + _KEYS_AT_ONCE], before))
        heard = [row for row in asked if row.content is not None]
        # The best of each last: it stays.
        for row in sorted(heard, key=lambda row: (row.outcome != SourceOutcome.FOUND.value, row.answer), reverse=True):
            found[row.npi, row.state, row.source] = Observation(
                npi=row.npi,
                state=row.state,
                source=row.source,
                verified_at=row.verified_at,
                outcome=SourceOutcome(row.outcome),
                content=row.content,
            )
    return list(found.values())


def _last_of(unit: UnitOfWork, keys: Sequence[tuple[str, str, str]], before: datetime) -> Select[Any]:
    """By one look into the index for each key, however many answers were observed."""
    wanted = _as_rows(unit, keys)
    seen, other = ObservationTable, aliased(ObservationTable)

    def is_of_key(table: type[ObservationTable]) -> list[ColumnElement[bool]]:
        return [table.tenant == unit.tenant, *(getattr(table, name) == wanted.c[name] for name in _KEY)]

    last = select(func.max(other.verified_at)).where(*is_of_key(other), other.verified_at < before)
    latest = seen.verified_at == last.correlate(wanted).scalar_subquery()
    content = (ObservedAnswerTable.tenant == seen.tenant) & (ObservedAnswerTable.digest == seen.answer)
    shown: tuple[Any, ...] = (seen.npi, seen.state, seen.source, seen.verified_at, seen.outcome, seen.answer)
    return (
        select(*shown, ObservedAnswerTable.content)
        .select_from(wanted)
        # Outer joins, because they are done in this order: SQLite would begin with all answers of the tenant.
        .outerjoin(seen, and_(*is_of_key(seen), latest))
        .outerjoin(ObservedAnswerTable, content)
    )


def _as_rows(unit: UnitOfWork, keys: Sequence[tuple[str, str, str]]) -> Subquery:
    """A table of the keys, sent as one document: the statement is the same for any number of them."""
    if not is_postgresql(unit.session):
        each = func.json_each(msgspec.json.encode(keys).decode()).table_valued("value")
        parts = [func.json_extract(each.c.value, f"$[{index}]") for index in range(len(_KEY))]
    else:
        each = func.jsonb_array_elements(literal([list(key) for key in keys], JSONB)).table_valued("value")
        parts = [type_coerce(each.c.value, JSONB)[index].astext for index in range(len(_KEY))]
    return select(*(part.label(name) for part, name in zip(parts, _KEY, strict=True))).subquery("wanted")


async def add_reevaluation(unit: UnitOfWork, event: ReevaluationEvent, ordinal: int) -> None:
    """Keep the event as the decision's `ordinal`-th, unless somebody kept that one meanwhile."""
    row = {
        "tenant": unit.tenant,
        "decision_id": event.decision_id,
        "ordinal": ordinal,
        "outcome": event.outcome.value,
        "code": event.code.value,
        "detail": event.detail,
        "config_version": event.config_version,
        "caller": event.caller,
        "evaluated_at": event.evaluated_at,
    }
    await _add(unit, ReevaluationTable, [row])


async def reevaluations(unit: UnitOfWork, decision_id: str) -> Sequence[ReevaluationEvent]:
    """Of one decision, oldest first."""
    query = (
        select(ReevaluationTable)
        .where(ReevaluationTable.tenant == unit.tenant, ReevaluationTable.decision_id == decision_id)
        .order_by(ReevaluationTable.ordinal)
    )
    return [
        ReevaluationEvent(
            decision_id=row.decision_id,
            outcome=ReevaluationOutcome(row.outcome),
            code=DecisionCode(row.code),
            detail=row.detail,
            config_version=row.config_version,
            caller=row.caller,
            evaluated_at=row.evaluated_at,
        )
        for row in await unit.session.scalars(query)
    ]


async def add_retention(unit: UnitOfWork, cutoff: datetime, *, by: str, at: datetime) -> None:
    """Let go, from now on, of what is older than `cutoff`."""
    await _add(unit, RetentionTable, [{"tenant": unit.tenant, "cutoff": cutoff, "applied_at": at, "applied_by": by}])


async def delete_decisions(unit: UnitOfWork, before: datetime, limit: int) -> int:
    """Delete the oldest decisions of before that instant; how many."""
    oldest = (
        select(DecisionTable.decision_id)
        .where(DecisionTable.tenant == unit.tenant, DecisionTable.evaluated_at < before)
        .order_by(DecisionTable.evaluated_at, DecisionTable.decision_id)
        .limit(limit)
    )
    ids = list(await unit.session.scalars(oldest))
    if ids:
        await unit.session.execute(
            delete(DecisionTable)
            .where(DecisionTable.tenant == unit.tenant, DecisionTable.decision_id.in_(ids))
            .execution_options(synchronize_session=False)
        )
    return len(ids)


async def delete_evidence(unit: UnitOfWork, before: datetime, *, after: bytes, limit: int) -> tuple[int, bytes | None]:
    """Of the next `limit` pieces of evidence by digest, delete those of before that instant that nobody refers to.

    How many, and the last digest looked at; None: there are no more.
    """
    looked_at = list(
        await unit.session.scalars(
            select(DocumentTable.digest)
            .where(
                DocumentTable.tenant == unit.tenant,
                DocumentTable.digest > after,
                DocumentTable.kind == DocumentKind.EVIDENCE.value,
                DocumentTable.recorded_at < before,
            )
            .order_by(DocumentTable.digest)
            .limit(limit)
        )
    )
    if not looked_at:
        return 0, None
    is_needed = exists().where(DecisionTable.tenant == unit.tenant, DecisionTable.evidence == DocumentTable.digest)
    deleted = await unit.session.execute(
        delete(DocumentTable)
        .where(DocumentTable.tenant == unit.tenant, DocumentTable.digest.in_(looked_at), ~is_needed)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", deleted).rowcount, looked_at[-1]


async def _add(
    unit: UnitOfWork, table: type[Base], rows: Sequence[Mapping[str, Any]], told: Sequence[str] = ()
) -> list[Any]:
    """Insert the rows whose keys are not there yet; of those, where wanted, the columns `told`."""
    # The table, not its class: the object mapper would look at every row once more.
    target = cast("Table", table.__table__)
    statement = insert_into(unit.session, target).on_conflict_do_nothing()
    added: list[Any] = []
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE]
        if told:
            added += await unit.session.execute(statement.returning(*(target.c[name] for name in told)), some)
        else:
            await unit.session.execute(statement, some)
    return added


def _decisions(unit: UnitOfWork) -> Select[DecisionTable]:
    return select(DecisionTable).where(DecisionTable.tenant == unit.tenant)


def _position() -> Any:  # noqa: ANN401 - a tuple of columns has no more exact public type
    return tuple_(DecisionTable.evaluated_at, DecisionTable.decision_id)


def _instant(value: datetime) -> Any:  # noqa: ANN401 - as above
    return literal(value, DecisionTable.evaluated_at.type)


def _entry(row: DecisionTable) -> LedgerEntry:
    return LedgerEntry(
        tenant=row.tenant,
        decision_id=row.decision_id,
        evaluated_at=row.evaluated_at,
        claim_id=row.claim_id,
        line_number=row.line_number,
        npi=row.npi,
        state=row.state,
        service_date=row.service_date,
        code=DecisionCode(row.code),
        detail=row.detail,
        action=ClaimAction(row.action),
        would_action=ClaimAction(row.would_action),
        mode=GateMode(row.mode),
        config_version=row.config_version,
        caller=row.caller,
        request_id=row.request_id,
        claim=row.claim,
        answer=row.answer,
        grounds=Grounds(row.evidence, row.policy),
    )
