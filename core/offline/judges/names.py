"""Skills, tools, methods and domains: named, covered by something named, close to it, or denied."""

import re
from collections.abc import Mapping, Sequence

from core.offline import proofs, vocabulary
from core.offline.claims import DISCLAIMED, PENDING
from core.offline.demands import Demand
from core.offline.evidence import Evidence, Found, Passage
from core.offline.judges.common import (
    NUMBERED,
    Answer,
    Case,
    asked,
    by_words,
    closest,
    distinct,
    named,
    other_number,
    shorts,
    without_names,
    written,
)
from core.offline.text import stems
from core.offline.vocabulary import FULL_RELATIONS

FULL, HALF, NONE = 1.0, 0.5, 0.0
# What asks that something was in real use, and what says that it never was.
_IN_USE = re.compile(
    r"\bproduction\b(?! (?:line|planning|schedul|manage|process|cost|engineer|department))|\bproductioni[sz]\w*"
    r"|\bdeploy\w*|\bgo(?:ing)?[- ]live\b|上线|投产|落地|部署|生产环境",
    re.I,
)
_NEVER_USED = re.compile(
    r"\b(?:never|not|neither|wasn['’]t|weren['’]t|didn['’]t)\b[^.;]{0,24}"
    r"\b(?:production|deployed|live|shipped|released|rolled out|adopted|used in practice)\b"
    r"|(?:没有?|未能?|从未|尚未|还没)[^，,。；;]{0,4}(?:上线|投产|落地|部署|投入)",
    re.I,
)
_EXPERIENCE = re.compile(r"\bexperience\b|经验|经历", re.I)  # and not what one knows
# Of the words of a name, rare ones weighing more, that one passage must have to be taken for it.
SAME_WORDS = 0.6
LONG_WORD = 7  # letters
_EVENT = re.compile(r"\s*(?:conferences?|journals?|meet-?ups?|(?:顶级|国际|学术)*(?:会议|顶会|期刊))", re.I)


def judge(case: Case) -> Answer:
    """For a demand that names something: by the best evidence for each name, or for any where one is enough."""
    demand = case.demand
    terms = _decisive(demand)
    best = _best(case, terms)
    credits = {term: _worth(best[term], demand) if term in best else NONE for term in terms}
    if not any(credits.values()):
        return by_words(case, terms)
    ranked = sorted(best, key=lambda term: -credits[term])
    top = best[ranked[0]]
    if demand.any_of:
        share, shown = credits[ranked[0]], [best[term] for term in ranked if credits[term] == credits[ranked[0]]][:2]
    else:
        share, shown = sum(credits.values()) / len(terms), [best[term] for term in ranked]
    lacking = [term for term in terms if credits[term] == NONE]
    passages = _fewest(best, ranked) if share == FULL and not demand.any_of else distinct([f.passage for f in shown])
    if share == FULL and (reason := _short_of_work(case, passages)):
        return Answer("partial", passages, reason, {"found": written(shown)})
    if share < FULL:
        weakest = top if demand.any_of else best[min(best, key=lambda term: credits[term])]
        if lacking and not demand.any_of:
            return Answer("partial", passages, "some_of", {"found": written(shown), "lacking": asked(demand, lacking)})
        return Answer("partial", passages, _reason(weakest), {"found": weakest.name})
    if _only_named(demand, terms, case.evidence, shown):
        return Answer("partial", passages, "named_only", {"found": top.name})
    done = any(proofs.is_deed(found.passage) for found in shown)
    reason = "instance" if top.relation == "instance" else "done" if done else "listed"
    return Answer("met", passages, reason, {"found": written(shown)})


def _short_of_work(case: Case, passages: Sequence[Passage]) -> str:
    """Why names that are all there are no work as it is asked for: known from studies alone, or never put to use."""
    if _EXPERIENCE.search(case.demand.text) and all(passage.place == "education" for passage in passages):
        return "studied"
    lines = {(passage.source, passage.line) for passage in passages}
    told = [p for p in case.evidence.passages if (p.source, p.line) in lines]
    if _IN_USE.search(case.demand.text) and any(_NEVER_USED.search(passage.text) for passage in told):
        return "never_used"
    return ""


def _fewest(best: Mapping[str, Found], terms: Sequence[str]) -> tuple[Passage, ...]:
    """The passages that show the terms, without those that only name what another names already."""
    kept: list[Passage] = []
    for term in terms:
        if not any(term in {hit.name for hit in vocabulary.find(passage.claimed)} for passage in kept):
            kept.append(best[term].passage)
    return distinct(kept)


