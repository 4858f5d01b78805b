"""The short parts of a resume: contact, education, skills, certificates, languages, projects. Extracted, verbatim."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cache

from core.offline import vocabulary
from core.offline.dates import date_ranges, mentions
from core.offline.lines import HAN, Line, fold, has_han, width
from core.offline.sections import free_label, heading_kind, label
from core.offline.terms import expressions, key, table, words
from core.schemas import Certification, Education, Language, Link, Project, Skills

# Bounded as RFC 1035 and RFC 5321 bound names, so that no text makes the search slow.
EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![A-Za-z])"
)
PHONE = re.compile(r"(?<![\w@./-])\(?\+?\d[\d\s().–-]{5,18}\d(?![\w@])")
URL = re.compile(
    r"(?:https?://|www\.)[^\s|｜,，;；()（）<>\"']+"
    r"|(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,5}(?:com|org|net|io|dev|cn|me|co|ai|app|de|fr|uk|edu|design|tech|xyz)(?:/[^\s|｜,，;；()（）<>\"']*)?(?![\w@])",
    re.IGNORECASE,
)
_EDGE = " \t*_|｜·•,，、;；:：-–—()（）[]【】"
_COLUMNS = re.compile(r"\s*[|｜\t•·]\s*|\s{3,}")


def phone_in(text: str, today: date) -> str:
    """The first telephone number of a contact line (7 to 15 digits, ITU-T E.164), or an empty string."""
    for match in PHONE.finditer(fold(URL.sub(lambda m: " " * len(m[0]), text))):
        digits = sum(c.isdigit() for c in match[0])
        if 7 <= digits <= 15 and not date_ranges(match[0], today) and not mentions(match[0], today):
            found = text[match.start() : match.end()]
            return found if found.count("(") == found.count(")") else found.strip("() ")
    return ""


def links_in(text: str) -> list[Link]:
    """Web addresses of a line; the label is the printed one, else the host as printed."""
    plain = EMAIL.sub(lambda m: " " * len(m[0]), text)
    named = label(text, "link")
    found = []
    for match in URL.finditer(plain):
        url = match[0].rstrip(".)")
        host = re.sub(r"^(?:https?://)?(?:www\.)?", "", url).split("/")[0]
        found.append(Link(label=named.name if named else host, url=url))
    return found


def columns(text: str) -> list[str]:
    """The parts of a contact line."""
    return [part.strip() for part in _COLUMNS.split(text) if part.strip()]


# --- education ------------------------------------------------------------------------------------------------

_EDU_PARTS = re.compile(r"\s*[|｜\t•·,，、;；]\s*|\s{2,}|\s+[-–—]+\s+|\s*[()（）]\s*")
_SCHOOL_HAN = re.compile(rf"^([{HAN}A-Za-z·]*?(?:大学|学院|学校|中学|高中|党校)(?:[{HAN}]{{0,6}}学院)?)(.*)$")
_GPA = re.compile(
    r"(?:c?gpa|绩点|平均学分绩点)\s*[:：为]?\s*(\d{1,3}(?:\.\d+)?(?:\s*/\s*\d{1,3}(?:\.\d+)?)?)(?![\d%])", re.IGNORECASE
)
_JOINERS = re.compile(r"^(?:in|of|degree in|专业)\s+|\s+(?:degree)$", re.IGNORECASE)
_SLOTS = {"degree": "degree", "major": "field", "school": "school"}


def education(lines: Sequence[Line], today: date) -> list[Education]:
    """The degrees of an education section, in its order; a line that repeats a filled slot starts the next one."""
    entries: list[Education] = []
    for line in lines:
        found = _education_line(line.text, today)
        filled = {name for name, value in found if value}
        last = entries[-1] if entries else None
        clash = last is not None and any(getattr(last, name) for name in filled & {"school", "degree", "start"})
        if last is None or clash:
            if not filled & {"school", "degree", "start", "field"}:
                continue
            last = Education()
            entries.append(last)
        for name, value in found:
            if name == "courses":
                last.courses.extend(split_items(value))
            elif not getattr(last, name):
                setattr(last, name, value)
    return [entry for entry in entries if entry.school or entry.degree or entry.field]


@cache
def _courses_inside() -> re.Pattern[str]:
    names = table("headings")["labels"]["courses"]
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})\s*[:：]\s*(.+)$", re.IGNORECASE)


def _education_line(text: str, today: date) -> list[tuple[str, str]]:
    inside = _courses_inside().search(text)
    if inside and inside.start():
        return [*_education_line(text[: inside.start()], today), ("courses", inside[1])]
    if named := label(text, "courses", *_SLOTS):
        return [(_SLOTS.get(named.group, named.group), named.value)]
    found: list[tuple[str, str]] = []
    rest = text
    if periods := date_ranges(text, today):
        period = periods[0]
        found += [("start", period.start_text or period.text), ("end", period.end_text)]
        rest = text[: period.offset] + "\t" + text[period.offset + len(period.text) :]
    elif single := mentions(text, today):
        begin, stop = single[-1]
        found.append(("end", text[begin:stop]))
        rest = text[:begin] + "\t" + text[stop:]
    if gpa := _GPA.search(rest):
        found.append(("gpa", gpa[1]))
        rest = rest[: gpa.start()] + "\t" + rest[gpa.end() :]
    if degree := _degree(rest):
        found.append(("degree", degree[0]))
        rest = rest[: degree.start()] + "\t" + rest[degree.end() :]
    spare: list[str] = []
    school = ""
    for part in _EDU_PARTS.split(rest):
        for piece in re.split(rf"(?<=[{HAN}])\s+(?=[{HAN}])", part):
            found_here = "" if school else _school(piece)
            school = school or found_here
            # What surrounds the school in its piece ("复旦大学统计学") is on its own.
            spare += piece.replace(found_here, "\t", 1).split("\t") if found_here else [piece]
    spare = [kept for piece in spare if _field_like(kept := _JOINERS.sub("", piece.strip(_EDGE)).strip(_EDGE))]
    if degree or school:
        found += [("field", spare.pop(0))] if spare and (degree or has_han(text)) else []
    elif spare == [text.strip()]:
        found.append(("field", spare[0]))
    if degree and not school and spare:
        school = spare[0]  # behind the field, a school whose name does not say that it is one
    return [*found, ("school", school)] if school else found


def _degree(text: str) -> re.Match[str] | None:
    """The longest degree named: "MA" may be a state behind a town; beside a longer one it is not taken."""
    matches = [
        m
        for m in expressions("degrees").finditer(text)
        if not re.search(r"[A-Z][a-z]+, ?$", text[: m.start()]) or len(m[0]) > 2
    ]
    return max(matches, key=lambda match: len(match[0]), default=None)


def _school(piece: str) -> str:
    if not words("schools").search(piece):
        return ""
    glued = _SCHOOL_HAN.match(piece.strip())
    return glued[1] if glued else piece.strip(_EDGE)


def _field_like(text: str) -> bool:
    return (
        bool(text)
        and width(text) <= 40
        and not any(c.isdigit() for c in text)
        and not words("places").search(text)
        and width(text) > 2
    )


# --- skills ---------------------------------------------------------------------------------------------------

_ITEMS = re.compile(rf"\s*[,，、;；|｜•·\t]\s*|\s+[/／]\s+|(?<=[{HAN}])[/／](?=[{HAN}])|\s{{3,}}|。\s*")


def cut(text: str, marks: re.Pattern[str]) -> list[str]:
    """The parts of `text` between `marks`; what stands in brackets is not cut."""
    parts, depth, begin = [], 0, 0
    plain = fold(text)
    last = plain.rfind(")")
    breaks = {match.start(): match.end() for match in marks.finditer(text)}
    index = 0
    while index < len(text):
        depth = max(0, depth + (plain[index] == "(") - (plain[index] == ")"))
        if index in breaks and (depth == 0 or last < index):
            parts.append(text[begin:index])
            index = begin = breaks[index]
            continue
        index += 1
    return [*parts, text[begin:]]


def split_items(text: str) -> list[str]:
    """The items of a list line; what stands in brackets is not cut."""
    cleaned = (item.strip(" .") if item.endswith((" ", ".")) else item.strip() for item in cut(text, _ITEMS))
    return [item for item in cleaned if any(c.isalnum() for c in item)]


_GRADE = re.compile(
    r"(?:\d+\s*(?:个月|年|months?|years?)|熟练|精通|良好|一般|了解|掌握|熟悉|expert|advanced|intermediate|basic|proficient)\+?",
    re.IGNORECASE,
)


def add_skills(skills: Skills, line: Line, kind: str) -> None:
    """Put the items of one line of a skills section into their bags; the label of a group may say which."""
    named = free_label(line.text)
    name, text = named if named and named[1] else (named[0] if named else "", line.text)
    bag = {"tools": "tools", "soft": "soft"}.get(kind, "")
    bags = ((b, names) for b, names in table("resume_terms")["skill_labels"].items() if b in Skills.model_fields)
    bag = next((b for b, names in bags if name and key(name) in map(key, names)), bag)
    items = split_items(text)
    if name and all(_GRADE.fullmatch(item) for item in items):  # "劳动法：熟练 | 48个月" names one skill
        _append(getattr(skills, bag or _bag(name)), name)
        return
    if width(text) > 80 and re.search(r"[。.]$", text) and not bag:
        _append(skills.other, text)
        return
    for item in items:
        _append(getattr(skills, bag or _bag(item)), item)


_BAGS = {"tool": "tools", "soft": "soft", "tech": "technical", "method": "technical", "skill": "technical"}


def _bag(item: str) -> str:
    """Where an item belongs by the longest name the vocabulary finds in it."""
    hits = [hit for hit in vocabulary.find(item) if vocabulary.kind(hit.name) in _BAGS]
    longest = max(hits, key=lambda hit: hit.end - hit.start, default=None)
    return _BAGS[vocabulary.kind(longest.name)] if longest else "technical"


def _append(items: list[str], item: str) -> None:
    if item not in items:
        items.append(item)


# --- languages and certificates -------------------------------------------------------------------------------

_PROOF_TAIL = re.compile(
    r"^[\s:：\-（(/,，]*(?:\d+(?:\.\d+)?(?!\d*年)\s*(?:分|/\s*\d+)?|[A-C][12]|level \d|N[1-5]|[一二三四六八]级)[)）]?",
    re.IGNORECASE,
)
# A language the word list does not have, by its shape: "Igbo (", "Twi: "; a level must follow.
_UNLISTED = re.compile(r"([^\W\d_]+(?:[ -][^\W\d_]+)?)\s*(?:[(（:：]|\s[-–—]\s)\s*")
_LANGUAGE_COMMA = re.compile(r"[,，]\s*|\s(?:and|和)\s")
_LANGUAGE_BREAKS = re.compile(r"\s*[;；、|｜\t•·]\s*|\s{3,}|。\s*")


def is_language(text: str) -> bool:
    """Whether a line is about a natural language: it names a language test, or a language and how well it is known."""
    name = words("language.names").search(text)
    levelled = name is not None and name.start() <= 2 and expressions("language.levels").search(text, name.end())
    return width(text) <= 80 and bool(expressions("language.tests").search(text) or levelled)


def names_language(text: str) -> bool:
    return words("language.names").match(text.strip()) is not None


def _language_name(text: str) -> str:
    """The language `text` starts with, or an empty string."""
    if known := words("language.names").match(text):
        return known[0]
    shaped = _UNLISTED.match(text)
    return shaped[1] if shaped and expressions("language.levels").match(text, shaped.end()) else ""


def languages(lines: Iterable[Line]) -> list[Language]:
    """Languages with the level and the proof printed beside them."""
    found: list[Language] = []
    for line in lines:
        text = line.text
        named = free_label(text)
        if named and heading_kind(named[0]) == "languages":
            text = named[1]
        for chunk in _language_chunks(text):
            entry = _language(chunk)
            if not entry.name and found and entry.proof and not found[-1].proof and chunk != text:
                found[-1].proof = entry.proof
            elif entry.name or entry.proof:
                found.append(entry)
    return found


def _language_chunks(text: str) -> list[str]:
    """Cut before each language: "English (native), Mandarin (fluent)" is two, "英语：流利，CET-6 580分" is one."""
    chunks: list[str] = []
    for part in cut(text, _LANGUAGE_BREAKS):
        begin = offset = 0
        for piece in cut(part, _LANGUAGE_COMMA):
            offset = part.index(piece, offset)
            if offset and _language_name(piece):
                chunks.append(part[begin:offset])
                begin = offset
            offset += len(piece)
        chunks.append(part[begin:])
    return [chunk for raw in chunks if (chunk := re.sub(r"\s(?:and|和)\s*$", "", raw).strip(" ,，"))]


def _language(chunk: str) -> Language:
    known = words("language.names").search(chunk)
    name = known[0] if known else _language_name(chunk)
    test = expressions("language.tests").search(chunk)
    proof = ""
    if test:
        tail = _PROOF_TAIL.match(chunk[test.end() :])
        proof = chunk[test.start() : test.end() + (tail.end() if tail else 0)]
        proof = proof if fold(proof).count("(") == fold(proof).count(")") else proof.rstrip(")） ")
    rest = chunk.replace(proof, "\t") if proof else chunk
    rest = rest.replace(name, "\t", 1) if name else rest
    left = [part.strip(_EDGE) for part in re.split(r"\t", rest) if part.strip(_EDGE)]
    return Language(name=name, level=next(iter(left), "") if width(" ".join(left)) <= 60 else "", proof=proof)


_EXPIRY = re.compile(r"(?:expires?|valid (?:until|to)|有效期至?)[\s:：]*$", re.IGNORECASE)  # not the date it was earned
_CERT_PARTS = re.compile(r"\s*[|｜\t•·,，;；]\s*|\s{2,}|\s+—\s+")


def certification(text: str, today: date) -> Certification:
    """One certificate line: name first, then who issued it, and the date anywhere."""
    rest, when = text, ""
    if periods := date_ranges(text, today):
        when = periods[0].text
    elif single := mentions(text, today):
        expiry = _EXPIRY.search(text[: single[-1][0]])
        when = text[expiry.start() if expiry else single[-1][0] : single[-1][1]]
    begin = text.rindex(when)
    if when and not _inside_more(text, begin, begin + len(when)):
        rest = f"{text[:begin].rstrip(' (（')}\t{text[begin + len(when) :].lstrip(' )）')}"
    parts = [part.strip(" \t:：-–—") for part in cut(rest, _CERT_PARTS) if any(c.isalnum() for c in part)]
    issuer = next((part for part in parts[1:] if not any(c.isdigit() for c in part)), "")
    return Certification(name=parts[0] if parts else text, issuer=issuer, date=when)


def _inside_more(text: str, begin: int, stop: int) -> bool:
    """Whether a bracket holds more than text[begin:stop]: "(CPA, passed 2019)" is not to be torn apart."""
    plain = fold(text)
    opening, closing = plain.rfind("(", 0, begin), plain.find(")", stop)
    if opening < 0 or closing < 0 or ")" in plain[opening:begin]:
        return False
    return any(c.isalnum() for c in plain[opening:begin] + plain[stop:closing])


_ROWS = re.compile(r"\s*[、；;]\s*")


def certifications(text: str, today: date) -> list[Certification]:
    """The certificates of a line; one that only lists several ("PMP、CPA", "BLS, ACLS") is cut at its list marks."""
    rows = [row for row in cut(text, _ROWS) if any(c.isalnum() for c in row)]
    return [certification(part, today) for row in rows for part in listed(row, is_certificate)]


def is_certificate(text: str) -> bool:
    """Whether a short text names a certificate or licence rather than a degree."""
    return (
        width(text) <= 80 and bool(words("certificate.words").search(text)) and not expressions("degrees").search(text)
    )


# Behind Chinese or a bracket a space may part items too: "注册会计师(CPA) 中级会计师 CET-6".
_LISTS = (re.compile(r"\s*[、；;,，]\s*"), re.compile(rf"\s*[、；;,，]\s*|(?<=[{HAN})）])\s+"))


def listed(text: str, *kinds: Callable[[str], bool]) -> list[str]:
    """The parts of a list line if every part is of one of `kinds`, else the whole line."""
    for marks in _LISTS:
        parts = [part for part in cut(text, marks) if any(c.isalnum() for c in part)]
        if len(parts) > 1 and all(any(kind(part) for kind in kinds) for part in parts):
            return parts
    return [text]


# --- projects -------------------------------------------------------------------------------------------------

_LEAD = re.compile(r"^(.{2,60}?)\s*(?:[:：|｜\t,，(（。]|\s[-–—]\s|\s{2,})")


def projects(lines: Sequence[Line]) -> list[Project]:
    """The projects of a section: a short plain line opens one and the items after it are its highlights.

    A section of items or sentences only has one project in each of them, named by its leading words.
    """
    found: list[Project] = []
    headed = False
    for line in lines:
        opens = not line.bullet and (width(line.text) <= 80 and not re.search(r"[。.!！；;]$", line.text))
        named = label(line.text, "project")
        detail = (
            None
            if named
            else label(line.text, "task", "action", "result", "duties", "stack", "role", "dates", "achievements")
        )
        if detail and found:
            if detail.group == "task" and not found[-1].description:
                found[-1].description = line.text
            else:
                found[-1].highlights.append(line.text)
            continue
        if named and named.value:
            found.append(_project(named.value, line.text))
            headed = True
        elif opens:
            found.append(_project(line.text, line.text))
            headed = True
        elif headed and found and (line.bullet or not line.mark):
            found[-1].highlights.append(line.text)
        else:
            found.append(_project(line.text, line.text))
    for project in found:
        urls = [link.url for link in links_in(project.description or project.name)]
        project.link = next(iter(urls), "")
    return found


def _project(text: str, whole: str) -> Project:
    lead = _LEAD.match(text)
    name = (lead[1] if lead else text).strip("*_ ")
    return Project(name=name, description="" if name == whole else whole)
