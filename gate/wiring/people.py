"""Who has an account, and how they sign in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError

from gate.accounts.calendar_addresses import CalendarAddresses
from gate.accounts.model import Lifetimes
from gate.accounts.passwords import Passwords
from gate.accounts.service import AccountService
from gate.accounts.sessions import Sessions
from gate.accounts.sign_in import SignIn
from gate.auth.oidc import OpenIdProvider
from gate.clock import Clock, system_clock
from gate.errors import StoreUnavailable
from gate.persistence.unit_of_work import Database
from gate.settings import Environment, Settings
from gate.web.portal.provider_pages import RETURN
from gate.wiring.process import Process, process_for_once
from sources.http import open_session

_log = structlog.stdlib.get_logger(__name__)


class People(msgspec.Struct, frozen=True):
    """Who has an account, and how they sign in."""

    database: Database
    accounts: AccountService
    passwords: Passwords
    sessions: Sessions
    sign_in: SignIn
    provider: OpenIdProvider | None
    clock: Clock
    calendars: CalendarAddresses


@asynccontextmanager
async def people_of(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[People]:
    """The accounts of a deployment for who works on its database, with or without a gate that serves.

    Raises:
        gate.errors.StoreUnavailable: the database cannot be reached.
        gate.errors.PreconditionFailed: it has another schema than this release's.
    """
    async with AsyncExitStack() as stack:
        yield await people(await process_for_once(settings, clock, stack))


async def people(process: Process) -> People:
    """The accounts of a process's own deployment."""
    database, log, clock = process.database, process.log, process.clock
    wanted = process.settings.portal
    lifetimes = Lifetimes(
        idle=timedelta(minutes=wanted.session_idle_minutes), absolute=timedelta(hours=wanted.session_hours)
    )
    accounts = AccountService(log, clock)
    passwords = Passwords()
    process.stack.callback(passwords.close)
    sessions = Sessions(database, lifetimes, log, clock)
    sign_in = SignIn(database, sessions, accounts, passwords, clock)
    provider = await _identity_provider(process)
    calendars = CalendarAddresses(database, log, clock)
    return People(database, accounts, passwords, sessions, sign_in, provider, clock, calendars)


def advising_first_account(settings: Settings, people: People) -> asyncio.Task[None]:
    """Where nobody has an account yet, say how to make one."""
    return asyncio.create_task(_advise_first_account(settings, people), name="first-account")


async def _advise_first_account(settings: Settings, people: People) -> None:
    if settings.environment is not Environment.DEVELOPMENT or not settings.portal.local_accounts:
        return
    with suppress(StoreUnavailable, SQLAlchemyError):
        async with people.database.reading_accounts() as accounts:
            if await people.accounts.is_needed(accounts):
                _log.info("portal_has_no_accounts", create_one="gate accounts create LOGIN --tenant T --role org_admin")


async def _identity_provider(process: Process) -> OpenIdProvider | None:
    settings = process.settings
    if not settings.oidc.is_on:
        return None
    http = await process.stack.enter_async_context(open_session())
    provider = OpenIdProvider(settings.oidc, settings.portal.base_url.rstrip("/") + RETURN, http)
    process.stack.push_async_callback(provider.aclose)
    return provider
