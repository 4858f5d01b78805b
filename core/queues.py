"""The queues runs wait in: who is ahead of a run, how long that may take, and whether there is room for another.

The figures are the engine's own records of what waits and of what has finished lately, so they count all processes.
"""

import logging
import math
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from core import engine, routing
from core.engine import Queued
from core.errors import StateError
from core.models import Run
from core.settings import settings

log = logging.getLogger(__name__)

RECENT = 20  # finished runs whose median says how long one takes
FRESH = 1.0  # seconds; a place is told every two
TYPICAL = 30.0  # seconds, while none has finished


@dataclass(frozen=True)
class Place:
    """Where a run stands that waits: how many others will probably be begun before it, and in about how many minutes it
    will be."""

    ahead: int
    minutes: int


def place(run: Run) -> Place | None:
    """None when the run does not wait, or nobody can tell now."""
    try:
        unfinished, seconds = _seen(run.queue)
        ahead = _ahead(unfinished, run.workflow_id)
        return None if ahead is None else Place(ahead, _minutes(unfinished, seconds, ahead + 1))
    except Exception as error:  # what is only told to pass the time must not cost the page
        log.warning("place in the queue unknown run=%s error=%s", run.id, type(error).__name__)
        return None


def require_room(queue: str) -> None:
    """Raises StateError queue_full, with the minutes after which there may be room, when a queue is as long as it may
    be. Counts without a lock: those who ask at the same moment may all find the last place."""
    depth = routing.queues()[queue].depth
    try:
        if engine.unfinished(queue) < depth:
            return
        unfinished = engine.queued(queue)
    except Exception as error:  # the run is kept, and handed over later: so it must not be refused now
        log.info(
            "length of the queue unknown queue=%s error=%s", queue, type(error).__name__
        )  # as before the first run
        return
    excess = len(unfinished) - depth + 1
    if excess > 0:
        minutes = _minutes(unfinished, _seconds(queue), excess)
        raise StateError("queue_full", runs=len(unfinished), minutes=minutes)


_looks: dict[tuple[str, str], tuple[float, list[Queued], float]] = {}  # by database and queue: when, and what was seen
_looking = Lock()


def _seen(queue: str) -> tuple[list[Queued], float]:
    """The unfinished workflows of a queue, and the seconds one takes, at most `FRESH` seconds ago: one look serves all
    who wait in it."""
    key = (settings().engine_database_url, queue)
    with _looking:
        at, unfinished, seconds = _looks.get(key, (-FRESH, [], 0.0))
        if time.monotonic() - at >= FRESH:
            unfinished, seconds = engine.queued(queue), _seconds(queue)
            _looks[key] = (time.monotonic(), unfinished, seconds)
        return unfinished, seconds


def require_own_room(queue: str, owner_id: int) -> None:
    """Raises StateError owner_queue_full when as many of an owner's runs are unfinished as one may have in a queue, so
    that there is room for others. Counts as `require_room` does."""
    try:
        unfinished = engine.unfinished(queue, owner_id)
    except Exception as error:  # as there
        log.info("own length of the queue unknown queue=%s error=%s", queue, type(error).__name__)
        return
    if unfinished >= routing.queues()[queue].owner_depth:
        raise StateError("owner_queue_full", runs=unfinished)


def _ahead(unfinished: Sequence[Queued], workflow_id: str) -> int | None:
    """Owners take turns, each with the oldest of theirs: so before the third of mine, at most three of each other."""
    waiting = [queued for queued in unfinished if not queued.running]
    mine = next((queued.owner for queued in waiting if queued.workflow_id == workflow_id), None)
    if mine is None:
        return None
    own = [queued.workflow_id for queued in waiting if queued.owner == mine].index(workflow_id)
    others = Counter(queued.owner for queued in waiting if queued.owner != mine)
    return own + sum(min(count, own + 1) for count in others.values())


def _seconds(queue: str) -> float:
    return statistics.median(engine.recent_seconds(queue, RECENT) or [TYPICAL])


def _minutes(unfinished: Sequence[Queued], seconds: float, places: int) -> int:
    """Until that many places have become free. As many runs as are worked on now, on all machines, become free in the
    time that one takes."""
    running = sum(queued.running for queued in unfinished)
    return max(1, math.ceil(places * seconds / max(running, 1) / 60))
