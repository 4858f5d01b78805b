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

from core.offline import deeds, vocabulary
from core.offline.claims import claim, claimed, denied
from core.offline.dates import Period, date_ranges
from core.offline.lines import HAN, Line, ends_sentence, rejoin, width
from core.offline.lines import read as read_lines
from core.offline.outline import outline
from core.offline.positions import Position
from core.offline.sections import heading_kind, looks_like_heading
from core.offline.text import clean_resume, sentences, stem_counts, stem_sequence, stems
from core.offline.vocabulary import RELATIONS, Relation
from core.schemas import Source

LONGEST_QUOTE = 160
SHORTEST_POSITION = 25  # days
SHORT_NAME = 3  # words
_SHORT = re.compile(r"[A-Z][A-Z0-9]{1,2}")

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
    rf"(?!.*[师员生理计士管监长人]$)[{HAN}]{{2,4}}(?:·[{HAN}]{{1,6}})?"
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
# Where work is told, and not only listed.
_ACCOUNTS = frozenset({"experience", "projects", "open_source", "summary", "other", "unknown", "head"})
_BARE_DATES = re.compile(r"\W*(?:(?:dates?|period|time|when|时间|起止时间|任职时间|在职时间)\W*)?", re.I)
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
        return frozenset(word for part in denied(self.text) for word in stems(part))


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
                stated, weak = claim(passage.text, hit.start, hit.end)
                if stated:
                    self.names.setdefault(hit.name, []).append((passage, written, weak))
                else:
                    self.denied.setdefault(hit.name, []).append(passage)
            for word in passage.stems:
                counts[word] = counts.get(word, 0) + 1
        total = len(self.passages)
        # BM25's inverse document frequency (Robertson, Sparck Jones), never negative.
        self._idf = {word: math.log(1 + (total - n + 0.5) / (n + 0.5)) for word, n in counts.items()}

    @cached_property
    def words(self) -> Mapping[str, int]:
        """What the documents are about as a whole: every stem, and how often it is there."""
        return stem_counts("\n".join(passage.claimed for passage in self.everything))

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
        found += self._described(want)
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

    def _described(self, want: str) -> list[Found]:
        """The accounts of work that tell of a term in other words."""
        technique = bool(self._told) and vocabulary.is_technique(want)
        found = []
        for passage in self._told:
            if span := deeds.told(want, passage.text):
                stated, weak = claim(passage.text, *span)
                if stated:
                    found.append(Found(passage, "instance", passage.text[slice(*span)], weak, technique))
        return found

    @cached_property
    def _told(self) -> list[Passage]:
        return [passage for passage in self.passages if passage.place in _ACCOUNTS and not passage.dated]

    def named(self, name: str) -> tuple[Passage | None, bool, bool]:
        """(the best passage with a name that no lexicon has, whether it is claimed, whether only its basics). "CAN" is
        not "can": one of three letters is found as it is written."""
        case = re.NOFLAG if _SHORT.fullmatch(name) else re.I
        pattern = re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", case)
        best: tuple[tuple[bool, bool, float], Passage] | None = None
        for passage in self.passages:
            for match in pattern.finditer(passage.text):
                stated, weak = claim(passage.text, match.start(), match.end())
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
        if head and _BARE_DATES.fullmatch(head.text.replace(position.period.text, "")):
            # "Dates: 2018 - 2022" says nothing without the line above it that does.
            above = [passage for passage in passages if passage.source == head.source and passage.line <= head.line]
            head = next((p for p in reversed(above) if position.role and position.role in p.text), head)
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
