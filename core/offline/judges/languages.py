"""Languages: the level a resume states, by word or by test, against the level asked for."""

import re

from core.offline import vocabulary
from core.offline.claims import claimed
from core.offline.demands import test_rank
from core.offline.evidence import Passage
from core.offline.judges.common import Answer, Case, absent, distinct
from core.remembered import remembered
from core.schemas import Status

_PART = re.compile(r"[,，、;；|｜/。\n]|\s{2,}|(?<=[)）])\s")
# What is apart before it is asked what a denial reaches.
_CELL = re.compile(r"[|｜\n]|\s{2,}")
# These deny no level: "German C1 (no certificate)", "no accent".
_DENIES_NO_LEVEL = re.compile(
    r"(?i)\b(?:no|without(?: any| an?)?) (?:formal )?(?:certificat\w+|exam|test|accent|problems?|difficult\w+)"
    r"|[无没]有?证书?"
)
# What somebody else speaks, to the end of the sentence or to the client's own part.
_OF_OTHERS = re.compile(
    r"(?i)(?:\b(?:my|our|his|her) (?:wife|husband|spouse|partner|(?:grand)?(?:father|mother|parents?|son|daughter"
    r"|child(?:ren)?)|sons|daughters|kids?|brothers?|sisters?|family|boss)\b(?! tongue)"
    r"|\b(?:wife|husband|spouse|daughter|son|colleagues?|clients?|customers?|team|company|boss|manager|staff"
    r"|students)(?: \w+)? (?:speaks?|spoke|knows?|knew"
    r"|(?:is|are|was|were|has|have) (?:fluent|native|proficient|good))\b)"
    r"(?:(?!\b(?:I|me|myself)\b)[^.;。；])*"
    r"|(?<![与和跟同向对给为教导帮陪])(?:女儿|儿子|妻子|老婆|太太|丈夫|老公|爱人|配偶|父母|父亲|母亲|爸爸|妈妈|孩子|家人"
    r"|同事|上司|老板)(?:(?!我|本人|自己)[^。；;])*"
)
# Something that is called after a language or its country, which nobody speaks thereby.
_NO_SPEAKING = re.compile(
    r"(?i)^[ -](?:\w+ )?(?:compan(?:y|ies)|firms?|markets?|shepherds?|manufacturers?|suppliers?|brands?|cars?|owned"
    r"|cuisine|restaurants?|textbooks?|(?:clients?|customers?)(?! (?:service|support|care|success)))\b"
    r"|^(?:类|学习|培训)?(?:教材|公司|市场|图书|书籍|客户(?!服务|支持|沟通|接待))"
)
# Said of the language it follows, or of a test.
_NONE_AFTER = re.compile(
    r"(?i)^(?:\W{0,3}| (?:skills?|level|is|are)\W{0,3})"
    r"(?:(?:none|nil|n/a|zero|poor|weak|bad|never|not (?:yet|spoken|known|learn\w+"
    r"|studied|at all))\b|no(?: (?:knowledge|skills?|ability|level|experience))?\W*$)"
    r"|^[\s:：（(—-]{0,3}(?:口语|听力|书面|水平|能力|基础|成绩)?[:：]?(?:(?:很|较|比较|太|极|非常)?(?:差(?![异别旅评])|薄弱)|一窍不通"
    r"|零基础|无(?=$|[\s)）]|基础)|没有?(?=$|[\s)）]|基础|学过)|[不没未]有?(?:会|懂|行|学过|通过|过))"
)
_POOR_BEFORE = re.compile(r"(?i)\b(?:poor|weak|bad|(?:very )?little) (?:\w+ )?$")
# A level that is denied: "英语不流利", "not fluent".
_NOT_LEVEL = re.compile(
    r"(?i)(?:不(?:太|够|很|算|大|甚|怎么|是很|是太|太算)?|谈不上|欠|非)(?:流利|流畅|熟练|精通|好|良好)"
    r"|(?:\bnot|n['’]t)(?: \w+)? (?:fluent(?:ly)?|proficient|advanced|good|conversational)\b"
)
_DENIED = -1
_DOCUMENT_LANGUAGE = {"en": "English", "zh": "Mandarin"}
_BEST_FIRST: tuple[Status, ...] = ("met", "partial", "unclear", "missing")


