"""A copy of everything in one file while the app runs, and a new data folder from it. For SQLite: PostgreSQL has tools
of its own for both.

    manifest.json   a `Manifest`
    app.sqlite      clients and runs
    engine.sqlite   the engine's checkpoints; not there when it was never started
"""

import hashlib
import logging
import lzma
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Final, Literal

import sqlalchemy as sa
from filelock import FileLock
from pydantic import BaseModel

from core import database
from core.errors import InputError
from core.models import now
from core.settings import settings

log = logging.getLogger(__name__)

MANIFEST = "manifest.json"
APP: Final = "app.sqlite"
ENGINE: Final = "engine.sqlite"
Name = Literal["app.sqlite", "engine.sqlite"]
SIDE_FILES = ("-wal", "-shm", "-journal")
LOCK = ".restore.lock"  # in the folder that is filled
MAX_MANIFEST = 10_000  # bytes
# Encrypted, packed by a method that is not known, cut, or no database: the libraries have an error for each.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, sqlite3.Error, EOFError, KeyError, RuntimeError, ValueError
)  # fmt: skip
PATIENCE = 30.0  # seconds a copy waits for somebody who keeps all others out


class Manifest(BaseModel):
    """What a backup says of itself."""

    format: Literal["jobmatch-backup/1"] = "jobmatch-backup/1"
    database_revision: str
    version: str  # of the app
    created_at: str  # ISO 8601, UTC
    files: dict[Name, str]  # SHA-256


def save(path: Path) -> Manifest:
    """Write a backup, whatever is written to the databases meanwhile; a file that is there already is replaced.

    Raises InputError on PostgreSQL, when there is no database, or when the file cannot be written.
    """
    places = _places("pg_dump --format=custom --file={path} {url}", path)
    if not places[APP].exists():
        raise InputError("backup_missing", path=places[APP])
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=path.parent) as folder:
            copies = {name: _copy(place, Path(folder) / name) for name, place in places.items() if place.exists()}
            manifest = Manifest(
                database_revision=_revision(copies[APP]),
                version=metadata.version("jobmatch-workbench"),
                created_at=now().isoformat(timespec="seconds"),
                files={name: _digest(copy) for name, copy in copies.items()},
            )
            whole = Path(folder) / path.name
            with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))
                for name, copy in copies.items():
                    archive.write(copy, name)
            os.replace(whole, path)
    except (OSError, sqlite3.Error) as error:
        raise InputError("file_unwritable", path=path, reason=getattr(error, "strerror", None) or "") from None
    log.info("backed up revision=%s", manifest.database_revision)
    return manifest


def restore(path: Path) -> Manifest:
    """Fill the data folder, which must be empty, from a backup. Runs that were in work go on when the app starts.

    The app's file comes last, so that with it everything is there. What ends the process before that leaves
    `database.RESTORING`: the app then does not start, and the next restore begins anew.

    Raises InputError on PostgreSQL, for a folder that is not empty, and for a file that is damaged, no backup, or of a
    newer version; the folder is then still empty.
    """
    places = _places("pg_restore --dbname={url} {path}", path)
    target = places[APP].parent
    staging = target / database.RESTORING
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive, ExitStack() as locked:
            manifest = _manifest(archive, path)
            locked.enter_context(_alone(target))
            if database.half_restored(places[APP]):
                _clear(places)
            if any(file.exists() for file in _files(places)):
                raise InputError("restore_not_empty", path=target)
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir()
            try:
                for name, digest in manifest.files.items():
                    _extract(archive, name, staging / name)
                    if _digest(staging / name) != digest or not _is_database(staging / name):
                        raise InputError("backup_invalid", path=path)
                if _revision(staging / APP) != manifest.database_revision:
                    raise InputError("backup_invalid", path=path)
                for name in sorted(manifest.files, key=list(places).index):
                    os.replace(staging / name, places[name])
            except BaseException:  # also a process that is told to end: the folder must not stay half filled
                _clear(places)
                raise
            finally:
                shutil.rmtree(staging)
    except DAMAGED:
        raise InputError("backup_invalid", path=path) from None
    except OSError as error:
        raise InputError("file_unreadable", path=error.filename or path, reason=error.strerror or "") from None
    log.info("restored revision=%s", manifest.database_revision)
    return manifest


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """While one restores into a folder, others wait. The lock's file goes with it: who waited makes a new one."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / LOCK
    with FileLock(lock):
        try:
            yield
        finally:
            with suppress(OSError):  # Windows keeps an open file
                lock.unlink()


def _files(places: dict[Name, Path]) -> list[Path]:
    """The databases, and SQLite's own files beside them: it would play those of another database into a new one."""
    return [place.with_name(place.name + end) for place in places.values() for end in ("", *SIDE_FILES)]


def _clear(places: dict[Name, Path]) -> None:
    for file in _files(places):
        file.unlink(missing_ok=True)


def _places(command: str, path: Path) -> dict[Name, Path]:
    """Where each database is, in the order they are copied.

    The engine's comes first: a run that ends between the copies is then taken up once more, and found to have ended.
    The other way round it would be in work, and given up by the engine.
    """
    url = settings().app_database_url
    if not url.startswith("sqlite"):
        shown = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=True)
        raise InputError("backup_postgres", command=command.format(path=path, url=shown))
    engine = settings().engine_database_url
    return {ENGINE: Path(engine.removeprefix("sqlite:///")), APP: Path(url.removeprefix("sqlite:///"))}


def _copy(place: Path, target: Path) -> Path:
    """One moment of a database that others may be writing; they do not wait for it."""
    with closing(sqlite3.connect(place, timeout=PATIENCE)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    return target


def _revision(place: Path) -> str:
    with closing(sqlite3.connect(place)) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


def _is_database(place: Path) -> bool:
    """Whether SQLite finds the file sound: a digest only says that it is the file that was packed."""
    with closing(sqlite3.connect(place)) as connection:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    with archive.open(MANIFEST) as file:
        manifest = Manifest.model_validate_json(file.read(MAX_MANIFEST))
    if APP not in manifest.files:
        raise InputError("backup_invalid", path=path)
    if manifest.database_revision > (known := database.head_revision()):
        raise InputError("backup_newer", revision=manifest.database_revision, known=known)
    return manifest


def _extract(archive: zipfile.ZipFile, name: str, target: Path) -> None:
    with archive.open(name) as source, target.open("xb") as file:
        shutil.copyfileobj(source, file)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
