"""What the operator sees of the whole install, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from core import credits, database, operations
from core.models import Attempt, CreditEntry, EntryKind, Event, EventType, Run, RunKind, RunStatus, now
from core.operations import QueueLoad, StepTimes
from tests.test_app import fresh_caches, open_app, texts
from tests.test_credits import held, ready_client
from tests.test_database import add_owner
from tests.test_runs import submit

__all__ = ["fresh_caches", "held"]  # fixtures

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def add(storage: str, owner: int) -> Callable[..., None]:
    """Keep a run with its attempt, and a step for each pair of a task and its seconds."""
    client_id = ready_client(owner)

    def keep(name: str, status: RunStatus, *steps: tuple[str, float], at: datetime = NOON, **values: Any) -> None:
        code = values.pop("failure_code", None)
        with database.session(owner) as db:
            model = values.pop("model", "paid")
            known: dict[str, Any] = {"client_id": client_id, "resume_id": 1, "locale": "en", "created_at": at}
            db.add(Run(id=name, kind=RunKind.MATCH, status=status, model=model, **known, **values))
            db.flush()
            db.add(Attempt(run_id=name, number=1, failure_code=code, created_at=at))
            for task, seconds in steps:
                for kind, when in (
                    (EventType.TASK_STARTED, at - timedelta(hours=1)),  # before a crash
                    (EventType.TASK_STARTED, at),
                    (EventType.TASK_COMPLETED, at + timedelta(seconds=seconds)),
                ):
                    if seconds or kind is EventType.TASK_STARTED:
                        db.add(Event(run_id=name, attempt=1, type=kind, task=task, created_at=when))
                        db.flush()
            db.commit()

    return keep


def test_runs_and_failures_are_counted_in_a_period(add: Callable[..., None]) -> None:
    add("a", RunStatus.COMPLETED)
    add("b", RunStatus.FAILED, failure_code="timeout")
    add("c", RunStatus.FAILED, failure_code="timeout")
    add("d", RunStatus.FAILED, failure_code="auth")
    add("e", RunStatus.CANCELLED, failure_code="cancelled")
    add("old", RunStatus.FAILED, failure_code="auth", at=NOON - timedelta(days=1))
    found = operations.of(NOON.date())
    assert found.statuses == {RunStatus.COMPLETED: 1, RunStatus.FAILED: 3, RunStatus.CANCELLED: 1}
    assert list(found.failures.items()) == [("timeout", 2), ("auth", 1)]
    assert operations.of().failures == {"auth": 2, "timeout": 2}


@pytest.mark.parametrize(("steps", "p50", "p95"), [(1, 1.0, 1.0), (20, 10.0, 19.0), (21, 11.0, 20.0)])
def test_of_the_steps_half_and_95_of_100_took_no_longer(
    add: Callable[..., None], steps: int, p50: float, p95: float
) -> None:
    for seconds in range(steps, 0, -1):
        add(f"run {seconds}", RunStatus.COMPLETED, ("job_match", float(seconds)))
    add("other", RunStatus.COMPLETED, ("job_summary", 0.25))
    match, summary = operations.of().steps
    assert (match.task, match.steps) == ("job_match", steps)
    assert (match.p50, match.p95) == (pytest.approx(p50, abs=0.002), pytest.approx(p95, abs=0.002))
    assert summary == StepTimes("job_summary", 1, summary.p50, summary.p50)
    assert summary.p50 == pytest.approx(0.25, abs=0.002)
    assert operations.of(NOON.date() + timedelta(days=1)).steps == []


def test_only_the_newest_steps_of_a_period_are_looked_at(
    add: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the page is as quick after years as on the first day."""
    monkeypatch.setattr(operations, "RECENT_STEPS", 2)
    for day, seconds in enumerate((90.0, 80.0, 3.0, 2.0)):
        add(f"day {day}", RunStatus.COMPLETED, ("job_match", seconds), at=NOON + timedelta(days=day))
    (match,) = operations.of(NOON.date()).steps
    assert (match.steps, match.p50, match.p95) == (2, pytest.approx(2, abs=0.002), pytest.approx(3, abs=0.002))


def test_each_queue_has_those_that_wait_and_those_in_work(add: Callable[..., None]) -> None:
    add("w1", RunStatus.SUMMARY_PENDING)
    add("w2", RunStatus.SUMMARY_PENDING)
    add("r", RunStatus.MATCH_STREAMING, ("job_summary", 1.0), ("job_match", 0))
    add("f", RunStatus.SUMMARY_PENDING, model="free")
    add("s", RunStatus.OCR_PENDING)
    add("o", RunStatus.OCR_PENDING, model="offline/analyst")
    add("reads", RunStatus.OCR_PENDING, ("ocr", 0))
    add("has read", RunStatus.SUMMARY_PENDING, ("ocr", 1.0), ("job_summary", 0))
    add("checked by a person", RunStatus.REVIEW_PENDING, ("ocr", 1.0))
    assert operations.of(now().date() + timedelta(days=1)).queues == [
        QueueLoad("runs", 2, 1),
        QueueLoad("offline", 0, 0),
        QueueLoad("free", 1, 0),
        QueueLoad("scans", 1, 2),
        QueueLoad("free_scans", 1, 0),
    ]


def test_credits_are_summed_over_all_owners(add: Callable[..., None], owner: int) -> None:
    for each in (owner, add_owner("other")):
        with database.session(each) as db:
            credits.grant(db, 50)
            db.add(CreditEntry(key="d", kind=EntryKind.DEBIT, amount=-3))
            db.add(CreditEntry(key="r", kind=EntryKind.REFUND, amount=1))
            db.commit()
    found = operations.of(now().date())
    assert (found.debited, found.refunded) == (6, 2)
    assert operations.of(now().date() + timedelta(days=1)).debited == 0


@pytest.mark.usefixtures("held")
def test_only_the_operator_sees_the_page(owner: int, configure: Callable[..., None]) -> None:
    run = submit(owner, ready_client(owner))
    with database.session(owner) as db:
        db.exec(select(Attempt).where(Attempt.run_id == run.id)).one().failure_code = "timeout"
        db.commit()
    configure(credits=True)
    at = open_operations("en-US", "Operations")
    assert {metric.label: metric.value for metric in at.metric}["Offline analyst: in work / waiting"] == "0 / 1"
    assert "Failures" in texts(at)
    assert "the last 10,000 finished steps" in texts(at)
    assert "All owners of this install" in texts(at)
    shown = "\n".join(table.value.to_string() for table in at.table)
    assert "timeout" in shown
    assert "charged" in shown
    at = open_operations("zh-CN", "运行状况")
    assert "失败原因" in texts(at)
    configure(operator=False)
    assert [tab.label for tab in open_app(page="History").tabs] == ["Matches", "Usage"]


def open_operations(locale: str, label: str) -> Any:
    at = open_app(locale, "History")
    at.session_state["history_tabs"] = label
    at.run()
    assert not at.exception
    return at
