"""Who has an account and may do what where. Runs within the caller's unit of work and never commits.

An account is one person's, a membership is one tenant's: a change is recorded in the audit log of the unit's tenant,
and `note` tells the other tenants of which the person is a member.
"""

from collections.abc import Mapping, Sequence

import msgspec
import uuid_utils

from gate.accounts import repository
from gate.accounts.model import LONGEST_NAME, Account, Memberships, canonical_login, is_login
from gate.accounts.throttle import forget_failures_of
from gate.audit.model import Actor, AuditAction, AuditEvent
from gate.audit.trail import AuditTrail
from gate.auth.permissions import Role
from gate.clock import Clock
from gate.errors import FieldViolation, InvalidInput, NotFound
from gate.persistence.unit_of_work import AccountsUnit, UnitOfWork

Details = Mapping[str, str | int | bool | None]


class Listed(msgspec.Struct, frozen=True):
    """One person and where they are a member."""

    account: Account
    memberships: Memberships


class AccountService:
    """Makes, changes and lists accounts."""

    def __init__(self, trail: AuditTrail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock

    async def create(
        self, unit: UnitOfWork, login: str, *, name: str, password_hash: str, roles: frozenset[Role], by: Actor
    ) -> Account:
        """A person who signs in with a password, member of the unit's tenant.

        Raises:
            InvalidInput: the login or the name does not fit, or there is no role.
            Conflict: the login is taken: it is one person's in the whole deployment.
        """
        account = Account(
            id=str(uuid_utils.uuid7()),
            issuer="",
            login=canonical_login(login),
            name=name.strip() or canonical_login(login),
            password_hash=password_hash,
            created_at=self._clock(),
            disabled_at=None,
        )
        _verify(account, roles)
        async with unit.accounts() as accounts:
            await repository.add_account(accounts, account)
        await repository.put_membership(unit, account.id, roles, by.subject, account.created_at)
        await self.note(unit, account, AuditAction.ACCOUNT_CREATED, by, {"roles": _in_words(roles)})
        return account

    async def grant(self, unit: UnitOfWork, account: Account, roles: frozenset[Role], by: Actor) -> None:
        """Replace what the person may do in the unit's tenant; no roles: a member no longer, from the next request on.

        Raises:
            InvalidInput: an identity provider vouches for the person, and it alone says what they may do.
        """
        if not account.is_local:
            raise InvalidInput(FieldViolation("login", "its identity provider says what this person may do"))
        before = await repository.membership(unit, account.id)
        await repository.put_membership(unit, account.id, roles, by.subject, self._clock())
        details = {"before": _in_words(before), "after": _in_words(roles)}
        await self.note(unit, account, AuditAction.ACCOUNT_CHANGED, by, details)

    async def set_password(
        self, unit: UnitOfWork, account: Account, password_hash: str, by: Actor, *, keep_session: str = ""
    ) -> None:
        """Replace the password and end the person's sessions, all but `keep_session`."""
        async with unit.accounts() as accounts:
            await repository.change_account(
                accounts, account.id, password_hash=password_hash, password_changed_at=self._clock()
            )
            await repository.end_sessions(accounts, account.id, but=keep_session)
            await forget_failures_of(accounts, account.login)
        await self.note(unit, account, AuditAction.ACCOUNT_CHANGED, by, {"changed": "password"})

    async def disable(self, unit: UnitOfWork, account: Account, by: Actor) -> None:
        """Let the person sign in no longer, nowhere, and end their sessions."""
        async with unit.accounts() as accounts:
            await repository.change_account(accounts, account.id, disabled_at=self._clock())
            await repository.end_sessions(accounts, account.id)
        await self.note(unit, account, AuditAction.ACCOUNT_DISABLED, by, {})

    async def enable(self, unit: UnitOfWork, account: Account, by: Actor) -> None:
        """Let a disabled person sign in again."""
        async with unit.accounts() as accounts:
            await repository.change_account(accounts, account.id, disabled_at=None)
        await self.note(unit, account, AuditAction.ACCOUNT_CHANGED, by, {"changed": "enabled again"})

    async def note(self, unit: UnitOfWork, account: Account, action: AuditAction, by: Actor, details: Details) -> None:
        """Record in the unit's tenant what happened to the person."""
        actor = msgspec.structs.replace(by, tenant=unit.tenant)
        event = AuditEvent(
            actor=actor,
            action=action,
            object=f"account/{account.id}",
            at=self._clock(),
            details={"login": account.login, **details},
        )
        await self._trail.record(unit, event)

    async def find(self, accounts: AccountsUnit, login: str, issuer: str = "") -> Listed:
        """The person of that login; of whom an identity provider vouches for, where they are signed in.

        Raises:
            NotFound: there is none.
        """
        account = await repository.account_by_login(accounts, canonical_login(login) if not issuer else login, issuer)
        if account is None:
            raise NotFound("there is no account with this login")
        return Listed(account, await self._memberships(accounts, account))

    async def everybody(self, accounts: AccountsUnit) -> Sequence[Listed]:
        """All people of the deployment, by login."""
        return [
            Listed(account, await self._memberships(accounts, account))
            for account in await repository.all_accounts(accounts)
        ]

    async def _memberships(self, accounts: AccountsUnit, account: Account) -> Memberships:
        if account.is_local:
            return await repository.memberships(accounts, account.id)
        told = [session.vouched or {} for session in await repository.sessions_of(accounts, account.id)]
        return {tenant: roles for vouched in reversed(told) for tenant, roles in vouched.items()}

    async def is_needed(self, accounts: AccountsUnit) -> bool:
        """Whether nobody could sign in because nobody has an account."""
        return await repository.is_empty(accounts)


def _verify(account: Account, roles: frozenset[Role]) -> None:
    name = account.name
    checks = (
        ("login", "must be an address or a short name: letters, digits and . _ + @ -", not is_login(account.login)),
        ("name", f"must be at most {LONGEST_NAME} printable characters", not _is_short_line(name)),
        ("role", "must name at least one role", not roles),
    )
    if violations := [FieldViolation(field, description) for field, description, is_wrong in checks if is_wrong]:
        raise InvalidInput(*violations)


def _is_short_line(text: str) -> bool:
    return len(text) <= LONGEST_NAME and text.isprintable()


def _in_words(roles: frozenset[Role]) -> str:
    return " ".join(sorted(roles)) or "none"
