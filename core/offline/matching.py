"""A verdict for each requirement, with the passages that bear it out and the reason in the words of `phrases.*.toml`.

No quote, no credit: every `met` or `partial` rests on at least one verbatim passage. `missing` means that the documents were
searched and show nothing, or too little; `unclear` that a resume usually would not say.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from core.i18n import detect_locale
from core.offline import vocabulary
from core.offline.dates import total_years
from core.offline.demands import Demand, read, years_in
from core.offline.evidence import Evidence, Found, Passage, gather
from core.offline.text import stems
from core.schemas import JobSummary, Requirement, Status

FULL, HALF, NONE = 1.0, 0.5, 0.0
# Shares of a demand's words found in one passage; set on the pairs of the test-suite.
MET_SHARE, PARTIAL_SHARE = 0.62, 0.36
# Dates in resumes are rounded to months and years.
YEARS_TOLERANCE = 0.25

_CHECKABLE = frozenset({"skill", "education", "experience", "language", "certification", "domain"})
_STUDYING = re.compile(r"在读|在校|未毕业|肄业|expected|candidate|pursuing|in progress|dropped out|incomplete", re.I)
_EQUIVALENT = re.compile(r"equivalent|同等学力|同等经验|或同等", re.I)
_RELATED_FIELD = re.compile(r"相关|related|similar|或|等|equivalent|comparable", re.I)
_EDUCATION_PLACES = ("education", "head", "summary", "unknown", "other", "contact")
_LANGUAGE_PART = re.compile(r"[,，、;；|｜/。\n]|\s{2,}|(?<=[)）])\s")
_SCORE = re.compile(r"\d{1,3}(?:\.\d)?")
_EXPERIENCE_WORD = re.compile(r"经验|经历|从业|工作|experience|background|career", re.I)


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
        return self.reason in ("denied", "degree_below", "degree_unfinished", "years_short", "years_elsewhere", "language_below")


@dataclass(frozen=True)
class _Answer:
    status: Status
    passages: tuple[Passage, ...] = ()
    reason: str = "nothing"
    values: dict[str, str] = field(default_factory=dict)


def findings(job: JobSummary, resume: str, detailed_resume: str, today: date) -> list[Finding]:
    """One finding per requirement, in their order. `detailed_resume` may be empty."""
    evidence = gather({"resume": resume, "detailed_resume": detailed_resume}, today)
    document_locale = detect_locale(resume)
    return [_finding(requirement, evidence, document_locale) for requirement in job.requirements]


def _finding(requirement: Requirement, evidence: Evidence, document_locale: str) -> Finding:
    demand = read(requirement.text)
    judge = next(judge for applies, judge in _JUDGES if applies(demand, requirement))
    answer = judge(demand, requirement, evidence, document_locale)
    return Finding(requirement, demand, answer.status, answer.passages, answer.reason, answer.values)


def _distinct(passages: Sequence[Passage], limit: int = 3) -> tuple[Passage, ...]:
    return tuple({(p.source, p.text): p for p in passages}.values())[:limit]


def _absent(requirement: Requirement, evidence: Evidence, terms: Sequence[str] = ()) -> _Answer:
    """Nothing was found: a resume that says the opposite is quoted."""
    denials = [passage for term in terms for passage in evidence.denied.get(term, ())]
    if denials:
        return _Answer("missing", _distinct(denials, 1), "denied")
    if requirement.category in _CHECKABLE:
        return _Answer("missing", (), "nothing")
    return _Answer("unclear", (), "unsaid")


# --- skills, tools, methods, domains ----------------------------------------------------------------------------


def _worth(found: Found, demand: Demand) -> float:
    if found.relation in ("same", "instance"):
        return HALF if found.weak and not demand.basic else FULL
    return HALF


def _judge_terms(demand: Demand, requirement: Requirement, evidence: Evidence, _: str) -> _Answer:
    terms = [term for term in demand.terms if vocabulary.kind(term) != "soft"] or list(demand.terms)
    best: dict[str, Found] = {}
    for term in terms:
        if found := evidence.terms(term, demand.text):
            best[term] = found[0]
    credits = {term: _worth(best[term], demand) if term in best else NONE for term in terms}
    if not best:
        return _by_words(demand, requirement, evidence, terms)
    ranked = sorted(best, key=lambda term: -credits[term])
    if demand.any_of:
        top = best[ranked[0]]
        share, shown = credits[ranked[0]], [best[term] for term in ranked if credits[term] == credits[ranked[0]]][:2]
    else:
        share, shown = sum(credits.values()) / len(terms), [best[term] for term in ranked]
        top = best[ranked[0]]
    lacking = [term for term in terms if credits[term] == NONE]
    passages = _distinct([found.passage for found in shown])
    if share < FULL:
        weakest = best[min(best, key=lambda term: credits[term])] if not demand.any_of else top
        if lacking and not demand.any_of:
            return _Answer("partial", passages, "some_of", {"found": _written(shown), "lacking": _asked(demand, lacking)})
        return _Answer("partial", passages, _reason(weakest), {"found": weakest.name})
    if _only_named(demand, terms, evidence, shown):
        return _Answer("partial", passages, "named_only", {"found": top.name})
    reason = "instance" if top.relation == "instance" else "done" if top.passage.place in ("experience", "projects") else "listed"
    return _Answer("met", passages, reason, {"found": _written(shown)})


def _reason(found: Found) -> str:
    return "basic" if found.relation in ("same", "instance") else found.relation


def _written(found: Sequence[Found]) -> str:
    return "|".join(dict.fromkeys(f.name for f in found))


def _asked(demand: Demand, terms: Sequence[str]) -> str:
    hits = vocabulary.find(demand.text)
    return "|".join(dict.fromkeys(demand.text[hit.start : hit.end] for hit in hits if hit.name in terms))


def _only_named(demand: Demand, terms: Sequence[str], evidence: Evidence, shown: Sequence[Found]) -> bool:
    """Whether a demand says much more than its names, and no passage with these names takes up any of it."""
    wanted = set(stems(_without_names(demand.text)))
    if len(wanted) < 5:
        return False
    passages = [found.passage for term in terms for found in evidence.terms(term) if found.relation in ("same", "instance")]
    return not any(wanted & passage.stems for passage in [*passages, *(found.passage for found in shown)])


def _without_names(text: str) -> str:
    for hit in reversed(vocabulary.find(text)):
        text = text[: hit.start] + " " + text[hit.end :]
    return text


def _by_words(demand: Demand, requirement: Requirement, evidence: Evidence, terms: Sequence[str] = ()) -> _Answer:
    """Without a name to look for, or without finding it: how much of the wording one passage shares."""
    denied = any(evidence.denied.get(term) for term in terms)
    # A name that stands nowhere is not made up for by the words around it, unless they say much and stand together.
    text = _without_names(demand.text) if terms else demand.text
    words = stems(text)
    passage, share = evidence.closest(text)
    enough = MET_SHARE if terms else PARTIAL_SHARE
    if passage and not denied and share >= enough and len(words) >= (3 if terms else 1) and (len(words) > 1 or share == 1):
        status: Status = "met" if share >= MET_SHARE and not terms else "partial"
        return _Answer(status, (passage,), "similar" if status == "met" else "similar_partly")
    return _absent(requirement, evidence, terms)


def _judge_words(demand: Demand, requirement: Requirement, evidence: Evidence, _: str) -> _Answer:
    return _by_words(demand, requirement, evidence)


# --- soft skills ------------------------------------------------------------------------------------------------


def _judge_soft(demand: Demand, requirement: Requirement, evidence: Evidence, _: str) -> _Answer:
    credits, passages = [], []
    for term in demand.terms:
        shown = _shown(term, demand.text, evidence)
        claimed = [found for found in evidence.terms(term, demand.text) if found.relation == "same" and not found.weak]
        if shown:
            credits.append(FULL)
            passages.append(shown)
        elif claimed:
            credits.append(HALF)
            passages.append(claimed[0].passage)
        else:
            credits.append(NONE)
    share = max(credits) if demand.any_of else sum(credits) / len(credits)
    if share == FULL:
        return _Answer("met", _distinct(passages), "soft_shown")
    if share > NONE:
        return _Answer("partial", _distinct(passages), "soft_claimed" if HALF in credits else "soft_partly")
    return _absent(requirement, evidence, demand.terms)


def _shown(term: str, about: str, evidence: Evidence) -> Passage | None:
    """The passage about work done that shows a soft skill best: most signs, then a number, then the closest wording."""
    topic = frozenset(stems(about))
    best: tuple[tuple[int, bool, int], Passage] | None = None
    for passage in evidence.passages:
        if passage.place not in ("experience", "projects", "unknown", "head", "open_source"):
            continue
        signs = sum(term in hit.name.split("|") for hit in vocabulary.shown().find(passage.text))
        rank = (signs, bool(re.search(r"\d", passage.text)), len(topic & passage.stems))
        if signs and len(passage.text) >= 12 and (best is None or rank > best[0]):
            best = (rank, passage)
    return best[1] if best else None


# --- years ------------------------------------------------------------------------------------------------------


def _judge_years(demand: Demand, requirement: Requirement, evidence: Evidence, _: str) -> _Answer:
    asked = _specific([term for term in demand.terms if vocabulary.kind(term) not in ("soft", "certificate")])
    trade = tuple(term for term in asked if vocabulary.kind(term) != "domain")
    topic = trade or asked
    words = _topic_words(demand)
    anywhere = not topic and not words
    relevant = [job for job in evidence.jobs if anywhere or _relevant(job.text, topic, words)]
    stated = _stated_years(evidence, topic, words)
    dated = total_years([job.period for job in relevant])
    years = max(dated, stated[0] if stated else 0.0)
    passages = [job.head for job in relevant]
    if stated and stated[0] > dated:
        passages = [stated[1], *passages]
    values = {"years": _number(years), "needed": _number(demand.years)}
    if years + YEARS_TOLERANCE >= demand.years and passages:
        # The industry may be named anywhere; when it is named nowhere, the years count but the industry stays open.
        industries = [term for term in asked if term not in topic]
        if all(_full(evidence, term) for term in industries):
            return _Answer("met", _distinct(passages), "years", values)
        return _Answer("partial", _distinct(passages), "years_industry", values | {"lacking": _asked(demand, industries)})
    if years >= demand.years / 2 and passages:
        return _Answer("partial", _distinct(passages), "years_short", values)
    wider = {parent for term in topic for parent in vocabulary.ancestors(term) if vocabulary.kind(parent) != "domain"}
    related = [job for job in evidence.jobs if wider and _relevant(job.text, sorted(wider), ())]
    related_years = total_years([job.period for job in related])
    if related_years + YEARS_TOLERANCE >= demand.years and related:
        return _Answer("partial", _distinct([job.head for job in related]), "years_related", values | {"years": _number(related_years)})
    total = total_years([job.period for job in evidence.jobs])
    if years > 0:
        return _Answer("missing", _distinct(passages, 1), "years_short", values)
    near = [found for term in topic for found in evidence.terms(term, demand.text) if found.relation in ("same", "instance")]
    if near:
        return _Answer("partial", _distinct([near[0].passage]), "years_undated", values)
    if total > 0:
        return _Answer("missing", (), "years_elsewhere", {"years": _number(total), "needed": _number(demand.years)})
    return _absent(requirement, evidence, topic)


def _specific(terms: Sequence[str]) -> tuple[str, ...]:
    """Without the terms that another one is an instance of: of "primary Chinese teaching", not "teaching"."""
    return tuple(t for t in terms if not any(vocabulary.relation(other, t) == "instance" for other in terms))


def _full(evidence: Evidence, term: str) -> bool:
    return any(found.relation in ("same", "instance", "implied") for found in evidence.terms(term))


def _topic_words(demand: Demand) -> tuple[str, ...]:
    text = demand.text
    for _, start, end in reversed(years_in(text)):
        text = text[:start] + " " + text[end:]
    text = _without_names(text)
    return stems(re.sub(r"(?i)full[- ]time|professional|progressive|work(?:ing)?|工作经[验历]|全职|实际|从业|同岗位|同类|同等", " ", text))


def _relevant(text: str, topic: Sequence[str], words: Sequence[str]) -> bool:
    names = list(dict.fromkeys(hit.name for hit in vocabulary.find(text)))
    if any(vocabulary.relation(have, want) in ("same", "instance", "implied") for want in topic for have in names):
        return True
    have_words = frozenset(stems(text))
    # Names decide where there are any; words only where there are none.
    return not topic and bool(words) and sum(word in have_words for word in words) / len(words) >= 0.3


def _stated_years(evidence: Evidence, topic: Sequence[str], words: Sequence[str]) -> tuple[float, Passage] | None:
    """"7 years of HR experience", said of the asked field or, in the headline, of nothing else."""
    best: tuple[float, Passage] | None = None
    for passage in evidence.passages:
        if passage.place in ("education", "certifications"):
            continue
        for value, start, end in years_in(passage.text):
            around = passage.text[max(0, start - 30) : end + 40]
            if not _EXPERIENCE_WORD.search(around) or re.search(r"(?:三|3)\s*年(?:制|规划)|20\d\d", passage.text[start:end]):
                continue
            if (_relevant(passage.text, topic, words) or not (topic or words)) and (best is None or value > best[0]):
                best = (value, passage)
    return best


def _number(years: float) -> str:
    return f"{years:.1f}".removesuffix(".0")


# --- degrees ----------------------------------------------------------------------------------------------------


def _judge_education(demand: Demand, requirement: Requirement, evidence: Evidence, _: str) -> _Answer:
    best: tuple[int, bool, Passage] | None = None
    fields: dict[str, Passage] = {}
    for passage in evidence.passages:
        hits = vocabulary.degrees().find(passage.text)
        in_section = passage.place == "education"
        if passage.place not in _EDUCATION_PLACES or not (hits or in_section):
            continue
        for hit in vocabulary.fields().find(passage.text):
            fields.setdefault(hit.name, passage)
        for hit in hits:
            level, finished = vocabulary.DEGREE_ORDER.index(hit.name), not _STUDYING.search(passage.text)
            if best is None or (finished, level) > best[:2][::-1]:
                best = (level, finished, passage)
    field_hit = next((fields[name] for name in demand.fields if name in fields), None)
    needed = max(demand.degree, -1)
    if best is None and field_hit is None:
        if _EQUIVALENT.search(demand.text) and total_years([job.period for job in evidence.jobs]) >= 3:
            return _Answer("partial", _distinct([job.head for job in evidence.jobs]), "degree_by_experience")
        return _absent(requirement, evidence)
    if best is None or needed < 0:
        if field_hit:
            return _Answer("met", (field_hit,), "field")
        return _Answer("missing", _distinct([best[2]] if best else [], 1), "field_other") if demand.fields else _absent(requirement, evidence)
    level, finished, passage = best
    passages = _distinct([passage, *([field_hit] if field_hit else [])])
    if level < needed:
        if _EQUIVALENT.search(demand.text) and total_years([job.period for job in evidence.jobs]) >= 3:
            return _Answer("partial", _distinct([job.head for job in evidence.jobs]), "degree_by_experience")
        return _Answer("missing", (passage,), "degree_below")
    if not finished:
        return _Answer("partial", (passage,), "degree_unfinished")
    if demand.fields and not field_hit:
        return _Answer("partial", (passage,), "field_other")
    return _Answer("met", passages, "degree_above" if level > needed else "degree")


# --- languages --------------------------------------------------------------------------------------------------


def _judge_language(demand: Demand, requirement: Requirement, evidence: Evidence, document_locale: str) -> _Answer:
    answers = [_language(name, demand, requirement, evidence, document_locale) for name in demand.languages]
    order: tuple[Status, ...] = ("met", "partial", "unclear", "missing")
    answers.sort(key=lambda answer: order.index(answer.status))
    return answers[0] if demand.any_of else answers[-1]


def _language(name: str, demand: Demand, requirement: Requirement, evidence: Evidence, document_locale: str) -> _Answer:
    needed = demand.rank
    best: tuple[int, bool, Passage] | None = None
    for passage in evidence.passages:
        if passage.place == "experience" and not any(hit.name == name for hit in vocabulary.find(passage.text)):
            continue
        for part in _LANGUAGE_PART.split(passage.text):
            rank = _rank(name, part, passage.text)
            if rank is not None and (best is None or rank > best[0]):
                best = (rank, True, passage)
    if best:
        rank, _, passage = best
        if rank >= needed:
            return _Answer("met", (passage,), "language")
        return _Answer("partial", (passage,), "language_below" if rank else "language_no_level")
    if document_locale == {"English": "en", "Mandarin": "zh"}.get(name):
        return _Answer("unclear", (), "language_of_document")
    return _absent(requirement, evidence, (name,))


def _rank(name: str, part: str, whole: str) -> int | None:
    """The rank a part of a line claims for a language; 0 when it names the language alone, None when it does not."""
    best: int | None = None
    for hit in vocabulary.tests().find(part):
        test = vocabulary.data()["test"][hit.name]
        if test["language"] == name:
            score = _SCORE.search(part, hit.end)
            value = float(score[0]) if score else 0.0
            steps: list[list[float]] = test["scores"]
            # Without a score the test says no more than its lowest step; a single step needs none.
            rank = next((int(rank) for least, rank in steps if value >= least), 0)
            best = max(best or 0, rank)
    if any(hit.name == name for hit in vocabulary.find(part)):
        words = [int(hit.name) for hit in vocabulary.ranks().find(part)]
        best = max([best or 0, *words])
    return best


# --- certificates, and what a resume does not say ---------------------------------------------------------------


def _judge_certificate(demand: Demand, requirement: Requirement, evidence: Evidence, document_locale: str) -> _Answer:
    terms = [term for term in demand.terms if vocabulary.kind(term) == "certificate"]
    if not terms:
        return _by_words(demand, requirement, evidence)
    best = [(term, found[0]) for term in terms if (found := evidence.terms(term, demand.text))]
    best = [(term, found) for term, found in best if found.relation != "implied"]
    subjects = [term for term in demand.terms if vocabulary.kind(term) in vocabulary.HARD_KINDS]
    full = [
        found
        for _, found in best
        if found.relation in ("same", "instance") and not found.weak and _same_subject(found.passage.text, subjects)
    ]
    if full and (demand.any_of or len(full) == len(terms)):
        return _Answer("met", _distinct([found.passage for found in full]), "certificate", {"found": _written(full)})
    if best:
        found = best[0][1]
        lacking = [term for term in terms if term not in [name for name, _ in best]]
        if full and lacking:
            return _Answer("partial", _distinct([f.passage for f in full]), "some_of", {"found": _written(full), "lacking": _asked(demand, lacking)})
        reason = "certificate_pending" if found.weak else "certificate_near"
        return _Answer("partial", _distinct([found.passage]), reason, {"found": found.name})
    return _absent(requirement, evidence, terms)


def _same_subject(text: str, subjects: Sequence[str]) -> bool:
    """Whether a certificate that names a subject ("primary Chinese") names one that was asked for."""
    named = [hit.name for hit in vocabulary.find(text) if vocabulary.kind(hit.name) in vocabulary.HARD_KINDS]
    return not subjects or not named or any(vocabulary.relation(have, want) for have in named for want in subjects)


def _judge_unwritten(demand: Demand, requirement: Requirement, evidence: Evidence, _: str) -> _Answer:
    passage, share = evidence.closest(demand.text)
    if passage and share >= MET_SHARE:
        return _Answer("met", (passage,), "similar")
    return _Answer("unclear", (), "unsaid")


_Judge = Callable[[Demand, Requirement, Evidence, str], _Answer]
# The first that applies decides.
_JUDGES: tuple[tuple[Callable[[Demand, Requirement], bool], _Judge], ...] = (
    (lambda demand, _: demand.category == "certification", _judge_certificate),
    (lambda demand, _: demand.category == "education" and bool(demand.degree >= 0 or demand.fields), _judge_education),
    (lambda demand, _: demand.category == "language" and bool(demand.languages), _judge_language),
    (lambda demand, _: demand.years > 0, _judge_years),
    (lambda demand, _: demand.unwritten and demand.category == "other", _judge_unwritten),
    (lambda demand, _: bool(demand.terms) and all(vocabulary.kind(term) == "soft" for term in demand.terms), _judge_soft),
    (lambda demand, _: bool(demand.terms), _judge_terms),
    (lambda demand, _: True, _judge_words),
)
