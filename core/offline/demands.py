"""One demand of a job description: cutting a line into independent demands, and reading what each one asks.

A demand stays a verbatim substring of its line. "Python、SQL 和 Spark" is three demands, "Java or Go" is one.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from core.offline import vocabulary
from core.offline.lines import HAN, fold, has_han
from core.offline.text import outside_brackets, sentences
from core.schemas import Category

# "A, B or C": the whole list is one demand.
_OR = re.compile(
    r"(?<![a-z])or(?![a-z])|或者?(?!许)|之一|任一|其中|任意|(?<![a-z])(?:one|any) of|(?<![a-z])either(?![a-z])|均可"
    r"|皆可",
    re.I,
)
_EXAMPLES = re.compile(
    r"\b(?:such as|e\.?g\.?|i\.e\.|for example|for instance|like)\b[^;.]*$|(?:例如|比如|诸如)[^；。]*$", re.I
)
# Within one demand: any of what is named is enough.
_ANY = re.compile(
    rf"{_OR.pattern}|至少[一1]|at least one|one or more|(?<![a-z])any(?![a-z])|[一1]种|(?<![a-z])e\.?g\.?[ ,]|such as"
    r"|for example"
    rf"|(?<![a-z])(?-i:like (?=[A-Z]))|例如|比如|诸如"
    r"|(?<![a-z])(?:consider|accept)\w* (?:other|similar|any|all)(?![a-z])"
    r"|(?<![a-z])similar(?![a-z])|equivalent|comparable|同等"
    r"|(?<=[A-Za-z+#\u3400-\u9fff])\s?/\s?(?=[A-Za-z\u3400-\u9fff])|、[^、，,。；;（(]{1,16}?等(?!级|待|于|量|同)|都行|都可以",
    re.I,
)
_YEARS = re.compile(
    r"(?<![\d.])(?P<low>\d{1,2}(?:\.5)?)(?:\s*(?:[-–—~～至到]|to)\s*\d{1,2})?\s*\+?\s*(?:个)?(?:年(?!度|龄|薪|级|轻"
    r"|会(?!计)|假"
    r"|月|底|终|内薪)|years?\b|yrs?\b)"
    r"(?!\s*(?:old|ago|of age))|(?<![\d第])(?P<han>[一二两三四五六七八九十])\s*年(?!级|度)"
    r"|(?<![a-z])(?P<word>one|two|three|four|five|six|seven|eight|nine"
    r"|ten)(?:\s*\(\d+\))?\+?\s+(?:or more\s+)?(?:years?|yrs?)\b"
    # "5+ years of development, at least 3 in Python"
    r"|(?:at least|including|minimum of)\s+(?P<bare>\d{1,2})\+?(?=\s+(?:in|with|using|as)\s)",
    re.I,
)
_NUMBERS = {
    w: i for i, w in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), 1)
}
_HAN_NUMBERS = {c: i for i, c in enumerate("一二三四五六七八九十", 1)} | {"两": 2}

_HAN_COMMA = re.compile(
    f"，|、(?=(?:有|具备|具有|熟悉|精通|熟练|掌握|了解|能|善于|持)[{HAN}A-Za-z])|,(?=\\s*[{HAN}])|(?<=[{HAN}）]),"
)
_HAN_START = re.compile(
    r"(?:并?且?(?:具备?有?|熟悉|熟练|精通|掌握|了解|能|可以|善于|擅长|持有?|拥有|有|会(?![员计议展所场])|热爱|愿意|接受|年龄|身体"
    r"|适应|对|至少|良好|较强|优秀|较好|扎实|丰富|本科|大专|硕士|博士|学历"
    r"|统招|全日制|英语|普通话|沟通|责任|工作|必须|需|要求|善|懂|可|思维|逻辑|执行|团队|学习|抗压|性格|细心|认真"
    r"|\d+\s*年|[一二三两四五六七八九十]年))"
)
_LATIN_COMMA = re.compile(
    r"(?:,|;|\s[-–—])\s*(?:(?:and|&)\s+|plus\s+|as well as\s+|or\s+(?=if you\s))?(?=(?:(?:an?|the|at least|a minimum of"
    r"|minimum)\s+)?(?:strong|excellent|good|proven|solid|ability|able|experience|experienced|knowledge|familiar\w*"
    r"|understanding|proficien\w+|fluen\w+"
    r"|willing\w*|comfortable|demonstrated|track record|hands-on|valid|current|active|\d+\+?\s*(?:years|yrs)"
    r"|bachelor|master|certificate|if you (?:are|have|bring|can)|who (?:has|have|can|is|are)|must|outstanding"
    r"|exceptional|great|deep|working knowledge|background"
    r"|(?-i:[A-Z])\w+ (?:is )?(?:preferred|required|a plus)"
    r"|(?:(?<=at least )|including )\d{1,2}\+? (?:in|with|using|as)"
    r"|(?!and |or )[^,;()]{2,48}?\s(?:is |are )?(?:strongly |highly )?"
    r"(?:preferred|desirable|desired|helpful|useful|nice to have|a (?:big |strong |huge )?plus|an advantage|a bonus"
    r"|an asset))\b)",
    re.I,
)
# "5+ years in sales, ideally in retail": the rest of the clause is a wish of its own.
_WISH = re.compile(r"\s*[,;(–—-]\s*(?=(?:ideally|preferably|preference (?:is )?given|desirably)\b)", re.I)
# Why something is asked is no part of it: "clear writing, because we decide most things in documents".
# So is what the employer does about it: "a plus but will train the right person".
_REASON = re.compile(
    r",?\s+(?:because|since we|as we)\b[^.;]*$|[，,]\s*因为[^。；;]*$|\s[-–—]+\s+we(?:'re|’re| are)\b[^.;]*$"
    r"|,?\s+(?:but )?(?:we )?(?:(?:can|are willing to) |(?:we['’]ll|will) )train\b[^.;]*$",
    re.I,
)
# What lets more people in asks for nothing: "优秀应届生亦可", "new grads welcome".
_ALLOWS = re.compile(
    r"(?:(?:条件)?(?:优秀)?的?(?:应届|往届|无经验|零基础|实习)(?:毕业)?(?:生|者)?(?:亦|也|均|皆|都)?(?:可以?|行|欢迎)(?:考虑|投递|报名)?"
    r"|(?:亦|也|均|皆|都)?可?(?:接受|考虑|欢迎)(?:优秀)?(?:的)?(?:应届|往届|无经验|零基础)(?:毕业)?(?:生|者)?(?:投递|报名|加入)?"
    r"|(?:工作)?(?:经验|专业|学历|经历|行业)(?:、(?:经验|专业|学历|经历|行业))*(?:均|皆|都)?不限|不限(?:工作)?(?:专业|经验|学历|经历|行业)"
    r"|(?:(?:recent|new|fresh) )?(?:grad|graduate|entry[- ]level candidate|beginner|career changer)s?(?: are)?"
    r"(?: also)? (?:welcomed?|considered|accepted)(?: to apply)?)",
    re.I,
)
_LATIN_AND = re.compile(
    r"\s+(?:and|&)\s+(?=(?:(?:an?|the|at least|a minimum of)\s+)?(?:strong|excellent|proven|solid|ability|able to"
    r"|experience|knowledge of|familiarity|proficien\w+|fluen\w+|willing\w*|comfortable|\d+\+?\s*(?:years|yrs)"
    r"|valid|current|a track record)\b)",
    re.I,
)
_SEPARATOR = re.compile(
    r"\s*(?:、|,\s*(?:and\s+)?|，|以及|(?<![参给赋])与|和(?!谐)|(?<![以普])及(?!时|其|以)|(?<=\s)and(?=\s)"
    r"|(?<=\s)&(?=\s)|\s\+\s)\s*"
)
_LEAD = re.compile(
    r"^(?:(?:熟练|熟悉|精通|掌握|能够|使用|运用|操作|了解|具备|具有|拥有|良好|较强|扎实|优秀|一定|很强|丰富|出色"
    r"|较好|至少|常用|主流|和(?!谐)|有(?![限色机])"
    r"|能(?![源量耗])|会(?![员计议展所场])|的|等(?!级)|并(?![购发行])|强(?![化度]))+\s*"
    r"|(?:(?:a|an|the|with|in|of|both|strong|solid|proven|deep|good|excellent|outstanding|working|demonstrated"
    r"|practical|hands-on|professional|you have|you are|must have|must be|have|advanced|expert|extensive|prior|some"
    r"|knowledge|understanding|experience|experienced|proficiency|proficient|familiarity|familiar|expertise|skilled"
    r"|skills|background|comfortable|fluency|fluent|command|using|working)\s+)+)",
    re.I,
)
_ASKING = re.compile(
    r"^(?:(?:the|an?|excellent|your?)\s+)*(?:ability|willingness|desire|capacity|aptitude|passion|readiness|motivation"
    r"|qualifications?|requirements?)\b(?: to\b)?",
    re.I,
)
# "，如数据透视表": an instance of what stands before it.
_INSTANCE = re.compile(r"(?:例如|比如|诸如|如(?!果|有|能)|包括|包含|含)")
_BEFORE_ALLOWED = re.compile(rf"\s*(?:[,，;；、]|\s[-–—])\s*(?=(?:{_ALLOWS.pattern})\s*(?:[,，;；。.]|$))", re.I)
# "US GAAP, incl. ASC 606 & ASC 842", "NetSuite, but we'll consider other ERPs": what follows belongs to what is before.
_WITHIN = re.compile(r"[\s,，(（](?:incl\.|incl\b|e\.g\.|but\b)", re.I)
# "WMS、ERP等供应链系统开发经验": one demand, of which the names are instances.
_KIND = re.compile(r"、[^、，,。；;]*?(?<!同)等(?!级|待|于|量|同)[^，,。；;等]*(?:经验|经历|背景|平台)")
_ETC = re.compile(r"\s*(?<!同)等[^，,；;]{0,12}$")
_TAIL = re.compile(
    r"\s*(?:者?\s*(?:优先|加分|更佳|为佳|尤佳|[，,]?\s*有则更好)(?:考虑|录用)?"
    r"|(?:is|are|would be|will be)?\s*(?:strongly |highly |very )?(?:preferred"
    r"|desirable|required|a (?:big |strong |huge |definite )?(?:plus|bonus|advantage|must)|an (?:advantage|asset)"
    r"|(?:a )?nice[- ]to[- ]have|(?<!and )(?<!, )(?<!& )(?:helpful|useful)|beneficial|advantageous)|者)$",
    re.I,
)
_INSISTS = re.compile(r"\b(?:required|a must)\s*$", re.I)
_BRACKETED = re.compile(r"[（(\[]([^（()）\]]*)[)）\]]")
# "You must have", "希望你": how a posting begins to ask.
_OPENING = re.compile(
    r"^(?:\d{1,2}(?:[、)）]|\.(?!\d))\s*)?(?:(?:我们)?(?:希望|期待|需要|要求)(?:你|您|应聘者)(?:能够?|可以)?|(?:你"
    r"|您)(?:需要|应该?|必须|要)"
    r"|to [^,.:;]{4,40}?,?\s+(?=you(?:'ll|’ll| will| must| should)? need\s)|to be successful,?\s*"
    r"|we(?:'re|’re| are)? (?:also )?(?:ask(?:ing)? for|looking for|after|seeking)"
    r" (?:(?:someone|somebody|a person|people) (?:with|who (?:has|have|is|are))\s+)?(?=\S)"
    r"|(?:you|candidates?|applicants?|the (?:ideal|successful|right) (?:candidate|applicant"
    r"|person))(?:'ll|’ll| will| must| should)?\s+(?:also )?(?:need|have|has|bring|are|be|is)\s+(?=\S))?\s*",
    re.I,
)
_HELD = re.compile(
    r"^(?:最好|必须|其中|需要|能够|能(?![源量耗])|会使用|会(?![员计议展所场])|用过|做过|使用|用(?![户友])|有(?![限色机])"
    r"|持有?(?!续)|拥有|取得|具备?)+\s*(?=.{2})|^(?:current|valid|active|a|an|the)\s+",
    re.I,
)
# A sentence begins with a capital: "Calm, clear communication" lists no names.
_CAPITALISED = re.compile(r"[A-Z][a-z]+")
_NAME = re.compile(r"(?:[A-Z][\w.+#-]*|[a-z]+[A-Z]\w*)(?: [A-Z0-9][\w.+#-]*){0,2}")
_PROPER = re.compile(
    r"(?<![\w@/.&-])(?P<name>[A-Z][\w+#]*(?:[-./&’'][A-Za-z0-9]+)*"
    r"(?:\s(?:&\s|of\s|and\s(?=[A-Z]\w+\s[A-Z]))?[A-Z0-9][\w+#]*(?:[-./&][A-Za-z0-9]+)*)*)"
    r"(?:\s*[(（](?P<short>[A-Z][A-Za-z0-9&-]{1,7})[)）])?(?![\w@])"
)
# Words with a capital that name nothing one could have.
_GENERIC_HEADS = frozenset(
    (
        *("Current", "Minimum", "Active", "Valid", "Strong", "Excellent", "Good", "Solid", "Proven", "Deep", "Basic"),
        *("Advanced", "Fluent", "Full", "Previous", "Prior", "Some", "Certified"),
    )
)
_COMMON = frozenset(
    (
        *(
            "I",
            "A",
            "The",
            "You",
            "We",
            "Our",
            "Your",
            "US",
            "UK",
            "EU",
            "U.S.",
            "USA",
            "NYC",
            "HR",
            "IT",
            "B2B",
            "B2C",
            "CV",
            "PhD",
            "MSc",
            "BSc",
            "MBA",
            "GPA",
        ),
        *(
            "English",
            "Monday",
            "Friday",
            "Saturday",
            "Sunday",
            "Must",
            "Experience",
            "Strong",
            "Excellent",
            "Good",
            "Ability",
            "Knowledge",
            "Bachelor",
            "Master",
        ),
        *("KPI", "KPIs", "VIP", "FAQ", "CEO", "CFO", "VP", "R&D", "APP", "App", "TOP", "OK", "SOP", "AM", "PM"),
    )
)
# "Drives Results" and "Nimble Learning" are no names, though every word has a capital.
_COMMON_ENDING = re.compile(r"(?:s|ly|ing|ed|ion|ment|ness|ity)$")
# How somebody is comes before what it is shown in: "Calm handling of guest complaints".
_TRAIT = re.compile(
    r"(?:(?:absolute|total|strict|complete) discretion|calm|clear,? (?:written|verbal|communicat)|confiden(?:t"
    r"|ce) (?:chairing|presenting|speaking|when|in front)|warm|open communication"
    r"|patient\b|patience|empath\w+|gracious|credible|persisten\w+|meticulous|a? ?(?:sharp|keen|good) eye for detail"
    r"|able to influence|ability to influence|tactful|diploma(?:cy|tic)\b"
    r"|friendly|approachable|resilien\w+|tenac\w+|self[- ]motivated|proactive|team player)",
    re.I,
)
_SCORE = re.compile(r"\d{1,3}(?:\.\d)?")
# Running meetings in a language takes C1 on the Common European scale.
_SPEAKING_RANK = 5
# Reading and writing mails takes B1.
_READING_RANK = 3
_READING = re.compile(r"邮件|阅读|看懂|查阅|审阅|文献|\bread(?:ing)?\b|\be-?mails?\b", re.I)
# A member of a list of names is short; a longer one is a clause.
_LONGEST_NAME = 80
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
_CERTIFICATE_IN = re.compile(r"\b(?:certificate|diploma)\b[^,;]* in\b", re.I)
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


@cache
def job_terms() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "job_terms.toml").read_text("utf-8"))


@cache
def cue(name: str) -> re.Pattern[str]:
    """A pattern of `[cues]` in job_terms.toml; raises KeyError for a name that is not there."""
    entry = job_terms()["cues"][name]
    return re.compile(entry if isinstance(entry, str) else entry["pattern"], re.I)


@dataclass(frozen=True)
class Demand:
    """What a demand asks, as far as it can be read.

    `years` is the least number of years, 0 when none is named; `degree` an index into `DEGREE_ORDER`, -1 when none is;
    `rank` a language level from 1 (A1) to 6 (C2), 0 without a language; `terms` are canonical names in the order of the
    text; `proper` are other names in it, each with its abbreviation where one is given; `examples` are names given for
    instance, each of which stands for the terms; `any_of` says that one of several is enough; `basic` that only the
    basics are asked for; `unwritten` that a resume usually does not say it.
    """

    text: str
    category: Category
    terms: tuple[str, ...]
    examples: tuple[str, ...]
    proper: tuple[tuple[str, ...], ...]
    any_of: bool
    years: float
    degree: int
    fields: tuple[str, ...]
    languages: tuple[str, ...]
    rank: int
    tests: tuple[str, ...]
    basic: bool
    unwritten: bool


@dataclass(frozen=True)
class Piece:
    """A verbatim part of a line; `strong` when its clause insists ("精通", "must"), `listed` when it is an item of a
    list of demands, and so one however it is worded."""

    text: str
    nice: bool
    strong: bool
    listed: bool = False


def years_in(text: str) -> list[tuple[float, int, int]]:
    """(least years, start, end) of each number of years in `text`."""
    found = []
    for match in _YEARS.finditer(fold(text)):
        if match["low"] or match["bare"]:
            value = float(match["low"] or match["bare"])
        elif match["han"]:
            value = float(_HAN_NUMBERS[match["han"]])
        else:
            value = float(_NUMBERS[match["word"].lower()])
        found.append((value, match.start(), match.end()))
    return found


def split(line: str, nice: bool = False, listed: bool = False) -> list[Piece]:
    """The independent demands of one line; `nice` when the section already says that none of them is a must."""
    pieces = []
    for sentence in sentences(line):
        for clause in _clauses(_open(_REASON.sub("", sentence))):
            optional = nice or _optional(clause)
            strong = any(hit.name == "strong" for hit in vocabulary.strengths().find(clause))
            # What is said to be required is a demand, whatever it names.
            asked = listed or bool(_INSISTS.search(clause))
            parts = (part for part in _elements(clause) if not _only_asks(part) and not _ALLOWS.fullmatch(part))
            pieces += [Piece(part, optional, strong, asked) for part in parts]
    return pieces


def _optional(clause: str) -> bool:
    """Whether a clause is a wish: a word for it in brackets counts only when it stands there alone."""
    wish = cue("nice")
    if outside_brackets(clause, wish):
        return True
    inside = [text for text in _BRACKETED.findall(clause) if wish.search(text)]
    return any(sum(c.isalnum() for c in wish.sub("", text)) <= 2 for text in inside)


def _open(sentence: str) -> str:
    for _ in range(2):  # "To be successful, you need"
        rest = sentence[_OPENING.match(sentence).end() :]  # type: ignore[union-attr]  # every part is optional: it always matches
        sentence = rest if sum(c.isalnum() for c in rest) >= 2 else sentence
    return sentence


def _clauses(sentence: str) -> list[str]:
    cuts = [(m.start(), m.end()) for m in outside_brackets(sentence, _HAN_COMMA) if _opens_demand(sentence[m.end() :])]
    for pattern in (_LATIN_COMMA, _LATIN_AND, _WISH, _BEFORE_ALLOWED):
        cuts += [(m.start(), m.end()) for m in outside_brackets(sentence, pattern)]
    parts, start = [], 0
    for begin, end in sorted(cuts):
        if begin - start >= 2 and begin >= start and not _only_asks(sentence[start:begin]):
            parts.append(sentence[start:begin])
            start = end
    parts.append(sentence[start:])
    return [part.strip(" ,，、;；·-") for part in parts if sum(c.isalnum() for c in part) >= 2]


def _only_asks(part: str) -> bool:
    """Whether a part says nothing yet but that something is asked: "Strong background" of "... and experience in"."""
    return not _ASKING.sub("", _LEAD.sub("", f"{part} ")).strip(" ,;")


def _opens_demand(rest: str) -> bool:
    fragment = re.split(r"[，,；;]", rest, maxsplit=1)[0].strip()
    if _INSTANCE.match(fragment) or _TAIL.fullmatch(fragment):
        return False
    return bool(_HAN_START.match(fragment)) or bool(vocabulary.find(fragment)) or bool(cue("nice").search(fragment))


def _elements(clause: str) -> list[str]:
    """The members of a list of names that are each asked for; the clause itself when it is one demand."""
    whole = _trim(clause)
    if _is_one(whole) or outside_brackets(fold(clause), _OR) or outside_brackets(whole, _KIND):
        return [whole]
    parts, start = [], 0
    within = _WITHIN.search(whole)
    last = within.start() if within else len(whole)
    cuts = [match for match in outside_brackets(whole, _SEPARATOR) if match.start() < last and match.end() <= last]
    ends = [*(match.start() for match in cuts[1:]), len(whole)]
    for match, end in zip(cuts, ends, strict=False):
        left, right = whole[start : match.start()], whole[match.end() : end]
        if _names(left) and _names(right):
            parts.append(left)
            start = match.end()
    parts.append(whole[start:])
    if len(parts) == 1:
        return [whole]
    trimmed = [_trim(_ETC.sub("", _strip_lead(part))) for part in parts]
    return [part for part in trimmed if any(c.isalnum() for c in part)]


def _is_one(text: str) -> bool:
    """Whether a clause is one demand whatever it lists: years, a degree, a certificate, a field of study."""
    return bool(
        years_in(text)
        or vocabulary.degrees().find(text)
        or _CERTIFICATE_IN.search(text)
        or ("专业" in text and vocabulary.fields().find(text))
    )


def _names(part: str) -> bool:
    if len(part) > _LONGEST_NAME:
        return False
    bare = _trim(_strip_lead(part))
    return bool(vocabulary.find(part)) or bool(_NAME.fullmatch(bare) and not _CAPITALISED.fullmatch(part))


def _strip_lead(part: str) -> str:
    match = _LEAD.match(part)
    hits = vocabulary.find(part) if match else ()
    # "Deep learning" and "advanced planning system" begin with a word of asking that belongs to the name.
    end = min(match.end(), hits[0].start if hits else len(part)) if match else 0
    rest = part[end:]
    return rest if any(c.isalnum() for c in rest) else part


def subject(demand: Demand) -> str:
    """What a demand is about, without the words of asking: "精通 Excel" -> "Excel"; verbatim, never empty.

    What a resume does not say ("must be able to travel") is left as it stands, for it is an offer to agree to.
    """
    text = _trim(demand.text)
    if demand.category == "language" or demand.unwritten:
        return text
    bare = text if demand.category in ("education", "experience") else _strip_lead(text)
    return _trim(_HELD.sub("", bare, count=1)) or text


def _trim(part: str) -> str:
    part = part.strip(" \t,，、;；。.:：·")
    shorter = _TAIL.sub("", part)
    # A tail is cut only from something that still says what is asked.
    return shorter.strip(" \t,，、") if sum(c.isalnum() for c in shorter) >= 2 else part


_OTHER_LEXICONS = (
    lambda text: vocabulary.degrees().find(text),
    lambda text: vocabulary.fields().find(text),
    lambda text: vocabulary.tests().find(text),
    lambda text: vocabulary.places().find(text),
)


@lru_cache(maxsize=4096)
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
    years = [value for value, _, _ in years_in(text)]
    strengths = [hit.name for hit in vocabulary.strengths().find(text)]
    category = _category(text, terms, bool(degrees), bool(fields), bool(languages), bool(tests), bool(years))
    return Demand(
        text=text,
        category=category,
        terms=terms,
        examples=examples,
        proper=_proper(text),
        any_of=_any_of(text),
        years=years[0] if years else 0.0,
        degree=min(degrees, default=-1),
        fields=fields if degrees or _MAJOR.search(text) else (),
        languages=languages,
        # "Good spoken English" asks for a working level when no better word is there.
        rank=max(ranks, default=4) if languages else 0,
        tests=tests,
        basic="weak" in strengths and "strong" not in strengths,
        unwritten=bool(cue("unwritten").search(text)) and not _ARRANGED.search(text),
    )


def _proper(text: str) -> tuple[tuple[str, ...], ...]:
    """Names the vocabulary does not know: ("SystmOne",), ("Advanced Life Support", "ALS"). A word that begins a
    sentence or is common in titles is none, and a heading in which every word is capitalised has none."""
    known = [(hit.start, hit.end) for lexicon in (vocabulary.find, *_OTHER_LEXICONS) for hit in lexicon(text)]
    words = re.findall(r"[A-Za-z][\w’'-]+", text)
    if len(words) >= 5 and sum(word[0].isupper() for word in words) >= 0.75 * len(words):
        return ()
    found: list[tuple[str, ...]] = []
    for match in _PROPER.finditer(text):
        start, name = match.start(), match["name"]
        while (head := name.split(" ", 1))[0] in _GENERIC_HEADS and len(head) > 1:
            name = head[1]
        if any(a <= start and match.end("name") <= b for a, b in known) or name in _GENERIC_HEADS or name.isdigit():
            continue
        telling = any(c.isupper() or c.isdigit() for c in name[1:]) or has_han(text)
        first = not text[:start].strip(" \t·•-–—\"'(（*")
        if (first and not telling) or name in _COMMON:
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
    match = _NAME.match(text)
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
    told_trait = bool(_TRAIT.match(text)) and all(
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
