"""How runs stand, asked of the database once for all who watch one in this process: forty pages would otherwise ask it
two hundred times a second."""

import threading
import time
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import col, select

from core import database
from core.models import Run, RunStatus

KEEP = 2.0  # seconds after which a run that nobody has asked for is watched no more


class Standing(NamedTuple):
    """What moves of a run while it is worked on."""

    status: RunStatus
    attempt: int
    asked_to_stop: bool


class _Board:
    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._wanted: dict[str, float] = {}  # when each was last asked for
        self._seen: dict[str, Standing] = {}
        self._at = -KEEP

    def of(self, run_id: str, age: float) -> Standing | None:
        with self._lock:  # also while the database is asked: whoever comes meanwhile hears the same
            clock = time.monotonic()
            self._wanted[run_id] = clock
            if run_id not in self._seen or clock - self._at >= age:
                self._wanted = {one: at for one, at in self._wanted.items() if clock - at < KEEP}
                self._seen, self._at = self._ask(self._wanted), clock
            return self._seen.get(run_id)

    def _ask(self, ids: Iterable[str]) -> dict[str, Standing]:
        asked = col(Run.cancel_requested_at).is_not(None).label("asked")
        query = select(Run.id, Run.status, Run.attempt, asked)
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(col(Run.id).in_(list(ids))))
            return {row.id: Standing(row.status, row.attempt, row.asked) for row in rows}


_board = cache(_Board)


def of(run_id: str, age: float) -> Standing | None:
    """How a run stood at most `age` seconds ago; None when there is no such run. It may be anybody's: whoever asks for
    somebody has looked whether it is theirs."""
    return _board(database.engine()).of(run_id, age)
