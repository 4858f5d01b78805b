"""The engine `vision`: a model that sees, asked for the text of one tile a call.

It reads what letter recognition cannot, but tells no places, costs money, and the picture leaves this machine.
"""

import io
from typing import cast

from PIL import Image

from core import llm
from core.errors import InputError
from core.ocr.transcript import Piece
from core.schemas import PictureText
from core.settings import OFFLINE_MODEL, settings

NAME = "vision"
UNCERTAIN = 0.5  # confidence of a line the model marked: far below DOUBTFUL, so it is reviewed
MAX_SIDE = 3_000  # pixels; an A4 page at 256 dpi, and more than providers keep of a picture
MAX_BYTES = 3_700_000  # of a picture file: 5 MB as base64, which is the most that Anthropic takes


def unavailable() -> str | None:
    """Why this engine cannot be offered, as a failure code; None when it can."""
    return "vision_not_configured" if settings().vision_model in ("", OFFLINE_MODEL) else None


class VisionEngine:
    """Reads with `model`; its calls are told to `listener`, which may raise to stop them.

    Raises InputError `vision_not_configured` for the offline analyst, which sees nothing.
    """

    name = NAME
    finds_places = False

    def __init__(self, model: llm.Model, locale: str, listener: llm.Listener | None = None) -> None:
        if not model.name or model.is_offline:
            raise InputError("vision_not_configured")
        self.version = model.name
        self._model = model
        self._locale = locale
        self._listener = listener

    def read(self, tile: Image.Image) -> list[Piece]:
        """One piece for each line the model wrote. Raises ModelError, and whatever the listener raises."""
        answer = llm.complete("job_vision", self._locale, {}, self._model, self._listener, images=[encode(tile)])
        return [
            Piece(text=text, box=None, confidence=UNCERTAIN if line.uncertain else 1.0)
            for line in cast(PictureText, answer).lines
            for text in map(str.strip, line.text.splitlines())
            if text
        ]


def encode(tile: Image.Image) -> bytes:
    """The tile as PNG or JPEG, whichever is smaller; shrunk to MAX_SIDE, and where its file would exceed MAX_BYTES."""
    tile = tile.convert("RGB")
    tile.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    while True:
        data = min(_file(tile, "PNG"), _file(tile, "JPEG", quality=90), key=len)
        if len(data) <= MAX_BYTES:
            return data
        tile = tile.resize((max(1, tile.width * 4 // 5), max(1, tile.height * 4 // 5)), Image.Resampling.LANCZOS)


def _file(tile: Image.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    tile.save(buffer, kind, **options)
    return buffer.getvalue()
