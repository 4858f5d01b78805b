"""Exporting a client with everything and erasing them for good, on SQLite and on PostgreSQL."""

import contextlib
import io
import json
import threading
import time
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import streamlit as st
from sqlmodel import SQLModel, select

from core import belongings, client_export, clients, database, engine, erasure, runs, usage
from core.__main__ import main
from core.errors import InputError, NotFoundError, StateError, WorkbenchError
from core.knowledge import library
from core.models import Client, Owned, ResumeKind, Run, RunStatus
from core.offline import claims, matching, text
from core.routing import Candidate
from core.schemas import JobSummary
from core.settings import OFFLINE_MODEL
from tests.support.model_server import ModelServer
from tests.test_app import button, open_app, texts
from tests.test_database import add_owner
from tests.test_retention import engine_rows, known
from tests.test_runs import ENGLISH, JD, PACED, add_client, is_streaming, settle, submit, view, wait
from tests.test_scans import files, in_review, screenshot
from tests.test_scans import submit as submit_scan

MARKER = "Zyxwvut-Marker-4711"
SHARED = {"picture", "reading", "credit_entry", "snippet", "snippet_vector"}  # of an owner, for all of their clients


def rows() -> dict[str, int]:
    """How many rows there are in each table of the app."""
    with database.engine().connect() as connection:
        return {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in SQLModel.metadata.sorted_tables
        }


def marked(owner: int, name: str = "Ann Marked") -> tuple[int, Run]:
    """A client all of whose texts hold the marker, with a match whose live text does too."""
    with database.session(owner) as db:
        client_id = clients.create(db, name).id or 0
        text = f"{MARKER}\n{ENGLISH.documents[ResumeKind.RESUME]}"
        resume = clients.add_paste(db, client_id, ResumeKind.RESUME, text)
        extraction = runs.submit_extraction(db, resume, model=OFFLINE_MODEL, locale="en")
    settle(owner, extraction.id)
    run = submit(owner, client_id, jd=f"{JD}\n- Knowledge of {MARKER} is required", token=name)
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED
    return client_id, run


def exported(owner: int, client_id: int) -> zipfile.ZipFile:
    with database.session(owner) as db:
        client_export.write(db, client_id, file := io.BytesIO())
    return zipfile.ZipFile(file)


def erase(owner: int, client_id: int) -> None:
    with database.session(owner) as db:
        erasure.erase(db, client_id)


def test_every_table_of_an_owner_belongs_to_clients_or_is_shared_by_them() -> None:
    owned = {str(table.__tablename__) for table in Owned.__subclasses__()}
    assert set(belongings.tables()) == owned - SHARED


def test_no_text_of_an_erased_client_is_kept_in_memory(owner: int) -> None:
    with database.session(owner) as db:
        client_id = clients.create(db, "Ann Marked").id or 0
    matching.judged(JobSummary(job_title="Nurse").model_dump_json(), MARKER, "", "", date(2026, 1, 1))
    of_text = (claims.claimed, text.stems, text.stem_counts)
    for cache in of_text:
        cache(MARKER)
    caches = (matching.judged, matching._evidence, *of_text)
    assert all(cache.cache_info().currsize for cache in caches)
    erase(owner, client_id)
    assert not any(cache.cache_info().currsize for cache in caches)


