"""Lines that the screen's width has broken, joined again: a requirement that takes three rows is one line of text.

A row continues the one above when nothing speaks against it: the first word would not have found room above, the two
stand at the normal distance, begin at the same edge, are printed in the same size, and no bullet or number begins
there. One requirement left in two parts does less harm than two merged into one, so in doubt rows stay apart.
"""

import re
import statistics
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from core.ocr.transcript import Line, Paragraph, Piece
from core.offline.postings import is_section_name

# Lengths are in line heights. All were chosen on 29 pictures of postings and hold with a margin there.
_FARTHEST = 2.1  # between rows of one paragraph; line spacing is 1.2 to 2 times the size of the print
_SAME_PITCH = 1.12  # of the usual distance of rows that go on; paragraphs that are set apart at all are so by a sixth
_SAME_HEIGHT = 1.35  # boxes of one size of print differ that much: "acme" and "Ågy", a comma at the end
_SHORT, _SHORT_HEIGHT = 4.0, 1.5  # boxes of a few characters are drawn the least exactly
_NEAR = 10  # rows above and below that tell size, spacing and the column's edge; a long page has several of each
_SAME_EDGE = 0.8
_INDENT = 3.0  # deepest hanging or first-line indent
_SLACK = 0.3  # boxes are drawn a little too wide
_BLANK = 0.5  # the empty half of these at the end of a row, which no box contains
_HALF_EMPTY = ("，", "、", "）", ")", "》", "」", "』", "”")
# Labels, each in a frame of its own, fill a row as words do.
_FAR_GAP = 2.5  # what is farther apart is no row of labels: a title and a salary, cells of a table
_FRAME = 1 / 3  # of the space between two labels, to the right of the last one
_FLUSH = 0.5  # the frame keeps a label's text farther than that from the edge; what is nearer is set flush right
_SAME_LABEL = 0.25  # of left edges; the frame sets labels apart from text below
# Where a column ends.
_RUN = 40  # rows above and below that show whether text runs on
_MARGIN = 4.0  # widest margin of a page or column
_NARROW = 12.0  # a narrower column holds names and figures; its longest one is not a broken line
_TIGHT = 0.9  # of the usual distance of rows
_SEVERAL, _MOST = 2, 0.6  # rows of running text that go on, and their share of those that might

_NARROW_LETTERS = dict.fromkeys("fijlrt.,;:'!|()[]- ", 0.3)  # width, in wide characters

_MARK = re.compile(
    r"""\s*(?:
      [•·●○◦▪■□◆◇►▶➢➤✓✔☑★☆※*\-–—>]           # bullets
    | [(（\[【]?\s*(?:(?P<number>\d{1,2})|[一二三四五六七八九十]{1,3})\s*(?:[)）\]】、]|[.．:：](?!\d))
    | [(（]?[a-zA-Z][)）.．](?!\w) | [①-⑳❶-❿]   # 1. 1、 (1) a) 一、
    | 【 | 第\s*(?:\d|[一二三四五六七八九十])
    )""",
    re.VERBOSE,
)
_TIGHT_NUMBER = re.compile(r"(\d{1,2})\.(?=\d)")
_ENDED = re.compile(r"[。；;.!！?？:：】]$")


@dataclass(frozen=True)
class Spot:
    """A piece and its place on the straightened page, in pixels."""

    piece: Piece
    left: float
    right: float
    middle: float  # of its height, from the top of the page
    height: float


@dataclass(frozen=True)
class Row:
    """The spots of one printed line, from the left; in a row of a table each cell's from the top."""

    spots: tuple[Spot, ...]

    @cached_property
    def left(self) -> float:
        return self.spots[0].left

    @cached_property
    def right(self) -> float:
        return max(spot.right for spot in self.spots)

    @cached_property
    def middle(self) -> float:
        return statistics.fmean(spot.middle for spot in self.spots)

    @cached_property
    def height(self) -> float:
        return statistics.median(spot.height for spot in self.spots)

    @cached_property
    def gap(self) -> float:
        """The widest space between two of its spots, in line heights; 0 with one spot."""
        spaces = (after.left - before.right for before, after in pairwise(self.spots))
        return max(spaces, default=0.0) / self.height

    @cached_property
    def text(self) -> str:
        text = self.spots[0].piece.text
        for before, spot in pairwise(self.spots):
            below = spot.middle - before.middle > before.height / 2  # in one cell of a table
            text = joined(text, spot.piece.text) if below else f"{text} {spot.piece.text}"
        return text

    @property
    def line(self) -> Line:
        return Line(
            text=self.text,
            boxes=tuple(spot.piece.box for spot in self.spots if spot.piece.box is not None),
            confidence=min(spot.piece.confidence for spot in self.spots),
        )


