"""A PostgreSQL server of one's own, on loopback."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa


def postgres_binaries() -> Path | None:
    """Where PostgreSQL's programs are; None when it is not installed."""
    if found := sorted(Path("/usr/lib/postgresql").glob("*/bin")):
        return found[-1]
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a server without data; its URL lacks the database's name."""
    binaries = postgres_binaries()
    assert binaries is not None
    home = Path(tempfile.mkdtemp())  # pytest's own folders are closed to other users
    home.chmod(0o777)
    # PostgreSQL refuses to run as root.
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    data = home / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program: str, *arguments: str | Path) -> None:
        subprocess.run([*user, binaries / program, "-D", data, *arguments], check=True, capture_output=True, cwd=home)

    run("initdb", "-A", "trust", "-U", "test")
    # Many tests in one session keep connections.
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off"
    options += " -c max_connections=400"
    run("pg_ctl", "-w", "-l", home / "log", "-o", options, "start")
    try:
        yield f"postgresql+psycopg://test@127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)


def new_database(server: str, name: str, template: str = "template1") -> str:
    """The URL of a new database on that server, empty or as its template, which nobody may be connected to."""
    admin = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    admin.dispose()
    return f"{server}/{name}"
