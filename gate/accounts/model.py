"""People, what they may do where, and the browsers they are signed in with. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from gate.auth.permissions import Role

LONGEST_LOGIN: Final = 254
LONGEST_NAME: Final = 200
_LOGIN_FORM: Final = re.compile(rf"[a-z0-9][a-z0-9._+@-]{{0,{LONGEST_LOGIN - 1}}}")
Memberships = Mapping[str, frozenset[Role]]
"""Roles by tenant."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One person."""

    id: str
    issuer: str
    """Empty where a password of ours vouches for them, else their identity provider."""
    login: str
    """Unique among those of one issuer; what the audit log calls them."""
    name: str
    password_hash: str | None
    created_at: datetime
    disabled_at: datetime | None

    @property
    def is_local(self) -> bool:
        """Whether they sign in with a password of ours."""
        return not self.issuer

    @property
    def is_disabled(self) -> bool:
        """Whether they may not sign in at all."""
        return self.disabled_at is not None


class Lifetimes(msgspec.Struct, frozen=True, kw_only=True):
    """How long a session lasts."""

    idle: timedelta
    """Without a request."""
    absolute: timedelta
    """Whatever happens."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One browser that is signed in."""

    id: str
    current_tenant: str | None
    vouched: Memberships | None
    """What an identity provider said at sign-in; None: memberships are read anew at every request."""
    started_at: datetime
    seen_at: datetime
    ends_at: datetime
    address: str
    agent: str

    def expires_at(self, lifetimes: Lifetimes) -> datetime:
        """When it ends if nothing more is heard of it."""
        return min(self.ends_at, self.seen_at + lifetimes.idle)


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Who a request with a session comes from, as of now."""

    account: Account
    session: Session
    memberships: Memberships
    expires_at: datetime

    @property
    def tenant(self) -> str | None:
        """The one organisation the session is in; None: it chose none, or is a member there no longer."""
        tenant = self.session.current_tenant
        return tenant if tenant in self.memberships else None


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """From where somebody speaks to us, as the door saw it."""

    address: str
    agent: str = ""
    request_id: str = ""


class RefusedBecause(StrEnum):
    """Why a sign-in failed. For the audit log and our own; the person is told one and the same sentence."""

    UNKNOWN_LOGIN = "unknown_login"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a reason, not a password
    DISABLED = "disabled"


def is_login(login: str) -> bool:
    """Whether somebody's login could be spelled so; what cannot is not looked up anywhere."""
    return _LOGIN_FORM.fullmatch(login) is not None


def canonical_login(login: str) -> str:
    """The one spelling of a login: people write their address in upper and lower case."""
    return login.strip().lower()


def known_roles(names: Iterable[str]) -> frozenset[Role]:
    """The roles among `names`; one that a later release wrote grants nothing here."""
    known = {role.value for role in Role}
    return frozenset(Role(name) for name in names if name in known)


def browser_in_words(agent: str) -> str:
    """What a person would call the browser: ``Firefox on Windows``."""
    browsers = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"))
    desktops = (("Mac OS X", "macOS"), ("Linux", "Linux"))
    browser = next((name for sign, name in browsers if sign in agent), "A program")
    system = next((name for sign, name in (*systems, *desktops) if sign in agent), "")
    return f"{browser} on {system}" if system else browser
