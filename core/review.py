"""The recognised text of a scanned source as a person reviews it: rows beside the picture, some of them set aside.

transcripts --rows--> draft (edited, kept page by page) --text--> what the next step reads
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from core.errors import InputError

if TYPE_CHECKING:
    from core.ocr.transcript import Line, Quad, Transcript

REPEAT = "repeat"  # why a row is set aside that the picture before has shown already
_ALIKE = 0.9  # share of equal characters of the same line read twice; readings of one line differ in a glyph or two
_LEAST_REPEAT = 12  # characters; what is shorter may well stand twice in a posting
_MOST_REPEAT = 40  # rows that two screenshots of one page may share
_COMPARABLE = 400  # characters; longer rows, which no screen shows, are not compared glyph by glyph
_NUMBERS = re.compile(r"[\d一二三四五六七八九十百千万两]+")


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
    pages = [
        [ReviewRow(line) for line in content.splitlines() if line.strip()]
        if isinstance(content, str)
        else rows(content, joined=joined)
        for content in contents
    ]
    # Only screenshots overlap: pages of a document do not.
    screenshots = joined and not any(isinstance(content, str) for content in contents)
    return without_repeats(pages) if screenshots else pages


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
    """Screenshots in order, the rows set aside with which one repeats the end of what stands before it. Of a row that
    the lower edge of the one has cut, the other's whole one is kept."""
    result: list[list[ReviewRow]] = []
    before: list[tuple[int, int]] = []  # page and number of the last kept rows
    for page in pages:
        result.append(list(page))
        begins = [number for number, row in enumerate(page) if row.kept]
        count, cut = _shared([result[at][number].text for at, number in before], [page[n].text for n in begins])
        repeats = [(len(result) - 1, number) for number in begins[:count]]
        if cut:
            repeats[-1] = before.pop()
        for at, number in repeats:
            result[at][number] = replace(result[at][number], kept=False, clutter=REPEAT)
        kept = [(len(result) - 1, number) for number, row in enumerate(result[-1]) if row.kept]
        before = [*before, *kept][-_MOST_REPEAT:]
    return result


def _shared(before: list[str], after: list[str]) -> tuple[int, bool]:
    """How many rows at the beginning of `after` are the last ones of `before`, and whether of these the last of
    `before` is cut. A single row must be the same to the letter, of several at least one; of the first, the beginning
    may be scrolled away."""
    before, after = (["".join(text.split()) for text in texts] for texts in (before, after))
    for count in range(min(len(before), len(after), _MOST_REPEAT), 0, -1):
        pairs = list(zip(before[-count:], after[:count], strict=True))
        if sum(len(new) for _, new in pairs) < _LEAST_REPEAT or not any(old == new for old, new in pairs):
            continue
        first, last = pairs[0], pairs[-1]
        several = count > 1
        cut = several and not _same(*last) and _is_part(last[0], last[1].startswith)
        if (
            (_same(*first) or (several and _is_part(first[1], first[0].endswith)))
            and all(_same(old, new) for old, new in pairs[1:-1])
            and (cut or not several or _same(*last))
        ):
            return count, cut
    return 0, False


def _is_part(text: str, of: Callable[[str], bool]) -> bool:
    return len(text) > 1 and of(text)


def _same(old: str, new: str) -> bool:
    """Whether `new` is `old` read again. Lines that differ in a number say different things, however alike."""
    if old == new:
        return True
    if max(len(old), len(new)) > _COMPARABLE or _NUMBERS.findall(old) != _NUMBERS.findall(new):
        return False
    return SequenceMatcher(None, old, new, autojunk=False).ratio() >= _ALIKE


def edits(found: Sequence[ReviewRow]) -> Edits:
    """Rows as they stand before a person changes anything."""
    return [(row.text, row.kept) for row in found]


def text(pages: Sequence[Sequence[tuple[str, bool]]]) -> str:
    """The text that the kept rows of all pages make, a line each."""
    return "\n".join(text for page in pages for text, kept in page if kept and text.strip())