def unwrap(rows: Sequence[Row], limit: float) -> list[Paragraph]:
    """Paragraphs of the rows of one column, from the top. `limit` is where the column's space ends on the right."""
    seams = [_Seam(rows, number, limit) for number in range(1, len(rows))]
    grouped = [[row] for row in rows[:1]]
    for number, (row, seam) in enumerate(zip(rows[1:], seams, strict=True)):
        if (
            seam.is_open
            and _usual_distance(seams, number)
            and (seam.shows_edge or _is_running_text(seams, number))
            and _same_edge(row, grouped[-1])
            and not _begins_item(row.text, grouped[-1])
        ):
            grouped[-1].append(row)
        else:
            grouped.append([row])
    made: list[Paragraph] = []
    for group in grouped:
        text = group[0].text
        if made and (tight := _tight_number(text, made[-1].text)):
            text = f"{tight[0]} {text[tight.end() :]}"
        for upper, row in pairwise(group):
            text = f"{text} {row.text}" if len(upper.spots) > 1 else joined(text, row.text)
        made.append(Paragraph(text=text, lines=tuple(row.line for row in group)))
    return made


class _Seam:
    """Two rows, one below the other: `is_open` when their sizes, places and words allow that the lower one goes on."""

    def __init__(self, rows: Sequence[Row], number: int, limit: float) -> None:
        self.upper, self.lower = upper, lower = rows[number - 1], rows[number]
        near = rows[max(0, number - _NEAR) : number + _NEAR]
        unit = statistics.median(row.height for row in near if _same_size(row.height, upper.height))
        edge = max(row.right for row in near)
        usual = statistics.median(below.middle - above.middle for above, below in pairwise(near))
        self.pitch = (lower.middle - upper.middle) / unit
        self.ended = bool(_ENDED.search(upper.text))
        short = min(row.right - row.left for row in (upper, lower)) < _SHORT * unit
        self.is_open = (
            _same_size(upper.height, lower.height, _SHORT_HEIGHT if short else _SAME_HEIGHT)
            and 0 < self.pitch <= _FARTHEST
            and max(upper.gap, lower.gap) <= _FAR_GAP
            and not self.ended
            and not (is_section_name(upper.text) or is_section_name(lower.text))
            and not _is_grid(upper, lower)
            and _had_no_room(edge, upper, lower)
        )
        # The longest row nearby may end where the column ends, or just be the longest. It does the former at the
        # margin of the page, and where rows that go on stand closer than most.
        self.wide = edge - min(row.left for row in near) > _NARROW * unit
        self.shows_edge = limit - edge < _MARGIN * unit or (self.wide and self.pitch * unit <= _TIGHT * usual)


def _usual_distance(seams: Sequence[_Seam], number: int) -> bool:
    """Whether the two rows are no farther apart than others nearby, in the same size of print, that may go on; rows of
    labels have their own."""
    if len(seams[number].upper.spots) > 1:
        return True
    size = seams[number].upper.height
    near = [
        seam.pitch
        for seam in seams[max(0, number - _NEAR) : number + _NEAR]
        if seam.is_open and _same_size(seam.upper.height, size)
    ]
    return seams[number].pitch <= _SAME_PITCH * statistics.median_low(near)


def _is_running_text(seams: Sequence[_Seam], number: int) -> bool:
    """Whether these are some rows at even distances most of which had no room for what follows.

    A list of equally long items, which often begin alike, is none.
    """
    pitch = seams[number].pitch
    start = end = number
    while start > number - _RUN and start and _even(seams[start - 1].pitch, pitch):
        start -= 1
    while end < number + _RUN and end + 1 < len(seams) and _even(seams[end + 1].pitch, pitch):
        end += 1
    run = [seam for seam in seams[start : end + 1] if not seam.ended]
    going_on = [seam for seam in run if seam.is_open]
    beginnings = {seam.upper.text[0] for seam in going_on}
    return (
        seams[number].wide
        and len(going_on) >= _SEVERAL
        and len(going_on) >= _MOST * len(run)
        and len(beginnings) > _MOST * len(going_on)
    )


