"""How much of the throughput that its models allow the workbench reaches, with many runs at once and viewers attached.

The models are a server on loopback in a process of its own, as fast as a hosted one: 300 ms to the first token, then a
token every 10 ms, 600 of them for the summary of a job and 1,500 for a match. So a match takes its models 21.6 s; the
ideal is that the places for runs are always taken by models at work. The runs are all submitted at the beginning; the
time is from the first submission to the end of the last run. The viewers follow runs as the page does, each the next
one when its own has finished; what the page does besides, to draw, is not in here.

SQLite: this process executes, as the app does by default. PostgreSQL: two workers with half of the places each.

`viewers_cores` is the processor time of the viewers' threads, and of those that read live streams for them, in seconds
a second (of Linux; elsewhere 0). `base_to_schedule` is how long the bare requests of a match take, as many matches at
once as there are places, compared with the schedule: much above 1 the machine is busy, and the ratios mean little.
`locked` counts the lines "database is locked" in the logs.
"""

import argparse
import json
import logging
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from benchmarks.chain import MATCH_INPUTS, MODEL, SAMPLE, SUMMARY, base, environment, fresh_job, percentile
from benchmarks.paced_model import FIRST, PacedModel, paced_model, pieces
from core import clients, database, engine, runs
from core.models import ResumeKind, Run, RunStatus
from core.offline import analyse
from core.runs import LiveText
from core.settings import OFFLINE_MODEL
from tests.support.postgres import new_database, postgres_server
from tests.support.workers import Worker

PACE = 0.01  # seconds between tokens
TOKENS = {"job_summary": 600, "job_match": 1_500}  # of an answer
IDEAL = sum(FIRST + (count - 1) * PACE for count in TOKENS.values())  # seconds of one match
WORKERS = 2
LOCKED = "database is locked"


