"""Where a long picture is cut, so that an engine sees every letter at its full size and memory stays bounded.

A screenshot of 1080 x 9000 pixels would have to be shrunk until nothing can be read. It is cut across its long side
instead, in the middle of bands without text: never through a line. Pictures of ordinary proportions stay whole, a
photo of 60 megapixels too: its letters are large, and engines shrink it themselves.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.errors import InputError

Box = tuple[int, int, int, int]  # left, top, right, bottom: what `Image.crop` takes

_LONG = 2000  # pixels of the longer side up to which nothing is cut
_SLENDER = 1.6  # longer side to shorter: photos have at most 4:3, A4 paper 1.41, desktop screens mostly 16:10
_STEP = 1400  # pixels of a tile along the long side; a larger one only costs memory
_LONGEST_SLIM, _SLIM = 10_000, 200  # pixels; no screen is so narrow that what is longer has a shorter side below that
_REACH = 350  # how far from the step a cut is looked for at first
_LONGEST = 4000  # pixels without any band free of text after which a cut is made all the same, at the quietest place
_BAND = 4  # pixels; the space between two lines of the smallest legible print
# Differences of neighbouring pixels' brightness (0 to 255) that are no text: of a plain background, of one with JPEG
# noise, of a patterned one. Legible text differs by more: #CCC on white by 51.
_QUIET = (12, 24, 40)
_RULE = 0.9  # an edge in this share of rows is a frame or a scroll bar; letters are never so regular

_Gray = npt.NDArray[np.uint8]


def tiles(image: Image.Image) -> list[Box]:
    """Parts of the picture, in order along its long side; together they are the picture, without overlap.

    Raises InputError image_too_small with `width`, `height` and `limit` for a thread of a picture, which would be cut
    into thousands.
    """
    width, height = image.size
    if max(width, height) > _LONGEST_SLIM and min(width, height) < _SLIM:
        raise InputError("image_too_small", width=width, height=height, limit=_SLIM)
    if max(width, height) <= _LONG or max(width, height) < _SLENDER * min(width, height):
        return [(0, 0, width, height)]
    gray = np.asarray(image.convert("L"))
    if height >= width:
        return [(0, top, width, bottom) for top, bottom in pairwise(cuts(gray))]
    # Text does not run down the page, so between two columns of it a wider band is free than between two words.
    return [(left, 0, right, height) for left, right in pairwise(cuts(gray.T, band=2 * _BAND))]


def cuts(gray: _Gray, band: int = _BAND) -> list[int]:
    """Rows at which to cut, ascending, with 0 and the height: every 1400 or so, in bands free for `band` rows."""
    height = len(gray)
    places = [0]
    while height - places[-1] > _STEP + _REACH:
        places.append(_next_cut(gray, places[-1], band))
    return [*places, height] if height > places[-1] else places


def _next_cut(gray: _Gray, start: int, band: int) -> int:
    """The middle of the longest free band near the step, further on if there is none; else the quietest row."""
    height = len(gray)
    last = min(start + _LONGEST, height - _REACH)  # no slivers at the end
    low = start + _STEP - _REACH
    while low < last:
        high = min(low + 2 * _REACH, last)
        activity = _activity(gray[low:high])
        for quiet in _QUIET:
            length, middle = _longest_run(activity < quiet)
            if length >= band:
                return low + middle
        low = high
    if height - start <= _LONGEST:
        return height
    low, high = start + _STEP - _REACH, start + _LONGEST
    return low + int(np.argmin(_activity(gray[low:high])))


def _activity(rows: _Gray) -> npt.NDArray[np.int16]:
    """The strongest edge in each row, edges that run through nearly all rows left out."""
    edges = np.abs(np.diff(rows.astype(np.int16), axis=1))
    if edges.shape[1] == 0:
        return np.zeros(len(rows), np.int16)
    edges[:, (edges >= _QUIET[0]).mean(axis=0) >= _RULE] = 0
    strongest: npt.NDArray[np.int16] = edges.max(axis=1)
    return strongest


def _longest_run(flags: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Length and middle of the longest run of True; (0, 0) without one."""
    changes = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    starts, ends = changes[::2], changes[1::2]
    if not len(starts):
        return 0, 0
    best = int(np.argmax(ends - starts))
    return int(ends[best] - starts[best]), int(starts[best] + ends[best]) // 2