@pytest.mark.usefixtures("storage")
def test_an_erased_client_leaves_nothing_and_takes_nothing_from_others(owner: int) -> None:
    other = add_client(owner)
    shared, own = screenshot(), screenshot(["Quality manager", "Requirements", "- 5 years of experience in audits"])
    others = submit_scan(owner, other, files(known(owner, shared)), token="other")
    in_review(owner, others.id)
    with database.session(owner) as db:
        library.install(db)  # the first match does
        db.commit()
    before, workflows = rows(), engine_rows("workflow_status")
    client_id, run = marked(owner)
    known(owner, own)
    for token, picture in (("shared", shared), ("own", own)):
        waits = submit_scan(owner, client_id, files(picture), token=token)
        in_review(owner, waits.id)
    with database.session(owner) as db:
        runs.cancel(db, waits.id)
        runs.retry(db, waits.id)  # another attempt is another workflow
    in_review(owner, waits.id)
    assert rows()["picture"] == 2
    erase(owner, client_id)
    assert rows() == before
    for table in ("workflow_status", "streams", "operation_outputs", "workflow_input"):
        assert engine_rows(table) <= workflows, table
    with pytest.raises(NotFoundError):
        view(owner, run.id)
    with pytest.raises(NotFoundError):
        erase(owner, client_id)
    assert view(owner, others.id).in_review  # with its picture


@pytest.mark.usefixtures("storage")
def test_a_client_in_work_is_not_erased(owner: int, paced: Candidate, server: ModelServer) -> None:
    client_id = add_client(owner)
    server.pace = 0.05
    run = submit(owner, client_id, PACED)
    wait(owner, run.id, is_streaming)
    before = rows()
    with pytest.raises(StateError, match="client_in_work"):
        erase(owner, client_id)
    assert rows()["client"] == before["client"]
    with database.session(owner) as db:
        runs.cancel(db, run.id)
    settle(owner, run.id)
    erase(owner, client_id)
    assert rows()["run"] == 0


@pytest.mark.usefixtures("storage")
def test_whoever_begins_something_meanwhile_is_refused_or_comes_first(owner: int) -> None:
    client_id = add_client(owner)
    with database.session(owner) as db:
        library.install(db)
        db.commit()
    before = {table: count for table, count in rows().items() if table in ("user", "snippet")}
    ended: list[str] = []

    def submit_again_and_again() -> None:
        try:
            for number in range(200):
                run = submit(owner, client_id, token=str(number))
                settle(owner, run.id)
                time.sleep(0.1)
        except WorkbenchError as error:
            ended.append(error.code)

    submitter = threading.Thread(target=submit_again_and_again)
    submitter.start()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not ended:
        with contextlib.suppress(StateError):
            erase(owner, client_id)
            break
    submitter.join(60)
    assert ended
    assert ended[0] in ("not_found", "no_resume")
    left = {table: count for table, count in rows().items() if count}
    assert left == before


@pytest.mark.usefixtures("storage")
def test_nobody_erases_or_exports_the_client_of_another(owner: int) -> None:
    stranger = add_owner("stranger")
    with database.session(owner) as db:
        client_id = clients.create(db, "Ann").id or 0
    for work in (erase, exported):
        with pytest.raises(NotFoundError):
            work(stranger, client_id)
    assert rows()["client"] == 1


def test_the_bytes_are_gone_from_the_files(owner: int, folder: Path) -> None:
    client_id, run = marked(owner)
    assert any(MARKER in (piece or "") for piece in runs.LiveText(run))  # also in the engine's file
    data = folder / "data"
    assert {file.name.split("-")[0] for file in data.iterdir() if MARKER.encode() in file.read_bytes()} == {
        "app.sqlite",
        "app.engine.sqlite",
    }
    keeper = add_client(owner)
    erase(owner, client_id)
    assert [file.name for file in data.iterdir() if MARKER.encode() in file.read_bytes()] == []
    assert view(owner, submit(owner, keeper, token="still").id)  # the rest works on
    engine.stop()
    assert [file.name for file in data.iterdir() if MARKER.encode() in file.read_bytes()] == []


