"""A document as lines: bullets trimmed, wrapped lines put together again, the characters themselves untouched."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

HAN = "\u2e80-\u2fdf\u3005\u3007\u3400-\u9fff\uf900-\ufaff"
# One character of a word that spaces set off: `\b` would take Chinese and Japanese characters for parts of it too.
LETTER = f"[^\\W_{HAN}\u3040-\u30ff]"
_HAN = re.compile(f"[{HAN}]")
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]")
# A hyphen, an "o" or a number is a bullet only when a space follows; the graphical marks always are.
_BULLET = re.compile(
    r"^\s*(?:#{1,6}\s+|[•·→⇒»›❖▪●○◦■□◆◇►▶▸➢➤➔✓✔✦★☆※‣⁃∙\uf000-\uf0ff]+\ufe0f?\s*"
    r"|[-*–—+]\s+(?!\d{4}\b)|[>~]\s*(?=[^\W\d]|\d+\+? ?(?:years|yrs)\b)|-(?=[A-Za-z]{2})|\*(?=[A-Za-z0-9][^*]*$)"
    r"|o\s+(?=[A-Z])|[(（]?\d{1,2}[)）]\s*|\d{1,2}(?:、\s*|\.\s*(?!\d))|[①-⑳]\s*)"
)
# Wider than any column needs; the searches for separators take time quadratic in the length of a gap.
_GAP = re.compile(r"\s{9,}")
_STOP = re.compile(r"[.!?。！？；;:：]\s*[\"'”’)）」』]?$")
# What never continues a line: a label, an address.
_FRESH = re.compile(r"\S+@|https?:|www\.|[^\s:：]{1,12}(?: [^\s:：]{1,12})?[:：]")


@dataclass(frozen=True)
class Line:
    """One line of the document: its text without the mark before it, that mark, and the printed lines it is made of."""

    text: str
    mark: str = ""
    sources: tuple[str, ...] = ()

    @property
    def bullet(self) -> bool:
        return bool(self.mark) and not self.mark.startswith("#")


def fold(text: str) -> str:
    """`text` with full-width and compatibility characters as plain ones, length unchanged so that spans carry over."""
    if text.isascii():
        return text
    return "".join(c if c.isascii() or len(n := unicodedata.normalize("NFKC", c)) != 1 else n for c in text)


def width(text: str) -> int:
    """Columns a line takes when its gaps are one space each: a Han character is twice as wide as a Latin one."""
    close = " ".join(text.split())
    return len(close) + len(_HAN.findall(close))


def has_han(text: str) -> bool:
    return _HAN.search(text) is not None


def ends_sentence(text: str) -> bool:
    return _STOP.search(text) is not None


def read(text: str) -> list[Line]:
    """The lines that say something, in order, wide gaps narrowed. Invisible characters and surrogates are dropped."""
    clean = INVISIBLE.sub("", text.encode("utf-8", "ignore").decode("utf-8"))
    rows = []
    for printed in clean.splitlines():
        row = _GAP.sub(lambda gap: "\t" if "\t" in gap[0] else " " * 8, printed)
        mark = _BULLET.match(row)
        body = (row[mark.end() :] if mark else row).strip()
        if any(c.isalnum() for c in body):
            rows.append(Line(body, mark[0].strip() if mark else "", (body,)))
    return rows


OPEN_END = re.compile(r"(?:[,，、&/(（-]|\b(?:and|or|of|with|the|to|in|for|an?|by|as|at|from|on))\s*$", re.I)
# The head of a position is no prose.
_DATED_END = re.compile(r"(?:\b(?:19|20)\d\d|present|now|to date|today|current|至今|今)\s*[)）]?\s*$", re.I)
# A text is set to a width when so many of its lines break where the next word had no room, and none is wider than this.
LEAST_BREAKS, NARROWEST, WIDEST = 2, 60, 130
_FIRST_WORD = re.compile(rf"[{HAN}]|\S+?(?=[\s{HAN}]|$)")


def rejoin(text: str, stops: Callable[[str], bool]) -> str:
    """`text` without the line breaks of one that was set to a width ("wrapped at 80 columns"); others stay as they are.

    Such a break stands where the next word would not have fitted into the widest line. A row that has a mark of its
    own, or that `stops` says begins something, is never joined to the one before.
    """
    rows = text.split("\n")
    widest = max(map(_columns, rows), default=0)
    if not NARROWEST <= widest <= WIDEST:
        return text
    breaks = {at for at in range(1, len(rows)) if _broken(rows[at - 1], rows[at], widest, stops)}
    # A row that begins with a capital may begin something: it proves nothing, but goes where the others go.
    if sum(not rows[at].lstrip()[:1].isupper() for at in breaks) < LEAST_BREAKS:
        return text
    joined = [rows[0]]
    for at, row in enumerate(rows[1:], 1):
        if at in breaks:
            glue = "" if has_han(joined[-1][-1:]) and has_han(row.lstrip()[:1]) else " "
            joined[-1] += glue + row.lstrip()
        else:
            joined.append(row)
    return "\n".join(joined)


def _broken(before: str, row: str, widest: int, stops: Callable[[str], bool]) -> bool:
    word = _FIRST_WORD.match(row.lstrip())
    if not word or not before.strip() or _BULLET.match(row) or _DATED_END.search(before):
        return False
    if any(stops(text.strip()) and not ends_sentence(text) for text in (before, row)):
        return False
    gap = not (has_han(before[-1:]) or has_han(word[0][:1]))
    # The widest line itself may stop one column short, before a character that takes two.
    return not ends_sentence(before) and _columns(before) + gap + _columns(word[0]) > widest - 1


def _columns(row: str) -> int:
    """Columns a row takes as printed."""
    return len(row.rstrip()) + len(_HAN.findall(row))


def join(first: Line, second: Line) -> Line:
    """Two printed lines as one: nothing between two Han characters, else a space."""
    glue = "" if has_han(first.text[-1:]) and has_han(second.text[:1]) else " "
    return Line(first.text + glue + second.text, first.mark, first.sources + second.sources)


def unwrap(lines: Sequence[Line], prose: bool = True) -> list[Line]:
    """Put wrapped lines together.

    A line continues the one before it when it has no mark or label of its own and the one before does not end a
    sentence, and it starts in lower case, or belongs to an item (`prose` false), or the one before is nearly full
    (`prose` true): at least 0.75 of the widest line of the block, as a word that did not fit is rarely longer than a
    quarter of a column.
    """
    full = 0.75 * max([40, *(width(line.text) for line in lines)])
    merged: list[Line] = []
    last_width = 0
    for line in lines:
        if merged and not line.mark and not ends_sentence(merged[-1].text) and not _FRESH.match(line.text):
            starts_low = line.text[0].islower() or line.text[0] in ",，、%)）"
            if starts_low or (last_width >= full if prose else merged[-1].bullet):
                merged[-1] = join(merged[-1], line)
                last_width = width(line.text)
                continue
        merged.append(line)
        last_width = width(line.text)
    return merged
