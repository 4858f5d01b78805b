"""A job description taken apart: which lines are headings, and what kind of thing each sentence is.

Headings decide where they exist; elsewhere each sentence gives itself away by how it is worded.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import takewhile

from core.offline import clauses, headings, vocabulary
from core.offline.cutting import Piece, split
from core.offline.demands import years_in
from core.offline.job_terms import cue, job_terms
from core.offline.lines import OPEN_END, Line, ends_sentence, has_han, rejoin, width
from core.offline.lines import join as join_lines
from core.offline.lines import read as read_lines
from core.offline.text import clean, sentence_spans, sentences
from core.offline.unflatten import opens_demand, restore

_DEMANDING = ("requirements", "nice")
_DEMANDING_CUES = ("requirement", "nice")
_ABOUT_OTHERS = ("notice", "apply", "benefits", "company")
_NOT_ASKED = ("notice", "apply", "benefits")
_CUE_ORDER = ("notice", "apply", "benefits", "nice", "requirement", "company", "responsibility")
ICONS = re.compile("[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]\ufe0f?")
_ICON_BULLET = re.compile(rf"(?:^|(?<=\s))\s*(?:{ICONS.pattern})+\s*", re.M)
_STATUS_BAR = re.compile(r"^\s*\d{1,2}:\d{2}\b[^\n]*\d%\s*$", re.M)  # of the phone a screenshot was taken with
# What only calls attention, alone or around the title: "URGENTLY HIRING!!", "Warehouse Associate - NOW HIRING".
_CALL = (
    r"(?:urgently|now|immediately|actively|currently|we(?:['’]re| are)(?: now)?)[ -]+(?:hiring|recruiting)(?: now)?"
    r"|(?:urgent|immediate|new)(?: job)? (?:hire|hiring|opening|opportunity|vacancy)s?|hiring (?:now|immediately|asap)"
    r"|immediate(?:ly)? start|(?:job|vacancy) alert|join (?:us|our team)|help wanted|urgent|hot job|apply today"
)
_CALL_ALONE = re.compile(
    rf"\W*(?:{_CALL}|hiring|(?:高薪|热|现|急|诚|直)*(?:招聘?|聘)(?:启事|信息|公告)?|招贤纳士|虚位以待|加入我们|急|热招中|招人啦?)"
    rf"(?:\W+(?:{_CALL}))*\W*",
    re.I,
)
_CALL_BEFORE = re.compile(rf"^\W*(?:{_CALL})(?:\s*[!！:：|·*~]+\s*|\s+[-–—]+\s+)(?=.*[^\W\d])", re.I)
_CALL_AFTER = re.compile(rf"(?:\s+[-–—]+|\s*[,!！|·*~(（\[])\s*(?:{_CALL})\W*$", re.I)
_INLINE_NUMBER = re.compile(
    r"(?<=[。；;.!！：:】\s])(?<!\d[:：])\s*(?=(?:[(（]?\d{1,2}[、)）]|\d{1,2}\.(?=\s*[^\d\s]|\s*\d+\s*(?:年|\+"
    r"|years)))(?!\s*\d+[、)）]))"
)
_HAN_NUMBER = re.compile(
    r"(?:[（(](?:[一二三四五六七八九十]{1,3}|\d{1,2})[)）]|[一二三四五六七八九十]{1,3}[、.．]|[①-⑳])\s*(?=\S)"
)
# What the posting says to, or of, the applicant.
_ADDRESSED = re.compile(
    r"You (?:are|have|should|must|need|can|know|will (?:be|have|need)(?! (?:responsible|working|joining|part)\b))\b"
    r"|You(?:['’](?:re|ve))\b"
    r"|You['’]ll (?:be (?:an?|able|comfortable|confident)|have|need)\b|We(?: are|['’]re)? (?:looking|seeking|need"
    r"|require|expect|want|ask)\w*\b"
    r"|The (?:successful|ideal|right|selected) (?:candidate|applicant|person)\b"
)
_INLINE_LETTER = re.compile(r"(?:(?<=\s)|^)\(?[a-h][).]\s+(?=\S)")
_INLINE_BULLET = re.compile(r"\s+(?=[•●▪■◆◦✓✔➤►]\s*)|(?<=[\w.;)])(?=[•●▪■]\s)")

# Patterns look back and ahead inside a line: a paragraph without a line break must not make them slow.
LONGEST_LINE = 600
# A wider line with more sentences is a paragraph, and no item of a list.
LONGEST_ITEM, MOST_SENTENCES = 160, 2
_PART = re.compile(rf"[^\n]{{1,{LONGEST_LINE - 1}}}(?:[\s。；;，,、.]|$)|[^\n]{{1,{LONGEST_LINE}}}")


@dataclass
class _Section:
    kind: str
    title: str
    lines: list[Line] = field(default_factory=list)


@dataclass
class Posting:
    """What a posting adds up to, all of it verbatim and in order; `text` is the whole, cleaned."""

    text: str
    flat: bool = False  # whether line breaks had been lost
    titled: bool = False  # whether a heading sets the demands apart
    head: list[str] = field(default_factory=list)
    responsibilities: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    company: list[str] = field(default_factory=list)
    rest: list[tuple[str, list[str]]] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)  # of `rest`, the sentences that no heading and no cue explains


def is_section_name(text: str) -> bool:
    """Whether the text is the usual name of a section and nothing else; short names, which are words too, are not, nor
    the last word of a sentence."""
    return width(text.strip()) >= 8 and headings.named(text) is not None and text.rstrip()[-1] not in ".。;；,，"


@cache
def _inline_heading() -> re.Pattern[str]:
    """A heading in the middle of a line: in brackets, or followed by a colon."""
    names = sorted(
        (name for names in job_terms()["headings"].values() for name in names if width(name) >= 8),
        key=lambda n: (-len(n), n),
    )
    joined = "|".join(re.escape(name) for name in names)
    return re.compile(rf"(?<=[\s。；;.!！)）])\s*([【\[]?(?:{joined})[】\]]?\s*[:：]|[【\[](?:{joined})[】\]])", re.I)


def _heading(line: Line) -> tuple[str, str, str] | None:
    """(kind, title, rest of the line) of a line that opens a section; kind "other" for a heading not known."""
    bare = ICONS.sub("", line.text).strip(" *#_=~-—")
    bracket = re.match(r"[【\[](?P<title>[^】\]]{1,30})[】\]]\s*[:：]?\s*(?P<rest>.*)$", bare)
    colon = re.match(r"(?P<title>[^:：。；;]{1,100}?)[:：][\s*_]*(?P<rest>.*)$", bare)
    for match in (bracket, colon):
        if match and (kind := headings.kind(match["title"].strip(" *_"))):
            return kind, match["title"].strip(" *_"), match["rest"].strip()
    if kind := headings.kind(bare) or headings.introduced(bare):
        return kind, bare, ""
    if _CALL_ALONE.fullmatch(bare):
        return None
    if (
        (bracket and not bracket["rest"])
        or line.mark.startswith("#")
        or (line.text.lstrip().startswith("**") and len(bare) < 40)
    ):
        return "other", (bracket["title"] if bracket else bare), ""
    return None


def _lines(text: str) -> list[Line]:
    text = _inline_heading().sub(r"\n\1", text)
    rows = []
    for row in text.split("\n"):
        if len(_INLINE_NUMBER.findall(row)) >= 2:
            row = _INLINE_NUMBER.sub("\n", row)  # noqa: PLW2901 - the row, cut at its numbers
        if len(_INLINE_LETTER.findall(row)) >= 2:
            row = _INLINE_LETTER.sub("\n• ", row)  # noqa: PLW2901
        rows += [part for item in _INLINE_BULLET.sub("\n", row).split("\n") for part in _paragraph(item)]
    return _unwrapped([_unnumbered(line) for line in read_lines(_ICON_BULLET.sub("\n• ", "\n".join(rows)))])


def _paragraph(row: str) -> list[str]:
    """A paragraph as its sentences, so that one which names what follows ("What's needed: ...") is seen."""
    spans = sentence_spans(row) if width(row) > LONGEST_ITEM else []
    parts = [row[start:stop].strip() for start, _, stop in spans]
    parts = [part.rstrip(".") if headings.kind(part.rstrip(".")) else part for part in parts]
    return [part for part in parts if any(c.isalnum() for c in part)] if len(parts) > MOST_SENTENCES else [row]


def _unnumbered(line: Line) -> Line:
    """A line without a Chinese number before it ("（一）", "二、"), which then is its bullet."""
    number = _HAN_NUMBER.match(line.text)
    if not number or _heading(line):
        return line
    return replace(line, text=line.text[number.end() :], mark=line.mark or number[0].strip())


def _unwrapped(lines: Sequence[Line]) -> list[Line]:
    """Wrapped lines put together: the next one has no bullet and starts in lower case or with a comma."""
    joined: list[Line] = []
    widest = max((width(line.text) for line in lines), default=0)
    for line in lines:
        before = joined[-1] if joined else None
        # A bullet that fills the column and ends in the middle of a Chinese sentence goes on.
        full = (
            before is not None
            and before.bullet
            and has_han(before.text[-1:])
            and width(before.sources[-1]) >= max(50, 0.9 * widest)
        )
        # A line in lower case goes on the one before, unless both are items of a list without marks.
        goes_on = before is not None and (
            width(before.sources[-1]) >= 0.6 * widest or OPEN_END.search(before.sources[-1])
        )
        starts_low = (line.text[0].islower() and goes_on) or line.text[0] in ",，、)）"
        if (
            before
            and not line.mark
            and not ends_sentence(before.sources[-1])
            and len(before.text) < LONGEST_LINE
            and (starts_low or full)
            and not _heading(before)
        ):
            joined[-1] = join_lines(before, line)
        else:
            joined.append(line)
    return [part for line in joined for part in _capped(line)]


def _capped(line: Line) -> list[Line]:
    """A line in parts of at most `LONGEST_LINE` characters, cut at white space or a mark where there is one."""
    parts = list(_PART.finditer(line.text)) if len(line.text) > LONGEST_LINE else []
    return [replace(line, text=part[0].strip()) for part in parts if any(c.isalnum() for c in part[0])] or [line]


@cache
def _furniture() -> re.Pattern[str]:
    names = "|".join(r"\s+".join(map(re.escape, name.split())) for name in job_terms()["furniture"]["names"])
    return re.compile(rf"\W*(?:{names})(?:\W+(?:{names}))*\W*", re.I)


def _unfurnished(text: str) -> str:
    """`text` without the rows that are buttons of the page it stood on; one that opens a section further down stays."""
    kept: list[str] = []
    below = False
    for row in text.split("\n"):
        button = len(row) <= LONGEST_ITEM and _furniture().fullmatch(row) is not None
        opens = headings.kind(row.strip(" *#_:：")) is not None
        if not button or (opens and below):
            kept.append(row)
            below = below or opens
    return "\n".join(kept)


def read_posting(text: str) -> Posting:
    """Every line of a posting under what it is about; markup and the status bar of a phone are dropped."""
    printed = rejoin(
        _unfurnished(_STATUS_BAR.sub("", clean(text))), lambda row: headings.kind(row.strip(" *#_:：")) is not None
    )
    text = restore(printed)
    sections = [_Section("head", "")]
    lines = _lines(text)
    for at, line in enumerate(lines):
        found = _heading(line)
        if at and (found is None or found[0] == "other") and (told := _told_by_bullets(line, lines[at + 1 :])):
            found = told, line.text.strip(" *:："), ""
            if sections[-1].kind == "head":
                sections[-1].lines.append(line)  # it may be the title as well
        if found:
            kind, title, rest = found
            before = sections[-1]
            sections.append(_Section(kind, title))
            back = before if before.kind in ("head", "responsibilities", *_DEMANDING) else _Section("other", "")
            if rest:
                sections[-1].lines.append(replace(line, text=rest))
            # "Location: Columbus" is a fact in passing; what follows it belongs where it stood.
            if rest and (kind == "apply" or (kind == "benefits" and headings.is_fact(title))):
                sections.append(_Section(back.kind, back.title))
        elif sections[-1].kind == "apply" and sections[-1].lines and headings.is_fact(sections[-1].title):
            sections.append(_Section("other", "", [line]))
        else:
            sections[-1].lines.append(line)
    posting = Posting(text, flat=text != printed)
    among_duties = [line for section in sections if section.kind == "responsibilities" for line in section.lines]
    titled = any(section.kind == "requirements" and section.lines for section in sections)
    posting.titled = titled
    titled = titled or sum(_is_demand(line.text) for line in among_duties) >= 3
    for section in sections:
        _read_section(posting, section, titled)
    return posting


def _told_by_bullets(line: Line, following: Sequence[Line]) -> str:
    """The kind of section an unknown short heading opens, by what most bullets under it look like; or ""."""
    if line.bullet or width(line.text) > 48 or re.search(r"[.。；;，,!！?？]$", line.text):
        return ""
    bullets = [item.text for item in takewhile(lambda item: item.bullet, following)]
    duties = sum(bool(cue("responsibility").match(text)) and not years_in(text) for text in bullets)
    demands = sum(_asks(text) for text in bullets) - duties
    share = len(bullets) / 2
    return "requirements" if bullets and demands >= share else "responsibilities" if duties > share else ""


def _asks(text: str) -> bool:
    """Whether a line looks like a demand: it is worded as one, or is short and names a skill."""
    if any(cue(name).search(text) for name in ("notice", "apply", "benefits")):
        return False
    hits = vocabulary.find(text) if width(text) <= 60 else ()
    return bool(cue("requirement").search(text)) or any(vocabulary.kind(h.name) in vocabulary.HARD_KINDS for h in hits)


def _read_section(posting: Posting, section: _Section, titled: bool) -> None:
    texts = [line.text for line in section.lines]
    if section.kind in ("company", "benefits", "apply"):
        told = [sentence for text in texts for sentence in _read_aside(posting, text)]
        if section.kind == "company":
            posting.company += told
        else:
            posting.rest.append((section.title, told))
    elif section.kind in ("responsibilities", *_DEMANDING):
        for line in section.lines:
            _read_told(posting, line, section)
    else:
        # Before the first heading stand title, company and place, one short line each.
        first = section.lines[:8] if section.kind == "head" else []
        # The very first line is the title, however loudly it advertises.
        top = [line for at, line in enumerate(first) if _is_short(line) or (not at and _is_banner(line))]
        posting.head += [text for line in top if (text := _uncalled(line.text))]
        others = [line for line in section.lines if line not in top]
        untold = [text for line in others for text in _read_free(posting, line, titled)]
        posting.untold += [text for text in untold if not any(cue(name).search(text) for name in _ABOUT_OTHERS)]
        posting.rest.append((section.title, untold))


def _uncalled(line: str) -> str:
    """A line at the top without what only calls attention; empty when it does nothing else."""
    if _CALL_ALONE.fullmatch(line):
        return ""
    return _CALL_AFTER.sub("", _CALL_BEFORE.sub("", line)).strip()


def _read_aside(posting: Posting, text: str) -> list[str]:
    """A line about the firm or what it offers; demands that slipped in are taken out of it."""
    rest = []
    for sentence in sentences(text):
        if _is_demand(sentence) and not any(cue(name).search(sentence) for name in ("notice", "apply", "benefits")):
            posting.pieces += split(sentence)
        else:
            rest.append(sentence)
    return [text] if len(rest) == len(sentences(text)) else rest


def _is_short(line: Line) -> bool:
    parted = re.search(r"\s[·|｜]\s", line.text) is not None
    return not line.bullet and width(line.text) <= (140 if parted else 90) and not ends_sentence(line.text)


def _is_banner(line: Line) -> bool:
    return not line.bullet and width(line.text) <= 90 and line.text.endswith(("!", "！"))


def _read_told(posting: Posting, line: Line, section: _Section) -> None:
    """A line under a telling heading: benefits, legal notices and blurbs that slipped in are still told apart."""
    text = line.text
    listed = not posting.flat and (line.bullet or not ends_sentence(text))
    asks = bool(cue("requirement").search(text))
    if not asks and (cue("apply").search(text) or cue("benefits").search(text)):
        posting.rest.append((section.title, [text]))
    elif section.kind == "responsibilities" and not _is_demand(text):
        posting.responsibilities.append(text.rstrip("；; "))
    elif not asks and cue("company").search(text):
        posting.company.append(text)
    else:
        for sentence in sentences(text):
            if _fact(sentence):
                posting.head.append(sentence)
            elif cue("notice").search(sentence) or _is_blurb(sentence):
                posting.rest.append((section.title, [sentence]))
            else:
                posting.pieces += split(sentence, nice=section.kind == "nice", listed=listed)


def _is_blurb(sentence: str) -> bool:
    """Whether a sentence under a demanding heading is about somebody else: the firm, the reader, the next steps."""
    if _ADDRESSED.match(sentence) and (cue("requirement").search(sentence) or _asks(sentence)):
        return False
    return cue("blurb").match(sentence) is not None and not opens_demand(sentence)


def _is_demand(text: str) -> bool:
    """Whether a line among duties is none: it opens as a demand, or asks for a degree or years."""
    return opens_demand(text) or (cue("demand").match(text) is not None)


def _fact(sentence: str) -> bool:
    """A labelled fact ("工作地点：上海") is no demand."""
    labels = job_terms()["labels"]
    names = "|".join(
        labels[name] for name in ("company", "location", "department", "team", "reporting_line", "salary_range")
    )
    return bool(re.match(rf"(?:{names})\s*[:：]", sentence, re.I))


def _read_free(posting: Posting, line: Line, titled: bool) -> list[str]:
    """Sort the clauses of a line that no heading explains; what tells nothing is returned."""
    rest: list[str] = []
    kind = ""
    for start, stop, _ in sentence_spans(line.text):
        goes_on = start > 0 and line.text[start - 1] in ";；"
        told = _clauses(line.text[start:stop].strip(), kind if goes_on else "")
        for kind, clause in told:
            if kind == "responsibility":
                posting.responsibilities.append(clause)
            elif kind in _DEMANDING_CUES and _is_vague(clause):
                rest.append(clause)
            elif kind == "nice" or (kind == "requirement" and not (titled and _is_story(line, clause))):
                posting.pieces += split(clause, listed=kind == "nice" or clauses.kind(clause) == "requirement")
            elif kind == "company":
                posting.company.append(clause)
            else:
                rest.append(clause)
    return rest


def _clauses(sentence: str, before: str) -> list[tuple[str, str]]:
    """What a sentence is about, clause by clause: (kind, text). One that does not tell goes on with the one `before`.

    A sentence that asks for nothing stays whole, and so do neighbours about the same that is no demand.
    """
    parts = clauses.cut(sentence)
    asks = any(cue(name).search(sentence) for name in _DEMANDING_CUES) or any(
        clauses.kind(sentence[start:stop]) in _DEMANDING_CUES for start, stop in parts
    )
    told: list[tuple[str, int, int]] = []
    for start, stop in parts if asks else [(0, len(sentence))]:
        kind = _told(sentence[start:stop]) or before
        if told and kind == before and kind not in _DEMANDING_CUES:
            told[-1] = kind, told[-1][1], stop
        else:
            told.append((kind, start, stop))
        before = kind
    found = [(kind, sentence[start:stop].strip()) for kind, start, stop in told]
    return [(kind, clause) for kind, clause in found if any(c.isalnum() for c in clause)]


def _told(clause: str) -> str:
    """What a clause is about, by its subject and verb or by a cue; empty when neither tells."""
    kind = clauses.kind(clause)
    found = next((name for name in _CUE_ORDER if cue(name).search(clause)), "")
    found = "requirement" if not found and cue("demand").match(clause) else found
    found = "responsibility" if found in _DEMANDING_CUES and _describes_work(clause) else found
    return found if kind == "company" and found in _NOT_ASKED else kind or found


def _is_vague(clause: str) -> bool:
    """Whether an English clause asks by subject and verb alone, for nothing with a name: "You should like games"."""
    named = vocabulary.find(clause) or years_in(clause) or vocabulary.degrees().find(clause)
    return not (has_han(clause) or named or vocabulary.fields().find(clause) or cue("substance").search(clause))


def _is_story(line: Line, sentence: str) -> bool:
    """A sentence of running text, in a posting that lists its demands elsewhere."""
    if line.bullet or years_in(sentence) or vocabulary.degrees().find(sentence):
        return False
    told = not has_han(sentence) and (ends_sentence(line.text) or width(line.text) > width(sentence) + 40)
    return told or width(sentence) > 160


def _describes_work(sentence: str) -> bool:
    """Whether a sentence tells what the job does, although it names skills or ability: it starts with a duty."""
    return (
        bool(cue("responsibility").match(sentence))
        and not years_in(sentence)
        and not vocabulary.degrees().find(sentence)
    )
