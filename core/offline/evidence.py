"""The client's documents as passages that can be quoted, and the search for the ones that answer a demand.

A passage is a verbatim, contiguous piece of one source, at most 160 characters long: a line, or a sentence or clause
of it.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from core.offline import vocabulary
from core.offline.dates import Period, date_ranges
from core.offline.lines import HAN, fold, has_han, width
from core.offline.lines import read as read_lines
from core.offline.sections import heading_kind
from core.offline.text import clean_resume, sentences, stems
from core.offline.vocabulary import RELATIONS, Relation
from core.schemas import Source

LONGEST_QUOTE = 160

_NOT_HAN = (
    r"不(?:太|是很|够|大)?(?:熟悉?|了解|会(?!议|计)|懂|擅长|精通)|没有|没(?:用|做|干|带|考|学|接触)过?|未曾|未(?:接触|使用|从事|掌握|考|取得|做)"
    r"|无(?!人|线|菌|缝|障碍|差错|事故|锡|纸|忧)|缺乏|暂无|尚未|欠缺|从未|零基础"
)
_NOT_LATIN = (
    r"\b(?:no|not|never|lack(?:s|ing)?|without any|unfamiliar with|haven't|hasn't|don't|doesn't|didn't|have not"
    r"|has not|do not|cannot|can't|isn't|little|limited)\b(?! only| just| merely)"
)
_NEGATION = re.compile(rf"(?:{_NOT_HAN})[^，,。；;]{{0,40}}$|{_NOT_LATIN}(?:\W+\w+){{0,6}}\W*$", re.I)
# The rest of a clause after the word that negates it.
# After a colon it negates the whole list: "Not yet: Spark, Airflow".
_NEGATED_LIST = rf"(?:{_NOT_HAN}|{_NOT_LATIN})[^，,。；;.:：]*[:：][^。；;.]*"
_NEGATED = re.compile(rf"{_NEGATED_LIST}|(?:{_NOT_HAN}|{_NOT_LATIN})[^，,。；;.]*", re.I)
_NEGATED_LIST_BEFORE = re.compile(rf"{_NEGATED_LIST}$", re.I)
_NEGATED_AFTER = re.compile(
    r"^[^，,。；;]{0,8}?(?:不熟|未接触|没用过|经验不足|基础薄弱|没有经验|为零)"
    r"|^[^,.;]{0,24}?\b(?:not (?:yet )?(?:used|obtained|held|started"
    r"|known)|expired)\b",
    re.I,
)
_BUT = re.compile(r"但是?|不过|然而|\bbut\b|\bhowever\b|\balthough\b|\bthough\b", re.I)
_WEAK_BEFORE = re.compile(
    r"(?:了解|接触过|入门|初步|正在学习|自学中?|学习中|公司(?:正在|正|计划|准备|将)(?:上线|引入|切换|迁移)|备考|计划考?)[^，,。；;]{0,16}$|\b(?:basic|beginner"
    r"|exposure to|currently learning"
    r"|learning|coursework in|some knowledge of|studying(?: for)?|introductory|familiar with|familiarity with"
    r"|plan(?:ning)? to|(?:is|are|was|were) (?:moving|migrating|switching|changing)"
    r"(?: from [^,.;]{1,40}?)? to)\W+(?:\w+\W+){0,5}$",
    re.I,
)
_WEAK_AFTER = re.compile(
    r"^\W{0,3}(?:正在学习|学习中|入门|备考中?|在考|基础了解|（了解）|\(了解\)|了解|自学|初学|\((?:basic|beginner"
    r"|learning|in progress"
    r"|expected)[^)]*\)|(?:is )?in progress|\bexpected\b|coursework)",
    re.I,
)
_CONTACT = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+\.\w|(?<!\d)1[3-9]\d{9}(?!\d)|\+?\d{1,3}[ -]?\(?\d{3}\)?[ -]\d{3}[ -]?\d{4}"
    r"|(?:电话|手机|邮箱"
    r"|微信|姓名"
    r"|phone|e-?mail|tel)\s*[:：]|linkedin\.com|github\.com/",
    re.I,
)
_METRIC = re.compile(r"\d")
_CUT = re.compile(r"[，,；;](?!\d)|\s[-–—]\s")
_SKIPPED = frozenset({"contact", "objective", "title"})
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
    def stems(self) -> frozenset[str]:
        """What the passage claims to be about: what it negates is left out."""
        return frozenset(stems(claimed(self.text)))

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


@dataclass(frozen=True)
class Job:
    """A dated stretch of work and everything written under it."""

    period: Period
    head: Passage
    text: str


@dataclass
class Evidence:
    """Both documents, ready to be searched. Build it with `gather`."""

    passages: list[Passage] = field(default_factory=list)
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

    def terms(self, want: str, about: str = "") -> list[Found]:
        """Evidence for a term, the best first: nearest relation, then full before basic, then place and wording."""
        topic = frozenset(stems(about))
        found = []
        for have, places in self.names.items():
            relation = vocabulary.relation(have, want)
            if relation:
                found += [Found(passage, relation, written, weak) for passage, written, weak in places]
        found.sort(
            key=lambda f: (
                RELATIONS.index(f.relation),
                f.weak,
                -self._worth(f.passage, topic),
                f.passage.source != "resume",
                f.passage.line,
            )
        )
        return found

    def closest(self, text: str) -> tuple[Passage | None, float]:
        """The passage that shares most of what `text` is about, and the share (0 to 1, rare words weigh more)."""
        wanted = stems(text)
        if not wanted:
            return None, 0.0
        ceiling = math.log(1 + 2 * len(self.passages) + 1)
        weights = {word: self._idf.get(word, ceiling) for word in wanted}
        total = sum(weights.values())
        best: tuple[float, float, Passage] | None = None
        for passage in self.passages:
            # In the order of `wanted`: a sum over a set would depend on the order of the set.
            share = sum(weights[word] for word in wanted if word in passage.stems) / total
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


def claimed(text: str) -> str:
    """`text` without what it negates ("no experience with Kafka", "没做过：归因")."""
    return "\n".join(_NEGATED.sub(" ", part) for part in _BUT.split(text)) if _NEGATED.search(text) else text


def _claim(text: str, start: int, end: int) -> tuple[bool, bool]:
    """(whether the clause claims the name at that place, whether only its basics)."""
    before = re.split(r"[，,。；;.](?=\s|[\u3400-\u9fff])", text[:start])[-1]
    before = _BUT.split(before)[-1]
    after = text[end : end + 40]
    if (
        _NEGATED_LIST_BEFORE.search(text[:start])
        or _NEGATION.search(before)
        or _NEGATED_AFTER.match(_BUT.split(after)[0])
    ):
        return False, False
    return True, bool(_WEAK_BEFORE.search(before) or _WEAK_AFTER.match(after))


def gather(sources: Mapping[Source, str], today: date) -> Evidence:
    """The evidence in the documents; contact lines, wishes and lines that address a model are no evidence."""
    evidence = Evidence()
    for source in _SOURCE_ORDER:
        _read_source(evidence, source, sources.get(source, ""), today)
    evidence.index()
    return evidence


def _read_source(evidence: Evidence, source: Source, text: str, today: date) -> None:
    section, place = "", "head"
    dated: list[tuple[Period, Passage, int]] = []
    parts: list[tuple[str, str]] = []  # (line, place), for the text of a job
    for number, line in enumerate(read_lines(clean_resume(text))):
        kind = None if line.bullet and width(line.text) > 24 else heading_kind(line.text)
        body, title, where = line.text, section, place
        inline = re.match(r"[【\[]?([^:：】\]]{2,16})[】\]]?\s*[:：]\s*(?=\S)", body)
        if kind:
            section, place = body.strip(" #*【】[]:：=-—■◆●▌|"), kind
            continue
        if inline and place != "experience" and (named := heading_kind(inline[1])):
            title, where = inline[1].strip(), named
        parts.append((body, where))
        if where in _SKIPPED or _CONTACT.search(body):
            continue
        for piece in pieces(body):
            periods = date_ranges(piece, today)
            passage = Passage(source, piece, title, where, number, bool(periods) and width(piece) <= 80)
            evidence.passages.append(passage)
            if where == "experience" or (
                where in ("head", "projects", "unknown", "other") and not _SCHOOL.search(piece)
            ):
                # Less than a month is an event, not a position.
                dated += [(p, passage, len(parts) - 1) for p in periods if (p.end - p.start).days >= 25]
    for index, (period, passage, at) in enumerate(dated):
        # A position's head may be split: company and role on the line before the dates.
        first = (
            at - 1
            if at
            and not _ends(parts[at - 1][0])
            and width(parts[at - 1][0]) <= 60
            and (index == 0 or dated[index - 1][2] < at - 1)
            else at
        )
        last = dated[index + 1][2] if index + 1 < len(dated) else len(parts)
        under = [claimed(line) for line, kind in parts[first:last] if kind == passage.place]
        head = passage
        if (
            first < at
            and parts[first][1] == passage.place
            and not _CONTACT.search(parts[first][0])
            and len(parts[first][0]) <= LONGEST_QUOTE
            and not _role_like(passage.text.replace(period.text, " "))
        ):
            head = Passage(source, parts[first][0], passage.section, passage.place, passage.line, dated=True)
        evidence.jobs.append(Job(period, head, "\n".join(under)))


_SCHOOL = re.compile(
    r"大学|学院|本科|硕士|博士|中学|(?<![a-z])(?:university|college|bachelor|master of|b\.s\.|m\.s\.|bsc|msc"
    r"|gpa)(?![a-z])",
    re.I,
)


def _ends(text: str) -> bool:
    return text[-1:] in "。；;.!！?？"


def _role_like(text: str) -> bool:
    """Whether a line with dates says more than the dates."""
    return len(re.sub(rf"[^A-Za-z{HAN}]", "", fold(text))) >= 8 or (
        has_han(text) and len(re.findall(f"[{HAN}]", text)) >= 6
    )


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
