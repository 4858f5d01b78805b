"""The engines that read pictures, by name: which can be offered, and one of each for the whole process.

Any of them may be missing on a machine, and only the default is sure to be installed; so whoever asks for an engine
gets one that works, and the reason when it is not the one asked for. A picture sent to `vision` leaves this machine.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from core import llm
from core.errors import InputError
from core.ocr import easy, vision
from core.ocr.transcript import Engine
from core.settings import settings

log = logging.getLogger(__name__)

DEFAULT = "rapidocr"
NAMES = (DEFAULT, easy.NAME, vision.NAME)
PATIENCE = 600.0  # seconds before weights that could not be had are tried again: a blocked network costs minutes a try


def unavailable(name: str) -> str | None:
    """Why an engine cannot be offered, as a failure code; None when it can.

    Loads nothing: what only loading can tell is known once it has been tried in this process. Raises KeyError for a
    name that is not in `NAMES`.
    """
    known = _LOCAL[name].failure() if name in _LOCAL else None
    return known or _CHECKS[name]()


def get(name: str, *, locale: str, listener: llm.Listener | None = None) -> Engine:
    """The engine of that name, loaded. `locale` and `listener` are for `vision`, which makes model calls.

    Raises InputError with the code that says why it cannot be had, and KeyError for a name not in `NAMES`.
    """
    if name in _LOCAL:
        return _LOCAL[name].get()
    if code := _CHECKS[name]():
        raise InputError(code)
    return vision.VisionEngine(llm.configured(settings().vision_model), locale, listener)


def default() -> Engine:
    """The engine that reads when another cannot. Raises InputError `ocr_broken` when its installation is damaged."""
    return _LOCAL[DEFAULT].get()


def resolve(name: str, *, locale: str, listener: llm.Listener | None = None) -> tuple[Engine, str | None]:
    """The engine of that name and None, or the default one and the code that says why it stands in.

    An empty name means the default. Raises InputError when the default cannot be had either.
    """
    if name in ("", DEFAULT):
        return default(), None
    try:
        return get(name, locale=locale, listener=listener), None
    except InputError as error:
        log.info("ocr engine replaced engine=%s code=%s", name, error.code)
        return default(), error.code


def warm_up() -> None:
    """Load the default engine now, so that the first picture does not wait for it; a failure is only logged."""
    with contextlib.suppress(InputError):  # logged where it was loaded; the first picture will say it to a person
        default()


def _rapid() -> Engine:
    from core.ocr.rapid import RapidEngine  # noqa: PLC0415

    engine = RapidEngine()
    engine.warm()
    return engine


@dataclass
class _Local:
    """An engine of this machine: made once, and not tried over and over where it cannot be made."""

    name: str
    make: Callable[[], Engine]
    broken: str  # the code of a failure that has none of its own
    _engine: Engine | None = None
    _failure: tuple[str, float] | None = None  # code, and when it happened
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def failure(self) -> str | None:
        """The code of an earlier failure; weights may appear, but a broken installation stays so till the restart."""
        if self._failure is None:
            return None
        code, when = self._failure
        return code if code == self.broken or time.monotonic() - when < PATIENCE else None

    def get(self) -> Engine:
        with self._lock:
            if self._engine is None:
                if code := self.failure():
                    raise InputError(code)
                self._engine = self._made()
            return self._engine

    def _made(self) -> Engine:
        try:
            return self.make()
        except Exception as error:  # an installation can be broken in any way
            code = error.code if isinstance(error, InputError) else self.broken
            self._failure = code, time.monotonic()
            cause = error.__cause__ or error
            log.warning("ocr engine cannot be loaded engine=%s code=%s error=%s", self.name, code, type(cause).__name__)
            raise InputError(code) from error


_LOCAL = {
    DEFAULT: _Local(DEFAULT, _rapid, "ocr_broken"),
    easy.NAME: _Local(easy.NAME, easy.EasyEngine, "easyocr_broken"),
}
_CHECKS = {DEFAULT: lambda: None, easy.NAME: easy.unavailable, vision.NAME: vision.unavailable}
