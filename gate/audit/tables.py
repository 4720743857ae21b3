"""Where the audit log is stored. The database itself refuses to change or remove an entry (row U1)."""

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gate.persistence.base import Base, OfOneTenant


class AuditEntryTable(OfOneTenant, Base):
    """One event. The columns hold what is hashed, as it is hashed; see `chain.AuditEntry`."""

    __tablename__ = "audit_entries"
    # What an inspector asks for: one actor, one kind of event, one provider, one day. Each is read newest first.
    __table_args__ = (
        Index("ix_audit_entries_tenant_subject_sequence", "tenant", "subject", "sequence"),
        Index("ix_audit_entries_tenant_action_sequence", "tenant", "action", "sequence"),
        Index("ix_audit_entries_tenant_object_sequence", "tenant", "object", "sequence"),
        Index("ix_audit_entries_tenant_at", "tenant", "at"),
    )

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    format: Mapped[int]
    at: Mapped[int] = mapped_column(BigInteger)
    """Microseconds since 1970, UTC: the same number in every database, which an instant's text is not."""
    action: Mapped[str] = mapped_column(String(64))
    object: Mapped[str] = mapped_column(Text().with_variant(Text(collation="C"), "postgresql"))
    """Sorted by its bytes, so that everything below ``provider/`` lies together."""
    subject: Mapped[str] = mapped_column(Text)
    via: Mapped[str] = mapped_column(String(16))
    request_id: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    details: Mapped[str] = mapped_column(Text)
    """JSON as text: a database that understood it would write it back in its own way."""
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
