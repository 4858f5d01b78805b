"""The pages of a scanned resume or job description: pictures, what was read in them, and the text they become.

A mixed document keeps the pages that had text as text. Each picture is stored once, and read once by each engine.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from sqlalchemy import false, not_, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, delete, func, select, update

from core import i18n, jobs, prompts, review
from core.database import OwnerSession
from core.documents import MAX_CHARACTERS, Document, Files, read_text
from core.errors import InputError
from core.models import Job, Page, Picture, Reading, Resume, Run, RunKind, RunStatus, now
from core.review import Edits, ReviewPage, ReviewRow
from core.settings import settings

if TYPE_CHECKING:
    from core.ocr.transcript import Transcript

MAX_PAGES = 30  # of one source; a posting has a few screenshots, a resume a few pages
MAX_BYTES = 60 * 2**20  # of all its pictures together
MAX_NAME = 120  # characters
BATCH = 5  # pictures deleted in one transaction, in which nobody else can write on SQLite

Source = Resume | Job

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


# --- keeping them -----------------------------------------------------------------------------------------------


def check_size(files: Files, source: type[Source]) -> None:
    """Raises InputError when these are too many pages, too large ones, or too much text, for one such source."""
    pages = [page for _, document in files for page in document.pages]
    if len(pages) > MAX_PAGES:
        raise InputError("too_many_pages", pages=len(pages), limit=MAX_PAGES)
    size = sum(len(page.picture or b"") for page in pages)
    if size > MAX_BYTES:
        raise InputError("files_too_large", size=-(-size // 2**20), limit=MAX_BYTES // 2**20)
    code, limit = _LONGEST[source]
    if (length := sum(len(page.text or "") for page in pages)) > limit:
        raise InputError(code, length=length, limit=limit)


_LONGEST = {Job: ("jd_too_long", jobs.MAX_CHARACTERS), Resume: ("text_too_long", MAX_CHARACTERS)}


def tidy_name(filename: str) -> str:
    """A file's name as it can be stored and shown: its end, printable, of at most 120 characters."""
    return "".join(c for c in filename if c.isprintable())[-MAX_NAME:]


def add(db: OwnerSession, source: Source, files: Files) -> None:
    """Keep the pages of files, in order, with an unread source; not yet committed. Raises as `check_size`."""
    check_size(files, type(source))
    pages = [(filename, page) for filename, document in files for page in document.pages]
    ids = _keep(db, {page.picture for _, page in pages if page.picture is not None})
    for position, (filename, page) in enumerate(pages):
        db.add(
            Page(
                resume_id=source.id if isinstance(source, Resume) else None,
                job_id=source.id if isinstance(source, Job) else None,
                position=position,
                filename=tidy_name(filename),
                text=page.text,
                picture_id=None if page.picture is None else ids[page.picture],
            )
        )


def _keep(db: OwnerSession, pictures: set[bytes]) -> dict[bytes, int]:
    """Ids of the pictures. Somebody may be storing the same ones at this moment: so no failure, and one order."""
    ids = {}
    insert = _INSERT[db.get_bind().dialect.name]
    for digest, data in sorted((hashlib.sha256(data).hexdigest(), data) for data in pictures):
        row = {"owner_id": db.owner_id, "digest": digest, "data": data, "created_at": now()}
        kept = insert(Picture).values(row)
        # One that was deleted by policy is there again. The row is locked in any case, against being deleted just now.
        again = {"set_": {"data": data}, "where": func.length(Picture.data) == 0}
        db.exec(kept.on_conflict_do_update(index_elements=["owner_id", "digest"], **again))
        ids[data] = db.exec(select(Picture.id).where(Picture.digest == digest)).one() or 0
    return ids


def digest(document: Document) -> str:
    """What identifies the content of a document."""
    return hashlib.sha256(b"\0".join(page.picture or (page.text or "").encode() for page in document.pages)).hexdigest()


def discard_pictures(db: OwnerSession, ids: Sequence[int] | None = None) -> int:
    """Delete the data of some of the owner's pictures, or of these, that are kept no longer by the setting
    `picture_days`, not yet committed. Returns how many it were; 0 when there are none left.

    A picture is needed while its text is not there, and a day beyond the end of a run that never got one: for a retry.
    """
    if (days := settings().picture_days) is None:
        return 0
    needed = _needed(days)
    old = select(Picture.id).where(func.length(Picture.data) > 0, col(Picture.id).not_in(needed))
    old = old.limit(BATCH) if ids is None else old.where(col(Picture.id).in_(ids))
    found = db.exec(old.order_by(col(Picture.digest)).with_for_update()).all()  # in the order of `_keep`
    # Asked once more: by now somebody may have uploaded one of them again.
    unused = (col(Picture.id).in_(found), col(Picture.id).not_in(needed))
    db.exec(update(Picture).where(*unused).values(data=b"").execution_options(synchronize_session=False))
    return len(found)


