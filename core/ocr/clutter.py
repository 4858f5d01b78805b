"""What in a picture belongs to the screen and not to the text: status bars, navigation, buttons, chats, watermarks.

A table of texts (clutter.toml) says what such things are called and where on a screen they count; this module knows
what "where" means. Only whole, short paragraphs are set aside: a requirement lost costs more than a button kept.

A long picture may be several screens put together; each status bar begins another one. The top of a screen is what has
nothing but clutter above it, and its bottom what has nothing but clutter below it, so that it is no share of the height
that decides what a heading is.
"""

import math
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any, Literal

from core.ocr.transcript import Clutter, Paragraph, Quad

Where = Literal["anywhere", "top", "bottom", "corner", "tilted", "chat", "beside"]

_HINTS = 3  # a tab bar has three names or more, a list of skills seldom three that are all names of tabs
_ASLANT = (
    12,
    78,
)  # degrees off the picture's own tilt; a curved photographed page bends less, vertical text turns more
_LOOK_ALIKE = 0.6  # of SequenceMatcher: watermarks are read through the text they cross
_COMPARED = 40  # different ones at most, so that a hostile picture costs no more
_LONGEST_WATERMARK = 60  # characters of one that only its slant and its repetition give away
_LONGEST_ROW = 120  # characters of several of them beside each other
_SCATTERED = 3  # times that a watermark is seen at least, if it is upright
_CHAT_STAMPS = 3  # times alone in the middle of a row that make a picture a chat
_NAME_HEIGHT = 0.85  # of the median line: the sender above a bubble is printed smaller than what was said
_LONGEST_NAME = 16


def set_aside(paragraphs: Sequence[Paragraph], width: int, height: int) -> list[Paragraph]:
    """The same paragraphs in the same order, `clutter` set on those that belong to the screen and None on the others.

    Boxes are in the pixels of a picture of `width` by `height`. Paragraphs without boxes are judged by what is certain
    without a place. Deterministic, and what `clutter` was before does not matter.
    """
    tilt = _tilt(paragraphs)
    items = [_Item(p.text, _read(p.text), _place(p, tilt)) for p in paragraphs]
    for item in items:
        item.kind = _kind_of_whole(item, width, height)
    placed = sorted((i for i in items if i.place and not i.place.aslant), key=lambda i: _placed(i).top)
    _mark_repeated([i for i in items if i.place and i.place.aslant])
    _mark_scattered(placed)
    for screen in _screens(placed):
        _mark_edge(screen, "top", width)
        _mark_edge(screen[::-1], "bottom", width)
    _unmark_left_over(placed)
    _mark_row_mates(placed)
    _mark_chat(items, placed, width)
    return [p.model_copy(update={"clutter": item.kind}) for p, item in zip(paragraphs, items, strict=True)]


# --- the table ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rule:
    kind: Clutter
    where: Where
    hints: bool
    longest: int
    words: frozenset[str]
    tokens: tuple[re.Pattern[str], ...]
    lines: tuple[re.Pattern[str], ...]


@cache
def _rules() -> tuple[_Rule, ...]:
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return tuple(_rule(entry, table["longest"]) for entry in table["rule"])


def _rule(entry: dict[str, Any], longest: int) -> _Rule:
    def patterns(name: str) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern, re.IGNORECASE) for pattern in entry.get(name, []))

    return _Rule(
        kind=entry["kind"],
        where=entry["where"],
        hints=entry.get("hints", False),
        longest=entry.get("longest", longest),
        words=frozenset(map(_fold, entry.get("words", []))),
        tokens=patterns("tokens"),
        lines=patterns("lines"),
    )


@cache
def _words() -> tuple[re.Pattern[str], dict[str, tuple[_Rule, ...]]]:
    """A pattern that finds the longest word of any rule, and the rules of each word."""
    rules: dict[str, list[_Rule]] = {}
    for rule in _rules():
        for word in rule.words:
            rules.setdefault(word, []).append(rule)
    longest_first = sorted(rules, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, longest_first))), {word: tuple(found) for word, found in rules.items()}


# --- one paragraph as text ------------------------------------------------------------------------------------

