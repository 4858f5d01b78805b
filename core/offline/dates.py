"""Periods of time written in resumes, in Chinese and English, and how many years they make together."""

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from core.offline.lines import LETTER, fold

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
# First and last month. "Winter 2019" is the academic winter term that starts in January.
_SEASONS = {
    "spring": (3, 5), "summer": (6, 8), "fall": (9, 11), "autumn": (9, 11), "winter": (1, 3),
    "春": (3, 5), "夏": (6, 8), "秋": (9, 11), "冬": (1, 3),
}  # fmt: skip

_YEAR = r"(?:19[5-9]|20[0-9])\d"
_MONTH = r"(?:1[0-2]|0?[1-9])"
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_NAME = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_TOKEN = re.compile(
    rf"""(?<![\d$¥€£])(?<!\d[.,])(?:
      (?P<y_ymd>{_YEAR})\s*年\s*(?P<m_ymd>{_MONTH})\s*月(?:\s*{_DAY}\s*[日号])?份?
    | (?P<y_iso>{_YEAR})\s?(?P<sep>[./-])\s?(?P<m_iso>{_MONTH})(?:(?P=sep){_DAY})?(?![\d%]|/\d)
    | (?P<y_zhs>{_YEAR})\s*年?\s*(?P<s_zhs>[春夏秋冬])[季天]?
    | (?P<y_q>{_YEAR})\s*年?\s*q(?P<q_q>[1-4])\b
    | q(?P<q_qy>[1-4])\s*[/']?\s*(?P<y_qy>{_YEAR})(?!\d)
    | (?P<a_mdy>{_MONTH}|{_DAY})[/.-](?P<b_mdy>{_DAY})[/.-](?P<y_mdy>{_YEAR})(?!\d)
    | (?P<m_my>{_MONTH})\s?[/.-]\s?(?P<y_my>{_YEAR})(?!\d)
    | (?P<y_cmp>{_YEAR})(?P<m_cmp>0[1-9]|1[0-2])(?!\d)
    | (?<!{LETTER})(?P<s_en>spring|summer|fall|autumn|winter)\s+(?:of\s+)?(?P<y_s>{_YEAR})(?!\d)
    | (?<!{LETTER})(?:{_DAY}(?:st|nd|rd|th)?\s+)?(?P<n_ny>{_NAME})\b\.?,?\s*(?:{_DAY}(?:st|nd|rd|th)?,\s*)?
      (?:of\s+)?(?:(?P<y_ny>{_YEAR})|['’](?P<yy_ny>\d\d))(?!\d)
    | (?P<m_yy>0[1-9]|1[0-2])/(?P<yy_yy>\d\d)(?![\d/%])
    | (?P<y_only>{_YEAR})(?![\d%]|[.,]\d)(?:\s*年(?![\u4e00-\u9fff]*[经以]验))?
    | ['’](?P<yy_only>\d\d)(?!\d)
    | (?<!{LETTER})(?P<n_only>{_NAME})\b\.?
    | (?P<now>[至迄]?今(?!年)|现在|目前|当前|(?<!{LETTER})(?:present|now|current(?:ly)?|today|date|ongoing)(?!{LETTER}))
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_BETWEEN = re.compile(
    rf"(?:\s*(?:[-–—−~～〜―‐‑‒→>]|至|到|迄|(?<!{LETTER})(?:to|until|till?|through|thru)(?!{LETTER})))+\s*",
    re.IGNORECASE,
)
_LATER_PART = re.compile(
    rf"\s*(?:[-–—−~～―至到]|\bto\b)+\s*"
    rf"(?:(?P<m>{_MONTH})(?:\s*月|(?![\d年./%])(?=\s*(?:$|[^\w\s])))|(?P<yy>\d\d)(?!\d))"
)
_SINCE_BEFORE = re.compile(rf"(?:(?<!{LETTER})since|自|从)\s*$", re.I)
_SINCE_AFTER = re.compile(r"\s*(?:以来|起至今|起(?!草)|(?:[-–—]\s*)?onwards?\b)", re.I)


@dataclass(frozen=True)
class Period:
    """From the first to the last day, both included; `text` is verbatim, as are the texts of its two ends."""

    start: date
    end: date
    text: str
    start_text: str = ""
    end_text: str = ""
    offset: int = 0  # where `text` begins in the text that was read

    @property
    def restates(self) -> bool:
        """Whether `text` only says its two ends ("2019 – now"), and nothing as "since 2021" does."""
        rest = self.text.replace(self.start_text, "", 1)
        rest = rest.removesuffix(self.end_text).strip()
        return not rest or _BETWEEN.fullmatch(fold(rest)) is not None


@dataclass(frozen=True)
class _Point:
    """One date in the text: the first and last month it may mean; year 0 when only a month is named, 9999 for now."""

    begin: int
    stop: int
    year: int
    first: int = 7  # a year alone means its middle: July as a start, June as an end, so the expected error is nil
    last: int = 6
    whole: bool = False  # only a year is known
    now: bool = False
    season: bool = False


def _century(two_digits: str, today: date) -> int:
    year = 2000 + int(two_digits)
    return year if year <= today.year + 10 else year - 100


def _point(match: re.Match[str], today: date) -> _Point | None:
    found = {key: value for key, value in match.groupdict().items() if value is not None}
    begin, stop = match.span()
    if "now" in found:
        return _Point(begin, stop, 9999, now=True)
    year = next((int(v) for k, v in found.items() if k.startswith("y_")), 0)
    year = next((_century(v, today) for k, v in found.items() if k.startswith("yy_")), year)
    if year > today.year + 10:
        return None
    if "a_mdy" in found:  # the part over 12 is the day; when both may be months the first is taken
        first, second = int(found["a_mdy"]), int(found["b_mdy"])
        month = first if first <= 12 else second
        return _Point(begin, stop, year, month, month) if month <= 12 else None
    season = next((_SEASONS[v.lower()] for k, v in found.items() if k.startswith("s_")), None)
    quarter = next((int(v) for k, v in found.items() if k.startswith("q_")), 0)
    if quarter:
        season = (3 * quarter - 2, 3 * quarter)
    if season:
        return _Point(begin, stop, year, *season, season=True)
    month = next((int(v) for k, v in found.items() if k.startswith("m_")), 0)
    month = next((_MONTHS[v[:3].lower()] for k, v in found.items() if k.startswith("n_")), month)
    return _Point(begin, stop, year, month, month) if month else _Point(begin, stop, year, whole=True)


def _period(text: str, begin: int, stop: int, start: _Point, end: _Point, today: date) -> Period | None:
    year = start.year or end.year
    first = date(year, start.first, 1)
    last = today if end.now else date(end.year, end.last, calendar.monthrange(end.year, end.last)[1])
    if last < first or first > today:
        # Two bare years may be the same one, and a bare start year may be this one: then take all of it.
        first = date(year, 1, 1) if start.whole else first
        last = date(end.year, 12, 31) if end.whole else last
    last = min(last, today)  # an end that lies ahead is a plan, not experience
    if last < first:
        return None
    same = start is end
    ends = (text[start.begin : start.stop], "" if same else text[end.begin : end.stop])
    return Period(first, last, text[begin:stop], *ends, offset=begin)


def date_ranges(text: str, today: date) -> list[Period]:
    """The periods in `text`, in order of appearance.

    An open end ("Present", "至今", "since 2021") is `today`, which also cuts an end that lies ahead. Months count
    whole; a year alone counts from or to its middle. A single date is no period, except a season or a quarter.
    """
    plain = fold(text)
    points = [point for match in _TOKEN.finditer(plain) if (point := _point(match, today))]
    periods: list[Period] = []
    index = 0
    while index < len(points):
        start = points[index]
        after = points[index + 1] if index + 1 < len(points) else None
        index += 1
        if start.now:
            continue
        found = None
        if after and after.year and not (after.now and not start.year) and _linked(plain, start, after):
            found = _period(text, start.begin, after.stop, start, after, today)
            index += 1
        elif start.year and not start.season and (part := _LATER_PART.match(plain, start.stop)):
            found = _shortened(text, start, part, today)
        if not found and start.year:
            found = _open_or_season(text, plain, start, today)
        if found:
            periods.append(found)
    return periods


def _linked(plain: str, start: _Point, end: _Point) -> bool:
    gap = plain[start.stop : end.begin]
    return bool(_BETWEEN.fullmatch(gap)) or (not gap.strip() and plain[end.begin] in "至迄")


def _shortened(text: str, start: _Point, part: re.Match[str], today: date) -> Period | None:
    """ "2019.03-08" and "2015-16": the end repeats only what changed."""
    if part["m"] and not start.whole:
        where = (part.start("m"), part.end())
        end = _Point(*where, start.year, int(part["m"]), int(part["m"]))
    elif part["yy"] and start.whole:
        end = _Point(*part.span("yy"), start.year // 100 * 100 + int(part["yy"]), whole=True)
    else:
        return None
    return _period(text, start.begin, part.end(), start, end, today)


def _open_or_season(text: str, plain: str, start: _Point, today: date) -> Period | None:
    # Only a few characters back: the search must not grow with the text.
    before = _SINCE_BEFORE.search(plain, max(0, start.begin - 12), start.begin)
    after = _SINCE_AFTER.match(plain, start.stop)
    if after or (before and before[0].strip().lower() == "since"):
        begin = before.start() if before else start.begin
        stop = after.end() if after else start.stop
        return _period(text, begin, stop, start, _Point(stop, stop, 9999, now=True), today)
    return _period(text, start.begin, start.stop, start, start, today) if start.season else None


def total_years(periods: Iterable[Period]) -> float:
    """Years covered by at least one period (365.25 days each), to one decimal; 0.0 for none."""
    days = 0
    reached = date.min
    for period in sorted(periods, key=lambda p: (p.start, p.end)):
        begin = max(period.start, reached + timedelta(days=1)) if reached > date.min else period.start
        if period.end >= begin:
            days += (period.end - begin).days + 1
            reached = period.end
    return round(days / 365.25, 1)


def mentions(text: str, today: date) -> list[tuple[int, int]]:
    """(begin, end) offsets of every date with a year that `text` names, whether or not it is part of a period."""
    points = (_point(match, today) for match in _TOKEN.finditer(fold(text)))
    return [(point.begin, point.stop) for point in points if point and point.year and not point.now]
