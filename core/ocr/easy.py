"""The engine `easyocr`: CRAFT and CRNN on PyTorch, for whoever installs it beside the app (over a gigabyte).

Its weights are two files, put into its folder beforehand or fetched by EasyOCR at first use. It is known to be
installed and broken: a PyTorch for the CPU with a torchvision for the GPU raises RuntimeError on import.
"""

import logging
import threading
from contextlib import nullcontext
from http.client import HTTPException
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from PIL import Image

from core.errors import InputError, ModelError
from core.ocr.transcript import Piece, Quad
from core.settings import settings

log = logging.getLogger(__name__)

NAME = "easyocr"
LANGUAGES = ["ch_sim", "en"]
WEIGHTS = ("craft_mlt_25k.pth", "zh_sim_g2.pth")  # what these languages need, 80 and 21 MB
LOAD_SECONDS = 300  # that another process may take to download the same

# What its constructor raises when weights are missing, damaged or not to be had. NameError: its complaint about a
# damaged recogniser uses a variable that is not set (1.7.2). HTTP errors are OSErrors.
_NO_WEIGHTS = (OSError, AssertionError, NameError, BadZipFile, KeyError, HTTPException)


def folder() -> Path:
    """Where the weights are, or would be put."""
    return (settings().easyocr_dir or settings().data_dir / "easyocr").absolute()


def unavailable() -> str | None:
    """Why this engine cannot be offered, as a failure code, as far as can be told without loading it; None: it can."""
    if find_spec(NAME) is None:
        return "easyocr_not_installed"
    return "easyocr_no_weights" if _missing(folder()) and not settings().easyocr_download else None


class EasyEngine:
    """`core.ocr.transcript.Engine`, loaded when it is made, which takes seconds, and when it downloads, without a limit
    of its own, minutes.

    Raises InputError: `easyocr_not_installed`, `easyocr_no_weights`, or `easyocr_broken` when its import fails.
    """

    name = NAME
    finds_places = True

    def __init__(self) -> None:
        if code := unavailable():
            raise InputError(code)
        self._lock = threading.Lock()
        self._reader, self.version = _load()
        log.info("OCR engine %s %s loaded", self.name, self.version)

    def read(self, tile: Image.Image) -> list[Piece]:
        """The pieces EasyOCR finds. Raises ModelError `easyocr_broken` for whatever goes wrong inside it."""
        try:
            with self._lock:
                found = self._reader.readtext(np.asarray(tile.convert("RGB")))
        except Exception as error:  # PyTorch and OpenCV raise what they like, lack of memory included
            log.warning("OCR engine %s failed error=%s", self.name, type(error).__name__)
            raise ModelError("easyocr_broken") from error
        return [
            Piece(text=text.strip(), box=_quad(box), confidence=min(max(float(confidence), 0.0), 1.0))
            for box, text, confidence in found
            if text.strip()
        ]


def _missing(weights: Path) -> bool:
    return not all((weights / name).is_file() for name in WEIGHTS)


def _load() -> tuple[Any, str]:
    """EasyOCR's reader and version."""
    try:
        easyocr: Any = import_module(NAME)
    except Exception as error:  # not only ImportError: see above, and a missing library of PyTorch is an OSError
        raise InputError("easyocr_broken") from error
    try:
        weights, download = folder(), settings().easyocr_download
        with _alone(weights) if _missing(weights) else nullcontext():
            reader = easyocr.Reader(
                LANGUAGES,
                gpu=False,
                model_storage_directory=str(weights),
                user_network_directory=str(weights),  # else it makes a folder in the user's home
                download_enabled=download,
                verbose=False,
            )
        return reader, str(easyocr.__version__)
    except Exception as error:
        code = "easyocr_no_weights" if isinstance(error, _NO_WEIGHTS) else "easyocr_broken"
        raise InputError(code) from error


def _alone(weights: Path) -> Any:
    """A lock between processes: downloads share the name of their temporary file."""
    from filelock import FileLock  # noqa: PLC0415

    weights.mkdir(parents=True, exist_ok=True)
    return FileLock(weights / "download.lock", timeout=LOAD_SECONDS)


def _quad(box: Any) -> Quad:
    points = [(float(x), float(y)) for x, y in box]
    return points[0], points[1], points[2], points[3]
