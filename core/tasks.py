"""The model tasks as plain functions: text in, contract out. The app, the terminal and notebooks all call these."""

from datetime import UTC, datetime
from typing import cast

from core import grounding, llm
from core.errors import ModelError
from core.models import ResumeKind
from core.schemas import DetailedResumeSummary, JobMatch, JobSummary, ResumeSummary


def summarise_resume(
    kind: ResumeKind, text: str, *, locale: str, model: llm.Model, today: str, listener: llm.Listener | None = None
) -> ResumeSummary | DetailedResumeSummary:
    """A resume, or a detailed resume, as structure. Raises ModelError."""
    answer = llm.complete(f"{kind}_summary", locale, {kind.value: text, "today": today}, model, listener)
    return cast(ResumeSummary | DetailedResumeSummary, answer)


def summarise_job(text: str, *, locale: str, model: llm.Model, listener: llm.Listener | None = None) -> JobSummary:
    """A job description as structured requirements. Raises ModelError; `no_requirements` when it asks for nothing."""
    job = cast(JobSummary, llm.complete("job_summary", locale, {"job_description": text}, model, listener))
    if not job.requirements:
        raise ModelError("no_requirements")
    return job


def match(
    job: JobSummary,
    resume: str,
    detailed_resume: str = "",
    *,
    locale: str,
    model: llm.Model,
    today: str,
    listener: llm.Listener | None = None,
) -> JobMatch:
    """The client's texts against the job's requirements, every quote checked against its source. Raises ModelError."""
    inputs = {
        "job_summary": job.model_dump_json(),
        "resume": resume,
        "detailed_resume": detailed_resume,
        "today": today,
    }
    answer = cast(JobMatch, llm.complete("job_match", locale, inputs, model, listener))
    return grounding.ground(answer, job.requirements, {"resume": resume, "detailed_resume": detailed_resume})


def today() -> str:
    """The current day (UTC, as in a run), YYYY-MM-DD, for callers that have no run of an earlier day."""
    return datetime.now(UTC).date().isoformat()
