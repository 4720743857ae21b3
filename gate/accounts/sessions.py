"""Sessions: opened at sign-in, recognized at every request, ended at once on every replica.

A session is a row. Its token is 256 random bits in the browser's cookie; the row holds the digest. Nothing about it is
kept in a process, so what one replica ends no other knows any more, and what somebody may do is read at each request.
"""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec
import uuid_utils

from gate.accounts import repository
from gate.accounts.model import Account, Client, Lifetimes, Memberships, Session, SignedIn
from gate.audit.model import Actor, AuditAction, AuditEvent, Via
from gate.audit.trail import AuditTrail
from gate.clock import Clock
from gate.errors import NotFound, StoreUnavailable, Unauthenticated
from gate.persistence.unit_of_work import AccountsUnit, Database

_TOKEN_BYTES: Final = 32
_LONGEST_TOKEN: Final = 64
_LONGEST_AGENT: Final = 256
_LONGEST_ADDRESS: Final = 64
_SEEN_EVERY: Final = timedelta(seconds=60)
"""How exactly it is kept when a session was last heard of; not every request writes."""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A session that begins, or goes on under a new token."""

    token: str
    tenant: str | None
    """None: the person has to choose first."""
    until: datetime


class Sessions:
    """Opens its own units of work: which tenant's they are is what a session tells."""

    def __init__(self, database: Database, lifetimes: Lifetimes, trail: AuditTrail, clock: Clock) -> None:
        self._database = database
        self._lifetimes = lifetimes
        self._trail = trail
        self._clock = clock

    async def recognized(self, token: str) -> SignedIn | None:
        """Who the token's session belongs to, and what they may do as of now; None: sign in again.

        Raises:
            StoreUnavailable: the database cannot be asked.
        """
        if not 0 < len(token) <= _LONGEST_TOKEN or not token.isascii():
            return None
        now = self._clock()
        async with self._database.reading_accounts() as accounts:
            found = await repository.session_of(accounts, _digest(token))
            if found is None:
                return None
            account, session = found
            expires_at = session.expires_at(self._lifetimes)
            if account.is_disabled or expires_at <= now:
                return None
            memberships = session.vouched
            if memberships is None:
                memberships = await repository.memberships(accounts, account.id)
        if now - session.seen_at >= min(_SEEN_EVERY, self._lifetimes.idle / 10):
            await self._note_seen(session, now)
        return SignedIn(account=account, session=session, memberships=memberships, expires_at=expires_at)

    async def open(
        self, account: Account, memberships: Memberships, client: Client, *, vouched: bool, replacing: str = ""
    ) -> Opened:
        """Begin a session under a token nobody has seen; the one with the token `replacing` ends.

        Who belongs to one organisation is in it at once; who belongs to several chooses first.
        """
        tenant = next(iter(memberships)) if len(memberships) == 1 else None
        now = self._clock()
        session = Session(
            id=str(uuid_utils.uuid7()),
            current_tenant=tenant,
            vouched=memberships if vouched else None,
            started_at=now,
            seen_at=now,
            ends_at=now + self._lifetimes.absolute,
            address=client.address[:_LONGEST_ADDRESS],
            agent=client.agent[:_LONGEST_AGENT],
        )
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        if tenant is None:
            async with self._database.writing_accounts() as accounts:
                await self._begin(accounts, account, session, token, replacing)
        else:
            async with self._database.writing(tenant) as unit:
                async with unit.accounts() as accounts:
                    await self._begin(accounts, account, session, token, replacing)
                event = self._event(AuditAction.SIGNED_IN, _actor(account, tenant, client), session)
                await self._trail.record(unit, event)
        return Opened(token=token, tenant=tenant, until=session.ends_at)

    async def enter(self, signed_in: SignedIn, tenant: str, client: Client) -> Opened:
        """Go on in another organisation, under another token.

        Raises:
            NotFound: the person is no member there, or there is no such organisation.
            Unauthenticated: the session ended meanwhile.
        """
        if tenant not in signed_in.memberships:
            raise NotFound("you are not a member of that organisation")
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        session = signed_in.session
        async with self._database.writing(tenant) as unit:
            async with unit.accounts() as accounts:
                if not await repository.change_session(
                    accounts, session.id, digest=_digest(token), current_tenant=tenant, seen_at=self._clock()
                ):
                    raise Unauthenticated("the session has ended")
            event = self._event(AuditAction.SIGNED_IN, _actor(signed_in.account, tenant, client), session)
            await self._trail.record(unit, event)
        return Opened(token=token, tenant=tenant, until=session.ends_at)

    async def renew(self, signed_in: SignedIn) -> Opened:
        """Go on under another token, in the same organisation.

        Raises:
            Unauthenticated: the session ended meanwhile.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        async with self._database.writing_accounts() as accounts:
            if not await repository.change_session(accounts, signed_in.session.id, digest=_digest(token)):
                raise Unauthenticated("the session has ended")
        return Opened(token=token, tenant=signed_in.tenant, until=signed_in.session.ends_at)

    async def end(self, signed_in: SignedIn, client: Client) -> None:
        """Sign out."""
        await self._end(signed_in, signed_in.session, client)

    async def end_another(self, signed_in: SignedIn, session_id: str, client: Client) -> None:
        """Sign the person out in another browser; nothing happens where that is signed out already."""
        session = next((other for other in await self.of(signed_in) if other.id == session_id), None)
        if session is not None:
            await self._end(signed_in, session, client)

    async def end_others(self, signed_in: SignedIn, client: Client) -> None:
        """Sign the person out everywhere else."""
        for session in await self.of(signed_in):
            if session.id != signed_in.session.id:
                await self._end(signed_in, session, client)

    async def of(self, signed_in: SignedIn) -> Sequence[Session]:
        """The person's sessions that have not expired, the one heard of last first."""
        now = self._clock()
        async with self._database.reading_accounts() as accounts:
            sessions = await repository.sessions_of(accounts, signed_in.account.id)
        return [session for session in sessions if session.expires_at(self._lifetimes) > now]

    async def _begin(
        self, accounts: AccountsUnit, account: Account, session: Session, token: str, replacing: str
    ) -> None:
        await repository.sweep_sessions(accounts, session.started_at, self._lifetimes.idle)
        replaced = await repository.session_of(accounts, _digest(replacing)) if replacing else None
        if replaced is not None:
            await repository.end_session(accounts, replaced[0].id, replaced[1].id)
        await repository.add_session(accounts, account.id, _digest(token), session)

    async def _end(self, signed_in: SignedIn, session: Session, client: Client) -> None:
        account, tenant = signed_in.account, session.current_tenant
        if tenant is None:
            async with self._database.writing_accounts() as accounts:
                await repository.end_session(accounts, account.id, session.id)
            return
        async with self._database.writing(tenant) as unit:
            async with unit.accounts() as accounts:
                await repository.end_session(accounts, account.id, session.id)
            event = self._event(AuditAction.SIGNED_OUT, _actor(account, tenant, client), session)
            await self._trail.record(unit, event)

    async def _note_seen(self, session: Session, now: datetime) -> None:
        with suppress(StoreUnavailable):  # a page may be read where nothing can be written
            async with self._database.writing_accounts() as accounts:
                await repository.change_session(accounts, session.id, seen_at=now)

    def _event(self, action: AuditAction, actor: Actor, session: Session) -> AuditEvent:
        vouched = "password" if session.vouched is None else "identity provider"
        return AuditEvent(
            actor=actor,
            action=action,
            object=f"session/{session.id}",
            at=self._clock(),
            details={"vouched_by": vouched, "agent": session.agent},
        )


def _actor(account: Account, tenant: str, client: Client) -> Actor:
    return Actor(
        tenant=tenant,
        subject=account.login,
        via=Via.SESSION,
        request_id=client.request_id,
        address=client.address,
    )


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
