"""The sums over all calls of models, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from core import database, runs, usage
from core.models import LLMCall, Run, RunKind, User, now
from core.settings import OFFLINE_MODEL
from core.usage import Cost
from tests.test_app import fresh_caches, open_app, texts
from tests.test_runs import add_client, settle, submit

__all__ = ["fresh_caches"]  # a fixture

PAID = "openai/gpt-5.4-mini"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def call(run_id: str, at: datetime = NOON, model: str = PAID, **values: Any) -> LLMCall:
    known = {
        "attempt": 1,
        "task": "job_match",
        "tier": "paid",
        "candidate": 0,
        "prompt_version": 1,
        "prompt_hash": "a" * 64,
        "outcome": "ok",
        "seconds": 1.0,
    }
    return LLMCall(run_id=run_id, created_at=at, model=model, **{**known, **values})


@pytest.fixture
def add(storage: str, owner: int) -> Callable[..., None]:
    """Keep calls for the owner, in place of those of a finished run."""
    run = submit(owner, add_client(owner))
    settle(owner, run.id)
    with database.session(owner) as db:
        for logged in db.exec(select(LLMCall)).all():
            db.delete(logged)
        db.commit()

    def keep(*values: dict[str, Any]) -> None:
        with database.session(owner) as db:
            db.add_all(call(run.id, **each) for each in values)
            db.commit()

    return keep


def test_calls_are_summed_by_day_task_and_model(add: Callable[..., None], owner: int) -> None:
    add(
        {"prompt_tokens": 1000, "completion_tokens": 100, "cost": 0.5, "seconds": 2.0},
        {"prompt_tokens": 500, "completion_tokens": 50, "cost": 0.25, "seconds": 4.0},
        {"outcome": "failed", "failure_code": "timeout", "seconds": 9.0},
        {"outcome": "cancelled", "failure_code": "cancelled", "prompt_tokens": 1, "cost": 0.0, "seconds": 1.0},
        {"task": "job_summary", "prompt_tokens": 7, "completion_tokens": 3, "cost": 0.125},
        {"model": OFFLINE_MODEL, "prompt_tokens": 7_000, "completion_tokens": 3_000},
        {"at": NOON - timedelta(days=1), "model": "openai/unheard-of"},
    )
    with database.session(owner) as db:
        rows, total = usage.by_day(db), usage.total(db)
    assert [(row.day, row.task, row.model) for row in rows] == [
        (date(2026, 3, 2), "job_match", OFFLINE_MODEL),
        (date(2026, 3, 2), "job_match", PAID),
        (date(2026, 3, 2), "job_summary", PAID),
        (date(2026, 3, 1), "job_match", "openai/unheard-of"),
    ]
    offline, paid, summary, unheard = rows
    assert (paid.calls, paid.failed, paid.prompt_tokens, paid.completion_tokens) == (4, 1, 1501, 150)
    assert paid.cost == Cost(0.75, unknown=1)
    assert (paid.mean_seconds, paid.p95_seconds) == (4.0, 9.0)
    assert (summary.calls, summary.cost) == (1, Cost(0.125))
    assert (offline.prompt_tokens, offline.completion_tokens, offline.cost) == (None, None, Cost(0.0))
    assert (unheard.prompt_tokens, unheard.cost) == (None, Cost(0.0, unknown=1))
    assert total is not None
    assert (total.calls, total.failed, total.prompt_tokens, total.cost) == (7, 1, 1508, Cost(0.875, unknown=2))


def test_a_day_ends_at_midnight_utc(add: Callable[..., None], owner: int) -> None:
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    add({"at": midnight - timedelta(microseconds=1)}, {"at": midnight}, {"at": midnight + timedelta(hours=23.99)})
    with database.session(owner) as db:
        by_day = {row.day: row.calls for row in usage.by_day(db)}
        since = usage.by_day(db, date(2026, 3, 2))
        total = usage.total(db, date(2026, 3, 2))
    assert by_day == {date(2026, 3, 1): 1, date(2026, 3, 2): 2}
    assert [(row.day, row.calls) for row in since] == [(date(2026, 3, 2), 2)]
    assert total is not None
    assert total.calls == 2


@pytest.mark.parametrize(("calls", "slowest_of_95"), [(1, 1.0), (19, 19.0), (20, 19.0), (100, 95.0), (101, 96.0)])
def test_of_100_calls_95_took_no_longer(add: Callable[..., None], owner: int, calls: int, slowest_of_95: float) -> None:
    add(*({"seconds": float(seconds)} for seconds in range(calls, 0, -1)))
    with database.session(owner) as db:
        (row,) = usage.by_day(db)
        total = usage.total(db)
    assert row.p95_seconds == slowest_of_95
    assert total is not None
    assert total.p95_seconds == slowest_of_95


def test_nobody_sees_the_usage_of_others(add: Callable[..., None], owner: int) -> None:
    add({"cost": 1.0})
    with Session(database.engine()) as db:
        db.add(stranger := User(name="stranger"))
        db.commit()
        other = stranger.id or 0
    with database.session(other) as db:
        assert usage.total(db) is None
        assert usage.by_day(db) == []


def test_a_period_ends_with_today() -> None:
    today = now().date()
    assert (usage.first_day(1), usage.first_day(7)) == (today, today - timedelta(days=6))


def test_the_page_sums_up_a_period(add: Callable[..., None], owner: int) -> None:
    add(
        {"at": now(), "prompt_tokens": 1200, "completion_tokens": 34, "cost": 0.0123},
        {"at": now(), "outcome": "failed", "failure_code": "auth"},
        {"at": now() - timedelta(days=20), "cost": 0.5},
        {"at": now() - timedelta(days=200), "cost": 0.5},
    )
    at = open_usage()
    seen = {metric.label: (metric.value, metric.delta) for metric in at.metric}
    assert seen["Calls"] == ("3", "1 failed")
    assert seen["Tokens in / out"] == ("1,200 / 34", "")
    assert seen["Cost"] == ("\\$0.5123", "1 of unknown cost")
    assert len(at.dataframe[0].value) == 2
    at.segmented_control(key="usage_period").set_value(7).run()
    assert not at.exception
    frame = at.dataframe[0].value
    assert frame[["calls", "failed", "cost_unknown"]].to_numpy().tolist() == [[2, 1, 1]]
    assert frame["cost"].tolist() == [0.0123]
    at.segmented_control(key="usage_period").set_value(0).run()
    assert {metric.label: metric.value for metric in at.metric}["Calls"] == "4"


def test_what_is_not_known_is_left_open(add: Callable[..., None], owner: int) -> None:
    add({"at": now()})
    at = open_usage("zh-CN")
    assert {metric.label: metric.value for metric in at.metric}["费用"] == "未知"
    frame = at.dataframe[0].value
    assert frame[["cost", "tokens_in", "tokens_out"]].isna().all(axis=None)


def test_a_period_without_calls_and_no_calls_at_all_are_sentences(add: Callable[..., None], owner: int) -> None:
    at = open_usage()
    assert "Nothing has been asked of a model yet" in texts(at)
    add({"at": now() - timedelta(days=200)})
    at = open_usage()
    assert "No calls in this period" in texts(at)
    assert not at.dataframe


def test_the_list_names_the_model_of_each_match(owner: int) -> None:
    client_id = add_client(owner)
    settle(owner, submit(owner, client_id).id)
    settle(owner, submit(owner, client_id, jd="la la la " * 20, token="without a match").id)
    with database.session(owner) as db:
        assert [row.model for row in runs.history(db)] == ["", OFFLINE_MODEL]
        assert all(db.require(Run, row.run_id).kind == RunKind.MATCH for row in runs.history(db))
    assert open_app(page="History").dataframe[0].value["model"].tolist() == ["", "Offline analyst (no LLM)"]


def open_usage(locale: str = "en-US") -> Any:
    at = open_app(locale, "History")
    at.session_state["history_tabs"] = "用量" if locale == "zh-CN" else "Usage"
    at.run()
    assert not at.exception
    return at
