"""Many viewers of one stream: each sees all of it, and it is read once."""

import threading
from collections.abc import Iterator
from queue import Queue

import pytest

from core import streams

End = type("End", (), {})


class Source:
    """A stream that is written by the test; counts who reads it, and knows when nobody does any more."""

    def __init__(self) -> None:
        self.written: Queue[dict[str, int] | Exception | type | None] = Queue()
        self.readers = 0
        self.left = threading.Event()

    def __call__(self) -> Iterator[dict[str, int] | None]:
        self.readers += 1
        try:
            while (entry := self.written.get()) is not End:
                if isinstance(entry, Exception):
                    raise entry
                yield entry  # type: ignore[misc]
        finally:
            self.left.set()


def test_viewers_early_and_late_see_everything_and_one_reads() -> None:
    source = Source()
    early = streams.follow("a", source, 0, 60)
    for number in range(3):
        source.written.put({"n": number})
    assert [next(early) for _ in range(3)] == [{"n": 0}, {"n": 1}, {"n": 2}]
    late, from_the_last = streams.follow("a", source, 0, 60), streams.follow("a", source, 2, 60)
    assert next(late) == {"n": 0}
    assert next(from_the_last) == {"n": 2}
    source.written.put({"n": 3})
    source.written.put(End)
    assert [list(early), list(late), list(from_the_last)] == [[{"n": 3}], [{"n": 1}, {"n": 2}, {"n": 3}], [{"n": 3}]]
    assert source.readers == 1
    source.written.put(End)
    assert list(streams.follow("a", source, 0, 60)) == []  # whoever comes when all have gone reads anew
    assert source.readers == 2


def test_silence_is_told_and_what_goes_wrong_is_raised_to_each() -> None:
    source = Source()
    first, second = streams.follow("b", source, 0, 0.01), streams.follow("b", source, 0, 0.01)
    assert next(first) is None
    assert next(second) is None
    source.written.put(ValueError("broken"))
    for viewer in (first, second):
        with pytest.raises(ValueError, match="broken"):
            list(viewer)


def test_reading_ends_when_nobody_watches() -> None:
    source = Source()
    viewer = streams.follow("c", source, 0, 0.01)
    assert next(viewer) is None
    viewer.close()
    source.written.put(None)
    assert source.left.wait(10)
