"""What the tasks of a run have stored so far, which is neither done nor paid for once more."""

from collections.abc import Callable

from sqlmodel import col, select

from core import pages
from core.database import OwnerSession
from core.models import Job, LLMCall, Match, Reading, Resume, Run
from core.routing import VISION

VISION_ENGINE = "vision"  # what `core.ocr.vision` calls itself; most pages show no picture, and do not import it


def is_stored(db: OwnerSession, run: Run, task: str) -> bool:
    """Whether the output of a task is there; of `ocr` that is what was read in all pictures, checked or not."""
    return _STORED[task](db, run)


def of_paid_model(db: OwnerSession, run: Run, task: str) -> bool:
    """Whether the output of a task is there and may have been made by a paid model for this run.

    Who made the output of any task but `ocr` is known when it is stored. Pictures are read one by one, and some may
    have been read for an earlier run, or by the engine that stands in: which shows only here.
    """
    return is_stored(db, run, task) and (task != "ocr" or _paid_reading(db, run))


def _is_read(db: OwnerSession, run: Run) -> bool:
    source = pages.source(db, run)
    return source.text != "" or not any(page.picture_id and not page.reading_id for page in pages.of(db, source))


def _paid_reading(db: OwnerSession, run: Run) -> bool:
    ids = [page.reading_id for page in pages.of(db, pages.source(db, run)) if page.reading_id]
    seen = select(Reading.id).where(col(Reading.id).in_(ids), Reading.engine == VISION_ENGINE)
    paid = select(LLMCall.id).where(
        LLMCall.run_id == run.id, LLMCall.task == VISION, LLMCall.outcome == "ok", LLMCall.tier == "paid"
    )
    return db.exec(seen).first() is not None and db.exec(paid).first() is not None


def _has_job_summary(db: OwnerSession, run: Run) -> bool:
    return db.require(Job, run.job_id).summary is not None


def _has_match(db: OwnerSession, run: Run) -> bool:
    return db.exec(select(Match.id).where(Match.run_id == run.id)).first() is not None


def _has_resume_summary(db: OwnerSession, run: Run) -> bool:
    return db.require(Resume, run.resume_id).summary is not None


_STORED: dict[str, Callable[[OwnerSession, Run], bool]] = {
    "ocr": _is_read,
    "job_summary": _has_job_summary,
    "job_match": _has_match,
    "resume_summary": _has_resume_summary,
    "detailed_resume_summary": _has_resume_summary,
}
