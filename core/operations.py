"""How the whole install is doing, for its operator: runs, failures, queues, how long steps take, credits.

Counts and durations only, over all owners, whose rows nobody else reads here.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, case, cast, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, exists, func

from core import database, routing
from core.models import Attempt, CreditEntry, EntryKind, Event, EventType, Run, RunStatus

FAILURES = 20  # codes that are listed
RECENT_STEPS = 10_000  # whose times are told: enough for a percentile, and quick however many there are


@dataclass(frozen=True)
class QueueLoad:
    """Runs of one queue now."""

    queue: str
    waiting: int
    running: int


@dataclass(frozen=True)
class StepTimes:
    """How long the finished steps of one task took, in seconds, of the `RECENT_STEPS` last of all tasks."""

    task: str
    steps: int
    p50: float
    p95: float


@dataclass(frozen=True)
class Operations:
    """Of a period, but for the queues, which are as they are now. Failures are by code, the most frequent first."""

    statuses: dict[RunStatus, int]
    failures: dict[str, int]
    queues: list[QueueLoad]
    steps: list[StepTimes]
    debited: int  # credits
    refunded: int


def of(since: date | None = None) -> Operations:
    """Everything since the beginning of a day (UTC); of all time without one."""
    start = datetime.combine(since, time.min, UTC) if since else None
    with Session(database.engine()) as db:
        sums = _credits(db, start)
        return Operations(
            statuses=_statuses(db, start),
            failures=_failures(db, start),
            queues=_queues(db),
            steps=_steps(db, start),
            debited=-sums.get(EntryKind.DEBIT, 0),
            refunded=sums.get(EntryKind.REFUND, 0),
        )


def _statuses(db: Session, start: datetime | None) -> dict[RunStatus, int]:
    query = select(col(Run.status), func.count()).where(*_since(Run.created_at, start)).group_by(col(Run.status))
    found = dict(db.execute(query).all())
    return {status: found[status] for status in RunStatus if status in found}


def _failures(db: Session, start: datetime | None) -> dict[str, int]:
    """Of attempts: a run that failed twice is two failures. What a person stopped is none."""
    code, count = col(Attempt.failure_code), func.count()
    failed = and_(code.is_not(None), code != "cancelled")
    query = select(code, count).where(failed, *_since(Attempt.created_at, start))
    rows = db.execute(query.group_by(code).order_by(count.desc(), code).limit(FAILURES)).all()
    return {code: number for code, number in rows if code}


def _queues(db: Session) -> list[QueueLoad]:
    def begun(*more: ColumnElement[bool]) -> Any:
        of_attempt = and_(col(Event.run_id) == Run.id, col(Event.attempt) == Run.attempt)
        return exists().where(of_attempt, col(Event.type) == EventType.TASK_STARTED, *more)

    # A run stays in the queue it was put into when its attempt began, also after its pictures are read.
    scans = or_(col(Run.status) == RunStatus.OCR_PENDING, begun(col(Event.task) == "ocr"))
    columns = {"model": col(Run.model), "reads": case((scans, 1), else_=0), "works": case((begun(), 1), else_=0)}
    in_work = col(Run.status).in_([status for status in RunStatus if status.in_work])
    each = select(*(column.label(name) for name, column in columns.items())).where(in_work).subquery().c
    waiting, running = Counter[str](), Counter[str]()
    for model, reads, works, count in db.execute(select(*each, func.count()).group_by(*each)).all():
        (running if works else waiting)[routing.queue(model, reads=bool(reads))] += count
    return [QueueLoad(name, waiting[name], running[name]) for name in routing.queues()]


def _steps(db: Session, start: datetime | None) -> list[StepTimes]:
    """Percentiles are not standard SQL, so steps are numbered within their task by length. A step that was run again
    after a crash counts from its last start, as on the page of its run."""
    newest = (
        select(Event)
        .where(col(Event.type) == EventType.TASK_COMPLETED, *_since(Event.created_at, start))
        .order_by(col(Event.created_at).desc(), col(Event.id).desc())
        .limit(RECENT_STEPS)
        .subquery()
    )
    completed: Any = aliased(Event, newest)
    started: Any = aliased(Event)
    length = _seconds_between(db, func.max(started.created_at), completed.created_at)
    same = (started.run_id == completed.run_id, started.attempt == completed.attempt, started.task == completed.task)
    begun = and_(*same, started.type == EventType.TASK_STARTED, started.id < completed.id)
    each = (
        select(completed.task.label("task"), length.label("seconds"))
        .join(started, begun)
        .group_by(completed.id, completed.task, completed.created_at)
        .subquery()
        .c
    )
    place = func.row_number().over(partition_by=each.task, order_by=each.seconds).label("place")
    total = func.count().over(partition_by=each.task).label("total")
    ordered = select(each.task, each.seconds, place, total).subquery().c

    def percentile(share: int) -> ColumnElement[float]:
        return func.min(case((ordered.place * 100 >= ordered.total * share, ordered.seconds)))

    query = select(ordered.task, func.count(), percentile(50), percentile(95)).group_by(ordered.task)
    return [StepTimes(*row) for row in db.execute(query.order_by(ordered.task)).all()]


def _seconds_between(db: Session, start: Any, end: Any) -> ColumnElement[float]:
    if db.get_bind().dialect.name == "postgresql":
        return cast(func.extract("epoch", end - start), Float)
    return (func.julianday(end) - func.julianday(start)) * 86_400.0


def _credits(db: Session, start: datetime | None) -> dict[EntryKind, int]:
    query = select(col(CreditEntry.kind), func.sum(CreditEntry.amount)).where(*_since(CreditEntry.created_at, start))
    return {EntryKind(kind): int(amount) for kind, amount in db.execute(query.group_by(col(CreditEntry.kind))).all()}


def _since(column: Any, start: datetime | None) -> list[Any]:
    return [] if start is None else [column >= start]
