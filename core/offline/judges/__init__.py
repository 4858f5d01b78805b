"""How each kind of demand is decided: the first judge whose rule holds takes the `Case` and gives an `Answer`."""

from collections.abc import Callable

from core.offline import vocabulary
from core.offline.demands import Demand
from core.offline.judges import certificates, education, languages, names, soft, years
from core.offline.judges.common import MET_SHARE, Answer, Case, by_words

__all__ = ["Answer", "Case", "decide"]


def decide(case: Case) -> Answer:
    """The verdict on one requirement. Never `met` or `partial` without a passage."""
    return next(judge for applies, judge in _RULES if applies(case.demand))(case)


def _unwritten(case: Case) -> Answer:
    """A resume usually does not say it: only a passage in nearly the same words answers it."""
    passage, share = case.evidence.closest(case.demand.text)
    if passage and share >= MET_SHARE:
        return Answer("met", (passage,), "similar")
    return Answer("unclear", (), "unsaid")


def _all_soft(demand: Demand) -> bool:
    return bool(demand.terms) and all(vocabulary.kind(term) == "soft" for term in demand.terms)


_RULES: tuple[tuple[Callable[[Demand], bool], Callable[[Case], Answer]], ...] = (
    (lambda demand: demand.category == "certification", certificates.judge),
    (lambda demand: demand.category == "education" and bool(demand.degree >= 0 or demand.fields), education.judge),
    (lambda demand: demand.category == "language" and bool(demand.languages), languages.judge),
    (lambda demand: demand.years > 0, years.judge),
    (lambda demand: demand.unwritten and demand.category == "other", _unwritten),
    (_all_soft, soft.judge),
    (lambda demand: bool(demand.terms), names.judge),
    (lambda _: True, by_words),
)
