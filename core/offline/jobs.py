"""A job description as a `JobSummary`: its sections, its demands one by one, and the facts around them.

Headings decide where they exist; elsewhere each sentence gives itself away by how it is worded.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from core.offline import vocabulary
from core.offline.demands import Piece, cue, job_terms, read, split, years_in
from core.offline.lines import HAN, Line, ends_sentence, fold, has_han, width
from core.offline.lines import join as join_lines
from core.offline.lines import read as read_lines
from core.offline.text import clean, sentences
from core.schemas import JobSummary, Requirement, TitledPoints

_DEMANDING = ("requirements", "nice")
_CUE_ORDER = ("apply", "benefits", "nice", "requirement", "company", "responsibility")
_ICONS = re.compile("[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]\ufe0f?")
_ICON_BULLET = re.compile(rf"(?:^|(?<=\s))\s*(?:{_ICONS.pattern})+\s*", re.M)
_STATUS_BAR = re.compile(r"^\s*\d{1,2}:\d{2}\b[^\n]*\d%\s*$", re.M)  # of the phone a screenshot was taken with
_INLINE_NUMBER = re.compile(r"(?<=[。；;.!！：:】\s])\s*(?=(?:[(（]?\d{1,2}[、)）]|\d{1,2}\.(?=\s*[^\d\s]|\s*\d+\s*(?:年|\+|years)))(?!\s*\d+[、)）]))")
_INLINE_BULLET = re.compile(r"\s+(?=[•●▪■◆◦✓✔➤►]\s*)")
_MARKED = re.compile(r"^\s*(?:#{1,6}\s|[【\[]|\*\*)")
_SALARY = re.compile(
    r"(?:[$€£¥]|S\$|US\$|HK\$|RMB|CNY|USD|EUR|GBP)\s?\d[\d,.]*\s?[kK万]?(?:/\w+)?(?:\s?[-–—~至]\s?(?:[$€£¥]|S\$|US\$)?\s?\d[\d,.]*\s?[kK万]?)?(?:\s?(?:/|per |an |a )\s?(?:yr|year|hour|hr|mo|month|annum|day|年|月))?"
    r"(?:\s?[·*xX×]\s?\d+\s?薪)?|\d+(?:\.\d+)?\s?[-–—~至]\s?\d+(?:\.\d+)?\s?(?:[kK](?![A-Za-z])|万|千|元)(?:\s?/\s?(?:月|年))?(?:\s?[·*xX×]\s?\d+\s?薪)?|\d+(?:\.\d+)?[kK]\s?[-–—~]\s?\d+(?:\.\d+)?[kK](?:\s?[·*xX×]\s?\d+\s?薪)?"
    r"|\d{4,6}\s?[-–—~至]\s?\d{4,6}\s?(?:元|/月)?|面议"
)
_HEAD_YEARS = re.compile(r"(?:经验\s*)?\d+\s*[-–~]\s*\d+\s*年(?:以上)?|(?:经验\s*)?\d+\s*年以上")
_HEAD_SPLIT = re.compile(r"\s*[|｜/·•,，]\s*|\s{2,}|\s-\s|\s(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff\d])\s")
_AT = re.compile(r"\s(?:@|at)\s(?P<name>[A-Z][\w .&'-]{1,40})")


@dataclass
class _Section:
    kind: str
    title: str
    lines: list[Line] = field(default_factory=list)


@dataclass
class _Posting:
    """What the sections and sentences of a posting add up to, all of it verbatim and in order."""

    head: list[str] = field(default_factory=list)
    responsibilities: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    company: list[str] = field(default_factory=list)
    rest: list[tuple[str, list[str]]] = field(default_factory=list)


def summarise(text: str) -> JobSummary:
    """The structure of a job description in Chinese, English or both; same text, same result. Never fails.

    Requirements are verbatim substrings of the text (white space and removed markup aside). Benefits, company blurbs and legal
    notices are none; responsibilities are only where the text states no requirements at all.
    """
    text = _STATUS_BAR.sub("", clean(text))
    posting = _posting(text)
    title = _title(posting.head, text)
    pieces = _unique(posting.pieces) or _unique(_derived(posting.responsibilities))
    musts = [piece for piece in pieces if not piece.nice]
    pieces = [*_head_demands(posting.head, musts), *pieces]
    mentions = _mentions(text)
    duties = {hit.name for line in posting.responsibilities for hit in vocabulary.find(line)}
    musts = [piece for piece in pieces if not piece.nice]
    requirements = [_requirement(piece, title, duties, mentions) for piece in musts]
    if requirements and not any(requirement.core for requirement in requirements):
        _crown(requirements)
    optional = [_requirement(piece, "", set(), {}) for piece in pieces if piece.nice]
    every = [*requirements, *optional]

    def named(*kinds: str) -> list[str]:
        return _named(text, posting, frozenset(kinds))

    return JobSummary(
        job_title=title,
        company=_company(posting, text),
        department=_labelled("department", text),
        team=_labelled("team", text),
        seniority=_seniority(title, posting.head),
        salary_range=_salary(_labelled("salary_range", text)) or _salary(text),
        reporting_line=_labelled("reporting_line", text),
        location=_location(posting.head, text),
        responsibilities=posting.responsibilities,
        must_haves=requirements,
        nice_to_haves=optional,
        tech_stack=named("tech"),
        tools=named("tool"),
        methodologies=named("method"),
        domain_knowledge=named("skill"),
        industry=named("domain"),
        education=_first(every, "education"),
        experience=_first(every, "experience"),
        certifications=[r.text for r in every if r.category == "certification"],
        languages=[r.text for r in every if r.category == "language"],
        soft_skills=[r.text for r in every if r.category == "soft"],
        business_goals=_goals(posting.responsibilities),
        relocation=_relocation(text),
        company_info="\n".join(posting.company),
        other_requirements=[r.text for r in every if r.category == "other"],
        raw_sections=[TitledPoints(title=title, points=points) for title, points in posting.rest if points],
    )


# --- sections -------------------------------------------------------------------------------------------------


def _key(text: str) -> str:
    return "".join(c for c in fold(text).casefold().replace("’", "'") if c.isalnum())


@cache
def _headings() -> dict[str, str]:
    return {_key(name): kind for kind, names in job_terms()["headings"].items() for name in names}


@cache
def _inline_heading() -> re.Pattern[str]:
    """A heading in the middle of a line: in brackets, or followed by a colon."""
    names = sorted((name for names in job_terms()["headings"].values() for name in names if width(name) >= 8), key=lambda n: (-len(n), n))
    joined = "|".join(re.escape(name) for name in names)
    return re.compile(rf"(?<=[\s。；;.!！)）])\s*(?=[【\[]?(?:{joined})[】\]]?\s*[:：]|[【\[](?:{joined})[】\]])", re.I)


def _heading(line: Line) -> tuple[str, str, str] | None:
    """(kind, title, rest of the line) of a line that opens a section; kind "other" for a heading not known."""
    bare = _ICONS.sub("", line.text).strip(" *#_=~-—")
    bracket = re.match(r"[【\[](?P<title>[^】\]]{1,30})[】\]]\s*[:：]?\s*(?P<rest>.*)$", bare)
    colon = re.match(r"(?P<title>[^:：。；;，,]{1,48}?)\s*[*_]*\s*[:：]\s*[*_]*\s*(?P<rest>.*)$", bare)
    for match in (bracket, colon):
        if match and (kind := _kind(match["title"])):
            return kind, match["title"].strip(), match["rest"].strip()
    if kind := _kind(bare):
        return kind, bare, ""
    if bracket and not bracket["rest"] or line.mark.startswith("#") or (line.text.lstrip().startswith("**") and len(bare) < 40):
        return "other", (bracket["title"] if bracket else bare), ""
    return None


def _kind(title: str) -> str | None:
    if width(title) > 60:
        return None
    title = re.sub(r"^[（(]?[一二三四五六七八九十\d]{1,2}[)）、.．]\s*", "", title.strip())
    if found := _headings().get(_key(title)):
        return found
    plain = re.sub(r"[（(][^（）()]*[)）]", "", title)
    han = _key("".join(re.findall(f"[{HAN}]+", plain)))
    latin = _key(re.sub(f"[{HAN}]+", " ", plain))
    parts = [_headings().get(_key(part)) for part in re.split(r"[/&|+、与和及]|\band\b", plain) if _key(part)]
    if len(parts) > 1 and all(parts):
        return parts[0]
    known = [_headings().get(part) for part in (han, latin) if part]
    return known[0] if known and all(known) else None


def _lines(text: str) -> list[Line]:
    text = _inline_heading().sub("\n", text)
    rows = []
    for row in text.split("\n"):
        if len(_INLINE_NUMBER.findall(row)) >= 2:
            row = _INLINE_NUMBER.sub("\n", row)  # noqa: PLW2901 - the row, cut at its numbers
        rows.append(_INLINE_BULLET.sub("\n", row))
    return _unwrapped(read_lines(_ICON_BULLET.sub("\n• ", "\n".join(rows))))


def _unwrapped(lines: Sequence[Line]) -> list[Line]:
    """Wrapped lines put together: the next one has no bullet and starts in lower case or with a comma."""
    joined: list[Line] = []
    widest = max((width(line.text) for line in lines), default=0)
    for line in lines:
        before = joined[-1] if joined else None
        # A bullet that fills the column and ends in the middle of a Chinese sentence goes on.
        full = before is not None and before.bullet and has_han(before.text[-1:]) and width(before.sources[-1]) >= max(50, 0.9 * widest)
        starts_low = line.text[0].islower() or line.text[0] in ",，、)）"
        if before and not line.mark and not ends_sentence(before.text) and (starts_low or full) and not _heading(before):
            joined[-1] = join_lines(before, line)
        else:
            joined.append(line)
    return joined


def _posting(text: str) -> _Posting:
    sections = [_Section("head", "")]
    for line in _lines(text):
        found = _heading(line)
        if found:
            kind, title, rest = found
            before = sections[-1]
            sections.append(_Section(kind, title))
            if rest:
                sections[-1].lines.append(replace(line, text=rest))
                # "Location: Columbus" is a fact in passing; what follows it belongs where it stood.
                if kind == "apply" or (kind == "benefits" and before.kind == "head"):
                    sections.append(_Section(before.kind, before.title))
        else:
            sections[-1].lines.append(line)
    posting = _Posting()
    titled = any(section.kind in _DEMANDING and section.lines for section in sections)
    for section in sections:
        _read_section(posting, section, titled)
    return posting


def _read_section(posting: _Posting, section: _Section, titled: bool) -> None:
    texts = [line.text for line in section.lines]
    if section.kind == "responsibilities":
        for line in texts:
            _read_sentences(posting, line, "responsibilities", section, free=False)
    elif section.kind in _DEMANDING:
        for line in texts:
            _read_sentences(posting, line, section.kind, section, free=True)
    elif section.kind == "company":
        posting.company += texts
    elif section.kind in ("benefits", "apply"):
        posting.rest.append((section.title, texts))
    else:
        rest: list[str] = []
        for index, line in enumerate(section.lines):
            # Before the first heading stand title, company and place, one short line each.
            if section.kind == "head" and not line.bullet and index < 8 and width(line.text) <= 90 and not ends_sentence(line.text):
                posting.head.append(line.text)
            else:
                rest += _read_free(posting, line, titled)
        posting.rest.append((section.title, rest))


def _read_sentences(posting: _Posting, line: str, kind: str, section: _Section, free: bool) -> None:
    """A line under a telling heading: benefits and legal notices that slipped in are still told apart."""
    for cue_name in ("apply", "benefits"):
        if cue(cue_name).search(line) and not cue("requirement").search(line):
            posting.rest.append((section.title, [line]))
            return
    if kind == "responsibilities":
        posting.responsibilities.append(line.rstrip("；; "))
        return
    if free and cue("company").search(line) and not cue("requirement").search(line):
        posting.company.append(line)
        return
    for sentence in sentences(line):
        if _fact(sentence):
            posting.head.append(sentence)
        else:
            posting.pieces += split(sentence, nice=kind == "nice")


def _fact(sentence: str) -> bool:
    """A labelled fact ("工作地点：上海") is no demand."""
    labels = job_terms()["labels"]
    names = "|".join(labels[name] for name in ("company", "location", "department", "team", "reporting_line", "salary_range"))
    return bool(re.match(rf"(?:{names})\s*[:：]", sentence, re.I))


def _read_free(posting: _Posting, line: Line, titled: bool) -> list[str]:
    """Sort the sentences of a line that no heading explains; what tells nothing is returned."""
    rest = []
    for sentence in sentences(line.text):
        kind = next((name for name in _CUE_ORDER if cue(name).search(sentence)), "")
        if kind in ("requirement", "nice") and _describes_work(sentence):
            kind = "responsibility"
        if kind == "responsibility":
            posting.responsibilities.append(sentence)
        elif kind in ("requirement", "nice") and not (titled and kind == "requirement" and not line.bullet and width(sentence) > 160):
            posting.pieces += split(sentence)
        elif kind == "company":
            posting.company.append(sentence)
        else:
            rest.append(sentence)
    return rest


def _describes_work(sentence: str) -> bool:
    """Whether a sentence tells what the job does, although it names skills or ability: it starts with a duty."""
    return bool(cue("responsibility").match(sentence)) and not years_in(sentence) and not vocabulary.degrees().find(sentence)


# --- demands --------------------------------------------------------------------------------------------------


def _unique(pieces: Iterable[Piece]) -> list[Piece]:
    kept: dict[str, Piece] = {}
    for piece in pieces:
        known = kept.get(_key(piece.text))
        # Said once as a must and once as a wish, it is a must.
        if _key(piece.text) and (known is None or (known.nice and not piece.nice)):
            kept[_key(piece.text)] = piece
    return list(kept.values())


def _derived(responsibilities: Sequence[str]) -> list[Piece]:
    """What a posting without requirements demands: what its duties name, or else the duties themselves."""
    named, plain = [], []
    for line in responsibilities:
        for sentence in sentences(line):
            hits = [hit for hit in vocabulary.find(sentence) if vocabulary.kind(hit.name) not in ("soft", "language")]
            (named if hits else plain).append(Piece(sentence, nice=False, strong=False))
    return named if len(named) >= 3 else named + plain


def _head_demands(head: Sequence[str], musts: Sequence[Piece]) -> list[Piece]:
    """Degree and years printed beside the title ("3-5年  本科"), unless the text asks for them itself."""
    demands = [read(piece.text) for piece in musts]
    found = []
    for line in head:
        if width(line) > 60:
            continue
        degree = re.search(r"(?:统招|全日制)?(?:本科|大专|硕士|博士|中专|高中)(?:及以上|以上)?(?:学历)?", line)
        years = _HEAD_YEARS.search(line)
        if degree and not any(demand.degree >= 0 for demand in demands) and not any("本科" in p.text or degree[0] in p.text for p in found):
            found.append(Piece(degree[0], nice=False, strong=False))
        if years and not any(demand.years for demand in demands) and not any(years_in(p.text) for p in found):
            found.append(Piece(years[0].strip(), nice=False, strong=False))
    return found


def _mentions(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for line in text.split("\n"):
        for hit in vocabulary.find(line):
            counts[hit.name] = counts.get(hit.name, 0) + 1
    return counts


def _requirement(piece: Piece, title: str, duties: set[str], mentions: dict[str, int]) -> Requirement:
    """Core: what the title names, what the duties name and the text insists on, or what is named three times or more."""
    demand = read(piece.text)
    in_title = {hit.name for hit in vocabulary.find(title)}
    weighty = [term for term in demand.terms if vocabulary.kind(term) != "soft"]
    core = demand.category in ("skill", "experience", "domain", "certification") and any(
        term in in_title or (term in duties and (piece.strong or bool(demand.years))) or mentions.get(term, 0) >= 3 for term in weighty
    )
    return Requirement(text=piece.text, category=demand.category, core=core)


def _crown(requirements: Sequence[Requirement]) -> None:
    """Without a better sign the first hard demand is the central one."""
    for category in ("skill", "certification", "experience", "domain"):
        first = next((requirement for requirement in requirements if requirement.category == category), None)
        if first:
            first.core = True
            return


def _first(requirements: Sequence[Requirement], category: str) -> str:
    return next((requirement.text for requirement in requirements if requirement.category == category), "")


# --- facts ----------------------------------------------------------------------------------------------------


def _named(text: str, posting: _Posting, kinds: frozenset[str]) -> list[str]:
    """The terms of some kinds as the posting writes them, where it speaks of the work and not of itself."""
    found: dict[str, str] = {}
    for line in [*posting.head, *posting.responsibilities, *(piece.text for piece in posting.pieces)]:
        for hit in vocabulary.find(line):
            if vocabulary.kind(hit.name) in kinds:
                found.setdefault(hit.name, line[hit.start : hit.end])
    return list(found.values())


@cache
def _label(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\n|｜;；，,【\[]|\s{{2,}})\s*[*_]*(?:{job_terms()['labels'][name]})[*_】\]]*\s*[:：]\s*[*_]*\s*(?P<value>[^\n|｜;；。]{{1,80}})", re.I)


def _labelled(name: str, text: str) -> str:
    match = _label(name).search(text)
    return match["value"].strip(" *_，,") if match else ""


@cache
def _title_label() -> re.Pattern[str]:
    return re.compile(rf"^\s*[*_#【\[]*\s*(?:{job_terms()['titles']['labels']})[*_】\]]*\s*[:：]\s*[*_]*\s*(?P<value>[^\n|｜;；。]{{1,80}})", re.I | re.M)


@cache
def _role_word() -> re.Pattern[str]:
    titles = job_terms()["titles"]
    return re.compile(rf"(?:{titles['han']})|(?<![A-Za-z])(?:{titles['latin']})s?(?![A-Za-z])", re.I)


def _title(head: Sequence[str], text: str) -> str:
    labelled = _title_label().search(text)
    if labelled:
        return _bare_title(labelled["value"])
    # A short line with a role word and no end of a sentence; the first lines of a screenshot may be the clock.
    candidates = [line for line in head if width(line) <= 80 and _role_word().search(line) and not cue("apply").search(line)]
    if candidates:
        return _bare_title(candidates[0])
    hiring = re.search(
        r"(?:hiring|looking for|seeking|recruiting)\s+(?:an?|our(?: next)?)\s+(?P<en>[A-Za-z][\w/& -]{2,50}?)(?=[.,;!\n]|\s(?:to|who|with|for|in|at)\b)|(?:招聘|诚聘|急招)\s*(?P<zh>[\u3400-\u9fffA-Za-z]{2,16})",
        text,
    )
    if hiring:
        return (hiring["en"] or hiring["zh"]).strip()
    short = [line for line in head if 2 <= width(line) <= 40 and any(c.isalpha() for c in line) and not cue("apply").search(line)]
    return _bare_title(short[0]) if short else ""


def _bare_title(line: str) -> str:
    line = _ICONS.sub("", _SALARY.sub("", line))
    line = _AT.sub("", re.split(r"[|｜]|\s[·•]\s|\s{2,}|\s[-–—]\s", line.strip(" #*_"))[0])
    line = re.sub(r"^(?:hiring|job)[:\s]\s*", "", line, flags=re.I)
    line = re.sub(r"^.*?(?:现?诚聘|现?招聘|急招|急聘|热招)\s*[:：]?\s*(?=[^\s简启公信岗])", "", line)
    line = re.sub(r"(?:[（(\[【]\s*[)）\]】])", "", line)
    return line.strip(" ·•-–—|,，#*_:：【】[]").strip()


def _company(posting: _Posting, text: str) -> str:
    labels = job_terms()["labels"]
    if labelled := _labelled("company", text):
        return labelled
    for line in posting.head[:8]:
        parts = [part.strip() for part in re.split(r"\s*[|｜·•@]\s*|\s[-–—]\s|现?诚聘|招聘|急招|急聘", line)]
        for part in parts:
            if (match := re.search(labels["employers"], part)) and not _role_word().search(part):
                return match[0].strip()
        # "Acme · Seattle": what stands before a place, under the title.
        if len(parts) > 1 and vocabulary.places().find(parts[1]) and not _role_word().search(parts[0]) and not vocabulary.places().find(parts[0]):
            return parts[0]
        if len(parts) > 1 and re.search(r"HR|招聘|人事", parts[1]) and not vocabulary.places().find(parts[0]):
            return parts[0]
        if at := _AT.search(line):
            return at["name"].strip()
    for pattern in (labels["about"], labels["hiring"]):
        if match := re.search(pattern, text, re.M):
            return str(match["name"]).strip()
    match = re.search(labels["employers"], "\n".join(posting.company))
    return match[0].strip() if match else ""


def _location(head: Sequence[str], text: str) -> str:
    if labelled := _labelled("location", text):
        return labelled
    for line in head[:8]:
        hits = vocabulary.places().find(line)
        if hits:
            parts = re.split(r"\s*[|｜/]\s*|\s{2,}|\s·\s|\s[-–—]\s", line)
            part = next((p for p in parts if vocabulary.places().find(p)), line)
            part = re.split(r"\s+(?=\d|经验|本科|大专|硕士)", part)[0]
            return part.strip() if width(part) <= 48 else line[hits[0].start : hits[0].end]
    address = re.search(r"(?:工作地址|工作地点|上班地点)\s*\n\s*(?P<value>[^\n]{4,80})", text)
    if address:
        return address["value"].strip()
    based = re.search(r"(?:常驻|base\s*(?=[\u3400-\u9fff])|(?<![a-z])based in |located in |headquartered in )(?=(?P<rest>[^\n]{2,40}))", text, re.I)
    hits = vocabulary.places().find(based["rest"]) if based else ()
    return based["rest"][hits[0].start : hits[0].end] if based and hits and hits[0].start <= 2 else ""


def _salary(text: str) -> str:
    head = "\n".join(text.split("\n")[:12])
    match = _SALARY.search(head) or re.search(rf"(?:薪|salary|pay|compensation)[^\n]{{0,30}}?(?P<value>{_SALARY.pattern})", text, re.I)
    return (match.groupdict().get("value") or match[0]).strip() if match else ""


def _seniority(title: str, head: Sequence[str]) -> str:
    names = sorted(job_terms()["seniority"]["names"], key=lambda name: (-len(name), name))
    joined = "|".join(re.escape(name) if name[0] > "z" else rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])" for name in names)
    found = re.search(joined, title, re.I) or re.search(r"(?i)(?:entry|mid|senior|mid-senior|associate|executive|director)[ -]level", "\n".join(head[:6]))
    return found[0] if found else ""


def _goals(responsibilities: Sequence[str]) -> list[str]:
    pattern = re.compile(job_terms()["labels"]["goals"], re.I)
    return [match[0].strip() for line in responsibilities if (match := pattern.search(line))]


def _relocation(text: str) -> str:
    match = re.search(job_terms()["labels"]["relocation"], text, re.I)
    return match[0].strip(" -•*") if match else ""
