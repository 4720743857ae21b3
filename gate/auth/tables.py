"""Where API keys are stored: never their secrets."""

from datetime import datetime

from sqlalchemy import LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gate.persistence.base import DOCUMENT, Base, OfOneTenant


class ApiKeyTable(OfOneTenant, Base):
    """Keys are added and revoked. What a key allows and until when never changes."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("key_id"),)

    key_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    roles: Mapped[list[str]] = mapped_column(DOCUMENT)
    narrowed_to: Mapped[list[str]] = mapped_column(DOCUMENT)
    """Empty: everything that the roles allow."""
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_by: Mapped[str] = mapped_column(Text)
    """Empty: by nobody."""
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
