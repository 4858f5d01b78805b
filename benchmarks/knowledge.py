"""How long a search for coaching snippets takes with 100, 10,000 and 100,000 of them, and how long it is to write one.

The snippets beyond those that come with the project are made of their sentences, shuffled, so that common words are
common and rare ones rare; those beyond the first `DIFFERENT` say the same again. The queries are the judged ones of
`tests/retrieval`. One figure is one query: its words and concepts, the search, and the three best snippets read. Run on
SQLite and, where it is installed, on PostgreSQL.
"""

import argparse
import json
import random
import tempfile
import time
from pathlib import Path

import numpy as np
from sqlalchemy import insert
from sqlmodel import Session, col, select

from core import database
from core.database import OwnerSession
from core.evaluation import retrieval
from core.knowledge import library, search, snippets
from core.knowledge.snippets import Advice
from core.models import Snippet, User
from tests.support.postgres import new_database, postgres_binaries, postgres_server

SIZES = (100, 10_000, 100_000)  # of one language
MOST = 20.0  # ms at 10,000, of 95 in 100 queries
BATCH = 2_000
DIFFERENT = 4_000  # snippets: what is searched grows all the same, and is made in a tenth of the time


def made(number: int, parts: list[Advice], chance: random.Random) -> Advice:
    """A snippet of other snippets' sentences."""
    pieces = chance.sample(parts, 4)
    lines = [chance.choice(one.situations) for one in chance.choices(parts, k=12)]
    body = " ".join(chance.choice(one.body.replace("。", ". ").split(". ")) for one in pieces * 2)
    return Advice(f"made-{number}", "en", pieces[0].title, body, pieces[1].tags, tuple(lines))


def filled(url: str, size: int) -> tuple[OwnerSession, float]:
    """A session of an owner with that many snippets in English, and the seconds a thousand took."""
    engine = database.connect(url)
    database.migrate(engine)
    with Session(engine) as db:
        db.add(user := User(name="owner"))
        db.commit()
        owner_id = user.id or 0
    db = OwnerSession(engine, owner_id)
    library.install(db)
    db.commit()
    parts = [one for (locale, _), one in snippets.curated().advice.items() if locale == "en"]
    chance, started, missing = random.Random(1), time.perf_counter(), max(0, size - len(parts))
    rows = [library.row_of(made(n, parts, chance)) for n in range(min(missing, DIFFERENT))]
    values = [row.model_dump(exclude={"id", "key"}) | {"owner_id": owner_id} for row in rows]
    each = (time.perf_counter() - started) / max(len(rows), 1) * 1000
    started = time.perf_counter()
    for start in range(0, missing, BATCH):
        batch = range(start, min(start + BATCH, missing))
        db.connection().execute(insert(Snippet), [values[n % DIFFERENT] | {"key": f"made-{n}"} for n in batch])
        db.commit()
    if engine.dialect.name == "postgresql":  # it does so by itself within minutes
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    return db, each + (time.perf_counter() - started) / max(missing, 1) * 1000


def times(db: OwnerSession) -> list[float]:
    """Milliseconds of each judged query."""
    found = []
    queries = [one.query for name in retrieval.SETS for one in retrieval.load(retrieval.FOLDER / name, "all")["en"]]
    for query in queries[:20] + queries:
        started = time.perf_counter()
        ids = [hit.id for hit in search.ranked(db, "en", query, 3)]
        rows = db.exec(select(Snippet).where(col(Snippet.id).in_(ids))).all()
        [library.advice_of(row) for row in rows]
        db.expunge_all()
        found.append((time.perf_counter() - started) * 1000)
    db.rollback()
    return found[20:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    arguments = parser.parse_args()
    figures: dict[str, float] = {}

    def measure(kind: str, url: str, size: int) -> None:
        db, each = filled(url, size)
        taken = times(db)
        p50, p95 = np.percentile(taken, [50, 95])
        print(f"{kind} {size:>7,} snippets: p50 {p50:.1f} ms, p95 {p95:.1f} ms, written {each:.2f} s a thousand")
        figures.update({f"{kind}_{size}_p50_ms": round(p50, 2), f"{kind}_{size}_p95_ms": round(p95, 2)})
        db.close()

    if arguments.only != "postgresql":
        for size in arguments.sizes:
            with tempfile.TemporaryDirectory() as folder:
                measure("sqlite", f"sqlite:///{folder}/app.db", size)
    if arguments.only != "sqlite" and postgres_binaries():
        with postgres_server() as server:
            for size in arguments.sizes:
                measure("postgresql", new_database(server, f"s{size}"), size)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))
    for name, value in figures.items():
        print(f"{name}={value}")


if __name__ == "__main__":
    main()
