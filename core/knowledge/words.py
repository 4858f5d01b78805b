"""What a text is searched by: its words, Chinese as pairs of characters, and the concepts it speaks of.

Chinese has no spaces, and a search by three characters finds no word of two: pairs need no dictionary and miss nothing.
Concepts (`concepts.toml`) make a gap and the advice about it meet where they share no word, or no language.
"""

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import snowballstemmer

from core.offline import vocabulary
from core.offline.lines import HAN
from core.remembered import remembered

_HAN = re.compile(f"[{HAN}]")
_RUN = re.compile(rf"(?:(?=\w)[{HAN}])+|[a-z0-9][a-z0-9+#.&'’-]*")
# Letters that an index of words would drop: "C++" and "C#" are not "C".
_SPELLED = (("+", "plus"), ("#", "sharp"), (".", "dot"), ("&", "and"))
_SKIPPED = re.compile(r"['’-]")
# Words that say nothing about what a text is about; of the Chinese ones a pair with any of these says nothing either.
_STOP_LATIN = """
    a about all also an and any are as at be been but by can could did do does doing for from had has have having he her
    his how i if in into is it its just may me more most must my no not of on one only or other our out over own shall
    she should so some such than that the their them then there these they this those to too up very was we were what
    when where which who will with would you your client person someone something
"""
_PORTER = snowballstemmer.stemmer("porter")
_STOP = frozenset(map(_PORTER.stemWord, _STOP_LATIN.split()))
_STOP_HAN = frozenset("的了是和在与及或等我你您他她它们这那就也都被把对但还又着过吗呢吧很并且而其于之以个")


def words(text: str) -> list[str]:
    """The words of a text in order: Latin ones by their stem, of Chinese every two neighbours."""
    found: list[str] = []
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).lower()):
        if run.isascii() or "’" in run:
            found += filter(None, (_stem(_spelled(piece)) for piece in _SKIPPED.split(run)))  # of "s" nothing stays
        else:
            found += [run] if len(run) == 1 else [run[at : at + 2] for at in range(len(run) - 1)]
    return found


@remembered(8192)
def _stem(word: str) -> str:
    return str(_PORTER.stemWord(word))


def _spelled(word: str) -> str:
    word = word.rstrip(".&")
    for sign, name in _SPELLED:
        word = word.replace(sign, name)
    return word


def telling(found: Iterable[str]) -> list[str]:
    """Those that say what a text is about, each once."""
    return list(dict.fromkeys(word for word in found if word not in _STOP and not _STOP_HAN & set(word)))


@dataclass(frozen=True)
class _Table:
    """`concepts.toml`: which concepts a spelling stands for, and what finds the spellings."""

    pattern: re.Pattern[str]
    spelled: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, str]


@cache
def _table() -> _Table:
    tables = tomllib.loads(Path(__file__).with_name("concepts.toml").read_text("utf-8"))
    kinds = tables.pop("kinds")
    spelled: dict[str, list[str]] = {}
    for table in tables.values():
        for concept, spellings in table.items():
            for spelling in spellings:
                spelled.setdefault(spelling, []).append(concept)
    longest_first = sorted(spelled, key=len, reverse=True)
    latin = "|".join(re.escape(name) for name in longest_first if name.isascii())
    other = "|".join(re.escape(name) for name in longest_first if not name.isascii())
    # Words of Latin letters take endings and end at a boundary; Chinese ones stand anywhere.
    pattern = re.compile(rf"(?<![a-z0-9])({latin})(?:e?s|e?d|ing)?(?![a-z0-9])|({other})")
    return _Table(
        pattern,
        {name: tuple(concepts) for name, concepts in spelled.items()},
        kinds,
    )


def concepts(text: str) -> list[str]:
    """Marks of the concepts a text speaks of, and of the names in it that the analyst's vocabulary knows: each once.

    A name also speaks of its kind: "CISM" of certificates, "Figma" of tools.
    """
    table = _table()
    found = [mark("c", name) for name in spoken(text)]
    for name in dict.fromkeys(hit.name for line in text.splitlines() for hit in vocabulary.find(line)):
        found.append(mark("n", hashlib.sha256(name.encode()).hexdigest()[:10]))
        if (kind := vocabulary.kind(name) or "") in table.kinds:
            found.append(mark("c", table.kinds[kind]))
    return list(dict.fromkeys(found))


def spoken(text: str) -> list[str]:
    """The concepts that a text has a word of, in order."""
    table = _table()
    hits = table.pattern.finditer(unicodedata.normalize("NFKC", text).lower())
    return [name for hit in hits for name in table.spelled[hit[1] or hit[2]]]


def mark(kind: str, name: str) -> str:
    """A concept, tag or name as a word that no text has, of letters and digits: both databases take it as one."""
    return f"{kind}q{name.replace('_', '')}"


def han(text: str) -> int:
    """How many Chinese characters a text has."""
    return len(_HAN.findall(text))
