"""A client's document cut at the passages that were quoted from it, for a reader to see them in their place."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.grounding import ground_quote
from core.schemas import JobMatch, Source


@dataclass(frozen=True)
class Segment:
    """A stretch of a document; `requirement_ids` say for what it was quoted, and are none of what lies between."""

    text: str
    requirement_ids: tuple[str, ...] = ()


def segments(text: str, source: Source, match: JobMatch) -> list[Segment]:
    """The document `text` in pieces that make it up in order. Passages that overlap are one piece.

    `match` is grounded in that text. In one that was before places were kept, verified quotes are looked for again.
    """
    passages: list[tuple[int, int, list[str]]] = []
    for start, end, requirement_id in sorted(_places(text, source, match)):
        if passages and start < passages[-1][1]:
            first, last, ids = passages.pop()
            passages.append((first, max(last, end), [*ids, requirement_id]))
        else:
            passages.append((start, end, [requirement_id]))
    order = [verdict.requirement_id for verdict in match.verdicts]
    pieces: list[Segment] = []
    done = 0
    for start, end, ids in passages:
        pieces += [Segment(text[done:start]), Segment(text[start:end], tuple(sorted(set(ids), key=order.index)))]
        done = end
    return [piece for piece in (*pieces, Segment(text[done:])) if piece.text]


def _places(text: str, source: Source, match: JobMatch) -> Iterator[tuple[int, int, str]]:
    """Start, end and requirement of each verified quote from that source."""
    for verdict in match.verdicts:
        for quote in verdict.quotes:
            if quote.verified and quote.source == source:
                placed = quote if quote.start is not None else ground_quote(quote, {source: text})
                if placed.start is not None and placed.end is not None:
                    yield placed.start, placed.end, verdict.requirement_id
