"""Readiness to travel, to work shifts, to move: a yes, a no, or a yes with limits; silence is no answer."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.offline.evidence import Passage
from core.offline.judges.common import NAMELESS_SHARE, Answer, Case, closest

_CLAUSE = re.compile(r"[^，,。；;|｜\n]+")
# Places that tell of work and study: there the topic alone is no offer.
_TOLD = frozenset({"experience", "projects", "education", "open_source", "awards"})
# Headings of unpaid work, which tells no more of the hours somebody would work.
_UNPAID = re.compile(r"volunt|communit|志愿|公益|社团|社会活动|社会实践|校园", re.I)


@dataclass(frozen=True)
class _Topic:
    """What asks for it, what speaks of it, and what says that one's own work is that."""

    asks: re.Pattern[str]
    says: re.Pattern[str]
    own: re.Pattern[str]


@cache
def _topics() -> tuple[_Topic, ...]:
    names = ("asks", "says", "own")
    return tuple(_Topic(*(re.compile(topic[name], re.I) for name in names)) for topic in _table()["topic"].values())


@cache
def _answer(name: str) -> re.Pattern[str]:
    """A pattern of `[answer]`; raises KeyError for a name that is not there."""
    return re.compile(_table()["answer"][name], re.I)


@cache
def _others() -> re.Pattern[str]:
    return re.compile(_table()["others"]["says"], re.I)


@cache
def _table() -> dict[str, Any]:
    file = Path(__file__).parents[1] / "readiness.toml"
    return tomllib.loads(file.read_text("utf-8"))


def judge(case: Case) -> Answer:
    """For a demand that a resume usually leaves unsaid: the clauses that speak of the same topic, a no first."""
    asked = [topic for topic in _topics() if topic.asks.search(case.demand.text)]
    about = [(passage, clause) for passage in case.evidence.everything for clause in _about(passage, asked)]
    refused = [(passage, clause) for passage, clause in about if _refuses(clause)]
    for denial, clause in refused:
        if not _answer("more").search(clause) or _answer("more").search(case.demand.text):
            return Answer("missing", (denial,), "denied")
    rest = [each for each in about if each not in refused]
    found = [(passage, clause) for passage, clause in rest if _is_ready(passage, clause, asked)]
    if about and not found:
        return Answer("unclear", (), "unsaid")
    if not found:
        passage, share = closest(case.evidence, case.demand.text)
        return (
            Answer("met", (passage,), "similar")
            if passage and share >= NAMELESS_SHARE and not _others().search(passage.text)
            else Answer("unclear", (), "unsaid")
        )
    limited = _answer("limited")
    free = [passage for passage, clause in found if not limited.search(clause) or limited.search(case.demand.text)]
    return Answer("met", (free[0],), "ready") if free else Answer("partial", (found[0][0],), "ready_limited")


def _refuses(clause: str) -> bool:
    return _answer("no").search(_answer("fine").sub(" ", clause)) is not None


def _is_ready(passage: Passage, clause: str, asked: list[_Topic]) -> bool:
    """Whether a clause offers it, or tells that one's own work is that; arranging it for others is neither."""
    if _answer("ready").search(clause) or _answer("fine").search(clause):
        return True
    if _answer("arranged").search(clause):
        return False
    if _UNPAID.search(passage.section) or _UNPAID.search(clause):
        return False
    return passage.place not in _TOLD or any(topic.own.search(clause) for topic in asked)


def _about(passage: Passage, asked: list[_Topic]) -> list[str]:
    clauses = [clause for clause in _CLAUSE.findall(passage.text) if not _others().search(clause)]
    return [clause for clause in clauses if any(topic.says.search(clause) for topic in asked)]
