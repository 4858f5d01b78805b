"""How each kind of demand is decided: the first judge whose rule holds takes the `Case` and gives an `Answer`."""

import re
from collections.abc import Callable

from core.offline import vocabulary
from core.offline.demands import Demand
from core.offline.judges import (
    certificates,
    education,
    languages,
    leading,
    level,
    names,
    readiness,
    role,
    soft,
    work,
    years,
)
from core.offline.judges.common import Answer, Case, by_words

_COURSE = re.compile(r"\bcertificate\b|\bdiploma\b|\bqualification\b", re.I)

__all__ = ["Answer", "Case", "decide"]


def decide(case: Case) -> Answer:
    """The verdict on one requirement. Never `met` or `partial` without a passage."""
    return next(judge for applies, judge in _RULES if applies(case))(case)


def _is_whole(case: Case) -> bool:
    """Whether a requirement may say what job it is: one for years is a demand of its own."""
    return case.requirement.category == "experience" and not case.demand.years


def _is_certificate(case: Case) -> bool:
    labelled = case.requirement.category == "certification" and not case.demand.languages
    if case.requirement.category == "education" and case.demand.degree < 0 and _COURSE.search(case.demand.text):
        return True
    return case.demand.category == "certification" or labelled


def _all_soft(case: Case) -> bool:
    if case.requirement.category == "soft" and soft.asked(case.demand):
        return True
    if case.demand.terms:
        return all(vocabulary.kind(term) == "soft" for term in case.demand.terms)
    return False


def _is_education(case: Case) -> bool:
    return case.demand.category == "education" and bool(case.demand.degree >= 0 or case.demand.fields)


def _names_leading(demand: Demand) -> bool:
    """Whether a demand is for having led people, and names nothing else that can be looked for."""
    hard = [term for term in demand.terms if vocabulary.kind(term) != "soft"]
    return hard == ["people management"] and leading.asks_people(demand.text)


_RULES: tuple[tuple[Callable[[Case], bool], Callable[[Case], Answer]], ...] = (
    (lambda case: _is_whole(case) and case.demand.text == case.job_title, role.judge),
    (lambda case: _is_whole(case) and case.demand.text in case.duties, work.judge),
    (level.outgrown, level.too_experienced),
    (_is_certificate, certificates.judge),
    (_is_education, education.judge),
    (lambda case: case.demand.category == "language" and bool(case.demand.languages), languages.judge),
    (lambda case: case.demand.years > 0, years.judge),
    (lambda case: case.demand.unwritten and case.demand.category == "other", readiness.judge),
    (lambda case: _names_leading(case.demand), leading.judge),
    (_all_soft, soft.judge),
    (lambda case: bool(case.demand.terms), names.judge),
    (lambda _: True, by_words),
)
