"""Row-level security for the configurations; versions and switches of mode can only be added."""

from gate.persistence.migrations.protection import (
    allow_changes,
    append_only,
    create_roles,
    isolate_tenants,
    stop_isolating,
)

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_HISTORY = ("SELECT", "INSERT")


def upgrade() -> None:
    """Protect the three tables."""
    create_roles()
    isolate_tenants("tenant_configs", may=("SELECT", "INSERT", "UPDATE"), overview=True)
    isolate_tenants("tenant_config_versions", may=_HISTORY, overview=True)
    isolate_tenants("mode_changes", may=_HISTORY)
    append_only("tenant_config_versions", key=("tenant", "version"))
    append_only("mode_changes", key=("tenant", "config_version", "ordinal"))


def downgrade() -> None:
    """Protect them no longer. The roles stay: they are the server's, not this database's."""
    for table in ("mode_changes", "tenant_config_versions"):
        allow_changes(table)
    for table in ("mode_changes", "tenant_config_versions", "tenant_configs"):
        stop_isolating(table)
