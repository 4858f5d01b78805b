"""The pages of a scanned resume or job description: pictures, what was read in them, and the text they become.

A mixed document keeps the pages that had text as text. Each picture is stored once, and read once by each engine.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from sqlmodel import col, select

from core import i18n, jobs, review
from core.database import OwnerSession
from core.documents import Document, Files, read_text
from core.errors import InputError
from core.models import Job, Page, Picture, Reading, Resume, Run, RunKind, RunStatus
from core.review import Edits, ReviewPage, ReviewRow

MAX_PAGES = 30  # of one source; a posting has a few screenshots, a resume a few pages

Source = Resume | Job


def add(db: OwnerSession, source: Source, files: Files) -> None:
    """Keep the pages of files, in order, with an unread source. Raises InputError when there are too many."""
    pages = [(filename, page) for filename, document in files for page in document.pages]
    if len(pages) > MAX_PAGES:
        raise InputError("too_many_pages", pages=len(pages), limit=MAX_PAGES)
    for position, (filename, page) in enumerate(pages):
        picture_id = None if page.picture is None else _picture(db, page.picture).id
        db.add(
            Page(
                resume_id=source.id if isinstance(source, Resume) else None,
                job_id=source.id if isinstance(source, Job) else None,
                position=position,
                filename=filename,
                text=page.text,
                picture_id=picture_id,
            )
        )


def _picture(db: OwnerSession, data: bytes) -> Picture:
    digest = hashlib.sha256(data).hexdigest()
    picture = db.exec(select(Picture).where(Picture.digest == digest)).first()
    if picture is None:
        picture = Picture(digest=digest, data=data)
        db.add(picture)
        db.flush()
    return picture


def digest(document: Document) -> str:
    """What identifies the content of a document."""
    return hashlib.sha256(b"\0".join(page.picture or (page.text or "").encode() for page in document.pages)).hexdigest()


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
    if not ids:
        return []
    found = db.exec(select(Reading.engine, Reading.version).where(col(Reading.id).in_(ids)).distinct()).all()
    return sorted(f"{engine} {version.rpartition('/')[0]}" for engine, version in found)


def progress(db: OwnerSession, run: Run) -> int:
    """How many parts of its pictures are read, while that is what the run does."""
    if run.status is not RunStatus.OCR_PENDING:
        return 0
    return sum(page.tiles_done + (page.tiles > 0) for page in of(db, source(db, run)))


def check(db: OwnerSession, run: Run) -> None:
    """Raises InputError when what was read is of no use: image_no_text, image_blurry, image_not_a_job, and where no
    person will shorten it image_text_too_long."""
    from core import ocr  # noqa: PLC0415 - pages that show no picture do without
    from core.job_check import looks_like_job  # noqa: PLC0415

    origin = source(db, run)
    pages = of(db, origin)
    if all(page.picture_id for page in pages):
        ocr.check([db.require(Reading, page.reading_id).transcript for page in pages])
    text = review.text(draft(db, origin))
    if isinstance(origin, Job) and not looks_like_job(text):
        raise InputError("image_not_a_job")
    if not run.awaits_review:
        try:
            _usable(origin, text)
        except InputError as error:
            raise InputError(_UNSEEN[error.code]) from None


# A stored failure has a code and no numbers, so a text nobody has seen yet has failures of its own.
_UNSEEN = {
    "jd_too_short": "image_not_a_job",
    "text_empty": "image_no_text",
    "jd_too_long": "image_text_too_long",
    "text_too_long": "image_text_too_long",
}


def fill_text(db: OwnerSession, source: Source) -> None:
    """Give the source its text, once, not yet committed. Raises InputError when it is too short or too long."""
    text = _usable(source, review.text(draft(db, source)))
    if isinstance(source, Job):
        jobs.set_text(source, text)
    else:
        source.text, source.locale = text, i18n.detect_locale(text)


def _usable(source: Source, text: str) -> str:
    return jobs.valid_text(text) if isinstance(source, Job) else read_text(text)


def recognised(db: OwnerSession, source: Source) -> list[list[ReviewRow]]:
    """What was read on each page, before anybody corrected it."""
    joined = isinstance(source, Job)
    found = []
    for page in of(db, source):
        if page.text is not None:
            found.append([ReviewRow(line) for line in page.text.splitlines() if line.strip()])
        elif page.reading_id is not None:
            found.append(review.rows(db.require(Reading, page.reading_id).transcript, joined=joined))
        else:
            found.append([])
    return review.without_repeats(found)


def draft(db: OwnerSession, source: Source) -> list[Edits]:
    """The rows of each page as they stand now, with the coach's corrections."""
    found = zip(of(db, source), recognised(db, source), strict=True)
    return [review.edits(rows) if page.rows is None else [(t, k) for t, k in page.rows] for page, rows in found]


def save(db: OwnerSession, source: Source, drafts: Sequence[Edits]) -> None:
    """Keep the coach's corrections so far, page by page, not yet committed; pages beyond the source's are ignored."""
    for page, rows in zip(of(db, source), drafts, strict=False):
        page.rows = [[text, kept] for text, kept in rows]


def text_so_far(db: OwnerSession, source: Source) -> str:
    """The text of a source, or what was recognised of it when it never got one."""
    return source.text or review.text(draft(db, source))


def previews(db: OwnerSession, source: Source) -> list[bytes]:
    """The pictures of a source, upright, as a browser can show them."""
    return [picture for page in of(db, source) if (picture := _preview(db, page)) is not None]


def _preview(db: OwnerSession, page: Page) -> bytes | None:
    from core.ocr import images  # noqa: PLC0415 - only a page that shows pictures needs it

    if page.picture_id is None:
        return None
    reading = db.get(Reading, page.reading_id) if page.reading_id else None
    image = images.decode(db.require(Picture, page.picture_id).data)
    return images.preview(image.rotate(-reading.transcript.rotation, expand=True) if reading else image)


def under_review(db: OwnerSession, source: Source) -> list[ReviewPage]:
    """The pages with everything a person needs to check them."""
    result = []
    for page, found, now in zip(of(db, source), recognised(db, source), draft(db, source), strict=True):
        reading = db.get(Reading, page.reading_id) if page.reading_id else None
        transcript = reading.transcript if reading else None
        result.append(
            ReviewPage(
                label=page.filename,
                picture=_preview(db, page),
                width=transcript.width if transcript else 0,
                height=transcript.height if transcript else 0,
                rows=tuple(_as_now(found, now)),
            )
        )
    return result


def _as_now(found: Sequence[ReviewRow], now: Edits) -> list[ReviewRow]:
    """Corrected rows, with the places of the recognised rows they came from as far as that can be told."""
    rows = [ReviewRow(text, kept) for text, kept in now]
    matcher = SequenceMatcher(None, [row.text for row in found], [row.text for row in rows], autojunk=False)
    for tag, start, end, at, stop in matcher.get_opcodes():
        if tag == "equal":
            rows[at:stop] = [
                replace(old, kept=new.kept) for old, new in zip(found[start:end], rows[at:stop], strict=True)
            ]
        elif tag == "replace" and end - start == stop - at:
            rows[at:stop] = [
                replace(new, boxes=old.boxes) for old, new in zip(found[start:end], rows[at:stop], strict=True)
            ]
    return rows