# What a screen draws between its words, and what its icons are read as; nothing that ends a sentence or makes a range.
_ICONS = re.compile(r"(?:[\s|/\\·<>‹›«»〈〉←→↑↓↗×✕✖✓⋯…☆★♡♥♢⊕⊙◎○□▽▼▾△▲⌄∨∧^=≡☰©®()+]|\.{3})+")
_BULLET = re.compile(r"[•●▪◆■○□·*✓★-]\s*\w")  # before a text of a list, and no icon of a button
_ICON_BESIDE = re.compile(r"^[<‹«〈←×✕≡☰]|[⋯…×✕☰]$|\.{3}$")
_LATIN = re.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True)
class _Reading:
    """How the rules understand a text: the rules of the whole line, and those of each word if all are known."""

    whole: tuple[_Rule, ...] = ()
    terms: tuple[tuple[_Rule, ...], ...] = ()
    icon: bool = False
    blank: bool = False  # icons alone, or one character that an icon was read as


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _fold(text: str) -> str:
    return _plain(text).lower()


@cache
def _longest() -> int:
    return max(rule.longest for rule in _rules())


def _read(text: str) -> _Reading:
    if len(text) > 2 * _longest():  # a rule's limit is on the text without its spare white space
        return _Reading()
    text = _plain(text)
    whole = tuple(
        rule for rule in _rules() if len(text) <= rule.longest and any(line.fullmatch(text) for line in rule.lines)
    )
    icon = bool(_ICON_BESIDE.search(text))
    blank = bool(text) and (len(text) == 1 or not any(map(str.isalnum, text)))
    if _BULLET.match(text):
        return _Reading(whole, icon=icon, blank=blank)
    return _Reading(whole, _terms(text), icon, blank)


