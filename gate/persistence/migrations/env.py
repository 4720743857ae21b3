"""Executed by Alembic for every migration; `gate.persistence.migrate` hands it the connection.

The transaction is opened and committed there, so that on both databases a failed migration leaves nothing behind.
"""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    render_as_batch=True,  # SQLite alters most things by copying the table
)
context.run_migrations()
