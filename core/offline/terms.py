"""The word lists of the resume side, as compiled patterns that are safe beside Chinese characters."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from core.offline.lines import LETTER, fold, has_han


@cache
def table(name: str) -> dict[str, Any]:
    """The parsed data file `name`.toml that stands beside this module."""
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text("utf-8"))


def compiled(entries: Iterable[str]) -> re.Pattern[str]:
    """One pattern over `entries` (regular expressions), first match first.

    Latin letters are bounded by Latin letters and digits only: `\\b` would not see a word that touches a Han character.
    """
    latin: list[str] = []
    han: list[str] = []
    for entry in entries:
        (han if has_han(entry) else latin).append(entry)
    bounded = [rf"(?<!{LETTER})(?:{'|'.join(latin)})(?!{LETTER})"] if latin else []
    return re.compile("|".join([*han, *bounded]), re.IGNORECASE)


@cache
def words(path: str) -> re.Pattern[str]:
    """The plain words at a dotted `path` of resume_terms.toml, longest first."""
    return compiled(re.escape(word) for word in sorted(_at(path), key=lambda w: (-len(w), w)))


@cache
def expressions(path: str) -> re.Pattern[str]:
    """The regular expressions at a dotted `path` of resume_terms.toml, in the order of the file."""
    return compiled(_at(path))


def senses(path: str, text: str) -> dict[str, set[str]]:
    """The words of `text` that the lists of the table at `path` have, under the keys of the lists. Of words that
    overlap the longest counts: a phrase may mean something else than its words."""
    pattern, key_of = _senses(path)
    found: dict[str, set[str]] = {}
    for hit in pattern.finditer(text.lower()):
        found.setdefault(key_of[hit[0]], set()).add(hit[0])
    return found


@cache
def _senses(path: str) -> tuple[re.Pattern[str], dict[str, str]]:
    key_of = {word.lower(): name for name, listed in _at(path).items() for word in listed}
    return compiled(re.escape(word) for word in sorted(key_of, key=lambda w: (-len(w), w))), key_of


def _at(path: str) -> Any:
    found: Any = table("resume_terms")
    for part in path.split("."):
        found = found[part]
    return found


def key(text: str) -> str:
    """What headings and labels are compared by: letters and digits alone, folded and without case."""
    return "".join(c for c in fold(text).casefold() if c.isalnum())
