"""Nothing of a resume may get lost: which lines are not fully found again in what was extracted from it."""

import re
from collections.abc import Iterable
from typing import Any

from core.offline.lines import LETTER, fold
from core.offline.sections import is_label
from core.offline.terms import key, table

_RUN = re.compile(r"[^\W_]+")


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
        self._joining = frozenset(table("resume_terms")["joining"]["words"])

    def holds(self, line: str) -> bool:
        """Whether the line stands in one extracted text, or is made up of extracted texts, labels and joining words."""
        plain = _plain(line)
        if plain in self._all or is_label(plain.strip(" :：")):
            return True
        for value in self._values:
            if value in plain:
                plain = _cut(plain, value)
                if not _RUN.search(plain):
                    return True
        return all(run.lower() in self._joining or is_label(run) for run in _RUN.findall(plain)) or not key(
            _without_labels(plain)
        )


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
