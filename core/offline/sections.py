"""A resume as sections: which lines are headings, what kind of part each one opens, and what a label says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from core.offline.dates import date_ranges
from core.offline.lines import HAN, Line, ends_sentence, width
from core.offline.terms import expressions, key, table, words

# Marks of a list item; every other mark before a line (■, ◆, ▶ or a number) may as well adorn a heading.
_LIST_MARKS = frozenset("•·-*–—+o▪‣∙◦⁃")
_NUMBER = re.compile(
    r"^(?:第?[一二三四五六七八九十]+(?:部分)?[、.．:：\s]|(?:part|section)\s+\w+[:.\s])\s*", re.IGNORECASE
)
_PARTS = re.compile(r"\s*(?:[&＆/／、|｜+,，]|与|和|及|(?<![A-Za-z])and(?![A-Za-z]))\s*", re.IGNORECASE)
_LABEL = re.compile(
    r"^(?:[【\[](?P<boxed>[^】\]]{1,24})[】\]]\s*[:：]?|(?P<plain>[^:：]{1,40})[:：])(?!//)\s*(?P<value>.*)$"
)
_ORDINAL = re.compile(r"\s*(?:[0-9]{1,2}|[一二三四五六七八九十]|#\d)$")
# Kinds that may stand with their content on one line; experience and projects never do.
_INLINE = frozenset(
    (
        "objective",
        "summary",
        "education",
        "skills",
        "specialties",
        "tools",
        "soft",
        "certifications",
        "languages",
        "awards",
        "open_source",
        "other",
    )
)
_SKILL_KINDS = frozenset(("skills", "specialties", "tools", "soft"))
_ENTRY_KINDS = frozenset(("experience", "projects"))
# Labels of which a position or a project is made: inside one they open no section.
_ENTRY_LABELS = (
    "stack",
    "duties",
    "achievements",
    "project",
    "task",
    "action",
    "result",
    "contribution",
    "keyword",
    "team",
)


@dataclass(frozen=True)
class Section:
    """`kind` is a key of headings.toml, "head" for what stands before any heading, "unknown" for any other heading."""

    kind: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Label:
    group: str
    name: str  # verbatim
    value: str  # verbatim, may be empty


@cache
def _headings() -> dict[str, str]:
    return {key(name): kind for kind, names in table("headings")["sections"].items() for name in names}


@cache
def _labels() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for group, names in table("headings")["labels"].items():
        for name in names:
            found[key(name)] = (*found.get(key(name), ()), group)
    return found


def heading_kind(text: str) -> str | None:
    """The kind of section a line opens by its wording alone, None when the line is no known heading.

    Bilingual ("工作经历 Work Experience") and compound ("Awards & Certifications") headings count when every part is
    known; the first part decides.
    """
    if width(text) > 60:
        return None
    bare = _NUMBER.sub("", text)
    # "经历一", "Position 2": sections of one kind, numbered.
    if found := _headings().get(key(bare)) or _headings().get(key(_ORDINAL.sub("", bare.strip("【】[]")))):
        return found
    if not any(c.isalpha() for c in bare) or any(c.isdigit() for c in bare):
        return None
    han = _headings().get(key("".join(re.findall(f"[{HAN}]+", bare))))
    latin = _headings().get(key(re.sub(f"[{HAN}]+", "", bare)))
    if han and latin:
        return han
    parts = [_headings().get(key(part)) for part in _PARTS.split(bare) if key(part)]
    return parts[0] if len(parts) > 1 and all(parts) else None


def label(text: str, *wanted: str) -> Label | None:
    """What "label: value" or "【label】value" names: the first group of `wanted` that has the label, else None."""
    match = _LABEL.match(text)
    if not match:
        return None
    name = match["boxed"] or match["plain"]
    found = _labels().get(key(name)) or _labels().get(key(_ORDINAL.sub("", name.strip()))) or ()
    group = next((group for group in wanted if group in found), None)
    return Label(group, name.strip(), match["value"].strip()) if group else None


def any_label(text: str) -> tuple[str, str] | None:
    """(label, value) of a line that starts with a label or heading this package knows."""
    match = _LABEL.match(text)
    if not match:
        return None
    name = (match["boxed"] or match["plain"]).strip()
    if key(name) in _labels() or key(_ORDINAL.sub("", name)) in _labels() or heading_kind(name):
        return name, match["value"].strip()
    return None


def free_label(text: str) -> tuple[str, str] | None:
    """(label, value) of any line of the shape "label: value" whose label is short."""
    match = _LABEL.match(text)
    name = (match["boxed"] or match["plain"]).strip() if match else ""
    if not match or not name or width(name) > 32 or not any(c.isalpha() for c in name):
        return None
    return name, match["value"].strip()


def _style(line: Line) -> tuple[bool, str, bool, bool]:
    text = line.text.strip()
    return text.isupper(), line.mark, text[:1] in "【[「<", text[-1:] in ":："


def looks_like_heading(line: Line) -> bool:
    """A heading by its looks: Markdown or brackets around the whole line."""
    text = line.text
    return bool(re.fullmatch(r"[【\[][^】\]]{2,24}[】\]]", text)) or (line.mark == "#" and width(text) <= 60)


def split(lines: Sequence[Line]) -> list[Section]:
    """The sections in the order of the text; the first is always of kind "head" and may be empty. No line is lost."""
    kind, title, style = "head", "", None
    current: list[Line] = []
    found: list[Section] = []

    def close() -> None:
        if current or title or not found:
            found.append(Section(kind, title, tuple(current)))

    for line in lines:
        opened = None if line.mark in _LIST_MARKS and line.mark else heading_kind(line.text)
        if opened and kind in _ENTRY_KINDS and style != _style(line) and _is_entry_label(line.text):
            opened = None
        if opened is None and looks_like_heading(line) and kind not in (*_ENTRY_KINDS, "head"):
            opened = "unknown"
        if opened:
            close()
            kind, title, style, current = opened, line.text, _style(line), []
            continue
        inline = _inline(line, kind)
        if inline:
            name, value, opened = inline
            close()
            content = replace(line, text=value)
            if kind in ("head", "contact"):
                found.append(Section(opened, name, (content,)))
                title, current = "", []
            else:
                kind, title, current = opened, name, [content]
            continue
        current.append(line)
    close()
    if not found or found[0].kind != "head":
        found.insert(0, Section("head", "", ()))
    return found


def _is_entry_label(text: str) -> bool:
    return label(f"{text.rstrip(':： ')}:", *_ENTRY_LABELS) is not None


def _inline(line: Line, kind: str) -> tuple[str, str, str] | None:
    match = _LABEL.match(line.text)
    if not match or not match["value"] or (line.mark in _LIST_MARKS and line.mark):
        return None
    name = (match["boxed"] or match["plain"]).strip()
    opened = heading_kind(name)
    if opened not in _INLINE or opened == kind:
        return None
    groups = table("resume_terms")["skill_labels"].values()
    if kind in _SKILL_KINDS and (
        opened in (*_SKILL_KINDS, "languages") or any(key(name) in map(key, g) for g in groups)
    ):
        return None
    if kind in _ENTRY_KINDS and label(line.text, *_ENTRY_LABELS):
        return None
    if kind == "education" and label(line.text, "courses", "degree", "major"):
        return None
    return name, match["value"].strip(), opened


# --- the name -------------------------------------------------------------------------------------------------

_SEGMENTS = re.compile(r"\s*(?:[|｜·•,，\t(（/／]|\s[-–—]\s|\s{2,})\s*")
_LATIN_NAME = re.compile(r"[^\W\d_][^\W\d_.'’-]*(?:[.'’-][^\W\d_]*)*")
_PARTICLES = frozenset(("van", "der", "de", "da", "la", "von", "bin", "al", "di", "del", "dos", "le", "el"))
_RESUME_OF = re.compile(r"(?:的)?(?:个人)?简历$|(?:['’]s)?\s+(?:resume|cv|curriculum vitae)$", re.IGNORECASE)


def name_like(text: str) -> bool:
    """Whether `text` has the shape of a person's name: 2-4 Han characters after a surname, or 2-4 capitalised words."""
    if heading_kind(text) or words("roles").search(text) or words("never_names").search(text):
        return False
    han = re.sub(r"\s", "", text)
    if re.fullmatch(f"[{HAN}·]{{2,4}}", han):
        compound = tuple(table("resume_terms")["compound_surnames"])
        if words("companies").search(han):
            return False
        return (han[0] in table("resume_terms")["surnames"] and len(han) <= 3) or han.startswith(compound)
    if words("companies").search(text):
        return False
    parts = text.split()
    if not 2 <= len(parts) <= 4 or any(not _LATIN_NAME.fullmatch(part) for part in parts):
        return False
    return all(part[0].isupper() or part.lower() in _PARTICLES for part in parts) and parts[0][0].isupper()


