"""The reading order of a page whose two columns were drawn row by row, as word processors export them.

PDFium reads such a page across. It is put right only where that is certain: a gutter free of text runs down the page,
most rows have text on both sides of it, and both sides hold a heading. So a list with dates on its right and a page
with its headings on its left stay as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.offline.sections import heading_kind

_MOST_CHARACTERS = 20_000  # each costs a call; no page of a resume holds as many
_GUTTER = 12  # points, about two letters
_STEP = 3
_LEAST_PAIRS, _PAIRED, _CROSSING = 5, 0.4, 0.2  # rows, and shares of the rows


@dataclass(frozen=True)
class Glyph:
    text: str
    left: float
    right: float

    @property
    def inked(self) -> bool:
        return not self.text.isspace() and self.right > self.left


Row = Sequence[Glyph]


def column_text(page: Any) -> str | None:
    """The text of a PDFium text page, left column first; None when the page does not surely have two such columns."""
    rows = _rows(page)
    inked = [glyph for row in rows for glyph in row if glyph.inked]
    if not inked:
        return None
    begin, stop = min(glyph.left for glyph in inked), max(glyph.right for glyph in inked)
    places = [begin + share * (stop - begin) / 100 for share in range(20, 81, _STEP)]
    gutter = min(places, key=lambda place: _misfit(rows, place))
    sides = [_sides(row, gutter) for row in rows]
    pairs = sum(bool(left and right) for left, right in filter(None, sides))
    if pairs < max(_LEAST_PAIRS, _PAIRED * len(rows)) or sides.count(None) > _CROSSING * len(rows):
        return None
    if not all(any(side and heading_kind(side[at]) for side in sides) for at in (0, 1)):
        return None
    return "\n".join(_ordered(rows, sides))


def _rows(page: Any) -> list[Row]:
    from pypdfium2 import raw  # noqa: PLC0415 - only the child process needs it

    rows: list[list[Glyph]] = [[]]
    count = page.count_chars()
    for index in range(count if count <= _MOST_CHARACTERS else 0):
        text = chr(raw.FPDFText_GetUnicode(page, index))
        if text in "\r\n":
            rows.append([])
        else:
            left, _, right, _ = page.get_charbox(index)
            rows[-1].append(Glyph(text, left, right))
    return [row for row in rows if any(glyph.inked for glyph in row)]


def _misfit(rows: Sequence[Row], place: float) -> tuple[int, int]:
    """How badly a gutter at `place` fits: rows that cross it, then rows with text on one side only."""
    sides = [_sides(row, place) for row in rows]
    return sides.count(None), sum(not (side[0] and side[1]) for side in sides if side)


def _sides(row: Row, gutter: float) -> tuple[str, str] | None:
    """The text of a row left and right of the gutter, None when it crosses."""
    if any(g.inked and g.left < gutter + _GUTTER / 2 and g.right > gutter - _GUTTER / 2 for g in row):
        return None
    # A space between words has no box of its own: it goes with the letter before it.
    texts, at = ["", ""], 0
    for glyph in row:
        at = int(glyph.left > gutter) if glyph.inked else at
        texts[at] += glyph.text
    return texts[0].strip(), texts[1].strip()


def _ordered(rows: Sequence[Row], sides: Sequence[tuple[str, str] | None]) -> list[str]:
    """The left column, then the right one; a row across both ends them."""
    done: list[str] = []
    columns: tuple[list[str], list[str]] = ([], [])
    for row, side in zip(rows, sides, strict=True):
        if side is None:
            done += [*columns[0], *columns[1], "".join(glyph.text for glyph in row).strip()]
            columns = ([], [])
        else:
            for column, text in zip(columns, side, strict=True):
                column.extend([text] if text else [])
    return [*done, *columns[0], *columns[1]]
