"""Who may execute runs: a slot is held by one living process, and gives it an executor id that no other ever has.

Two processes with the same id would run, and pay, every step twice. SQLite has one slot, a file lock beside the
database; PostgreSQL has many, each an advisory lock on a connection that is held. The system releases either however
the process ends. A connection may also break while its process lives on: so whoever holds a slot asks now and then
whether it still does, and whoever finds another's free gives that one time to notice (`core.failover`).
"""

import re
import secrets
import threading
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout

MAX_SLOTS = 64
# Keeps our advisory locks apart from anybody else's in the same database.
_LOCK_CLASS = 7_061_302
# Either end of the connection notices within seconds that the other's machine is gone. The server, which then gives the
# slot away, is the slower of the two.
_ALIVE = {
    "connect_timeout": 5,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": 2000,  # ms
    "options": " ".join(
        f"-c {name}"
        for name in (
            "tcp_keepalives_idle=4",
            "tcp_keepalives_interval=1",
            "tcp_keepalives_count=3",
            "statement_timeout=2000",  # ms
        )
    ),
}


class Slot:
    """A held place to execute in. `ended` is set when what runs in it has to stop."""

    def __init__(self, executor_id: str) -> None:
        self.executor_id = executor_id
        self.ended = threading.Event()

    def held(self) -> bool:
        """Whether it is still ours."""
        return True

    def release(self) -> None:
        """Let another process have it, and every other slot that was claimed."""

    def claim(self, executor_id: str) -> bool:
        """Whether the process of that id is gone. Its slot is then held here, until `release` or `unclaim`."""
        return False

    def unclaim(self, executor_id: str) -> None:
        """Let another process have the slot of that id."""


def take(url: str) -> Slot | None:
    """The lowest free slot of the engine's database, or None when all are taken."""
    return _FileSlot.take(url) if url.startswith("sqlite") else _AdvisorySlot.take(url)


class _FileSlot(Slot):
    """Its id is always the same, so that the engine itself finds the runs that were left behind."""

    def __init__(self, lock: FileLock) -> None:
        super().__init__("embedded")
        self._lock = lock

    @classmethod
    def take(cls, url: str) -> Slot | None:
        path = Path(url.removeprefix("sqlite:///") + ".lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        return cls(lock)

    def release(self) -> None:
        self._lock.release()


class _AdvisorySlot(Slot):
    """Its id is a new one each time: two processes that both believe to hold the slot are then told apart."""

    def __init__(self, connection: sa.Connection, number: int) -> None:
        super().__init__(f"slot-{number}-{secrets.token_hex(4)}")
        self._connection = connection
        self._number = number
        self._claimed: set[int] = set()
        self._using = threading.Lock()  # the connection; who guards the slot and who looks for the dead are two threads

    @classmethod
    def take(cls, url: str) -> Slot | None:
        engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT", connect_args=_ALIVE)
        connection = engine.connect()
        for number in range(MAX_SLOTS):
            if connection.scalar(*_lock("pg_try_advisory_lock", number)):
                return cls(connection, number)
        connection.close()
        return None

    def held(self) -> bool:
        # Of this very session: behind a pooler, or after a reconnection, it may be another that has no lock.
        query = sa.text(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted"
            " AND classid = :class AND objid = :number"
        )
        try:
            with self._using:
                return bool(self._connection.scalar(query, {"class": _LOCK_CLASS, "number": self._number}))
        except sa.exc.SQLAlchemyError:  # also what is said of a connection that somebody else has found broken
            return False

    def release(self) -> None:
        with self._using:
            self._connection.invalidate()  # closes it, whatever state it is in
            self._connection.close()

    def claim(self, executor_id: str) -> bool:
        number = _number(executor_id)
        if number is None or number in {self._number, *self._claimed}:
            return number is not None  # our own slot: whoever had it before us is gone
        with self._using:
            if free := self._connection.scalar(*_lock("pg_try_advisory_lock", number)):
                self._claimed.add(number)
        return bool(free)

    def unclaim(self, executor_id: str) -> None:
        number = _number(executor_id)
        if number is not None and number in self._claimed:
            with self._using:
                self._connection.scalar(*_lock("pg_advisory_unlock", number))
            self._claimed.discard(number)


def _number(executor_id: str) -> int | None:
    found = re.match(r"slot-(\d+)(?:-|$)", executor_id)
    return int(found[1]) if found else None


def _lock(function: str, number: int) -> tuple[sa.TextClause, dict[str, int]]:
    return sa.text(f"SELECT {function}(:class, :number)"), {"class": _LOCK_CLASS, "number": number}