def _terms(text: str) -> tuple[tuple[_Rule, ...], ...]:
    """The rules of each word, when the text is nothing but words of rules, none longer than its rule allows."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few capitals of rare scripts have small letters of two characters
        return ()
    terms = []
    position = 0
    while position < len(text):
        # A token may begin with what is also an icon, so it goes first.
        if found := _term(text, lowered, position):
            end, rules = found
            if not (rules := tuple(rule for rule in rules if len(text) <= rule.longest)):
                return ()
            terms.append(rules)
            position = end
        elif icons := _ICONS.match(text, position):
            position = icons.end()
        else:
            return ()
    return tuple(terms)


def _term(text: str, lowered: str, start: int) -> tuple[int, tuple[_Rule, ...]] | None:
    """Where the longest word or token at `start` ends, and all rules that know it."""
    found: dict[int, tuple[_Rule, ...]] = {}
    pattern, rules = _words()
    if (match := pattern.match(lowered, start)) and (not text[start].islower() or text[:start].endswith(("...", "…"))):
        found[match.end()] = rules[match[0]]
    for rule in _rules():
        for token in rule.tokens:
            if (match := token.match(text, start)) and match.end() > start:
                found[match.end()] = (*found.get(match.end(), ()), rule)
    ends = [end for end in found if not _cuts(text, start) and not _cuts(text, end)]
    return (max(ends), found[max(ends)]) if ends else None


def _cuts(text: str, position: int) -> bool:
    """Whether a Latin word or a number goes on across the position."""
    around = text[max(position - 1, 0) : position + 1]
    return 0 < position < len(text) and len(_LATIN.findall(around)) == 2


# --- one paragraph in the picture -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """Edges of a paragraph in pixels, `top` and `bottom` as if the picture had no tilt."""

    left: float
    right: float
    top: float
    bottom: float
    line: float  # height of its lines
    middle: float  # height of its middle in the picture as it is
    aslant: bool

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2


@dataclass
class _Item:
    text: str
    reading: _Reading
    place: _Place | None
    kind: Clutter | None = None


def _placed(item: _Item) -> _Place:
    assert item.place is not None  # noqa: S101 - callers have left out those without
    return item.place


def _angle(box: Quad) -> float:
    """Degrees that the text runs downwards."""
    return math.degrees(math.atan2(box[1][1] - box[0][1], box[1][0] - box[0][0]))


def _size(box: Quad) -> tuple[float, float]:
    """(length along the text, height of the text)"""
    return math.dist(box[0], box[1]), math.dist(box[0], box[3])


def _boxes(paragraph: Paragraph) -> list[Quad]:
    return [box for line in paragraph.lines for box in line.boxes]


def _tilt(paragraphs: Sequence[Paragraph]) -> float:
    """The angle of most text: half of the length of all boxes runs less steeply, half more."""
    angles = sorted((_angle(box), _size(box)[0]) for paragraph in paragraphs for box in _boxes(paragraph))
    half = sum(length for _, length in angles) / 2
    for angle, length in angles:
        half -= length
        if half <= 0:
            return angle
    return 0.0


def _place(paragraph: Paragraph, tilt: float) -> _Place | None:
    boxes = _boxes(paragraph)
    if not boxes:
        return None
    slope = math.tan(math.radians(tilt)) if abs(tilt) < 45 else 0.0
    levels = [(sum(y - x * slope for x, y in box) / 4, _size(box)[1] / 2) for box in boxes]
    # A box that is hardly longer than high has no angle worth the name.
    long = [box for box in boxes if _size(box)[0] > 2 * _size(box)[1]]
    off = [abs((_angle(box) - tilt + 180) % 360 - 180) for box in long]
    return _Place(
        left=min(x for box in boxes for x, _ in box),
        right=max(x for box in boxes for x, _ in box),
        top=min(level - half for level, half in levels),
        bottom=max(level + half for level, half in levels),
        line=max(1.0, median(2 * half for _, half in levels)),
        middle=sum(y for box in boxes for _, y in box) / (4 * len(boxes)),
        aslant=bool(off) and all(_ASLANT[0] <= angle <= _ASLANT[1] for angle in off),
    )


def _in_corner(place: _Place, width: int, height: int) -> bool:
    return place.centre > 0.6 * width and place.middle > 0.88 * height


def _in_middle(place: _Place, width: int) -> bool:
    return abs(place.centre - width / 2) < 0.05 * width and place.right - place.left < 0.6 * width


def _in_row(a: _Place, b: _Place) -> bool:
    return min(a.bottom, b.bottom) - max(a.top, b.top) > 0.5 * min(a.bottom - a.top, b.bottom - b.top)


# --- what counts ----------------------------------------------------------------------------------------------


def _counts(reading: _Reading, where: Iterable[Where]) -> tuple[Clutter | None, bool]:
    """The kind of a text whose words count in these places, and whether it is certain and not only a hint."""
    rules = [rule for rule in reading.whole if rule.where in where]
    terms = [[rule for rule in term if rule.where in where] for term in reading.terms]
    if all(
        counted or any(rule.where == "beside" for rule in term)
        for counted, term in zip(terms, reading.terms, strict=True)
    ):
        rules += [rule for counted in terms for rule in counted]
    return (rules[0].kind, not all(rule.hints for rule in rules)) if rules else (None, False)


def _kind_of_whole(item: _Item, width: int, height: int) -> Clutter | None:
    where: list[Where] = ["anywhere"]
    if item.place and item.place.aslant:
        where.append("tilted")
    if item.place and _in_corner(item.place, width, height):
        where.append("corner")
    return _counts(item.reading, where)[0]


def _mark_repeated(aslant: Sequence[_Item]) -> None:
    """Text printed aslant, more than once: below each other, or beside each other and so in one line."""
    texts = [_fold(item.text) for item in aslant]
    short = Counter(text for text in texts if 1 < len(text) <= _LONGEST_WATERMARK)
    known = [text for text, _ in short.most_common(_COMPARED)]
    words = Counter(word for text in texts for word in text.split() if len(word) > 1)
    for item, text in zip(aslant, texts, strict=True):
        again = sum(len(word) for word in text.split() if words[word] > 1) > _LOOK_ALIKE * len(text)
        alike = (SequenceMatcher(None, text, other, autojunk=False).ratio() for other in known if other != text)
        if (again and len(text) <= _LONGEST_ROW) or (text in short and any(ratio >= _LOOK_ALIKE for ratio in alike)):
            item.kind = item.kind or "watermark"


def _mark_scattered(placed: Sequence[_Item]) -> None:
    """The same text several times, in several columns, none of which is a column of anything else."""
    groups: dict[str, list[_Item]] = {}
    for item in placed:
        if item.kind is None and 2 < len(text := _fold(item.text)) <= _LONGEST_WATERMARK:
            groups.setdefault(text, []).append(item)
    for text, group in groups.items():
        places = [_placed(item) for item in group]
        if len(group) < _SCATTERED or len({round(place.left / (4 * place.line)) for place in places}) < 2:
            continue
        others = [_placed(item) for item in placed if _fold(item.text) != text]
        if all(abs(place.left - other.left) > 0.5 * place.line for place in places for other in others):
            for item in group:
                item.kind = "watermark"


def _screens(placed: Sequence[_Item]) -> Iterator[list[_Item]]:
    """The items from one status bar to the next; `placed` goes from top to bottom."""
    screen: list[_Item] = []
    for item in placed:
        if item.kind == "status_bar" and screen and any(other.kind != "status_bar" for other in screen):
            yield screen
            screen = []
        screen.append(item)
    yield screen


def _mark_edge(items: Sequence[_Item], edge: Literal["top", "bottom"], width: int) -> None:
    """Marks what belongs to the edge at which the items begin, if there is proof that it is the edge of a screen."""
    run: list[tuple[_Item, Clutter]] = []
    hints, proven = 0, False
    for item in items:
        kind, certain = _counts(item.reading, ("anywhere", edge))
        kind = item.kind or kind
        if kind is not None:
            run.append((item, kind))
            hints += len(item.reading.terms)
            in_middle = len(item.reading.terms) == 1 and _in_middle(_placed(item), width)
            proven |= kind != "watermark" and (certain or item.reading.icon or in_middle)
        elif item.reading.blank:
            run.append((item, "navigation"))
        elif beside := _beside(item.reading):
            # A picture taken from the side lifts one half of a bar out of its row.
            run += [(item, beside)] if beside == "status_bar" and edge == "top" else []
        else:
            break
    if proven or hints >= _HINTS:
        for item, kind in run:
            item.kind = item.kind or kind


def _beside(reading: _Reading) -> Clutter | None:
    """The kind of a text all of whose words count beside others."""
    rules = [next((rule for rule in term if rule.where == "beside"), None) for term in reading.terms]
    return rules[0].kind if rules and rules[0] and all(rules) else None


def _unmark_left_over(placed: Sequence[_Item]) -> None:
    """Gives back the word at the end of a sentence that the screen wrapped, if it was not joined to its line."""
    for index, item in enumerate(placed):
        # What begins with a Latin letter begins with a capital, as a left-over word seldom does.
        if item.kind in ("button", "navigation") and not _LATIN.match(_plain(item.text)):
            above = next((i for i in reversed(placed[:index]) if not _in_row(_placed(i), _placed(item))), None)
            if above and above.kind is None and _runs_on(above, item, placed):
                item.kind = None


def _runs_on(above: _Item, below: _Item, placed: Sequence[_Item]) -> bool:
    upper, lower = _placed(above), _placed(below)
    height = min(upper.line, lower.line)
    column = [_placed(item) for item in placed if abs(_placed(item).left - upper.left) <= 1.5 * height]
    return (
        not above.text.rstrip().endswith(tuple("。.；;！!？?：:…"))
        and upper.right >= max(place.right for place in column) - 2 * height
        and abs(upper.left - lower.left) < 1.5 * height  # a list hangs its lines under its numbers
        and lower.top - upper.bottom < height
        and abs(upper.line - lower.line) < 0.25 * height
    )


def _mark_row_mates(placed: Sequence[_Item]) -> None:
    """What counts only beside others, in a row that is clutter otherwise."""
    for item in placed:
        if item.kind is None and _beside(item.reading):
            mates = [other for other in placed if other is not item and _in_row(_placed(other), _placed(item))]
            kinds = [mate.kind for mate in mates if mate.kind or not _beside(mate.reading)]
            if kinds and all(kinds):
                item.kind = kinds[0]


def _mark_chat(items: Sequence[_Item], placed: Sequence[_Item], width: int) -> None:
    """Times between bubbles, and the names above them, in a picture that is a chat."""
    stamps = [item for item in items if item.kind is None and _counts(item.reading, ("chat",))[0]]
    centred = [item for item in stamps if item.place and _in_middle(item.place, width)]
    if len(centred) < _CHAT_STAMPS and not any(item.kind == "chat" for item in items):
        return
    for item in stamps:
        item.kind = "chat"
    rest = [item for item in placed if item.kind is None]
    if not rest:
        return
    usual = median(_placed(item).line for item in rest)
    names = [item for item in rest if _is_name(item) and _placed(item).line <= _NAME_HEIGHT * usual]
    often = Counter(_fold(item.text) for item in names)
    for item in names:
        if often[_fold(item.text)] > 1:
            item.kind = "chat"


def _is_name(item: _Item) -> bool:
    text = _plain(item.text)
    return 1 < len(text) <= _LONGEST_NAME and all(c.isalpha() or c in " ·|-" for c in text)
