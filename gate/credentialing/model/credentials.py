"""What a provider holds and has to renew: licences, registrations, certificates, insurance. Pure.

A renewal that somebody uploaded changes nothing until it was reviewed (rows R32, R33).
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from gate.credentialing.model.fields import LONGEST_NAME, LONGEST_NOTES, LONGEST_URL, Objections
from gate.errors import FieldViolation, InvalidInput, PreconditionFailed

TIERS: Final = (120, 90, 60, 30)
"""Days before it expires at which a credential becomes more urgent (row R31)."""
LONGEST_WINDOW: Final = 1_095
LONGEST_SNOOZE: Final = 90
"""Days; nobody puts off a deadline for longer at once."""


class CredentialKind(StrEnum):
    """What it is."""

    LICENSE = "license"
    DEA = "dea"
    """Registration with the Drug Enforcement Administration."""
    CDS = "cds"
    """A state's registration for controlled substances."""
    BOARD_CERTIFICATION = "board_certification"
    MALPRACTICE = "malpractice"
    """Liability insurance."""
    OTHER = "other"


class RenewalStatus(StrEnum):
    """Where a renewal stands."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"


class CredentialDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is told of a credential when the record begins."""

    provider_id: str
    kind: CredentialKind
    number: str
    issuer: str = ""
    state: str = ""
    """Where it holds; empty: everywhere."""
    issued_on: date | None = None
    expires_on: date | None = None
    """Last day on which it holds; None: it does not expire."""
    coordinator: str = ""
    """The login of who looks after it."""
    document_reference: str = ""
    """Where the document is: an address, or the name of a file."""
    notes: str = ""


class CredentialChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a credential changes: a correction. What is renewed goes by a `RenewalDraft`."""

    kind: CredentialKind | UnsetType = UNSET
    number: str | UnsetType = UNSET
    issuer: str | UnsetType = UNSET
    state: str | UnsetType = UNSET
    issued_on: date | UnsetType | None = UNSET
    expires_on: date | UnsetType | None = UNSET
    coordinator: str | UnsetType = UNSET
    document_reference: str | UnsetType = UNSET
    notes: str | UnsetType = UNSET


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """One credential of one provider."""

    id: str
    provider_id: str
    kind: CredentialKind
    number: str
    issuer: str
    state: str
    issued_on: date | None
    expires_on: date | None
    coordinator: str
    document_reference: str
    notes: str
    snoozed_until: date | None
    """Until then the inbox passes over it; on that day it is back."""
    created_at: datetime


class RenewalDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a renewed document says."""

    expires_on: date
    document_reference: str
    number: str = ""
    """Empty: as before."""
    issuer: str = ""
    """Empty: as before."""
    issued_on: date | None = None
    notes: str = ""


class Renewal(msgspec.Struct, frozen=True, kw_only=True):
    """A renewed document, and what became of it."""

    id: str
    credential_id: str
    status: RenewalStatus
    number: str
    issuer: str
    issued_on: date | None
    expires_on: date
    document_reference: str
    notes: str
    submitted_by: str
    submitted_at: datetime
    reviewed_by: str
    reviewed_at: datetime | None
    rejection_reason: str


class ListedCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential with what a list shows beside it."""

    credential: Credential
    provider_name: str
    days_remaining: int | None
    """Negative: so many days expired; None: it does not expire."""
    tier: int | None
    """120, 90, 60 or 30 days, whichever it is within; 0: it has expired; None: further away."""
    is_renewal_waiting: bool
    """A renewal was uploaded, and nobody has reviewed it."""


class CredentialDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One credential and its renewals, newest first."""

    listed: ListedCredential
    renewals: tuple[Renewal, ...]


class ListedRenewal(msgspec.Struct, frozen=True, kw_only=True):
    """A renewal beside what it would overwrite."""

    renewal: Renewal
    credential: Credential
    provider_name: str


class CredentialFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which credentials are wanted. Every part that is set must hold."""

    provider_id: str = ""


class ExpiringFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which expiring credentials are wanted. Every part that is set must hold."""

    within_days: int = TIERS[0]
    """Expired ones are always among them."""
    kind: CredentialKind | None = None
    coordinator: str = ""
    is_snoozed: bool = False
    """Those that are put off, in place of those that are not."""


class RenewalFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which renewals are wanted. Every part that is set must hold."""

    status: RenewalStatus | None = RenewalStatus.SUBMITTED
    credential_id: str = ""


def tier_of(days_remaining: int) -> int | None:
    """The tier of a credential that expires in so many days (row R31); 0: it has expired."""
    if days_remaining < 0:
        return 0
    return min((tier for tier in TIERS if days_remaining <= tier), default=None)


def listed(credential: Credential, provider_name: str, today: date, *, is_renewal_waiting: bool) -> ListedCredential:
    """How lists show a credential on `today`."""
    days = None if credential.expires_on is None else (credential.expires_on - today).days
    return ListedCredential(
        credential=credential,
        provider_name=provider_name,
        days_remaining=days,
        tier=None if days is None else tier_of(days),
        is_renewal_waiting=is_renewal_waiting,
    )


def accepted(credential: Credential) -> Credential:
    """The record as it is kept.

    Raises:
        InvalidInput: naming every field that does not fit.
    """
    credential = msgspec.structs.replace(
        credential, number=credential.number.strip(), state=credential.state.strip().upper()
    )
    objections = Objections()
    objections.line("number", credential.number, required=True)
    objections.line("issuer", credential.issuer)
    if credential.state:
        objections.state("state", credential.state)
    _verify_period(objections, credential.issued_on, credential.expires_on)
    objections.line("coordinator", credential.coordinator, LONGEST_NAME)
    objections.line("document_reference", credential.document_reference, LONGEST_URL)
    objections.lines("notes", credential.notes)
    objections.settle()
    return credential


def submitted(credential: Credential, draft: RenewalDraft, *, renewal_id: str, by: str, now: datetime) -> Renewal:
    """The renewal of `credential` that waits for its review.

    Raises:
        InvalidInput: naming every field that does not fit; one that holds no longer than what there is is none.
    """
    renewal = Renewal(
        **msgspec.structs.asdict(draft) | {"number": draft.number.strip() or credential.number},
        id=renewal_id,
        credential_id=credential.id,
        status=RenewalStatus.SUBMITTED,
        submitted_by=by,
        submitted_at=now,
        reviewed_by="",
        reviewed_at=None,
        rejection_reason="",
    )
    renewal = msgspec.structs.replace(renewal, issuer=renewal.issuer.strip() or credential.issuer)
    objections = Objections()
    objections.line("number", renewal.number)
    objections.line("issuer", renewal.issuer)
    objections.line("document_reference", renewal.document_reference, LONGEST_URL, required=True)
    objections.lines("notes", renewal.notes)
    _verify_period(objections, renewal.issued_on, renewal.expires_on)
    is_later = credential.expires_on is None or renewal.expires_on > credential.expires_on
    objections.add("expires_on", f"must be later than {credential.expires_on}, until which it holds", when=not is_later)
    objections.settle()
    return renewal


def renewed(credential: Credential, renewal: Renewal) -> Credential:
    """The credential as an approved renewal has it (row R32)."""
    return msgspec.structs.replace(
        credential,
        number=renewal.number,
        issuer=renewal.issuer,
        issued_on=renewal.issued_on if renewal.issued_on is not None else credential.issued_on,
        expires_on=renewal.expires_on,
        document_reference=renewal.document_reference,
        snoozed_until=None,
    )


def reviewed(renewal: Renewal, status: RenewalStatus, *, by: str, now: datetime, reason: str = "") -> Renewal:
    """The renewal after its review.

    Raises:
        InvalidInput: a rejection without a reason.
        PreconditionFailed: it was reviewed before.
    """
    if renewal.status is not RenewalStatus.SUBMITTED:
        raise PreconditionFailed(f"this renewal was {renewal.status.value} before")
    if status is RenewalStatus.REJECTED and not reason.strip():
        raise InvalidInput(FieldViolation("reason", "is required: what is wrong with the document"))
    objections = Objections()
    objections.lines("reason", reason, LONGEST_NOTES)
    objections.settle()
    return msgspec.structs.replace(
        renewal, status=status, reviewed_by=by, reviewed_at=now, rejection_reason=reason.strip()
    )


def snooze_end(until: date | None, today: date, *, field: str = "snoozed_until") -> date | None:
    """The day on which something put off is back; None: it is not put off.

    Raises:
        InvalidInput: it is not after `today`, or too far away.
    """
    if until is not None and not today < until <= today + timedelta(days=LONGEST_SNOOZE):
        raise InvalidInput(FieldViolation(field, f"must lie after today, and at most {LONGEST_SNOOZE} days ahead"))
    return until


def _verify_period(objections: Objections, issued_on: date | None, expires_on: date | None) -> None:
    objections.day("issued_on", issued_on)
    objections.day("expires_on", expires_on)
    is_inverted = issued_on is not None and expires_on is not None and expires_on < issued_on
    objections.add("expires_on", "must not lie before the day of issue", when=is_inverted)
