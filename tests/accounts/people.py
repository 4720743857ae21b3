"""People who sign in, on a real database, with a clock that a test turns and hashes that cost nothing."""

from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher

from gate.accounts.model import Account, Client, Lifetimes, SignedIn
from gate.accounts.passwords import Passwords
from gate.accounts.service import AccountService, Listed
from gate.accounts.sessions import Sessions
from gate.accounts.sign_in import SignIn
from gate.audit.model import Actor, AuditEvent, Via
from gate.auth.permissions import Role
from gate.persistence.unit_of_work import Database, UnitOfWork

PASSWORD = "seven green bicycles"
ANOTHER = "nine yellow umbrellas"
HOME = Client(address="192.0.2.7", agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", request_id="r-1")
ELSEWHERE = Client(address="198.51.100.9", agent="Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36")
LIFETIMES = Lifetimes(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
BY = Actor(tenant="anywhere", subject="operator@host", via=Via.SYSTEM)


class Recorded:
    """An audit trail that remembers what was committed."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    async def record(self, unit: UnitOfWork, *events: AuditEvent) -> None:
        assert all(event.actor.tenant == unit.tenant for event in events)

        async def remember() -> None:
            self.events.extend(events)

        unit.after_commit(remember)

    def told(self) -> list[tuple[str, str, str]]:
        """Who heard what of whom: tenant, action, subject."""
        return [(event.actor.tenant, event.action.value, event.actor.subject) for event in self.events]


class Desk:
    """Everything about people, as one process has it."""

    def __init__(self, database: Database) -> None:
        self.now = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
        self.trail = Recorded()
        self.database = database
        self.passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.accounts = AccountService(self.trail, self.clock)
        self.sessions = Sessions(database, LIFETIMES, self.trail, self.clock)
        self.sign_in = SignIn(database, self.sessions, self.accounts, self.passwords, self.clock, refusal_seconds=0)

    def clock(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def hire(self, login: str, *tenants: str, role: Role = Role.VIEWER, password: str = PASSWORD) -> Account:
        """Somebody with an account, member of `tenants`."""
        first, *others = tenants
        kept = await self.passwords.hashed(password)
        async with self.database.writing(first) as unit:
            account = await self.accounts.create(
                unit, login, name="", password_hash=kept, roles=frozenset({role}), by=BY
            )
        for tenant in others:
            await self.grant(account, tenant, role)
        self.trail.events.clear()
        return account

    async def grant(self, account: Account, tenant: str, *roles: Role) -> None:
        async with self.database.writing(tenant) as unit:
            await self.accounts.grant(unit, account, frozenset(roles), BY)

    async def found(self, login: str, issuer: str = "") -> Listed:
        async with self.database.reading_accounts() as accounts:
            return await self.accounts.find(accounts, login, issuer)

    async def enter(self, login: str, client: Client = HOME, password: str = PASSWORD) -> str:
        """The token of a session that begins."""
        return (await self.sign_in.with_password(login, password, client)).token

    async def who(self, token: str) -> SignedIn:
        signed_in = await self.sessions.recognized(token)
        assert signed_in is not None, "the session has ended"
        return signed_in

    async def is_in(self, token: str) -> bool:
        return await self.sessions.recognized(token) is not None
