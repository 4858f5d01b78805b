"""What the commands read and write; whatever goes wrong with a file is an InputError."""

import csv
import io
import os
import stat
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from core import i18n, jobs
from core.documents import MAX_BYTES, MAX_CHARACTERS, read_document
from core.errors import InputError
from core.filetypes import MAX_PICTURE_BYTES

MAX_TABLE_BYTES = 100 * 2**20
JD_COLUMN = "jd_text"


def read_resume(path: Path | None, engine: str, locale: str | None) -> str:
    """The text of a resume file, pictures in it read by that OCR engine; nothing for no file."""
    return _text(path, engine, locale, MAX_CHARACTERS, job=False) if path else ""


def read_jd(path: Path, engine: str, locale: str | None) -> str:
    """The text of a job description, valid as one, pictures read by that OCR engine."""
    return jobs.valid_text(_text(path, engine, locale, jobs.MAX_CHARACTERS, job=True))


def _text(path: Path, engine: str, locale: str | None, limit: int, *, job: bool) -> str:
    document = read_document(_bytes(path, MAX_PICTURE_BYTES), path.name, limit)
    if not document.scanned:
        return document.text
    from core import scans  # noqa: PLC0415 - what reads pictures takes long to import

    locale = locale or i18n.DEFAULT
    text, failure = scans.text(document, job=job, locale=locale, engine=engine, limit=limit)
    if failure:
        reason = i18n.translate(locale, f"failure.{failure}")
        wanted, used = (i18n.translate(locale, f"app.engine.{name}") for name in (engine, "rapidocr"))
        print(i18n.translate(locale, "app.review.fallback", engine=wanted, used=used, reason=reason), file=sys.stderr)
    return text


@dataclass(frozen=True)
class Table:
    """A CSV file as it stands: every row as long as the header."""

    header: list[str]
    rows: list[list[str]]

    @property
    def jds(self) -> list[str]:
        """The job description of each row, not yet checked."""
        column = self.header.index(JD_COLUMN)
        return [row[column] for row in self.rows]


def read_table(path: Path, reserved: Collection[str] = ()) -> Table:
    """A CSV file in UTF-8 with a column jd_text.

    Blank lines are skipped and short rows filled up. A row with more fields than the header is refused, since nobody
    can tell which comma is one too many; so is a column with a `reserved` name, which a result would hide.
    """
    csv.field_size_limit(MAX_TABLE_BYTES)  # a JD that is too long fails alone, not the table
    data = _bytes(path, MAX_TABLE_BYTES)
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        rows: list[list[str]] = []
        for row in filter(None, reader):
            if rows and len(row) > len(rows[0]):
                raise InputError("csv_damaged", path=path.name, line=reader.line_num)
            rows.append(row + [""] * (len(rows[0]) - len(row) if rows else 0))
    except UnicodeDecodeError as error:
        raise InputError("csv_damaged", path=path.name, line=data.count(b"\n", 0, error.start) + 1) from None
    except csv.Error:
        raise InputError("csv_damaged", path=path.name, line=reader.line_num) from None
    if rows and JD_COLUMN not in rows[0]:
        raise InputError("csv_no_jd_text", path=path.name)
    table = Table(rows[0] if rows else [JD_COLUMN], rows[1:])
    if not any(jd.strip() for jd in table.jds):
        raise InputError("csv_empty", path=path.name)
    if taken := [name for name in table.header if name in reserved]:
        raise InputError("csv_column_taken", path=path.name, columns=", ".join(taken))
    return table


@contextmanager
def output(path: Path | None, *inputs: Path) -> Iterator[TextIO]:
    """The file, opened now and written line by line, or standard output. It may be none of the inputs.

    Raises BrokenPipeError when standard output is a pipe that nobody reads any more.
    """
    try:
        if path and path.exists() and any(path.samefile(other) for other in inputs):
            raise InputError("file_is_input", path=path)
        with _opened(path) if path else nullcontext(sys.stdout) as stream:
            yield stream
            stream.flush()
    except OSError as error:
        if path is None:
            # What is still buffered must not fail once more when the interpreter exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if isinstance(error, BrokenPipeError):
                raise
        raise InputError("file_unwritable", path=path or "stdout", reason=error.strerror or "") from None


def show(text: str) -> None:
    """Print to standard output."""
    with output(None) as stream:
        print(text, file=stream)


def say(locale: str | None, key: str, **values: object) -> None:
    """Print the text at `[cli] key`."""
    show(i18n.translate(locale or i18n.DEFAULT, f"cli.{key}", **values))


def _opened(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", errors="replace", newline="", buffering=1)


def _bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):  # a device may never end, or do something when read
            raise InputError("file_not_regular", path=path)
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise InputError("file_unreadable", path=path, reason=getattr(error, "strerror", None) or "") from None
    if len(data) > limit:
        raise InputError("file_too_large", size=f"> {limit // 2**20}", limit=limit // 2**20)
    return data
