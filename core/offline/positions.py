"""Positions in a work history: where each begins, who employed whom as what and when, and what was done."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from core.offline.dates import Period, date_ranges
from core.offline.lines import HAN, Line, ends_sentence, fold, unwrap, width
from core.offline.sections import label
from core.offline.terms import words

# What separates the parts of a head line, strongest first; each is tried only on a part that still holds two things.
_STRONG = re.compile(r"\s*[|｜\t•·]\s*|\s{2,}|\s+[-–—]{1,2}\s+|\s*——\s*|\s+[/／]\s+|\s+@\s+|\s+at\s+", re.IGNORECASE)
_WEAK = re.compile(r"\s*[,，、;；]\s*")
_HAN_SPACE = re.compile(rf"(?<=[{HAN})）])\s+(?=[{HAN}A-Za-z])")
_LOOSE = " \t*_#|｜·•,，、;；:：-–—~/"
_EDGES = " \t*_#|｜·•,，、;；:：-–—~()（）[]【】<>/"
_TENURE = re.compile(
    r"[(（]?\s*(?:\d+\s*(?:年|yrs?|years?)\s*)?(?:\d+\s*(?:个月|months?|mos?)(?![a-z]))\s*[)）]?|[(（]?\s*\d+\s*(?:年|yrs?|years?)\s*[)）]?\s*$",
    re.IGNORECASE,
)
_ABBREVIATED = re.compile(r"\b(?:Inc|Ltd|Co|Corp|Bros|Jr|Sr|Dept|Ph\.D|M\.D|U\.S|L\.P)\.\s*$")
# A role in front of or behind a company that no separator keeps apart: "阿里云科技有限公司产品经理".
_GLUED = re.compile(
    r"^(?P<company>.{2,30}?(?:有限责任公司|有限公司|股份公司|集团|公司|医院|银行|事务所|学校|中学|小学|幼儿园))(?P<role>.{2,20})$"
)
_PLACE_LINE = re.compile(r"[A-Z][A-Za-z.' -]{1,20}(?:, [A-Z][A-Za-z.' -]{1,20}){1,2}")
_PLACE = re.compile(r"^[A-Z][A-Za-z .'-]+,?\s+[A-Z]{2}(?:\s+\d{5})?$|^[\u4e00-\u9fff]{2,4}[市省区]$")


@dataclass
class Position:
    """One position. Every text is verbatim; `lines` is what stands under its head, wrapped lines put together."""

    role: str = ""
    company: str = ""
    team: str = ""
    tenure: str = ""  # "4 yrs 2 mos", as printed
    period: Period | None = None
    lines: list[Line] = field(default_factory=list)


def mend(lines: Sequence[Line]) -> list[Line]:
    """Heads that were wrapped inside their bracket ("… (2020 -" / "Present)") as one line again."""
    mended: list[Line] = []
    for line in lines:
        last = mended[-1] if mended else None
        if (
            last
            and not line.mark
            and width(line.text) < 40
            and _open_bracket(last.text)
            and re.match(r"[^(（]*[)）]", line.text)
        ):
            mended[-1] = Line(f"{last.text} {line.text}", last.mark, last.sources + line.sources)
        else:
            mended.append(line)
    return mended


def _open_bracket(text: str) -> bool:
    plain = fold(text)
    return plain.rfind("(") > plain.rfind(")") and len(plain) - plain.rfind("(") < 30


def short_head(line: Line) -> bool:
    """Whether a line may be (part of) a head by its looks: no list item, short, no full sentence."""
    sentence = re.search(r"[.。!！;；]\s*$", line.text) and not _ABBREVIATED.search(line.text)
    return not line.bullet and width(line.text) <= 80 and not sentence


def parse(lines: Sequence[Line], today: date) -> tuple[list[Line], list[Position]]:
    """(what stands before the first head, the positions in order). Every line is in a head or in some `lines`."""
    rows = mend(lines)
    heads = _heads(rows, today)
    if not heads:
        return unwrap(rows), []
    positions: list[Position] = []
    bounds = [*heads[1:], (len(rows), len(rows), [])]
    for (_, stop, texts), (following, _, _) in zip(heads, bounds, strict=True):
        position = _position(texts, today)
        if not position.company and position.role and positions and _shares_employer(rows, heads, len(positions)):
            position.company = positions[-1].company
        position.lines = unwrap(list(rows[stop:following]))
        positions.append(position)
    return unwrap(list(rows[: heads[0][0]])), positions


def _heads(rows: Sequence[Line], today: date) -> list[tuple[int, int, list[str]]]:
    """(first row, row after the last, texts) of each head."""
    bulleted = not any(not row.bullet and _anchors(row, today) for row in rows)
    heads: list[tuple[int, int, list[str]]] = []
    floor = 0  # rows before it belong to an earlier head
    for index, row in enumerate(rows):
        if index < floor or (row.bullet and not bulleted) or not _anchors(row, today):
            continue
        first, last = index, index
        have = _kinds(_undated(row.text, today))
        for step in (1, 2, 3):
            if {"role", "company"} <= have or index - step < floor:
                break
            above = rows[index - step]
            if _tenure_only(above.text):  # "3 years 2 months" between an employer and the first title there
                continue
            kinds = _kinds(above.text)
            # A line above belongs here when it says what is missing; behind an item or a sentence any short line does.
            loose = index - step == 0 or rows[index - step - 1].bullet or ends_sentence(rows[index - step - 1].text)
            adds = bool(kinds - have) or (not kinds and loose and not _says_more(rows, index, have, today))
            if not short_head(above) or _anchors(above, today) or not adds:
                break
            first, have = index - step, have | (kinds or {"company"})
        while last + 1 < len(rows) and last - index < 3 and not {"role", "company"} <= have:
            if not _below(rows, last, have, today):
                break
            last += 1
            have = have | (_kinds(rows[last].text) or {"company" if "role" in have else "role"})
        while (
            last + 1 < len(rows)
            and label(rows[last + 1].text, "company", "role", "team", "dates")
            and not rows[last + 1].bullet
        ):
            last += 1
        while first > floor and label(rows[first - 1].text, "company", "role", "team") and not rows[first - 1].bullet:
            first -= 1
        if last + 1 < len(rows) and not rows[last + 1].bullet and _PLACE_LINE.fullmatch(rows[last + 1].text):
            last += 1
        heads.append((first, last + 1, [row.text for row in rows[first : last + 1]]))
        floor = last + 1
    return heads


def _tenure_only(text: str) -> bool:
    return _TENURE.sub("", text).strip(_EDGES) == ""


def _says_more(rows: Sequence[Line], index: int, have: set[str], today: date) -> bool:
    """Whether the row after `index` is a head line that names what is missing."""
    return _below(rows, index, have, today) and bool(_kinds(rows[index + 1].text))


def _below(rows: Sequence[Line], index: int, have: set[str], today: date) -> bool:
    """Whether the row after `index` completes the head: it says what is missing, or is short and details follow."""
    if index + 1 >= len(rows) or not short_head(rows[index + 1]) or _anchors(rows[index + 1], today):
        return False
    row = rows[index + 1]
    if label(row.text, "duties", "achievements", "stack", "task", "action", "result", "project"):
        return False
    kinds = _kinds(row.text)
    if kinds:
        return bool(kinds - have) and width(row.text) <= 60
    follows = index + 2 < len(rows) and (rows[index + 2].bullet or not short_head(rows[index + 2]))
    return follows and width(row.text) <= 40


def _anchors(row: Line, today: date) -> bool:
    """Whether a row carries the dates of a position: a period, and besides it no more than a head would say."""
    if width(row.text) > 140 or re.search(r"[。；;]\s*$", row.text):
        return False
    periods = date_ranges(row.text, today)
    if not periods:
        return False
    if label(row.text, "dates"):
        return True
    rest = _undated(row.text, today)
    if row.bullet:
        return bool(_kinds(rest))
    edge = periods[0].offset <= 2 or len(row.text.rstrip(" )）】]*")) - (periods[0].offset + len(periods[0].text)) <= 30
    return edge and (width(rest) <= 60 or bool(_kinds(rest)))


def _kinds(text: str) -> set[str]:
    found = set()
    if words("roles").search(text) or label(text, "role"):
        found.add("role")
    if words("companies").search(text) or label(text, "company"):
        found.add("company")
    if found and len(_parts(text)) > 1:  # two things with a separator between: the second is the one not recognised
        found |= {"role", "company"}
    return found


def _undated(text: str, today: date) -> str:
    for period in reversed(date_ranges(text, today)):
        text = (
            text[: period.offset].rstrip(" (（[【") + "\t" + text[period.offset + len(period.text) :].lstrip(" )）]】")
        )
    return text.strip(_LOOSE)


def _parts(text: str) -> list[str]:
    """The parts of a head line, without dates, tenure or places."""
    parts = [part for part in _STRONG.split(text) if part and part.strip(_EDGES)]
    if len(parts) == 1:
        spaced = _HAN_SPACE.split(parts[0])
        # "高级 Java 开发工程师" is one title: a single space parts only an employer from a title.
        if words("companies").search(spaced[0]) or words("companies").search(spaced[-1]):
            parts = spaced
    if len(parts) == 1 and (glued := _GLUED.match(text)) and words("roles").search(glued["role"]):
        parts = [glued["company"], glued["role"]]
    if len(parts) == 1:
        pieces = _WEAK.split(text)
        # "Acme, Inc." is one name; "Engineer, Acme" is two.
        if len(pieces) > 1 and words("roles").search(text):
            parts = pieces
    return [part for piece in parts if (part := _trim(piece)) and not _place(part)]


def _trim(text: str) -> str:
    text = text.strip()
    inner = text.strip(_EDGES)
    # A bracket that opened inside the text must keep its partner.
    for opening, closing in ("()", "（）"):
        if inner.count(opening) > inner.count(closing) and text.rstrip(" *_").endswith(closing):
            inner += closing
    return inner


def _place(text: str) -> bool:
    match = words("places").match(text)
    return bool(_PLACE.match(text)) or (match is not None and match.end() == len(text))


def _position(texts: Sequence[str], today: date) -> Position:
    position = Position()
    loose: list[str] = []
    for text in texts:
        periods = date_ranges(text, today)
        position.period = position.period or (periods[0] if periods else None)
        rest = _undated(text, today) if periods else text
        if not position.tenure and periods and (tenure := _TENURE.search(rest)) and any(c.isdigit() for c in tenure[0]):
            position.tenure = tenure[0].strip(" ()（）·")
            rest = (rest[: tenure.start()] + rest[tenure.end() :]).strip(_EDGES)
        for piece in _STRONG.split(rest):
            found = label(piece.strip(_EDGES + " "), "company", "role", "team", "dates") if ":" in fold(piece) else None
            if found and found.group != "dates" and found.value:
                setattr(position, found.group, getattr(position, found.group) or found.value.strip(_EDGES))
            elif not found:
                loose.extend(_parts(piece))
    _assign(position, loose)
    return position


def _assign(position: Position, parts: list[str]) -> None:
    """Give each loose part its place: a title word makes a role, a company suffix a company, the rest fills gaps."""
    rest = list(parts)

    def take(pattern: str, unless: str = "") -> str:
        fitting = [p for p in rest if words(pattern).search(p) and not (unless and words(unless).search(p))]
        # The telling word stands last: "Rocky Ridge Hospital" is an employer, "Medical-Surgical" is not.
        best = next(
            (p for p in fitting if list(words(pattern).finditer(p))[-1].end() == len(p)), next(iter(fitting), "")
        )
        if best:
            rest.remove(best)
        return best

    position.role = position.role or take("roles", unless="companies") or (take("roles") if len(rest) > 1 else "")
    position.company = position.company or take("companies", unless="roles") or take("companies")
    if not position.role and not position.company and len(rest) >= 2:
        position.company, position.role = rest.pop(0), rest.pop(0)
    if not position.role:
        position.role = take("roles") or (rest.pop(0) if position.company and rest else "")
    if not position.company and rest:
        outside = [part for part in rest if not words("teams").search(part)] or rest
        position.company = outside[0]
        rest.remove(outside[0])
    # With employer and title known, what is left names the unit: "Hospital | Med-Surg/Telemetry | Nurse".
    units = [part for part in rest if not _PLACE_LINE.fullmatch(part)] if position.company and position.role else []
    position.team = position.team or take("teams") or next(iter(units), "")


def _shares_employer(rows: Sequence[Line], heads: Sequence[tuple[int, int, list[str]]], number: int) -> bool:
    """A second title under one employer: the earlier head gave the employer a line of its own, above the title."""
    return len(heads[number - 1][2]) > 1 or (number >= 2 and _shares_employer(rows, heads, number - 1))


def undated(text: str) -> Position:
    """A position from a head line without dates."""
    position = Position()
    _assign(position, _parts(text))
    return position
