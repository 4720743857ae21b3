"""Credentials, when they expire, and their renewals, as their pages show them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from gate.credentialing.model.attestations import ON_RECORD, AttestationStanding, KnownAttestation
from gate.credentialing.model.credentials import (
    TIERS,
    Credential,
    CredentialKind,
    ExpiringFilter,
    ListedCredential,
    ListedRenewal,
    Renewal,
    RenewalStatus,
)
from gate.web.portal.condition import Badge
from gate.web.portal.credentialing.days import days_in_words
from gate.web.portal.credentialing.views.addresses import address
from gate.web.portal.credentialing.views.enrollments import Fact
from gate.web.portal.credentialing.views.whose import login_of

CREDENTIALS: Final = "/pm/credentials"
EXPIRING: Final = "/pm/inbox/expiring"
REVIEW: Final = "/pm/inbox/review"
TITLES: Final[Mapping[CredentialKind, str]] = {
    CredentialKind.LICENSE: "License",
    CredentialKind.DEA: "DEA registration",
    CredentialKind.CDS: "CDS registration",
    CredentialKind.BOARD_CERTIFICATION: "Board certification",
    CredentialKind.MALPRACTICE: "Malpractice insurance",
    CredentialKind.OTHER: "Other",
}
KINDS: Final[Sequence[tuple[str, str]]] = tuple((kind.value, title) for kind, title in TITLES.items())
WINDOWS: Final[Sequence[tuple[str, str]]] = tuple(
    (str(days), f"Within {days} days") for days in (*reversed(TIERS), 365)
)
NOTHING_KEPT: Final = ("No credentials", "Add licenses, registrations, certificates and insurance to be told in time.")
NOTHING_SNOOZED: Final = ("Nothing is put off", "What is put off is listed here, and comes back by itself.")
NOTHING_WAITING: Final = ("No documents waiting.", "A renewal that somebody uploads is reviewed here before it counts.")
WAITING: Final = Badge("Renewal waiting", "◔", "info")
_FOR_GOOD: Final = Badge("Does not expire", "○", "quiet")
_FAR: Final = Badge("Current", "●", "good")
_TIERS: Final[Mapping[int, Badge]] = {
    0: Badge("Expired", "■", "destructive"),
    30: Badge("30 days", "■", "bad"),
    60: Badge("60 days", "▲", "ill"),
    90: Badge("90 days", "◔", "info"),
    120: Badge("120 days", "○", "outline"),
}
_RENEWALS: Final[Mapping[RenewalStatus, Badge]] = {
    RenewalStatus.SUBMITTED: Badge("Waiting for review", "◔", "info"),
    RenewalStatus.APPROVED: Badge("Approved", "●", "good"),
    RenewalStatus.REJECTED: Badge("Rejected", "■", "bad"),
}
_SOON: Final = 30


class ExpiringWish(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted of the inbox, as its address has it."""

    days: str = ""
    kind: str = ""
    who: str = ""
    """Empty: everybody's; ``me``; else a login."""
    snoozed: str = ""

    def wanted(self, login: str) -> ExpiringFilter:
        """For whoever is signed in as `login`; what cannot be understood is left out."""
        return ExpiringFilter(
            within_days=int(self.days) if self.days in dict(WINDOWS) else TIERS[0],
            kind=CredentialKind(self.kind) if self.kind in set(CredentialKind) else None,
            coordinator=login_of(self.who, login),
            is_snoozed=bool(self.snoozed),
        )

    def kept(self) -> dict[str, str]:
        """What its address says."""
        return {"days": self.days, "kind": self.kind, "who": self.who, "snoozed": self.snoozed}


class CredentialLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row."""

    id: str
    path: str
    title: str
    provider: str
    number: str
    issuer: str
    state: str
    issued_on: date | None
    expires_on: date | None
    remaining: str
    badge: Badge
    is_waiting: bool
    coordinator: str
    snoozed_until: date | None


class RenewalLine(msgspec.Struct, frozen=True, kw_only=True):
    """One renewal."""

    renewal: Renewal
    badge: Badge
    path: str
    is_waiting: bool
    document: str
    """Its address, where the reference is one."""


class AttestationLine(msgspec.Struct, frozen=True, kw_only=True):
    """How a CAQH attestation stands."""

    badge: Badge
    told_by: str
    """Who knows."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One field that a renewal would overwrite."""

    name: str
    before: str
    after: str


class ReviewLine(msgspec.Struct, frozen=True, kw_only=True):
    """One document that waits for its review."""

    path: str
    title: str
    provider: str
    renewal: Renewal
    differences: Sequence[Difference]
    document: str


def page_of(credential_id: str) -> str:
    """Where one credential is shown."""
    return f"{CREDENTIALS}/{credential_id}"


def renewal_page(renewal_id: str) -> str:
    """Where one renewal is reviewed."""
    return f"{CREDENTIALS}/renewals/{renewal_id}"


