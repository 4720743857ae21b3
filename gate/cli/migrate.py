"""`gate migrate`: bring the database to the schema of this release."""

import asyncio

from gate.cli.ending import stop
from gate.cli.options import ConfigFile, settings_of
from gate.errors import GateError


def migrate(config: ConfigFile = None) -> None:
    """Bring the database to the schema of this release. Safe to run from several places at once."""
    from sqlalchemy.exc import SQLAlchemyError

    from gate.persistence.migrate import upgrade

    settings = settings_of(config)
    try:
        is_ours = asyncio.run(upgrade(settings.sqlalchemy_url))
    except (SQLAlchemyError, OSError) as error:
        stop(f"the database was not migrated, and nothing was changed: {type(error).__name__}")
    except GateError as error:
        stop(f"the database was not migrated: {error}")
    if is_ours:
        print("The database has the schema of this release.")
    else:
        print("The database was migrated by a later release; nothing was changed.")
