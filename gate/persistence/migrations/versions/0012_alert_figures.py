"""How many alerts there are of all tenants, for whoever watches the service: by kind and urgency, and nothing else."""

import sqlalchemy as sa
from alembic import op

from gate.persistence.migrations.protection import let_overview_read, stop_overview

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_CURRENT = sa.text("closed_at IS NULL")


def upgrade() -> None:
    """An index of what is current, and the right to count it."""
    op.create_index(
        "ix_alerts_standing", "alerts", ["kind", "urgency"], sqlite_where=_CURRENT, postgresql_where=_CURRENT
    )
    let_overview_read("alerts", ("kind", "urgency", "closed_at"))


def downgrade() -> None:
    """Take both back."""
    stop_overview("alerts")
    op.drop_index("ix_alerts_standing", "alerts")
