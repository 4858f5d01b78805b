"""Pieces of text with their places, put into the order in which a person reads them.

Three steps. The pieces are *straightened*: a tilted or slanted picture is measured by its own lines. They are put into
*blocks*: columns that are read one after the other, while the cells of a table stay in their rows. In each block they
become *lines* and lines that the screen's width has broken become *paragraphs* again (`core.ocr.wrapping`).

Lengths are measured in line heights, so nothing depends on the resolution.
"""

import math
import statistics
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from core.ocr.rotation import stands
from core.ocr.transcript import Line, Paragraph, Piece, Quad
from core.ocr.wrapping import Row, Spot, unwrap

_STEEPEST = math.tan(math.radians(35))  # a line tilted more is a watermark or a seal and says nothing about the page
_TELLING = 4  # line heights; the tilt of anything shorter is chance
_LEANING = 6  # left edges that show how a page leans
_UPRIGHT = 0.02  # less than that is how boxes are drawn
_ROW = 0.5  # line heights between the middles of two pieces of one row
_OVERLAP = 0.6  # line heights by which boxes of one row may overlap: engines draw them generously

_STRIP = 0.4  # line heights between rows of a table; between the lines of a cell there is less
_CELL_GAP = 0.4  # line heights; frames are near to the text, and in broken lines no two words' spaces are in one place
_CELLS = 3  # cells of a row in which some may be broken; with two, one is as likely a text beside a heading

_GUTTER = 0.8  # line heights; the space between columns is wider, that between words narrower
_CROSSING = 0.1  # share of pieces that may cross a gutter: titles and lines above and below the columns
_GUTTERS = 12  # that are tried, the least crossed ones; pages have one or two, large tables one beside each column
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
        lines = [Line(text=piece.text, boxes=(), confidence=piece.confidence) for piece in pieces]
        return [Paragraph(text=line.text, lines=(line,)) for line in lines]
    if stands(pieces):
        lines = [Row(tuple(line)).line for line in _lines(_lying(pieces))]
        return [Paragraph(text=line.text, lines=(line,)) for line in lines]
    return [
        paragraph
        for block, right in _blocks(_straighten(pieces), float(width))
        for paragraph in unwrap(_rows(block), right)
    ]


def _lying(pieces: Sequence[Piece]) -> list[Spot]:
    """Chinese written downwards, columns from right to left, as if it lay: down is right, left is down."""
    spots = []
    for piece in pieces:
        xs, ys = zip(*(piece.box or ()), strict=True)
        spots.append(Spot(piece, min(ys), max(ys), -(min(xs) + max(xs)) / 2, max(max(xs) - min(xs), 1.0)))
    return spots


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
    lean = _lean(spots)
    return (
        [replace(s, left=s.left - lean * s.middle, right=s.right - lean * s.middle) for s in spots] if lean else spots
    )


def _lean(spots: Sequence[Spot]) -> float:
    """How far left edges move to the right with each pixel down: the median over neighbours that begin alike."""
    ordered = sorted(spots, key=lambda spot: spot.middle)
    leans = [
        (below.left - spot.left) / (below.middle - spot.middle)
        for number, spot in enumerate(ordered)
        for below in ordered[number + 1 : number + 4]
        if below.middle - spot.middle > spot.height and abs(below.left - spot.left) < spot.height
    ]
    lean = statistics.median(leans) if len(leans) >= _LEANING else 0.0
    return lean if abs(lean) > _UPRIGHT else 0.0


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
    spots = sorted(spots, key=lambda spot: spot.middle)
    best, most = None, 0
    for place in _gaps(spots):
        bands = _bands(spots, place)
        if sum(len(beside) for _, beside in bands) <= most:
            continue
        held = sum(len(beside) for _, beside in bands if _are_columns(*_sides(beside, place)))
        if held > most:
            best, most = place, held
    return best


