"""How many pairs of a job description and a resume one core takes a second, without a model.

A pair is what a row of `python -m core batch` costs: the job read into requirements, the match, every quote looked up,
the score. The texts are those of the gold sets, each line with a number of its own, so that nothing that was read
once answers for it again. The process keeps to one core; the first pairs, which import and build, are not counted.

In turns with it, on the same pairs under other numbers: the bare analyst, called as a function, and the TF-IDF cosine
of both texts, which is a match without reasons. `path_to_bare` is what prompts, litellm, validation and grounding cost;
`pair_to_tfidf` what the reasons do. Both are ratios of sums.
"""

import argparse
import itertools
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from core import grounding, routing, scoring, tasks
from core.evaluation import baselines, gold
from core.evaluation.gold import Case, Fit
from core.evaluation.predict import TODAY
from core.offline import analyse
from core.schemas import JobMatch, JobSummary

LEAST = 10  # pairs a second
WARM_UP = 5  # pairs
NUMBERS = itertools.count(100_000)  # that nobody takes for a year

T = TypeVar("T")


@dataclass
class Pair:
    """Milliseconds that one pair takes, in all and in parts."""

    case: str
    fit: str
    whole: float
    job_summary: float  # of the bare analyst
    job_match: float  # of the bare analyst
    sources: float  # looking in the resume for what is no evidence
    grounding: float
    tfidf: float

    @property
    def bare(self) -> float:
        return self.job_summary + self.job_match

    @property
    def rest(self) -> float:
        """Prompts, litellm, validation and the score."""
        return self.whole - self.bare - self.sources - self.grounding


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What it returns, and its milliseconds."""
    started = time.perf_counter()
    result = work()
    return result, (time.perf_counter() - started) * 1e3


def numbered(text: str) -> str:
    return "\n".join(f"{line} [{next(NUMBERS)}]" if line.strip() else line for line in text.splitlines())


def measure(case: Case, fit: Fit) -> Pair:
    job, resume = numbered(case.job), numbered(case.resumes[fit])
    _, whole = timed(lambda: by_the_tasks(job, resume, case.locale))

    job, resume = numbered(case.job), numbered(case.resumes[fit])
    summary, job_summary = timed(lambda: analyse("job_summary", case.locale, {"job_description": job}))
    if not isinstance(summary, JobSummary):
        raise TypeError(type(summary))
    inputs = {"job_summary": summary.model_dump_json(), "resume": resume, "today": TODAY}
    match, job_match = timed(lambda: analyse("job_match", case.locale, inputs))
    if not isinstance(match, JobMatch):
        raise TypeError(type(match))
    shown, sources = timed(lambda: tasks.sources(summary, job, resume, ""))
    _, ground = timed(lambda: grounding.ground(match, summary.requirements, shown))
    _, tfidf = timed(lambda: baselines.tfidf([job], [resume]))
    return Pair(case.name, fit, whole, job_summary, job_match, sources, ground, tfidf)


def by_the_tasks(job: str, resume: str, locale: str) -> int:
    """As the terminal does it."""
    candidates = {task: routing.candidates(task, "offline") for task in ("job_summary", "job_match")}
    summary = tasks.summarise_job(job, locale=locale, candidates=candidates["job_summary"])
    match = tasks.match(summary, resume, posting=job, locale=locale, candidates=candidates["job_match"], today=TODAY)
    return scoring.score(summary.requirements, match.verdicts).value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()

    if hasattr(os, "sched_setaffinity"):  # of this thread and those it will start
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    cases = [case for name in gold.SETS for case in gold.load(gold.folder(name))]
    work = [(case, fit) for fit in gold.FITS for case in cases]
    for case, fit in work[:WARM_UP] + work[-WARM_UP:]:
        measure(case, fit)
    pairs = [measure(case, fit) for case, fit in work]

    wholes = [pair.whole for pair in pairs]
    means = {part: np.mean([getattr(pair, part) for pair in pairs]) for part in ("whole", "bare", "tfidf")}
    figures = {
        "pairs": len(pairs),
        "pairs_per_second": round(1000 / means["whole"], 1),
        "pair_p50_ms": round(float(np.percentile(wholes, 50)), 1),
        "pair_p95_ms": round(float(np.percentile(wholes, 95)), 1),
        "path_to_bare": round(float(means["whole"] / means["bare"]), 2),
        "pair_to_tfidf": round(float(means["whole"] / means["tfidf"]), 1),
    }
    for part in ("job_summary", "job_match", "sources", "grounding", "rest", "whole", "tfidf"):
        print(f"{part:12}{np.mean([getattr(pair, part) for pair in pairs]):8.2f} ms")
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"pairs_ms": [asdict(pair) for pair in pairs], **figures}, indent=2), "utf-8"
        )
    for name, value in figures.items():
        print(f"{name}={value}")
    raise SystemExit(0 if figures["pairs_per_second"] >= LEAST else 1)


if __name__ == "__main__":
    main()
