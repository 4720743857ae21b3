"""Where the ledger is stored. Rows are only ever added; old decisions and their evidence leave by retention alone."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gate.persistence.base import Base, OfOneTenant

_ID: Final = String(36)
_DIGEST: Final = LargeBinary(16)
_WORD: Final = String(32)
"""A member of one of the gate's vocabularies."""


class LedgerTable(OfOneTenant, Base):
    """Which tenants have a ledger at all: what a job has to know that looks after all of them."""

    __tablename__ = "ledgers"

    opened_at: Mapped[datetime]


class DecisionTable(OfOneTenant, Base):
    """Every decision given. The claim and the answer are kept as they went over the wire."""

    __tablename__ = "decisions"
    __table_args__ = (
        # One for each order in which pages are asked for; the mode, of three values, is sifted out on the way.
        Index("ix_decisions_newest", "tenant", "evaluated_at", "decision_id"),
        Index("ix_decisions_claim", "tenant", "claim_id", "evaluated_at", "decision_id"),
        Index("ix_decisions_npi", "tenant", "npi", "evaluated_at", "decision_id"),
        Index("ix_decisions_state", "tenant", "state", "evaluated_at", "decision_id"),
        Index("ix_decisions_code", "tenant", "code", "evaluated_at", "decision_id"),
        # Which evidence is still referred to.
        Index("ix_decisions_evidence", "tenant", "evidence"),
    )

    decision_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    evaluated_at: Mapped[datetime]
    claim_id: Mapped[str] = mapped_column(Text)
    line_number: Mapped[int]
    npi: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(2))
    service_date: Mapped[date]
    code: Mapped[str] = mapped_column(_WORD)
    detail: Mapped[str] = mapped_column(_WORD)
    action: Mapped[str] = mapped_column(_WORD)
    would_action: Mapped[str] = mapped_column(_WORD)
    mode: Mapped[str] = mapped_column(String(16))
    config_version: Mapped[int] = mapped_column(BigInteger)
    caller: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str] = mapped_column(Text)
    claim: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    evidence: Mapped[bytes | None] = mapped_column(_DIGEST)
    policy: Mapped[bytes] = mapped_column(_DIGEST)


class DocumentTable(OfOneTenant, Base):
    """Evidence and policies, once per tenant and content."""

    __tablename__ = "ledger_documents"

    digest: Mapped[bytes] = mapped_column(_DIGEST, primary_key=True)
    kind: Mapped[str] = mapped_column(_WORD)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    recorded_at: Mapped[datetime]


class ObservedAnswerTable(OfOneTenant, Base):
    """What sources answered, once per tenant and content: records with the periods in which they are valid."""

    __tablename__ = "observed_answers"

    digest: Mapped[bytes] = mapped_column(_DIGEST, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ObservationTable(OfOneTenant, Base):
    """When which source answered what about a provider: the time at which it became known, beside valid times.

    Every clean answer has its row, also one that repeats the answer before. Which of them are changes depends on the
    order in which processes report them, and an absence that arrives late must not hide what was confirmed after it.
    """

    __tablename__ = "observations"

    npi: Mapped[str] = mapped_column(String(10), primary_key=True)
    state: Mapped[str] = mapped_column(String(2), primary_key=True)
    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    verified_at: Mapped[datetime] = mapped_column(primary_key=True)
    answer: Mapped[bytes] = mapped_column(_DIGEST, primary_key=True)
    outcome: Mapped[str] = mapped_column(String(16))


class ReevaluationTable(OfOneTenant, Base):
    """Each time judging a decision's claim anew came to another outcome than the time before (rows S9, S10)."""

    __tablename__ = "reevaluations"

    decision_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(_WORD)
    code: Mapped[str] = mapped_column(_WORD)
    detail: Mapped[str] = mapped_column(_WORD)
    config_version: Mapped[int] = mapped_column(BigInteger)
    caller: Mapped[str] = mapped_column(Text)
    evaluated_at: Mapped[datetime]


class RetentionTable(OfOneTenant, Base):
    """Before which instants decisions may leave; the triggers that refuse every other delete look here."""

    __tablename__ = "ledger_retentions"
    __table_args__ = (CheckConstraint("cutoff < applied_at", name="past"),)

    cutoff: Mapped[datetime] = mapped_column(primary_key=True)
    applied_at: Mapped[datetime]
    applied_by: Mapped[str] = mapped_column(Text)
