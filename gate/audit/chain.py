"""The chain of one tenant's entries: each holds the hash of the one before, so none can change unnoticed. Pure.

hash = SHA-256 of the entry's canonical bytes, which begin with the hash of the entry before. The entry says in which
format they were written: a chain that one release wrote, every later one can verify.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import msgspec

from gate.audit.model import AuditEvent

FORMAT: Final = 1
"""Of the entries that this release writes. A new one needs a new function in `_CANONICAL`; old ones stay."""
NO_HASH: Final = "0" * 64
"""What the first entry of a chain holds in place of the hash before it."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# ASCII, so that both databases and every locale hash the same bytes; a value that somebody put there in another type
# than ours is written too, and does not fit the hash.
_json: Final = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=repr)


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it is kept. Everything but `hash` is hashed, exactly as it is stored."""

    tenant: str
    sequence: int
    """Counts the tenant's entries from 1, without gaps."""
    format: int
    at: int
    """When it happened: microseconds since 1970, UTC."""
    action: str
    """An `AuditAction`, of this release or another."""
    object: str
    subject: str
    via: str
    request_id: str
    address: str
    details: str
    """A JSON object with sorted keys."""
    previous_hash: str
    """Hexadecimal, as is `hash`."""
    hash: str

    @property
    def instant(self) -> datetime:
        """When it happened, UTC."""
        return _EPOCH + self.at * _MICROSECOND


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """What a chain ended with at one time. Kept outside the database it tells of entries that were cut off."""

    tenant: str
    sequence: int
    hash: str
    at: datetime
    """When it was taken, UTC."""


class UnknownFormat(Exception):
    """An entry is of a format that this release does not know; a later one wrote it, or somebody changed it."""

    def __init__(self, sequence: int) -> None:
        super().__init__(f"entry {sequence} is of a format that this release does not know")


def linked(events: Iterable[AuditEvent], *, sequence: int, previous_hash: str) -> list[AuditEntry]:
    """The entries for `events`, to follow the entry with this number and hash.

    Raises:
        ValueError: an instant without a time zone.
    """
    entries = []
    for event in events:
        sequence += 1
        entry = _entry(event, sequence, previous_hash)
        previous_hash = hash_of(entry)
        entries.append(msgspec.structs.replace(entry, hash=previous_hash))
    return entries


def hash_of(entry: AuditEntry) -> str:
    """The hash that the entry must hold.

    Raises:
        UnknownFormat: this release does not know how the entry was written.
    """
    canonical = _CANONICAL.get(entry.format)
    if canonical is None:
        raise UnknownFormat(entry.sequence)
    return sha256(canonical(entry)).hexdigest()


def microseconds(instant: datetime) -> int:
    """Since 1970, UTC.

    Raises:
        ValueError: nobody knows which instant it means without a time zone.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return (instant - _EPOCH) // _MICROSECOND


def _entry(event: AuditEvent, sequence: int, previous_hash: str) -> AuditEntry:
    details = {_storable(name): _storable(value) for name, value in event.details.items()}
    return AuditEntry(
        tenant=event.actor.tenant,
        sequence=sequence,
        format=FORMAT,
        at=microseconds(event.at),
        action=event.action.value,
        object=_storable(event.object),
        subject=_storable(event.actor.subject),
        via=event.actor.via.value,
        request_id=_storable(event.actor.request_id),
        address=_storable(event.actor.address),
        details=_json.encode(details),
        previous_hash=previous_hash,
        hash="",
    )


def _storable(value: Any) -> Any:  # noqa: ANN401 - a detail is a text, a number, a truth value or None
    """Text that both databases store as it is: no NUL and no half of a surrogate pair."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _canonical_1(entry: AuditEntry) -> bytes:
    return _json.encode(
        [
            entry.previous_hash,
            entry.format,
            entry.tenant,
            entry.sequence,
            entry.at,
            entry.action,
            entry.object,
            entry.subject,
            entry.via,
            entry.request_id,
            entry.address,
            entry.details,
        ]
    ).encode("ascii")


_CANONICAL: Final = {1: _canonical_1}
