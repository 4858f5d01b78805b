"""A sentence of running prose taken apart into its clauses, and what each says of whom.

"You know SQL, and a licence is a must - our customers ask for it" tells of the applicant, of a thing that is asked for
and of the firm. Subjects and verbs are data: `[clauses]` in job_terms.toml.
"""

import re
from functools import cache

from core.offline.job_terms import job_terms, pattern
from core.offline.text import outside_brackets


def cut(sentence: str) -> list[tuple[int, int]]:
    """(start, end) of the clauses of a sentence.

    One that leans on the next ("If you ...,") or hangs on the one before ("..., so you need to like that") is none.
    """
    marks = sorted(found.span("cut") for mark in _table("cuts").values() for found in outside_brackets(sentence, mark))
    parts, start = [], 0
    for begin, end in marks:
        if begin <= start or _one("leans").match(sentence[start:begin]) or _one("hangs").match(sentence, end):
            continue
        parts.append((start, begin))
        start = end
    return [*parts, (start, len(sentence))]


def kind(clause: str) -> str:
    """What its subject and verb make of a clause, a name of `[clauses.kinds]`; empty when they do not tell."""
    return next((name for name, told in _table("kinds").items() if told.search(clause)), "")


def opening(clause: str) -> int:
    """Where the subject and the verb of asking end that a clause may begin with: "you need to have ..."."""
    found = _one("opening").match(clause)
    return found.end() if found else 0


@cache
def _table(name: str) -> dict[str, re.Pattern[str]]:
    return {key: pattern(text) for key, text in job_terms()["clauses"][name].items()}


@cache
def _one(name: str) -> re.Pattern[str]:
    return pattern(job_terms()["clauses"][name])