def name_in(text: str) -> str:
    """The name a line starts with ("Emily Chen, RN", "张伟 | 男", "张三的个人简历"), or an empty string."""
    named = label(text, "name")
    start = _SEGMENTS.split(named.value if named else text, maxsplit=1)[0]
    start = _RESUME_OF.sub("", start).strip(" *_#")
    if named:
        return start.split()[0] if re.match(f"[{HAN}]{{2,4}}(?:\\s|$)", start) else start
    if name_like(start):
        return start
    spaced = re.match(f"([{HAN}]{{2,4}})\\s+\\S", start)  # "张伟 Wei Zhang", "张伟 男 29岁"
    return spaced[1] if spaced and name_like(spaced[1]) else ""


_CANDIDATE_KINDS = frozenset(
    (
        "head",
        "contact",
        "education",
        "skills",
        "specialties",
        "tools",
        "soft",
        "certifications",
        "languages",
        "courses",
        "title",
        "unknown",
        "other",
    )
)


def find_name(sections: Sequence[Section], emails: Sequence[str]) -> tuple[str, int, int]:
    """(name, section index, line index) of the best candidate, ("", 0, 0) when there is none.

    A two-column page prints contact, skills and education before the name, so a name may close any such section. It
    counts by what confirms it: a label, the e-mail address, the top of the page, a title or a heading right after it.
    """
    locals_ = [key(email.split("@")[0]) for email in emails]
    best = (0, "", 0, 0)
    for number, section in enumerate(sections):
        if section.kind not in _CANDIDATE_KINDS:
            continue
        for index, line in enumerate(section.lines[:8] if section.kind == "head" else section.lines):
            name = "" if line.bullet or width(line.text) > 120 else name_in(line.text)
            if not name:
                continue
            follower = section.lines[index + 1].text if index + 1 < len(section.lines) else ""
            before_title = bool(follower) and width(follower) < 60 and bool(words("roles").search(follower))
            latin = [part for part in key_parts(name) if len(part) > 2]
            score = (
                10 * (label(line.text, "name") is not None)
                + 4 * (bool(latin) and any(any(part in local for part in latin) for local in locals_))
                + (4 - min(index, 2) if section.kind in ("head", "title") else 0)
                + 2 * before_title
                + 2 * (not follower)
                + 1 * (section.kind == "contact")
            )
            if score > best[0]:
                best = (score, name, number, index)
    return (best[1], best[2], best[3]) if best[0] >= 2 else ("", 0, 0)


