"""Fictional clients and job descriptions to try everything with, from `samples/manifest.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache

from core import clients, jobs, runs
from core.database import OwnerSession
from core.models import Client, ResumeKind, Run
from core.settings import OFFLINE_MODEL, ROOT

FOLDER = ROOT / "samples"


@dataclass(frozen=True)
class SampleClient:
    """One fictional person: the texts of their documents and of the jobs to compare them with, by title."""

    name: str
    locale: str
    documents: dict[ResumeKind, str]
    jobs: dict[str, str]


@cache
def samples() -> tuple[SampleClient, ...]:
    manifest = tomllib.loads((FOLDER / "manifest.toml").read_text("utf-8"))

    def text(path: str) -> str:
        return (FOLDER / path).read_text("utf-8")

    return tuple(
        SampleClient(
            name=entry["name"],
            locale=entry["locale"],
            documents={kind: text(entry[kind.value]) for kind in ResumeKind},
            jobs={job["title"]: text(job["path"]) for job in entry["jobs"]},
        )
        for entry in manifest["clients"]
    )


def loaded(db: OwnerSession) -> bool:
    """Whether every sample client is among the owner's active ones."""
    return {sample.name for sample in samples()} <= {client.name for client in clients.listing(db)}


def load(db: OwnerSession) -> list[Run]:
    """Add the sample clients that are missing, with their documents and jobs; returns the extractions it started.

    The offline analyst reads them, whatever model is configured: a first look must cost nothing. All in one
    transaction, begun by locking the owner: a second click at the same time waits, and then finds them there.
    """
    db.lock_owner()
    present = {client.name for client in clients.listing(db)}
    started = [run for sample in samples() if sample.name not in present for run in _add(db, sample)]
    db.commit()
    for run in started:
        runs.hand_over(run)
    return started


def _add(db: OwnerSession, sample: SampleClient) -> list[Run]:
    client = Client(name=sample.name)
    db.add(client)
    db.flush()
    client_id = client.id or 0
    db.add_all(jobs.new(client_id, jobs.valid_text(text), title) for title, text in sample.jobs.items())
    return [
        runs.insert_extraction(
            db, clients.add_paste(db, client_id, kind, text), model=OFFLINE_MODEL, locale=sample.locale
        )
        for kind, text in sample.documents.items()
    ]
