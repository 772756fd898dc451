"""Runs migrations on the connection it is handed; there is no alembic.ini."""

from __future__ import annotations

from alembic import context

from formcheck.history.schema import VERSION_TABLE
from formcheck.history.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    # SQLite changes a column by copying its table.
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
