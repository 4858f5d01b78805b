"""Soft skills: what was done counts in full, what is only claimed by half."""

import re

from core.offline import vocabulary
from core.offline.demands import Demand
from core.offline.evidence import Evidence, Passage, claimed
from core.offline.judges.common import Answer, Case, absent, distinct
from core.offline.text import stems


def judge(case: Case) -> Answer:
    """For a demand that names soft skills only, or tells what having them looks like."""
    demand, evidence = case.demand, case.evidence
    credits, passages = [], []
    terms = traits(demand)
    for term in terms:
        shown = _shown(term, demand.text, evidence)
        claimed = [found for found in evidence.terms(term, demand.text) if found.relation == "same" and not found.weak]
        if shown:
            credits.append(1.0)
            passages.append(shown)
        elif claimed:
            credits.append(0.5)
            passages.append(claimed[0].passage)
        else:
            credits.append(0.0)
    share = max(credits) if demand.any_of else sum(credits) / len(credits)
    if share == 1.0:
        return Answer("met", distinct(passages), "soft_shown")
    if share > 0.0:
        return Answer("partial", distinct(passages), "soft_claimed" if 0.5 in credits else "soft_partly")
    return absent(case, terms)


def traits(demand: Demand) -> tuple[str, ...]:
    """The soft skills a demand names, else those that what it describes would show: "present results to the board"."""
    named = tuple(term for term in demand.terms if vocabulary.kind(term) == "soft")
    described = (name for hit in vocabulary.shown().find(demand.text) for name in hit.name.split("|"))
    return named or tuple(dict.fromkeys(described))


def _shown(term: str, about: str, evidence: Evidence) -> Passage | None:
    """The passage about work done that shows a soft skill best: most signs, then a number, then the closest wording."""
    topic = frozenset(stems(about))
    best: tuple[tuple[int, bool, int], Passage] | None = None
    for passage in evidence.passages:
        if passage.place not in ("experience", "projects", "unknown", "head", "open_source"):
            continue
        signs = sum(term in hit.name.split("|") for hit in vocabulary.shown().find(claimed(passage.text)))
        rank = (signs, bool(re.search(r"\d", passage.text)), len(topic & passage.stems))
        if signs and len(passage.text) >= 12 and (best is None or rank > best[0]):
            best = (rank, passage)
    return best[1] if best else None
