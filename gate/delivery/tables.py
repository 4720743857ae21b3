"""Where it is kept to which addresses a tenant wants to be told. Secrets are not: they are derived (`signing`)."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gate.persistence.base import DOCUMENT, Base, OfOneTenant


class WebhookEndpointTable(OfOneTenant, Base):
    """One address of a tenant's."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    topics: Mapped[list[str]] = mapped_column(DOCUMENT)
    """Empty: all."""
    description: Mapped[str] = mapped_column(Text)
    generation: Mapped[int]
    """Of its secret."""
    previous_until: Mapped[datetime | None]
    """Until then requests are signed with the secret before, too."""
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(Text)
    disabled_at: Mapped[datetime | None]
    disabled_because: Mapped[str] = mapped_column(Text)
