"""What a picture says: pieces as an engine finds them, put into lines and paragraphs in the order a person reads."""

from collections.abc import Callable
from typing import Literal, Protocol

from PIL import Image
from pydantic import BaseModel, ConfigDict

DOUBTFUL = 0.90  # a line recognised with less confidence is marked for review; measured on rendered screenshots

Point = tuple[float, float]
# Pixels of the upright picture: top left, top right, bottom right, bottom left.
Quad = tuple[Point, Point, Point, Point]
Clutter = Literal["status_bar", "navigation", "button", "chat", "watermark"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Piece(_Frozen):
    """One stretch of text as an engine found it. `box` is None when the engine does not tell places."""

    text: str
    box: Quad | None
    confidence: float  # 0 to 1


class Line(_Frozen):
    """One printed line: the pieces of one row, left to right."""

    text: str
    boxes: tuple[Quad, ...]
    confidence: float  # of its least certain piece

    @property
    def doubtful(self) -> bool:
        return self.confidence < DOUBTFUL


class Paragraph(_Frozen):
    """Printed lines that are one line of the text, wrapped by the screen's width. `text` is them joined.

    `clutter` says what it is instead when it belongs to the screen and not to the text; it is set aside, not lost.
    """

    text: str
    lines: tuple[Line, ...]
    clutter: Clutter | None = None


class Transcript(_Frozen):
    """Everything an engine read in one picture."""

    engine: str
    version: str
    rotation: int  # degrees clockwise that the picture was turned to be upright: 0, 90, 180 or 270
    width: int  # pixels of the upright picture
    height: int
    paragraphs: tuple[Paragraph, ...]
    confidence: float = 1.0  # mean over all that looked like text, longer stretches more, what is illegible included


class Engine(Protocol):
    """Something that reads text in pictures. Safe to call from several threads."""

    name: str
    version: str  # of all that decides what it reads: readings of the same version are the same
    finds_places: bool  # whether its pieces have boxes; without them it is given whole pictures and cuts them itself

    def read(self, image: Image.Image, /) -> list[Piece]:
        """The pieces in an upright RGB picture, or in a tile of one, boxes in its pixels, in reading order where there
        are none. Raises ModelError when a remote model fails."""
        ...


# Tiles read, tiles in all; called before the first and after each; may raise to stop.
OnTile = Callable[[int, int], None]
