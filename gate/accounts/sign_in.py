"""Signing in: a person comes with a password, or with the word of their identity provider, and leaves with a session.

Opens its own units of work: a try has to be counted before it is judged, whatever becomes of it, and no connection to
the database is held while a password is hashed.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
import uuid_utils

from gate.accounts import repository
from gate.accounts.model import (
    LONGEST_NAME,
    Account,
    Client,
    Memberships,
    RefusedBecause,
    SignedIn,
    canonical_login,
    is_login,
)
from gate.accounts.password_rules import verify_choice
from gate.accounts.passwords import Passwords
from gate.accounts.service import AccountService
from gate.accounts.sessions import Opened, Sessions
from gate.accounts.throttle import Tries
from gate.audit.model import Actor, AuditAction, Via
from gate.auth.oidc_claims import Identity
from gate.clock import Clock
from gate.errors import (
    Conflict,
    FieldViolation,
    InvalidInput,
    Overloaded,
    PermissionDenied,
    PreconditionFailed,
    Unauthenticated,
)
from gate.persistence.unit_of_work import Database

_REFUSED: Final = "The login or the password is not right."
"""One sentence for whatever was wrong: which logins exist is nobody's business."""
REFUSAL_SECONDS: Final = 0.5
"""A refusal is given this long after it was asked for. Hashing takes the same for whomever; recording it does not."""
MOST_AT_ONCE: Final = 50
"""Sign-ins under way in a process. More would wait for seconds, and strangers could fill its memory."""
_AT_THE_DATABASE: Final = 4
"""Of them: the others who need the database share its connections."""
_BACK_IN_SECONDS: Final = 2.0
_log = structlog.stdlib.get_logger(__name__)


