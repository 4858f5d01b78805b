"""Owner-scoped sessions and migrations, on SQLite and on PostgreSQL."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlmodel import Session, SQLModel, col, select, update

from core import database
from core.errors import NotFoundError
from core.models import (
    Attempt,
    Client,
    CreditEntry,
    EntryKind,
    Event,
    EventType,
    Job,
    LLMCall,
    Match,
    Resume,
    Run,
    User,
)
from core.settings import settings
from tests.support.postgres import new_database

AT = "2026-01-02 03:04:05+00:00"
OLD = "openai/old"
_MINE = {"owner_id": 1, "created_at": AT}
_RESUME = {"client_id": 1, "kind": "resume", "filename": "", "text": "Ann", "locale": "en", **_MINE}
_RUN = {"status": "COMPLETED", "client_id": 1, "resume_id": 1, "locale": "en", "attempt": 1, **_MINE}
_JOB = {"client_id": 1, "text": "Work", "text_hash": "x", "title": "", "company": "", **_MINE}
_CALL = {"attempt": 1, "prompt_hash": "x", "seconds": 1.5, **_MINE}
# Rows as the first revision had them: a resume that was read, a correction of it, one not read; a match, and a run of
# which nothing came; and a call for each way in which one could end.
ROWS: dict[str, list[dict[str, object]]] = {
    "user": [{"id": 1, "name": "old", "created_at": AT}],
    "client": [{"id": 1, "name": "Ann", **_MINE}],
    "resume": [
        {"id": 1, "version": 1, "origin": "paste", "summary": "{}", **_RESUME},
        {"id": 2, "version": 2, "origin": "correction", "summary": "{}", **_RESUME},
        {"id": 3, "version": 3, "origin": "paste", "summary": None, **_RESUME},
    ],
    "job": [{"id": 1, "summary": "{}", **_JOB}, {"id": 2, "summary": None, **_JOB}],
    "run": [
        {"id": "r", "kind": "resume", "job_id": None, "model": "offline/analyst", **_RUN},
        {"id": "m", "kind": "match", "job_id": 1, "model": OLD, **_RUN},
        {"id": "f", "kind": "match", "job_id": 2, "model": OLD, **_RUN},
    ],
    "attempt": [{"id": 1, "run_id": "r", "number": 1, **_MINE}],
    "llm_call": [
        {"id": 1, "run_id": "r", "task": "resume_summary", "model": "offline/analyst", "outcome": "ok", **_CALL},
        {"id": 2, "run_id": "m", "task": "job_summary", "model": OLD, "outcome": "ok", **_CALL},
        {"id": 3, "run_id": "m", "task": "job_match", "model": OLD, "outcome": "timeout", **_CALL},
        {"id": 4, "run_id": "m", "task": "job_match", "model": OLD, "outcome": "cancelled", **_CALL},
        {"id": 5, "run_id": "m", "task": "job_match", "model": OLD, "outcome": "interrupted", **_CALL},
    ],
    "match": [{"id": 1, "run_id": "m", "output": "{}", "score": 50, "band": "medium", **_MINE}],
}


def alembic(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def add_owner(name: str) -> int:
    with Session(database.engine()) as db:
        user = User(name=name)
        db.add(user)
        db.commit()
        assert user.id
        return user.id


@pytest.mark.usefixtures("storage")
def test_an_owner_sees_and_changes_only_their_own_rows() -> None:
    ann, bob = add_owner("ann"), add_owner("bob")
    with database.session(ann) as db:
        client = Client(name="Ann's client")
        db.add(client)
        db.commit()
        key = client.id
    with database.session(bob) as db:
        assert db.get(Client, key) is None
        assert db.exec(select(Client)).all() == []
        assert db.exec(update(Client).values(name="stolen")).rowcount == 0
        with pytest.raises(NotFoundError):
            db.require(Client, key)
    with database.session(ann) as db:
        assert db.require(Client, key).name == "Ann's client"


@pytest.mark.usefixtures("storage")
def test_a_row_cannot_be_written_for_somebody_else() -> None:
    ann, bob = add_owner("ann"), add_owner("bob")
    with database.session(ann) as db:
        db.add(Client(name="forged", owner_id=bob))
        with pytest.raises(NotFoundError):
            db.commit()


@pytest.mark.usefixtures("storage")
def test_migrations_make_exactly_the_tables_of_the_models() -> None:
    def tables_of_models(_object: object, name: str | None, kind: str, *_: object) -> bool:
        return kind != "table" or not str(name).startswith("snippet_search")  # the search's own, kept by triggers

    options = {"include_object": tables_of_models}
    with database.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, SQLModel.metadata) == []


@pytest.fixture
def empty(storage: str, request: pytest.FixtureRequest, configure: Callable[..., None]) -> None:
    """A database without tables."""
    if storage == "postgresql":
        configure(database_url=new_database(request.getfixturevalue("postgres"), "empty"))


@pytest.mark.usefixtures("empty")
def test_a_database_of_every_earlier_revision_is_brought_up_to_date_with_its_rows() -> None:
    revisions = sorted(file.name.split("_")[0] for file in (database.MIGRATIONS / "versions").glob("[0-9]*.py"))
    for revision in revisions[:-1]:
        engine = database.connect(settings().app_database_url)
        with engine.begin() as connection:
            command.upgrade(alembic(connection), "0001")
            for table, values in ((table, values) for table, rows in ROWS.items() for values in rows):
                columns = ", ".join(f'"{name}"' for name in values)
                given = ", ".join(f":{name}" for name in values)
                connection.execute(sa.text(f'INSERT INTO "{table}" ({columns}) VALUES ({given})'), values)
            command.upgrade(alembic(connection), revision)
        database.migrate(engine)
        with Session(engine) as db:
            run = db.exec(select(Run).where(Run.id == "r")).one()
            assert (run.id, run.wants_review, run.ocr_engine) == ("r", False, None)
            assert len(db.exec(select(Attempt)).all()) == 1
            calls = db.exec(select(LLMCall).order_by(col(LLMCall.id))).all()
            assert [(call.outcome, call.failure_code, call.tier, call.candidate) for call in calls] == [
                ("ok", None, "offline", 0),
                ("ok", None, "paid", 0),
                ("failed", "timeout", "paid", 0),
                ("cancelled", "cancelled", "paid", 0),
                ("interrupted", None, "paid", 0),
            ]
            assert db.exec(select(Match)).one().model == OLD
            jobs = db.exec(select(Job).order_by(col(Job.id))).all()
            # Of no known prompt: nothing takes such a summary for one that is made today.
            assert [(job.summary_model, job.summary_prompt) for job in jobs] == [(OLD, None), (None, None)]
            resumes = db.exec(select(Resume).order_by(col(Resume.id))).all()
            assert [resume.summary_model for resume in resumes] == ["offline/analyst", None, None]
            db.add(CreditEntry(owner_id=1, key="k", kind=EntryKind.DEBIT, amount=-1, run_id="m", attempt=1))
            db.add(Event(owner_id=1, run_id="m", attempt=1, type=EventType.CREDITS_DEBITED))
            db.commit()
        with engine.begin() as connection:
            command.downgrade(alembic(connection), "0001")  # with its rows, too
            outcomes = connection.scalars(sa.text("SELECT outcome FROM llm_call ORDER BY id")).all()
            assert outcomes == [call["outcome"] for call in ROWS["llm_call"]]
            for table in reversed(ROWS):
                connection.execute(sa.text(f'DELETE FROM "{table}"'))
            command.downgrade(alembic(connection), "base")
        engine.dispose()


@pytest.mark.usefixtures("storage")
def test_several_processes_may_migrate_at_once() -> None:
    engines = [database.connect(settings().app_database_url) for _ in range(4)]
    failures: list[BaseException] = []

    def migrate(engine: sa.Engine) -> None:
        try:
            database.migrate(engine)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=migrate, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with engines[0].connect() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == database.head_revision()


def test_every_revision_names_the_one_before_it() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [database.head_revision()]


@pytest.mark.usefixtures("owner")
def test_sqlite_is_set_up_to_be_shared(folder: Path) -> None:
    with database.engine().connect() as connection:
        pragmas = {
            name: connection.scalar(sa.text(f"PRAGMA {name}"))
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30000}
    assert (folder / "data" / "app.sqlite").exists()


def test_the_local_owner_is_created_once() -> None:
    owners: set[int] = set()
    threads = [threading.Thread(target=lambda: owners.add(database.local_owner())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(owners) == 1


def test_times_come_back_in_utc(owner: int) -> None:
    with database.session(owner) as db:
        client = Client(name="x")
        db.add(client)
        db.commit()
        created, key = client.created_at, client.id
    with database.session(owner) as db:
        assert db.require(Client, key).created_at == created
        assert db.require(Client, key).created_at.utcoffset() is not None
