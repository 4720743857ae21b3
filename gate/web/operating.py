"""Who may look after jobs and deliveries: whoever sees the gate's administration, and changes it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends

from gate.auth.permissions import Permission
from gate.errors import FieldViolation, InvalidInput
from gate.web.door import Visit, caller, signed_in

Watcher = Annotated[Visit, Depends(signed_in(Permission.GATE_ADMIN_VIEW))]
"""Somebody at a page who may look."""
Operator = Annotated[Visit, Depends(signed_in(Permission.GATE_ADMIN_MANAGE))]
"""Somebody at a page who may act."""
WatchingCaller = Annotated[Visit, Depends(caller(Permission.GATE_ADMIN_VIEW))]
OperatingCaller = Annotated[Visit, Depends(caller(Permission.GATE_ADMIN_MANAGE))]


def may_operate(visit: Visit) -> bool:
    """Whether pages offer them what acts."""
    return Permission.GATE_ADMIN_MANAGE in visit.principal.permissions


def moment(text: str) -> datetime | None:
    """The instant before which a list goes on; None for an empty text.

    Raises:
        InvalidInput: it is none.
    """
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(FieldViolation("before", "is an instant like 2026-03-10T12:00:00Z")) from None