def nothing_expires(wanted: ExpiringFilter) -> tuple[str, str]:
    """What the inbox says when it is empty."""
    if wanted.is_snoozed:
        return NOTHING_SNOOZED
    return (f"Nothing expires in the next {wanted.within_days} days.", "")


def line_of(listed: ListedCredential) -> CredentialLine:
    """How lists show it."""
    credential = listed.credential
    return CredentialLine(
        id=credential.id,
        path=page_of(credential.id),
        title=TITLES[credential.kind],
        provider=listed.provider_name,
        number=credential.number,
        issuer=credential.issuer,
        state=credential.state,
        issued_on=credential.issued_on,
        expires_on=credential.expires_on,
        remaining="" if listed.days_remaining is None else expiry_in_words(listed.days_remaining),
        badge=badge_of(listed),
        is_waiting=listed.is_renewal_waiting,
        coordinator=credential.coordinator,
        snoozed_until=credential.snoozed_until,
    )


def badge_of(listed: ListedCredential) -> Badge:
    """The tier that it has reached (row R31)."""
    if listed.days_remaining is None:
        return _FOR_GOOD
    return _FAR if listed.tier is None else _TIERS[listed.tier]


def expiry_in_words(days: int) -> str:
    """``12 days``, ``today``, ``expired 3 days ago``."""
    return f"expired {days_in_words(-days)} ago" if days < 0 else days_in_words(days)


def facts_of(listed: ListedCredential) -> Sequence[Fact]:
    """Everything the record holds."""
    credential = listed.credential
    remaining = "" if listed.days_remaining is None else expiry_in_words(listed.days_remaining)
    return (
        Fact("Number", credential.number),
        Fact("Issuer", credential.issuer),
        Fact("State", credential.state, "" if credential.state else "not of one state"),
        Fact("Issued", _day(credential.issued_on)),
        Fact("Expires", _day(credential.expires_on), remaining),
        Fact("Coordinator", credential.coordinator),
        Fact("Put off until", _day(credential.snoozed_until)),
    )


def renewal_line(renewal: Renewal) -> RenewalLine:
    """How the history of a credential shows it."""
    return RenewalLine(
        renewal=renewal,
        badge=_RENEWALS[renewal.status],
        path=renewal_page(renewal.id),
        is_waiting=renewal.status is RenewalStatus.SUBMITTED,
        document=link_in(renewal.document_reference),
    )


def review_line(listed: ListedRenewal) -> ReviewLine:
    """How the review shows it: what is beside what would be."""
    return ReviewLine(
        path=renewal_page(listed.renewal.id),
        title=TITLES[listed.credential.kind],
        provider=listed.provider_name,
        renewal=listed.renewal,
        differences=differences(listed.credential, listed.renewal),
        document=link_in(listed.renewal.document_reference),
    )


def differences(credential: Credential, renewal: Renewal) -> list[Difference]:
    """What would be overwritten, in the order of the form; what stays is left out."""
    both = (
        ("Number", credential.number, renewal.number),
        ("Issuer", credential.issuer, renewal.issuer),
        ("Issued", _day(credential.issued_on), _day(renewal.issued_on) or _day(credential.issued_on)),
        ("Expires", _day(credential.expires_on), _day(renewal.expires_on)),
        ("Document", credential.document_reference, renewal.document_reference),
    )
    return [Difference(name=name, before=before, after=after) for name, before, after in both if before != after]


def link_in(reference: str) -> str:
    """The address that a reference to a document is; empty: it is a file's name."""
    return reference if reference.startswith(("https://", "http://")) and " " not in reference else ""


def typed_of(credential: Credential) -> Mapping[str, str]:
    """The record as its form shows it."""
    kept = msgspec.to_builtins(credential)
    return {name: "" if value is None else str(value) for name, value in kept.items() if name != "snoozed_until"}


def attestation(known: KnownAttestation | None) -> AttestationLine | None:
    """How long a provider's CAQH attestation holds (rows R26, R27); None: nobody knows that there is one."""
    if known is None or known.standing is not AttestationStanding.CURRENT:
        return None
    badge = _attestation_badge(known)
    return AttestationLine(badge=badge, told_by=_told_by(known)) if badge is not None else None


def _attestation_badge(known: KnownAttestation) -> Badge | None:
    days = (known.due_on - known.today).days if known.due_on is not None else None
    if known.is_lapsed or (days is not None and days < 0):
        since = f" {days_in_words(days)}" if days is not None and days < 0 else " has expired"
        return Badge(f"CAQH attestation{since}", "■", "bad")
    if days is None:
        return None
    words = "CAQH attestation holds until today" if days == 0 else f"CAQH attested, {days_in_words(days)} left"
    return Badge(words, *(("▲", "ill") if days <= _SOON else ("●", "good")))


def _told_by(known: KnownAttestation) -> str:
    if known.source == ON_RECORD:
        return "by the record kept here"
    return f"by {known.source}, asked on {known.told_at:%Y-%m-%d}"


def expiring_address(wish: ExpiringWish, **more: str) -> str:
    """The inbox as it was wished."""
    return address(EXPIRING, **wish.kept(), **more)


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()