@pytest.mark.usefixtures("storage")
def test_an_export_holds_everything(owner: int) -> None:
    client_id, run = marked(owner)
    add_client(owner)
    picture = known(owner, screenshot())
    waits = submit_scan(owner, client_id, files(picture))
    in_review(owner, waits.id)
    archive = exported(owner, client_id)
    about = json.loads(archive.read("client.json"))
    assert (about["format"], about["schema"]) == ("jobmatch-client", 1)
    tables: dict[str, list[dict[str, Any]]] = about["tables"]
    assert set(tables) == {str(table.__tablename__) for table in Owned.__subclasses__()} - {
        "credit_entry",
        "snippet",
        "snippet_vector",
    }
    assert all(tables.values())  # something of each
    assert tables["client"] == [{"id": client_id, "name": "Ann Marked", "archived_at": None, **_created(tables)}]
    assert {row["id"] for row in tables["run"]} >= {run.id, waits.id}
    assert all(row["client_id"] == client_id for name in ("run", "job", "resume") for row in tables[name])
    assert MARKER in tables["resume"][0]["text"]
    (digest,) = [row["digest"] for row in tables["picture"]]
    assert archive.read(f"pictures/{digest}.png") == picture
    seen = view(owner, run.id)
    assert seen.match is not None
    assert f"{seen.match.score} of 100" in archive.read(f"reports/{run.id}.md").decode()
    assert [name for name in archive.namelist() if name.startswith("reports/")] == [f"reports/{run.id}.md"]


def _created(tables: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    return {"created_at": tables["client"][0]["created_at"]}


def test_the_usage_of_an_erased_client_is_gone(owner: int) -> None:
    client_id = add_client(owner)
    with database.session(owner) as db:
        assert not usage.is_empty(db)
    erase(owner, client_id)
    with database.session(owner) as db:
        assert usage.is_empty(db)


def test_in_the_terminal(owner: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client_id, _ = marked(owner)
    with database.session(owner) as db:
        clients.archive(db, client_id)
    assert main(["clients", "list"]) == 0
    assert (
        capsys.readouterr().out
        == f"{client_id}  Ann Marked · 2 runs, 1 versions of documents, 1 job descriptions (archived)\n"
    )
    assert main(["clients", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"id": client_id, "name": "Ann Marked", "archived": True, "runs": 2, "resumes": 1, "jobs": 1}
    ]
    assert main(["clients", "export", str(client_id), "ann.zip"]) == 0
    assert "client.json" in zipfile.ZipFile(folder / "ann.zip").namelist()
    assert main(["clients", "export", "99", "nobody.zip"]) == 2
    assert main(["clients", "export", str(client_id), "no/such/folder.zip"]) == 2
    assert not list(folder.glob("*.part"))
    capsys.readouterr()
    assert main(["clients", "erase", str(client_id)]) == 2
    assert "--yes" in capsys.readouterr().err
    assert rows()["client"] == 1
    assert main(["clients", "erase", str(client_id), "--yes", "--locale", "zh"]) == 0
    assert capsys.readouterr().out == "已彻底删除 Ann Marked。\n"
    assert rows()["client"] == 0
    assert main(["clients", "list"]) == 0
    assert capsys.readouterr().out == "There are no clients.\n"


@pytest.mark.parametrize(("locale", "label"), [("en-US", "Erase for good"), ("zh-CN", "彻底删除")])
def test_on_the_profile_page_the_name_must_be_typed(owner: int, locale: str, label: str) -> None:
    st.cache_resource.clear()
    with database.session(owner) as db:
        kept, gone = (clients.create(db, name).id for name in ("Kept", "Gone"))
    at = open_app(locale, "Profile", client=str(gone))
    typed = next(box for box in at.text_input if box.key.startswith(f"erase-{gone}-"))
    typed.set_value("Kept")
    button(at, label).click()
    at.run()
    assert len(at.error) == 1
    assert rows()["client"] == 2
    next(box for box in at.text_input if box.key.startswith(f"erase-{gone}-")).set_value(" Gone ")
    button(at, label).click()
    at.run()
    assert not at.exception
    with database.session(owner) as db:
        assert [client.id for client in db.exec(select(Client)).all()] == [kept]
    assert "Gone" not in texts(at)
    with pytest.raises(InputError, match="name_differs"):
        erasure.require_name(Client(name="Kept"), "kept")
