"""Clients and their documents: every upload, paste and correction is a new version, whose text never changes."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement
from sqlmodel import col, func, select, update

from core import i18n, pages, render
from core.database import OwnerSession
from core.documents import Files, read_text
from core.errors import InputError, NotFoundError
from core.models import Client, Origin, Resume, ResumeKind, now
from core.schemas import DetailedResumeSummary, ResumeSummary

MAX_NAME = 80  # characters


def create(db: OwnerSession, name: str) -> Client:
    """Add a client. Raises InputError for an empty or overlong name."""
    client = Client(name=_valid_name(name))
    db.add(client)
    db.commit()
    return client


def rename(db: OwnerSession, client_id: int, name: str) -> None:
    """Raises InputError for an empty or overlong name, NotFoundError for a client that is not the owner's."""
    db.require(Client, client_id).name = _valid_name(name)
    db.commit()


def archive(db: OwnerSession, client_id: int, *, archived: bool = True) -> None:
    """Put a client out of the way, or back. Nothing is deleted."""
    db.require(Client, client_id).archived_at = now() if archived else None
    db.commit()


def listing(db: OwnerSession, *, archived: bool = False) -> Sequence[Client]:
    """The owner's active (or archived) clients by name."""
    state = col(Client.archived_at).is_not(None) if archived else col(Client.archived_at).is_(None)
    return db.exec(select(Client).where(state).order_by(func.lower(Client.name), col(Client.id))).all()


def add_upload(db: OwnerSession, client_id: int, kind: ResumeKind, files: Files) -> Resume:
    """Take files, mostly one, as a new version, not yet committed: `runs.submit_extraction` does that with its run.

    A scan gets its text from that run. Raises InputError when there is too much of it.
    """
    filename = pages.tidy_name(", ".join(name for name, _ in files))
    if any(document.scanned for _, document in files):
        resume = _add(db, client_id, kind, "", Origin.UPLOAD, filename)
        pages.add(db, resume, files)
        return resume
    text = read_text("\n".join(document.text for _, document in files))
    return _add(db, client_id, kind, text, Origin.UPLOAD, filename)


def add_paste(db: OwnerSession, client_id: int, kind: ResumeKind, text: str) -> Resume:
    """Take pasted text as a new version, as `add_upload`. Raises InputError when it is empty or too long."""
    return _add(db, client_id, kind, read_text(text), Origin.PASTE)


def correct(db: OwnerSession, resume_id: int, summary: ResumeSummary | DetailedResumeSummary) -> Resume:
    """Keep a structure that was corrected by hand as a new version, whose text is what matching then reads.

    Raises InputError when the rendered text is empty or too long.
    """
    old = db.require(Resume, resume_id)
    text = read_text(render.resume_text(summary))
    resume = _add(db, old.client_id, old.kind, text, Origin.CORRECTION, old.filename, summary)
    db.commit()
    return resume


def use_again(db: OwnerSession, resume_id: int) -> Resume:
    """Make an earlier version the newest, as a copy."""
    old = db.require(Resume, resume_id)
    resume = _add(db, old.client_id, old.kind, old.text, old.origin, old.filename, old.contract)
    db.commit()
    return resume


def versions(db: OwnerSession, client_id: int, kind: ResumeKind) -> Sequence[Resume]:
    """All versions of one document, newest first."""
    query = select(Resume).where(Resume.client_id == client_id, Resume.kind == kind)
    return db.exec(query.order_by(col(Resume.version).desc())).all()


def current(db: OwnerSession, client_id: int, kind: ResumeKind) -> Resume | None:
    """The version that matching uses: the newest whose structured result is there."""
    query = select(Resume).where(Resume.client_id == client_id, Resume.kind == kind, _is_read())
    return db.exec(query.order_by(col(Resume.version).desc()).limit(1)).first()


def ready(db: OwnerSession) -> set[int]:
    """The ids of the clients who have a finished resume, and so can be matched."""
    query = select(Resume.client_id).where(Resume.kind == ResumeKind.RESUME, _is_read())
    return set(db.exec(query.distinct()).all())


def _is_read() -> ColumnElement[bool]:
    return col(Resume.summary).is_not(None)


def _add(
    db: OwnerSession,
    client_id: int,
    kind: ResumeKind,
    text: str,
    origin: Origin,
    filename: str = "",
    summary: ResumeSummary | DetailedResumeSummary | None = None,
) -> Resume:
    # Two uploads at once must not get the same number: touching the client makes the second wait for the first.
    touched = db.exec(update(Client).where(col(Client.id) == client_id).values(name=Client.name))
    if touched.rowcount != 1:
        raise NotFoundError
    newest = db.exec(select(func.max(Resume.version)).where(Resume.client_id == client_id, Resume.kind == kind)).one()
    resume = Resume(
        client_id=client_id,
        kind=kind,
        version=(newest or 0) + 1,
        origin=origin,
        filename=filename,
        text=text,
        locale=i18n.detect_locale(text),
        summary=summary.model_dump() if summary else None,
    )
    db.add(resume)
    db.flush()
    return resume


def _valid_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise InputError("name_empty")
    if len(name) > MAX_NAME:
        raise InputError("name_too_long", limit=MAX_NAME)
    return name
