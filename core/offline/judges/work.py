"""The work itself: how much of what the posting says, taken as a whole, the documents say as well."""

import math
from collections import Counter
from collections.abc import Mapping

from core.i18n import detect_locale
from core.offline import vocabulary
from core.offline.evidence import Evidence, Passage
from core.offline.judges import level, occupation
from core.offline.judges.common import Answer, Case, distinct
from core.offline.text import stem_counts
from core.offline.vocabulary import FULL_RELATIONS

# Of the mean of two shares: of the names in the posting, and of how alike the words are. Chosen, as the two bounds, on
# the postings of tests/gold/ranking that may be looked at.
MET, PARTIAL = 0.5, 0.35
# Cosines of the words of a resume with a posting of another trade, and with one that fits. No word weighs more for
# being rare, so that a posting is judged alike whichever others there are.
_ALIKE = {"en": (0.10, 0.28), "zh": (0.05, 0.22)}
UNKNOWN = 0.3  # the share of a posting that names nothing
# How much of a name counts by the nearest one in the documents.
_CREDIT = {"same": 1.0, "instance": 1.0, "implied": 0.6, "near": 0.3, "broader": 0.3}


def judge(case: Case) -> Answer:
    """For a requirement that is a duty of the posting: it stands for all of them, at the level of the post."""
    if other := level.other(case):
        return other
    weights = names(case.posting)
    shares = [covered(weights, case.evidence)]
    locale = detect_locale(case.posting)
    if locale == case.document_locale:
        least, most = _ALIKE[locale]
        alike = cosine(stem_counts(case.posting), case.evidence.words)
        shares.append(min(1.0, max(0.0, (alike - least) / (most - least))))
    share = sum(shares) / len(shares)
    shown = distinct([*showing(weights, case.evidence), *_closest(case)], 2)
    other_line = occupation.is_another(case)
    if share < (MET if other_line else PARTIAL) or not shown:
        return Answer("missing", (), "role_other")
    met = share >= MET and not other_line
    return Answer("met", shown, "role") if met else Answer("partial", shown, "role_partly")


def names(text: str) -> dict[str, float]:
    """The names in a text of several lines; one that comes up again weighs more."""
    hits = (hit.name for line in text.split("\n") for hit in vocabulary.find(line))
    mentions = Counter(name for name in hits if vocabulary.kind(name) in vocabulary.HARD_KINDS)
    return {name: 1 + math.log(count) for name, count in mentions.items()}


def covered(weights: Mapping[str, float], evidence: Evidence) -> float:
    """The share of the names that the documents name, or something near them."""
    if not weights:
        return UNKNOWN
    return sum(weight * _nearest(name, evidence) for name, weight in weights.items()) / sum(weights.values())


def _nearest(name: str, evidence: Evidence) -> float:
    relations = (vocabulary.relation(have, name) for have in evidence.names)
    return max((_CREDIT[relation] for relation in relations if relation), default=0.0)


def showing(weights: Mapping[str, float], evidence: Evidence) -> list[Passage]:
    """The passages that name most of it, the best first."""
    told: dict[Passage, float] = {}
    for name, weight in weights.items():
        named = [found.passage for found in evidence.terms(name)[:3] if found.relation in FULL_RELATIONS]
        for passage in dict.fromkeys(named):
            told[passage] = told.get(passage, 0.0) + weight
    return sorted(told, key=lambda passage: (-told[passage], passage.line))


def _closest(case: Case) -> list[Passage]:
    passage, _ = case.evidence.closest(case.demand.text)
    return [passage] if passage else []


def cosine(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """Of the counts of words, each as 1 + log: 0 where no word is shared, 1 for two texts of the same words."""
    a, b = ({word: 1 + math.log(count) for word, count in words.items()} for words in (one, other))
    shared = sum(weight * b[word] for word, weight in a.items() if word in b)
    lengths = math.sqrt(sum(x * x for x in a.values()) * sum(x * x for x in b.values()))
    return shared / lengths if lengths else 0.0
