"""How long the first page of History takes with 100 runs and with 100,000, on SQLite and, where it is installed, on
PostgreSQL.

One page is what `app/pages/History.py` asks for when it is opened: how many matches there are, and the newest of them.
Both sizes stand in databases of their own and are measured in turns; a time is the median of the rounds, the ratio
that of the two medians. The rows are written directly, with job descriptions and matches of a usual length.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from core import database, runs
from core.database import OwnerSession
from core.models import User, now
from tests.support.postgres import new_database, postgres_server

SIZES = (100, 100_000)
ROUNDS, WARM_UP = 200, 20
MOST = 2.0  # times as long
CLIENTS = 50
TEXT = "Build weekly dashboards for store managers and explain findings to people who are not analysts. " * 30
BATCH = 5_000  # rows


def filled(url: str, size: int) -> tuple[sa.Engine, int]:
    """A database with that many matches, and its owner."""
    engine = database.connect(url)
    database.migrate(engine)
    with Session(engine) as db:
        db.add(user := User(name="owner"))
        db.commit()
        owner_id = user.id or 0
    tables = SQLModel.metadata.tables
    mine = {"owner_id": owner_id, "created_at": now()}

    def insert(name: str, rows: Iterator[dict[str, Any]]) -> None:
        batch = []
        for row in rows:
            batch.append(mine | row)
            if len(batch) == BATCH:
                connection.execute(sa.insert(tables[name]), batch)
                batch = []
        if batch:
            connection.execute(sa.insert(tables[name]), batch)

    resume = {"kind": "resume", "version": 1, "origin": "paste", "filename": "", "text": TEXT, "locale": "en"}
    job = {"text": TEXT, "text_hash": "", "title": "Data analyst", "company": "Fernhill"}
    run = {"kind": "match", "status": "COMPLETED", "model": "offline", "locale": "en", "attempt": 1}
    run |= {"wants_review": False}
    match = {"output": {"overall_assessment": TEXT}, "score": 70, "band": "medium", "model": "offline/analyst"}
    with engine.begin() as connection:
        numbers = range(1, CLIENTS + 1)
        insert("client", ({"id": n, "name": f"Client {n}"} for n in numbers))
        insert("resume", ({"id": n, "client_id": n} | resume for n in numbers))
        each = range(1, size + 1)
        insert("job", ({"id": n, "client_id": n % CLIENTS + 1} | job for n in each))
        insert(
            "run",
            (
                run
                | {"id": f"{n * 2654435761 % 2**32:032x}", "client_id": n % CLIENTS + 1, "resume_id": n % CLIENTS + 1}
                | {"job_id": n, "created_at": now() - timedelta(minutes=n)}
                for n in each
            ),
        )
        insert("match", ({"run_id": f"{n * 2654435761 % 2**32:032x}"} | match for n in each))
    return engine, owner_id


def page(engine: sa.Engine, owner_id: int) -> float:
    """Milliseconds of one first page."""
    started = time.perf_counter()
    with OwnerSession(engine, owner_id) as db:
        total = runs.count(db)
    with OwnerSession(engine, owner_id) as db:
        rows = runs.history(db)
    if len(rows) != runs.PAGE_SIZE or total < min(SIZES):
        raise ValueError((len(rows), total))
    return (time.perf_counter() - started) * 1e3


def measure(urls: dict[int, str]) -> dict[int, list[float]]:
    databases = {size: filled(url, size) for size, url in urls.items()}
    times: dict[int, list[float]] = {size: [] for size in urls}
    for number in range(WARM_UP + ROUNDS):
        for size, (engine, owner_id) in databases.items():
            taken = page(engine, owner_id)
            if number >= WARM_UP:
                times[size].append(taken)
    for engine, _ in databases.values():
        engine.dispose()
    return times


@contextmanager
def on_sqlite() -> Iterator[dict[int, str]]:
    with tempfile.TemporaryDirectory() as folder:
        yield {size: f"sqlite:///{Path(folder) / f'{size}.sqlite'}" for size in SIZES}


@contextmanager
def on_postgresql() -> Iterator[dict[int, str] | None]:
    with postgres_server() as server:
        if server is None:
            yield None
            return
        yield {size: new_database(server, f"runs{size}") for size in SIZES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()

    figures: dict[str, float] = {}
    raw: dict[str, dict[int, list[float]]] = {}
    for name, place in (("sqlite", on_sqlite), ("postgresql", on_postgresql)):
        with place() as urls:
            if urls is None:
                print(f"{name} is not installed")
                continue
            raw[name] = measure(urls)
        few, many = (statistics.median(raw[name][size]) for size in SIZES)
        figures |= {f"{name}_{size}_ms": round(statistics.median(raw[name][size]), 2) for size in SIZES}
        figures[f"{name}_ratio"] = round(many / few, 2)
    if arguments.json:
        arguments.json.write_text(json.dumps({"times_ms": raw, **figures}, indent=2), "utf-8")
    for name, value in figures.items():
        print(f"{name}={value}")
    raise SystemExit(0 if all(value <= MOST for name, value in figures.items() if name.endswith("_ratio")) else 1)


if __name__ == "__main__":
    main()
