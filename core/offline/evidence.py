"""The client's documents as passages that can be quoted, and the search for the ones that answer a demand.

A passage is a verbatim, contiguous piece of one source, at most 160 characters long: a line, or a sentence or clause
of it.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from core.offline import vocabulary
from core.offline.dates import Period, date_ranges
from core.offline.lines import HAN, Line, ends_sentence, rejoin, width
from core.offline.lines import read as read_lines
from core.offline.outline import outline
from core.offline.positions import Position
from core.offline.sections import heading_kind, looks_like_heading
from core.offline.text import clean_resume, sentences, stem_sequence, stems
from core.offline.vocabulary import RELATIONS, Relation
from core.schemas import Source

LONGEST_QUOTE = 160
SHORTEST_POSITION = 25  # days
SHORT_NAME = 3  # words
_ABBREVIATION = re.compile(r"(?<![A-Za-z])[A-Z][A-Z0-9]{2,}(?![a-z])")

# Verbs of knowing: "没用过" denies, "从未错过" does not.
_KNEW = r"(?:用|做|接触|参与|学|考|带|写|碰|干|建|搭|管|教|操作|负责|涉及|开发|处理|主导|经手|通)过"
# Faults that it is an honour not to have had.
_NO_FAULT_HAN = r"错过|超过|发生|出现|延误|延期|失误|差错|出错|出过|事故|投诉|迟到|遗漏|返工|丢"
_NOT_HAN = (
    r"不(?:太|是很|够|大)?(?:熟悉?|了解|会(?!议|计)|懂|擅长|精通)|没有(?!问题)|没(?:用|做|干|带|考|学|接触|写|碰|操作)过?|未曾"
    r"|未(?:接触|使用|从事|掌握|考|取得|做|参与|涉及|获得)|缺乏|缺少|暂无|尚未|欠缺|(?<!从)零基础|非本人|不具备|不(?:考虑|接受|愿)|[未不]掌握|尚不|未学[过习]|没怎么"
    rf"|从未(?![^，,。；;]{{0,6}}(?:{_NO_FAULT_HAN}))"
    # "无监督学习经验" is experience, "无Vue经验" is none.
    r"|无(?![论人线菌缝]|监督|代码平台|障碍|差错|事故)(?=[^，,。；;]{0,12}(?:经验|基础|了解|接触|证|资格|背景|经历))"
)
_FAULT = (
    r"(?:loss(?:es)?|downtime|outages?|incidents?|errors?|defects?|complaints?|accidents?|delays?|failures?|problems?"
    r"|issues?|injur(?:y|ies)|breach(?:es)?|late \w+)(?="
    r"\W*$|[,.;)]| (?:of|in|on|at|to|during|while|when|using|with|across|after|for"
    r"|since|by|under|over|from)\b)"
)
# Neither "no-code", "No. 1" and "not limited to" deny, nor who never missed a date.
_NO = (
    rf"(?:no(?!-|\.? ?\d| (?:\w+ )?{_FAULT})|not(?! limited to\b| an? (?:problem|issue|obstacle)\b)"
    rf"|never(?! (?:\w+ ){{0,2}}(?:miss|fail|los[et]|late\b|exceed|drop|{_FAULT})))\b"
)
_NOT_LATIN = (
    rf"\b(?:{_NO}|(?:nor|lack(?:s|ing)?|without any|unfamiliar with|cannot|unable to|refused to|yet to"
    r"|(?:have|has|had|do|does|did|ca|is|was|were|are)n['’]t|(?:keen|eager|want(?:ing)?|like|hop(?:e|ing)) to learn"
    r"|(?:zero|0) (?:experience|knowledge|years)|without(?= (?:[\w.+#/-]+ ){1,3}experience)|hardly|barely|heard of"
    r"|(?:very )?(?:little|limited) (?:experience|knowledge"
    r"|exposure))\b)"
    r"(?! only| just| merely)"
)
_NOT = re.compile(rf"{_NOT_HAN}|{_NOT_LATIN}", re.I)
# What may stand between the word that negates and the name it denies.
_REACH_HAN = re.compile(r"[^，,。；;]{0,40}")
_REACH_LATIN = re.compile(r"(?:\W+\w+){0,6}\W*")
_DOT = r"\.(?!\s|$)"  # ends no sentence: Node.js
# After a colon it negates the whole list: "Not yet: Spark, Airflow".
_GAPS = r"(?:^|(?<=[.;。；|]))\s*(?:gaps|missing skills|(?:still )?to learn|areas to (?:develop|improve)"
_GAPS += r"|unfamiliar|短板|不足|待(?:学习|提升|加强))"
_NEGATED_LIST = rf"(?:{_NOT_HAN}|{_NOT_LATIN}|{_GAPS})(?:[^，,。；;.:：]|{_DOT})*[:：](?:[^。；;.]|{_DOT})*"
# The rest of a clause after the word that negates it.
_NEGATED = re.compile(rf"{_NEGATED_LIST}|(?:{_NOT_HAN}|{_NOT_LATIN})(?:[^，,。；;.]|{_DOT})*", re.I)
_NEGATED_LIST_BEFORE = re.compile(rf"{_NEGATED_LIST}$", re.I)
_BY_OTHERS = (
    r"(?<![自理路缘来事经])由(?!我|本人|于|此)[^，,。；;|]{1,10}(?:负责|完成|处理|操作|申报|承担|主导|对接|制作"
)
# Said of the name it follows: "InDesign：没有用过", "Spark was never needed", "CPA: expired".
_DENIED_HAN = (
    r"(?:不熟|不会|不了解|不懂|不涉及|(?:没有?|未|从未|尚未)(?:实际)?(?:接触|使?用|做|写|学|操作|参与|负责|碰|考|取得|带|涉及|系统学)过?"
    rf"|经验不足|基础薄弱|(?:没有|无|暂无|零)(?:相关|实际|实操)?(?:经验|基础)|没有$|无$|为零|空白|{_BY_OTHERS}))"
)
_NEGATED_AFTER = re.compile(
    rf"^[^，,。；;|]{{0,8}}?[:：|（(\s]*{_DENIED_HAN}"
    # "个税由财务申报，我没有操作过": what follows the comma speaks of what stands before it, unless it names its own.
    r"|^[^。；;|]{0,24}?[，,]\s*(?:但|不过)?(?:我|本人|自己)?(?:并|都|还|也|均)?"
    rf"(?:(?:没有?|未|从未)[^，,。；;|]{{0,6}}?(?:{_KNEW}|参与|接触|负责|操作|权限)|不(?:参与|负责|涉及|经手))"
    rf"(?:[了它这该此]{{0,2}}|[这该此][^，,。；;|A-Za-z]{{1,4}})(?:$|[，,。；;）)])|^[^，,。；;|]{{0,4}}没有?(?!{_NO_FAULT_HAN}|一)[^，,。；;|]{{1,2}}过"
    r"|^[^,.;|]{0,24}?\b(?:not (?:yet )?(?:used|obtained|held|started|known)|expired)\b"
    rf"|^\W{{0,3}}(?:was|were|is|are|has|have|had)\s+(?!no\b){_NO}"
    r"|^[^.;|]{0,40}?\b(?:I|we|me)\b[^.;|]{0,12}?(?:n't|n’t|\bnot|\bnever)\b[^.;|]{0,40}?\b(?:it|them|these|those|this|that|either)\b"
    r"|^[^.;,|]{0,24}?\b(?:is|are|was|were) (?:both |all |mostly |only )?(?:handled|done|run|owned|made|managed"
    r"|covered|prepared) by (?:a|an|the|our|my|another|others)\b"
    rf"|^[^.;|,:：]{{0,12}}(?:[:：(]|(?:\s|^)[–—-])\s*(?:none\b|{_NO})"
    r"|^[^\w,;，；]{0,3}(?:none|no experience|not used|never used|n/a)\b"
    r"|^\s*(?:experience|经验)?\s*[:：(（?？]\s*(?:none|zero|0 years?|no|否|无|[✗✘×❌])\s*(?:$|[,，;；。.)）|])"
    r"|^\s*[✗✘×❌]",
    re.I,
)
FAINT = re.compile(
    r"\ba little\b|\bonly (?:time|once|from reading)\b|\bbasics?\b|\bbeginner|\btrial that|\bintroductory\b|属于入门"
    r"|基础了解|只[^，,。；;|]{0,6}过",
    re.I,
)
# The whole statement is of what somebody else does, or was never done.
DISCLAIMED = re.compile(
    rf"(?:[:：]|\s[–—-])\s*(?:none\b|{_NO})"
    rf"|(?:没有?|未|从未|不曾)[^，,。；;|]{{0,5}}?(?:{_KNEW}|(?:参与|接触|负责|操作|权限)(?!失误|错误|不当|事故))"
    rf"|(?:我|本人)不(?:参与|负责|涉及|经手)|{_BY_OTHERS}|做|审核)"
    rf"|委托外部|\b(?:I|we)(?:['’]ve| have| had)? (?!no\b){_NO}|\b(?:is|are|was|were) (?:both |all |mostly "
    r"|only )?(?:handled|done|run|owned|made|managed|covered|drafted|prepared|taken) by (?:a|an|the|our|my|another"
    r"|others)\b",
    re.I,
)
_BUT = re.compile(r"但是?|不过|然而|\bbut\b|\bhowever\b|\balthough\b|\bthough\b", re.I)
_WEAK_BEFORE = re.compile(
    r"(?:了解|接触过|入门|初步|正在学习|自学中?|学习中|公司(?:正在|正|计划|准备|将)(?:上线|引入|切换|迁移)|备考|计划考?|协助|辅助|旁听|跟着"
    r"|报考|报名|在读|在学|会一点|会简单的?|副)[^，,。；;]{0,16}$|\b(?:basics?(?: of| in)?|beginner"
    r"|exposure to|currently learning|shadow(?:ed|ing)|assist(?:ed|ing)?(?: with| in)?"
    r"|(?:now|still|am|been|self|keen on) learning|coursework in|some knowledge of|studying(?: for)?|introductory"
    r"|introduction to|familiar with|familiarity with"
    r"|plan(?:ning)? to|enrol+ed (?:in|for)|(?:booked|registered|signed up) (?:for|on)|(?:is|are|was|were) (?:moving"
    r"|migrating"
    r"|switching|changing)(?: from [^,.;]{1,40}?)? to)\W+(?:\w+\W+){0,5}$",
    re.I,
)
# States that say themselves that something is not held or known yet.
_PENDING_HAN = (
    r"正在学习|学习中|入门|备考中?|在考|在学|在读|还在学|自学|初学|会一点|会简单|只[^，,。；;|]{0,8}过"
    r"|已报名|报考|报了|已过[^，,。；;|]{0,6}(?:科|门|笔试)|(?:笔试|科目[一二三四])[^，,。；;|]{0,4}(?:已|全部)?(?:通过|过)|成绩待|待公布|待面试"
    r"|大学选修|选修课|未毕业|还差|尚未|培训中|刚学|补办|办理中|(?:准备|计划)(?:报?考|参加[^，,。；;|]{0,8}考)"
)
_PENDING_LATIN = (
    r"in progress|expected|currently learning|enrol+ed|booked|applied for|pending|lapsed|provisional|awaiting"
    r"|studying for|registered for|under review|not yet|application (?:lodged|submitted|sent|filed|made)"
    r"|of \w+ (?:units|modules|parts|credits)|reinstatement|online course|self-study|in training|exam (?:in|on)"
    r"|exams? (?:in|on|due)(?: \w+)? \d{4}|due in"
)
# Everyday words that say so only beside the name: "Java course", but "负责Java课程开发平台", "licence, class 1".
_VAGUE_HAN = r"基础(?!扎实|知识|设施|架构)|一般|了解|准备|计划|预约|报名|课程(?!开发|设计|体系|研发|平台)"
_VAGUE_LATIN = (
    r"coursework|course|basics?|beginner|learning|(?:\w+ ){0,2}scheduled|planned|class(?! ?(?:\d|[a-z]\b))|exam\b|short"
    r"|introductory|weekend|started|read[- ]only"
)
_WEAK_AFTER = re.compile(
    rf"^[\s:：|（(,，、·\-–—]{{0,4}}(?:\d[^，,。；;|]{{0,8}})?(?:{_PENDING_HAN}|{_VAGUE_HAN})"
    rf"|^\W{{0,3}}(?:(?:is|are|a|an|card|class|exam|certificate) ){{0,2}}(?:\w+ ){{0,3}}?(?:{_PENDING_LATIN})\b"
    rf"|^\W{{0,3}}(?:(?:is|are|a|an|card|class|exam|certificate) ){{0,2}}(?:\w+ )?(?:{_VAGUE_LATIN})\b",
    re.I,
)
# Said of it in a later clause: "用Docker装过几个应用，属于入门".
_WEAK_LATER = re.compile(
    r"^[^。；;|]{0,60}?(?:属于入门|只是入门|仅限自学|入门水平|基础水平|还不会|不熟练|不深入|刚入门)"
    r"|^[^.;|]{0,60}?\b(?:at (?:a )?(?:beginner|basic|introductory) level|only (?:the )?basics|nothing in production"
    r"|not in production)\b"
    # "I can read a Dockerfile but have not written one for work."
    r"|^[^.;|]{0,40}?\bbut\b[^.;|]{0,16}?(?:\bnot|\bnever|n['’]t)\b[^.;|]{0,40}?\b(?:one|any|it|them|these|those)\b",
    re.I,
)
# Searched in a whole passage, in what stands before a name and in what follows it: a vague word must touch the name.
PENDING = re.compile(
    rf"{_PENDING_HAN}|\b(?:{_PENDING_LATIN})\b"
    rf"|(?:^[\s:：|（(，,、·\-–—]{{1,4}}|[（(])(?:{_VAGUE_HAN}|(?:[\w-]+ )?(?:{_VAGUE_LATIN})\b)"
    rf"|^(?:{_VAGUE_HAN}|(?:{_VAGUE_LATIN}))\s*[:：]"
    rf"|(?:{_VAGUE_HAN}|\b(?:{_VAGUE_LATIN}))[\s:：|（(，,、·\-–—]{{1,4}}$"
    r"|(?:^|(?<=[年月正在已，,；;：:\s]))(?:准备|计划)$",
    re.I,
)
_CONTACT = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+\.\w|(?<!\d)1[3-9]\d{9}(?!\d)|\+?\d{1,3}[ -]?\(?\d{3}\)?[ -]\d{3}[ -]?\d{4}"
    r"|(?:电话|手机|邮箱"
    r"|微信|姓名"
    r"|phone|e-?mail|tel)\s*[:：]|linkedin\.com|github\.com/",
    re.I,
)
_WISH = re.compile(
    r"(?:(?:I am |I['’]m )?(?:looking|seeking|hoping) (?:for|to)|seeking|I(?:['’]d| would) (?:love|like)|I (?:want"
    r"|hope|wish)|eager to|希望|期望|寻求|求职|意向|打算|想转|希望转)\b",
    re.I,
)
# Who somebody is: no evidence of anything, and it must not even count as a line.
_PERSONAL = re.compile(
    r"^[\[【(（<]?\s*(?:(?:个人|证件|免冠|一寸|[一1两2]寸免冠)?照片?|photo(?:graph)?s?|headshot)"
    r"\s*[:：]?\s*(?:附后|见附件|attached|\S+\.(?:jpe?g|png))?\s*[\]】)）>]?$"
    r"|^!\[|[|｜]\s*\d{2}\s*(?:岁|years old)\b"
    r"|^(?:姓\s*名|性\s*别|年\s*龄|民\s*族|婚姻(?:状况)?|婚育(?:状况)?|籍\s*贯|出生(?:年月|日期)?|政治面貌|户籍|身高|体重"
    r"|name|gender|sex|age|date of birth|dob|born|nationality|ethnicity|race|religion|marital status|married)\s*[:："
    r"|｜]"
    r"|^(?:中共(?:预备)?党员|共青团员|(?:已|未)婚|血\s*型|健康状况|户口|出生于|\d{4}年(?:\d{1,2}月)?(?:\d{1,2}日)?(?:出?生|$))"
    r"|^(?:男|女|male|female)\s*[,，|｜/·]\s*|^\d{2}\s*(?:岁|years old)\b",
    re.I,
)
# The client's name above all else: "Ruby Johnson" knows no Ruby by it. A title ("Java Developer") is none.
_NAME = re.compile(
    rf"(?!.*[师员生理计士管监长人]$)[{HAN}]{{2,3}}"
    r"|(?!.*(?:er|or|ist|ant|ent|ian|ive|ect|eer|lead|nurse)$)[A-Z][\w'’-]+(?: [A-Z]\.?)?(?: [A-Z][\w'’-]+){1,2}"
)
_METRIC = re.compile(r"\d")
_CUT = re.compile(r"[，,；;](?!\d)|\s[-–—]\s")
# Inside these a line in capitals is an employer, and no heading.
_TOLD_BY_LINES = frozenset({"experience", "projects"})
_SKIPPED = frozenset({"contact", "objective"})
# What a quote proves by the place it stands in: done at work beats learnt beats listed.
_PLACE_WORTH = {
    "experience": 3.0,
    "projects": 2.5,
    "open_source": 2.0,
    "awards": 1.5,
    "summary": 1.0,
    "certifications": 1.0,
    "education": 0.8,
}
# A label of these ends the position above it: "Education: BSc, 2019"; "Skills: ..." may belong to the position.
_OWN_LINE = frozenset({"education", "certifications", "languages"})
_INLINE_LABEL = re.compile(r"[【\[]?([^:：】\]]{2,16})[】\]]?\s*[:：]\s*(?=\S)")
_SOURCE_ORDER: tuple[Source, ...] = ("resume", "detailed_resume")


@dataclass(frozen=True)
class Passage:
    """A quotable piece; `section` is the heading it stands under, verbatim, `place` that heading's kind."""

    source: Source
    text: str
    section: str
    place: str
    line: int
    dated: bool = False  # names a position or an event with its dates, and so says little of what was done

    @cached_property
    def claimed(self) -> str:
        """The text without what it negates."""
        return claimed(self.text)

    @cached_property
    def stems(self) -> frozenset[str]:
        """What the passage claims to be about."""
        return frozenset(stems(self.claimed))

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Where each English stem stands in the passage, by its number among the words."""
        found: dict[str, list[int]] = {}
        for number, word in enumerate(stem_sequence(self.claimed)):
            found.setdefault(word, []).append(number)
        return found

    def near(self, words: Sequence[str]) -> bool:
        """Whether the English ones among `words` stand near each other: no more than two others between neighbours."""
        spots = sorted((at, word) for word in words for at in self.places.get(word, ()))
        wanted = {word for _, word in spots}
        reach = 3 * (len(wanted) - 1)
        windows = ({word for at, word in spots if first <= at <= first + reach} for first, _ in spots)
        return not wanted or any(window == wanted for window in windows)

    @cached_property
    def denied_stems(self) -> frozenset[str]:
        return frozenset(word for part in _NEGATED.findall(self.text) for word in stems(part))


@dataclass(frozen=True)
class Found:
    """Evidence for a term: `relation` says how the passage speaks of it, `weak` that it claims the basics only."""

    passage: Passage
    relation: Relation
    name: str  # as written in the passage
    weak: bool
    technique: bool = False  # whether it is a technique or tool, and no trade


@dataclass(frozen=True)
class Job:
    """A dated position: its title as far as one is known, what else stands under it, and the passage to quote."""

    period: Period
    head: Passage
    title: str
    lines: tuple[str, ...]  # without what they negate

    @cached_property
    def text(self) -> str:
        return "\n".join((self.title, *self.lines))


@dataclass
class Evidence:
    """Both documents, ready to be searched. Build it with `gather`."""

    passages: list[Passage] = field(default_factory=list)
    asides: list[Passage] = field(default_factory=list)  # wishes and offers: they show no skill
    jobs: list[Job] = field(default_factory=list)
    names: dict[str, list[tuple[Passage, str, bool]]] = field(default_factory=dict)
    denied: dict[str, list[Passage]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._idf: dict[str, float] = {}

    def index(self) -> None:
        """Find every name in every passage, and count how rare each word is."""
        counts: dict[str, int] = {}
        for passage in self.passages:
            for hit in vocabulary.find(passage.text):
                written = passage.text[hit.start : hit.end]
                stated, weak = _claim(passage.text, hit.start, hit.end)
                if stated:
                    self.names.setdefault(hit.name, []).append((passage, written, weak))
                else:
                    self.denied.setdefault(hit.name, []).append(passage)
            for word in passage.stems:
                counts[word] = counts.get(word, 0) + 1
        total = len(self.passages)
        # BM25's inverse document frequency (Robertson, Sparck Jones), never negative.
        self._idf = {word: math.log(1 + (total - n + 0.5) / (n + 0.5)) for word, n in counts.items()}

    @property
    def everything(self) -> list[Passage]:
        """The passages, and after them what the client only wishes or offers."""
        return [*self.passages, *self.asides]

    def terms(self, want: str, about: str = "") -> list[Found]:
        """Evidence for a term, the best first: nearest relation, then full before basic, then place and wording."""
        topic = frozenset(stems(about))
        found = []
        for have, places in self.names.items():
            relation = vocabulary.relation(have, want)
            if relation:
                technique = vocabulary.is_technique(have)
                found += [Found(passage, relation, written, weak, technique) for passage, written, weak in places]
        found.sort(
            key=lambda f: (
                RELATIONS.index(f.relation),
                f.weak,
                f.passage.source != "resume",
                -self._worth(f.passage, topic),
                f.passage.line,
            )
        )
        return found

    def named(self, name: str) -> tuple[Passage | None, bool, bool]:
        """(the best passage with a name that no lexicon has, whether it is claimed, whether only its basics). "CAN" is
        not "can": an abbreviation is found as it is written."""
        case = re.NOFLAG if _ABBREVIATION.fullmatch(name) else re.I
        pattern = re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", case)
        best: tuple[tuple[bool, bool, float], Passage] | None = None
        for passage in self.passages:
            for match in pattern.finditer(passage.text):
                stated, weak = _claim(passage.text, match.start(), match.end())
                rank = (stated, not weak, _PLACE_WORTH.get(passage.place, 0.0))
                if best is None or rank > best[0]:
                    best = (rank, passage)
        return (best[1], best[0][0], not best[0][1]) if best else (None, False, False)

    def closest(self, text: str) -> tuple[Passage | None, float]:
        """The passage that shares most of what `text` is about, and the share (0 to 1, rare words weigh more)."""
        wanted = stems(text)
        if not wanted:
            return None, 0.0
        ceiling = 0.7 * math.log(1 + 2 * len(self.passages) + 1)
        weights = {word: self._idf.get(word, ceiling) for word in wanted}
        total = sum(weights.values())
        best: tuple[float, float, Passage] | None = None
        for passage in self.passages:
            # In the order of `wanted`: a sum over a set would depend on the order of the set.
            shared = [word for word in wanted if word in passage.stems]
            if len(shared) < min(2, len(wanted) - 1) or (len(wanted) <= SHORT_NAME and not passage.near(shared)):
                continue  # one common word is no closeness, nor are the words of a name far apart
            share = sum(weights[word] for word in shared) / total
            if share > 0 and (best is None or (share, _PLACE_WORTH.get(passage.place, 0)) > best[:2]):
                best = (share, _PLACE_WORTH.get(passage.place, 0), passage)
        return (best[2], best[0]) if best else (None, 0.0)

    def denial(self, text: str) -> Passage | None:
        """A passage that negates at least half of what `text` is about."""
        wanted = stems(text)
        share = {p: sum(word in p.denied_stems for word in wanted) for p in self.passages if p.denied_stems}
        best = max(share, key=lambda passage: share[passage], default=None)
        return best if best and wanted and share[best] * 2 >= len(wanted) else None

    def _worth(self, passage: Passage, topic: frozenset[str]) -> float:
        overlap = len(topic & passage.stems)
        return (
            _PLACE_WORTH.get(passage.place, 0.0)
            + 0.5 * min(overlap, 4)
            + bool(_METRIC.search(passage.text))
            + (width(passage.text) >= 30)
            - passage.dated
        )


def _is_name(line: str) -> bool:
    return _NAME.fullmatch(line.strip(" #*=")) is not None and heading_kind(line) in (None, "title")


def claimed(text: str) -> str:
    """`text` without what it negates ("no experience with Kafka", "没做过：归因")."""
    return "\n".join(_NEGATED.sub(" ", part) for part in _BUT.split(text)) if _NEGATED.search(text) else text


def _claim(text: str, start: int, end: int) -> tuple[bool, bool]:
    """(whether the clause claims the name at that place, whether only its basics)."""
    before = re.split(r"[，,。；;.|](?=\s|[\u3400-\u9fff])", text[:start])[-1]
    before = _BUT.split(before)[-1]
    after = text[end : end + 80]
    if (
        _NEGATED_LIST_BEFORE.search(text[:start])
        or _negated(text, start - len(before), start)
        or _NEGATED_AFTER.match(_BUT.split(after)[0])
    ):
        return False, False
    return True, bool(_WEAK_BEFORE.search(before) or _WEAK_AFTER.match(after) or _WEAK_LATER.match(after))


def _negated(text: str, clause: int, start: int) -> bool:
    """Whether a word that negates stands between `clause` and `start` and reaches there. It is looked for in the whole
    text, as what follows a name may be part of it: "无Vue经验"."""
    for match in _NOT.finditer(text, clause):
        if match.end() > start:
            return False
        reach = _REACH_LATIN if match[0].isascii() else _REACH_HAN
        if reach.fullmatch(text, match.end(), start):
            return True
    return False


def gather(sources: Mapping[Source, str], today: date) -> Evidence:
    """The evidence in the documents; contact lines are none, and wishes only show a will. What a document
    says to a model is gone before, in `core.stuffing`."""
    evidence = Evidence()
    for source in _SOURCE_ORDER:
        _read_source(evidence, source, sources.get(source, ""), today)
    evidence.index()
    return evidence


def _read_source(evidence: Evidence, source: Source, text: str, today: date) -> None:
    section, place = "", "head"
    text = rejoin(clean_resume(text), lambda row: heading_kind(row) is not None)
    own: list[Passage] = []
    for number, line in enumerate(read_lines(text)):
        if _PERSONAL.search(line.text) or (number == 0 and _is_name(line.text)):
            continue
        kind = None if line.bullet and width(line.text) > 24 else heading_kind(line.text)
        body, title, where = line.text, section, place
        inline = _INLINE_LABEL.match(body)
        if kind is None and (looks_like_heading(line) or (place not in _TOLD_BY_LINES and _in_capitals(line))):
            kind = "unknown"
        if kind:
            # The name of the document opens nothing.
            section, place = body.strip(" #*【】[]：:=-—■◆●▌|"), "head" if kind == "title" else kind
            continue
        if inline and (named := heading_kind(inline[1])) and (place != "experience" or named in _OWN_LINE):
            title, where = inline[1].strip(), named
            if where in _OWN_LINE:
                section, place = title, where
        if _CONTACT.search(body):
            continue
        found = [
            Passage(source, piece, title, where, number, bool(date_ranges(piece, today)) and width(piece) <= 80)
            for piece in pieces(body)
        ]
        for passage in found:
            wish = where in _SKIPPED or _WISH.match(passage.text)
            (evidence.asides if wish else own).append(passage)
    evidence.passages += own
    evidence.jobs += _jobs(outline(text, today).positions, own, today)


def _in_capitals(line: Line) -> bool:
    """A short line all in capitals, of no known name."""
    text = line.text
    return (
        text.isascii()
        and text.isupper()
        and not line.bullet
        and 4 <= len(text) <= 40
        and not any(c.isdigit() or c in ",|@" for c in text)
    )


def _jobs(positions: Sequence[Position], passages: Sequence[Passage], today: date) -> list[Job]:
    jobs: list[Job] = []
    seen: list[str] = []
    for position in positions:
        if position.period is None:
            continue
        seen.append(position.period.text)
        dated = [passage for passage in passages if position.period.text in passage.text]
        head = _head(position, dated) or _head(position, passages)
        if head:
            under = tuple(claimed(line.text) for line in position.lines)
            title = " ".join(part for part in (position.role, position.team) if part)
            title = title or head.text.replace(position.period.text, " ")
            jobs.append(Job(position.period, head, title, (position.company, *under)))
    return jobs + _told(passages, seen, today)


def _told(passages: Sequence[Passage], seen: Sequence[str], today: date) -> list[Job]:
    """Positions told in a sentence: "2023年6月到现在，我在…做前台接待". Less than a month is an event."""
    return [
        Job(period, passage, "" if ends_sentence(passage.text) else passage.text, (passage.text,))
        for passage in passages
        if passage.place == "experience" and not any(text in passage.text for text in seen)
        for period in date_ranges(passage.text, today)[:1]
        if (period.end - period.start).days >= SHORTEST_POSITION and not period.text.lower().startswith("since")
    ]


def _head(position: Position, passages: Sequence[Passage]) -> Passage | None:
    """The passage that says most of who employed whom as what."""
    parts = [part for part in (position.role, position.company) if part]
    named = [passage for passage in passages if any(part in passage.text for part in parts)] or list(passages)
    return max(named, key=lambda passage: sum(part in passage.text for part in parts), default=None)


def pieces(line: str) -> list[str]:
    """`line` in quotable pieces, each a verbatim substring of at most `LONGEST_QUOTE` characters."""
    if len(line) <= LONGEST_QUOTE and (width(line) <= 120 or len(sentences(line)) == 1):
        return [line]
    found: list[str] = []
    for sentence in sentences(line):
        while len(sentence) > LONGEST_QUOTE:
            cuts = [match.start() for match in _CUT.finditer(sentence, 20, LONGEST_QUOTE)]
            at = cuts[-1] if cuts else sentence.rfind(" ", 20, LONGEST_QUOTE)
            at = at if at > 0 else LONGEST_QUOTE
            found.append(sentence[:at].strip())
            sentence = sentence[at:].lstrip(" ,，;；-–—")  # noqa: PLW2901 - what is left of it
        found.append(sentence)
    return [piece for piece in found if any(c.isalnum() for c in piece)]
