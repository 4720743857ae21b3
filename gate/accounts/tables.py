"""Where people are stored. Accounts and sessions belong to no tenant; a membership belongs to one."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gate.persistence.base import DOCUMENT, Base, OfNoTenant, OfOneTenant


class AccountTable(OfNoTenant, Base):
    """One person. `issuer` is empty where a password of ours vouches for them, else it names their provider."""

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("issuer", "login"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(255))
    login: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    password_changed_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class MembershipTable(OfOneTenant, Base):
    """What a person may do in one tenant."""

    __tablename__ = "memberships"

    account_id: Mapped[str] = mapped_column(String(36), ForeignKey("accounts.id"), primary_key=True, index=True)
    roles: Mapped[list[str]] = mapped_column(DOCUMENT)
    granted_at: Mapped[datetime]
    granted_by: Mapped[str] = mapped_column(Text)


class SessionTable(OfNoTenant, Base):
    """One browser that is signed in. A session that ended has no row."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the token in the cookie. The token itself is nowhere."""
    account_id: Mapped[str] = mapped_column(String(36), ForeignKey("accounts.id"), index=True)
    current_tenant: Mapped[str | None] = mapped_column(String(64))
    """None until one of several was chosen."""
    vouched_roles: Mapped[dict[str, Any] | None] = mapped_column(DOCUMENT)
    """Roles by tenant as an identity provider said at sign-in; None: memberships say it, at every request."""
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(256))


class CalendarAddressTable(OfOneTenant, Base):
    """The secret address of one person's calendar in one tenant, of which there is one at most."""

    __tablename__ = "calendar_addresses"

    account_id: Mapped[str] = mapped_column(String(36), ForeignKey("accounts.id"), primary_key=True, index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the secret in the address. The secret itself is nowhere."""
    vouched_roles: Mapped[list[str] | None] = mapped_column(DOCUMENT)
    """Roles as an identity provider said when the address was made; None: the membership says it, at every request."""
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class SignInTryTable(OfNoTenant, Base):
    """Failures to sign in, counted by a digest of what they have in common."""

    __tablename__ = "sign_in_tries"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]
    blocked_until: Mapped[datetime]
