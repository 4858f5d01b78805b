"""A verdict for each requirement, with the passages that bear it out and the reason in the words of `phrases.*.toml`.

No quote, no credit: every `met` or `partial` rests on at least one verbatim passage. `missing` means that the documents
were searched and show nothing, or too little; `unclear` that a resume usually would not say.
"""

from dataclasses import dataclass, field
from datetime import date

from core.i18n import detect_locale
from core.offline.demands import Demand, read
from core.offline.evidence import Passage, gather
from core.offline.judges import Case, decide
from core.schemas import JobSummary, Requirement, Status

_CONTRADICTIONS = frozenset(
    {"denied", "degree_below", "degree_unfinished", "years_short", "years_elsewhere", "language_below"}
)


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


def findings(job: JobSummary, resume: str, detailed_resume: str, today: date) -> list[Finding]:
    """One finding per requirement, in their order. `detailed_resume` may be empty."""
    evidence = gather({"resume": resume, "detailed_resume": detailed_resume}, today)
    document_locale = detect_locale(resume)
    found = []
    for requirement in job.requirements:
        demand = read(requirement.text)
        answer = decide(Case(demand, requirement, evidence, document_locale, job.job_title))
        found.append(Finding(requirement, demand, answer.status, answer.passages, answer.reason, answer.values))
    return found