def judge(case: Case) -> Answer:
    """For a demand for languages: the best one where any will do, else the one that is furthest off."""
    answers = [_language(name, case) for name in case.demand.languages]
    answers.sort(key=lambda answer: _BEST_FIRST.index(answer.status))
    return answers[0] if case.demand.any_of else answers[-1]


def _language(name: str, case: Case) -> Answer:
    best: tuple[int, Passage] | None = None
    denials: list[Passage] = []
    for passage in case.evidence.passages:
        for part in _parts(passage.text):
            rank = _rank(name, part)
            if rank == _DENIED:
                denials.append(passage)
            elif rank is not None and (best is None or rank > best[0]):
                best = (rank, passage)
    if best:
        rank, passage = best
        if rank >= case.demand.rank:
            return Answer("met", (passage,), "language")
        return Answer("partial", (passage,), "language_below" if rank else "language_no_level")
    if denials:
        return Answer("missing", distinct(denials, 1), "denied")
    if not case.evidence.denied.get(name) and _DOCUMENT_LANGUAGE[case.document_locale] == name:
        return Answer("unclear", (), "language_of_document")
    return absent(case, (name,))


@remembered(4096)
def _parts(text: str) -> list[str]:
    """The parts of a line that the client claims, or whose level is denied; one that only says how well belongs to the
    language before it: "Spanish, conversational"."""
    parts: list[str] = []
    for part in filter(str.strip, (part for cell in _CELL.split(text) for part in _PART.split(_own(cell)))):
        named = any(vocabulary.kind(hit.name) == "language" for hit in vocabulary.find(part))
        if parts and not named and (vocabulary.ranks().find(part) or _NOT_LEVEL.search(part)):
            parts[-1] += f", {part}"
        else:
            parts.append(part)
    return parts


def _own(text: str) -> str:
    """`text` without what others speak and what the client does not; what is said of a language after its name stays,
    for `_rank` to see."""
    text = _OF_OTHERS.sub(" ", _DENIES_NO_LEVEL.sub(" ", text))
    spans = [match.span() for match in _NOT_LEVEL.finditer(text)]
    spans += [
        (hit.end, hit.end + said.end())
        for hit in vocabulary.find(text)
        if vocabulary.kind(hit.name) == "language" and (said := _NONE_AFTER.match(text[hit.end :]))
    ]
    kept: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if start >= at:
            kept += [claimed(text[at:start]), text[start:end]]
            at = end
    return "".join([*kept, claimed(text[at:])])


def _rank(name: str, part: str) -> int | None:
    """The rank a part of a line claims for a language; 0 when it names the language alone, None when it does not, and
    `_DENIED` when it says that the client does not know it, or not so well."""
    tests = vocabulary.data()["test"]
    bare = _NOT_LEVEL.sub(" ", part)
    ranks = [
        test_rank(hit, bare)
        for hit in vocabulary.tests().find(bare)
        if tests[hit.name]["language"] == name and not _NONE_AFTER.match(bare[hit.end :])
    ]
    hits = [hit for hit in vocabulary.find(part) if hit.name == name and not _NO_SPEAKING.match(part[hit.end :])]
    known = [hit for hit in hits if not (_NONE_AFTER.match(part[hit.end :]) or _POOR_BEFORE.search(part[: hit.start]))]
    if known:
        levels = [hit for hit in vocabulary.ranks().find(bare) if not _NONE_AFTER.match(bare[hit.end :])]
        ranks += [int(hit.name) for hit in levels]
        if not ranks and bare != part:
            return _DENIED
        ranks.append(0)
    return max(ranks, default=_DENIED if hits else None)
