"""What the calls of models came to: how many, how long, how many tokens, for how much money.

The offline analyst is free and counts no tokens, for it is no LLM; any other call without a known price is of unknown
cost, which is never nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, select
from sqlmodel import col, func

from core.database import OwnerSession
from core.models import LLMCall, now
from core.settings import OFFLINE_MODEL


@dataclass(frozen=True)
class Cost:
    """The sum of what is known, in US dollars, and how many calls may have cost something on top of it."""

    dollars: float = 0.0
    unknown: int = 0  # calls


@dataclass(frozen=True)
class Usage:
    """What some calls came to; `day` (UTC), `task` and `model` are those they share."""

    calls: int
    failed: int  # without an answer; calls that a person stopped are not among them
    prompt_tokens: int | None  # None: none is known
    completion_tokens: int | None
    cost: Cost
    mean_seconds: float
    p95_seconds: float  # 95 of 100 calls took no longer
    day: date | None = None
    task: str = ""
    model: str = ""


def tokens(calls: Iterable[LLMCall]) -> tuple[int | None, int | None]:
    """How many were read and how many written; None where no call knows."""
    known = [call for call in calls if call.model != OFFLINE_MODEL]
    read = [call.prompt_tokens for call in known if call.prompt_tokens is not None]
    written = [call.completion_tokens for call in known if call.completion_tokens is not None]
    return sum(read) if read else None, sum(written) if written else None


def cost(calls: Iterable[LLMCall]) -> Cost:
    """What these calls cost together."""
    paid = [call.cost for call in calls if call.model != OFFLINE_MODEL]
    return Cost(sum(dollars for dollars in paid if dollars is not None), paid.count(None))


def first_day(days: int) -> date:
    """The first of so many days (UTC) that end with today."""
    return now().date() - timedelta(days=days - 1)


def is_empty(db: OwnerSession) -> bool:
    """Whether the owner has never called a model."""
    return db.execute(select(col(LLMCall.id)).limit(1)).first() is None


def by_day(db: OwnerSession, since: date | None = None) -> list[Usage]:
    """The owner's calls by day, task and model, the newest day first; of all time without `since`."""
    day = _day(db)
    groups = {"day": day, "task": col(LLMCall.task), "model": col(LLMCall.model)}
    rows = db.execute(_query(since, groups)).mappings()
    found = [_usage(row, day=date.fromisoformat(row["day"]), task=row["task"], model=row["model"]) for row in rows]
    return sorted(found, key=lambda usage: (-(usage.day or date.min).toordinal(), usage.task, usage.model))


def total(db: OwnerSession, since: date | None = None) -> Usage | None:
    """All of the owner's calls together; None when there are none."""
    row = db.execute(_query(since, {})).mappings().one()
    return _usage(row) if row["calls"] else None


def _day(db: OwnerSession) -> ColumnElement[str]:
    """The day of a call in UTC, as ISO writes it, on either database."""
    if db.get_bind().dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", LLMCall.created_at), "YYYY-MM-DD")
    return func.strftime("%Y-%m-%d", LLMCall.created_at)


def _query(since: date | None, groups: dict[str, Any]) -> Any:
    """One row for each group. Percentiles are not standard SQL, so calls are numbered within their group by length."""
    llm = col(LLMCall.model) != OFFLINE_MODEL
    columns: dict[str, Any] = {
        **groups,
        "seconds": col(LLMCall.seconds),
        "failed": case((col(LLMCall.outcome) == "failed", 1), else_=0),
        "prompt_tokens": case((llm, col(LLMCall.prompt_tokens))),
        "completion_tokens": case((llm, col(LLMCall.completion_tokens))),
        "dollars": case((llm, col(LLMCall.cost))),
        "unknown": case((llm & col(LLMCall.cost).is_(None), 1), else_=0),
        "place": func.row_number().over(partition_by=list(groups.values()), order_by=col(LLMCall.seconds)),
        "of": func.count().over(partition_by=list(groups.values())),
    }
    each = select(*(column.label(name) for name, column in columns.items()))
    if since is not None:
        each = each.where(col(LLMCall.created_at) >= datetime.combine(since, time.min, UTC))
    calls = each.subquery().c
    keys = [calls[name] for name in groups]
    summed = ("failed", "prompt_tokens", "completion_tokens", "dollars", "unknown")
    return select(
        *keys,
        func.count().label("calls"),
        *(func.sum(calls[name]).label(name) for name in summed),
        func.avg(calls.seconds).label("mean_seconds"),
        func.min(case((calls.place * 100 >= calls.of * 95, calls.seconds))).label("p95_seconds"),
    ).group_by(*keys)


def _usage(row: Any, **shared: Any) -> Usage:
    return Usage(
        calls=row["calls"],
        failed=row["failed"],
        prompt_tokens=row["prompt_tokens"],
        completion_tokens=row["completion_tokens"],
        cost=Cost(row["dollars"] or 0.0, row["unknown"]),
        mean_seconds=row["mean_seconds"],
        p95_seconds=row["p95_seconds"],
        **shared,
    )
