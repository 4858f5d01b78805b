"""Which line of work a title names, and whether two are near each other, by `occupations.toml`."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from core.offline.lines import HAN

_HAN = re.compile(rf"[{HAN}]")
_PART = re.compile(r"[\s·–—－/-]+")  # of a Chinese title: "HRBP-游戏美术中心"
_HYPHEN = re.compile(r"(?<=[a-z])-(?=[a-z])", re.I)


@cache
def table() -> dict[str, Any]:
    """`groups`: the words of each; `near`: to which others it leads."""
    return tomllib.loads((Path(__file__).parent / "occupations.toml").read_text("utf-8"))


@cache
def _words() -> tuple[re.Pattern[str], dict[str, str]]:
    """(a pattern of every word, the longest first; the group of each)."""
    groups = {word: group for group, words in table()["groups"].items() for word in words}
    longest = sorted(groups, key=lambda word: (-len(word), word))
    latin = "|".join(re.escape(word) for word in longest if word.isascii())
    others = "|".join(re.escape(word) for word in longest if not word.isascii())
    return re.compile(rf"(?<![a-z])(?:{latin})(?:s|ing)?(?![a-z])|{others}", re.I), groups


@lru_cache(maxsize=4096)
def named(title: str) -> tuple[str, ...]:
    """The groups that the words of a title name, in their order."""
    pattern, groups = _words()
    found = (match.lower() for match in pattern.findall(_HYPHEN.sub(" ", title)))
    return tuple(groups[next(w for w in (word, word[:-1], word[:-3]) if w in groups)] for word in found)


def near(one: str, other: str) -> bool:
    """Whether two groups are the same, or one leads into the other."""
    beside = table()["near"]
    return one == other or other in beside.get(one, ()) or one in beside.get(other, ())


def line_of_work(title: str) -> str:
    """The group of a post: the last one named in the first part of its title that names any; empty without."""
    parts = _PART.split(title) if _HAN.search(title) else [title]
    return next((groups[-1] for groups in map(named, parts) if groups), "")


def foreign(title: str, held: Iterable[str]) -> bool:
    """Whether a post is of a line of work that none of the titles somebody has held is near to; False where either side
    does not say."""
    asked, own = line_of_work(title), {group for each in held for group in named(each)}
    return bool(asked and own) and not any(near(asked, group) for group in own)
