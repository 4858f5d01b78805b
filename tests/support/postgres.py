"""A PostgreSQL server of one's own, on loopback, with an empty disk."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").exists() else []
    initdb = shutil.which("initdb")
    return found[-1] if found else Path(initdb).parent if initdb else None


@contextmanager
def postgres_server() -> Iterator[str | None]:
    """The server's URL, without a database; None where PostgreSQL is not installed."""
    binaries = _binaries()
    if binaries is None:
        yield None
        return
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
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off"
    run("pg_ctl", "-w", "-l", home / "log", "-o", options, "start")
    try:
        yield f"postgresql+psycopg://test@127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)
