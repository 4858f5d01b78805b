"""Degrees and fields of study: levels compared, fields by family."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from core.offline import vocabulary
from core.offline.dates import total_years
from core.offline.evidence import Evidence, Passage
from core.offline.judges.common import Answer, Case, absent, distinct

# Years of work that "or equivalent experience" is taken to mean at least.
EQUIVALENT_YEARS = 3.0

_PART_TIME = re.compile(r"非全日制|函授|自考|自学考试|成人(?:教育|高考)|开放(?:教育|大学)|网络教育|业余|夜大")
_FULL_TIME = re.compile(r"(?<!非)(?:全日制|统招)")
_OTHER_COURSE = re.compile(r"certificat|diploma|licen[cs]e|证", re.I)
_CONTINUED = re.compile(r"credits?\b|学分|还差|预计.{0,8}毕业|expected|in progress|graduation planned|在读", re.I)
STUDYING = re.compile(
    r"在读|还没|没拿到|在校|未毕业|肄业|未取得|还差|预计.{0,12}毕业"
    r"|expected|candidate|pursuing|in progress|dropped out|incomplete|enrol+ed"
    r"|not completed|unfinished|did not (?:finish|complete|graduate)|no degree|credits?\b|units? completed"
    r"|left (?:after|without)|\b(?:one|two|three|1|2|3) years? of (?:a|the)\b|anticipated",
    re.I,
)
_ANY_FIELD = re.compile(r"any (?:field|discipline|subject)|专业不限|不限专业", re.I)
_EQUIVALENT = re.compile(r"equivalent|同等学力|同等经验|或同等", re.I)
_OPEN_FIELD = re.compile(
    r"related|relevant|similar|equivalent|comparable|quantitative|technical|etc\b|\be\.?g\.?|such as|so on"
    r"|相关|相近|类似|等专业",
    re.I,
)
# A degree word under work experience is a customer or a city ("Boston, MA"), not a degree.
_PLACES = frozenset({"education", "head", "summary", "unknown", "other"})


@dataclass(frozen=True, order=True)
class _Degree:
    finished: bool
    level: int  # index into DEGREE_ORDER


def judge(case: Case) -> Answer:
    """For a demand for a degree, a field of study, or both."""
    demand = case.demand
    degrees, fields = _studied(case.evidence)
    in_field = next((fields[name] for name in demand.fields if name in fields), None)
    best = max(degrees, default=None)
    if demand.degree < 0:
        return _field_alone(case, in_field, degrees[best] if best else None)
    best = max((degree for degree in degrees if degree.level >= demand.degree), default=None)
    if best is None:
        return _too_low(case, degrees[max(degrees)] if degrees else None)
    passage = degrees[best]
    near = None if in_field else _related(case, fields)
    elsewhere = (demand.fields and not in_field and not near) or not _studied_subject(case)
    if elsewhere and _is_closed(case) and not _neighbour(case, fields):
        return Answer("missing", (passage,), "field_other")
    lacks = (
        (not best.finished, "degree_unfinished"),
        (_FULL_TIME.search(demand.text) and _PART_TIME.search(passage.text), "degree_part_time"),
        (elsewhere, "field_other"),
    )
    if reason := next((reason for lacking, reason in lacks if lacking), ""):
        return Answer("partial", (passage,), reason)
    reason = "field_related" if near else "degree_above" if best.level > demand.degree else "degree"
    return Answer("met", distinct([passage, *filter(None, (in_field or near,))]), reason)


def _studied(evidence: Evidence) -> tuple[dict[_Degree, Passage], dict[str, Passage]]:
    degrees: dict[_Degree, Passage] = {}
    fields: dict[str, Passage] = {}
    unfinished = _followed_by(evidence, _CONTINUED)
    # The line under education is the one to quote, wherever else a degree is mentioned.
    for passage in sorted(evidence.passages, key=lambda passage: passage.place != "education"):
        hits = vocabulary.degrees().find(passage.text)
        if passage.place not in _PLACES or not (hits or passage.place == "education"):
            continue
        finished = not STUDYING.search(passage.text) and passage not in unfinished
        for hit in hits:
            degrees.setdefault(_Degree(finished, vocabulary.DEGREE_ORDER.index(hit.name)), passage)
        for hit in vocabulary.fields().find(passage.text):
            fields.setdefault(hit.name, passage)
    return degrees, fields


def _studied_subject(case: Case) -> bool:
    """Whether the degree is in what it must be in, where no list of fields knows it: "BSc in Physiotherapy"."""
    subjects = [term for term in case.demand.terms if vocabulary.kind(term) in ("skill", "domain")]
    if case.demand.fields or not subjects or _ANY_FIELD.search(case.demand.text):
        return True
    studied = [passage for passage in case.evidence.passages if passage.place in _PLACES]
    names = {
        hit.name
        for passage in studied
        if vocabulary.degrees().find(passage.text)
        for hit in vocabulary.find(passage.text)
    }
    return any(vocabulary.relation(have, want) for have in names for want in subjects)


def _followed_by(evidence: Evidence, pattern: re.Pattern[str]) -> list[Passage]:
    """The degrees whose next line, which names none itself, has the pattern: "Since 2023, 71 of 120 credits"."""
    found = []
    rows = [passage for passage in evidence.passages if passage.place == "education"]
    for passage, after in pairwise(rows):
        other = vocabulary.degrees().find(after.text) or _OTHER_COURSE.search(after.text)
        if after.source == passage.source and not other and pattern.search(after.text):
            found.append(passage)
    return found


def _field_alone(case: Case, in_field: Passage | None, other: Passage | None) -> Answer:
    if in_field:
        return Answer("met", (in_field,), "field")
    return Answer("missing", (other,), "field_other") if other else absent(case)


def _is_closed(case: Case) -> bool:
    """Whether a demand is for the schooling of a profession by law, which no other stands in for."""
    closed = set(case.demand.fields) <= set(vocabulary.data()["closed_fields"]) and bool(case.demand.fields)
    return closed and not (_OPEN_FIELD.search(case.demand.text) or _EQUIVALENT.search(case.demand.text))


def _related(case: Case, studied: Mapping[str, Passage]) -> Passage | None:
    """The passage with a field next to the asked one, where the demand takes such a field ("or a related field")."""
    return _neighbour(case, studied) if _OPEN_FIELD.search(case.demand.text) else None


def _neighbour(case: Case, studied: Mapping[str, Passage]) -> Passage | None:
    families = vocabulary.data()["field_family"].values()
    wanted = [set(family) for family in families if set(family) & set(case.demand.fields)]
    return next((passage for name, passage in studied.items() if any(name in family for family in wanted)), None)


def _too_low(case: Case, passage: Passage | None) -> Answer:
    jobs = case.evidence.jobs
    if _EQUIVALENT.search(case.demand.text) and total_years([job.period for job in jobs]) >= EQUIVALENT_YEARS:
        return Answer("partial", distinct([job.head for job in jobs]), "degree_by_experience")
    return Answer("missing", (passage,), "degree_below") if passage else absent(case)
