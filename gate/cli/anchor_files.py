"""Anchors of the audit log as lines of JSON: in a file of their own, or among the lines of the service's log."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from gate.v1 import audit_log_pb2

_LOGGED_AS: Final = "audit_anchor"
_IN_EVERY_ANCHOR: Final = b'"hash"'


class AnchorLine(msgspec.Struct, frozen=True, kw_only=True):
    """One anchor as it is written."""

    tenant: Annotated[str, msgspec.Meta(min_length=1)]
    sequence: Annotated[int, msgspec.Meta(ge=1)]
    hash: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    at: Annotated[datetime, msgspec.Meta(tz=True)]


class AnchorFileError(Exception):
    """A line is none; says which."""


def line_of(anchor: audit_log_pb2.AuditAnchor) -> bytes:
    """The line to keep."""
    line = AnchorLine(tenant=anchor.tenant, sequence=anchor.sequence, hash=anchor.hash, at=anchor.at.ToDatetime(UTC))
    return msgspec.json.encode(line) + b"\n"


def anchors_in_file(path: Path, tenant: str | None) -> list[audit_log_pb2.AuditAnchor]:
    """The anchors in `path`, or those of `tenant` if it is named. What else a service logs is passed over.

    Raises:
        AnchorFileError: a line looks like an anchor and is none; the number of it.
        OSError: the file cannot be read.
    """
    messages = []
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if _IN_EVERY_ANCHOR in line:
                messages += [_message(found) for found in _anchor_in(line, number) if tenant in {None, found.tenant}]
    return messages


def _anchor_in(line: bytes, number: int) -> Iterator[AnchorLine]:
    try:
        said: Any = json.loads(line)
        if isinstance(said, dict) and said.get("event", _LOGGED_AS) != _LOGGED_AS:
            return  # of something else
        yield msgspec.convert(said, AnchorLine)
    except (ValueError, msgspec.ValidationError):
        raise AnchorFileError(f"line {number} is no anchor") from None


def _message(line: AnchorLine) -> audit_log_pb2.AuditAnchor:
    message = audit_log_pb2.AuditAnchor(tenant=line.tenant, sequence=line.sequence, hash=line.hash)
    message.at.FromDatetime(line.at.astimezone(UTC))
    return message
