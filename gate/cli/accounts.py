"""`gate accounts`: who signs in to the portal, and what they may do where. Works on the database, as its operator."""

import asyncio
import getpass
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from gate.audit.model import Actor, AuditAction, Via
from gate.auth.permissions import Role
from gate.cli.ending import stop
from gate.cli.options import AsJson, ConfigFile, settings_of
from gate.cli.tables import show_table
from gate.errors import FieldViolation, GateError, InvalidInput
from gate.tenancy.validation import is_tenant_id

if TYPE_CHECKING:
    from gate.accounts.service import Listed
    from gate.persistence.unit_of_work import UnitOfWork
    from gate.wiring.people import People

accounts = typer.Typer(help="Who signs in to the portal, and what they may do where.", no_args_is_help=True)

_LONGEST_LINE: Final = 4096
Result = TypeVar("Result")
Login = Annotated[str, typer.Argument(help="What the person types to sign in, like their mail address.")]
OfTenant = Annotated[str, typer.Option("--tenant", help="The organisation.")]
Roles = Annotated[list[Role] | None, typer.Option("--role", help="May be given several times.")]
InTheLogOf = Annotated[
    str, typer.Option("--tenant", help="In whose audit log it is recorded, for who is signed in and a member nowhere.")
]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it.")
]


@accounts.command("create")
def create(
    login: Login,
    tenant: OfTenant,
    role: Roles = None,
    name: Annotated[str, typer.Option(help="What pages call the person.")] = "",
    password_stdin: FromStdin = False,
    config: ConfigFile = None,
) -> None:
    """Create an account in an organisation. The password is asked for, or read from standard input."""
    password = _password(from_stdin=password_stdin)

    async def work(people: "People") -> None:
        from gate.accounts.password_rules import verify_choice

        verify_choice(password, login)
        kept = await people.passwords.hashed(password)
        async with people.database.writing(_tenant(tenant)) as unit:
            await people.accounts.create(
                unit, login, name=name, password_hash=kept, roles=frozenset(role or ()), by=_operator(tenant)
            )

    _carry_out(config, work)
    print(f"{login} may sign in to the portal, for {tenant}.")


@accounts.command("list")
def list_accounts(as_json: AsJson = False, config: ConfigFile = None) -> None:
    """List everybody with an account, and their roles by organisation."""

    async def work(people: "People") -> "list[Listed]":
        async with people.database.reading_accounts() as unit:
            return list(await people.accounts.everybody(unit))

    listed = _carry_out(config, work)
    if as_json:
        print(json.dumps([_plain(person) for person in listed], indent=2))
        return
    show_table(("login", "name", "signs in", "organisations"), map(_row, listed))


@accounts.command("grant")
def grant(login: Login, tenant: OfTenant, role: Roles = None, config: ConfigFile = None) -> None:
    """Replace what a person may do in an organisation; without --role, take the membership away. Holds at once."""

    async def work(people: "People") -> None:
        person = await _found(people, login)
        async with people.database.writing(_tenant(tenant)) as unit:
            await people.accounts.grant(unit, person.account, frozenset(role or ()), _operator(tenant))

    _carry_out(config, work)
    print(f"{login} is {_in_words(role)} of {tenant}." if role else f"{login} is no member of {tenant}.")


@accounts.command("set-password")
def set_password(login: Login, password_stdin: FromStdin = False, config: ConfigFile = None) -> None:
    """Replace a person's password, and sign them out everywhere."""
    password = _password(from_stdin=password_stdin)

    async def work(people: "People") -> None:
        from gate.accounts.password_rules import verify_choice

        verify_choice(password, login)
        person = await _found(people, login)
        if not person.account.is_local:
            raise InvalidInput(FieldViolation("login", "an identity provider keeps this person's password"))
        kept = await people.passwords.hashed(password)
        async with _first_unit(people, person, AuditAction.ACCOUNT_CHANGED, "password") as (unit, by):
            await people.accounts.set_password(unit, person.account, kept, by)

    _carry_out(config, work)
    print(f"{login} has a new password, and is signed out everywhere.")


@accounts.command("disable")
def disable(
    login: Login,
    issuer: Annotated[str, typer.Option(help="Of the identity provider that vouches for the person.")] = "",
    tenant: InTheLogOf = "",
    config: ConfigFile = None,
) -> None:
    """Let a person sign in no longer, and sign them out everywhere at once."""

    async def work(people: "People") -> None:
        await _switched(people, await _found(people, login, issuer), tenant, may_sign_in=False)

    _carry_out(config, work)
    print(f"{login} cannot sign in any more.")


