"""The offline analyst: a deterministic engine that answers the same tasks as a model, with no network and no key.

Pure functions: same task, locale and inputs, same answer, byte for byte. Today's date is an input. The vocabulary
is read once per process.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date

from core.schemas import Contract, JobSummary

Inputs = Mapping[str, str]


def analyse(task: str, locale: str, inputs: Inputs) -> Contract:
    """The answer to a task, of the contract of the same name.

    Inputs: job_summary (job_description), job_match (job_summary as JSON, resume, detailed_resume, today; where there
    are any, coaching_snippets, one JSON object a line; and, where they are known, posting, and close, the JSON of what
    `matching.findings` takes), resume_summary (resume, today), detailed_resume_summary (detailed_resume, today);
    `today` is "YYYY-MM-DD".

    Raises KeyError for a task, a locale or an input that is not there, ValueError for a date or JSON that is none.
    """
    return _TASKS[task](locale, inputs)


# Each imports what it needs only when it runs: importing this package costs nothing.


def _job_summary(locale: str, inputs: Inputs) -> Contract:
    from core.offline import jobs, voice  # noqa: PLC0415

    voice.phrases(locale)
    return jobs.summarise(inputs["job_description"])


def _job_match(locale: str, inputs: Inputs) -> Contract:
    from core.offline import matching, writing  # noqa: PLC0415

    job = JobSummary.model_validate_json(inputs["job_summary"])
    today = date.fromisoformat(inputs["today"])
    texts = (inputs["resume"], inputs.get("detailed_resume", ""), inputs.get("posting", ""))
    if close := json.loads(inputs.get("close") or "{}"):
        findings = matching.findings(job, *texts[:2], today, close, texts[2])
    else:
        findings = [*matching.judged(inputs["job_summary"], *texts, today)]
    snippets = [json.loads(line) for line in inputs.get("coaching_snippets", "").splitlines()]
    return writing.compose(findings, job, locale, snippets)


def _resume_summary(locale: str, inputs: Inputs) -> Contract:
    from core.offline import resumes  # noqa: PLC0415

    return resumes.summarise_resume(inputs["resume"], locale, date.fromisoformat(inputs["today"]))


def _detailed_resume_summary(locale: str, inputs: Inputs) -> Contract:
    from core.offline import resumes  # noqa: PLC0415

    return resumes.summarise_detailed(inputs["detailed_resume"], locale, date.fromisoformat(inputs["today"]))


_TASKS: dict[str, Callable[[str, Inputs], Contract]] = {
    "job_summary": _job_summary,
    "job_match": _job_match,
    "resume_summary": _resume_summary,
    "detailed_resume_summary": _detailed_resume_summary,
}
