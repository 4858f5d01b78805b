"""Executors are killed again and again while runs come: none is lost, none hangs, no finished step is paid for twice,
and the ledger says what must have been charged.

`CHAOS_KILLS` is the number of kills on each database, 20 if it is not set.
"""

import itertools
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from core import credits, database, engine, routing, runs
from core.models import CreditEntry, EntryKind, Event, EventType, LLMCall, Match, Run, RunStatus
from core.routing import Candidate
from core.settings import OFFLINE_MODEL
from tests.support.model_server import ModelServer
from tests.support.workers import Worker
from tests.test_runs import JD, PACED, add_client, settle

KILLS = int(os.environ.get("CHAOS_KILLS", "20"))
UNFINISHED = 8  # runs there are at a time
WARM = 3  # processes there are at a time: starting one takes seconds, so the next are on their way
EXECUTING = {"sqlite": 1, "postgresql": 2}  # of them
CREDITS = 100_000  # of the owner: not what this is about
AT_MOST = 60 + 15 * KILLS  # seconds of killing, on a machine that has other work


class Fleet:
    """Workers, of which one that executes can be killed at any time, because the next are starting."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = itertools.count()
        self.workers: list[Worker] = []
        self.fill()

    def fill(self) -> None:
        while len(self.workers) < WARM:
            self.workers.append(Worker(self.folder, f"worker{next(self.numbers)}"))

    def executing(self) -> list[Worker]:
        """Those that have begun to."""
        for worker in self.workers:
            assert worker.process.is_alive(), worker.log.read_text()
        return [worker for worker in self.workers if worker.executors]

    def kill(self, worker: Worker) -> None:
        worker.kill()
        self.workers.remove(worker)
        self.fill()

    def end(self) -> None:
        for worker in self.workers:
            worker.kill()


@pytest.fixture
def fleet(storage: str, folder: Path, paced: Candidate, configure: Callable[..., None]) -> Iterator[Fleet]:
    """On a machine that is busy starting processes a model may seem slow."""
    configure(execute=False, stall_seconds=60, deadline_seconds=600, credits=True, signup_credits=CREDITS)
    fleet = Fleet(folder)
    yield fleet
    fleet.end()


class Coach:
    """Keeps submitting matches, each of a job description of its own; every third is the offline analyst's."""

    def __init__(self, owner: int) -> None:
        self.owner, self.client_id = owner, add_client(owner)
        self.submitted: list[str] = []

    def keep_busy(self) -> None:
        with database.session(self.owner) as db:
            statuses = db.exec(select(Run.status).where(Run.kind == "match")).all()
            for _ in range(UNFINISHED - sum(not status.finished for status in statuses)):
                number = len(self.submitted)
                model = OFFLINE_MODEL if number % 3 == 2 else PACED
                text = f"{JD.strip()}\nReference: {number:05}"
                run = runs.submit_match(db, self.client_id, text, model=model, locale="en", token=str(number))
                self.submitted.append(run.id)


@pytest.mark.timeout(AT_MOST + 240)
def test_nothing_is_lost_however_often_executors_are_killed(
    storage: str, fleet: Fleet, owner: int, server: ModelServer
) -> None:
    chance = random.Random(4)
    server.pace, server.chunk = 0.015, 96
    coach = Coach(owner)
    kills, began = 0, time.monotonic()
    while kills < KILLS:
        assert time.monotonic() - began < AT_MOST, f"only {kills} kills"
        coach.keep_busy()
        executing = fleet.executing()
        if len(executing) >= EXECUTING[storage] and sum(server.open.values()):  # there is something to interrupt
            time.sleep(chance.uniform(0, 1.5))
            fleet.kill(chance.choice(executing))
            kills += 1
        time.sleep(0.05)
    killing = time.monotonic() - began
    server.pace = 0

    for run_id in coach.submitted:
        seen = settle(owner, run_id, 120)
        assert seen.run.status is RunStatus.COMPLETED, (seen.run.failure_code, seen.calls)
        assert all(step.state == "done" for step in seen.steps)
    assert len(coach.submitted) == len(set(coach.submitted)) >= UNFINISHED

    with database.session(owner) as db:
        assert len(db.exec(select(Run).where(Run.kind == "match")).all()) == len(coach.submitted)
        assert len(db.exec(select(Match)).all()) == len(coach.submitted)
        events = db.exec(select(Event).order_by(col(Event.id))).all()
        calls = db.exec(select(LLMCall).where(LLMCall.outcome == "ok")).all()
        entries = db.exec(select(CreditEntry)).all()
        balance = credits.balance(db)
        on_paced = set(db.exec(select(Run.id).where(Run.model == PACED)).all())
    # A finished step is never begun again, and every request belongs to one beginning of a step.
    finished: set[tuple[str, str]] = set()
    started: Counter[str] = Counter()
    for event in events:
        if event.type is EventType.TASK_STARTED:
            assert (event.run_id, event.task) not in finished
            started[event.task] += event.run_id in on_paced
        elif event.type is EventType.TASK_COMPLETED:
            assert (event.run_id, event.task) not in finished
            finished.add((event.run_id, event.task))
    for task in ("job_summary", "job_match"):
        assert len(on_paced) <= server.requests[task] <= started[task]
    # Every task of a run by a model is charged once and kept, whatever died meanwhile.
    booked = Counter((entry.run_id, entry.task, entry.kind) for entry in entries if entry.run_id)
    price = sum(routing.cost(task, PACED) for task in ("job_summary", "job_match"))
    assert set(booked) == {(run, task, EntryKind.DEBIT) for run in on_paced for task in ("job_summary", "job_match")}
    assert set(booked.values()) == {1}
    assert balance == sum(entry.amount for entry in entries) == CREDITS - price * len(on_paced)
    # The window: an answer that was logged as complete, and whose process died before it was kept.
    answered = Counter((call.run_id, call.task) for call in calls)
    repeated = sum(count - 1 for count in answered.values())
    assert repeated <= max(4, KILLS // 5)
    again = sum(server.requests.values()) - 2 * len(on_paced)
    assert again >= KILLS // 4  # the kills did hit
    print(
        f"\n{storage}: {kills} kills in {killing:.0f} s, {len(coach.submitted)} runs, {again} requests repeated, "
        f"{repeated} of them after a complete answer"
    )
    assert {queue: engine.queued(queue) for queue in routing.queues()} == {queue: [] for queue in routing.queues()}
