"""One reader for each live stream, however many in this process watch it: reading asks the database again and again."""

import threading
from collections.abc import Callable, Hashable, Iterator
from typing import Any

Entry = dict[str, Any]

_lock = threading.Lock()
_shared: dict[Hashable, "_Shared"] = {}  # the streams that are watched now


class _Shared:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.viewers = 0
        self.ended = False
        self.error: Exception | None = None
        self.changed = threading.Condition()

    def read(self, source: Iterator[Entry | None]) -> None:
        try:
            for entry in source:
                if not self.viewers:
                    return
                if entry is not None:
                    with self.changed:
                        self.entries.append(entry)
                        self.changed.notify_all()
        except Exception as error:  # raised again where it is watched
            self.error = error
        finally:
            with self.changed:
                self.ended = True
                self.changed.notify_all()


def follow(
    key: Hashable, source: Callable[[], Iterator[Entry | None]], offset: int, heartbeat: float
) -> Iterator[Entry | None]:
    """The entries of a stream from an offset to its end; None whenever nothing came for `heartbeat` seconds.

    `source` gives all entries, and None now and then while there is nothing new. Raises what it raises.
    """
    shared = _join(key, source)
    try:
        while True:
            with shared.changed:
                if len(shared.entries) <= offset and not shared.ended:
                    shared.changed.wait(heartbeat)
                new, ended = shared.entries[offset:], shared.ended
            if new:
                offset += len(new)
                yield from new
            elif not ended:
                yield None
            elif shared.error is not None:
                raise shared.error
            else:
                return
    finally:
        _leave(key, shared)


def _join(key: Hashable, source: Callable[[], Iterator[Entry | None]]) -> _Shared:
    with _lock:
        first = key not in _shared
        shared = _shared.setdefault(key, _Shared())
        shared.viewers += 1
        if first:
            threading.Thread(target=shared.read, args=(source(),), name="stream", daemon=True).start()
        return shared


def _leave(key: Hashable, shared: _Shared) -> None:
    with _lock:
        shared.viewers -= 1
        if not shared.viewers:
            del _shared[key]
