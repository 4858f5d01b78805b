"""The default engine: RapidOCR with the PP-OCRv6 models that its wheel carries, on ONNX Runtime. No network, no GPU.

Its own settings are made for photos of single signs. These are the ones that were measured on screenshots: no angle
classifier (it turns good lines upside down), one line at a time to the recogniser (batches pad short lines and read
them worse), an explicit number of threads.
"""

import logging
import os
import statistics
import threading
from collections.abc import Iterator
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.ocr.transcript import Piece, Quad

_log = logging.getLogger(__name__)

_SIDE = 2000  # pixels; a longer side is shrunk to it before text is looked for
_LARGE_SIDE = 4000  # the same where letters would become too small: the screenshot of a 4K screen
_AREA = _SIDE**2  # pixels in which text is looked for at once; they take 150 to 200 bytes each
_MARGIN = 64  # pixels above and below a strip; small print that is cut by its edge is whole with them
_REACH = 80  # pixels from where a strip should end in which a better place is looked for
_SAME = 2  # pixels by which the middles of one line, found in two strips, may differ
_MOST = 20_000  # pieces in one search; smaller than 14 x 14 pixels each they cannot be read
_GROUP = 8  # pieces recognised in one go, a tenth of a second to half a second
_SMALL = 14  # pixels of a shrunk line's box, which is a little higher than its letters; smaller ones are misread
_SLIMMEST = 4  # longer side to shorter; slimmer tiles are padded, else their short side is enlarged out of all measure

_Pixels = npt.NDArray[np.uint8]
_Corners = npt.NDArray[np.float32]  # 4 x 2
_Region = tuple[_Corners, _Pixels]  # a box and what is in it, set upright


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
        return [piece for group in self.read_gradually(tile) for piece in group]

    def read_gradually(self, tile: Image.Image) -> Iterator[list[Piece]]:
        """The same pieces in groups, the longest first, as they are recognised; a group may be empty.

        Between two groups are seconds at most, and whoever has seen enough may leave the rest unread.
        """
        scale = max(1.0, max(tile.size) / _LARGE_SIDE)
        if scale > 1:
            size = max(1, round(tile.width / scale)), max(1, round(tile.height / scale))
            pixels = _pixels(tile.resize(size, Image.Resampling.BICUBIC, reducing_gap=2))
        else:
            pixels = _pixels(tile)
        for regions in self._regions(pixels):
            yield []
            for start in range(0, len(regions), _GROUP):
                group = regions[start : start + _GROUP]
                read = self._reader.recognize_txt([crop for _, crop in group])
                yield [
                    Piece(text=text, box=_quad(box * scale, tile.size), confidence=float(score))
                    for (box, _), text, score in zip(group, read.txts, read.scores, strict=True)
                    if text.strip()
                ]

    def _regions(self, pixels: _Pixels) -> Iterator[list[_Region]]:
        """Where there is text: in one search, or strip by strip where letters would become too small in it."""
        regions = self._detected(pixels, _SIDE)
        shrunk = max(pixels.shape) / _SIDE
        if shrunk <= 1 or not regions or statistics.median(_height(box) for box, _ in regions) / shrunk >= _SMALL:
            yield regions
            return
        above: list[_Corners] = []
        boxes, regions = [box for box, _ in regions], []
        for top, bottom in pairwise(_edges(boxes, *pixels.shape[:2])):
            yield []
            start = max(top - _MARGIN, 0)
            strip = np.ascontiguousarray(pixels[start : bottom + _MARGIN])
            moved = [(box + np.array([0, start], np.float32), crop) for box, crop in self._detected(strip, _LARGE_SIDE)]
            regions = [
                (box, crop)
                for box, crop in moved
                if top - _SAME <= box[:, 1].mean() < bottom + _SAME and not any(_is_in(box, other) for other in above)
            ]
            above = [box for box, _ in regions if box[:, 1].max() >= bottom - _SAME]
            yield regions

    def _detected(self, pixels: _Pixels, side: int) -> list[_Region]:
        """Boxes and what is in them, the longest first, in a picture whose longer side is shrunk to `side`.

        One at a time, for this is what takes memory. Recognising takes little, and several threads may do it at once.
        """
        from rapidocr.main import RapidOCRError  # noqa: PLC0415 - heavy
        from rapidocr.utils.process_img import map_boxes_to_original  # noqa: PLC0415

        with self._lock:
            reader = self._load()
            reader.max_side_len = side
            shrunk, record = reader.preprocess_img(pixels)
            try:
                crops, found = reader.detect_and_crop(shrunk, record)
            except RapidOCRError:  # nothing found
                return []
        boxes = map_boxes_to_original(found.boxes, record, *pixels.shape[:2])
        return sorted(zip(boxes, crops, strict=True), key=lambda region: _slimness(region[1]), reverse=True)

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
            "Det.max_candidates": _MOST,  # it looks from the bottom up, and no further
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


def _edges(boxes: list[_Corners], height: int, width: int) -> list[int]:
    """Rows between which strips lie that with their margins are small enough, at places that cut the least print."""
    if height * width <= _AREA:
        return [0, height]
    cut = np.zeros(height + 1)
    for box in boxes:
        top, bottom = (int(min(max(y, 0), height)) for y in (box[:, 1].min(), box[:, 1].max()))
        cut[top:bottom] += bottom - top
    step = _AREA // width - 2 * _MARGIN - 2 * _REACH
    count = -(-height // step)
    edges = [0]
    for number in range(1, count):
        ideal = height * number // count
        near = range(ideal - _REACH, ideal + _REACH)
        edges.append(min(near, key=lambda row: (cut[row], abs(row - ideal))))
    return [*edges, height]


def _is_in(box: _Corners, other: _Corners) -> bool:
    """Whether the middle of a box is inside another, both taken as upright."""
    middle = box.mean(axis=0)
    return bool((other.min(axis=0) <= middle).all() and (middle <= other.max(axis=0)).all())


def _height(box: _Corners) -> float:
    return float(np.linalg.norm(box[3] - box[0]))


def _slimness(crop: _Pixels) -> float:
    height, width = crop.shape[:2]
    return float(max(height, width) / max(min(height, width), 1))


def _quad(box: _Corners, size: tuple[int, int]) -> Quad:
    width, height = size
    a, b, c, d = ((min(max(float(x), 0.0), width), min(max(float(y), 0.0), height)) for x, y in box)
    return a, b, c, d
