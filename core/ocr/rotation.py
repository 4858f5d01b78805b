"""Whether a picture lies on its side or upside down, told by what an engine reads in it.

Cameras note how they were held and pictures are turned accordingly before they come here; this is for those without
the note. A reading of one tile is judged, so the right way up costs nothing and a wrong one a second reading of it.
"""

from collections.abc import Sequence

from PIL import Image

from core.ocr.transcript import Piece

# Measured over 29 screenshots and photos of postings, read in all four positions: upright all are at least 0.97
# confident, upside down at most 0.72; sideways nine in ten boxes stand upright, upright none does.
_CONFIDENT = 0.85
_STANDING = 0.6  # share of the text in boxes that are higher than wide
_SLENDER = 1.5  # height to width of such a box
_ENOUGH = 12  # letters, below which a reading shows nothing: two lines of vertical signs stand, too

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
    return sum(len(piece.text) for piece in _telling(pieces)) >= _ENOUGH


def looks_right(pieces: Sequence[Piece]) -> bool:
    """Whether text is read with confidence, in lines that lie."""
    return confidence(pieces) >= _CONFIDENT and _standing(pieces) <= _STANDING


def candidates(pieces: Sequence[Piece]) -> tuple[int, ...]:
    """Degrees clockwise that may set upright what does not look right, the likeliest first."""
    if _standing(pieces) <= _STANDING:
        return (180,)
    # Engines turn a standing box against the clock to read it. If that made sense, so will turning the whole picture.
    return (270, 90) if confidence(pieces) >= _CONFIDENT else (90, 270)


def confidence(pieces: Sequence[Piece]) -> float:
    """Mean over all letters, 0 without any."""
    letters = sum(len(piece.text) for piece in pieces)
    return sum(piece.confidence * len(piece.text) for piece in pieces) / letters if letters else 0.0


def _standing(pieces: Sequence[Piece]) -> float:
    telling = _telling(pieces)
    letters = sum(len(piece.text) for piece in telling)
    return sum(len(piece.text) for piece in telling if _stands(piece)) / letters if letters else 0.0


def _telling(pieces: Sequence[Piece]) -> list[Piece]:
    return [piece for piece in pieces if len(piece.text) >= 3]


def _stands(piece: Piece) -> bool:
    if piece.box is None:
        return False
    xs, ys = zip(*piece.box, strict=True)
    return max(ys) - min(ys) > _SLENDER * (max(xs) - min(xs))
