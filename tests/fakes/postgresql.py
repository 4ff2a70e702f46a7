"""A PostgreSQL of the tests' own, from Debian's package; one database has all tables."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from anzheng.store.migrate import migrate
from tests.fakes.ports import free_port

OWNER = "anzheng"
READER = "anzheng_reader"
MIGRATED = "migrated"
"""The database with all tables."""

SERVICE_USER = "postgres"
"""Debian's package makes this user; the server refuses to run as root."""

START_SECONDS = 180
ROLES = Path(__file__).parents[2] / "deploy" / "postgres" / "10-roles.sh"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        port: On 127.0.0.1.
        password: Of the owner and of the reader.
    """

    port: int
    password: str

    def url(self, database: str, user: str = OWNER) -> str:
        """Return where a database is, as the settings have it."""
        return f"postgresql+psycopg://{user}:{self.password}@127.0.0.1:{self.port}/{database}"

    def make(self, database: str) -> str:
        """Make a database and return its URL."""
        with self.connect("postgres") as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    *map(sql.Identifier, (database, OWNER))
                )
            )
        return self.url(database)

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        """Return a connection of the server's administrator, each statement for itself."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SERVICE_USER,
            password=self.password,
            dbname=database,
            autocommit=True,
        )


def programs() -> Path | None:
    """Return where the server's programs are: on PATH, or where Debian puts them."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return places[-1].parent if places else None


@contextmanager
def running() -> Iterator[Server]:
    """Run a server with the roles that the deployment has, and one migrated database."""
    found = programs()
    assert found is not None, "no PostgreSQL here"
    home = Path(tempfile.mkdtemp(prefix="anzheng-pg-", dir="/tmp"))
    password = secrets.token_hex(16)
    (home / "password").write_text(password)
    user = SERVICE_USER if os.geteuid() == 0 else None
    if user is not None:
        entry = pwd.getpwnam(user)
        for each in (home, home / "password"):
            os.chown(each, entry.pw_uid, entry.pw_gid)
    port = free_port()
    subprocess.run(
        [
            *(found / "initdb", "-D", home / "data", "-U", SERVICE_USER, "--no-sync"),
            *("--auth=scram-sha-256", f"--pwfile={home / 'password'}", "--encoding=UTF8"),
            "--locale=C.UTF-8",
        ],
        check=True,
        capture_output=True,
        user=user,
        cwd=home,
    )
    with subprocess.Popen(
        [
            *(found / "postgres", "-D", home / "data", "-k", home, "-p", str(port)),
            *("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"),
        ],
        user=user,
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait(found, port)
            yield _prepared(Server(port, password))
        finally:
            # Fast shutdown: nobody waits for connections that a failed test left open.
            process.send_signal(signal.SIGINT)
            process.wait(START_SECONDS)
            shutil.rmtree(home, ignore_errors=True)


def _wait(found: Path, port: int) -> None:
    asked = [str(found / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "5"]
    for _ in range(START_SECONDS * 10):
        if subprocess.run(asked, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise TimeoutError("PostgreSQL does not start")


def _prepared(server: Server) -> Server:
    """Make the roles by the very script that the deployment runs, and a migrated database."""
    subprocess.run(
        ["sh", str(ROLES)],
        check=True,
        capture_output=True,
        env={
            **os.environ,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(server.port),
            "PGPASSWORD": server.password,
            "POSTGRES_USER": SERVICE_USER,
            "POSTGRES_DB": "template1",
            "ANZHENG_OWNER_PASSWORD": server.password,
            "ANZHENG_READER_PASSWORD": server.password,
        },
    )
    migrate(server.make(MIGRATED))
    return server