@accounts.command("enable")
def enable(
    login: Login,
    issuer: Annotated[str, typer.Option(help="Of the identity provider that vouches for the person.")] = "",
    tenant: InTheLogOf = "",
    config: ConfigFile = None,
) -> None:
    """Let a disabled person sign in again."""

    async def work(people: "People") -> None:
        await _switched(people, await _found(people, login, issuer), tenant, may_sign_in=True)

    _carry_out(config, work)
    print(f"{login} may sign in again.")


def _carry_out(config: Path | None, work: "Callable[[People], Awaitable[Result]]") -> Result:
    """What `work` returns; a refusal ends the program with its words."""
    from sqlalchemy.exc import SQLAlchemyError

    from gate.observability.logging import configure_logging
    from gate.wiring.people import people_of

    settings = settings_of(config)
    configure_logging("warning", human=True)

    async def connected() -> Result:
        async with people_of(settings) as people:
            return await work(people)

    try:
        return asyncio.run(connected())
    except InvalidInput as error:
        stop("; ".join(f"{violation.field} {violation.description}" for violation in error.violations))
    except (GateError, OSError) as error:
        stop(str(error))
    except SQLAlchemyError as error:
        stop(f"the database refuses: {type(error).__name__}")


async def _found(people: "People", login: str, issuer: str = "") -> "Listed":
    async with people.database.reading_accounts() as unit:
        return await people.accounts.find(unit, login, issuer)


@asynccontextmanager
async def _first_unit(
    people: "People", person: "Listed", action: AuditAction, change: str, tenant: str = ""
) -> "AsyncIterator[tuple[UnitOfWork, Actor]]":
    """A unit of one of the person's organisations, in which the change is made; the others are told of it after.

    Raises:
        InvalidInput: they are a member of none, and `tenant` names none in whose audit log it could be recorded.
    """
    tenants = list(person.memberships) or ([_tenant(tenant)] if tenant else [])
    if not tenants:
        raise InvalidInput(
            FieldViolation("login", "is a member of no organisation: say with --tenant in whose audit log to record it")
        )
    first, *others = tenants
    by = _operator(first)
    async with people.database.writing(first) as unit:
        yield unit, by
    for other in others:
        async with people.database.writing(other) as unit:
            await people.accounts.note(unit, person.account, action, by, {"changed": change})


async def _switched(people: "People", person: "Listed", tenant: str, *, may_sign_in: bool) -> None:
    switch = people.accounts.enable if may_sign_in else people.accounts.disable
    action = AuditAction.ACCOUNT_CHANGED if may_sign_in else AuditAction.ACCOUNT_DISABLED
    change = "enabled again" if may_sign_in else "disabled"
    async with _first_unit(people, person, action, change, tenant) as (unit, by):
        await switch(unit, person.account, by)


def _operator(tenant: str) -> Actor:
    """Whoever has a shell on a host that reaches the database."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = f"uid-{os.getuid()}"
    return Actor(tenant=tenant, subject=f"{user}@{socket.gethostname()}", via=Via.SYSTEM)


def _tenant(name: str) -> str:
    if not is_tenant_id(name):
        raise InvalidInput(FieldViolation("tenant", "must be 1 to 64 letters, digits, '.', '_' or '-', no sign first"))
    return name


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline(_LONGEST_LINE).rstrip("\r\n")
    if not sys.stdin.isatty():
        stop("there is no terminal to ask for the password at: give --password-stdin")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _row(person: "Listed") -> tuple[str, ...]:
    account = person.account
    way = "disabled" if account.is_disabled else "with a password" if account.is_local else f"at {account.issuer}"
    where = "; ".join(f"{tenant}: {_in_words(roles)}" for tenant, roles in person.memberships.items())
    return account.login, account.name, way, where or "none"


def _plain(person: "Listed") -> dict[str, Any]:
    account = person.account
    return {
        "login": account.login,
        "name": account.name,
        "issuer": account.issuer,
        "created_at": account.created_at.isoformat(),
        "disabled_at": account.disabled_at.isoformat() if account.disabled_at is not None else None,
        "memberships": {tenant: sorted(roles) for tenant, roles in person.memberships.items()},
    }


def _in_words(roles: Iterable[Role]) -> str:
    return ", ".join(sorted(roles))
