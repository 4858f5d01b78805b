"""Pictures to text: one page of a run, kept and never read twice, or a whole document in memory."""

import logging
from collections.abc import Callable

from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from core import database, llm, ocr, review
from core.documents import Document, read_text
from core.errors import ModelError
from core.models import Page, Picture, Reading, Run
from core.ocr import engines, images
from core.ocr.transcript import Engine, OnTile, Transcript

log = logging.getLogger(__name__)


def read_page(run: Run, page_id: int | None, listener: llm.Listener, check_cancel: Callable[[], None]) -> None:
    """Read the picture of a page with the engine the run asks for, and keep what it says.

    When that engine cannot be had, or fails, the default takes over and the page says why. Raises InputError for a
    picture that cannot be decoded, and whatever `listener` and `check_cancel` raise to stop.
    """
    owner_id = run.owner_id or 0

    def on_tile(done: int, tiles: int) -> None:
        check_cancel()
        with database.session(owner_id) as db:
            page = db.require(Page, page_id)
            page.tiles_done, page.tiles = done, tiles
            db.commit()

    engine, failure = engines.resolve(run.ocr_engine or "", locale=run.locale, listener=listener)
    try:
        _read(owner_id, page_id, engine, failure, on_tile)
    except ModelError as error:
        log.warning("ocr engine failed run=%s engine=%s code=%s", run.id, engine.name, error.code)
        _read(owner_id, page_id, engines.default(), error.code, on_tile)


def _read(owner_id: int, page_id: int | None, engine: Engine, failure: str | None, on_tile: OnTile) -> None:
    version = f"{engine.version}/{ocr.PIPELINE}"
    with database.session(owner_id) as db:
        picture = db.require(Picture, db.require(Page, page_id).picture_id)
        same = select(Reading).where(
            Reading.picture_id == picture.id, Reading.engine == engine.name, Reading.version == version
        )
        known = db.exec(same).first()
    if known is None:
        transcript = ocr.read(images.decode(picture.data), engine, on_tile)
        with database.session(owner_id) as db:
            known = Reading(
                picture_id=picture.id or 0,
                engine=engine.name,
                version=version,
                output=transcript.model_dump(mode="json"),
            )
            db.add(known)
            try:
                db.commit()
            except IntegrityError:  # another run has read the same picture meanwhile
                db.rollback()
                known = db.exec(same).one()
    with database.session(owner_id) as db:
        page = db.require(Page, page_id)
        page.reading_id, page.engine_failure = known.id, failure
        page.tiles = page.tiles_done = max(page.tiles, 1)
        db.commit()


def text(document: Document, *, joined: bool, locale: str, engine: str, limit: int) -> tuple[str, str | None]:
    """The text of a document, and why the default engine read its pictures instead of the one asked for, if it did.

    `joined` as in `review.rows`. Raises InputError, also when nothing can be recognised, and ModelError when even the
    default engine fails.
    """
    reader, failure = engines.resolve(engine, locale=locale, listener=llm.Listener())
    try:
        found = _transcripts(document, reader)
    except ModelError as error:
        failure, found = error.code, _transcripts(document, engines.default())
    if all(found):
        ocr.check([transcript for transcript in found if transcript])
    pages = [
        review.rows(transcript, joined=joined)
        if transcript
        else [review.ReviewRow(line) for line in (page.text or "").splitlines()]
        for page, transcript in zip(document.pages, found, strict=True)
    ]
    kept = review.text([review.edits(rows) for rows in review.without_repeats(pages)])
    return read_text(kept, limit), failure


def _transcripts(document: Document, engine: Engine) -> list[Transcript | None]:
    """What the engine reads on each page; None for a page that is text."""
    return [
        None if page.picture is None else ocr.read(images.decode(page.picture), engine, lambda done, tiles: None)
        for page in document.pages
    ]
