"""The app's database: one engine per URL, migrations at start, and sessions that see one owner's rows only."""

import logging
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlalchemy.sql.base import ExecutableOption
from sqlmodel import Session, col, create_engine, select, update

from core.errors import InputError, NotFoundError
from core.models import Owned, User
from core.settings import settings

log = logging.getLogger(__name__)
T = TypeVar("T")

MIGRATIONS = Path(__file__).parent / "migrations"
LOCAL_USER = "local"

# WAL lets pages read while a run writes; busy_timeout (ms) makes writers queue instead of failing;
# synchronous=NORMAL is durable against a killed process, which is what WAL needs (sqlite.org/wal.html);
# secure_delete overwrites what is deleted, which would otherwise stay readable in the file.
SQLITE_PRAGMAS = (
    "busy_timeout=30000",
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "recursive_triggers=ON",  # what keeps the ledger from changes then sees REPLACE, too
    "secure_delete=ON",
)

SHORT_PATIENCE = 500  # ms
RESTORING = ".restore"  # folder beside a SQLite file while that is being restored from a backup

WRITES = ("INSERT", "UPDATE", "DELETE")
WRITER_PATIENCE = 30.0  # seconds, as the busy_timeout

# One process migrates; another that starts at the same moment waits here and then finds nothing left to do.
MIGRATION_LOCK = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "SELECT pg_advisory_xact_lock(hashtext('jobmatch-migrations'))",
}


def connect(url: str, **options: Any) -> sa.Engine:
    """A new engine; on SQLite with WAL, and taking the write lock at the first write of a transaction.

    A deferred lock would instead be refused at once, without waiting, when another writer came between. Parameters are
    hidden from errors: they hold resumes, and errors reach the log.
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, hide_parameters=True, **options)
    Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, hide_parameters=True, **options)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    _queue_writers(engine)
    return engine


def _queue_writers(engine: sa.Engine) -> None:
    """Let the writers of this process wait for each other here. SQLite has no queue: it makes a second writer sleep and
    look again, up to a tenth of a second at a time, while others overtake it."""
    writing = Lock()

    @event.listens_for(engine, "before_cursor_execute")
    def _enter(connection: sa.Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(WRITES) and "writes" not in connection.info:
            # A thread that writes on two connections at once would wait for itself: SQLite then says what is wrong.
            connection.info["writes"] = writing.acquire(timeout=WRITER_PATIENCE)

    @event.listens_for(engine, "checkin")
    def _leave(_connection: object, record: Any) -> None:
        if record.info.pop("writes", False):
            writing.release()


@cache
def _engine(url: str) -> sa.Engine:
    engine = connect(url)
    migrate(engine)
    return engine


_first_use = Lock()  # two first visitors at once must not both build the engine or both add the local user


def engine() -> sa.Engine:
    """The engine of the configured database, its schema brought up to date on first use in this process.

    Raises InputError when there is no such database, it may not be written, or it is not restored to the end.
    """
    url = settings().app_database_url
    if url.startswith("sqlite") and half_restored(place := Path(url.removeprefix("sqlite:///"))):
        raise InputError("restore_unfinished", path=place.parent)
    with _first_use:
        try:
            return _engine(url)
        except (OSError, sa.exc.OperationalError) as error:
            where = sa.make_url(url).render_as_string(hide_password=True)
            raise InputError("database_unavailable", where=where) from error


def half_restored(place: Path) -> bool:
    """Whether a restore of the database at that place goes on, or was ended before it was through."""
    return (place.parent / RESTORING).exists() and not place.exists()


def clear_log(engine: sa.Engine) -> None:
    """Empty SQLite's write-ahead log, where what was deleted may still be read; does nothing on PostgreSQL.

    Others who use the file at this moment may keep it from that: then the next call does it.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        # It waits for readers, and while it waits nobody may write.
        connection.exec_driver_sql(f"PRAGMA busy_timeout={SHORT_PATIENCE}")
        try:
            if connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar():
                log.warning("write-ahead log not emptied: the database is busy")
        finally:
            connection.exec_driver_sql(f"PRAGMA {SQLITE_PRAGMAS[0]}")


def head_revision() -> str:
    """The newest migration: files are named `<revision>_<what>.py` with revisions that sort."""
    return max(file.name for file in (MIGRATIONS / "versions").glob("[0-9]*.py")).split("_")[0]


def migrate(engine: sa.Engine) -> None:
    """Apply the migrations that are missing. Safe to call from several processes at once."""
    with engine.connect() as connection:
        known = sa.inspect(connection).has_table("alembic_version")
        current = connection.scalar(sa.text("SELECT version_num FROM alembic_version")) if known else None
    if current == head_revision():
        return  # the usual start: Alembic is not even imported
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        connection.exec_driver_sql(MIGRATION_LOCK[engine.dialect.name])
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    log.info("database migrated from=%s to=%s", current, head_revision())


class OwnerSession(Session):
    """A session that reads and writes the rows of one owner; anybody else's do not exist for it."""

    def __init__(self, engine: sa.Engine, owner_id: int) -> None:
        super().__init__(engine, expire_on_commit=False)
        self.owner_id = owner_id

    def require(self, table: type[T], key: object) -> T:
        """The row with this primary key; raises NotFoundError when there is none among the owner's."""
        # A NUL, which PostgreSQL refuses, can only come from a tampered address.
        possible = key is not None and "\0" not in str(key)
        row = self.get(table, key) if possible else None
        if row is None:
            raise NotFoundError
        return row

    def lock_owner(self) -> None:
        """Make other transactions of this owner that come here wait until this one ends, and see what it did.

        A write, because SQLite locks nothing else; of no column that keys are made of, so that rows of the owner can be
        added meanwhile on PostgreSQL.
        """
        self.exec(update(User).where(col(User.id) == self.owner_id).values(locale=User.locale))


@event.listens_for(OwnerSession, "do_orm_execute")
def _only_own_rows(state: ORMExecuteState) -> None:
    state.statement = state.statement.options(*_rows_of(state.session.owner_id))  # type: ignore[attr-defined]


@lru_cache(maxsize=1000)
def _rows_of(owner_id: int) -> list[ExecutableOption]:
    """Kept, because making them takes longer than most queries."""
    return [
        with_loader_criteria(table, col(table.owner_id) == owner_id, include_aliases=True)
        for table in Owned.__subclasses__()
    ]


@event.listens_for(OwnerSession, "before_flush")
def _write_own_rows(session: OwnerSession, *_: object) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, Owned):
            if row.owner_id is None:
                row.owner_id = session.owner_id
            if row.owner_id != session.owner_id:
                raise NotFoundError


def session(owner_id: int) -> OwnerSession:
    """Open a session for an owner. Use it as a context manager, and commit inside."""
    return OwnerSession(engine(), owner_id)


@cache
def _local_owner(engine: sa.Engine) -> int:
    with Session(engine) as db:
        user = db.exec(select(User).where(User.name == LOCAL_USER)).first()
        if user is None:
            user = User(name=LOCAL_USER)
            db.add(user)
            db.commit()
        if user.id is None:
            raise NotFoundError
        return user.id


def local_owner() -> int:
    """The one owner of a single-user install."""
    database = engine()
    with _first_use:
        return _local_owner(database)
