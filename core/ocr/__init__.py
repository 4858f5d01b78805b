"""Pictures to text: screenshots, photos and scans, read by an engine and put in order.

    picture --tiles--> engine --rotation--> pieces --layout--> paragraphs --clutter--> Transcript

`read` takes any engine (`core.ocr.engines`) and does the rest, which is the same for all: long pictures are cut, those
that lie on their side are turned, pieces become lines and paragraphs in reading order, and what belongs to the screen
and not to the text is set aside. `check` refuses readings that cannot be trusted.
"""

import logging
import time
from collections.abc import Sequence

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

PIPELINE = "1"  # changes when the steps here change what is read with the same engine: kept readings depend on it

_LEGIBLE = 0.5  # confidence; what engines are less sure of is texture or icons, and is left out

# Letters and digits in all pictures together. Fur, foliage and patterns were read as up to 4, and where there were more
# as signs that no engine was sure of; the shortest posting has dozens.
_FEW, _NOISY_FEW = 5, 20
# Mean confidence over all text. In screenshots made smaller or blurred step by step, 0.8 is where 16% to 25% of the
# characters are wrong; at 0.9 it is 5% to 10%, and at 0.7 a third.
_BLURRED = 0.8


def read(image: Image.Image, engine: Engine, on_tile: OnTile = lambda done, total: None) -> Transcript:
    """What stands in an RGB picture that is upright as far as its file says.

    A picture without text gives a transcript without paragraphs. Raises what the engine and `on_tile` raise.
    """
    started = time.perf_counter()
    degrees, pieces = _read(image, engine, on_tile, may_turn=engine.finds_places)
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


def _read(image: Image.Image, engine: Engine, on_tile: OnTile, *, may_turn: bool) -> tuple[int, list[Piece]]:
    """Degrees by which the picture had to be turned, and the pieces of the turned one."""
    # An engine that finds no places cuts the picture itself, and is asked, and paid, once.
    boxes = tiles(image) if engine.finds_places else [(0, 0, *image.size)]
    on_tile(0, len(boxes))
    pieces: list[Piece] = []
    for number, box in enumerate(boxes, 1):
        tile = image.crop(box) if len(boxes) > 1 else image
        found = engine.read(tile)
        if may_turn and rotation.shows_direction(found):
            may_turn = False
            degrees, found = _best_turn(tile, found, engine)
            if degrees and len(boxes) > 1:  # a turned picture is cut at other places
                return degrees, _read(rotation.turn(image, degrees), engine, on_tile, may_turn=False)[1]
            if degrees:
                on_tile(1, 1)
                return degrees, found
        pieces += _moved(found, box)
        on_tile(number, len(boxes))
    return 0, pieces


def _best_turn(tile: Image.Image, found: list[Piece], engine: Engine) -> tuple[int, list[Piece]]:
    """The turn that makes a tile legible, and what is read then; none if no turn does, as for a blurred one."""
    if rotation.looks_right(found) or rotation.is_vertical_writing(tile, found, engine):
        return 0, found
    for degrees in rotation.candidates(found):
        turned = engine.read(rotation.turn(tile, degrees))
        if rotation.looks_right(turned) and rotation.shows_direction(turned):
            return degrees, turned
    return 0, found


def _moved(pieces: Sequence[Piece], tile: Box) -> list[Piece]:
    """Pieces of a tile, with their places in the whole picture."""
    left, top = tile[:2]

    def move(point: Point) -> Point:
        return point[0] + left, point[1] + top

    def moved(box: Quad | None) -> Quad | None:
        return box and (move(box[0]), move(box[1]), move(box[2]), move(box[3]))

    return [piece.model_copy(update={"box": moved(piece.box)}) for piece in pieces]
