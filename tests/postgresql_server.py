"""A PostgreSQL server of one's own for the tests, where one is installed."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

#: The password of the user "locked"; everybody else needs none.
PASSWORD = "open sesame: #1"


def programs() -> Path | None:
    """The folder with initdb and postgres."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    return found[-1].parent if found else None


def _version(program: Path) -> float:
    return float(program.parent.parent.name)


class PostgreSQL:
    """Listens on a socket in a folder of its own; stop() ends it and removes everything."""

    def __init__(self, bin_folder: Path) -> None:
        self._bin = bin_folder
        self.folder = Path(tempfile.mkdtemp(prefix="formcheck-pg-", dir="/tmp"))
        # It will not run for root.
        self._user = None if os.getuid() else _somebody()
        if self._user is not None:
            os.chown(self.folder, pwd.getpwnam(self._user).pw_uid, -1)
        self._data = self.folder / "data"
        self._numbers = itertools.count()
        self._kept: str | None = None
        make = [bin_folder / "initdb", "-D", self._data, "-U", "admin", "-A", "trust", "-N"]
        subprocess.run(
            [*make, "-E", "UTF8", "--locale=C"], user=self._user, check=True, capture_output=True
        )
        (self._data / "pg_hba.conf").write_text(
            "local all locked scram-sha-256\nlocal all all trust\n"
        )
        self.start()
        with self._admin() as connection:
            connection.execute(f"CREATE ROLE locked LOGIN SUPERUSER PASSWORD '{PASSWORD}'")

    def start(self) -> None:
        server = [self._bin / "postgres", "-D", self._data, "-k", self.folder, "-h", "", "-F"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(server, user=self._user, stdout=log, stderr=log)
        for _ in range(6000):
            try:
                self._admin().close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise RuntimeError((self.folder / "log").read_text())

    def halt(self) -> None:
        """As when the power fails."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)

    def stop(self) -> None:
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"history{next(self._numbers)}"
        with self._admin() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def emptied_database(self) -> str:
        """The URL of a database in which a history may be, with nothing in it: made faster."""
        if self._kept is None:
            self._kept = self.new_database()
            return self._kept
        with psycopg.connect(self._kept, autocommit=True) as connection:
            connection.execute("TRUNCATE profile, programme CASCADE")
        return self._kept

    def url(self, database: str, user: str = "admin") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def _admin(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.folder), user="admin", dbname="postgres", autocommit=True
        )


def _somebody() -> str:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise RuntimeError("there is no user but root to run PostgreSQL")