def drop_unused(db: OwnerSession, ids: Sequence[int]) -> None:
    """Delete those of these pictures that are on no page any more, and what was read in them, not yet committed."""
    # Locked, so that nobody can put one of them on a page meanwhile; see `_keep`.
    db.exec(select(Picture.id).where(col(Picture.id).in_(ids)).order_by(col(Picture.digest)).with_for_update())
    used = select(Page.picture_id).where(col(Page.picture_id).in_(ids))
    for table, key in ((Reading, Reading.picture_id), (Picture, Picture.id)):
        unused = (col(key).in_(ids), col(key).not_in(used))
        db.exec(delete(table).where(*unused).execution_options(synchronize_session=False))


def _needed(days: int) -> Any:
    """Ids of the pictures that are to be kept."""
    extracts = (col(Run.resume_id) == Page.resume_id) & (col(Run.kind) != RunKind.MATCH)
    reads = or_(col(Run.job_id) == Page.job_id, extracts)
    is_read = func.length(func.coalesce(col(Job.text), col(Resume.text))) > 0
    unread, read = (
        or_(col(Run.finished_at).is_(None), col(Run.finished_at) > now() - timedelta(days=most))
        for most in (max(days, 1), days)
    )
    return (
        select(Page.picture_id)
        .join(Run, reads)
        .join(Job, col(Job.id) == Page.job_id, isouter=True)
        .join(Resume, col(Resume.id) == Page.resume_id, isouter=True)
        .where(col(Page.picture_id).is_not(None), or_(not_(is_read) & unread, read if days else false()))
    )


# --- finding them -----------------------------------------------------------------------------------------------


def source(db: OwnerSession, run: Run) -> Source:
    """What the run reads first: the job description of a match, the resume of an extraction."""
    return db.require(Job, run.job_id) if run.kind is RunKind.MATCH else db.require(Resume, run.resume_id)


def of(db: OwnerSession, source: Source) -> Sequence[Page]:
    """The pages of a source, in order; none when it came as text."""
    belongs = Page.resume_id == source.id if isinstance(source, Resume) else Page.job_id == source.id
    return db.exec(select(Page).where(belongs).order_by(col(Page.position))).all()


def readers(db: OwnerSession, pages: Sequence[Page]) -> list[str]:
    """The engines that read these pages, each as "name version"."""
    ids = [page.reading_id for page in pages if page.reading_id]
    found = db.exec(select(Reading.engine, Reading.version).where(col(Reading.id).in_(ids)).distinct()).all()
    return sorted(f"{engine} {version.rpartition('/')[0]}" for engine, version in found)


def progress(db: OwnerSession, run: Run) -> int:
    """A number that changes whenever another part of its pictures is read, while that is what the run does."""
    if run.status is not RunStatus.OCR_PENDING:
        return 0
    return sum(page.tiles_done + page.tiles for page in of(db, source(db, run)))


def picture(db: OwnerSession, page: Page) -> bytes:
    """The picture of a page, as it was uploaded or rendered. Raises InputError when it was deleted by policy."""
    data = db.exec(select(Picture.data).where(Picture.id == page.picture_id)).one()
    if not data:
        raise InputError("picture_deleted")
    return data


def preview(db: OwnerSession, page: Page) -> bytes | None:
    """The picture of a page, upright, as a browser can show it; None for a page of text. Raises as `picture`."""
    from core.ocr import images, rotation  # noqa: PLC0415 - only a page that shows pictures needs them

    if page.picture_id is None:
        return None
    image = images.decode(picture(db, page))
    return images.preview(rotation.turn(image, _transcript(db, page).rotation) if page.reading_id else image)


def previews(db: OwnerSession, source: Source) -> list[bytes | None]:
    """The pictures of a source in order, as `preview`; None for one that was deleted by policy."""
    shown: list[bytes | None] = []
    for page in of(db, source):
        if page.picture_id is not None:
            try:
                shown.append(preview(db, page))
            except InputError as error:
                if error.code != "picture_deleted":
                    raise
                shown.append(None)
    return shown


def _transcript(db: OwnerSession, page: Page) -> "Transcript":
    return db.require(Reading, page.reading_id).transcript


# --- their text -------------------------------------------------------------------------------------------------


