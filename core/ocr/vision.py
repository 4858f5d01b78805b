"""The engine `vision`: a model that sees, asked for the text of one picture a call.

It reads what letter recognition cannot, but tells no places, costs money, and the picture leaves this machine.

A long picture is sent in parts, for a provider shrinks it until nothing can be read; all of them in one request, so
that a picture is paid for once or not at all.
"""

import io
from collections.abc import Sequence
from typing import cast

from PIL import Image

from core import llm, prompts, routing
from core.errors import InputError
from core.ocr.tiles import tiles
from core.ocr.transcript import Piece
from core.schemas import PictureText

NAME = "vision"
TASK = "job_vision"
UNCERTAIN = 0.5  # confidence of a line the model marked: far below DOUBTFUL, so it is reviewed
MAX_PARTS = 20  # in one request: with more, Anthropic takes none over 2000 pixels. A screenshot of 28,000 pixels
MAX_SIDE = 3_000  # pixels of a part; an A4 page at 256 dpi, and more than providers keep of a picture
MAX_BYTES = 3_700_000  # of a part's file: 5 MB as base64, which is the most that Anthropic takes
MAX_REQUEST = 14_000_000  # bytes of all files: 19 MB as base64; Gemini takes 20 MB with the words


def unavailable() -> str | None:
    """Why this engine cannot be offered, as a failure code; None when it can."""
    return None if routing.candidates(TASK, "paid") else "vision_not_configured"


class VisionEngine:
    """Reads with the first of `candidates` that can; calls are told to `listener`, which may raise to stop them.

    `version` names the model, of several the one that answered last, and the wording of the prompt. Raises InputError
    `vision_not_configured` when there is none: the offline analyst sees nothing.
    """

    name = NAME
    finds_places = False

    def __init__(
        self, candidates: Sequence[routing.Candidate], locale: str, listener: llm.Listener | None = None
    ) -> None:
        self._candidates = [candidate for candidate in candidates if not candidate.is_offline]
        if not self._candidates:
            raise InputError("vision_not_configured")
        self.version = self._version(self._candidates[0].model, locale)
        self._locale = locale
        self._listener = listener

    def read(self, image: Image.Image) -> list[Piece]:
        """One piece for each line the model wrote. Raises ModelError, and whatever the listener raises."""
        listener = llm.Record(self._listener)
        answer = llm.complete(TASK, self._locale, {}, self._candidates, listener, images=files(image))
        self.version = self._version(listener.answered_by, self._locale)
        return [
            Piece(text=text, box=None, confidence=UNCERTAIN if line.uncertain else 1.0)
            for line in cast(PictureText, answer).lines
            for text in map(str.strip, line.text.splitlines())
            if text
        ]

    @staticmethod
    def _version(model: str, locale: str) -> str:
        return f"{model} {prompts.load(TASK, locale).hash}"


def files(image: Image.Image) -> list[bytes]:
    """The parts of an RGB picture in order, as PNG or JPEG, whichever is smaller, within the limits above.

    A picture of too many parts, or whose files have too many bytes, is made smaller.
    """
    while len(boxes := tiles(image)) > MAX_PARTS:
        image = _scaled(image, MAX_PARTS / len(boxes))
    most = min(MAX_BYTES, MAX_REQUEST // len(boxes))
    return [_file(image.crop(box) if len(boxes) > 1 else image, most) for box in boxes]


def _file(part: Image.Image, most: int) -> bytes:
    part = _scaled(part, MAX_SIDE / max(part.size))
    while len(data := min(_encoded(part, "PNG"), _encoded(part, "JPEG", quality=90), key=len)) > most:
        part = _scaled(part, 0.8)
    return data


def _scaled(image: Image.Image, scale: float) -> Image.Image:
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2)


def _encoded(image: Image.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
