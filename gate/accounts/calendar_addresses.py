"""Secret addresses by which calendars are subscribed to: calendar programs sign in nowhere.

An address is one person's in one tenant, and opens what that person has to do there, for as long as they may see it.
Its secret is 256 random bits; the row holds the digest, and nobody can be shown the address a second time.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec

from gate.accounts import repository
from gate.accounts.model import Account, Client, SignedIn
from gate.accounts.throttle import Guesses
from gate.audit.model import Actor, AuditAction, AuditEvent
from gate.audit.trail import AuditTrail
from gate.auth.permissions import Role
from gate.clock import Clock
from gate.errors import NotFound
from gate.persistence.unit_of_work import Database

_SECRET_BYTES: Final = 32
_LONGEST_SECRET: Final = 64
_GOOD_FOR: Final = timedelta(days=365)
_GOOD_FOR_THE_VOUCHED: Final = timedelta(days=90)
"""What an identity provider said of somebody is its word of that day, and is not asked for again."""
_KIND: Final = "calendar"


class CalendarAddress(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of an address; its secret is not."""

    created_at: datetime
    ends_at: datetime


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A new address. This is the only time that anybody has its secret."""

    secret: str
    address: CalendarAddress


class Subscriber(msgspec.Struct, frozen=True, kw_only=True):
    """Whose calendar an address opens, and what they may do as of now."""

    account: Account
    tenant: str
    roles: frozenset[Role]


class CalendarAddresses:
    """Opens its own units of work: whose an address is, it alone tells."""

    def __init__(self, database: Database, trail: AuditTrail, clock: Clock) -> None:
        self._database = database
        self._trail = trail
        self._clock = clock

    async def of(self, person: SignedIn, tenant: str) -> CalendarAddress | None:
        """What there is of the person's address in this tenant.

        Raises:
            StoreUnavailable: the database cannot be asked.
        """
        async with self._database.reading(tenant) as unit:
            kept = await repository.calendar_address(unit, person.account.id)
        return None if kept is None else CalendarAddress(created_at=kept[0], ends_at=kept[1])

    async def issue(self, person: SignedIn, by: Actor) -> Issued:
        """An address for the person in the tenant of `by`; the one before opens nothing any more."""
        now = self._clock()
        vouched = None if person.session.vouched is None else person.memberships[by.tenant]
        ends_at = now + (_GOOD_FOR if vouched is None else _GOOD_FOR_THE_VOUCHED)
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        async with self._database.writing(by.tenant) as unit:
            await repository.put_calendar_address(
                unit, person.account.id, digest=_digest(secret), vouched=vouched, created_at=now, ends_at=ends_at
            )
            await self._trail.record(unit, self._event(AuditAction.CALENDAR_ADDRESS_CREATED, person.account, by))
        return Issued(secret=secret, address=CalendarAddress(created_at=now, ends_at=ends_at))

    async def revoke(self, person: SignedIn, by: Actor) -> None:
        """Have the person's address in the tenant of `by` open nothing any more, where there is one."""
        async with self._database.writing(by.tenant) as unit:
            if await repository.drop_calendar_address(unit, person.account.id):
                await self._trail.record(unit, self._event(AuditAction.CALENDAR_ADDRESS_REVOKED, person.account, by))

    async def recognized(self, secret: str, client: Client) -> Subscriber:
        """Whose calendar the secret opens.

        Raises:
            NotFound: it opens none, or none any more.
            TooManyTries: too many that opened none came from there; it was not judged.
            StoreUnavailable: the database cannot be asked.
        """
        now, guesses = self._clock(), Guesses(_KIND, client.address)
        async with self._database.reading_accounts() as accounts:
            await guesses.must_not_be_too_many(accounts, now)
        found = await self._found(secret, now) if _is_secret(secret) else None
        if found is None:
            async with self._database.writing_accounts() as accounts:
                await guesses.failed(accounts, now)
            raise NotFound("there is no such calendar")
        return found

    async def _found(self, secret: str, now: datetime) -> Subscriber | None:
        async with self._database.reading_accounts() as accounts:
            kept = await repository.subscribed_by(accounts, _digest(secret))
            if kept is None or kept.account.is_disabled or kept.ends_at <= now:
                return None
            roles = kept.vouched
            if roles is None:
                memberships = await repository.memberships(accounts, kept.account.id)
                roles = memberships.get(kept.tenant, frozenset())
        return Subscriber(account=kept.account, tenant=kept.tenant, roles=roles) if roles else None

    def _event(self, action: AuditAction, account: Account, by: Actor) -> AuditEvent:
        return AuditEvent(
            actor=by,
            action=action,
            object=f"account/{account.id}",
            at=self._clock(),
            details={"login": account.login},
        )


def _is_secret(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_SECRET and text.isascii()


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
