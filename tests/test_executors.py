"""Workers as real processes: killed, cut off from the database, stopped, asked to end."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core import database, engine, runs
from core.models import Run, RunStatus
from core.routing import Candidate
from core.runs import LiveText
from tests.support.model_server import ModelServer
from tests.support.workers import SEARCH, Worker
from tests.test_runs import JD, PACED, add_client, is_streaming, settle, submit, view, wait

Start = Callable[..., Worker]
on_postgresql = pytest.mark.parametrize("storage", ["postgresql"], indirect=True)


@pytest.fixture
def start(folder: Path, configure: Callable[..., None]) -> Iterator[Start]:
    """Start workers; this process itself only submits and views."""
    configure(execute=False, stall_seconds=60, deadline_seconds=100)
    workers: list[Worker] = []

    def begin(**settings: object) -> Worker:
        workers.append(Worker(folder, f"worker{len(workers)}", **settings))
        return workers[-1]

    yield begin
    for worker in workers:
        worker.kill()


@pytest.fixture
def pair(storage: str, paced: Candidate, start: Start) -> list[Worker]:
    """Two workers on one database."""
    return [worker.started() for worker in [start(), start()]]


class Viewer(threading.Thread):
    """Follows a run as the page does; `text` is what stands there at the end."""

    def __init__(self, owner: int, run: Run) -> None:
        super().__init__(daemon=True)
        self.owner, self.run_id, self.text, self.statuses = owner, run.id, "", list[RunStatus]()
        self.start()

    def run(self) -> None:
        live: LiveText | None = None
        for seen in runs.follow(self.owner, self.run_id):
            if seen is not None:
                self.statuses.append(seen.run.status)
                live = live or LiveText(seen.run) if seen.run.status is RunStatus.MATCH_STREAMING else None
            if live is not None:
                self.text = "".join(piece for piece in live if piece)

    def ended(self, seconds: float = 60) -> "Viewer":
        self.join(seconds)
        assert not self.is_alive()
        return self


def at_work(run: Run, workers: list[Worker]) -> Worker:
    """The worker that executes a run."""
    [workflow] = engine._client().list_workflows(workflow_ids=[run.workflow_id])
    return next(worker for worker in workers if workflow.executor_id in worker.executors)


def cut_off(worker: Worker) -> None:
    """End the session in which a worker holds its slot, and no other."""
    number = worker.executors[-1].split("-")[1]
    query = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = :number AND granted"
    with database.engine().connect() as connection:
        assert connection.scalars(sa.text(query), {"number": int(number)}).all() == [True]


def undisturbed(owner: int, client_id: int, server: ModelServer) -> str:
    """What a viewer reads of the same match when nothing happens."""
    server.pace = 0
    run = submit(owner, client_id, PACED, token="undisturbed")
    settle(owner, run.id)
    return "".join(piece for piece in LiveText(run) if piece)


@on_postgresql
def test_a_killed_workers_run_is_finished_by_the_other_before_the_viewers_eyes(
    pair: list[Worker], owner: int, server: ModelServer
) -> None:
    client_id = add_client(owner)
    server.pace = 0.02
    run = submit(owner, client_id, PACED)
    viewer = Viewer(owner, run)
    wait(owner, run.id, is_streaming)
    time.sleep(0.5)
    at_work(run, pair).kill()
    killed = time.monotonic()
    while server.requests["job_match"] == 1:
        time.sleep(0.02)
    assert time.monotonic() - killed < 20  # the other is at work on it
    seen = settle(owner, run.id, 60)
    assert seen.run.status is RunStatus.COMPLETED, seen.run.failure_code
    assert (server.requests["job_summary"], server.requests["job_match"]) == (1, 2)
    assert server.most_open["job_match"] == 1
    assert viewer.ended().text == undisturbed(owner, client_id, server)
    assert viewer.statuses[-1] is RunStatus.COMPLETED


@on_postgresql
def test_a_worker_that_loses_its_slot_stops_before_another_goes_on(
    pair: list[Worker], owner: int, server: ModelServer
) -> None:
    client_id = add_client(owner)
    expected = undisturbed(owner, client_id, server)

    def lose(during: Callable[[Worker], None], token: str) -> Worker:
        server.requests.clear()
        server.pace = 0.05
        run = submit(owner, client_id, PACED, token=token)
        viewer = Viewer(owner, run)
        wait(owner, run.id, is_streaming)
        worker = at_work(run, pair)
        during(worker)
        worker.wait_for("slot lost")
        server.pace = 0.01
        seen = settle(owner, run.id, 60)
        assert (seen.run.status, seen.run.attempt) == (RunStatus.COMPLETED, 1), seen.run.failure_code
        assert server.requests["job_match"] == 2
        assert viewer.ended().text == expected
        return worker

    def asleep(worker: Worker) -> None:  # so it cannot notice; what it would write afterwards is refused
        worker.send(signal.SIGSTOP)
        cut_off(worker)
        while server.requests["job_match"] == 1:
            time.sleep(0.02)
        worker.send(signal.SIGCONT)

    worker = lose(cut_off, "cut off")
    assert server.most_open["job_match"] == 1  # never both at once
    deadline = time.monotonic() + 30
    while len(worker.executors) == 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(set(worker.executors)) == 2  # it has a new slot, and works on
    lose(asleep, "asleep")


def test_a_worker_that_is_asked_to_end_finishes_its_run_and_leaves_the_others(
    owner: int, paced: Candidate, server: ModelServer, start: Start
) -> None:
    worker = start(concurrency=1).started()
    successor = start(concurrency=1)
    client_id = add_client(owner)
    server.pace = 0.02  # it has twenty seconds
    first = submit(owner, client_id, PACED)
    wait(owner, first.id, is_streaming)
    second = submit(owner, client_id, PACED, jd=JD + " Another one.", token="second")
    successor.wait_for("engine waits")  # on SQLite only one process executes
    assert successor.executors == []
    worker.send(signal.SIGTERM)
    worker.process.join(60)
    assert worker.process.exitcode == 0
    assert view(owner, first.id).run.status is RunStatus.COMPLETED
    assert "ERROR" not in worker.log.read_text()
    server.pace = 0
    assert settle(owner, second.id, 60).run.status is RunStatus.COMPLETED
    assert (server.requests["job_summary"], server.requests["job_match"]) == (2, 2)
    successor.started()


def test_the_command_is_such_a_worker(owner: int, folder: Path, idle: Callable[[], None]) -> None:
    client_id = add_client(owner)
    idle()
    environment = {**os.environ, "PYTHONPATH": SEARCH}
    process = subprocess.Popen([sys.executable, "-m", "core", "worker"], cwd=folder, env=environment)
    try:
        assert settle(owner, submit(owner, client_id).id).run.status is RunStatus.COMPLETED
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()


def test_what_has_no_time_to_finish_is_left_for_the_next(owner: int, paced: Candidate, server: ModelServer) -> None:
    client_id = add_client(owner)
    server.pace = 0.5
    run = submit(owner, client_id, PACED)
    wait(owner, run.id, is_streaming)
    engine.stop(grace=0.2)
    assert server.open["job_match"] == 0  # nobody pays for an answer that nobody reads
    assert not view(owner, run.id).finished
    server.pace = 0
    assert engine.start()
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED
    assert (server.requests["job_summary"], server.requests["job_match"]) == (1, 2)


def test_an_app_that_only_submits_executes_nothing(owner: int, configure: Callable[..., None]) -> None:
    client_id = add_client(owner)
    engine.stop()
    configure(execute=False)
    run = submit(owner, client_id)
    engine.keep_running()
    time.sleep(1.5)
    assert not engine.start()
    assert view(owner, run.id).steps[0].state == "pending"
    engine.stop()
    configure(execute=True)
    assert engine.start()
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED
