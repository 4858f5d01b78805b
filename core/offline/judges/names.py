"""Skills, tools, methods and domains: named, covered by something named, close to it, or denied."""

import re
from collections.abc import Sequence

from core.offline import vocabulary
from core.offline.demands import Demand
from core.offline.evidence import DISCLAIMED, PENDING, Evidence, Found
from core.offline.judges.common import Answer, Case, asked, by_words, distinct, without_names, written
from core.offline.text import stems

FULL, HALF, NONE = 1.0, 0.5, 0.0
# Of the words of a name, rare ones weighing more, that one passage must have to be taken for it.
SAME_WORDS = 0.6
LONG_WORD = 7  # letters
_ABBREVIATION = re.compile(r"(?<![A-Za-z])[A-Z][A-Z0-9]{2,}(?![a-z])")
_FULL_RELATIONS = ("same", "instance")


def judge(case: Case) -> Answer:
    """For a demand that names something: by the best evidence for each name, or for any where one is enough."""
    demand = case.demand
    terms = _decisive(demand)
    best = _best(case, terms)
    credits = {term: _worth(best[term], demand) if term in best else NONE for term in terms}
    if not any(credits.values()):
        return by_words(case, terms)
    ranked = sorted(best, key=lambda term: -credits[term])
    if demand.any_of:
        top = best[ranked[0]]
        share, shown = credits[ranked[0]], [best[term] for term in ranked if credits[term] == credits[ranked[0]]][:2]
    else:
        share, shown = sum(credits.values()) / len(terms), [best[term] for term in ranked]
        top = best[ranked[0]]
    lacking = [term for term in terms if credits[term] == NONE]
    passages = distinct([found.passage for found in shown])
    if share < FULL:
        weakest = best[min(best, key=lambda term: credits[term])] if not demand.any_of else top
        if lacking and not demand.any_of:
            return Answer("partial", passages, "some_of", {"found": written(shown), "lacking": asked(demand, lacking)})
        return Answer("partial", passages, _reason(weakest), {"found": weakest.name})
    if _only_named(demand, terms, case.evidence, shown):
        return Answer("partial", passages, "named_only", {"found": top.name})
    done = any(found.passage.place in ("experience", "projects") for found in shown)
    reason = "instance" if top.relation == "instance" else "done" if done else "listed"
    return Answer("met", passages, reason, {"found": written(shown)})


def _best(case: Case, terms: Sequence[str]) -> dict[str, Found]:
    """The best evidence for each name that has some. Who says not to have it is not credited for its relatives."""
    demand, denied = case.demand, case.evidence.denied
    best: dict[str, Found] = {}
    # "A visualization tool (Tableau, Looker)": who knows an example knows what it is an example of.
    example = _example(case) if demand.examples else None
    for term in terms:
        found = next(iter(case.evidence.terms(term, demand.text)), None)
        if found and (found.relation in _FULL_RELATIONS or not denied.get(term)):
            best[term] = found
        enough = term in best and _worth(best[term], demand) == FULL
        if not enough and not denied.get(term) and (other := _told(case, term) or example):
            best[term] = other
    return best


def _decisive(demand: Demand) -> list[str]:
    """The names that must be answered: traits beside a skill, and the field beside its tool, are only its setting."""
    hard = [term for term in demand.terms if vocabulary.kind(term) != "soft"] or list(demand.terms)
    return [term for term in hard if vocabulary.is_technique(term)] or hard


def _told(case: Case, term: str) -> Found | None:
    """A name in other forms of its words ("writing user stories": "wrote user stories"), or by its abbreviation."""
    names = asked(case.demand, [term]).split("|")
    for name in names:
        for short in _ABBREVIATION.findall(name) if name not in _ABBREVIATION.findall(name) else ():
            passage, stated, weak = case.evidence.named(short)
            if passage and stated:
                return Found(passage, "same", short, weak)
        words = stems(name)
        if len(words) == 1 and len(name) >= LONG_WORD and name.isascii():
            # One long word in another form: "rostering", "rosters".
            topic = frozenset(stems(case.demand.text))
            having = [passage for passage in case.evidence.passages if words[0] in passage.stems]
            shown = max(having, key=lambda passage: (len(topic & passage.stems), passage.text), default=None)
            if shown and not DISCLAIMED.search(shown.text):
                return Found(shown, "same", name, weak=PENDING.search(shown.text) is not None)
        passage, share = case.evidence.closest(name)
        if passage and len(words) > 1 and share >= SAME_WORDS and not DISCLAIMED.search(passage.text):
            return Found(passage, "same", name, weak=PENDING.search(passage.text) is not None)
    return None


def _example(case: Case) -> Found | None:
    """The best evidence of an example that is worth full credit."""
    found = [hit for name in case.demand.examples for hit in case.evidence.terms(name, case.demand.text)[:1]]
    return next((hit for hit in found if hit.relation in _FULL_RELATIONS and _worth(hit, case.demand) == FULL), None)


def _worth(found: Found, demand: Demand) -> float:
    if found.relation in _FULL_RELATIONS:
        return HALF if found.weak and not demand.basic else FULL
    if found.relation == "implied" and demand.basic and not found.weak:
        return FULL
    # A field at large says nothing about the special part that is asked for, nor does a neighbouring skill; a sister
    # tool is half-way to another.
    sister = found.relation == "near" and found.technique
    return HALF if (found.relation == "implied" or sister) and not found.weak else NONE


def _reason(found: Found) -> str:
    return "basic" if found.relation in ("same", "instance") else found.relation


def _only_named(demand: Demand, terms: Sequence[str], evidence: Evidence, shown: Sequence[Found]) -> bool:
    """Whether a demand says much more than its names, and no passage with these names takes up any of it."""
    wanted = set(stems(without_names(demand.text)))
    if len(wanted) < 5:
        return False
    passages = [
        found.passage for term in terms for found in evidence.terms(term) if found.relation in ("same", "instance")
    ]
    return not any(wanted & passage.stems for passage in [*passages, *(found.passage for found in shown)])
