"""Where it is kept what was run when. Jobs are the deployment's, so that all rows belong to `model.DEPLOYMENT`."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gate.persistence.base import DOCUMENT, Base, OfOneTenant


class JobLeaseTable(OfOneTenant, Base):
    """Who runs a job at present, and until when that is believed without hearing of it again."""

    __tablename__ = "job_leases"

    job: Mapped[str] = mapped_column(String(64), primary_key=True)
    worker: Mapped[str] = mapped_column(Text)
    """Empty: nobody."""
    leased_until: Mapped[datetime]


class JobRunTable(OfOneTenant, Base):
    """Every run. The key is what keeps two processes from running a job twice for the same time."""

    __tablename__ = "job_runs"

    job: Mapped[str] = mapped_column(String(64), primary_key=True)
    scheduled_for: Mapped[datetime] = mapped_column(primary_key=True)
    is_ordered: Mapped[bool]
    """By a person, not by the schedule."""
    state: Mapped[str] = mapped_column(String(16))
    worker: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    summary: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    error: Mapped[str] = mapped_column(Text)
