"""The recognised text of a scanned source as a person reviews it: rows beside the picture, some of them set aside.

transcripts --rows--> draft (edited, kept page by page) --text--> what the next step reads
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from core.errors import InputError

if TYPE_CHECKING:
    from core.ocr.transcript import Line, Quad, Transcript

REPEAT = "repeat"  # why a row is set aside that the picture before has shown already
_ALIKE = 0.9  # share of equal characters of the same line read twice; readings of one line differ in a glyph or two
_LEAST_REPEAT = 8  # characters: shorter lines may well stand twice in a posting
_MOST_REPEAT = 40  # rows that two screenshots of one page may share


@dataclass(frozen=True)
class ReviewRow:
    """One line of the text. `boxes` are where it was found, in pixels of the upright picture; none when unknown."""

    text: str
    kept: bool = True  # False: set aside, as clutter of the screen or by the coach
    doubtful: bool = False
    clutter: str | None = None
    boxes: "tuple[Quad, ...]" = ()
    doubtful_boxes: tuple[int, ...] = ()


@dataclass(frozen=True)
class ReviewPage:
    """One page under review. `picture` is a preview of it, smaller than `width` x `height`; None: it was text."""

    label: str
    picture: bytes | None
    width: int
    height: int
    rows: tuple[ReviewRow, ...]


Edits = list[tuple[str, bool]]  # text and whether it is kept, row by row


def assemble(contents: "Sequence[str | Transcript]", *, joined: bool) -> list[list[ReviewRow]]:
    """The rows of pages in order, each a text it already had or what was read in a picture; `joined` as in `rows`."""
    return without_repeats(
        [
            [ReviewRow(line) for line in content.splitlines() if line.strip()]
            if isinstance(content, str)
            else rows(content, joined=joined)
            for content in contents
        ]
    )


def check(contents: "Sequence[str | Transcript]", text: str, *, job: bool) -> None:
    """Raises InputError when what these pages give is of no use: image_no_text, image_blurry; image_not_a_job for the
    text of a `job` that is none."""
    from core import ocr  # noqa: PLC0415 - who only shows rows does without
    from core.job_check import looks_like_job  # noqa: PLC0415

    try:
        ocr.check([content for content in contents if not isinstance(content, str)])
    except InputError as error:
        # A blank page in a document with text is just that.
        if error.code != "image_no_text" or not any(isinstance(content, str) for content in contents):
            raise
    if job and not looks_like_job(text):
        raise InputError("image_not_a_job")


def rows(transcript: "Transcript", *, joined: bool) -> list[ReviewRow]:
    """The rows of one picture: paragraphs when `joined` (a posting, whose lines the screen wrapped), else printed lines
    (a resume, whose reader expects the lines of a page)."""
    found = []
    for paragraph in transcript.paragraphs:
        wrapped = [(paragraph.text, paragraph.lines)] if joined else [(line.text, (line,)) for line in paragraph.lines]
        for text, lines in wrapped:
            found.append(_row(text, lines, paragraph.clutter))
    return found


def _row(text: str, lines: "Sequence[Line]", clutter: str | None) -> ReviewRow:
    boxes = [(box, line.doubtful) for line in lines for box in line.boxes]
    return ReviewRow(
        text=text,
        kept=clutter is None,
        doubtful=any(line.doubtful for line in lines),
        clutter=clutter,
        boxes=tuple(box for box, _ in boxes),
        doubtful_boxes=tuple(number for number, (_, doubtful) in enumerate(boxes) if doubtful),
    )


def without_repeats(pages: Sequence[list[ReviewRow]]) -> list[list[ReviewRow]]:
    """Pages in order, the rows set aside with which a screenshot repeats the end of the one before it."""
    result: list[list[ReviewRow]] = []
    for page in pages:
        before = [row.text for row in result[-1] if row.kept] if result else []
        begins = [(number, row.text) for number, row in enumerate(page) if row.kept]
        repeated = {number for number, _ in begins[: _shared(before, [text for _, text in begins])]}
        result.append(
            [replace(row, kept=False, clutter=REPEAT) if number in repeated else row for number, row in enumerate(page)]
        )
    return result


def _shared(before: list[str], after: list[str]) -> int:
    """How many rows at the beginning of `after` are the last ones of `before`."""
    for count in range(min(len(before), len(after), _MOST_REPEAT), 0, -1):
        pairs = list(zip(before[-count:], after[:count], strict=True))
        if sum(len(new) for _, new in pairs) >= _LEAST_REPEAT and all(
            _same(old, new, first=number == 0) for number, (old, new) in enumerate(pairs)
        ):
            return count
    return 0


def _same(old: str, new: str, *, first: bool) -> bool:
    """Whether `new` is `old` read again; the first of a screenshot may be only its end, the rest is scrolled away."""
    old, new = (re.sub(r"\s+", "", text) for text in (old, new))
    if first and len(new) >= _LEAST_REPEAT:
        old = old[-len(new) :]
    return SequenceMatcher(None, old, new, autojunk=False).ratio() >= _ALIKE


def edits(found: Sequence[ReviewRow]) -> Edits:
    """Rows as they stand before a person changes anything."""
    return [(row.text, row.kept) for row in found]


def text(pages: Sequence[Sequence[tuple[str, bool]]]) -> str:
    """The text that the kept rows of all pages make, a line each."""
    return "\n".join(text for page in pages for text, kept in page if kept and text.strip())
