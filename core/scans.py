"""Pictures to text: one page of a run, kept and never read twice, or a whole document in memory."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable

from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from core import database, llm, ocr, pages, review
from core.documents import Document, read_text
from core.errors import ModelError
from core.models import Page, Reading, Run
from core.ocr import engines, images
from core.ocr.transcript import Engine, OnTile, Transcript

log = logging.getLogger(__name__)

# Of two runs that want the same picture read, the second waits here and finds the reading.
_reading: dict[int, threading.Lock] = defaultdict(threading.Lock)


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

    engine, failure = engines.resolve(
        run.ocr_engine or "", locale=run.locale, route=run.model, listener=listener, waiting=check_cancel
    )
    try:
        _read(owner_id, page_id, engine, failure, on_tile)
    except ModelError as error:
        log.warning("ocr engine failed run=%s engine=%s code=%s", run.id, engine.name, error.code)
        _read(owner_id, page_id, engines.default(), error.code, on_tile)


def _read(owner_id: int, page_id: int | None, engine: Engine, failure: str | None, on_tile: OnTile) -> None:
    with database.session(owner_id) as db:
        picture_id = db.require(Page, page_id).picture_id or 0
    with _reading[picture_id]:
        reading = _reading_of(owner_id, page_id, engine, on_tile)
    with database.session(owner_id) as db:
        page = db.require(Page, page_id)
        page.reading_id, page.engine_failure = reading.id, failure
        page.tiles = page.tiles_done = max(page.tiles, 1)
        db.commit()


def _reading_of(owner_id: int, page_id: int | None, engine: Engine, on_tile: OnTile) -> Reading:
    """The kept reading of the page's picture, or a new one."""
    version = _version(engine)
    with database.session(owner_id) as db:
        page = db.require(Page, page_id)
        same = select(Reading).where(
            Reading.picture_id == page.picture_id, Reading.engine == engine.name, Reading.version == version
        )
        if (known := db.exec(same).first()) is not None:
            return known
        picture_id, data = page.picture_id or 0, pages.picture(db, page)
    transcript = _usable(ocr.read(images.decode(data), engine, on_tile))
    version = _version(engine)  # of several models, of the one that answered
    with database.session(owner_id) as db:
        same = select(Reading).where(
            Reading.picture_id == picture_id, Reading.engine == engine.name, Reading.version == version
        )
        reading = Reading(
            picture_id=picture_id, engine=engine.name, version=version, output=transcript.model_dump(mode="json")
        )
        db.add(reading)
        try:
            db.commit()
        except IntegrityError:  # another process has read the same picture meanwhile
            db.rollback()
            return db.exec(same).one()
        return reading


def _version(engine: Engine) -> str:
    return f"{engine.version}/{ocr.PIPELINE}"


def _usable(transcript: Transcript) -> Transcript:
    """What the default engine reads is what there is; a model that saw nothing may only have had a bad moment."""
    if transcript.engine != engines.DEFAULT and not transcript.paragraphs:
        raise ModelError("empty")
    return transcript


def text(document: Document, *, job: bool, locale: str, engine: str, limit: int) -> tuple[str, str | None]:
    """The text of a document, and why the default engine read a picture of it instead of the one asked for, if it did.

    Lines are joined for a `job` and stay as printed for a resume. Raises InputError, also when nothing usable can be
    recognised.
    """
    if not document.scanned:
        return document.text, None
    reader, failure = engines.resolve(engine, locale=locale)
    contents: list[str | Transcript] = []
    for page in document.pages:
        if page.picture is None:
            contents.append(page.text or "")
            continue
        image = images.decode(page.picture)
        try:
            contents.append(_usable(ocr.read(image, reader)))
        except ModelError as error:
            failure = error.code
            contents.append(ocr.read(image, engines.default()))
    kept = review.text([review.edits(rows) for rows in review.assemble(contents, joined=job)])
    review.check(contents, kept, job=job)
    return read_text(kept, limit), failure
