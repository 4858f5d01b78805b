"""Whether a picture lies on its side or upside down, told by what an engine reads in it.

Cameras note how they were held and pictures are turned accordingly before they come here; this is for those without
the note. The longest pieces of one tile are judged, so the right way up costs nothing and a wrong one little.
"""

import math
import unicodedata
from collections.abc import Callable, Sequence

from PIL import Image

from core.ocr.transcript import Engine, Piece

# Measured on 25 screenshots and photos of postings, each in all four positions: upright they are read with a confidence
# of 0.97 or more, upside down with 0.69 or less; on the side all text is in standing boxes, else none.
_CONFIDENT = 0.85
_STANDING = 0.6  # share of the text in boxes that are higher than wide
_LONG = 2  # line heights; shorter boxes show no direction
_ENOUGH = 8  # line heights of text in longer ones, below which a reading shows nothing
_SAMPLES = 12  # characters that tell vertical writing
_CELL = 160  # pixels, to which larger ones are shrunk: their sheet has as many as a small screenshot

_TRANSPOSITIONS = {
    90: Image.Transpose.ROTATE_270,  # Pillow counts against the clock
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


def turn(image: Image.Image, degrees: int) -> Image.Image:
    """The picture turned clockwise by 0, 90, 180 or 270 degrees."""
    return image.transpose(_TRANSPOSITIONS[degrees]) if degrees else image


def shows_direction(pieces: Sequence[Piece]) -> bool:
    """Whether there is enough text to judge by."""
    return sum(map(_extent, _telling(pieces))) >= _ENOUGH


def looks_right(pieces: Sequence[Piece]) -> bool:
    """Whether text is read with confidence, in lines that lie."""
    return confidence(pieces) >= _CONFIDENT and not stands(pieces)


def candidates(pieces: Sequence[Piece]) -> tuple[int, ...]:
    """Degrees clockwise that may set upright what does not look right, the likeliest first."""
    if not stands(pieces):
        return (180,)
    # Engines turn a standing box against the clock to read it. If that made sense, so will turning the whole picture.
    return (270, 90) if confidence(pieces) >= _CONFIDENT else (90, 270)


def is_vertical_writing(image: Image.Image, pieces: Sequence[Piece], engine: Engine) -> bool:
    """Whether the text stands because it is Chinese written downwards, in a picture that is upright.

    Engines read that like a line that was turned. But its single characters stand upright: some are cut out and read
    once more.
    """
    cells = [cell for piece in pieces if _stands(piece) and (cell := _first_character(piece))][:_SAMPLES]
    if not cells or not stands(pieces) or confidence(pieces) < _CONFIDENT:
        return False
    size = max(max(right - left, bottom - top) for _, (left, top, right, bottom) in cells)
    # Nearly square, for slim pictures take longer to read; set like lines of print.
    scale = min(1.0, _CELL / size)
    size *= scale
    sheet = Image.new("RGB", (round(6 * size),) * 2, image.getpixel((0, 0)))
    for number, (_, box) in enumerate(cells):
        part = image.crop((round(box[0]), round(box[1]), round(box[2]), round(box[3])))
        part = part.resize((max(1, round(part.width * scale)), max(1, round(part.height * scale))), reducing_gap=2)
        sheet.paste(part, (round((number % 4 * 1.2 + 0.6) * size), round((number // 4 * 2 + 0.5) * size)))
    read = "".join(piece.text for piece in engine.read(sheet))
    return 2 * sum(character in read for character, _ in cells) > len(cells)


def _first_character(piece: Piece) -> tuple[str, tuple[float, float, float, float]] | None:
    """A standing piece's first character and its place, if the piece can be a column of Chinese."""
    if piece.box is None or not all(unicodedata.east_asian_width(character) == "W" for character in piece.text):
        return None
    xs, ys = zip(*piece.box, strict=True)
    left, top, right = min(xs), min(ys), max(xs)
    return piece.text[0], (left, top, right, top + (max(ys) - top) / len(piece.text))


def confidence(pieces: Sequence[Piece]) -> float:
    """Mean over all that looks like text, longer stretches more; 1 without any."""
    return _share(pieces, lambda piece: piece.confidence) if pieces else 1.0


def stands(pieces: Sequence[Piece]) -> bool:
    """Whether most of the text is in boxes that are higher than wide."""
    telling = _telling(pieces)
    return bool(telling) and _share(telling, _stands) > _STANDING


def _share(pieces: Sequence[Piece], value: Callable[[Piece], float]) -> float:
    return sum(value(piece) * _extent(piece) for piece in pieces) / sum(map(_extent, pieces))


def _telling(pieces: Sequence[Piece]) -> list[Piece]:
    return [piece for piece in pieces if _extent(piece) >= _LONG]


def _extent(piece: Piece) -> float:
    """Length in line heights. What cannot be read has few characters, however much of it is printed."""
    if piece.box is None:
        return max(len(piece.text), 1)
    a, b, c, _ = piece.box
    sides = sorted((max(math.dist(a, b), 1.0), max(math.dist(b, c), 1.0)))
    return sides[1] / sides[0]


def _stands(piece: Piece) -> bool:
    if piece.box is None:
        return False
    xs, ys = zip(*piece.box, strict=True)
    return max(ys) - min(ys) > max(xs) - min(xs)
