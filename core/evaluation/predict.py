"""What a model makes of labelled pairs, as rows. A pair that fails is a row with its failure code, never dropped."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core import llm, routing, scoring, tasks
from core.errors import WorkbenchError
from core.evaluation import baselines
from core.evaluation.alignment import align
from core.evaluation.gold import FITS, Case, Fit
from core.evaluation.rows import Rows, evidence
from core.schemas import JobMatch, JobSummary, Verdict
from core.scoring import Score

OFFLINE = "offline"  # the route that costs nothing, and so the default of whatever runs a whole set
TODAY = "2026-06-01"  # the day the labels count years up to


def predict(
    cases: Sequence[Case], route: str, prompt_locale: str = "", progress: Callable[[str], object] = str
) -> Rows:
    """Run every pair of the cases by a route of `core.routing`. `prompt_locale` is each case's own when empty.

    Each pair is matched twice: against the labelled requirements, and against those that the model extracts from the
    posting. `progress` is called with the name of each case that is done.
    """
    verdicts: list[dict[str, Any]] = []
    pairs: list[dict[str, Any]] = []
    jobs: list[dict[str, Any]] = []
    similar = baselines.similarities(cases)
    for case in cases:
        model = _Model(route, prompt_locale or case.locale)
        about = {"case": case.name, "profession": case.profession, "locale": case.locale, "split": case.split}
        job = model.summarise(case)
        links = align(case.job, [r.text for r in case.labelled], [r.text for r in job.summary.requirements])
        jobs.append(about | _extraction(case, job.summary, links) | {"model": job.model, "failure_code": job.code})
        for fit in FITS:
            given = model.match(case, fit, _Job(case.summary))
            whole = model.match(case, fit, job)
            pair = about | {"pair": f"{case.name}/{fit}", "resume": fit, "fit": fit}
            pair |= {"model": whole.model or given.model, "failure_code": given.code or whole.code}
            scores = {
                "gold_score": scoring.score(case.summary.requirements, _labels(case, fit)).value,
                "given_score": given.score.value if given.score else None,
                "score": whole.score.value if whole.score else None,
                "band": whole.score.band if whole.score else "",
            }
            pairs.append(pair | scores | similar[case.name, fit])
            verdicts += (pair | {"model": given.model} | row for row in _judged(case, fit, links, given, whole))
        progress(case.name)
    return Rows.of(verdicts, pairs, jobs)


@dataclass(frozen=True)
class _Job:
    """A posting as it was read; without requirements, and with a code, when that failed."""

    summary: JobSummary
    model: str = ""
    code: str = ""


@dataclass(frozen=True)
class _Result:
    """A match with its score, or the code of why there is none."""

    match: JobMatch | None = None
    score: Score | None = None
    model: str = ""
    code: str = ""

    def verdict(self, at: int | None) -> Verdict | None:
        return None if self.match is None or at is None else self.match.verdicts[at]


@dataclass(frozen=True)
class _Model:
    """The tasks, done by one route in one language."""

    route: str
    locale: str

    def summarise(self, case: Case) -> _Job:
        record = llm.Record()
        candidates = routing.candidates("job_summary", self.route)
        try:
            summary = tasks.summarise_job(case.job, locale=self.locale, candidates=candidates, listener=record)
        except WorkbenchError as error:
            return _Job(JobSummary(), code=error.code)
        return _Job(summary, record.answered_by)

    def match(self, case: Case, fit: Fit, job: _Job) -> _Result:
        if job.code:
            return _Result(code=job.code)
        record = llm.Record()
        options: dict[str, Any] = {"candidates": routing.candidates("job_match", self.route), "listener": record}
        options["posting"] = case.job
        try:
            match = tasks.match(job.summary, case.resumes[fit], locale=self.locale, today=TODAY, **options)
        except WorkbenchError as error:
            return _Result(code=error.code)
        return _Result(match, scoring.score(job.summary.requirements, match.verdicts), record.answered_by)


def _labels(case: Case, fit: Fit) -> list[Verdict]:
    """The labels as a match would give them."""
    both = zip(case.summary.requirements, case.labelled, strict=True)
    return [Verdict(requirement_id=given.id, status=labelled.label(fit)) for given, labelled in both]


def _judged(case: Case, fit: Fit, links: dict[int, int], given: _Result, whole: _Result) -> Iterator[dict[str, Any]]:
    for at, requirement in enumerate(case.labelled):
        verdict, linked = given.verdict(at), whole.verdict(links.get(at))
        yield {
            "requirement": requirement.text,
            "category": requirement.category,
            "must": requirement.must,
            "gold": requirement.label(fit),
            "predicted": verdict.status if verdict else "",
            "end_to_end": linked.status if linked else "",
            "note": verdict.note if verdict else "",
            **evidence(verdict.quotes if verdict else ()),
        }


def _extraction(case: Case, job: JobSummary, links: dict[int, int]) -> dict[str, int]:
    linked = [(case.labelled[i], job.requirements[j]) for i, j in links.items()]
    return {
        "labelled": len(case.labelled),
        "extracted": len(job.requirements),
        "matched": len(linked),
        "must_right": sum(ours.must == theirs.id.startswith("M") for ours, theirs in linked),
        "category_right": sum(ours.category == theirs.category for ours, theirs in linked),
    }
