"""What the judges share: the form of an answer, and what to say when nothing was found."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.offline import vocabulary
from core.offline.demands import Demand
from core.offline.evidence import Evidence, Found, Passage
from core.offline.text import stems
from core.schemas import Requirement, Status

# Shares of a demand's words found in one passage, chosen on the gold cases of the split dev.
MET_SHARE, PARTIAL_SHARE = 0.42, 0.25
# With a name that was not found the words around it must say nearly everything.
NAMELESS_SHARE = 0.62

_CHECKABLE = frozenset({"skill", "education", "experience", "language", "certification", "domain"})


@dataclass(frozen=True)
class Answer:
    """A status, the passages it rests on, and why: `reason` is a key of `[notes]`, `values` fill its placeholders."""

    status: Status
    passages: tuple[Passage, ...] = ()
    reason: str = "nothing"
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """What a judge decides on. `document_locale` is the language the resume is written in, `job_title` the posting's."""

    demand: Demand
    requirement: Requirement
    evidence: Evidence
    document_locale: str
    job_title: str = ""


def distinct(passages: Sequence[Passage], limit: int = 3) -> tuple[Passage, ...]:
    return tuple({(p.source, p.text): p for p in passages}.values())[:limit]


def absent(case: Case, terms: Sequence[str] = ()) -> Answer:
    """Nothing was found: a resume that says the opposite is quoted."""
    denials = [passage for term in terms for passage in case.evidence.denied.get(term, ())]
    if not terms and (denial := case.evidence.denial(case.demand.text)):
        denials = [denial]
    if denials:
        return Answer("missing", distinct(denials, 1), "denied")
    if case.requirement.category in _CHECKABLE:
        return Answer("missing", (), "nothing")
    return Answer("unclear", (), "unsaid" if case.demand.unwritten else "unstated")


def by_words(case: Case, terms: Sequence[str] = ()) -> Answer:
    """Without a name to look for, or without finding it: how much of the wording one passage shares."""
    denied = any(case.evidence.denied.get(term) for term in terms)
    # A name that stands nowhere is not made up for by the words around it, unless they say much and stand together.
    text = without_names(case.demand.text) if terms else case.demand.text
    words = stems(text)
    passage, share = case.evidence.closest(text)
    enough = NAMELESS_SHARE if terms else PARTIAL_SHARE
    if (
        passage
        and not denied
        and share >= enough
        and len(words) >= (3 if terms else 1)
        and (len(words) > 1 or share == 1)
    ):
        status: Status = "met" if share >= MET_SHARE and not terms else "partial"
        return Answer(status, (passage,), "similar" if status == "met" else "similar_partly")
    return absent(case, terms)


def without_names(text: str) -> str:
    for hit in reversed(vocabulary.find(text)):
        text = text[: hit.start] + " " + text[hit.end :]
    return text


def written(found: Sequence[Found]) -> str:
    return "|".join(dict.fromkeys(f.name for f in found))


def asked(demand: Demand, terms: Sequence[str]) -> str:
    hits = vocabulary.find(demand.text)
    return "|".join(dict.fromkeys(demand.text[hit.start : hit.end] for hit in hits if hit.name in terms))
