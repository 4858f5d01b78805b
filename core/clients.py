"""Clients and their documents: every upload, paste and correction is a new version, and none is ever changed."""

from collections.abc import Sequence

from sqlmodel import col, func, select

from core import i18n, render
from core.database import OwnerSession
from core.documents import read_document, read_text
from core.errors import InputError
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


def add_upload(db: OwnerSession, client_id: int, kind: ResumeKind, data: bytes, filename: str) -> Resume:
    """Read a file into a new version. Raises InputError, with the code of what is wrong with the file."""
    return _add(db, client_id, kind, read_document(data, filename).text, Origin.UPLOAD, filename)


def add_paste(db: OwnerSession, client_id: int, kind: ResumeKind, text: str) -> Resume:
    """Take pasted text as a new version. Raises InputError when it is empty or too long."""
    return _add(db, client_id, kind, read_text(text), Origin.PASTE)


def correct(db: OwnerSession, resume_id: int, summary: ResumeSummary | DetailedResumeSummary) -> Resume:
    """Keep a structure that was corrected by hand as a new version, whose text is what matching then reads.

    Raises InputError when the rendered text is empty or too long.
    """
    old = db.require(Resume, resume_id)
    text = read_text(render.resume_text(summary))
    return _add(db, old.client_id, old.kind, text, Origin.CORRECTION, old.filename, summary)


def use_again(db: OwnerSession, resume_id: int) -> Resume:
    """Make an earlier version the newest, as a copy."""
    old = db.require(Resume, resume_id)
    return _add(db, old.client_id, old.kind, old.text, old.origin, old.filename, old.contract)


def versions(db: OwnerSession, client_id: int, kind: ResumeKind) -> Sequence[Resume]:
    """All versions of one document, newest first."""
    query = select(Resume).where(Resume.client_id == client_id, Resume.kind == kind)
    return db.exec(query.order_by(col(Resume.version).desc())).all()


def current(db: OwnerSession, client_id: int, kind: ResumeKind) -> Resume | None:
    """The version that matching uses: the newest whose structured result is there."""
    return next((resume for resume in versions(db, client_id, kind) if resume.summary is not None), None)


def _add(
    db: OwnerSession,
    client_id: int,
    kind: ResumeKind,
    text: str,
    origin: Origin,
    filename: str = "",
    summary: ResumeSummary | DetailedResumeSummary | None = None,
) -> Resume:
    db.require(Client, client_id)
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
    db.commit()
    return resume


def _valid_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise InputError("name_empty")
    if len(name) > MAX_NAME:
        raise InputError("name_too_long", limit=MAX_NAME)
    return name
