"""Who may execute runs: a slot is held by one living process, and gives it an executor id that is unique and stable.

Two processes with the same id would run, and pay, every step twice; one with a new id at every start would never find
the runs it left behind. SQLite has one slot, a file lock beside the database; PostgreSQL has many, each an advisory
lock on a connection that is held. The system releases either however the process ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout

MAX_SLOTS = 64
_LOCK_CLASS = 7_061_302  # keeps our advisory locks apart from anybody else's in the same database


@dataclass(frozen=True)
class Slot:
    """A held place to execute in."""

    executor_id: str
    release: Callable[[], None]


def take(url: str) -> Slot | None:
    """The lowest free slot of the engine's database, or None when all are taken."""
    return _file_slot(url) if url.startswith("sqlite") else _advisory_slot(url)


def _file_slot(url: str) -> Slot | None:
    path = Path(url.removeprefix("sqlite:///") + ".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return Slot("embedded", lock.release)


def _advisory_slot(url: str) -> Slot | None:
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    connection = engine.connect()
    for number in range(MAX_SLOTS):
        query = sa.text("SELECT pg_try_advisory_lock(:class, :number)")
        if connection.scalar(query, {"class": _LOCK_CLASS, "number": number}):
            return Slot(f"slot-{number}", connection.close)
    connection.close()
    return None
