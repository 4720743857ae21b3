"""Where messages wait. A row stays after its message was delivered, so that nobody tells the same thing again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column

from gate.outbox.letter import LetterState
from gate.persistence.base import DOCUMENT, Base, OfOneTenant

_IS_WAITING = column("state") == LetterState.WAITING.value


class OutboxTable(OfOneTenant, Base):
    """Every message. `due_at` is when it may be taken on: while somebody sends it, when that one's time is over."""

    __tablename__ = "outbox_messages"
    __table_args__ = (
        UniqueConstraint("tenant", "channel", "key", name="uq_outbox_messages_tenant_channel_key"),
        Index(
            "ix_outbox_messages_due",
            "due_at",
            "tenant",
            "channel",
            sqlite_where=_IS_WAITING,
            postgresql_where=_IS_WAITING,
        ),
        Index("ix_outbox_messages_tenant_state", "tenant", "state", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(255))
    topic: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    not_before: Mapped[datetime]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    last_error: Mapped[str] = mapped_column(Text)
    settled_at: Mapped[datetime | None]
    """When it was delivered, given up or discarded."""
