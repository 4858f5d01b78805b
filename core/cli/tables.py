"""Tables as a terminal shows them."""

import unicodedata
from collections.abc import Sequence

GAP = "  "  # between columns


def aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """One line a row, the columns one below the other."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [GAP.join(map(padded, row, widths)).rstrip() for row in rows]


def padded(text: str, cells: int) -> str:
    """Filled up with blanks to that width."""
    return text + " " * (cells - width(text))


def width(text: str) -> int:
    """Cells of a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
