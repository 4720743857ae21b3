"""Between the audit log's values and the public contract's messages."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from gate.audit.chain import Anchor, AuditEntry
from gate.audit.model import EntryFilter
from gate.audit.verification import Verdict
from gate.errors import FieldViolation, InvalidInput
from gate.rpc.enums import BREAK_KINDS
from gate.rpc.messages import instant_message
from gate.v1 import audit_log_pb2

MOST_ANCHORS: Final = 10_000
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def entry_message(entry: AuditEntry) -> audit_log_pb2.AuditEntry:
    """One entry."""
    return audit_log_pb2.AuditEntry(
        sequence=entry.sequence,
        at=instant_message(entry.instant),
        action=entry.action,
        object=entry.object,
        subject=entry.subject,
        via=entry.via,
        request_id=entry.request_id,
        address=entry.address,
        details=entry.details,
        hash=entry.hash,
        previous_hash=entry.previous_hash,
    )


def filter_in(message: audit_log_pb2.AuditFilter) -> EntryFilter:
    """The filter as the caller wants it.

    Raises:
        InvalidInput: a time is none.
    """
    return EntryFilter(
        subject=message.subject,
        action=message.action,
        object=message.object,
        since=_instant(message.from_time, "filter.from_time") if message.HasField("from_time") else None,
        until=_instant(message.until_time, "filter.until_time") if message.HasField("until_time") else None,
    )


def anchor_message(anchor: Anchor) -> audit_log_pb2.AuditAnchor:
    """One anchor."""
    return audit_log_pb2.AuditAnchor(
        tenant=anchor.tenant, sequence=anchor.sequence, hash=anchor.hash, at=instant_message(anchor.at)
    )


def anchors_in(messages: Sequence[audit_log_pb2.AuditAnchor]) -> list[Anchor]:
    """The anchors that the caller kept.

    Raises:
        InvalidInput: naming those that are malformed: to pass one over would be to believe less than was asked.
    """
    if len(messages) > MOST_ANCHORS:
        raise InvalidInput(FieldViolation("anchors", f"are {len(messages)}; there may be {MOST_ANCHORS} at most"))
    problems = [
        FieldViolation(f"anchors[{index}]", "needs a tenant, a sequence from 1 and a hash of 64 hexadecimal digits")
        for index, anchor in enumerate(messages)
        if not anchor.tenant or anchor.sequence < 1 or _HASH.fullmatch(anchor.hash) is None
    ]
    if problems:
        raise InvalidInput(*problems)
    return [
        Anchor(
            tenant=anchor.tenant,
            sequence=anchor.sequence,
            hash=anchor.hash,
            at=_instant(anchor.at, f"anchors[{index}].at"),
        )
        for index, anchor in enumerate(messages)
    ]


def verdict_message(verdict: Verdict) -> audit_log_pb2.VerifyChainResponse:
    """What was found out about a chain."""
    found = verdict.first_break
    return audit_log_pb2.VerifyChainResponse(
        entries=verdict.entries,
        head_hash=verdict.head_hash,
        anchors=verdict.anchors,
        first_break=audit_log_pb2.ChainBreak(
            sequence=found.sequence, kind=BREAK_KINDS.number(found.kind), explanation=found.explanation
        )
        if found is not None
        else None,
    )


def _instant(message: Timestamp, field: str) -> datetime:
    try:
        return message.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(FieldViolation(field, "is not an instant")) from None
