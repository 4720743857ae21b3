"""Where configurations are stored. Versions and mode changes are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gate.persistence.base import DOCUMENT, Base, OfOneTenant


class TenantConfigTable(OfOneTenant, Base):
    """Which version of a tenant's configuration is in force. Each change raises it by one."""

    __tablename__ = "tenant_configs"

    version: Mapped[int] = mapped_column(BigInteger)


class TenantConfigVersionTable(OfOneTenant, Base):
    """Every configuration there ever was, who made it and why."""

    __tablename__ = "tenant_config_versions"

    __table_args__ = (ForeignKeyConstraint(["tenant"], ["tenant_configs.tenant"]),)

    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    reason: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class ModeChangeTable(OfOneTenant, Base):
    """Every switch of mode (row C18). Empty state or line of business: the switch was not limited to one."""

    __tablename__ = "mode_changes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant", "config_version"], ["tenant_config_versions.tenant", "tenant_config_versions.version"]
        ),
    )

    config_version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(2))
    line_of_business: Mapped[str] = mapped_column(String(32))
    from_mode: Mapped[str] = mapped_column(String(16))
    to_mode: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]
