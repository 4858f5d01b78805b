"""Which line of work a title names, and whether two are near each other, by `occupations.toml`."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from core.offline.lines import HAN
from core.remembered import remembered

_HAN = re.compile(rf"[{HAN}]")
_PART = re.compile(r"[\s·–—－-]+")  # of a Chinese title: "招聘专员-研发中心"
_HYPHEN = re.compile(r"(?<=[a-z])-(?=[a-z])")
_BOTH = re.compile(r"\b(?:and|or)\b|[&/、兼及]")  # "sales and marketing manager" is both


@cache
def table() -> dict[str, Any]:
    """`groups`: the words of each; `near`: to which others it leads."""
    return tomllib.loads((Path(__file__).parent / "occupations.toml").read_text("utf-8"))


@cache
def _words() -> tuple[re.Pattern[str], dict[str, str]]:
    """(a pattern of every word, the longest first, in the group `word`; the group of occupations of each)."""
    groups = {word: group for group, words in table()["groups"].items() for word in words}
    longest = sorted(groups, key=lambda word: (-len(word), word))
    latin = "|".join(re.escape(word) for word in longest if word.isascii())
    others = "|".join(re.escape(word) for word in longest if not word.isascii())
    return re.compile(rf"(?<![a-z])(?P<word>{latin})(?:s|ing)?(?![a-z])|(?P<other>{others})"), groups


@remembered(4096)
def named(title: str) -> tuple[tuple[str, str], ...]:
    """(word, group) of the words of a title that name an occupation, in their order."""
    pattern, groups = _words()
    found = (match["word"] or match["other"] for match in pattern.finditer(_HYPHEN.sub(" ", title.lower())))
    return tuple((word, groups[word]) for word in found)


def near(one: str, other: str) -> bool:
    """Whether two groups are the same, or one leads into the other."""
    beside = table()["near"]
    return one == other or other in beside.get(one, ()) or one in beside.get(other, ())


def asked(title: str) -> tuple[tuple[str, str], ...]:
    """(word, group) of what a title asks for: the last one named in the first part that names any, or all of them when
    the title joins several."""
    parts = _PART.split(title) if _HAN.search(title) else [title]
    found = next((words for words in map(named, parts) if words), ())
    return found if _BOTH.search(title.lower()) else found[-1:]


def foreign(title: str, held: Iterable[str], told: Iterable[str] = ()) -> bool:
    """Whether a post is of a line of work that none of the titles somebody has held is near to, and that nothing they
    have `told` names in the title's own words; False where either side does not say."""
    wanted, own = asked(title), {group for each in held for _, group in named(each)}
    if not wanted or not own or any(near(group, other) for _, group in wanted for other in own):
        return False
    # One word alone ("software", 销售) is said of much else.
    words = [word for word, _ in wanted if " " in word or (not word.isascii() and len(word) > 2)]
    return not (words and any(word in text.lower() for text in told for word in words))
