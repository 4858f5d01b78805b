"""Backing up while the app works, and going on from the copy."""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import streamlit as st

from app.components import page
from core import backup, database, engine, runs
from core.__main__ import main
from core.errors import InputError
from core.models import RunStatus
from core.ocr import engines
from core.routing import Candidate
from tests.support.model_server import ModelServer
from tests.test_app import open_app
from tests.test_runs import PACED, add_client, is_streaming, settle, submit, wait


def refused(work: Callable[[Path], object], path: Path) -> str:
    with pytest.raises(InputError) as caught:
        work(path)
    return caught.value.code


def test_what_was_backed_up_in_the_middle_of_work_goes_on_in_another_folder(
    owner: int, paced: Candidate, server: ModelServer, folder: Path, configure: Callable[..., None]
) -> None:
    configure(stall_seconds=30)  # there is more to do here than one model
    client_id = add_client(owner)
    server.pace = 0.02
    unfinished = submit(owner, client_id, PACED, token="unfinished")
    wait(owner, unfinished.id, is_streaming)
    stop = threading.Event()
    begun: list[str] = []

    def write(name: str) -> None:
        for number in range(20):
            if stop.is_set():
                return
            begun.append(submit(owner, client_id, token=f"{name}{number}").id)

    writers = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for writer in writers:
        writer.start()
    wait(owner, unfinished.id, lambda _: len(begun) >= 6)
    assert main(["backup", "copy.zip"]) == 0
    stop.set()
    for writer in writers:
        writer.join()
    engine.stop()

    configure(data_dir=folder / "new")
    assert main(["restore", "copy.zip"]) == 0
    assert sorted(file.name for file in (folder / "new").iterdir()) == ["app.engine.sqlite", "app.sqlite"]
    server.pace = 0
    with database.session(owner) as db:
        found = runs.count(db)
        listed = {row.run_id: row.status for row in runs.history(db, size=100)}
    assert {unfinished.id, *begun[:6]} <= set(listed) <= {unfinished.id, *begun}
    assert len(listed) == found
    assert not listed[unfinished.id].finished
    st.cache_resource.clear()
    at = open_app(page="History")
    assert not at.exception
    assert len(at.dataframe[0].value) == min(found, runs.PAGE_SIZE)
    engine.start()
    for run_id in listed:
        assert settle(owner, run_id, 60).run.status is RunStatus.COMPLETED
    assert server.requests["job_summary"] == 1  # paid for before the backup, and not again


def test_a_backup_says_what_it_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database.local_owner()
    assert main(["backup", "copy.zip", "--locale", "zh"]) == 0
    assert capsys.readouterr().out.startswith(f"已备份到 copy.zip：数据库 {database.head_revision()}")
    with zipfile.ZipFile(folder / "copy.zip") as archive:
        about = json.loads(archive.read("manifest.json"))
        assert archive.namelist() == ["manifest.json", "app.sqlite"]  # nothing was ever run
    assert about["database_revision"] == database.head_revision()
    assert about["format"] == "jobmatch-backup/1"
    assert about["version"]
    assert about["created_at"].endswith("+00:00")
    assert [file.name for file in folder.iterdir() if file.name.startswith(".")] == []


def test_nothing_is_restored_over_something(owner: int, folder: Path) -> None:
    backup.save(folder / "copy.zip")
    before = {file.name: file.read_bytes() for file in (folder / "data").iterdir()}
    assert refused(backup.restore, folder / "copy.zip") == "restore_not_empty"
    assert {file.name: file.read_bytes() for file in (folder / "data").iterdir()} == before


@pytest.mark.parametrize("left", [f"{db}.sqlite{end}" for db in ("app", "app.engine") for end in ("-wal", "-journal")])
def test_what_a_killed_app_left_beside_its_database_is_something(
    owner: int, folder: Path, configure: Callable[..., None], left: str
) -> None:
    backup.save(folder / "copy.zip")
    configure(data_dir=folder / "new")
    (folder / "new").mkdir()
    (folder / "new" / left).write_bytes(b"of another database")
    assert refused(backup.restore, folder / "copy.zip") == "restore_not_empty"
    assert [file.name for file in (folder / "new").iterdir()] == [left]


