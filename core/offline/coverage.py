"""Nothing of a resume may get lost: which lines are not fully found again in what was extracted from it."""

import re
from collections.abc import Iterable
from typing import Any

from core.offline.lines import LETTER, fold, has_han
from core.offline.sections import free_label, is_label
from core.offline.terms import key, table

_RUN = re.compile(r"[^\W_]+")
_COLUMNS = re.compile(r"\s*[|｜\t•·]\s*|\s{3,}")
_FEW = 3  # words between extracted texts; more would be a statement of its own, even if each stands elsewhere


def strings(value: Any) -> list[str]:
    """Every non-empty text inside a dumped model, in order."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, dict):
        value = value.values()
    return [text for item in value for text in strings(item)] if isinstance(value, Iterable) else []


class Coverage:
    """The extracted texts, to hold lines against."""

    def __init__(self, values: Iterable[str]) -> None:
        unique = sorted(
            {_plain(row) for value in values for row in value.splitlines()}, key=lambda value: (-len(value), value)
        )
        self._values = [value for value in unique if value]
        self._all = "\n".join(self._values)
        self._words = frozenset(run.casefold() for run in _RUN.findall(self._all))
        self._joining = frozenset(table("resume_terms")["joining"]["words"])
        bags = table("resume_terms")["skill_labels"]
        self._labels = frozenset(key(name) for bag in ("tools", "soft", "mixed") for name in bags[bag])

    def missing(self, line: str) -> list[str]:
        """The columns of a line that are not held, without what a label names when only the label is not."""
        if self.holds(line):
            return []
        parts = [part for part in _COLUMNS.split(line) if part and not self.holds(part)] or [line]
        named = (free_label(part) for part in parts)
        return [
            label[0] if label and label[1] and self.holds(label[1]) else part
            for part, label in zip(parts, named, strict=True)
        ]

    def holds(self, line: str) -> bool:
        """Whether the line stands in one extracted text, or is made up of extracted texts, labels and joining words.

        Between extracted texts a few words may be left that each stand elsewhere, such as a town.
        """
        named = free_label(line)
        plain = _plain(named[1] if named and key(named[0]) in self._labels else line)
        if plain in self._all or is_label(plain.strip(" :：")):
            return True
        whole = plain
        for value in self._values:
            if value in plain:
                plain = _cut(plain, value)
                if not _RUN.search(plain):
                    return True
        left = [run for run in _RUN.findall(plain) if run.lower() not in self._joining and not is_label(run)]
        between = plain != whole and len(left) <= _FEW and all(map(self._stands, left))
        return not left or between or not key(_without_labels(plain))

    def _stands(self, word: str) -> bool:
        return word.casefold() in self._words or (has_han(word) and len(word) > 1 and word in self._all)


def _plain(text: str) -> str:
    return " ".join(fold(text).split())


def _cut(text: str, value: str) -> str:
    """`text` without whole-word occurrences of `value`."""
    before = rf"(?<!{LETTER})" if re.match(LETTER, value[0]) else ""
    after = rf"(?!{LETTER})" if re.match(LETTER, value[-1]) else ""
    return re.sub(before + re.escape(value) + after, "\t", text)


def _without_labels(text: str) -> str:
    """What is left of the rest of a line when labels of several words ("Phone number:") go as well."""
    pieces = re.split(r"[|｜\t]", text)
    return " ".join(piece for piece in pieces if not is_label(piece))
