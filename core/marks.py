"""Unicode normal forms in time that grows with the text alone, whatever marks someone has piled up in it."""

import re
import unicodedata
from typing import Literal

_LONG = 32  # marks in a row; no script needs as many


def normalised(form: Literal["NFC", "NFKC"], text: str) -> str:
    """The same as `unicodedata.normalize`, which moves marks one place at a time and so takes minutes for some texts.

    Long rows of marks are put into their canonical order first, which leaves it nothing to move.
    """
    decomposed: Literal["NFD", "NFKD"] = "NFD" if form == "NFC" else "NFKD"
    marks = [c for c in set(text) if c > "\x7f" and _only_marks(unicodedata.normalize(decomposed, c))]
    if marks:
        row = re.compile(f"[{''.join(map(re.escape, marks))}]{{{_LONG},}}")
        text = row.sub(lambda match: _in_order(decomposed, match[0]), text)
    return unicodedata.normalize(form, text)


def _only_marks(text: str) -> bool:
    return all(map(unicodedata.combining, text))


def _in_order(form: Literal["NFD", "NFKD"], marks: str) -> str:
    single = "".join(unicodedata.normalize(form, mark) for mark in marks)
    return "".join(sorted(single, key=unicodedata.combining))  # stable, as the canonical order is