def _gaps(spots: Sequence[Spot]) -> list[float]:
    """Middles of the intervals wide enough for a gutter: those that no spot crosses, then one, and so on.

    Of those that as many spots cross, the widest are given.
    """
    least = _GUTTER * statistics.median(spot.height for spot in spots)
    edges = sorted([(spot.left, 1) for spot in spots] + [(spot.right, -1) for spot in spots])
    places = np.array([place for place, _ in edges])
    crossed = np.cumsum([change for _, change in edges])
    found: dict[float, None] = {}
    for few in range(int(_CROSSING * len(spots)) + 1):
        over = np.flatnonzero(crossed > few)
        last = np.flatnonzero(np.diff(over) > 1)
        starts, ends = over[last] + 1, over[last + 1]
        widths = places[ends] - places[starts]
        middles = ((places[starts] + places[ends]) / 2).tolist()
        new = [number for number in np.flatnonzero(widths >= least) if middles[number] not in found]
        widest = sorted(new, key=lambda number: -widths[number])[: _GUTTERS - len(found)]
        found |= dict.fromkeys(middles[number] for number in sorted(widest))
        if len(found) >= _GUTTERS:
            break
    return list(found)


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
    middles = sorted(row.middle for row in longer)
    aligned = sum(_distance_to_nearest(row.middle, middles) < _ALIGNED * row.height for row in shorter)
    return aligned < _TABLE * len(shorter) or (len(shorter) >= _PROSE_ROWS and any(map(_is_prose, rows)))


def _distance_to_nearest(place: float, places: Sequence[float]) -> float:
    """`places` are in ascending order."""
    number = bisect_left(places, place)
    return min(abs(place - near) for near in places[max(number - 1, 0) : number + 1])


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
    made = []
    for strip in _strips(spots):
        lines = _lines(strip)
        cells = _cells(strip) if len(lines) > 1 else []
        made += [Row(tuple(cells))] if cells else [Row(tuple(line)) for line in lines]
    return made


def _strips(spots: Sequence[Spot]) -> list[list[Spot]]:
    """The spots between bands where nothing is printed that are wider than the space between lines."""
    strips: list[list[Spot]] = []
    bottom = -math.inf
    for spot in sorted(spots, key=lambda spot: spot.middle - spot.height / 2):
        if spot.middle - spot.height / 2 - bottom > _STRIP * spot.height:
            strips.append([])
        strips[-1].append(spot)
        bottom = max(bottom, spot.middle + spot.height / 2)
    return strips


def _cells(strip: Sequence[Spot]) -> list[Spot]:
    """The strip's spots cell by cell if it is one row of a table, in which some cells are broken; else none."""
    least = _CELL_GAP * statistics.median(spot.height for spot in strip)
    cells: list[list[Spot]] = []
    right = -math.inf
    for spot in sorted(strip, key=lambda spot: spot.left):
        if spot.left - right > least:
            cells.append([])
        cells[-1].append(spot)
        right = max(right, spot.right)
    for cell in cells:
        cell.sort(key=lambda spot: spot.middle)
    # Rows set close make one strip, too, but then all their cells have several lines.
    sizes = sorted(map(len, cells))
    whole = len(cells) >= _CELLS and sizes[0] == 1 < sizes[-1] and all(map(_is_broken_line, cells))
    return [spot for cell in cells for spot in cell] if whole else []


def _is_broken_line(cell: Sequence[Spot]) -> bool:
    """Whether each spot stands on its own line, at the distance of lines."""
    return all(_ROW < (lower.middle - upper.middle) / upper.height < 1.0 + _STRIP for upper, lower in pairwise(cell))


def _lines(spots: Sequence[Spot]) -> list[list[Spot]]:
    rows: list[_Printed] = []
    for spot in sorted(spots, key=lambda spot: (spot.middle, spot.left)):
        best = min((row for row in rows[-6:] if row.takes(spot)), key=lambda row: row.distance(spot), default=None)
        if best is None:
            rows.append(_Printed(spot))
        else:
            best.add(spot)
    rows.sort(key=lambda row: row.middle)
    return [sorted(row.spots, key=lambda spot: spot.left) for row in rows]


class _Printed:
    """The spots found so far of a printed line."""

    def __init__(self, spot: Spot) -> None:
        self.spots = [spot]
        self.middle, self.lowest = spot.middle, spot.height

    def add(self, spot: Spot) -> None:
        self.spots.append(spot)
        self.middle += (spot.middle - self.middle) / len(self.spots)
        self.lowest = min(self.lowest, spot.height)

    def distance(self, spot: Spot) -> float:
        return abs(spot.middle - self.middle)

    def takes(self, spot: Spot) -> bool:
        lowest = min(self.lowest, spot.height)
        if self.distance(spot) >= _ROW * lowest:
            return False
        most = _OVERLAP * lowest
        return all(min(spot.right, other.right) - max(spot.left, other.left) < most for other in self.spots)
