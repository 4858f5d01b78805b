"""Pieces of text with their places, put into the order in which a person reads them.

Three steps. The pieces are *straightened*: a tilted or slanted picture is measured by its own lines. They are put into
*blocks*: columns that are read one after the other, while the cells of a table stay in their rows. In each block they
become *lines* and lines that the screen's width has broken become *paragraphs* again (`core.ocr.wrapping`).

Lengths are measured in line heights, so nothing depends on the resolution.
"""

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.ocr.transcript import Line, Paragraph, Piece, Quad
from core.ocr.wrapping import Row, Spot, unwrap

_STEEPEST = math.tan(math.radians(35))  # a line tilted more is a watermark or a seal and says nothing about the page
_TELLING = 4  # line heights; the tilt of anything shorter is chance
_ROW = 0.5  # line heights between the middles of two pieces of one row
_OVERLAP = 0.6  # line heights by which boxes of one row may overlap: engines draw them generously

_GUTTER = 0.8  # line heights; the space between columns is wider, that between words narrower
_CROSSING = 0.1  # share of pieces that may cross a gutter: titles and lines above and below the columns
_COLUMN = 4  # rows of the shorter column; fewer are a salary beside a title, not a column
_ALIGNED = 0.25  # line heights; rows of two columns of a table differ less, those of two texts by chance
_TABLE = 0.7  # share of the shorter column's rows that are aligned in a table; a quarter to a half are by chance
_PROSE_WIDTH = 8  # line heights; half the rows of a text are longer, cells are not
_PROSE_ROWS = 6
_PROSE_FULL = 0.4  # share of a text's rows that reach the column's edge


def paragraphs(pieces: Sequence[Piece], width: int) -> list[Paragraph]:
    """All pieces, each in one line of one paragraph, in reading order. `width` is the picture's, in pixels.

    Pieces without a box are in reading order already, each a paragraph.
    """
    if any(piece.box is None for piece in pieces):
        return [
            Paragraph(text=piece.text, lines=(Line(text=piece.text, boxes=(), confidence=piece.confidence),))
            for piece in pieces
        ]
    return [
        paragraph
        for block, right in _blocks(_straighten(pieces), float(width))
        for paragraph in unwrap(_rows(block), right)
    ]


# --- straightening --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Measure:
    """One piece's middle line: from (x0, y0) to (x1, y1), and its height."""

    x0: float
    y0: float
    x1: float
    y1: float
    height: float

    @property
    def length(self) -> float:
        return math.hypot(self.x1 - self.x0, self.y1 - self.y0)

    @property
    def slope(self) -> float:
        return (self.y1 - self.y0) / max(self.x1 - self.x0, 1e-6)

    @property
    def telling(self) -> bool:
        return self.length > _TELLING * self.height and abs(self.slope) < _STEEPEST


def _measure(box: Quad) -> _Measure:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = box
    height = (math.dist(box[0], box[3]) + math.dist(box[1], box[2])) / 2
    return _Measure((ax + dx) / 2, (ay + dy) / 2, (bx + cx) / 2, (by + cy) / 2, max(height, 1.0))


def _straighten(pieces: Sequence[Piece]) -> list[Spot]:
    """The pieces as if the picture had been taken straight on.

    Lines of print are parallel in space, so in a photo they meet in one point: they are y = v + (a + b * v) * x, and v
    is where the line stands on the page. With b = 0 the picture is only turned, with both 0 it is straight.
    """
    measures = [_measure(piece.box) for piece in pieces if piece.box is not None]
    middle = statistics.fmean(m.x0 + m.x1 for m in measures) / 2 if measures else 0.0
    a, b = _tilt(measures, middle)
    turn = math.atan(a)
    spots = []
    for piece, m in zip(pieces, measures, strict=True):
        x, y = (m.x0 + m.x1) / 2 - middle, (m.y0 + m.y1) / 2
        # A short piece's own tilt is chance: its extent is taken along the page's.
        half = (m.length if m.telling else abs(m.x1 - m.x0)) / 2
        across = (x + middle) * math.cos(turn) + y * math.sin(turn)
        down = (y - a * x) / max(1 + b * x, 0.2)
        spots.append(Spot(piece=piece, left=across - half, right=across + half, middle=down, height=m.height))
    return spots


def _tilt(measures: Sequence[_Measure], middle: float) -> tuple[float, float]:
    """a and b of `_straighten`, by weighted least squares over the long pieces, those off the common tilt left out."""
    telling = [m for m in measures if m.telling]
    if not telling:
        return 0.0, 0.0
    slopes = np.array([m.slope for m in telling])
    x = np.array([(m.x0 + m.x1) / 2 - middle for m in telling])
    y = np.array([(m.y0 + m.y1) / 2 for m in telling])
    weights = np.array([m.length for m in telling])
    order = np.argsort(slopes)
    common = slopes[order][np.searchsorted(weights[order].cumsum(), weights.sum() / 2)]
    near = np.abs(slopes - common) < math.tan(math.radians(8))
    spread = float(np.ptp(y[near]))
    typical = statistics.median(m.height for m in telling)
    if near.sum() < 4 or spread < 6 * typical:
        return float(common), 0.0
    # slope = a + b * v at v = y - slope * x, the line's height at the middle of the page
    terms = np.stack([np.ones(int(near.sum())), (y - slopes * x)[near]], axis=1) * weights[near, None]
    a, b = np.linalg.lstsq(terms, slopes[near] * weights[near], rcond=None)[0]
    return float(a), float(b)


