"""The steps of `migrate` that need Alembic, whose import a start spares itself when there is nothing to do."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def upgrade(revision: str, connection: Connection) -> bool:
    """Migrate up to `revision` in the transaction of `connection`. False: a later release migrated the database."""
    config = _config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if not set(MigrationContext.configure(connection).get_current_heads()) <= known:
        return False
    command.upgrade(config, revision)
    return True


def downgrade(revision: str, connection: Connection) -> None:
    """Migrate back to `revision` in the transaction of `connection`."""
    command.downgrade(_config(connection), revision)


def _config(connection: Connection) -> Config:
    config = Config()
    config.attributes["connection"] = connection
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
