"""The default engine: RapidOCR with the PP-OCRv6 models that its wheel carries, on ONNX Runtime. No network, no GPU.

Its own settings are made for photos of single signs. These are the ones that were measured on screenshots: no angle
classifier (it turns good lines upside down), one line at a time to the recogniser (batches pad short lines and read
them worse), an explicit number of threads.
"""

import logging
import os
import statistics
import threading
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.ocr.transcript import Piece, Quad

_log = logging.getLogger(__name__)

_SIDE = 2000  # pixels; a longer side is shrunk to it before text is looked for
_LARGE_SIDE = 4000  # the same where letters would become too small: the screenshot of a 4K screen
_SMALL = 14  # pixels of a shrunk line's box, which is a little higher than its letters; smaller ones are misread
_SLIMMEST = 4  # longer side to shorter; slimmer tiles are padded, else their short side is enlarged out of all measure

_Pixels = npt.NDArray[np.uint8]


class RapidEngine:
    """`core.ocr.transcript.Engine`. The models are loaded by `warm` or by the first `read`, once.

    Pieces are whatever the detector took for text, illegible ones with a low confidence.
    """

    name = "rapidocr"
    finds_places = True

    def __init__(self) -> None:
        self.version = metadata.version("rapidocr")
        self._lock = threading.Lock()
        self._reader: Any = None

    def warm(self) -> None:
        """Load the models, about a second. Raises whatever a broken installation raises."""
        with self._lock:
            self._load()

    def read(self, tile: Image.Image) -> list[Piece]:
        scale = max(1.0, max(tile.size) / _LARGE_SIDE)
        if scale > 1:
            size = max(1, round(tile.width / scale)), max(1, round(tile.height / scale))
            pixels = _pixels(tile.resize(size, Image.Resampling.BICUBIC, reducing_gap=2))
        else:
            pixels = _pixels(tile)
        with self._lock:
            found = _found(self._load(), pixels)
        return [
            Piece(text=text, box=_quad(box * scale, tile.size), confidence=float(score))
            for box, text, score in found
            if text.strip()
        ]

    def _load(self) -> Any:
        if self._reader is None:
            reader = _reader()
            reader(np.full((64, 64, 3), 255, np.uint8))  # opens the models
            self._reader = reader
            _log.info("OCR engine %s %s loaded", self.name, self.version)
        return self._reader


def _reader() -> Any:
    import rapidocr  # noqa: PLC0415 - heavy

    models = Path(rapidocr.__file__).parent / "models"
    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Global.text_score": 0.0,  # how little is legible tells that a picture lies upside down
            "Global.max_side_len": _SIDE,
            # With paths given, it neither compares checksums nor thinks of downloading.
            "Det.model_path": str(models / "PP-OCRv6_det_small.onnx"),
            "Rec.model_path": str(models / "PP-OCRv6_rec_small.onnx"),
            "Rec.rec_batch_num": 1,
            "EngineConfig.onnxruntime.intra_op_num_threads": _cores(),
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "EngineConfig.onnxruntime.enable_cpu_mem_arena": False,  # else memory grows with every new size of tile
        }
    )


def _cores() -> int:
    """How many this process may use, which in a container or under taskset are fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pixels(tile: Image.Image) -> _Pixels:
    """Height x width x BGR, padded to the right or below, so that places stay the same."""
    shortest = -(-max(tile.size) // _SLIMMEST)
    if min(tile.size) < shortest:
        padded = Image.new("RGB", (max(tile.width, shortest), max(tile.height, shortest)), tile.getpixel((0, 0)))
        padded.paste(tile)
        tile = padded
    return np.ascontiguousarray(np.asarray(tile)[:, :, ::-1])


def _found(reader: Any, pixels: _Pixels) -> list[tuple[npt.NDArray[np.float32], str, float]]:
    """Boxes, texts and confidences."""
    found = reader(pixels)
    shrunk = max(1.0, max(pixels.shape) / _SIDE)
    if found.boxes is not None and shrunk > 1:
        height = statistics.median(float(np.linalg.norm(box[3] - box[0])) for box in found.boxes) / shrunk
        if height < _SMALL:
            reader.max_side_len = _LARGE_SIDE
            try:
                found = reader(pixels)
            finally:
                reader.max_side_len = _SIDE
    if found.boxes is None or found.txts is None:
        return []
    return list(zip(found.boxes, found.txts, found.scores, strict=True))


def _quad(box: npt.NDArray[np.float32], size: tuple[int, int]) -> Quad:
    width, height = size
    a, b, c, d = ((min(max(float(x), 0.0), width), min(max(float(y), 0.0), height)) for x, y in box)
    return a, b, c, d