class SignIn:
    """Where people sign in, and where they change what they sign in with."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        accounts: AccountService,
        passwords: Passwords,
        clock: Clock,
        *,
        refusal_seconds: float = REFUSAL_SECONDS,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._accounts = accounts
        self._passwords = passwords
        self._clock = clock
        self._refusal_seconds = refusal_seconds
        self._under_way = 0
        self._at_the_database = asyncio.Semaphore(_AT_THE_DATABASE)

    async def with_password(self, login: str, password: str, client: Client, *, replacing: str = "") -> Opened:
        """A session for who knows the password; the session with the token `replacing` ends.

        Raises:
            Unauthenticated: in the same words and as late whatever was wrong.
            TooManyTries: it was not judged.
            Overloaded: nor counted, because `MOST_AT_ONCE` others are.
            PermissionDenied: a member of no organisation.
            StoreUnavailable: the database cannot be asked.
        """
        began = asyncio.get_running_loop().time()
        login = canonical_login(login)
        tries = Tries(login, client.address)
        with self._turn():
            async with self._at_the_database, self._database.writing_accounts() as accounts:
                await tries.begin(accounts, self._clock())
                account = await repository.account_by_login(accounts, login) if is_login(login) else None
                memberships = await repository.memberships(accounts, account.id) if account is not None else {}
            because = await self._objection(account, password)
        if account is None or because is not None:
            await self._refused(because, account, memberships, client)
            await asyncio.sleep(began + self._refusal_seconds - asyncio.get_running_loop().time())
            raise Unauthenticated(_REFUSED)
        renewed = await self._renewed_hash(account, password)
        async with self._database.writing_accounts() as accounts:
            await tries.succeeded(accounts, self._clock())
            if renewed is not None:
                await repository.change_account(accounts, account.id, password_hash=renewed)
        _must_belong_somewhere(memberships)
        return await self._sessions.open(account, memberships, client, vouched=False, replacing=replacing)

    async def with_identity(self, identity: Identity, client: Client, *, replacing: str = "") -> Opened:
        """A session for whom the identity provider vouches. What they may do where is its word, until the session ends.

        Raises:
            Unauthenticated: the person was disabled here.
            PermissionDenied: a member of no organisation.
            StoreUnavailable: the database cannot be asked.
        """
        account = await self._known(identity)
        if account.is_disabled:
            await self._refused(RefusedBecause.DISABLED, account, identity.memberships, client)
            raise Unauthenticated("this account was disabled")
        _must_belong_somewhere(identity.memberships)
        return await self._sessions.open(account, identity.memberships, client, vouched=True, replacing=replacing)

    async def change_password(self, signed_in: SignedIn, current: str, chosen: str, by: Actor) -> Opened:
        """Replace one's own password. Every other session ends, this one goes on under another token.

        Raises:
            InvalidInput: `current` is not right, or `chosen` does not do.
            TooManyTries: `current` was not judged.
            PreconditionFailed: the identity provider keeps this person's password.
        """
        account = signed_in.account
        if not account.is_local:
            raise PreconditionFailed("your password is kept by your identity provider")
        verify_choice(chosen, account.login, field="new_password")
        tries = Tries(account.login, by.address)
        async with self._database.writing_accounts() as accounts:
            await tries.begin(accounts, self._clock())
        if not await self._passwords.fits(current, account.password_hash):
            raise InvalidInput(FieldViolation("current_password", "is not right"))
        kept = await self._passwords.hashed(chosen)
        async with self._database.writing(by.tenant) as unit:
            await self._accounts.set_password(unit, account, kept, by, keep_session=signed_in.session.id)
            async with unit.accounts() as accounts:
                await tries.succeeded(accounts, self._clock())
        for tenant in signed_in.memberships.keys() - {by.tenant}:
            async with self._database.writing(tenant) as unit:
                await self._accounts.note(unit, account, AuditAction.ACCOUNT_CHANGED, by, {"changed": "password"})
        return await self._sessions.renew(signed_in)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._under_way >= MOST_AT_ONCE:
            raise Overloaded(_BACK_IN_SECONDS)
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    async def _objection(self, account: Account | None, password: str) -> RefusedBecause | None:
        fits = await self._passwords.fits(password, account.password_hash if account is not None else None)
        if account is None:
            return RefusedBecause.UNKNOWN_LOGIN
        if not fits:
            return RefusedBecause.WRONG_PASSWORD
        return RefusedBecause.DISABLED if account.is_disabled else None

    async def _renewed_hash(self, account: Account, password: str) -> str | None:
        """Made with today's parameters where the one kept was not."""
        if account.password_hash is None or not self._passwords.is_outdated(account.password_hash):
            return None
        return await self._passwords.hashed(password)

    async def _known(self, identity: Identity) -> Account:
        try:
            async with self._database.writing_accounts() as accounts:
                account = await repository.account_by_login(accounts, identity.subject, identity.issuer)
                if account is None:
                    account = self._newcomer(identity)
                    await repository.add_account(accounts, account)
                return account
        except Conflict:  # two browsers of one person at once
            async with self._database.reading_accounts() as accounts:
                return (await self._accounts.find(accounts, identity.subject, identity.issuer)).account

    async def _refused(
        self, because: RefusedBecause | None, account: Account | None, memberships: Memberships, client: Client
    ) -> None:
        """Told to the organisations of whom it was tried for. An unknown login has none, and may be a password."""
        reason = because.value if because is not None else None
        _log.warning("sign_in_refused", because=reason, address=client.address)
        if account is None:
            return
        for tenant in memberships:
            actor = Actor(
                tenant=tenant,
                subject=account.login,
                via=Via.SESSION,
                request_id=client.request_id,
                address=client.address,
            )
            async with self._database.writing(tenant) as unit:
                await self._accounts.note(unit, account, AuditAction.SIGN_IN_REFUSED, actor, {"because": reason})

    def _newcomer(self, identity: Identity) -> Account:
        """A handle for somebody whom the provider knows; it gives no right to anything."""
        return Account(
            id=str(uuid_utils.uuid7()),
            issuer=identity.issuer,
            login=identity.subject,
            name=(identity.name or identity.subject)[:LONGEST_NAME],
            password_hash=None,
            created_at=self._clock(),
            disabled_at=None,
        )


def _must_belong_somewhere(memberships: Memberships) -> None:
    if not memberships:
        raise PermissionDenied("your account belongs to no organisation: ask the operator of this gate")
