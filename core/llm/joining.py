"""The words of a stream joined to pieces before they are read.

A model sends up to some hundred events a second, with a word each. The libraries that read them spend more than a
millisecond of processor on an event, whatever is in it: eight answers at once would keep a whole core busy.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PIECE = 0.1  # seconds of text in one piece: people read no faster, and the live text is written no more often
_TEXTS = ("content", "reasoning_content", "reasoning")  # the fields of a delta that are written word by word


def join(stream: Any) -> None:
    """Have the OpenAI client's stream, which nobody has read of yet, read its events in pieces; leave any other be."""
    events = getattr(stream, "_iter_events", None)
    if callable(events):
        stream._iter_events = lambda: pieces(events())


@dataclass
class _Piece:
    """An event that was joined from several, as the client sees events."""

    frame: dict[str, Any]  # all but the texts
    texts: dict[str, str]
    event: str | None = None
    data: str = ""  # not the end of the stream

    def json(self) -> dict[str, Any]:
        choice = self.frame["choices"][0]
        return {**self.frame, "choices": [{**choice, "delta": {**choice["delta"], **self.texts}}]}


def pieces(events: Iterator[Any]) -> Iterator[Any]:
    """The events in order, those that differ in nothing but their text joined for `PIECE` seconds.

    The first comes at once. Later text waits for the next event after its time, or the end: a model that pauses keeps
    at most the last words. When the events end in an error, so does this, and the text that waited is lost with the
    answer.
    """
    waiting: _Piece | None = None
    due = 0.0
    for event in events:
        piece = _piece(event)
        if waiting and piece and piece.frame == waiting.frame and piece.texts.keys() == waiting.texts.keys():
            piece.texts = {name: waiting.texts[name] + text for name, text in piece.texts.items()}
        elif waiting:
            yield waiting
        waiting = piece
        if piece is None:
            yield event
        elif time.monotonic() >= due:
            yield piece
            waiting, due = None, time.monotonic() + PIECE
    if waiting:
        yield waiting


def _piece(event: Any) -> _Piece | None:
    """None for an event that brings anything but text, or ends the answer."""
    try:
        frame = json.loads(event.data)
        frame.pop("obfuscation", None)  # OpenAI's, of random letters, another in each event
        [choice] = frame["choices"]
        if event.event or choice["finish_reason"]:
            return None
        delta = choice["delta"]
        texts = {name: delta.pop(name) for name in _TEXTS if isinstance(delta.get(name), str)}
    except (ValueError, LookupError, TypeError, AttributeError):  # no event of an answer as we know them
        return None
    return _Piece(frame, texts) if texts else None
