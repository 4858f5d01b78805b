"""What a passage shows: something that was done, or no more than a name, a list, a claim or who the employer is.

A report may say of a deed that the client did it, and quote it to an employer; of the others it may say no more than
that they stand there.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from core.offline.claims import DISCLAIMED, FAINT, PENDING, claimed
from core.offline.lines import ends_sentence, fold, has_han, width
from core.offline.sections import free_label, heading_kind, label
from core.offline.terms import compiled, table, words
from core.remembered import remembered

if TYPE_CHECKING:
    from core.offline.evidence import Passage

Kind = Literal["deed", "head", "list", "employer", "said"]

# Where work is told: what stands there is a deed unless it looks like something else.
_WORK = frozenset({"experience", "projects", "open_source"})
# Where it is not told whatever the words.
_NO_WORK = frozenset({"education", "certifications"})
_LISTS = frozenset({"skills", "soft", "specialties", "tools", "languages"})
_SHORTEST = 12  # columns of an account that no verb opens
_HEAD = re.compile(r"\s[|｜]\s|@[\w-]+\.|^\*\*[^*]+\*\*$")
_BETWEEN = re.compile(r"[,，、;；/|·•]|\s(?:and|or)\s|[和及与]")
_FEW = 3  # items of a list
_ITEM_WORDS, _ITEM_COLUMNS, _ITEM_HAN = 3, 24, 12  # of an item, at most: words, columns, columns of a Chinese one
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)(?:\s*[./年-]\s*\d{1,2}(?!\d))?")
_SPAN = re.compile(r"(?:19|20)\d\d(?:\s?[./年-]\s?\d{1,2}月?)?\s*(?:[-–—~至到]|to\b)")
_PART = re.compile(r"\s*[,，、|｜·]\s*|\s[-–—]\s")
_BRACKETED = re.compile(r"\s*[(（][^)）]*[)）]")
_TITLE_END = re.compile(r"\s*$|\s(?:to|of|for|in|at)\b")
# "Harbourline Bank, Toa Payoh Branch", "Design Engineer"
_TITLE_CASE = re.compile(r"(?:(?:[A-Z&][\w&.'’/-]*|of|and|the|at|for)[\s,]*)+(?<![.])")
_I = re.compile(r"\bI\s+|我")
_RUNNING = re.compile(r"\b(?:for|the|with|and|by|from|as)\b")  # no part of a title
_NUMBER = re.compile(r"(?<![A-Za-z\d/.])\d")


@cache
def _openings(name: str) -> re.Pattern[str]:
    return compiled(table("proofs")[name])


def _names(name: str) -> tuple[str, ...]:
    return tuple(table("proofs")[name])


@dataclass(frozen=True)
class _Line:
    text: str
    place: str
    dated: bool

    @property
    def body(self) -> str:
        """Without the label it begins with."""
        named = free_label(self.text)
        return named[1] if named and named[1] else self.text

    @property
    def tells(self) -> bool:
        """Whether it, or what it says in the first person, opens with what somebody did."""
        told = [self.body, *(self.body[found.end() :] for found in _I.finditer(self.body))]
        return any(_openings("deeds").match(text) for text in told)

    @property
    def names_position(self) -> bool:
        """Whether it says who was what, where or when: "Planner, Acme, Leeds", "Acme | Planner", "2019 - 2021"."""
        if _HEAD.search(self.text) or _SPAN.search(self.text) or _TITLE_CASE.fullmatch(self.text):
            return True
        first, *more = _PART.split(_BRACKETED.sub("", self.text).strip())
        titles = [found for found in words("roles").finditer(first) if _TITLE_END.match(first[found.end() :])]
        titled = bool(titles) and not _RUNNING.search(first[: titles[0].start()]) and not ends_sentence(self.text)
        return titled and (bool(more) or (has_han(first) and " " in first))

    @property
    def lists(self) -> bool:
        named = free_label(self.text)
        return bool(label(self.text, *_names("list_labels")) or (named and heading_kind(named[0]) in _LISTS))


def _wholly_claimed(text: str) -> bool:
    """Whether a line says nothing of what was not done, is done by others, or is only under way."""
    return claimed(text) == text and not any(pattern.search(text) for pattern in (DISCLAIMED, FAINT, PENDING))


# The first that holds; what none takes is a claim.
_RULES: tuple[tuple[Kind, Callable[[_Line], bool]], ...] = (
    ("head", lambda line: line.dated or is_heading(line.text)),
    ("list", lambda line: line.lists or line.place in _LISTS),
    ("head", lambda line: not line.tells and line.names_position),
    ("employer", lambda line: not line.tells and _openings("employer").match(line.body) is not None),
    ("list", lambda line: not line.tells and is_list(line.body)),
    ("said", lambda line: line.place in _NO_WORK or not _wholly_claimed(line.text)),
    ("deed", lambda line: line.tells or (line.place in _WORK and width(line.body) >= _SHORTEST)),
)


@remembered(8192)  # each demand asks again of each passage
def _kind(text: str, place: str, dated: bool) -> Kind:
    line = _Line(text, place, dated)
    return next((kind for kind, holds in _RULES if holds(line)), "said")


def kind(passage: "Passage") -> Kind:
    """What the passage shows."""
    return _kind(passage.text, passage.place, passage.dated)


def is_deed(passage: "Passage") -> bool:
    """Whether the passage tells what the client did."""
    return kind(passage) == "deed"


def is_heading(text: str) -> bool:
    """Whether a line only names a position or a project: "Role: Planner", "项目：运单中台"."""
    named = free_label(text)
    return label(text, *_names("position_labels")) is not None or bool(named and named[0] in _names("position_names"))


def names_only(text: str) -> bool:
    """Whether a line, wherever it stands, names a position, an employer or skills, and tells nothing of them."""
    return _kind(text, "", False) in ("head", "list", "employer")


def is_list(text: str) -> bool:
    """Whether a line only lists short names: "Excel, SQL, Python"."""
    items = [item.strip(" .。()（）") for item in _BETWEEN.split(fold(text)) if item.strip()]
    return len(items) >= _FEW and all(
        len(item.split()) <= _ITEM_WORDS and width(item) <= (_ITEM_HAN if has_han(item) else _ITEM_COLUMNS)
        for item in items
    )


def measured(text: str) -> bool:
    """Whether a line has a figure: no year, and no part of a name such as B2B."""
    return _NUMBER.search(_YEAR.sub(" ", text)) is not None


def under(head: "Passage", passages: Sequence["Passage"]) -> list["Passage"]:
    """The deeds that are told below the head of a position or project, up to the next head."""
    found: list[Passage] = []
    for passage in passages:
        if passage.source != head.source or passage.line <= head.line:
            continue
        if passage.dated and found:
            break
        if is_deed(passage):
            found.append(passage)
    return found
