"""What is deleted by itself once it is old, on SQLite and on PostgreSQL: engine records and pictures."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import streamlit as st
from sqlmodel import Session, col, func, select, update

from core import chain, database, engine, ocr, pages, retention, runs, scans
from core.errors import InputError
from core.models import Job, Page, Picture, Reading, Run, RunStatus, now
from core.ocr import engines, images
from core.routing import Candidate
from core.runs import LiveText, Ocr
from core.settings import settings
from tests.support.model_server import ModelServer
from tests.test_app import open_app, texts
from tests.test_runs import PACED, add_client, settle, submit, view
from tests.test_scans import POSTING, confirm, files, in_review, screenshot
from tests.test_scans import submit as submit_scan


def engine_rows(table: str) -> set[str]:
    """The workflows that have rows in a table of the engine."""
    system = database.connect(settings().engine_database_url)
    schema = "" if system.dialect.name == "sqlite" else "dbos."
    with system.connect() as connection:
        found = set(connection.scalars(sa.text(f"SELECT workflow_uuid FROM {schema}{table}")).all())
    system.dispose()
    return found


@cache
def transcript(data: bytes) -> dict[str, Any]:
    return ocr.read(images.decode(data), engines.default()).model_dump(mode="json")


def known(owner: int, data: bytes) -> bytes:
    """A picture that was read before, in this process once: what happens to pictures is tested here, not how they are
    read."""
    engine_ = engines.default()
    with database.session(owner) as db:
        (key,) = pages._keep(db, {data}).values()
        version = scans._version(engine_)
        db.add(Reading(picture_id=key, engine=engine_.name, version=version, output=transcript(data)))
        db.commit()
    return data


def tidy() -> int:
    return sum(retention.one_round())


def kept_pictures() -> int:
    with Session(database.engine()) as db:
        return db.exec(select(func.count()).where(func.length(Picture.data) > 0)).one()


def age(run_id: str, days: int) -> None:
    """Let a run have finished that long ago."""
    with Session(database.engine()) as db:
        db.exec(update(Run).where(col(Run.id) == run_id).values(finished_at=now() - timedelta(days=days)))
        db.commit()


@pytest.mark.usefixtures("storage")
def test_records_of_finished_runs_go_and_their_pages_stay(
    owner: int, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 1)  # each around what is kept
    client_id = add_client(owner)
    done = submit(owner, client_id)
    before = settle(owner, done.id)
    waits = submit_scan(
        owner, client_id, files(known(owner, screenshot()))
    )  # its first workflow has ended, the run has not
    in_review(owner, waits.id)
    assert tidy() == 0  # nothing is a month old
    assert {done.workflow_id, waits.workflow_id} <= engine_rows("workflow_status")
    configure(history_days=0)
    assert tidy() == 2  # the match and the reading of the resume
    for table in ("workflow_status", "streams", "operation_outputs", "workflow_input", "workflow_output"):
        assert engine_rows(table) <= {waits.workflow_id}, table
    assert waits.workflow_id in engine_rows("workflow_status")
    assert tidy() == 0
    assert view(owner, done.id) == before
    assert "".join(piece for piece in LiveText(done) if piece) == ""
    chain.adopt_orphans()
    assert view(owner, done.id).run.status is RunStatus.COMPLETED
    confirm(owner, waits.id)  # goes on as if nothing had been
    assert settle(owner, waits.id).run.status is RunStatus.COMPLETED


def test_a_run_whose_records_are_gone_can_be_retried(
    owner: int, paced: Candidate, server: ModelServer, configure: Callable[..., None]
) -> None:
    client_id = add_client(owner)
    server.fail("job_match", 500, 500)
    run = submit(owner, client_id, PACED)
    assert settle(owner, run.id).run.status is RunStatus.FAILED
    configure(history_days=0)
    assert tidy() == 2
    with database.session(owner) as db:
        runs.retry(db, run.id)
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED
    assert server.requests["job_summary"] == 1  # what was finished is still not asked for again


def test_the_page_of_a_run_needs_neither_records_nor_pictures(owner: int, configure: Callable[..., None]) -> None:
    configure(history_days=0, picture_days=0)
    run = submit_scan(owner, add_client(owner), files(known(owner, screenshot())), ocr=Ocr(review=False))
    seen = settle(owner, run.id)
    tidy()
    assert not engine_rows("streams")
    st.cache_resource.clear()
    at = open_app(page="Workbench", run=run.id)
    next(toggle for toggle in at.toggle if toggle.label == "Show the pictures").set_value(True).run()
    assert not at.exception
    assert seen.match is not None
    assert f"{seen.match.score} of 100" in texts(at)
    assert "This picture was deleted" in texts(at)


def test_rounds_go_piece_by_piece_and_pause_for_an_hour(
    owner: int, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 1)
    configure(history_days=0)
    client_id = add_client(owner)
    clock = 0.0
    tidying = retention.Tidying(lambda: clock)
    settle(owner, submit(owner, client_id).id)
    tidying.go_on()
    assert len(engine_rows("workflow_status")) == 1
    tidying.go_on()
    assert not engine_rows("workflow_status")
    tidying.go_on()  # the end of the round
    settle(owner, submit(owner, client_id, token="later").id)
    tidying.go_on()
    assert len(engine_rows("workflow_status")) == 1
    clock = retention.INTERVAL
    tidying.go_on()
    assert not engine_rows("workflow_status")


def test_the_process_that_executes_tidies(owner: int, configure: Callable[..., None]) -> None:
    settle(owner, submit(owner, add_client(owner)).id)
    assert engine_rows("workflow_status")
    engine.stop()
    configure(history_days=0)
    engine.keep_running()

    for _ in range(400):
        if not engine_rows("workflow_status"):
            return
        time.sleep(0.05)
    raise AssertionError("nothing was deleted")


@pytest.mark.usefixtures("storage")
def test_pictures_are_kept_unless_told_otherwise(owner: int) -> None:
    run = submit_scan(owner, add_client(owner), files(known(owner, screenshot())), ocr=Ocr(review=False))
    settle(owner, run.id)
    age(run.id, 10_000)
    assert tidy() == 0
    assert kept_pictures() == 1


@pytest.mark.usefixtures("storage")
def test_pictures_go_when_their_text_is_confirmed(owner: int, configure: Callable[..., None]) -> None:
    configure(picture_days=0)
    client_id = add_client(owner)
    run = submit_scan(owner, client_id, files(known(owner, screenshot())))
    same = submit_scan(owner, client_id, files(screenshot()), token="same")
    in_review(owner, run.id)
    in_review(owner, same.id)
    confirm(owner, run.id)
    assert kept_pictures() == 1  # the other run still shows it
    settle(owner, run.id)
    confirm(owner, same.id)
    assert kept_pictures() == 0
    seen = settle(owner, same.id)
    assert seen.run.status is RunStatus.COMPLETED
    assert seen.readers  # what read it is still known
    assert seen.job is not None
    assert seen.job.text.splitlines() == POSTING
    with database.session(owner) as db:
        assert pages.previews(db, seen.job) == [None]
        page = db.exec(select(Page).where(Page.job_id == seen.job.id)).one()
        with pytest.raises(InputError, match="picture_deleted"):
            pages.picture(db, page)


@pytest.mark.usefixtures("storage")
def test_a_picture_that_comes_again_is_there_again_and_not_read_twice(
    owner: int, configure: Callable[..., None]
) -> None:
    configure(picture_days=0)
    client_id = add_client(owner)
    settle(owner, submit_scan(owner, client_id, files(known(owner, screenshot())), ocr=Ocr(review=False)).id)
    assert kept_pictures() == 0
    again = submit_scan(owner, client_id, files(screenshot()), token="again")
    in_review(owner, again.id)
    assert kept_pictures() == 1
    with database.session(owner) as db:
        assert all(pages.previews(db, db.require(Job, again.job_id)))
        assert len(db.exec(select(Reading)).all()) == 1


@pytest.mark.usefixtures("storage")
def test_pictures_go_some_days_after_the_end_of_their_run(owner: int, configure: Callable[..., None]) -> None:
    configure(picture_days=7)
    client_id = add_client(owner)
    run = submit_scan(owner, client_id, files(known(owner, screenshot())), ocr=Ocr(review=False))
    settle(owner, run.id)
    waits = submit_scan(owner, client_id, files(known(owner, screenshot([*POSTING, "- Swedish"]))), token="waits")
    in_review(owner, waits.id)
    age(run.id, 6)
    assert tidy() == 0
    age(run.id, 8)
    assert tidy() == 1
    assert kept_pictures() == 1  # of the run that waits for a person, for however long


def test_a_run_without_a_text_keeps_its_pictures_for_a_retry_and_then_asks_for_them(
    owner: int, configure: Callable[..., None]
) -> None:
    configure(picture_days=0)
    run = submit_scan(owner, add_client(owner), files(known(owner, screenshot())))
    in_review(owner, run.id)
    with database.session(owner) as db:
        runs.cancel(db, run.id)
    assert tidy() == 0
    age(run.id, 2)
    assert tidy() == 1
    with database.session(owner) as db:
        db.exec(update(Page).values(reading_id=None))
        db.exec(Reading.__table__.delete())  # type: ignore[attr-defined]
        db.commit()
        runs.retry(db, run.id)
    seen = settle(owner, run.id)
    assert (seen.run.status, seen.run.failure_code) == (RunStatus.FAILED, "picture_deleted")
    assert runs.remedy(seen.run) == "new_files"


def test_a_deleted_picture_is_not_left_in_the_file(owner: int, configure: Callable[..., None], folder: Path) -> None:
    configure(picture_days=0)
    run = submit_scan(owner, add_client(owner), files(picture := known(owner, screenshot())))
    in_review(owner, run.id)
    piece = picture[len(picture) // 2 :][:60]
    database.clear_log(database.engine())
    assert any(piece in file.read_bytes() for file in (folder / "data").glob("app.sqlite*"))
    confirm(owner, run.id)
    settle(owner, run.id)
    tidy()
    assert not any(piece in file.read_bytes() for file in (folder / "data").glob("app.sqlite*"))
