"""One resume among many postings, each labelled by whether it fits: does the score rank those that do above the others?

A folder per person: `resume.txt`, and `postings.jsonl` with `{"id": 1, "fits": true, "text": "..."}` on each line.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError
from sklearn.metrics import roc_auc_score

from core import i18n, routing, scoring, tasks
from core.errors import InputError, WorkbenchError
from core.evaluation import baselines
from core.evaluation.predict import TODAY
from core.settings import ROOT

FOLDER = ROOT / "tests" / "gold" / "ranking"  # the people who come with the project
RESAMPLES = 1000


class Posting(BaseModel):
    """A job description, and whether a person who knows the resume says that it fits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: int
    fits: bool
    text: str


@dataclass(frozen=True)
class Person:
    """A resume with its postings."""

    name: str
    resume: str
    postings: Sequence[Posting]


def load(folder: Path) -> list[Person]:
    """The people of a folder, by name. Raises InputError: `gold_missing` without any, `gold_invalid` with the file."""
    people = [_read(file.parent) for file in sorted(folder.glob("*/postings.jsonl"))]
    if not people:
        raise InputError("gold_missing", path=folder, split="all")
    return people


def _read(folder: Path) -> Person:
    file = folder / "postings.jsonl"
    try:
        rows = [Posting.model_validate(json.loads(line)) for line in file.read_text("utf-8").splitlines() if line]
        resume = (folder / "resume.txt").read_text("utf-8")
    except (OSError, ValueError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise InputError("gold_invalid", path=str(file), reason=reason) from error
    if len({row.fits for row in rows}) != 2:
        raise InputError("gold_invalid", path=str(file), reason="there must be postings that fit and others")
    return Person(folder.name, resume, rows)


def scores(person: Person, route: str) -> list[int]:
    """The score of each posting by a route of `core.routing`; 0 where there is nothing to score."""
    return [_score(person.resume, posting.text, route) for posting in person.postings]


def _score(resume: str, posting: str, route: str) -> int:
    locale = i18n.detect_locale(posting)
    try:
        job = tasks.summarise_job(posting, locale=locale, candidates=routing.candidates("job_summary", route))
        candidates = routing.candidates("job_match", route)
        match = tasks.match(job, resume, posting=posting, locale=locale, candidates=candidates, today=TODAY)
    except WorkbenchError:
        return 0
    return scoring.score(job.requirements, match.verdicts).value


def compare(people: Sequence[Person], route: str) -> pd.DataFrame:
    """A row per person: number of postings and of fitting ones, and for score, TF-IDF and BM25 the chance that one that
    fits is ranked above another (AUC), with the 95% interval from a bootstrap of the postings."""
    rows = []
    for person in people:
        fits = np.array([posting.fits for posting in person.postings])
        texts = [posting.text for posting in person.postings]
        ranked = {
            "score": np.array(scores(person, route), dtype=float),
            "tfidf": baselines.tfidf(texts, [person.resume])[:, 0],
            "bm25": baselines.bm25(texts, [person.resume])[:, 0],
        }
        row: dict[str, object] = {"person": person.name, "postings": len(fits), "fitting": int(fits.sum())}
        for name, values in ranked.items():
            row[name] = float(roc_auc_score(fits, values))
            row[f"{name}_low"], row[f"{name}_high"] = _interval(fits, values)
        rows.append(row)
    return pd.DataFrame(rows)


def _interval(fits: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    random = np.random.default_rng(0)
    size = len(fits)
    drawn = np.array([np.bincount(random.integers(0, size, size), minlength=size) for _ in range(RESAMPLES)])
    above = (values[:, None] > values) + 0.5 * (values[:, None] == values)
    ours, theirs = drawn * fits, drawn * ~fits
    pairs = ours.sum(axis=1) * theirs.sum(axis=1)
    found = ((ours @ above) * theirs).sum(axis=1)[pairs > 0] / pairs[pairs > 0]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)
