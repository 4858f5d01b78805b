"""What the calls of models came to: how many, how long, how many tokens, for how much money.

The offline analyst is free and counts no tokens, for it is no LLM; any other call without a known price is of unknown
cost, which is never nothing. The same is true of numbers that no call can come to: what a provider reports is not to be
trusted, and a database may hold whatever it reported.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Float, and_, case, cast, select
from sqlmodel import col, func

from core.database import OwnerSession
from core.llm.transport import MOST_DOLLARS, MOST_TOKENS
from core.models import LLMCall, now
from core.settings import OFFLINE_MODEL

# More than this, or these, of one call is not believed; nor is less than nothing, nor what is no number.
MOST_SECONDS = 1_000_000
Number = TypeVar("Number", int, float)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the beginning of one


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
    mean_seconds: float | None
    p95_seconds: float | None  # 95 of 100 calls took no longer
    day: date | None = None
    task: str = ""
    model: str = ""


def tokens(calls: Iterable[LLMCall]) -> tuple[int | None, int | None]:
    """How many were read and how many written; None where no call knows."""
    known = [call for call in calls if call.model != OFFLINE_MODEL]
    read = [n for call in known if (n := _believed(call.prompt_tokens, MOST_TOKENS)) is not None]
    written = [n for call in known if (n := _believed(call.completion_tokens, MOST_TOKENS)) is not None]
    return sum(read) if read else None, sum(written) if written else None


def cost(calls: Iterable[LLMCall]) -> Cost:
    """What these calls cost together."""
    paid = [_believed(call.cost, MOST_DOLLARS) for call in calls if call.model != OFFLINE_MODEL]
    return Cost(sum(dollars for dollars in paid if dollars is not None), paid.count(None))


def _believed(number: Number | None, most: int) -> Number | None:
    return number if number is not None and 0 <= number <= most else None


def cell(text: str) -> str:
    """A text as a cell of a CSV file, where a spreadsheet must not take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


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
    rows = db.execute(_query(db, since, groups)).mappings()
    found = [_usage(row, day=date.fromisoformat(row["day"]), task=row["task"], model=row["model"]) for row in rows]
    return sorted(found, key=lambda usage: (-(usage.day or date.min).toordinal(), usage.task, usage.model))


def total(db: OwnerSession, since: date | None = None) -> Usage | None:
    """All of the owner's calls together; None when there are none."""
    row = db.execute(_query(db, since, {})).mappings().one()
    return _usage(row) if row["calls"] else None


def _day(db: OwnerSession) -> ColumnElement[str]:
    """The day of a call in UTC, as ISO writes it, on either database."""
    if db.get_bind().dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", LLMCall.created_at), "YYYY-MM-DD")
    return func.strftime("%Y-%m-%d", LLMCall.created_at)


def _query(db: OwnerSession, since: date | None, groups: dict[str, Any]) -> Any:
    """One row for each group. Percentiles are not standard SQL, so calls are numbered within their group by length."""
    llm = col(LLMCall.model) != OFFLINE_MODEL
    dollars, seconds = _within(LLMCall.cost, MOST_DOLLARS), _within(LLMCall.seconds, MOST_SECONDS)
    length = case((seconds, col(LLMCall.seconds)))
    group = list(groups.values())
    columns: dict[str, Any] = {
        **groups,
        "seconds": length,
        "failed": case((col(LLMCall.outcome) == "failed", 1), else_=0),
        "prompt_tokens": case((llm & _within(LLMCall.prompt_tokens, MOST_TOKENS), col(LLMCall.prompt_tokens))),
        "completion_tokens": case(
            (llm & _within(LLMCall.completion_tokens, MOST_TOKENS), col(LLMCall.completion_tokens))
        ),
        "dollars": case((llm & dollars, col(LLMCall.cost))),
        "unknown": case((llm, case((dollars, 0), else_=1)), else_=0),
        # Those of unknown length come last: the two databases do not agree on where they belong.
        "place": func.row_number().over(partition_by=group, order_by=(case((seconds, 0), else_=1), length)),
        "of": func.count(length).over(partition_by=group),
    }
    day = _day(db)
    # Years that Python has: a time that is none, or that far off, has no day.
    dated = and_(func.length(day) == len("2026-01-02"), day.between("0001-01-01", "9999-12-31"))
    each = select(*(column.label(name) for name, column in columns.items())).where(dated)
    if since is not None:
        each = each.where(col(LLMCall.created_at) >= datetime.combine(since, time.min, UTC))
    calls = each.subquery().c
    keys = [calls[name] for name in groups]
    return select(
        *keys,
        func.count().label("calls"),
        *(func.sum(calls[name]).label(name) for name in ("failed", "unknown")),
        # As floats, whose sums do not overflow.
        *(func.sum(cast(calls[name], Float)).label(name) for name in ("prompt_tokens", "completion_tokens", "dollars")),
        func.avg(calls.seconds).label("mean_seconds"),
        func.min(case((calls.place * 100 >= calls.of * 95, calls.seconds))).label("p95_seconds"),
    ).group_by(*keys)


def _within(column: Any, most: int) -> ColumnElement[bool]:
    """Whether a number is there and believed. "Not a number" is more than any other on PostgreSQL, NULL on SQLite."""
    return col(column).between(0, most)


def _usage(row: Any, **shared: Any) -> Usage:
    read, written = row["prompt_tokens"], row["completion_tokens"]
    return Usage(
        calls=row["calls"],
        failed=row["failed"],
        prompt_tokens=None if read is None else round(read),
        completion_tokens=None if written is None else round(written),
        cost=Cost(row["dollars"] or 0.0, row["unknown"]),
        mean_seconds=row["mean_seconds"],
        p95_seconds=row["p95_seconds"],
        **shared,
    )