@contextmanager
def place(storage: str, folder: Path, model: PacedModel, concurrency: int) -> Iterator[None]:
    """Everything set up on that database, and somebody who executes."""
    values: dict[str, Any] = {"model": MODEL, "api_base": model.url, "api_key": "test", "log_level": "ERROR"}
    folder.mkdir()
    with ExitStack() as stack:
        if storage == "sqlite":
            stack.enter_context(environment(folder, concurrency=concurrency, **values))
        else:
            server = stack.enter_context(postgres_server())
            values |= {"database_url": new_database(server, "load"), "execute": False}
            stack.enter_context(environment(folder, **values))
            for number in range(WORKERS):
                worker = Worker(folder, f"worker{number}", concurrency=concurrency // WORKERS, log_level="INFO")
                stack.callback(worker.kill)
                worker.started()
        yield


def submit(owner: int, client_id: int, count: int) -> list[str]:
    with database.session(owner) as db:
        return [
            runs.submit_match(db, client_id, fresh_job(), model=MODEL, locale="en", token=uuid.uuid4().hex).id
            for _ in range(count)
        ]


def await_all(owner: int, ids: list[str]) -> None:
    """Until all have ended; raises RuntimeError when one did not as planned."""
    while True:
        with database.session(owner) as db:
            statuses = db.exec(select(Run.status).where(col(Run.id).in_(ids))).all()
        if all(status.finished for status in statuses):
            break
        time.sleep(0.1)
    if set(statuses) != {RunStatus.COMPLETED}:
        raise RuntimeError(f"not all went as planned: {statuses}")


def client_of(owner: int) -> int:
    with database.session(owner) as db:
        client_id = clients.create(db, SAMPLE.name).id or 0
        for kind in (ResumeKind.RESUME, ResumeKind.DETAILED_RESUME):
            resume = clients.add_paste(db, client_id, kind, SAMPLE.documents[kind])
            await_all(owner, [runs.submit_extraction(db, resume, model=OFFLINE_MODEL, locale="en").id])
    return client_id


class Viewers:
    """So many threads that follow runs, in order, until there are no more."""

    def __init__(self, owner: int, count: int) -> None:
        self.owner = owner
        self.seen = [0] * count  # characters, by viewer
        self.ids: list[str] = []
        self.threads = [
            threading.Thread(target=self._view, args=(number,), name="viewer", daemon=True) for number in range(count)
        ]

    def attach(self, ids: list[str]) -> None:
        self.ids = ids
        for thread in self.threads:
            thread.start()

    def join(self) -> None:
        for thread in self.threads:
            thread.join()

    def _view(self, number: int) -> None:
        # Spread over those that are at work together: each looks at every fifth or so of the runs.
        for run_id in self.ids[number % 8 :: 8]:
            live: LiveText | None = None
            for view in runs.follow(self.owner, run_id):
                if view is not None:
                    live = live or LiveText(view.run) if view.run.status is RunStatus.MATCH_STREAMING else None
                if live is not None:
                    self.seen[number] += sum(len(piece) for piece in live if piece)


class Processor:
    """The processor time of this process's threads of some names, also of those that have ended meanwhile."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.spent: dict[int, int] = {}  # nanoseconds, by the system's number of the thread
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while Path("/proc/self/task").exists():
            for thread in threading.enumerate():
                if thread.name in self.names and thread.native_id:
                    with suppress(OSError):  # it has ended just now
                        spent = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text()
                        self.spent[thread.native_id] = int(spent.split()[0])
            time.sleep(0.2)

    @property
    def seconds(self) -> float:
        return sum(self.spent.copy().values()) / 1e9


class Locked(logging.Handler):
    """Counts the lines that say it in this process."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += LOCKED in record.getMessage()


def measure(storage: str, folder: Path, model: PacedModel, arguments: argparse.Namespace) -> dict[str, float]:
    locked = Locked()
    for name in (None, "dbos"):
        logging.getLogger(name).addHandler(locked)
    with place(storage, folder, model, arguments.concurrency):
        owner = database.local_owner()
        client_id = client_of(owner)
        await_all(owner, submit(owner, client_id, arguments.concurrency * 2))  # imports and connections
        bare = base(model, arguments.concurrency)
        model.report()
        viewers, watching = Viewers(owner, arguments.viewers), Processor("viewer", "stream")
        started, cpu = time.perf_counter(), time.process_time()
        ids = submit(owner, client_id, arguments.runs)
        submitted = time.perf_counter() - started
        viewers.attach(ids)
        await_all(owner, ids)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        viewers.join()  # each sees its last run end
    late = percentile(model.report()["late"], 0.95)
    logged = sum(log.read_text().count(LOCKED) for log in folder.glob("*.log"))
    ideal = arguments.runs * IDEAL / arguments.concurrency
    print(
        f"{storage}: {arguments.runs} runs in {seconds:.1f} s, ideal {ideal:.1f} s; submitted in {submitted:.1f} s; "
        f"{cpu:.1f} s of processor here; viewers read {sum(viewers.seen)} characters; "
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
        flush=True,
    )
    return {
        f"load_{storage}_throughput_ratio": round(ideal / seconds, 3),
        f"load_{storage}_viewers_cores": round(watching.seconds / seconds, 3),
        f"load_{storage}_locked": locked.count + logged,
        f"load_{storage}_base_to_schedule": round(bare / IDEAL, 3),
        f"load_{storage}_submit_ms": round(submitted / arguments.runs * 1000, 1),
        f"load_{storage}_server_late_p95_ms": round(late, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--viewers", type=int, default=40)
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one of the two databases")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()

    target = arguments.json and arguments.json.resolve()
    figures: dict[str, float] = {}
    answers = {"job_summary": SUMMARY, "job_match": analyse("job_match", "en", MATCH_INPUTS).model_dump_json()}
    cut = {task: pieces(text, TOKENS[task]) for task, text in answers.items()}
    with tempfile.TemporaryDirectory() as name, paced_model(cut, PACE) as model:
        os.chdir(name)  # away from the settings of this checkout
        for storage in ("sqlite", "postgresql"):
            if arguments.only in (None, storage):
                figures |= measure(storage, Path(name) / storage, model, arguments)
    engine.stop()
    if target:
        target.write_text(json.dumps({"load": os.getloadavg(), **figures}, indent=2))
    for figure, value in figures.items():
        print(f"{figure}={value}")


if __name__ == "__main__":
    main()
