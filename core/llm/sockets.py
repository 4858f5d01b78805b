"""Hanging up on a request that another thread waits for.

No HTTP library offers this: a socket that is merely closed stays open in the kernel for as long as a thread waits on
it, so the provider would go on writing, and charging, until the thread's own time limit.
"""

import contextlib
import inspect
import socket
import sys
import threading
from types import FrameType

AGAIN = 0.05  # seconds; the thread may only be about to wait


def hang_up(thread: threading.Thread) -> None:
    """End the connections the thread waits on, until it gives up; returns at once."""
    threading.Thread(target=_hang_up, args=(thread,), name="model-hang-up", daemon=True).start()


def _hang_up(thread: threading.Thread) -> None:
    while thread.is_alive():
        # Whatever goes wrong while another thread is looked at, the next look may succeed.
        with contextlib.suppress(Exception):
            waits_on = _socket(sys._current_frames().get(thread.ident or 0))
            # The number of a thread that has ended may be another's by now: alive, it was still its own.
            if waits_on is not None and thread.is_alive():
                # Below TLS: a polite goodbye would itself wait for the thread.
                socket.socket.shutdown(waits_on, socket.SHUT_RDWR)
        thread.join(AGAIN)


def _socket(frame: FrameType | None) -> socket.socket | None:
    """The socket in the hands of the innermost function that has one."""
    while frame is not None:
        if frame.f_code.co_flags & inspect.CO_OPTIMIZED:  # a function; the names of a module are nobody's hands
            for value in list(frame.f_locals.values()):
                # Statically: an attribute may be computed, and must not be in this thread.
                for found in (value, inspect.getattr_static(value, "_sock", None)):
                    if isinstance(found, socket.socket):
                        return found
        frame = frame.f_back
    return None
