"""Languages: the level a resume states, by word or by test, against the level asked for."""

import re

from core.offline import vocabulary
from core.offline.demands import test_rank
from core.offline.evidence import Passage
from core.offline.judges.common import Answer, Case, absent
from core.schemas import Status

_PART = re.compile(r"[,，、;；|｜/。\n]|\s{2,}|(?<=[)）])\s")
_DOCUMENT_LANGUAGE = {"en": "English", "zh": "Mandarin"}
_BEST_FIRST: tuple[Status, ...] = ("met", "partial", "unclear", "missing")


def judge(case: Case) -> Answer:
    """For a demand for languages: the best one where any will do, else the one that is furthest off."""
    answers = [_language(name, case) for name in case.demand.languages]
    answers.sort(key=lambda answer: _BEST_FIRST.index(answer.status))
    return answers[0] if case.demand.any_of else answers[-1]


def _language(name: str, case: Case) -> Answer:
    best: tuple[int, Passage] | None = None
    for passage in case.evidence.passages:
        for part in _parts(passage.text):
            rank = _rank(name, part)
            if rank is not None and (best is None or rank > best[0]):
                best = (rank, passage)
    if best:
        rank, passage = best
        if rank >= case.demand.rank:
            return Answer("met", (passage,), "language")
        return Answer("partial", (passage,), "language_below" if rank else "language_no_level")
    if not case.evidence.denied.get(name) and _DOCUMENT_LANGUAGE[case.document_locale] == name:
        return Answer("unclear", (), "language_of_document")
    return absent(case, (name,))


def _parts(text: str) -> list[str]:
    """The parts of a line; one that only says how well belongs to the language before it: "Spanish, conversational"."""
    parts: list[str] = []
    for part in filter(str.strip, _PART.split(text)):
        named = any(vocabulary.kind(hit.name) == "language" for hit in vocabulary.find(part))
        if parts and not named and vocabulary.ranks().find(part):
            parts[-1] += f", {part}"
        else:
            parts.append(part)
    return parts


def _rank(name: str, part: str) -> int | None:
    """The rank a part of a line claims for a language; 0 when it names the language alone, None when it does not."""
    tests = vocabulary.data()["test"]
    claimed = [test_rank(hit, part) for hit in vocabulary.tests().find(part) if tests[hit.name]["language"] == name]
    if any(hit.name == name for hit in vocabulary.find(part)):
        claimed += [0, *(int(hit.name) for hit in vocabulary.ranks().find(part))]
    return max(claimed, default=None)
