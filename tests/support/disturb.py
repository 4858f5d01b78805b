"""Ways to say the same thing otherwise: a document as another program, another hand or another word would have it.

Each takes a text and a source of chance, and returns the text changed, or as it was when there is nothing to change.
"""

import random
import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import date

from core.evaluation.predict import TODAY
from core.i18n import detect_locale
from core.offline import vocabulary
from core.offline.dates import date_ranges
from core.offline.lines import has_han, width
from core.offline.sections import heading_kind
from core.settings import ROOT

Disturb = Callable[[str, random.Random], str]

_BULLET = re.compile(r"^(\s*)([-•·*▪●–])(\s+)(?=\S)")
_MARKS = ("-", "•", "▪", "●", "*")
_TO_HALF = str.maketrans("，：；（）", ",:;()")
_TO_FULL = {",": "，", ":": "：", ";": "；", "(": "（", ")": "）"}


# --- the page -----------------------------------------------------------------------------------------------------


def wrapped(text: str, chance: random.Random) -> str:
    """Lines of 70 to 100 columns at the most."""
    columns = chance.randint(70, 100)
    return "\n".join(piece for line in text.split("\n") for piece in _wrap(line, columns))


def _wrap(line: str, columns: int) -> Iterator[str]:
    row = ""
    for word in re.findall(
        r"\s*(?:[^\s\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+|\S[\u3000-\u303f\uff00-\uff0f\uff1a-\uff1f]*)", line
    ):
        if row and width(row + word) > columns:
            yield row
            row = word.lstrip()
        else:
            row += word
    yield row


def spread(text: str, _: random.Random) -> str:
    """A blank line after each."""
    return text.replace("\n", "\n\n")


def windows(text: str, _: random.Random) -> str:
    return text.replace("\n", "\r\n")


def bullets(text: str, chance: random.Random) -> str:
    """Other marks in front of the items."""
    mark = chance.choice(_MARKS)
    return "\n".join(_BULLET.sub(rf"\g<1>{mark}\g<3>", line) for line in text.split("\n"))


# --- the hand -----------------------------------------------------------------------------------------------------


def widths(text: str, _: random.Random) -> str:
    """Half-width marks as full-width ones, or the other way round."""
    if "，" in text or "：" in text:
        return text.translate(_TO_HALF)
    return re.sub(r"[,:;](?=\s)|[()]", lambda mark: _TO_FULL[mark[0]], text)


def strokes(text: str, _: random.Random) -> str:
    """Typewriter apostrophes and dashes for printed ones, or the other way round."""
    return text.translate(str.maketrans("’'–", "'’-"))


def full_stops(text: str, _: random.Random) -> str:
    """At the end of items that had none, and none where they stood."""

    def turned(line: str) -> str:
        if not _BULLET.match(line) or _dated(line):
            return line
        if line[-1] in ".。":
            return line[:-1]
        return line + ("。" if has_han(line) else ".") if line[-1].isalpha() else line

    return "\n".join(map(turned, text.split("\n")))


def _dated(line: str) -> bool:
    """Whether it is the head of a position rather than a sentence."""
    return bool(date_ranges(line, date.fromisoformat(TODAY)))


def capitals(text: str, _: random.Random) -> str:
    """Headings in capitals, names of tools in small letters where they stay what they are."""
    return "\n".join(line.upper() if heading_kind(line) else _lowered(line) for line in text.split("\n"))


def _lowered(line: str) -> str:
    for hit in vocabulary.find(line):
        written = line[hit.start : hit.end]
        changed = line[: hit.start] + written.lower() + line[hit.end :]
        if written.isascii() and len(written) > 3 and _names(changed) == _names(line):
            line = changed
    return line


def _names(text: str) -> list[str]:
    return [hit.name for hit in vocabulary.find(text)]


def items(text: str, chance: random.Random) -> str:
    """The items under one head in another order."""
    rows: list[str] = []
    block: list[str] = []
    for line in [*text.split("\n"), ""]:
        if _BULLET.match(line) and not _dated(line):
            block.append(line)
            continue
        chance.shuffle(block)
        rows += [*block, line]
        block = []
    return "\n".join(rows[:-1])


def sections(text: str, chance: random.Random) -> str:
    """What stands under the headings in another order; the head stays on top."""
    blocks: list[list[str]] = [[]]
    for line in text.strip("\n").split("\n"):
        if heading_kind(line) and not _BULLET.match(line):
            blocks.append([])
        blocks[-1].append(line)
    head, *rest = blocks
    chance.shuffle(rest)
    return "\n".join(line for block in (head, *rest) for line in block)


# --- the word -----------------------------------------------------------------------------------------------------

SYNONYMS: dict[str, dict[str, str]] = tomllib.loads((ROOT / "tests" / "synonyms.toml").read_text("utf-8"))


def one_word(text: str, chance: random.Random) -> str:
    """A word by another that says the same."""
    synonyms = SYNONYMS[detect_locale(text)]
    places = [found for word in synonyms for found in re.finditer(_standing_alone(word), text)]
    if not places:
        return text
    found = chance.choice(places)
    return text[: found.start()] + synonyms[found[0]] + text[found.end() :]


def _standing_alone(word: str) -> str:
    """A pattern for it where it is no part of another Latin word."""
    return rf"(?<![A-Za-z0-9-]){re.escape(word)}(?![A-Za-z0-9-])" if word.isascii() else re.escape(word)


PAGE: dict[str, Disturb] = {"wrapped": wrapped, "spread": spread, "windows": windows, "bullets": bullets}
HAND: dict[str, Disturb] = {
    "widths": widths,
    "strokes": strokes,
    "full_stops": full_stops,
    "capitals": capitals,
    "items": items,
    "sections": sections,
}