def test_of_two_restores_at_once_one_fills_the_folder(
    owner: int, folder: Path, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.start()
    backup.save(folder / "copy.zip")
    engine.stop()
    configure(data_dir=folder / "new")
    real = os.replace

    def slowly(source: Path, target: Path) -> None:
        real(source, target)
        time.sleep(0.3)

    monkeypatch.setattr(os, "replace", slowly)
    ends: list[str] = []

    def restore() -> None:
        try:
            ends.append(backup.restore(folder / "copy.zip").format)
        except InputError as error:
            ends.append(error.code)

    both = [threading.Thread(target=restore) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert ends == ["jobmatch-backup/1", "restore_not_empty"]
    assert sorted(file.name for file in (folder / "new").iterdir()) == ["app.engine.sqlite", "app.sqlite"]
    assert database.local_owner() == owner


def changed(source: Path, target: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for each in old.namelist():
            new.writestr(each, change(old.read(each)) if each == name else old.read(each))
    return target


def packed(source: Path, target: Path, data: bytes) -> Path:
    """The backup with another file in the place of the database, and a manifest that vouches for it."""
    manifest = backup.Manifest.model_validate_json(zipfile.ZipFile(source).read("manifest.json"))
    files = {**manifest.files, "app.sqlite": hashlib.sha256(data).hexdigest()}
    swapped = changed(source, target.with_suffix(".tmp"), "app.sqlite", lambda _: data)
    written = manifest.model_copy(update={"files": files}).model_dump_json()
    return changed(swapped, target, "manifest.json", lambda _: written.encode())


def other_database(place: Path) -> bytes:
    with closing(sqlite3.connect(place)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
    return place.read_bytes()


def test_what_is_no_good_backup_is_refused_and_leaves_the_folder_empty(
    owner: int, folder: Path, configure: Callable[..., None]
) -> None:
    good = folder / "copy.zip"
    backup.save(good)
    configure(data_dir=folder / "new")
    broken = {
        "backup_invalid": [
            changed(good, folder / "bytes.zip", "app.sqlite", lambda data: data[:-1] + b"x"),
            changed(good, folder / "manifest.zip", "manifest.json", lambda _: b"{}"),
            packed(good, folder / "none.zip", b"no database"),
            packed(good, folder / "cut.zip", zipfile.ZipFile(good).read("app.sqlite")[:20_000]),
            packed(good, folder / "other.zip", other_database(folder / "other.sqlite")),
            changed(good, folder / "name.zip", "manifest.json", lambda m: m.replace(b"app.sqlite", b"../a.sqlite")),
        ],
        "backup_newer": [
            changed(
                good,
                folder / "newer.zip",
                "manifest.json",
                lambda m: m.replace(f'"{database.head_revision()}"'.encode(), b'"9999"'),
            )
        ],
        "file_unreadable": [folder / "nowhere.zip"],
    }
    (folder / "half.zip").write_bytes(good.read_bytes()[:-100])
    (folder / "text.zip").write_text("no archive")
    locked = bytearray(good.read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.find(header) + flags] |= 1  # says that the first file is encrypted
    (folder / "locked.zip").write_bytes(locked)
    broken["backup_invalid"] += [folder / name for name in ("half.zip", "text.zip", "locked.zip")]
    for code, paths in broken.items():
        for path in paths:
            assert refused(backup.restore, path) == code, path
            assert not (folder / "new").exists() or not list((folder / "new").iterdir()), path
    backup.restore(good)
    assert database.local_owner() == owner


KILLED = """
import os, sys
from pathlib import Path
from core import backup
moves = {"replace": os.replace, "left": int(sys.argv[2])}
def replace(source, target):
    if not moves["left"]:
        os._exit(9)
    moves["left"] -= 1
    moves["replace"](source, target)
os.replace = replace
backup.restore(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("moved", [0, 1])
def test_a_restore_that_was_killed_is_begun_anew_and_the_app_waits_for_it(
    owner: int, folder: Path, configure: Callable[..., None], moved: int
) -> None:
    engine.start()
    backup.save(folder / "copy.zip")
    engine.stop()
    configure(data_dir=folder / "new")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder / "copy.zip"), str(moved)], check=False)
    assert killed.returncode == 9
    for _ in range(2):
        with pytest.raises(InputError, match="restore_unfinished") as caught:
            database.local_owner()
    assert str(folder / "new") in caught.value.message("zh")
    assert not (folder / "new" / "app.sqlite").exists()
    assert main(["restore", "copy.zip"]) == 0
    assert sorted(file.name for file in (folder / "new").iterdir()) == ["app.engine.sqlite", "app.sqlite"]
    assert database.local_owner() == owner


def test_a_restore_that_fails_between_two_files_leaves_the_folder_empty(
    owner: int, folder: Path, configure: Callable[..., None]
) -> None:
    engine.start()
    backup.save(folder / "copy.zip")
    engine.stop()
    configure(data_dir=folder / "new")
    (folder / "new").mkdir()
    place = folder / "new" / "app.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        real = os.replace

        def replace(source: Path, target: Path) -> None:
            if target == place:
                raise OSError(28, "No space left on device")
            real(source, target)

        patch.setattr(os, "replace", replace)
        assert refused(backup.restore, folder / "copy.zip") == "file_unreadable"
    assert list((folder / "new").iterdir()) == []
    backup.restore(folder / "copy.zip")
    assert database.local_owner() == owner


def test_what_cannot_be_backed_up_is_said(folder: Path, configure: Callable[..., None]) -> None:
    assert refused(backup.save, folder / "copy.zip") == "backup_missing"
    database.local_owner()
    assert refused(backup.save, folder / "no" / "copy.zip") == "file_unwritable"
    backup.save(folder / "copy.zip")
    backup.save(folder / "copy.zip")  # replaced
    configure(database_url="postgresql+psycopg://ann:secret@db.example/jobs")
    for work, tool in ((backup.save, "pg_dump"), (backup.restore, "pg_restore")):
        with pytest.raises(InputError, match="backup_postgres") as caught:
            work(folder / "copy.zip")
        assert caught.value.values["command"].startswith(tool)  # type: ignore[union-attr]
        assert "secret" not in caught.value.message("en")
        assert "postgresql://ann:***@db.example/jobs" in caught.value.message("zh")


def test_a_page_that_warms_up_an_unfinished_restore_says_so_in_a_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(engines, "warm_up", lambda: None)
    (folder / "data").mkdir()
    (folder / "data" / database.RESTORING).touch()
    page._warm_up()
    assert [record.getMessage() for record in caplog.records if record.name == page.__name__] == [
        "not warmed up error=restore_unfinished"
    ]
