"""The engines that read pictures, by name: which can be offered, and one of each for the whole process.

Any of them may be missing on a machine, and only the default is sure to be installed; so whoever asks for an engine
gets one that works, and the reason when it is not the one asked for. A picture sent to `vision` leaves this machine.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from core import llm, routing
from core.errors import InputError
from core.ocr import easy, vision
from core.ocr.transcript import Engine

log = logging.getLogger(__name__)

DEFAULT = "rapidocr"
NAMES = (DEFAULT, easy.NAME, vision.NAME)
LOAD_SECONDS = 300.0  # that an engine is waited for
PATIENCE = 600.0  # seconds before weights that could not be had are tried again: a blocked network costs minutes a try
HEARTBEAT = 0.25  # seconds after which who waits for an engine is asked whether to go on

Waiting = Callable[[], None]  # called every HEARTBEAT; may raise to stop waiting, and the engine is loaded all the same


def unavailable(name: str) -> str | None:
    """Why an engine cannot be offered, as a failure code; None when it can.

    Loads nothing: what only loading can tell is known once it has been tried in this process. Raises KeyError for a
    name that is not in `NAMES`.
    """
    known = _LOCAL[name].failure() if name in _LOCAL else None
    return known or _CHECKS[name]()


def _patient() -> None:
    """Wait as long as it takes."""


def get(
    name: str, *, locale: str, route: str = "paid", listener: llm.Listener | None = None, waiting: Waiting = _patient
) -> Engine:
    """The engine of that name, loaded. `locale`, `route` and `listener` are for `vision`, which makes model calls.

    Raises InputError with the code that says why it cannot be had, whatever `waiting` raises, and KeyError for a name
    not in `NAMES`.
    """
    if name in _LOCAL:
        return _LOCAL[name].get(waiting)
    if code := _CHECKS[name]():
        raise InputError(code)
    return vision.VisionEngine(routing.candidates(vision.TASK, route), locale, listener)


def default(waiting: Waiting = _patient) -> Engine:
    """The engine that reads when another cannot. Raises InputError `ocr_broken` when its installation is damaged."""
    return _LOCAL[DEFAULT].get(waiting)


def resolve(
    name: str, *, locale: str, route: str = "paid", listener: llm.Listener | None = None, waiting: Waiting = _patient
) -> tuple[Engine, str | None]:
    """The engine of that name and None, or the default one and the code that says why it stands in.

    An empty name means the default. Raises InputError when the default cannot be had either, and whatever `waiting`
    raises.
    """
    if name in ("", DEFAULT):
        return default(waiting), None
    try:
        return get(name, locale=locale, route=route, listener=listener, waiting=waiting), None
    except InputError as error:
        log.info("ocr engine replaced engine=%s code=%s", name, error.code)
        return default(waiting), error.code


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
    """An engine of this machine: made once, in a thread of its own, and not tried over and over where that fails."""

    name: str
    make: Callable[[], Engine]
    broken: str  # the code of a failure that has none of its own
    late: str  # the code when it takes too long; the attempt goes on, for the benefit of whoever asks next
    _attempt: Future[Engine] | None = None  # the last one
    _failure: tuple[str, float] | None = None  # code, and when it happened
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def failure(self) -> str | None:
        """The code of an earlier failure; weights may appear, but a broken installation stays so till the restart."""
        if self._failure is None:
            return None
        code, when = self._failure
        return code if code == self.broken or time.monotonic() - when < PATIENCE else None

    def get(self, waiting: Waiting) -> Engine:
        attempt = self._begun()
        deadline = time.monotonic() + LOAD_SECONDS
        while True:
            try:
                return attempt.result(HEARTBEAT)
            except TimeoutError:
                waiting()
                if time.monotonic() > deadline:
                    raise self._failed(self.late, TimeoutError()) from None

    def _begun(self) -> Future[Engine]:
        """The attempt that made the engine, or is under way, or a new one. Raises InputError for a known failure."""
        with self._lock:
            if self._attempt and self._attempt.done() and not self._attempt.exception():
                return self._attempt
            if code := self.failure():
                raise InputError(code)
            if self._attempt is None or self._attempt.done():
                self._attempt = Future()
                threading.Thread(target=self._load, args=[self._attempt], name=f"{self.name}-load", daemon=True).start()
            return self._attempt

    def _load(self, attempt: Future[Engine]) -> None:
        try:
            engine = self.make()
        except Exception as error:  # an installation can be broken in any way
            code = error.code if isinstance(error, InputError) else self.broken
            attempt.set_exception(self._failed(code, error.__cause__ or error))
        else:
            self._failure = None
            attempt.set_result(engine)

    def _failed(self, code: str, cause: BaseException) -> InputError:
        self._failure = code, time.monotonic()
        log.warning("ocr engine cannot be loaded engine=%s code=%s error=%s", self.name, code, type(cause).__name__)
        return InputError(code)


_LOCAL = {
    DEFAULT: _Local(DEFAULT, _rapid, broken="ocr_broken", late="ocr_broken"),
    easy.NAME: _Local(easy.NAME, easy.EasyEngine, broken="easyocr_broken", late="easyocr_no_weights"),
}
_CHECKS = {DEFAULT: lambda: None, easy.NAME: easy.unavailable, vision.NAME: vision.unavailable}
