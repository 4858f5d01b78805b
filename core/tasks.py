"""The model tasks as plain functions: text in, contract out. The app, the terminal and notebooks all call these."""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import cast

from core import grounding, i18n, knowledge, llm, prompts, routing, stuffing
from core.errors import ModelError
from core.knowledge import Snippets
from core.models import ResumeKind
from core.routing import Candidate
from core.schemas import DetailedResumeSummary, JobMatch, JobSummary, ResumeSummary, Source


def summarise_resume(
    kind: ResumeKind,
    text: str,
    *,
    locale: str,
    candidates: Sequence[Candidate],
    today: str,
    listener: llm.Listener | None = None,
) -> ResumeSummary | DetailedResumeSummary:
    """A resume, or a detailed resume, as structure. Raises ModelError."""
    inputs = {kind.value: stuffing.evidence(text), "today": today}
    answer = llm.complete(f"{kind}_summary", locale, inputs, candidates, listener)
    return cast(ResumeSummary | DetailedResumeSummary, answer)


def summarise_job(
    text: str, *, locale: str, candidates: Sequence[Candidate], listener: llm.Listener | None = None
) -> JobSummary:
    """A job description as structured requirements. Raises ModelError; `no_requirements` when it asks for nothing."""
    inputs = {"job_description": stuffing.without_orders(text)}
    job = cast(JobSummary, llm.complete("job_summary", locale, inputs, candidates, listener))
    if not job.requirements:
        raise ModelError("no_requirements")
    return job


# What the requirements say already, sorted for an overview; and the rest of a JD, where sentences that speak to the
# reader's software end up.
_NOT_FOR_MATCHING = {
    *("tech_stack", "tools", "methodologies", "domain_knowledge", "industry", "education", "experience"),
    *("certifications", "languages", "soft_skills", "raw_sections"),
}


def match(
    job: JobSummary,
    resume: str,
    detailed_resume: str = "",
    *,
    posting: str = "",
    locale: str,
    candidates: Sequence[Candidate],
    today: str,
    snippets: Snippets | None = None,
    listener: llm.Listener | None = None,
) -> JobMatch:
    """The client's texts against the job's requirements, every quote checked against its source. Raises ModelError.

    `posting` is what the job was read from, so that it is recognised where a document merely repeats it, and that the
    offline analyst may judge the job as a whole. `snippets` is the coaching knowledge to advise by; None: none.
    """
    shown = sources(job, posting, resume, detailed_resume)
    asked = prompts.clean(job.model_dump_json(exclude_defaults=True, exclude=_NOT_FOR_MATCHING))
    documents = {source: prompts.clean(text) for source, text in shown.items()}
    whole = stuffing.without_orders(posting)
    meanings = routing.embedding()
    retrieved = knowledge.for_match(snippets, job, asked, documents, whole, today, locale, meanings, listener)
    inputs = {
        "job_summary": asked,
        "resume": documents["resume"],
        "detailed_resume": documents["detailed_resume"],
        "coaching_snippets": retrieved.prompt,
        "today": today,
    }
    hints = {"posting": whole}
    if candidates[:1] and candidates[0].is_offline and meanings:
        hints["close"] = _close(job, shown, today, meanings, listener)

    told = [part for one in retrieved.offered.values() for part in (one.body, one.interview, one.resume) if part]

    def check(answer: JobMatch) -> None:
        if not answer.overall_assessment.strip() or not all(map(str.strip, answer.recommendations)):
            raise ModelError("invalid_output", detail="overall_assessment and recommendations must not be empty.")
        if not in_language(answer, locale, told):
            raise ModelError("wrong_language", detail=f"The prose must be written in {i18n.LOCALES[locale]}.")

    answer = cast(JobMatch, llm.complete("job_match", locale, inputs, candidates, listener, hints=hints, check=check))
    return knowledge.cite(grounding.ground(answer, job.requirements, shown), retrieved)


def _close(
    job: JobSummary, shown: dict[Source, str], today: str, model: Candidate, listener: llm.Listener | None
) -> str:
    from core import closeness  # noqa: PLC0415 - few use it, and it imports the analyst

    day, heard_by = date.fromisoformat(today), listener or llm.Listener()
    return json.dumps(closeness.passages(job, shown["resume"], shown["detailed_resume"], day, model, heard_by))


def sources(job: JobSummary, posting: str, resume: str, detailed_resume: str) -> dict[Source, str]:
    """The client's texts as a match sees them: what is no evidence is blank, all else in its place."""
    texts: dict[Source, str] = {"resume": resume, "detailed_resume": detailed_resume}
    wanted = [posting, *(requirement.text for requirement in job.requirements)]
    return {source: stuffing.evidence(text, *wanted) for source, text in texts.items()}


# A quotation ends before the next one of its kind begins: to look for the end of each that has none takes too long.
_QUOTATION = re.compile(r"“[^“”]*”|‘[^‘’]*’|\"[^\"\n]*\"|「[^「」]*」|『[^『』]*』|`[^`\n]*`")
_HAN, _WORD = re.compile("[\u3400-\u9fff]"), re.compile("[A-Za-z\u00c0-\u024f]+")
# Han characters among these and Latin words, outside of quotations. Chinese full of names of tools stays above the one,
# English that names Chinese companies and demands below the other; what lies between could be either, and passes.
_LEAST_HAN, _MOST_HAN = 0.4, 0.6


def in_language(answer: JobMatch, locale: str, told: Iterable[str] = ()) -> bool:
    """Whether the advice is written in the language of the report; quotations may be in any, and so may what it was
    `told`, word for word: a coach's snippet. Nothing written is."""
    tips = [text for weakness in answer.weaknesses for text in (weakness.tip.interview, weakness.tip.resume)]
    prose = "\n".join([answer.overall_assessment, *answer.recommendations, *tips])
    for text in told:
        prose = prose.replace(text, " ")
    han, words = (len(kind.findall(_QUOTATION.sub(" ", prose))) for kind in (_HAN, _WORD))
    if not han + words:
        return True
    share = han / (han + words)
    return share >= _LEAST_HAN if locale == "zh" else share <= _MOST_HAN


def today() -> str:
    """The current day (UTC, as in a run), YYYY-MM-DD, for callers that have no run of an earlier day."""
    return datetime.now(UTC).date().isoformat()
