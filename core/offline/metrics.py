"""Numbers that say what was achieved, read from verbatim text."""

import re
from datetime import date

from core.offline.dates import mentions
from core.offline.lines import fold, has_han
from core.offline.terms import table, words
from core.schemas import Metric

_UNIT = "|".join(table("resume_terms")["metric"]["units"])
_NUMBER = re.compile(
    rf"(?<![A-Za-z\d.#-])(?P<money>[$€£¥])?(?P<value>\d[\d,]*(?:\.\d+)?)\+?[ -]?(?:余\s?)?(?P<unit>{_UNIT})?",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[，；。;]\s*|,(?!\d)\s*|\.(?=\s|$)|、")
_FROM_TO = re.compile(r"(?:由|从|from)\s*$", re.IGNORECASE)
_PERIOD = re.compile("|".join(table("resume_terms")["metric"]["periods"]), re.IGNORECASE)
_LEAD = re.compile(
    r"^(?:(?:19|20)\d\d年|每[天日月年周]|将|使|把|实现|其中|并|累计|共"
    r"|(?:and|while|which|that|the|a|an|our|[a-z]+ed|[a-z]+ing|cut|grew|led|built|won|with|by|to)\b)\s*",
    re.IGNORECASE,
)
_TRAIL = re.compile(
    r"(?:同比|环比|提升|提高|增长|增加|上升|下降|降低|减少|缩短|节省|节约|达到|达|超过|超额|超|约|近|为|由|从|至|到|了|高于|低于"
    r"|\b(?:rose|fell|grew|dropped|improved|increased|decreased|went|reached|climbed|is|was|were|only)"
    r"|\b(?:by|to|of|from|with|for|over|than|at|in|up|nearly|about|around|approximately|more|the|and|a|an|on)\b)\s*$",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"\s+(?:by|to|of|from|with|for|over|in|at|per|and|across|while|on|within|through|each|every)\b", re.IGNORECASE
)
_OUTCOME = re.compile(
    r"提升|提高|增长|增加|降低|下降|减少|缩短|节省|节约|达成|完成率|超额|挽回|扭亏|翻"
    r"|(?<![a-z])(?:increas|reduc|cut|grew|grow|improv|sav|exceed|rais|lower|shorten|boost|doubl|tripl|decreas|generat)"
    r"|(?<![a-z])(?:clos|won|surpass|deliver)",
    re.IGNORECASE,
)


def _numbers(text: str, today: date) -> list[re.Match[str]]:
    plain = fold(text)
    dated = {offset for begin, stop in mentions(plain, today) for offset in range(begin, stop)}
    return [
        match
        for match in _NUMBER.finditer(plain)
        if (match["unit"] or match["money"]) and dated.isdisjoint(range(*match.span()))
    ]


def strength(text: str, today: date) -> int:
    """How strong a passage is as proof, 0 (no number) to 6: a share, a factor or money counts more, and so does an
    outcome ("reduced", "提升")."""
    found = _numbers(text, today)
    if not found:
        return 0
    relative = any(m["unit"] and m["unit"].lower() in ("%", "倍", "x", "times", "个百分点", "percent") for m in found)
    money = any(
        m["money"] or (m["unit"] and ("元" in m["unit"] or m["unit"].lower() in ("million", "billion"))) for m in found
    )
    return 1 + 2 * (relative or money) + 2 * bool(_OUTCOME.search(text)) + (len(found) > 1)


def measured_clauses(text: str, today: date) -> list[str]:
    """The clauses of `text` that hold a measure, verbatim."""
    return [clause.strip() for clause in _clauses(text) if _numbers(clause, today)]


def metrics(text: str, today: date) -> list[Metric]:
    """The measures of `text`, every field verbatim; of "from 41 to 9" only what was reached."""
    found = []
    for clause in _clauses(text):
        numbers = _numbers(clause, today)
        period = _PERIOD.search(clause)
        begin = 0
        for index, match in enumerate(numbers):
            if index + 1 < len(numbers) and _FROM_TO.search(clause, max(0, match.start() - 12), match.start()):
                continue
            unit = match["unit"] or ""
            after = clause[match.end() : numbers[index + 1].start() if index + 1 < len(numbers) else len(clause)]
            money = match["money"] or ""
            found.append(
                Metric(
                    label=_label(
                        clause[begin : match.start()], after, bool(unit) and unit[0] in "个名家份人次台条项场位篇张件"
                    ),
                    value=money + clause[match.start("value") : match.end("value")],
                    unit=unit,
                    period=period[0].strip() if period else "",
                )
            )
            begin = match.end()
    return found


def _clauses(text: str) -> list[str]:
    return [part for part in _CLAUSE.split(text) if part.strip()]


def _label(before: str, after: str, counted: bool) -> str:
    """What was measured: the noun before the number, or behind it when the number counts things."""
    name = re.split(r"\s*(?:由|从|\bfrom\b)\s*\d", before)[0].strip()
    while (shorter := _TRAIL.sub("", name).rstrip(" (（")) != name:
        name = shorter
    name = _LEAD.sub("", name).strip(" :：-–—+")
    behind = _STOP.split(after.strip(" +-–)）"), maxsplit=1)[0].strip()
    if behind and (counted or not name):
        return behind
    return name if has_han(name) or len(words("joining.words").sub("", name).strip()) > 1 else behind
