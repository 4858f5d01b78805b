"""Readiness to travel, to work shifts, to move: a yes, a no, or a yes with limits; silence is no answer."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from core.offline.evidence import Passage
from core.offline.judges.common import NAMELESS_SHARE, Answer, Case

_CLAUSE = re.compile(r"[^，,。；;|｜\n]+")


@cache
def _topics() -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    return {
        name: (re.compile(topic["asks"], re.I), re.compile(topic["says"], re.I))
        for name, topic in _table()["topic"].items()
    }


@cache
def _answers() -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile(_table()["answer"]["no"], re.I), re.compile(_table()["answer"]["limited"], re.I)


@cache
def _table() -> dict[str, Any]:
    file = Path(__file__).parents[1] / "readiness.toml"
    return tomllib.loads(file.read_text("utf-8"))


def judge(case: Case) -> Answer:
    """For a demand that a resume usually leaves unsaid: the clauses that speak of the same topic, a no first."""
    asked = [says for asks, says in _topics().values() if asks.search(case.demand.text)]
    found = [(passage, clause) for passage in case.evidence.everything for clause in _about(passage, asked)]
    no, limited = _answers()
    if refusals := [passage for passage, clause in found if no.search(clause)]:
        return Answer("missing", (refusals[0],), "denied")
    if not found:
        passage, share = case.evidence.closest(case.demand.text)
        return (
            Answer("met", (passage,), "similar")
            if passage and share >= NAMELESS_SHARE
            else Answer("unclear", (), "unsaid")
        )
    free = [passage for passage, clause in found if not limited.search(clause) or limited.search(case.demand.text)]
    return Answer("met", (free[0],), "ready") if free else Answer("partial", (found[0][0],), "ready_limited")


def _about(passage: Passage, asked: list[re.Pattern[str]]) -> list[str]:
    return [clause for clause in _CLAUSE.findall(passage.text) if any(says.search(clause) for says in asked)]
