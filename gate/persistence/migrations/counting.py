"""Counts that the database itself keeps beside the rows, in the transaction that changes them, whoever changes them.

A process of the previous release, which knows nothing of a count, keeps it right as well. Migrations already run rely
on this module.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from alembic import op

_EVENTS: Final = ("insert", "update", "delete")


class Counting(NamedTuple):
    """How rows of one table are counted. ``{row}`` in an expression stands for the row."""

    table: str
    into: str
    """The table of counts; its primary key is the tenant and `by`."""
    by: Mapping[str, str]
    """Columns of `into`, each with the column of `table` that it repeats."""
    amounts: Mapping[str, str]
    """Columns of `into`, each with the expression of what one row adds to it."""
    counted: str
    """Which rows are counted at all."""
    depends_on: Sequence[str]
    """Columns of `table` on which any of this depends."""


def keep_counts(counting: Counting) -> None:
    """Count what is there, and every change from now on.

    PostgreSQL counts at the end of a transaction. Rows of a count are what writers of one tenant meet at: a writer that
    held one while it waits for its turn at the audit log would wait for another that has the turn and wants the row.
    """
    if _is_postgresql():
        _count_on_postgresql(counting)
    else:
        _count_on_sqlite(counting)
    _fill(counting)


def stop_counting(counting: Counting) -> None:
    """Undo `keep_counts`; the counts stay as they are."""
    for event in _EVENTS:
        on = f" ON {counting.table}" if _is_postgresql() else ""
        op.execute(f"DROP TRIGGER IF EXISTS {_name(counting)}_{event}{on}")
    if _is_postgresql():
        op.execute(f"DROP FUNCTION IF EXISTS {_name(counting)}()")


def _count_on_postgresql(counting: Counting) -> None:
    op.execute(f"""
        CREATE FUNCTION {_name(counting)}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'INSERT' THEN
                {_added(counting, "OLD", -1)};
            END IF;
            IF TG_OP <> 'DELETE' THEN
                {_added(counting, "NEW", 1)};
            END IF;
            RETURN NULL;
        END $$
    """)
    for event in _EVENTS:
        when = f"WHEN ({_differs(counting, 'IS DISTINCT FROM')})" if event == "update" else ""
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {_name(counting)}_{event} AFTER {event} ON {counting.table}"
            f" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW {when} EXECUTE FUNCTION {_name(counting)}()"
        )


def _count_on_sqlite(counting: Counting) -> None:
    for event in _EVENTS:
        when = f"WHEN {_differs(counting, 'IS NOT')}" if event == "update" else ""
        body = "; ".join(_steps(counting, event))
        op.execute(
            f"CREATE TRIGGER {_name(counting)}_{event} AFTER {event} ON {counting.table} {when} BEGIN {body}; END"
        )


def _steps(counting: Counting, event: str) -> Iterator[str]:
    if event != "insert":
        yield _added(counting, "OLD", -1)
    if event != "delete":
        yield _added(counting, "NEW", 1)


def _added(counting: Counting, row: str, sign: Literal[1, -1]) -> str:
    """The statement that counts a row, or counts it no more."""
    keys = ("tenant", *counting.by)
    values = (f"{row}.tenant", *(f"{row}.{column}" for column in counting.by.values()))
    amounts = (f"{sign} * ({amount.format(row=row)})" for amount in counting.amounts.values())
    sums = (f"{column} = {counting.into}.{column} + excluded.{column}" for column in counting.amounts)
    return (
        f"INSERT INTO {counting.into} ({', '.join((*keys, *counting.amounts))})"
        f" SELECT {', '.join((*values, *amounts))} WHERE {counting.counted.format(row=row)}"
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {', '.join(sums)}"
    )


def _differs(counting: Counting, operator: str) -> str:
    return " OR ".join(f"OLD.{column} {operator} NEW.{column}" for column in counting.depends_on)


def _fill(counting: Counting) -> None:
    """After the triggers are there: whoever writes meanwhile waits, or has been counted.

    Another table may have been counted into the same rows before.
    """
    table, into = counting.table, counting.into
    names = ", ".join(("tenant", *counting.by, *counting.amounts))
    keys = ", ".join(("tenant", *counting.by.values()))
    sums = ", ".join(f"sum({amount.format(row=table)})" for amount in counting.amounts.values())
    together = ", ".join(f"{column} = {into}.{column} + excluded.{column}" for column in counting.amounts)
    for each in (table, into) if _is_postgresql() else ():
        op.execute(f"ALTER TABLE {each} NO FORCE ROW LEVEL SECURITY")  # of all tenants, by the tables' owner
    op.execute(
        f"INSERT INTO {into} ({names}) SELECT {keys}, {sums} FROM {table}"  # noqa: S608 - a migration's own names
        f" WHERE {counting.counted.format(row=table)} GROUP BY {keys}"
        f" ON CONFLICT ({', '.join(('tenant', *counting.by))}) DO UPDATE SET {together}"
    )
    for each in (table, into) if _is_postgresql() else ():
        op.execute(f"ALTER TABLE {each} FORCE ROW LEVEL SECURITY")


def _name(counting: Counting) -> str:
    return f"{counting.table}_into_{counting.into}"


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
