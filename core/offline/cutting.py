"""A line of a job description cut into its independent demands.

A demand stays a verbatim substring of its line. "Python、SQL 和 Spark" is three demands, "Java or Go" is one.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from core.offline import clauses, vocabulary
from core.offline.asking import TAIL, only_asks, strip_lead, trim
from core.offline.demands import NAME, OR, years_in
from core.offline.job_terms import cue, pattern
from core.offline.lines import HAN, fold
from core.offline.text import outside_brackets, sentences

_HAN_COMMA = re.compile(
    f"，|并且?(?=已?(?:取得|持有|获得))|、(?=(?:有|具备|具有|熟悉|精通|熟练|掌握|了解|能|善于|持)[{HAN}A-Za-z])|,(?=\\s*[{HAN}])|(?<=[{HAN}）]),"
)
_HAN_START = re.compile(
    r"(?:并?且?(?:具备?有?|熟悉|熟练|精通|掌握|了解|能|可以|善于|擅长|持有?|拥有|有|会(?![员计议展所场])|热爱|愿意|接受|年龄|身体"
    r"|适应|对|至少|良好|较强|优秀|较好|扎实|丰富|本科|大专|硕士|博士|学历"
    r"|统招|全日制|英语|普通话|沟通|责任|工作|必须|需|要求|善|懂|可|思维|逻辑|执行|团队|学习|抗压|性格|细心|认真"
    r"|\d+\s*年|[一二三两四五六七八九十]年))"
)
_LATIN_COMMA = pattern(
    r"(?:,|;|\s[-–—])\s*(?:(?:and|&)\s+|plus\s+|as well as\s+|or\s+(?=if you\s))?(?=(?:(?:an?|the|at least|a minimum of"
    r"|minimum)\s+)?(?:strong|excellent|good|proven|solid|ability|able|experience|experienced|knowledge|familiar\w*"
    r"|understanding|proficien\w+|fluen\w+"
    # "..., holds a licence, has a degree": of "somebody who".
    r"|holds|has (?:an?|at least|<years>)|knows"
    r"|willing\w*|comfortable|demonstrated|track record|hands-on|valid|current|active|<years>|with <years>"
    # A name and what it is: "..., Xero experience", "..., a clean driving record".
    r"|(?![^,;]*\bor\b)(?:[\w+#.-]+ ){1,4}(?:experience|skills|record)(?=\s*(?:$|[,;.]|\band\b|\bin\b|\bfor\b|\bis\b))"
    r"|bachelor|master|certificate|if you (?:are|have|bring|can)|who (?:has|have|can|is|are)|must|outstanding"
    r"|exceptional|great|deep|working knowledge|background"
    r"|(?-i:[A-Z])\w+ (?:is )?(?:preferred|required|a plus)"
    r"|(?:(?<=at least )|including )\d{1,2}\+? (?:in|with|using|as)"
    r"|(?!and |or )[^,;()]{2,48}?\s(?:is |are )?(?:strongly |highly )?"
    r"(?:preferred|desirable|desired|helpful|useful|nice to have|a (?:big |strong |huge )?plus|an advantage|a bonus"
    r"|an asset))\b)"
)
# "5+ years in sales, ideally in retail": the rest of the clause is a wish of its own.
_WISH = re.compile(r"\s*[,;(–—-]\s*(?=(?:ideally|preferably|preference (?:is )?given|desirably)\b)", re.I)
# Why something is asked is no part of it: "clear writing, because we decide most things in documents".
# So is what the employer does about it: "a plus but will train the right person".
_REASON = re.compile(
    r",?\s+(?:because|(?:since|as) (?:we|our|they|it|this))\b[^.;]*$|[，,]\s*因为[^。；;]*$"
    r"|\s[-–—]+\s+we(?:'re|’re| are)\b[^.;]*$"
    r"|,?\s+(?:but )?(?:we )?(?:(?:can|are willing to) |(?:we['’]ll|will) )train\b[^.;]*$",
    re.I,
)
# What lets more people in asks for nothing: "优秀应届生亦可", "new grads welcome".
_ALLOWS = re.compile(
    r"(?:(?:条件)?(?:优秀)?的?(?:应届|往届|无经验|零基础|实习)(?:毕业)?(?:生|者)?(?:亦|也|均|皆|都)?(?:可以?|行|欢迎)(?:考虑|投递|报名|培养)?"
    r"|(?:亦|也|均|皆|都)?可?(?:接受|考虑|欢迎)(?:优秀)?(?:的)?(?:应届|往届|无经验|零基础)(?:毕业)?(?:生|者)?(?:投递|报名|加入)?"
    r"|(?:工作)?(?:经验|专业|学历|经历|行业)(?:、(?:经验|专业|学历|经历|行业))*(?:均|皆|都)?不限|不限(?:工作)?(?:专业|经验|学历|经历|行业)"
    r"|(?:(?:recent|new|fresh) )?(?:grad|graduate|entry[- ]level candidate|beginner|career changer)s?(?: are)?"
    r"(?: also)? (?:welcomed?|considered|accepted)(?: to apply)?)",
    re.I,
)
_LATIN_AND = pattern(
    r"\s+(?:and|&)\s+(?=(?:(?:an?|the|at least|a minimum of)\s+)?(?:strong|excellent|proven|solid|ability|able to"
    r"|experience|knowledge of|familiarity|proficien\w+|fluen\w+|willing\w*|comfortable|<years>"
    r"|valid|current|a track record|who (?:has|holds|knows)|has (?:an?|at least|<years>)|holds an?)\b"
    r"|an? (?:[\w+#.-]+ ){1,4}(?:certification|certificate|licen[cs]e|degree|diploma)\b)|\s+(?=with <years>)"
)
_SEPARATOR = re.compile(
    r"\s*(?:、|,\s*(?:and\s+)?|，|以及|(?<![参给赋])与|和(?!谐)|(?<![以普])及(?!时|其|以)|(?<=\s)and(?=\s)"
    r"|(?<=\s)&(?=\s)|\s\+\s)\s*"
)
# "，如数据透视表": an instance of what stands before it.
_INSTANCE = re.compile(r"(?:例如|比如|诸如|如(?!果|有|能)|包括|包含|含)")
_BEFORE_ALLOWED = re.compile(rf"\s*(?:[,，;；、]|\s[-–—])\s*(?=(?:{_ALLOWS.pattern})\s*(?:[,，;；。.]|$))", re.I)
# "US GAAP, incl. ASC 606 & ASC 842", "NetSuite, but we'll consider other ERPs": what follows belongs to what is before.
_WITHIN = re.compile(r"[\s,，(（](?:incl\.|incl\b|e\.g\.|but\b)", re.I)
# "App Store和Google Play的订阅机制": what is asked for belongs to both names.
_SHARED = re.compile(
    rf"^[^、，,]*[A-Za-z]\s*[和与]\s*[A-Za-z][\w .+#-]*的(?!使用|操作|原理|开发|部署|应用|经验|运用|配置)[{HAN}]{{2,}}$"
)
# "WMS、ERP等供应链系统开发经验": one demand, of which the names are instances.
_KIND = re.compile(r"、[^、，,。；;]*?(?<!同)等(?!级|待|于|量|同)[^，,。；;等]*(?:经验|经历|背景|平台)")
_ETC = re.compile(r"\s*(?<!同)等[^，,；;]{0,12}$")
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
_LIST_COMMA = re.compile(r"\s*[,，]\s*(?:and\s+)?", re.I)
_LICENCE = re.compile(r"\b(?:licen[cs]e|certificate|certification)\b|资格证|执业证", re.I)
# What one demand of years, a degree or a choice ends with: "Coupa or SAP Ariba, and a certificate".
_FURTHER = re.compile(
    r"(?:[^,;]*|.*\bor\s[^,;]*)(?P<cut>,\s*and\s+)(?!(?:related|similar|other|equivalent|comparable|relevant)\b)[^,]*$",
    re.I,
)
# A sentence begins with a capital: "Calm, clear communication" lists no names.
_CAPITALISED = re.compile(r"[A-Z][a-z]+")
# A member of a list of names is short; a longer one is a clause.
_LONGEST_NAME = 80
_CERTIFICATE_IN = re.compile(r"\b(?:certificate|diploma)\b[^,;]* in\b", re.I)


@dataclass(frozen=True)
class Piece:
    """A verbatim part of a line; `strong` when its clause insists ("精通", "must"), `listed` when it is an item of a
    list of demands, and so one however it is worded."""

    text: str
    nice: bool
    strong: bool
    listed: bool = False


def split(line: str, nice: bool = False, listed: bool = False) -> list[Piece]:
    """The independent demands of one line; `nice` when the section already says that none of them is a must."""
    pieces = []
    for sentence in sentences(line):
        for clause in map(_open, _clauses(_open(_REASON.sub("", sentence)))):
            optional = nice or _optional(clause)
            strong = any(hit.name == "strong" for hit in vocabulary.strengths().find(clause))
            # What is said to be required is a demand, whatever it names.
            asked = listed or bool(_INSISTS.search(clause))
            parts = (part for part in _elements(clause) if not only_asks(part) and not _ALLOWS.fullmatch(part))
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
        rest = sentence[max(clauses.opening(sentence), _OPENING.match(sentence).end()) :]  # type: ignore[union-attr]  # every part is optional: it always matches
        sentence = rest if sum(c.isalnum() for c in rest) >= 2 else sentence
    return sentence


def _clauses(sentence: str) -> list[str]:
    cuts = [(m.start(), m.end()) for m in outside_brackets(sentence, _HAN_COMMA) if _opens_demand(sentence[m.end() :])]
    for mark in (_LATIN_COMMA, _LATIN_AND, _WISH, _BEFORE_ALLOWED):
        cuts += [(m.start(), m.end()) for m in outside_brackets(sentence, mark)]
    parts, start = [], 0
    for begin, end in sorted(cuts):
        if begin - start >= 2 and begin >= start and not only_asks(sentence[start:begin]):
            parts.append(sentence[start:begin])
            start = end
    parts.append(sentence[start:])
    return [part.strip(" ,，、;；·-") for part in parts if sum(c.isalnum() for c in part) >= 2]


def _opens_demand(rest: str) -> bool:
    fragment = re.split(r"[，,；;]", rest, maxsplit=1)[0].strip()
    if _INSTANCE.match(fragment) or TAIL.fullmatch(fragment):
        return False
    return bool(_HAN_START.match(fragment)) or bool(vocabulary.find(fragment)) or bool(cue("nice").search(fragment))


def _elements(clause: str) -> list[str]:
    """The members of a list of names that are each asked for; the clause itself when it is one demand."""
    whole = trim(clause)
    if len(runs := _certified(whole)) > 1:
        return [part for run in runs for part in _elements(run)]
    closed = _is_one(whole) or outside_brackets(fold(whole), OR)
    if closed and (further := _FURTHER.match(whole)):
        return [trim(whole[: further.start("cut")]), *_elements(whole[further.end("cut") :])]
    if _is_one(whole) or outside_brackets(fold(clause), OR) or outside_brackets(whole, _KIND) or _SHARED.search(whole):
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
    trimmed = [trim(_ETC.sub("", strip_lead(part))) for part in parts]
    return [part for part in trimmed if any(c.isalnum() for c in part)]


def _certified(text: str) -> list[str]:
    """Years or a degree and the certificates listed beside them, apart: "two years, an RN license, BLS"."""
    if not (years_in(text) or vocabulary.degrees().find(text)):
        return [text]
    runs, start, last = [], 0, None
    commas = [(m.start(), m.end()) for m in outside_brackets(text, _LIST_COMMA)]
    for (stop, begin), (end, _) in pairwise([(0, 0), *commas, (len(text), len(text))]):
        alone = _certificate(text[begin:end])
        if last is not None and alone != last:
            runs.append(text[start:stop])
            start = begin
        last = alone
    return [*runs, text[start:]]


def _certificate(part: str) -> bool:
    held = any(vocabulary.kind(hit.name) == "certificate" for hit in vocabulary.find(part)) or _LICENCE.search(part)
    return bool(held) and not years_in(part) and not vocabulary.degrees().find(part)


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
    bare = trim(strip_lead(part))
    return bool(vocabulary.find(part) or _LICENCE.search(part)) or bool(
        NAME.fullmatch(bare) and not _CAPITALISED.fullmatch(part)
    )