def key_parts(name: str) -> list[str]:
    return [key(part) for part in name.split()]


def detach_head(sections: Sequence[Section], number: int, index: int) -> list[Section]:
    """The sections with the name's line and what follows it cut out of section `number` as a "head" of its own."""
    section = sections[number]
    if section.kind in ("head", "contact", "title"):
        return list(sections)
    rest = Section("head", "", section.lines[index:])
    return [*sections[:number], replace(section, lines=section.lines[:index]), rest, *sections[number + 1 :]]


def imply(section: Section, today: date) -> list[Section]:
    """A "head" of a resume without headings holds more than a head: cut it where positions or schools begin."""
    found: list[tuple[str, list[Line]]] = [("head", [])]
    for line in section.lines:
        dated = bool(date_ranges(line.text, today))
        school = words("schools").search(line.text) and expressions("degrees").search(line.text)
        kind = None
        if school and not ends_sentence(line.text):
            kind = "education"
        elif (
            dated
            and width(line.text) < 120
            and (words("roles").search(line.text) or words("companies").search(line.text))
        ):
            kind = "experience"
        if kind and kind != found[-1][0]:
            found.append((kind, []))
        found[-1][1].append(line)
    return [Section(kind, section.title if kind == "head" else "", tuple(rows)) for kind, rows in found]


def is_label(text: str) -> bool:
    """Whether `text` is a label or a heading this package knows and nothing else; a project may be numbered."""
    numbered = "project" in _labels().get(key(_ORDINAL.sub("", text.strip())), ())
    return key(text) in _labels() or numbered or heading_kind(text) is not None
