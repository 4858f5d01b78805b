"""A verdict for each requirement, with the passages that bear it out and the reason in the words of `phrases.*.toml`.

No quote, no credit: every `met` or `partial` rests on at least one verbatim passage. `missing` means that the documents
were searched and show nothing, or too little; `unclear` that a resume usually would not say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from core.i18n import detect_locale
from core.offline.demands import Demand, read
from core.offline.evidence import Evidence, Passage, gather
from core.offline.judges import Answer, Case, decide
from core.offline.judges.work import names
from core.offline.reasons import settled
from core.offline.text import clean, sentences
from core.remembered import remembered
from core.schemas import JobSummary, Requirement, Status

_CONTRADICTIONS = frozenset(
    {"denied", "degree_below", "degree_unfinished", "years_short", "years_elsewhere", "language_below", "outgrown"}
)


# What may be said in other words. A name is there or it is not, and so is a degree or a number of years.
_IN_OTHER_WORDS = frozenset({"skill", "domain", "soft", "other"})
_NOT_FOUND = frozenset({"nothing", "unsaid", "unstated"})


@dataclass(frozen=True)
class Finding:
    """What the documents say about one requirement. `reason` is a key of `[notes]`, `values` fill its placeholders."""

    requirement: Requirement
    demand: Demand
    status: Status
    passages: tuple[Passage, ...] = ()
    reason: str = "nothing"
    values: dict[str, str] = field(default_factory=dict)

    @property
    def must(self) -> bool:
        return self.requirement.id.startswith("M")

    @property
    def contradicted(self) -> bool:
        """Whether the documents speak against it, so that there is nothing left to ask."""
        return self.reason in _CONTRADICTIONS


# What is looked up for a match, and then written of it, rests on the same reading of the same texts.
_AGAIN = 4


@remembered(_AGAIN)
def _evidence(resume: str, detailed_resume: str, today: date) -> Evidence:
    return gather({"resume": resume, "detailed_resume": detailed_resume}, today)


@remembered(_AGAIN)
def judged(job: str, resume: str, detailed_resume: str, posting: str, today: date) -> tuple[Finding, ...]:
    """`findings` for a job summary as JSON, made once for the same texts. Raises ValueError for JSON that is none."""
    return tuple(findings(JobSummary.model_validate_json(job), resume, detailed_resume, today, posting=posting))


def findings(
    job: JobSummary,
    resume: str,
    detailed_resume: str,
    today: date,
    close: Mapping[str, str] | None = None,
    posting: str = "",
) -> list[Finding]:
    """One finding per requirement, in their order. `detailed_resume` may be empty. `close` is what else is known: by
    requirement id, the passage that a model of meanings finds closest to it (`quotable` gives those to choose from).
    `posting` is the text that the job was read from; without it what the job keeps of it has to do."""
    evidence = _evidence(resume, detailed_resume, today)
    document_locale = detect_locale(resume)
    told = [job.job_title, *job.responsibilities, *(requirement.text for requirement in job.requirements)]
    duties = frozenset(part for duty in job.responsibilities for part in (duty, *sentences(duty)))
    work = names("\n".join(told))
    posting = clean(posting) or "\n".join([*told, job.company_info])
    found = []
    for requirement in job.requirements:
        demand = read(requirement.text)
        answer = decide(Case(demand, requirement, evidence, document_locale, job.job_title, duties, work, posting))
        if answer.reason in _NOT_FOUND and can_be_reworded(demand):
            meant = (close or {}).get(requirement.id)
            passage = next((passage for passage in evidence.passages if passage.text == meant), None)
            answer = Answer("partial", (passage,), "meaning") if passage else answer
        found.append(Finding(requirement, demand, answer.status, answer.passages, answer.reason, answer.values))
    return settled(found, evidence)


def can_be_reworded(demand: Demand) -> bool:
    """Whether a passage may answer it that shares no word with it."""
    return demand.category in _IN_OTHER_WORDS and not demand.terms and not demand.proper and not demand.years


def quotable(resume: str, detailed_resume: str, today: date) -> list[str]:
    """Every passage of the documents that could be evidence, once."""
    passages = _evidence(resume, detailed_resume, today).passages
    return list(dict.fromkeys(passage.text for passage in passages if not passage.dated))
