"""Pictures to text: screenshots, photos and scans, read by an engine and put in order.

    picture --tiles--> engine --rotation--> pieces --layout--> paragraphs --clutter--> Transcript

`read` takes any engine (`core.ocr.engines`) and does the rest, which is the same for all: long pictures are cut, those
that lie on their side are turned, pieces become lines and paragraphs in reading order, and what belongs to the screen
and not to the text is set aside. `check` refuses readings that cannot be trusted.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Protocol, runtime_checkable

from PIL import Image

from core.errors import InputError
from core.ocr import rotation
from core.ocr.clutter import set_aside
from core.ocr.layout import paragraphs
from core.ocr.lookalikes import corrected
from core.ocr.tiles import Box, tiles
from core.ocr.transcript import Engine, OnTile, Piece, Point, Quad, Transcript

__all__ = ["PIPELINE", "check", "read"]

_log = logging.getLogger(__name__)

PIPELINE = "2"  # changes when the steps here change what is read with the same engine: kept readings depend on it

_HEARTBEAT = 0.5  # seconds after which `on_tile` is called again in the midst of a tile
_SAMPLE = 12  # longest pieces of a tile, by which its direction is told

_LEGIBLE = 0.5  # confidence; what engines are less sure of is texture or icons, and is left out

# Letters and digits in all pictures together. Fur, foliage and patterns were read as up to 4, and where there were more
# as signs that no engine was sure of; the shortest posting has dozens.
_FEW, _NOISY_FEW = 5, 20
# Mean confidence over all text. In screenshots made smaller or blurred step by step, 0.8 is where 16% to 25% of the
# characters are wrong; at 0.9 it is 5% to 10%, and at 0.7 a third.
_BLURRED = 0.8


def read(image: Image.Image, engine: Engine, on_tile: OnTile = lambda done, total: None) -> Transcript:
    """What stands in an RGB picture that is upright as far as its file says.

    `on_tile` may be called several times with the same numbers, so that it can stop the reading of a tile, too. A
    picture without text gives a transcript without paragraphs. Raises what the engine and `on_tile` raise, and
    InputError image_too_small with `width`, `height` and `limit` for one that is too slim.
    """
    started = time.perf_counter()
    degrees, pieces = _Reading(engine, on_tile).of(image, may_turn=engine.finds_places)
    width, height = image.size if degrees in (0, 180) else image.size[::-1]
    legible = [
        piece.model_copy(update={"text": corrected(piece.text.strip())})
        for piece in pieces
        if piece.confidence >= _LEGIBLE and piece.text.strip()
    ]
    found = set_aside(paragraphs(legible, width), width, height)
    _log.info(
        "Picture of %d x %d pixels read by %s in %.1f s: %d pieces, turned by %d",
        *(width, height, engine.name, time.perf_counter() - started, len(pieces), degrees),
    )
    return Transcript(
        engine=engine.name,
        version=engine.version,
        rotation=degrees,
        width=width,
        height=height,
        paragraphs=tuple(found),
        confidence=rotation.confidence(pieces),
    )


def check(transcripts: Sequence[Transcript]) -> None:
    """Raises InputError if the pictures together have no text, or one that is too blurred to rely on.

    Codes: image_no_text, image_blurry.
    """
    letters = [sum(map(str.isalnum, p.text)) for transcript in transcripts for p in transcript.paragraphs]
    if sum(letters) < _FEW:
        raise InputError("image_no_text")
    weights = [1 + sum(len(p.text) for p in transcript.paragraphs) for transcript in transcripts]
    sure = sum(t.confidence * weight for t, weight in zip(transcripts, weights, strict=True)) / sum(weights)
    if sure < _BLURRED:
        raise InputError("image_no_text" if sum(letters) < _NOISY_FEW else "image_blurry")


@runtime_checkable
class _Gradual(Protocol):
    """An engine that can be stopped between pieces."""

    def read_gradually(self, image: Image.Image, /) -> Iterator[list[Piece]]: ...


class _Reading:
    """One picture, read tile by tile."""

    def __init__(self, engine: Engine, on_tile: OnTile) -> None:
        self._engine = engine
        self._on_tile = on_tile
        self._told = (0, 1)
        self._when = 0.0

    def of(self, image: Image.Image, *, may_turn: bool) -> tuple[int, list[Piece]]:
        """Degrees by which the picture had to be turned, and the pieces of the turned one."""
        # An engine that finds no places cuts the picture itself, and is asked, and paid, once.
        boxes = tiles(image) if self._engine.finds_places else [(0, 0, *image.size)]
        self._tell(0, len(boxes))
        pieces: list[Piece] = []
        for number, box in enumerate(boxes, 1):
            tile = image.crop(box) if len(boxes) > 1 else image
            degrees, found = self._pieces_and_turn(tile) if may_turn else (0, self._pieces(tile))
            if degrees is not None:
                may_turn = False
            if degrees and len(boxes) > 1:  # a turned picture is cut at other places
                return degrees, self.of(rotation.turn(image, degrees), may_turn=False)[1]
            pieces += _moved(list(found), box)
            self._tell(number, len(boxes))
            if degrees:
                return degrees, pieces
        return 0, pieces

    def _pieces_and_turn(self, tile: Image.Image) -> tuple[int | None, Iterator[Piece]]:
        """The turn that makes a tile legible, and its pieces then: 0 if no turn does, as for a blurred one.

        None where there is not enough text to tell.
        """
        sample, found = self._sampled(tile)
        if not rotation.shows_direction(sample):
            return None, found
        if rotation.looks_right(sample) or rotation.is_vertical_writing(tile, sample, self._engine):
            return 0, found
        for degrees in rotation.candidates(sample):
            seen, turned = self._sampled(rotation.turn(tile, degrees))
            if rotation.looks_right(seen) and rotation.shows_direction(seen):
                return degrees, turned
        return 0, found

    def _sampled(self, tile: Image.Image) -> tuple[list[Piece], Iterator[Piece]]:
        """The longest pieces of a tile, and all of them, most of which are still to be read; or all of them twice."""
        found = self._pieces(tile)
        sample = list(islice(found, _SAMPLE if isinstance(self._engine, _Gradual) else None))
        return sample, chain(sample, found)

    def _pieces(self, tile: Image.Image) -> Iterator[Piece]:
        engine = self._engine
        for group in engine.read_gradually(tile) if isinstance(engine, _Gradual) else [engine.read(tile)]:
            if time.monotonic() - self._when >= _HEARTBEAT:
                self._tell(*self._told)
            yield from group

    def _tell(self, done: int, total: int) -> None:
        self._on_tile(done, total)
        self._told, self._when = (done, total), time.monotonic()


def _moved(pieces: Sequence[Piece], tile: Box) -> list[Piece]:
    """Pieces of a tile, with their places in the whole picture."""
    left, top = tile[:2]

    def move(point: Point) -> Point:
        return point[0] + left, point[1] + top

    def moved(box: Quad | None) -> Quad | None:
        return box and (move(box[0]), move(box[1]), move(box[2]), move(box[3]))

    return [piece.model_copy(update={"box": moved(piece.box)}) for piece in pieces]