# --- blocks ---------------------------------------------------------------------------------------------------


def _blocks(spots: list[Spot], right: float) -> Iterator[tuple[list[Spot], float]]:
    """The spots of each column, and where the column's space ends; what crosses a gutter stands between columns."""
    gutter = _gutter(spots)
    if gutter is None:
        yield spots, right
        return
    plain: list[Spot] = []
    for crossing, beside in _bands(spots, gutter):
        plain += crossing
        sides = _sides(beside, gutter)
        if not _are_columns(*sides):
            plain += beside
            continue
        if plain:
            yield from _blocks(plain, right)
            plain = []
        yield from _blocks(sides[0], min(spot.left for spot in sides[1]))
        yield from _blocks(sides[1], right)
    if plain:
        yield from _blocks(plain, right)


def _gutter(spots: Sequence[Spot]) -> float | None:
    """The place between two columns that has most text beside it; None where the text is one column."""
    if len(spots) < 2 * _COLUMN:
        return None
    best, most = None, 0
    for place in _gaps(spots):
        held = sum(len(beside) for _, beside in _bands(spots, place) if _are_columns(*_sides(beside, place)))
        if held > most:
            best, most = place, held
    return best


def _gaps(spots: Sequence[Spot]) -> list[float]:
    """Middles of the intervals wide enough for a gutter: those that no spot crosses, then one, and so on."""
    least = _GUTTER * statistics.median(spot.height for spot in spots)
    edges = sorted([(spot.left, 1) for spot in spots] + [(spot.right, -1) for spot in spots])
    places = [place for place, _ in edges]
    crossed = np.cumsum([change for _, change in edges])
    found = []
    for few in range(int(_CROSSING * len(spots)) + 1):
        start = None
        for number in range(int(np.argmax(crossed > few)), len(edges)):
            if crossed[number] > few:
                if start is not None and places[number] - start >= least:
                    found.append((start + places[number]) / 2)
                start = None
            elif start is None:
                start = places[number]
    return list(dict.fromkeys(found))


def _bands(spots: Sequence[Spot], gutter: float) -> list[tuple[list[Spot], list[Spot]]]:
    """From the top: what crosses the gutter, and what stands beside it until the next that crosses."""
    bands: list[tuple[list[Spot], list[Spot]]] = [([], [])]
    for spot in sorted(spots, key=lambda spot: spot.middle):
        if spot.left < gutter < spot.right:
            if bands[-1][1]:
                bands.append(([], []))
            bands[-1][0].append(spot)
        else:
            bands[-1][1].append(spot)
    return bands


def _sides(spots: Sequence[Spot], gutter: float) -> tuple[list[Spot], list[Spot]]:
    left = [spot for spot in spots if spot.right <= gutter]
    return left, [spot for spot in spots if spot.right > gutter]


def _are_columns(left: list[Spot], right: list[Spot]) -> bool:
    """Whether the two are texts of their own and not cells of common rows."""
    rows = _rows(left), _rows(right)
    shorter, longer = sorted(rows, key=len)
    if len(shorter) < _COLUMN:
        return False
    aligned = sum(any(abs(one.middle - other.middle) < _ALIGNED * one.height for other in longer) for one in shorter)
    return aligned < _TABLE * len(shorter) or (len(shorter) >= _PROSE_ROWS and any(map(_is_prose, rows)))


def _is_prose(rows: Sequence[Row]) -> bool:
    """Whether these are lines of running text, which break where the column ends."""
    if any(len(row.spots) > 1 for row in rows):
        return False
    edge = max(row.right for row in rows)
    full = sum(edge - row.right < 2 * row.height for row in rows)
    wide = statistics.median((row.right - row.left) / row.height for row in rows) > _PROSE_WIDTH
    return wide and full >= _PROSE_FULL * len(rows)


def _rows(spots: Sequence[Spot]) -> list[Row]:
    """Spots on one printed line together, from the top; in a row from the left."""
    rows: list[list[Spot]] = []
    for spot in sorted(spots, key=lambda spot: (spot.middle, spot.left)):
        best = min((row for row in rows[-6:] if _fits(spot, row)), key=lambda row: _distance(spot, row), default=None)
        if best is None:
            rows.append([spot])
        else:
            best.append(spot)
    made = [Row(tuple(sorted(row, key=lambda spot: spot.left))) for row in rows]
    return sorted(made, key=lambda row: row.middle)


def _distance(spot: Spot, row: Sequence[Spot]) -> float:
    return abs(spot.middle - statistics.fmean(other.middle for other in row))


def _fits(spot: Spot, row: Sequence[Spot]) -> bool:
    lowest = min(spot.height, *(other.height for other in row))
    apart = all(min(spot.right, other.right) - max(spot.left, other.left) < _OVERLAP * lowest for other in row)
    return apart and _distance(spot, row) < _ROW * lowest
