"""Writes the next migration: what tables.py has that the migrations do not make yet.

    python -m formcheck.history.migrations "a note to a circuit"

Look through what it wrote, then set HEAD in schema.py to its number.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from formcheck.history.schema import HEAD, migrate


def write(message: str) -> None:
    """Compare tables.py with an empty database brought up to HEAD, and write the rest."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/history.db")
        with engine.connect() as connection:
            migrate(connection)
            connection.commit()
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True, rev_id=f"{int(HEAD) + 1:04}")
        engine.dispose()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(sys.argv[1])