def _even(one: float, other: float) -> bool:
    return 0 < one <= _SAME_PITCH * other and other <= _SAME_PITCH * one


def _is_grid(upper: Row, lower: Row) -> bool:
    """Whether the spots of the two stand below each other, as cells do."""
    below = [
        spot for spot in lower.spots[1:] if any(abs(spot.left - o.left) < upper.height / 2 for o in upper.spots[1:])
    ]
    return bool(below) and len(below) == len(lower.spots) - 1


def _begins_item(text: str, above: Sequence[Row]) -> bool:
    """Whether a row with `text` begins an item of its own, below a paragraph of these rows."""
    mark, last = _MARK.match(text), _MARK.match(above[0].text)
    if not mark:
        # A number of "at least" + "7.0 or the same" belongs to the sentence that has not ended.
        return bool(_ENDED.search(above[-1].text) and _tight_number(text, above[0].text))
    if last and mark["number"] and last["number"]:
        # "... (Qwen, Llama" + "3, DeepSeek) ..." in item 3: a list goes on with a higher number or anew with 1.
        return int(mark["number"]) > int(last["number"]) or int(mark["number"]) == 1
    return True


def _tight_number(text: str, before: str) -> re.Match[str] | None:
    """The number of an item, glued to another that follows: after item 1, "2.5 years" is item 2 with "5 years"."""
    tight, last = _TIGHT_NUMBER.match(text), _MARK.match(before)
    return tight if tight and last and last["number"] and int(tight[1]) == int(last["number"]) + 1 else None


def _same_size(one: float, other: float, tolerance: float = _SAME_HEIGHT) -> bool:
    return max(one, other) <= tolerance * min(one, other)


def joined(before: str, after: str) -> str:
    """Two parts of a broken line: a space between words of scripts that have them, none after a hyphen."""
    if not before or not after:
        return before + after
    if before[-1] == "-" and len(before) > 1 and before[-2].isalnum():
        return before + after
    return before + after if _is_wide(before[-1]) or _is_wide(after[0]) else f"{before} {after}"


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _same_edge(row: Row, above: Sequence[Row]) -> bool:
    first, last = above[0], above[-1]
    shift = (row.left - last.left) / row.height
    if len(last.spots) > 1:  # a label begins inside its frame, other text where the frame begins
        return abs(shift) < _SAME_LABEL
    if abs(shift) < _SAME_EDGE:
        return True
    if len(above) > 1:
        return False
    return 0 < shift < _INDENT if _MARK.match(first.text) else -_INDENT < shift < 0


def _had_no_room(edge: float, upper: Row, lower: Row) -> bool:
    """Whether what `lower` begins with would have crossed the column's edge, had it been set in the row above."""
    space = (edge - upper.right) / upper.height
    if len(upper.spots) > 1 and space < _FLUSH:
        return False
    blank = _BLANK if upper.text.endswith(_HALF_EMPTY) else 0.0
    return space - blank - _SLACK < _needed(upper, lower) / upper.height


def _needed(upper: Row, lower: Row) -> float:
    """Pixels to the right of `upper` for what cannot be broken at the start of `lower`: a word, or a whole label."""
    first = lower.spots[0]
    width = first.right - first.left
    if len(upper.spots) > 1:
        return width + (1 + _FRAME) * upper.gap * upper.height
    text = first.piece.text
    return width * _weight(_first_word(text)) / max(_weight(text), 1.0)


def _first_word(text: str) -> str:
    """A Latin word, or one wide character, with the punctuation that may not begin a row."""
    end = 1
    if not _is_wide(text[0]):
        while end < len(text) and not text[end].isspace() and not _is_wide(text[end]):
            end += 1
    while end < len(text) and unicodedata.category(text[end]) in ("Po", "Pe", "Pf"):
        end += 1
    return text[:end]


def _weight(text: str) -> float:
    """Width in wide characters, roughly."""
    return sum(1.0 if _is_wide(c) else 0.7 if c.isupper() else _NARROW_LETTERS.get(c, 0.52) for c in text)
