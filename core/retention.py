"""What is deleted by itself, because it has become old: the engine's records of finished runs, and pictures.

The process that executes runs does it, a little at each of its looks, so that no run waits for it.
"""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from sqlmodel import Session, col, select

from core import database, engine, pages
from core.models import Run, RunStatus, User, now
from core.settings import settings

log = logging.getLogger(__name__)

INTERVAL = 3600.0  # seconds from the end of one round to the next
BATCH = 10  # workflows at one look: nobody looks for dead processes meanwhile


class Tidying:
    """Rounds of deleting, the first at once: `go_on` does one piece of a round, or nothing until the next is due."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due = clock()
        self._round = one_round()

    def go_on(self) -> None:
        """Raises what the database raises, which ends the round."""
        if self._clock() >= self._due and next(self._round, None) is None:
            self._due, self._round = self._clock() + INTERVAL, one_round()


def one_round() -> Iterator[int]:
    """Delete what is too old, piece by piece; yields how many workflows or pictures each piece was."""
    workflows = pictures = 0
    for count in _histories():
        workflows += count
        yield count
    for count in _pictures():
        pictures += count
        yield count
    database.clear_log(database.engine())
    engine.clear_log()
    log.info("tidied workflows=%s pictures=%s", workflows, pictures)


def _histories() -> Iterator[int]:
    """Of workflows that ended long ago. Those of a run that is not finished stay, however old."""
    before = now() - timedelta(days=settings().history_days)
    kept = 0
    while found := engine.ended(before, BATCH, kept):
        unfinished = _unfinished({Run.id_of(each) for each in found})
        old = [each for each in found if Run.id_of(each) not in unfinished]
        engine.forget(old)
        kept += len(found) - len(old)
        yield len(old)


def _unfinished(run_ids: set[str]) -> set[str]:
    with Session(database.engine()) as db:
        open_ = [status for status in RunStatus if not status.finished]
        return set(db.exec(select(Run.id).where(col(Run.id).in_(run_ids), col(Run.status).in_(open_))).all())


def _pictures() -> Iterator[int]:
    with Session(database.engine()) as db:
        owners = db.exec(select(User.id)).all()
    for owner_id in owners:
        while True:
            with database.session(owner_id or 0) as db:
                deleted = pages.discard_pictures(db)
                db.commit()
            if not deleted:
                break
            yield deleted
