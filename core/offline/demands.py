"""What one demand of a job description asks: its category, and the names, years, degree and languages in it."""

import math
import re
from dataclasses import dataclass
from functools import cache

from core.offline import vocabulary
from core.offline.asking import strip_lead, trim
from core.offline.job_terms import cue, job_terms
from core.offline.lines import fold, has_han
from core.remembered import remembered
from core.schemas import Category

# "A, B or C": the whole list is one demand.
OR = re.compile(
    r"(?<![a-z])or(?![a-z])|或者?(?!许)|之一|任一|其中|任意|(?<![a-z])(?:one|any) of|(?<![a-z])either(?![a-z])|均可"
    r"|皆可",
    re.I,
)
_EXAMPLES = re.compile(
    r"\b(?:such as|e\.?g\.?|i\.e\.|for example|for instance|like)\b[^;.]*$|(?:例如|比如|诸如)[^；。]*$", re.I
)
# Within one demand: any of what is named is enough.
_ANY = re.compile(
    rf"{OR.pattern}|至少[一1]|at least one|one or more|(?<![a-z])any(?![a-z])|[一1]种|(?<![a-z])e\.?g\.?[ ,]|such as"
    r"|for example"
    rf"|(?<![a-z])(?-i:like (?=[A-Z]))|例如|比如|诸如"
    r"|(?<![a-z])(?:consider|accept)\w* (?:other|similar|any|all)(?![a-z])"
    r"|(?<![a-z])similar(?![a-z])|equivalent|comparable|同等"
    r"|(?<=[A-Za-z+#\u3400-\u9fff])\s?/\s?(?=[A-Za-z\u3400-\u9fff])|、[^、，,。；;（(]{1,16}?等(?!级|待|于|量|同)|都行|都可以",
    re.I,
)
_YEARS = re.compile(
    r"(?<![\d.])(?P<low>\d{1,2}(?:\.5)?)(?:\s*(?:[-–—~～至到]|to)\s*\d{1,2})?\s*(?:\+|[- ]?plus\b|or (?:more|so)\b)?\s*"
    r"(?:个)?(?:年(?!度|龄|薪|级|轻"
    r"|会(?!计)|假"
    r"|月|底|终|内薪)|years?\b|yrs?\b)"
    r"(?!\s*(?:old|ago|of age))|(?<![\d第])(?P<han>[一二两三四五六七八九十])\s*年(?!级|度)"
    r"|(?<![a-z])(?P<word>one|two|three|four|five|six|seven|eight|nine"
    r"|ten)(?:\s*\(\d+\))?(?:\+|[- ]plus\b)?\s+(?:(?:or more|or so|plus)\s+)?(?:years?|yrs?)\b"
    # "5+ years of development, at least 3 in Python"
    r"|(?:at least|including|minimum of)\s+(?P<bare>\d{1,2})\+?(?=\s+(?:in|with|using|as)\s)",
    re.I,
)
LONGEST_LATELY = 12
# "A clean record for the last three years": a time to look back on, and not to have spent at something.
_LATELY = re.compile(r"\b(?:last|past|previous)\s+$", re.I)
_NUMBERS = {
    w: i for i, w in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), 1)
}
_HAN_NUMBERS = {c: i for i, c in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
_HELD = re.compile(
    r"^(?:最好|必须|其中|需要|能够|能(?![源量耗])|会使用|会(?![员计议展所场])|用过|做过|使用|用(?![户友])|有(?![限色机])"
    r"|持有?(?!续)|拥有|取得|具备?)+\s*(?=.{2})|^(?:current|valid|active|a|an|the)\s+",
    re.I,
)
NAME = re.compile(r"(?:[A-Z][\w.+#-]*|[a-z]+[A-Z]\w*)(?: [A-Z0-9][\w.+#-]*){0,2}")
_PROPER = re.compile(
    r"(?<![\w@/.&-])(?P<name>[A-Z][\w+#]*(?:[-./&’'][A-Za-z0-9]+)*"
    r"(?:\s(?:&\s|of\s|and\s(?=[A-Z]\w+\s[A-Z]))?[A-Z0-9][\w+#]*(?:[-./&][A-Za-z0-9]+)*)*)"
    r"(?:\s*[(（](?P<short>[A-Z][A-Za-z0-9&-]{1,7})[)）])?(?![\w@])"
)
# "Drives Results" and "Nimble Learning" are no names, though every word has a capital.
_COMMON_ENDING = re.compile(r"(?:s|ly|ing|ed|ion|ment|ness|ity)$")
_SCORE = re.compile(r"\d{1,3}(?:\.\d)?")
# Running meetings in a language takes C1 on the Common European scale.
_SPEAKING_RANK = 5
# Reading and writing mails takes B1.
_READING_RANK = 3
_READING = re.compile(r"邮件|阅读|看懂|查阅|审阅|文献|\bread(?:ing)?\b|\be-?mails?\b", re.I)
# "Up to two years", "no more than 12 months": for who has less, and none of one's years are asked for.
_AT_MOST = re.compile(
    r"(?:\bup to|\bno(?:t)? more than|\bat most|\bless than|\bfewer than|\bmaximum(?: of)?|不超过|不多于|少于)\s*"
    r"(?:(?P<years>\w+)\s*(?:[-–—]\s*\w+\s*)?(?:years?|yrs?|年)|(?P<months>\d{1,2})\s*(?:months?|个月))"
    r"(?=[^.;。；]{0,40}(?:experience|经[验历]))"
    r"|(?<![\d.])0\s*[-–—~至到]\s*(?P<range>\d{1,2})\s*(?:years?|yrs?|年)",
    re.I,
)
# Asked of who is still at school: "currently enrolled", "在校生".
_STUDENT = re.compile(
    r"\b(?:currently|presently) (?:enrolled|pursuing|studying|attending)\b|\bbe (?:pursuing|studying)\b"
    # One is enrolled in Medicaid, too, and attends fairs.
    r"|\bbe (?:enrolled|attending)\b"
    r"(?=.{0,40}\b(?:university|college|school|degree|bachelor|master['’]?s|undergraduate))"
    r"|\brising (?:juniors?|seniors?|sophomores?)\b|\breturn(?:ing)? to (?:school|university|college|your studies)\b"
    r"|\bgraduat(?:ing|ion)(?: date)? (?:between|in the next|no earlier)|\bpenultimate year\b"
    r"|在读(?!者)|(?<!熟悉)(?<!管理)(?<!负责)(?<!面向)(?<!针对)(?<!服务)在校(?!园|.{0,4}(?:管理|服务|工作))"
    r"|(?<![第\d])(?:20)?\d\d届|应届(?!.{0,6}(?:可|亦|也|均))",
    re.I,
)
# "应届生勿扰", "不招应届生": asked of who is not.
_NO_STUDENT = re.compile(
    r"(?:不招|不要|不收|不考虑|不接受|谢绝|勿|非(?!常|全))[^，,。；;]{0,6}(?:应届|在校|在读|届)"
    r"|(?:应届|在校|在读|届)[^，,。；;]{0,6}(?:勿|不招|不要|不收|不考虑|不接受|谢绝|除外)"
)
_MAJOR = re.compile(r"专业|学科|degree|major|discipline|field", re.I)
_LICENCE = re.compile(
    r"证书?(?![券明据件实])|资格(?!要求)|职称|certificat|certified|licen[cs]|\bregistered\b|registration|执照"
    r"|credential",
    re.I,
)
_HOLDING = re.compile(
    r"\bgraduate certificate\b|(?:持有?|具有?|取得|获得?|考取|有).{0,24}(?:证书?|资格证?|职称|执照)(?![券明据件实])"
    r"|资格证书?|上岗证|执业证|\b(?:holds?"
    r"|current|valid|active)\b.{0,40}\b(?:licen[cs]e|certificat\w+|registration)\b|\b(?:licen[cs]e|certificate"
    r"|certification) (?:required|preferred)",
    re.I,
)
# Travel, shifts and visas of others are work, no readiness of one's own.
_ARRANGED = re.compile(
    r"\b(?:arrang|book|coordinat|organi[sz]|manag|plan|prepar)\w*\s+(?:[\w&/-]+\s+){0,4}(?:travel|shifts?|rotas?|visas?|trips?)"
    r"|(?:安排|预订|统筹|编制|负责)[^，,。；;]{0,8}(?:出差|差旅|排班|值班|签证)",
    re.I,
)
_EXPERIENCE = re.compile(r"经验|经历|背景|experience|background|track record|worked (?:in|with|as)|从业", re.I)
_DEGREE_WORD = re.compile(r"学历|学位|degree|diploma|毕业", re.I)
_DEGREE_IN = re.compile(
    r"\b(?:B\.?(?:Sc|A|S|Eng|Com|BA)|M\.?(?:Sc|A|S|Eng|BA)|Ph\.?D|Bachelor\w*|Master\w*|degree)\.? (?:in|of)\b", re.I
)
_SPOKEN = re.compile(
    r"流利|流畅|熟练|阅读|审阅|查阅|看懂|读写|口语|听说|水平|能力|作为工作|交流|沟通|母语|四级|六级|fluen|native|proficien|speak"
    r"|written|spoken|bilingual|language"
    r"|communicat|read|command",
    re.I,
)
_KNOWING = re.compile(
    r"^(?:.{0,12}(?:understanding|knowledge|familiar|proficien)|熟悉|熟练|掌握|精通|了解|会使用)", re.I
)
_TEACHING = re.compile(r"教学|教师|老师|teacher|teaching|专业|tutor", re.I)


@dataclass(frozen=True)
class Demand:
    """What a demand asks, as far as it can be read.

    `years` is the least number of years, 0 when none is named; `degree` an index into `DEGREE_ORDER`, -1 when none is;
    `rank` a language level from 1 (A1) to 6 (C2), 0 without a language; `terms` are canonical names in the order of the
    text; `proper` are other names in it, each with its abbreviation where one is given; `examples` are names given for
    instance, each of which stands for the terms; `at_most` is the greatest number of years, infinite when none is
    named; `student` says that only who is at school is meant; `any_of` that one of several is enough; `basic` that only
    the basics are asked for; `unwritten` that a resume usually does not say it.
    """

    text: str
    category: Category
    terms: tuple[str, ...]
    examples: tuple[str, ...]
    proper: tuple[tuple[str, ...], ...]
    any_of: bool
    years: float
    at_most: float
    student: bool
    degree: int
    fields: tuple[str, ...]
    languages: tuple[str, ...]
    rank: int
    tests: tuple[str, ...]
    basic: bool
    unwritten: bool


def years_in(text: str) -> list[tuple[float, int, int]]:
    """(least years, start, end) of each number of years in `text`."""
    found = []
    for match in _YEARS.finditer(folded := fold(text)):
        if _LATELY.search(folded, max(0, match.start() - LONGEST_LATELY), match.start()):
            continue
        if match["low"] or match["bare"]:
            value = float(match["low"] or match["bare"])
        elif match["han"]:
            value = float(_HAN_NUMBERS[match["han"]])
        else:
            value = float(_NUMBERS[match["word"].lower()])
        found.append((value, match.start(), match.end()))
    return found


def subject(demand: Demand) -> str:
    """What a demand is about, without the words of asking: "精通 Excel" -> "Excel"; verbatim, never empty.

    What a resume does not say ("must be able to travel") is left as it stands, for it is an offer to agree to.
    """
    text = trim(demand.text)
    if demand.category == "language" or demand.unwritten:
        return text
    bare = text if demand.category in ("education", "experience") else strip_lead(text)
    return trim(_HELD.sub("", bare, count=1)) or text


@cache
def _nameless() -> tuple[frozenset[str], frozenset[str]]:
    """Words with a capital that are no part of the name behind them, and those that are no name."""
    table = job_terms()["nameless"]
    return frozenset(table["beginnings"]), frozenset(table["words"])


@cache
def _trait() -> re.Pattern[str]:
    return re.compile("|".join(job_terms()["traits"]["beginnings"]), re.I)


_OTHER_LEXICONS = (
    lambda text: vocabulary.degrees().find(text),
    lambda text: vocabulary.fields().find(text),
    lambda text: vocabulary.tests().find(text),
    lambda text: vocabulary.places().find(text),
)


@remembered(4096)
def read(text: str) -> Demand:
    """What the demand `text` asks."""
    hits = [hit for hit in vocabulary.find(text) if vocabulary.kind(hit.name) != "language"]
    marked = [hit for hit in hits if _is_example(text, hit.start)]
    asked = [hit for hit in hits if hit not in marked and vocabulary.kind(hit.name) != "soft"]
    asked = asked or [hit for hit in hits if hit not in marked] if not marked else asked
    # Without a name before them the examples are what is asked.
    terms = tuple(dict.fromkeys(hit.name for hit in asked or hits))
    examples = tuple(dict.fromkeys(hit.name for hit in marked)) if asked else ()
    degree_hits = vocabulary.degrees().find(text)
    degrees = [vocabulary.DEGREE_ORDER.index(hit.name) for hit in degree_hits]
    fields = tuple(dict.fromkeys(hit.name for hit in vocabulary.fields().find(text)))
    languages = tuple(
        dict.fromkeys(hit.name for hit in vocabulary.find(text) if vocabulary.kind(hit.name) == "language")
    )
    tests = tuple(dict.fromkeys(hit.name for hit in vocabulary.tests().find(text)))
    known_tests = vocabulary.data()["test"]
    languages = languages or tuple(dict.fromkeys(known_tests[test]["language"] for test in tests))
    ranks = [int(hit.name) for hit in vocabulary.ranks().find(text)]
    ranks += [rank for hit in vocabulary.tests().find(text) if (rank := test_rank(hit, text))]
    if not ranks and _READING.search(text):
        ranks.append(_READING_RANK)
    if cue("speaking").search(text):
        ranks.append(_SPEAKING_RANK)
    years, at_most = [value for value, _, _ in years_in(text)], _at_most(text)
    strengths = [hit.name for hit in vocabulary.strengths().find(text)]
    category = _category(text, terms, bool(degrees), bool(fields), bool(languages), bool(tests), bool(years))
    return Demand(
        text=text,
        category=category,
        terms=terms,
        examples=examples,
        proper=_proper(text),
        any_of=_any_of(text),
        years=years[0] if years and at_most == math.inf else 0.0,
        at_most=at_most,
        student=bool(_STUDENT.search(text)) and not _NO_STUDENT.search(text),
        degree=min(degrees, default=-1),
        fields=fields if degrees or _MAJOR.search(text) else (),
        languages=languages,
        # "Good spoken English" asks for a working level when no better word is there.
        rank=max(ranks, default=4) if languages else 0,
        tests=tests,
        basic="weak" in strengths and "strong" not in strengths,
        unwritten=bool(cue("unwritten").search(text)) and not _ARRANGED.search(text),
    )


def _at_most(text: str) -> float:
    match = _AT_MOST.search(fold(text))
    if not match:
        return math.inf
    if match["months"]:
        return float(match["months"]) / 12
    word = (match["years"] or match["range"]).lower()
    return float(word) if word.isdecimal() else float({"a": 1, **_NUMBERS, **_HAN_NUMBERS}.get(word, math.inf))


def _proper(text: str) -> tuple[tuple[str, ...], ...]:
    """Names the vocabulary does not know: ("SystmOne",), ("Advanced Life Support", "ALS"). A word that begins a
    sentence or is common in titles is none, and a heading in which every word is capitalised has none."""
    known = [(hit.start, hit.end) for lexicon in (vocabulary.find, *_OTHER_LEXICONS) for hit in lexicon(text)]
    words = re.findall(r"[A-Za-z][\w’'-]+", text)
    if len(words) >= 5 and sum(word[0].isupper() for word in words) >= 0.75 * len(words):
        return ()
    beginnings, nameless = _nameless()
    found: list[tuple[str, ...]] = []
    for match in _PROPER.finditer(text):
        start, name = match.start(), match["name"]
        while (head := name.split(" ", 1))[0] in beginnings and len(head) > 1:
            name = head[1]
        if any(a <= start and match.end("name") <= b for a, b in known) or name in beginnings or name.isdigit():
            continue
        telling = any(c.isupper() or c.isdigit() for c in name[1:]) or has_han(text)
        first = not text[:start].strip(" \t·•-–—\"'(（*")
        if (first and not telling) or name in nameless:
            continue
        found.append((name, match["short"]) if match["short"] else (name,))
    return tuple(found)


def test_rank(hit: vocabulary.Hit, text: str) -> int:
    """The rank a language test proves with the score behind it; without a score no more than its lowest step."""
    score = _SCORE.search(text, hit.end)
    value = float(score[0]) if score else 0.0
    return next((int(rank) for least, rank in vocabulary.data()["test"][hit.name]["scores"] if value >= least), 0)


def _is_name(text: str) -> bool:
    """Whether an unknown Latin name is what is asked for: "App Store", "Google Play的订阅机制"."""
    match = NAME.match(text)
    if not match:
        return False
    words = text.split()
    telling = any(not word[1:].islower() for word in words) or (
        len(words) > 1 and not any(_COMMON_ENDING.search(word) for word in words)
    )
    return has_han(text) or (match.end() == len(text) and telling)


def _is_example(text: str, at: int) -> bool:
    """Whether a name stands in brackets, or after "such as": an example of what stands before it."""
    before = text[:at]
    in_brackets = sum(c in "(（[" for c in before) > sum(c in ")）]" for c in before)
    return in_brackets or _EXAMPLES.search(before) is not None


def _any_of(text: str) -> bool:
    # The slash of "CI/CD" offers no choice: what lies inside a name does not count.
    inside = {at for hit in vocabulary.find(text) for at in range(hit.start, hit.end)}
    return any(match.start() not in inside for match in _ANY.finditer(fold(text)))


def _category(
    text: str, terms: tuple[str, ...], degree: bool, field: bool, language: bool, test: bool, years: bool
) -> Category:
    kinds = [vocabulary.kind(term) for term in terms]
    hard = any(kind in vocabulary.HARD_KINDS for kind in kinds)
    first_is_language = any(hit.start == 0 and vocabulary.kind(hit.name) == "language" for hit in vocabulary.find(text))
    told_trait = bool(_trait().match(text)) and all(
        vocabulary.is_discipline(term) or vocabulary.kind(term) == "soft" for term in terms
    )
    rules: tuple[tuple[bool, Category], ...] = (
        (told_trait and not years and not degree and not language, "soft"),
        ("certificate" in kinds and not years, "certification"),
        (bool(_HOLDING.search(text)) and not years and not degree, "certification"),
        (years and bool(_EXPERIENCE.search(text) or terms), "experience"),
        (test and not degree and not years, "language"),
        (
            degree and not (hard and not _DEGREE_WORD.search(text) and not field and not _DEGREE_IN.search(text)),
            "education",
        ),
        (field and bool(_MAJOR.search(text)), "education"),
        (test or (language and bool(_SPOKEN.search(text)) and not _TEACHING.search(text)), "language"),
        (language and (not terms or first_is_language) and not _TEACHING.search(text), "language"),
        (years, "experience"),
        (bool(_LICENCE.search(text)) and not hard, "certification"),
        (hard and (_ARRANGED.search(text) is not None or not cue("unwritten").search(text)), "skill"),
        ("domain" in kinds, "domain"),
        ("soft" in kinds, "soft"),
        (bool(cue("unwritten").search(text)), "other"),
        (_is_name(text), "skill"),
        (bool(_DEGREE_WORD.search(text)), "education"),
        (bool(_EXPERIENCE.search(text)), "experience"),
        (hard or bool(_KNOWING.search(text)), "skill"),
    )
    return next((category for applies, category in rules if applies), "other")
