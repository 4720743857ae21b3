"""The ledger: decisions, what they rest on, what sources said when, and how long all that is kept."""

import sqlalchemy as sa
from alembic import op

from gate.persistence.migrations.protection import allow_changes, append_only, isolate_tenants, stop_isolating

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_TENANT = sa.String(64)
_ID = sa.String(36)
_DIGEST = sa.LargeBinary(16)
_WORD = sa.String(32)

_HISTORY = ("SELECT", "INSERT")
_HISTORY_WITH_AN_END = ("SELECT", "INSERT", "DELETE")

# Told so that it is never NULL: a trigger's condition that is NULL counts as false, and the delete would go through.
_DECISION_IS_PAST_RETENTION = (
    "EXISTS (SELECT 1 FROM ledger_retentions r WHERE r.tenant = OLD.tenant AND r.cutoff > OLD.evaluated_at)"
)
_EVIDENCE_IS_PAST_RETENTION = (
    "OLD.kind = 'evidence'"
    " AND EXISTS (SELECT 1 FROM ledger_retentions r WHERE r.tenant = OLD.tenant AND r.cutoff > OLD.recorded_at)"
    " AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.tenant = OLD.tenant AND d.evidence = OLD.digest)"
)
_KEYS = {
    "decisions": ("tenant", "decision_id"),
    "ledger_documents": ("tenant", "digest"),
    "observed_answers": ("tenant", "digest"),
    "observations": ("tenant", "npi", "state", "source", "verified_at", "answer"),
    "reevaluations": ("tenant", "decision_id", "ordinal"),
    "ledger_retentions": ("tenant", "cutoff"),
    "ledgers": ("tenant",),
}
_DELETABLE_WHEN = {"decisions": _DECISION_IS_PAST_RETENTION, "ledger_documents": _EVIDENCE_IS_PAST_RETENTION}


def upgrade() -> None:
    """Create the seven tables; nothing in them can be changed."""
    _create_decisions()
    _create_documents()
    _create_observations()
    _create_events()
    for table, key in _KEYS.items():
        deletable_when = _DELETABLE_WHEN.get(table, "")
        isolate_tenants(table, may=_HISTORY_WITH_AN_END if deletable_when else _HISTORY, overview=table == "ledgers")
        append_only(table, key=key, repeats="ignored", deletable_when=deletable_when)


def downgrade() -> None:
    """Drop them; what was decided is no longer known."""
    for table in _KEYS:
        allow_changes(table)
        stop_isolating(table)
        op.drop_table(table)


def _create_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("tenant", _TENANT, nullable=False),
        sa.Column("decision_id", _ID, nullable=False),
        sa.Column("evaluated_at", _INSTANT, nullable=False),
        sa.Column("claim_id", sa.Text, nullable=False),
        sa.Column("line_number", sa.Integer, nullable=False),
        sa.Column("npi", sa.String(10), nullable=False),
        sa.Column("state", sa.String(2), nullable=False),
        sa.Column("service_date", sa.Date, nullable=False),
        sa.Column("code", _WORD, nullable=False),
        sa.Column("detail", _WORD, nullable=False),
        sa.Column("action", _WORD, nullable=False),
        sa.Column("would_action", _WORD, nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("config_version", sa.BigInteger, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("claim", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("evidence", _DIGEST, nullable=True),
        sa.Column("policy", _DIGEST, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "decision_id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_newest", "decisions", ["tenant", "evaluated_at", "decision_id"])
    for column in ("claim_id", "npi", "state", "code"):
        name = f"ix_decisions_{column.removesuffix('_id')}"
        op.create_index(name, "decisions", ["tenant", column, "evaluated_at", "decision_id"])
    op.create_index("ix_decisions_evidence", "decisions", ["tenant", "evidence"])


def _create_documents() -> None:
    op.create_table(
        "ledger_documents",
        sa.Column("tenant", _TENANT, nullable=False),
        sa.Column("digest", _DIGEST, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "digest", name="pk_ledger_documents"),
    )


def _create_observations() -> None:
    op.create_table(
        "observed_answers",
        sa.Column("tenant", _TENANT, nullable=False),
        sa.Column("digest", _DIGEST, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "digest", name="pk_observed_answers"),
    )
    op.create_table(
        "observations",
        sa.Column("tenant", _TENANT, nullable=False),
        sa.Column("npi", sa.String(10), nullable=False),
        sa.Column("state", sa.String(2), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("verified_at", _INSTANT, nullable=False),
        sa.Column("answer", _DIGEST, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "npi", "state", "source", "verified_at", "answer", name="pk_observations"),
    )


def _create_events() -> None:
    op.create_table(
        "reevaluations",
        sa.Column("tenant", _TENANT, nullable=False),
        sa.Column("decision_id", _ID, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("outcome", _WORD, nullable=False),
        sa.Column("code", _WORD, nullable=False),
        sa.Column("detail", _WORD, nullable=False),
        sa.Column("config_version", sa.BigInteger, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("evaluated_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "decision_id", "ordinal", name="pk_reevaluations"),
    )
    op.create_table(
        "ledger_retentions",
        sa.Column("tenant", _TENANT, nullable=False),
        sa.Column("cutoff", _INSTANT, nullable=False),
        sa.Column("applied_at", _INSTANT, nullable=False),
        sa.Column("applied_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "cutoff", name="pk_ledger_retentions"),
        sa.CheckConstraint("cutoff < applied_at", name="ck_ledger_retentions_past"),
    )
    op.create_table(
        "ledgers",
        sa.Column("tenant", _TENANT, nullable=False),
        sa.Column("opened_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_ledgers"),
    )
