"""What migrations do to protect a table: keep tenants apart, refuse changes. Migrations already run rely on it."""

from collections.abc import Sequence
from typing import Final, Literal

from alembic import op

from gate.persistence.roles import ACCOUNTS_ROLE, OVERVIEW_ROLE, TENANT_ROLE, TENANT_SETTING

_EVERYTHING: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")


def create_roles(*roles: str) -> None:
    """These roles of `gate.persistence.roles` (without any: the first two), for the whole PostgreSQL server.

    What is there already stays. The connected user must be allowed to create roles, or somebody who is must have
    created them and granted them.
    """
    if not _is_postgresql():
        return
    for role in roles or (TENANT_ROLE, OVERVIEW_ROLE):
        op.execute(f"""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                    CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS;
                END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another database's migration was first
            END $$
        """)
        # Who creates a role without being a superuser is, from PostgreSQL 16 on, a member that may not take it on.
        op.execute(f"""
            DO $$ BEGIN
                IF NOT pg_has_role(current_user, '{role}', CASE
                    WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END) THEN
                    EXECUTE format('GRANT {role} TO %I', current_user);
                END IF;
            END $$
        """)


def isolate_tenants(table: str, *, may: Sequence[str] = _EVERYTHING, overview: bool = False) -> None:
    """Force row-level security by the column `tenant`; the tenants' role may do what `may` says, and nothing else.

    `overview` lets the overview role read all rows.
    """
    if not _is_postgresql():
        return
    op.execute(f"REVOKE ALL ON {table} FROM PUBLIC, {TENANT_ROLE}, {OVERVIEW_ROLE}")
    op.execute(f"GRANT {', '.join(may)} ON {table} TO {TENANT_ROLE}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    own = f"tenant = current_setting('{TENANT_SETTING}', true)"
    op.execute(f"CREATE POLICY own_tenant ON {table} TO {TENANT_ROLE} USING ({own}) WITH CHECK ({own})")
    if overview:
        op.execute(f"GRANT SELECT ON {table} TO {OVERVIEW_ROLE}")
        op.execute(f"CREATE POLICY all_tenants ON {table} FOR SELECT TO {OVERVIEW_ROLE} USING (true)")


def let_overview_read(table: str, columns: Sequence[str]) -> None:
    """The overview role may read these columns of an isolated table, of all tenants, and no other."""
    if not _is_postgresql():
        return
    op.execute(f"GRANT SELECT ({', '.join(columns)}) ON {table} TO {OVERVIEW_ROLE}")
    op.execute(f"CREATE POLICY all_tenants ON {table} FOR SELECT TO {OVERVIEW_ROLE} USING (true)")


def stop_overview(table: str) -> None:
    """Undo `let_overview_read`."""
    if not _is_postgresql():
        return
    op.execute(f"DROP POLICY IF EXISTS all_tenants ON {table}")
    op.execute(f"REVOKE ALL ON {table} FROM {OVERVIEW_ROLE}")


def stop_isolating(table: str) -> None:
    """Undo `isolate_tenants`."""
    if not _is_postgresql():
        return
    op.execute(f"DROP POLICY IF EXISTS own_tenant ON {table}")
    op.execute(f"DROP POLICY IF EXISTS all_tenants ON {table}")
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute(f"REVOKE ALL ON {table} FROM {TENANT_ROLE}, {OVERVIEW_ROLE}")


def reserve_for_accounts(table: str, *, may: Sequence[str] = _EVERYTHING) -> None:
    """A table of people: the accounts role may do what `may` says, the other roles see nothing of it."""
    if not _is_postgresql():
        return
    op.execute(f"REVOKE ALL ON {table} FROM PUBLIC, {TENANT_ROLE}, {OVERVIEW_ROLE}, {ACCOUNTS_ROLE}")
    op.execute(f"GRANT {', '.join(may)} ON {table} TO {ACCOUNTS_ROLE}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY accounts ON {table} TO {ACCOUNTS_ROLE} USING (true) WITH CHECK (true)")


def let_accounts_read(table: str) -> None:
    """The accounts role may read a tenants' table, of all tenants; undone with the table."""
    if not _is_postgresql():
        return
    op.execute(f"GRANT SELECT ON {table} TO {ACCOUNTS_ROLE}")
    op.execute(f"CREATE POLICY accounts ON {table} FOR SELECT TO {ACCOUNTS_ROLE} USING (true)")


def append_only(
    table: str,
    *,
    key: Sequence[str] = (),
    repeats: Literal["refused", "ignored"] = "refused",
    deletable_when: str = "",
) -> None:
    """Have the database itself refuse UPDATE, DELETE and TRUNCATE, whoever asks.

    On SQLite, INSERT OR REPLACE deletes without asking the trigger unless the connection wants recursive triggers; with
    `key` (the primary key's columns) any insert over a row that is there is refused too, INSERT OR IGNORE included; or
    silently left out, where `repeats` are "ignored" because writers may deliver twice.
    `deletable_when` is an SQL condition on the row `OLD` under which it may be deleted after all; it must not be NULL.
    """
    if _is_postgresql():
        _append_only_postgresql(table, deletable_when or "false")
        return
    refusal = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    condition = f"WHEN NOT ({deletable_when}) " if deletable_when else ""
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refusal}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {condition}{refusal}")
    if key:
        there = " AND ".join(f"{column} = NEW.{column}" for column in key)
        condition = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {there}) "  # noqa: S608 - names of a migration's own
        response = refusal if repeats == "refused" else "BEGIN SELECT RAISE(IGNORE); END"
        op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} {condition}{response}")


def allow_changes(table: str) -> None:
    """Undo `append_only`."""
    for trigger in ("no_update", "no_delete", "no_replace", "no_truncate"):
        op.execute(f"DROP TRIGGER IF EXISTS {table}_{trigger}{f' ON {table}' if _is_postgresql() else ''}")
    if _is_postgresql():
        op.execute(f"DROP FUNCTION IF EXISTS {table}_refuse_change()")


def _append_only_postgresql(table: str, deletable_when: str) -> None:
    # One function per table: a trigger's own WHEN cannot look into another table.
    op.execute(f"""
        CREATE FUNCTION {table}_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                IF {deletable_when} THEN
                    RETURN OLD;
                END IF;
            END IF;
            RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'insufficient_privilege';
        END $$
    """)
    for trigger, event in (
        ("no_update", "UPDATE ON {0} FOR EACH ROW"),
        ("no_delete", "DELETE ON {0} FOR EACH ROW"),
        ("no_truncate", "TRUNCATE ON {0} FOR EACH STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_{trigger} BEFORE {event.format(table)} EXECUTE FUNCTION {table}_refuse_change()"
        )


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
