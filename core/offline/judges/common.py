"""What the judges share: the form of an answer, and what to say when nothing was found."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.offline import vocabulary
from core.offline.demands import Demand
from core.offline.evidence import DISCLAIMED, FAINT, Evidence, Found, Passage
from core.offline.text import stems
from core.schemas import Requirement, Status

# Shares of a demand's words found in one passage, chosen on the gold cases of the split dev.
MET_SHARE, PARTIAL_SHARE = 0.42, 0.25
# With a name that was not found the words around it must say nearly everything.
NAMELESS_SHARE = 0.62

_OR = re.compile(r"或者?|\bor\b|/", re.I)
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
    """What a judge decides on. `document_locale` is the language of the resume, `job_title` the posting's."""

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
    if case.demand.proper and (answer := _by_proper_names(case, terms)):
        return answer
    denied = any(case.evidence.denied.get(term) for term in terms)
    # A name that stands nowhere is not made up for by the words around it, unless they say much and stand together.
    text = without_names(case.demand.text) if terms and not case.demand.any_of else case.demand.text
    choice, passage, share = _closest(case, text)
    words = stems(choice)
    if choice != text and terms and not any(hit.name in terms for hit in vocabulary.find(choice)):
        terms = ()  # the other choice names nothing that had to be found
    enough = NAMELESS_SHARE if terms else PARTIAL_SHARE
    if (
        passage
        and not denied
        and share >= enough
        and len(words) >= (2 if terms else 1)
        and (len(words) > 1 or share == 1)
    ):
        if DISCLAIMED.search(passage.text):
            return Answer("missing", (passage,), "denied")
        # Words that say nearly all of it are enough, whether or not a name was found among them.
        whole = case.evidence.closest(case.demand.text)[1] if terms else share
        faint = FAINT.search(passage.text) and not case.demand.basic
        status: Status = "met" if not faint and whole >= (NAMELESS_SHARE if terms else MET_SHARE) else "partial"
        return Answer(status, (passage,), "similar" if status == "met" else "similar_partly")
    return absent(case, terms)


def _closest(case: Case, text: str) -> tuple[str, Passage | None, float]:
    """(what is asked, the passage closest to it, how close); where one of several is enough, of the best one."""
    choices = [part for part in _OR.split(text) if stems(part)] if case.demand.any_of else []
    found = [(part, *case.evidence.closest(part)) for part in choices or [text]]
    return max(found, key=lambda entry: entry[2])


def _by_proper_names(case: Case, terms: Sequence[str]) -> Answer | None:
    """By the names in the demand that no lexicon has; None when the documents have none of them and words may tell."""
    passages, credits, lacking = [], [], []
    for spellings in case.demand.proper:
        found = next((hit for name in spellings if (hit := case.evidence.named(name))[0]), None)
        if found is None or not found[1]:
            lacking.append(spellings[0])
            credits.append(0.0)
            if found and found[0] and not case.demand.any_of:
                return Answer("missing", (found[0],), "denied")
        else:
            passages.append(found[0])
            credits.append(0.5 if found[2] and not case.demand.basic else 1.0)
    share = max(credits) if case.demand.any_of else sum(credits) / len(credits)
    shown = distinct([passage for passage in passages if passage])
    if share == 1.0:
        return Answer("met", shown, "similar")
    return Answer("partial", shown, "similar_partly") if share > 0 else None


def without_names(text: str) -> str:
    for hit in reversed(vocabulary.find(text)):
        text = text[: hit.start] + " " + text[hit.end :]
    return text


def written(found: Sequence[Found]) -> str:
    return "|".join(dict.fromkeys(f.name for f in found))


def asked(demand: Demand, terms: Sequence[str]) -> str:
    hits = vocabulary.find(demand.text)
    return "|".join(dict.fromkeys(demand.text[hit.start : hit.end] for hit in hits if hit.name in terms))