def _best(case: Case, terms: Sequence[str]) -> dict[str, Found]:
    """The best evidence for each name that has some. Who says not to have it is not credited for its relatives."""
    demand, denied = case.demand, case.evidence.denied
    best: dict[str, Found] = {}
    # "A visualization tool (Tableau, Looker)": who knows an example knows what it is an example of.
    example = _example(case) if demand.examples else None
    for term in terms:
        found = next(iter(case.evidence.terms(term, demand.text)), None)
        choices = [found] if found and (found.relation in FULL_RELATIONS or not denied.get(term)) else []
        weakly = [choice.passage for choice in choices if choice.weak and choice.relation in FULL_RELATIONS]
        enough = any(_worth(choice, demand) == FULL for choice in choices)
        if not enough and not denied.get(term):
            # What a passage says weakly by the name itself it does not say strongly by its words.
            choices += [other for other in (_told(case, term), example) if other and other.passage not in weakly]
        if choices:
            best[term] = max(choices, key=lambda choice: _worth(choice, demand))
    return best


def _decisive(demand: Demand) -> list[str]:
    """The names that must be answered: traits beside a skill, and the field beside its tool, are only its setting."""
    hard = [term for term in demand.terms if vocabulary.kind(term) != "soft"] or list(demand.terms)
    hard = [term for term in hard if not _of_an_event(demand.text, term)] or hard
    return [term for term in hard if vocabulary.is_technique(term)] or hard


def _of_an_event(text: str, term: str) -> bool:
    """Whether a field only says what an event is about: "talks at machine learning conferences"."""
    hits = [hit for hit in vocabulary.find(text) if hit.name == term]
    return bool(hits) and all(_EVENT.match(text[hit.end :]) for hit in hits)


def _told(case: Case, term: str) -> Found | None:
    """A name in other forms of its words ("writing user stories": "wrote user stories"), or by the abbreviation that
    the posting gives it."""
    names = asked(case.demand, [term]).split("|")
    for name in names:
        for short in shorts(case.demand.text, name):
            passage, stated, weak = named(case.evidence, _with_number(name, short))
            if passage and stated:
                return Found(passage, "same", short, weak)
        words = stems(name)
        if len(words) == 1 and len(name) >= LONG_WORD and name.isascii() and " " not in name:
            # One long word in another form: "rostering", "rosters".
            topic = frozenset(stems(case.demand.text))
            having = [
                passage
                for passage in case.evidence.passages
                if words[0] in passage.stems and not other_number(name, passage)
            ]
            shown = max(having, key=lambda passage: (len(topic & passage.stems), passage.text), default=None)
            if shown and not DISCLAIMED.search(shown.text):
                return Found(shown, "same", name, weak=PENDING.search(shown.text) is not None)
        passage, share = closest(case.evidence, name)
        # How well something is known is no part of its name: of "advanced SQL" one word is left.
        least = min(2, len(stems(_without_strength(name))))
        several = passage is not None and sum(word in passage.stems for word in words) >= least
        if passage and len(words) > 1 and several and share >= SAME_WORDS and not DISCLAIMED.search(passage.text):
            return Found(passage, "same", name, weak=PENDING.search(passage.text) is not None)
    return None


def _without_strength(name: str) -> str:
    for hit in reversed(vocabulary.strengths().find(name)):
        name = f"{name[: hit.start]} {name[hit.end :]}"
    return name


def _with_number(name: str, short: str) -> str:
    """An abbreviation with the number that belongs to it: "ASC 606", and "CDM" of "CDM Regulations 2015"."""
    return next((f"{letters} {number}" for letters, number in NUMBERED.findall(name) if letters == short), short)


def _example(case: Case) -> Found | None:
    """The best evidence of an example that is worth full credit."""
    found = [hit for name in case.demand.examples for hit in case.evidence.terms(name, case.demand.text)[:1]]
    return next((hit for hit in found if hit.relation in FULL_RELATIONS and _worth(hit, case.demand) == FULL), None)


def _worth(found: Found, demand: Demand) -> float:
    if found.relation in FULL_RELATIONS:
        return HALF if found.weak and not demand.basic else FULL
    if found.relation == "implied" and demand.basic and not found.weak:
        return FULL
    # A field at large says nothing about the special part that is asked for, nor does a neighbouring skill; a sister
    # tool is half-way to another.
    sister = found.relation == "near" and found.technique
    return HALF if (found.relation == "implied" or sister) and not found.weak else NONE


def _reason(found: Found) -> str:
    return "basic" if found.relation in FULL_RELATIONS else found.relation


def _only_named(demand: Demand, terms: Sequence[str], evidence: Evidence, shown: Sequence[Found]) -> bool:
    """Whether a demand says much more than its names, and no passage with these names takes up any of it."""
    wanted = set(stems(without_names(demand.text)))
    if len(wanted) < 5:
        return False
    passages = [found.passage for term in terms for found in evidence.terms(term) if found.relation in FULL_RELATIONS]
    return not any(wanted & passage.stems for passage in [*passages, *(found.passage for found in shown)])
