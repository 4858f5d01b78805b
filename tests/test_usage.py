"""The sums over all calls of models, on SQLite and on PostgreSQL."""

import csv
import io
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import streamlit as st
from sqlmodel import Session, delete, select

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
def add(storage: str, owner: int, idle: Callable[[], None]) -> Callable[..., None]:
    """Keep calls for a run of the owner's that nobody executes."""
    client_id = add_client(owner)
    idle()
    run = submit(owner, client_id)
    with database.session(owner) as db:
        db.exec(delete(LLMCall))  # of reading the resume
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


def test_numbers_that_no_call_can_come_to_are_not_known(add: Callable[..., None], owner: int, storage: str) -> None:
    # On SQLite a single sum of these would be an error, on PostgreSQL that of the costs.
    tokens = 2**63 - 1 if storage == "sqlite" else 2**31 - 1
    absurd = [
        {"prompt_tokens": tokens, "completion_tokens": tokens, "cost": 1.7e308, "seconds": 1.7e308},
        {"prompt_tokens": usage.MOST_TOKENS + 1, "completion_tokens": -1, "cost": -0.5, "seconds": -1.0},
        {"prompt_tokens": -tokens, "completion_tokens": None, "cost": math.inf, "seconds": math.inf},
        {"prompt_tokens": None, "completion_tokens": tokens, "cost": -math.inf, "seconds": 1.7e308},
        {"prompt_tokens": tokens, "completion_tokens": tokens, "cost": math.nan},
        {"prompt_tokens": tokens, "completion_tokens": tokens, "cost": 1.7e308},
    ]
    add(
        *({"at": now(), **each} for each in absurd),
        {"at": now(), "prompt_tokens": 5, "completion_tokens": 3, "cost": 0.25, "seconds": 3.0},
        {"at": now(), "prompt_tokens": usage.MOST_TOKENS, "completion_tokens": 0, "cost": usage.MOST_DOLLARS},
        {"at": now(), "task": "job_summary", "prompt_tokens": tokens, "cost": math.inf, "seconds": math.inf},
    )
    with database.session(owner) as db:
        match, summary = usage.by_day(db)
        total = usage.total(db)
        calls = db.exec(select(LLMCall)).all()
    assert total is not None
    assert (match.calls, match.prompt_tokens, match.completion_tokens) == (8, usage.MOST_TOKENS + 5, 3)
    assert match.cost == Cost(10_000.25, unknown=6)
    assert (match.mean_seconds, match.p95_seconds) == (1.5, 3.0)
    assert (summary.calls, summary.prompt_tokens, summary.cost) == (1, None, Cost(0.0, unknown=1))
    assert (summary.mean_seconds, summary.p95_seconds) == (None, None)
    assert (total.calls, total.prompt_tokens, total.cost) == (9, usage.MOST_TOKENS + 5, Cost(10_000.25, unknown=7))
    assert usage.tokens(calls) == (total.prompt_tokens, total.completion_tokens)  # as a receipt has them
    assert usage.cost(calls) == total.cost
    at = open_usage()
    assert {metric.label: metric.value for metric in at.metric}["Tokens in / out"] == "10,000,005 / 3"


def test_many_calls_come_to_more_than_an_integer_holds(add: Callable[..., None], owner: int) -> None:
    add(*({"prompt_tokens": usage.MOST_TOKENS, "cost": usage.MOST_DOLLARS} for _ in range(300)))
    with database.session(owner) as db:
        total = usage.total(db)
    assert total is not None
    assert (total.prompt_tokens, total.cost) == (3_000_000_000, Cost(3_000_000.0))
    assert isinstance(total.prompt_tokens, int)


def test_a_call_without_a_day_is_left_out(add: Callable[..., None], owner: int, storage: str) -> None:
    add({"task": "odd", "cost": 1.0}, {"task": "far", "cost": 1.0}, {"cost": 0.5})
    odd, far = ("rubbish", "") if storage == "sqlite" else ("infinity", "20000-01-01 00:00:00+00")
    with database.engine().begin() as connection:
        for task, at in {"odd": odd, "far": far}.items():
            statement = sa.text("UPDATE llm_call SET created_at = :at WHERE task = :task")
            connection.execute(statement, {"at": at, "task": task})
    with database.session(owner) as db:
        assert [(row.task, row.cost) for row in usage.by_day(db)] == [("job_match", Cost(0.5))]
        assert [row.task for row in usage.by_day(db, date(2026, 1, 1))] == ["job_match"]
        total = usage.total(db)
    assert total is not None
    assert (total.calls, total.cost) == (1, Cost(0.5))


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


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_of_the_file_is_no_formula(start: str) -> None:
    assert usage.cell(f"{start}1") == f"'{start}1"
    assert usage.cell(f"a{start}1") == f"a{start}1"


def test_the_file_holds_no_formulas(add: Callable[..., None], owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    add(
        {"at": now(), "model": "=HYPERLINK(1)", "prompt_tokens": 12, "cost": 0.5},
        {"at": now(), "model": "a/b", "task": "@task", "seconds": 2.0},
    )
    given: list[bytes] = []
    monkeypatch.setattr(st, "download_button", lambda *_, data, **__: given.append(data))
    shown = open_usage().dataframe[0].value
    assert sorted(shown["model"]) == ["=HYPERLINK(1)", "a/b"]
    rows = list(csv.reader(io.StringIO(given[-1].decode("utf-8-sig"))))
    today = now().date().isoformat()
    assert rows[1] == [today, "'@task", "a/b", "1", "0", "", "", "", "1", "2.0", "2.0"]
    assert rows[2][2:8] == ["'=HYPERLINK(1)", "1", "0", "12", "", "0.5"]


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
