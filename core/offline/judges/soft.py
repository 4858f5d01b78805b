"""Soft skills: what was done counts in full, what is only claimed by half."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.offline import vocabulary
from core.offline.demands import Demand
from core.offline.evidence import Evidence, Passage
from core.offline.judges.common import Answer, Case, absent, distinct
from core.offline.lines import width
from core.offline.text import stems

# Where a resume says what somebody is, and not what was done.
_SELF_PORTRAIT = frozenset(
    {"summary", "skills", "soft", "specialties", "tools", "languages", "education", "certifications"}
)
_SELF = re.compile(
    r"性格|为人|能力(?:较|很)?强|吃苦|乐观|自驱"
    r"|(?:较强|良好|出色|优秀)的|善于|\bskills\b|\b(?:excellent|strong|great|good) \w+"
    r"|\bI(?:['’]m| am) an?\b|\bcool head|\bteam player",
    re.I,
)
_NUMBER = re.compile(r"\d|每个?[天日周月年]|[一二三四五六七八九十两]{1,3}[起家个名人次场件条]")
_SHORTEST = 8  # columns of an account; less is a heading or a name


@dataclass(frozen=True)
class _Trait:
    asks: re.Pattern[str]
    shows: re.Pattern[str]


@cache
def _traits() -> dict[str, _Trait]:
    table = tomllib.loads((Path(__file__).parents[1] / "traits.toml").read_text("utf-8"))
    return {
        name: _Trait(re.compile(entry["asks"], re.I), re.compile(entry["shows"], re.I)) for name, entry in table.items()
    }


def asked(demand: Demand) -> tuple[str, ...]:
    """The soft skills a demand names, else those it describes: "present results to the board"."""
    named = [term for term in demand.terms if term in _traits()]
    described = [name for name, trait in _traits().items() if trait.asks.search(demand.text)]
    return tuple(dict.fromkeys(named or described))


def shows(name: str, text: str) -> bool:
    """Whether an account of work shows a soft skill."""
    return _traits()[name].shows.search(text) is not None


def judge(case: Case) -> Answer:
    """For a demand that names soft skills only, or describes what having them looks like."""
    evidence, about = case.evidence, case.demand.text
    names = asked(case.demand)
    shown = [passage for name in names if (passage := _shown(name, about, evidence))]
    topic = frozenset(stems(about))
    plain = [passage for passage in shown if _NUMBER.search(passage.text) or topic & passage.stems]
    claims = [passage for passage in evidence.everything if not passage.dated and _claims(passage, case.demand, names)]
    # A sign without a figure or a word of the demand bears out no claim by itself, but does where nothing is claimed.
    if plain or (shown and not claims):
        return Answer("met", distinct(plain or shown), "soft_shown")
    if claims:
        return Answer("partial", distinct(claims, 1), "soft_claimed")
    return absent(case, case.demand.terms)


def _shown(name: str, about: str, evidence: Evidence) -> Passage | None:
    """The account of work that shows a soft skill best: closest to the demand, then most signs, then a number."""
    topic = frozenset(stems(about))
    best: tuple[tuple[int, int, bool], Passage] | None = None
    for passage in evidence.passages:
        told = (passage.place in _SELF_PORTRAIT or _SELF.search(passage.text)) and not _NUMBER.search(passage.text)
        if told or passage.dated or width(passage.text) < _SHORTEST:
            continue
        signs = len(_traits()[name].shows.findall(passage.claimed))
        rank = (len(topic & passage.stems), signs, any(c.isdigit() for c in passage.text))
        if signs and (best is None or rank > best[0]):
            best = (rank, passage)
    return best[1] if best else None


def _claims(passage: Passage, demand: Demand, traits: tuple[str, ...]) -> bool:
    """Whether a passage only says of the client to be so."""
    names = {hit.name for hit in vocabulary.find(passage.claimed)} & set(demand.terms)
    return bool(names) or any(_traits()[name].asks.search(passage.claimed) for name in traits)