def contents(db: OwnerSession, source: Source) -> "list[str | Transcript]":
    """What each page holds; pictures that are not read are left out."""
    return [
        page.text if page.text is not None else _transcript(db, page)
        for page in of(db, source)
        if page.text is not None or page.reading_id is not None
    ]


def check(db: OwnerSession, run: Run) -> None:
    """Raises InputError as `review.check`, and image_text_too_long where no person will shorten it."""
    origin = source(db, run)
    found = contents(db, origin)
    # What was recognised, whatever a person has made of it before a retry.
    text = review.text([review.edits(rows) for rows in review.assemble(found, joined=isinstance(origin, Job))])
    review.check(found, text, job=isinstance(origin, Job))
    if not run.awaits_review:
        try:
            usable_text(db, origin)
        except InputError as error:
            raise InputError(_UNSEEN[error.code]) from None


# A stored failure has a code and no numbers, so a text nobody has seen yet has failures of its own.
_UNSEEN = {
    "jd_too_short": "image_not_a_job",
    "text_empty": "image_no_text",
    "review_empty": "image_no_text",
    "jd_too_long": "image_text_too_long",
    "text_too_long": "image_text_too_long",
}


def text_so_far(db: OwnerSession, source: Source) -> str:
    """The text of a source, or what was recognised of it when it never got one."""
    return source.text or review.text(draft(db, source))


def usable_text(db: OwnerSession, source: Source) -> str:
    """The text the pages make, corrected as it is now. Raises InputError when it is too short or too long."""
    text = review.text(draft(db, source))
    if not text:
        raise InputError("review_empty")
    return jobs.valid_text(text) if isinstance(source, Job) else read_text(text)


def set_text(db: OwnerSession, source: Source, text: str) -> None:
    """Give the source its text, once, not yet committed; where pictures are not kept beyond that, they go with it."""
    if isinstance(source, Job):
        jobs.set_text(source, text)
    else:
        source.text, source.locale = text, i18n.detect_locale(text)
    if settings().picture_days == 0:
        discard_pictures(db, [page.picture_id for page in of(db, source) if page.picture_id])


# --- their review -----------------------------------------------------------------------------------------------


def draft(db: OwnerSession, source: Source) -> list[Edits]:
    """The rows of each page as they stand now, with the coach's corrections."""
    return [review.edits(rows) for rows in _rows_now(db, source)]


def save(db: OwnerSession, source: Source, drafts: Sequence[Edits]) -> None:
    """Keep the coach's corrections so far, page by page, not yet committed; pages beyond the source's are ignored."""
    for page, rows in zip(of(db, source), drafts, strict=False):
        page.rows = [[prompts.clean(text), kept] for text, kept in rows]


def under_review(db: OwnerSession, source: Source) -> list[ReviewPage]:
    """The pages with everything a person needs to check them."""
    pages = of(db, source)
    result = []
    for page, rows in zip(pages, _rows_now(db, source), strict=True):
        transcript = _transcript(db, page) if page.reading_id else None
        result.append(
            ReviewPage(
                label=page.filename if len(pages) == 1 else f"{page.filename} · {page.position + 1}/{len(pages)}",
                picture=preview(db, page),
                width=transcript.width if transcript else 0,
                height=transcript.height if transcript else 0,
                rows=tuple(rows),
            )
        )
    return result


def _rows_now(db: OwnerSession, source: Source) -> list[list[ReviewRow]]:
    pages = of(db, source)
    if any(page.picture_id and not page.reading_id for page in pages):
        return [[] for _ in pages]
    recognised = review.assemble(contents(db, source), joined=isinstance(source, Job))
    return [
        rows if page.rows is None else _corrected(rows, [(text, kept) for text, kept in page.rows])
        for page, rows in zip(pages, recognised, strict=True)
    ]


def _corrected(found: Sequence[ReviewRow], now: Edits) -> list[ReviewRow]:
    """Corrected rows, with the places of the recognised rows they came from as far as that can be told."""
    rows = [ReviewRow(text, kept) for text, kept in now]
    matcher = SequenceMatcher(None, [row.text for row in found], [row.text for row in rows], autojunk=False)
    for tag, start, end, at, stop in matcher.get_opcodes():
        pairs = list(zip(found[start:end], rows[at:stop], strict=False))
        if tag == "equal":
            rows[at:stop] = [replace(old, kept=new.kept) for old, new in pairs]
        elif tag == "replace" and end - start == stop - at:
            rows[at:stop] = [replace(new, boxes=old.boxes) for old, new in pairs]
    return rows
