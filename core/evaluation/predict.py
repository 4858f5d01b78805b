"""What a model makes of labelled pairs, as rows. A pair that fails is a row with its failure code, never dropped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from core import routing, scoring, tasks
from core.errors import WorkbenchError
from core.evaluation import baselines
from core.evaluation.alignment import align
from core.evaluation.gold import FITS, Case, Fit
from core.schemas import JobMatch, JobSummary, Verdict

TODAY = "2026-06-01"  # the day the labels count years up to

ABOUT = ("case", "profession", "locale", "split")
VERDICTS = (
    *(*ABOUT, "fit", "requirement", "category", "must", "gold", "predicted", "end_to_end"),
    *("note", "quotes", "cited", "grounded", "failure_code"),
)
PAIRS = (*ABOUT, "fit", "gold_score", "given_score", "score", "tfidf", "bm25", "failure_code")
JOBS = (*ABOUT, "labelled", "extracted", "matched", "must_right", "category_right", "failure_code")


@dataclass(frozen=True)
class Predictions:
    """`verdicts`: one row per labelled requirement and resume, columns `VERDICTS`; `pairs`: one row per posting and
    resume, columns `PAIRS`; `jobs`: one row per posting, columns `JOBS`.

    `predicted` and `given_score` rest on the labelled requirements; `end_to_end` and `score` on those extracted from
    the posting. Cells of what failed are empty, as is `end_to_end` where no extracted requirement answers to the
    labelled one.
    """

    verdicts: pd.DataFrame
    pairs: pd.DataFrame
    jobs: pd.DataFrame


def predict(
    cases: Sequence[Case], route: str, prompt_locale: str = "", progress: Callable[[str], None] = lambda _: None
) -> Predictions:
    """Run every pair of the cases by a route of `core.routing`. `prompt_locale` is each case's own when empty."""
    verdicts: list[dict[str, object]] = []
    pairs: list[dict[str, object]] = []
    jobs: list[dict[str, object]] = []
    similar = baselines.similarities(cases)
    for case in cases:
        locale = prompt_locale or case.locale
        about = {name: getattr(case, name) for name in ABOUT if name != "case"} | {"case": case.name}
        job, failure = _summarise(case, locale, route)
        links = align(case.job, [r.text for r in case.labelled], [r.text for r in job.requirements])
        jobs.append(about | _extraction(case, job, links) | {"failure_code": failure})
        for fit in FITS:
            progress(f"{case.name} {fit}")
            given = _Result.of(case, case.summary, fit, locale, route)
            whole = _Result(code=failure) if failure else _Result.of(case, job, fit, locale, route)
            code = given.code or whole.code
            scores = {
                "given_score": given.score(case.summary),
                "score": whole.score(job),
                "gold_score": _ideal(case, fit),
            }
            pairs.append(about | scores | similar[case.name, fit] | {"fit": fit, "failure_code": code})
            for at, requirement in enumerate(case.labelled):
                verdict = given.verdict(at)
                linked = whole.verdict(links.get(at))
                verdicts.append(
                    about
                    | {
                        "fit": fit,
                        "requirement": requirement.text,
                        "category": requirement.category,
                        "must": requirement.must,
                        "gold": requirement.label(fit),
                        "predicted": verdict.status if verdict else "",
                        "end_to_end": linked.status if linked else "",
                        "note": verdict.note if verdict else "",
                        "quotes": " | ".join(q.text for q in verdict.quotes) if verdict else "",
                        "cited": len(verdict.quotes) if verdict else 0,
                        "grounded": sum(q.verified for q in verdict.quotes) if verdict else 0,
                        "failure_code": code,
                    }
                )
    return Predictions(
        pd.DataFrame(verdicts, columns=list(VERDICTS)),
        pd.DataFrame(pairs, columns=list(PAIRS)),
        pd.DataFrame(jobs, columns=list(JOBS)),
    )


@dataclass(frozen=True)
class _Result:
    """A match, or the code of why there is none."""

    match: JobMatch | None = None
    code: str = ""

    @classmethod
    def of(cls, case: Case, job: JobSummary, fit: Fit, locale: str, route: str) -> "_Result":
        candidates = routing.candidates("job_match", route)
        try:
            return cls(tasks.match(job, case.resumes[fit], locale=locale, candidates=candidates, today=TODAY))
        except WorkbenchError as error:
            return cls(code=error.code)

    def score(self, job: JobSummary) -> int | None:
        return scoring.score(job.requirements, self.match.verdicts).value if self.match else None

    def verdict(self, at: int | None) -> Verdict | None:
        return None if self.match is None or at is None else self.match.verdicts[at]


def _summarise(case: Case, locale: str, route: str) -> tuple[JobSummary, str]:
    candidates = routing.candidates("job_summary", route)
    try:
        return tasks.summarise_job(case.job, locale=locale, candidates=candidates), ""
    except WorkbenchError as error:
        return JobSummary(), error.code


def _extraction(case: Case, job: JobSummary, links: dict[int, int]) -> dict[str, int]:
    linked = [(case.labelled[i], job.requirements[j]) for i, j in links.items()]
    return {
        "labelled": len(case.labelled),
        "extracted": len(job.requirements),
        "matched": len(linked),
        "must_right": sum(ours.must == theirs.id.startswith("M") for ours, theirs in linked),
        "category_right": sum(ours.category == theirs.category for ours, theirs in linked),
    }


def _ideal(case: Case, fit: Fit) -> int:
    """The score of the labels themselves."""
    summary = case.summary
    verdicts = [
        Verdict(requirement_id=requirement.id, status=labelled.label(fit))
        for requirement, labelled in zip(summary.requirements, case.labelled, strict=True)
    ]
    return scoring.score(summary.requirements, verdicts).value
