"""A resume taken apart: what both summaries are written from."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from core.offline import fields, positions
from core.offline.lines import Line, ends_sentence, read, unwrap, width
from core.offline.positions import Position
from core.offline.sections import (
    Section,
    any_label,
    detach_head,
    find_name,
    free_label,
    heading_kind,
    imply,
    is_label,
    label,
    split,
)
from core.offline.terms import words
from core.schemas import Certification, Education, Header, Language, Skills

_STATED_YEARS = re.compile(
    r"(?<![\d.])(\d{1,2}(?:\.\d)?)\s*\+?\s*(?:余|多)?(?:年(?:以上)?[^，。,;；|\n]{0,12}?(?:经验|从业|工作)|\+?\s*(?:years?|yrs?)\b[^.,;|\n]{0,40}?\bexperience)",
    re.IGNORECASE,
)
# Without headings, skills may follow the schools: such a line says so itself.
_SKILL_LEAD = re.compile(
    r"(?:熟练|熟悉|掌握|精通|擅长|了解|会使用)|(?:proficient|skilled|experienced) (?:in|with|at)\b", re.IGNORECASE
)


@dataclass
class Outline:
    """The parts of a resume, verbatim, in its order. `rest` holds, under their headings, the parts no field is for."""

    header: Header = field(default_factory=Header)
    headlines: list[str] = field(default_factory=list)
    objective: str = ""
    summary: list[str] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    projects: list[Line] = field(default_factory=list)
    education: list[Education] = field(default_factory=list)
    skills: Skills = field(default_factory=Skills)
    specialties: list[str] = field(default_factory=list)
    groups: list[tuple[str, list[str]]] = field(default_factory=list)  # labelled lines of skills: (label, items)
    certifications: list[Certification] = field(default_factory=list)
    languages: list[Language] = field(default_factory=list)
    awards: list[str] = field(default_factory=list)
    open_source: list[str] = field(default_factory=list)
    rest: list[tuple[str, list[str]]] = field(default_factory=list)
    printed: list[tuple[str, str]] = field(default_factory=list)  # every line that is no heading: (heading, text)
    stated_years: float | None = None


def outline(text: str, today: date) -> Outline:
    """Take a resume apart. Never fails; a text that is no resume ends up in `rest`."""
    lines = read(text)
    text = "\n".join(line.text for line in lines)
    sections = split(lines)
    found = Outline()
    found.printed = [
        (section.title, source) for section in sections for line in section.lines for source in line.sources
    ]
    emails = fields.EMAIL.findall(text)
    name, number, index = find_name(sections, emails)
    if name:
        sections = detach_head(sections, number, index)
    sections = [
        part for section in sections for part in (imply(section, today) if section.kind == "head" else [section])
    ]
    found.header.name = name
    for section in sections:
        _READERS.get(section.kind, _read_rest)(found, section, today)
    _contact_anywhere(found, sections, today)
    stated = _STATED_YEARS.search("\n".join([*found.headlines, *found.summary, *found.points, text]))
    found.stated_years = float(stated[1]) if stated else None
    return found


# --- one reader for each kind of section ------------------------------------------------------------------------


def _read_head(found: Outline, section: Section, today: date) -> None:
    """Contact details, then what the client calls themselves; sentences are a summary, the rest is kept."""
    # Not unwrapped: with the contact lines gone, lines would be joined that do not stand together.
    lines = [line for line in section.lines if not _contact(found, line.text, today)]
    kept: list[str] = []
    for line in lines:
        parts = fields.columns(line.text)
        if _prose(line.text) and not any(_is_contact_value(found, part) for part in parts):
            parts = [line.text]
        for part in parts:
            if is_label(part.rstrip(":： ")) or part == found.header.name or _is_contact_value(found, part):
                continue
            if _prose(part):
                (found.points if line.bullet else found.summary).append(part)
            elif _own_headline(found, part):
                found.headlines.append(part)
            else:
                kept.append(part)
    if kept:
        found.rest.append(("", kept))


def _prose(text: str) -> bool:
    return width(text) > 90 or (ends_sentence(text) and width(text) > 40)


def _own_headline(found: Outline, part: str) -> bool:
    if (
        label(part, "name", "email", "phone", "link")
        or fields.URL.search(part)
        or (found.header.name and found.header.name in part)
    ):
        return False
    return width(part) <= 80 and bool(words("roles").search(part) or _STATED_YEARS.search(part))


def _contact(found: Outline, text: str, today: date) -> bool:
    """Read the contact details of one line; True when the line holds nothing else."""
    header = found.header
    email = fields.EMAIL.search(text)
    header.email = header.email or (email[0] if email else "")
    bare = fields.EMAIL.sub("\t", text)
    header.phone = header.phone or fields.phone_in(bare, today)
    for link in fields.links_in(text):
        if link.url not in [known.url for known in header.links]:
            header.links.append(link)
    return all(_is_contact_value(found, part) or is_label(part.rstrip(":： ")) for part in fields.columns(text))


def _is_contact_value(found: Outline, part: str) -> bool:
    header = found.header
    values = [header.name, header.email, header.phone, *(link.url for link in header.links)]
    left = part
    for value in sorted(filter(None, values), key=len, reverse=True):
        left = left.replace(value, " ")
    left = left.strip(" :：,，;；/()（）-")
    return left != part.strip() and (not any(c.isalnum() for c in left) or is_label(left))


def _contact_anywhere(found: Outline, sections: Sequence[Section], today: date) -> None:
    """Details that were printed outside the header: an address anywhere, a number only where a label says so."""
    for section in sections:
        for line in section.lines:
            email = fields.EMAIL.search(line.text)
            found.header.email = found.header.email or (email[0] if email else "")
            if not found.header.phone and label(line.text, "phone"):
                found.header.phone = fields.phone_in(line.text, today)


def _read_objective(found: Outline, section: Section, today: date) -> None:
    texts = [line.text for line in unwrap(list(section.lines))]
    parts = (part for text in texts for part in fields.columns(text))
    first = next((part for part in parts if not fields.URL.search(part)), "")
    labelled = any_label(first)
    found.objective = found.objective or (labelled[1] if labelled and labelled[1] else first)
    found.rest.append((section.title, texts))


def _read_summary(found: Outline, section: Section, today: date) -> None:
    for line in unwrap(list(section.lines)):
        (found.points if line.bullet else found.summary).append(line.text)


def _read_experience(found: Outline, section: Section, today: date) -> None:
    before, heads = positions.parse(section.lines, today)
    if before and heads:
        found.rest.append((section.title, [line.text for line in before]))
    elif before:
        # Without a single date there is no telling positions apart: one position holds it all.
        first = before[0]
        opening = not first.bullet and width(first.text) <= 80 and not ends_sentence(first.text)
        position = positions.undated(first.text) if opening else Position()
        position.lines = before[1:] if opening else before
        heads = [position]
    for position in heads:
        # A line that is an address and nothing else is the client's, not something done there.
        position.lines = [line for line in position.lines if not _address(found, line.text)]
    found.positions.extend(heads)


def _address(found: Outline, text: str) -> bool:
    if not fields.URL.fullmatch(text.strip()):
        return False
    known = [link.url for link in found.header.links]
    found.header.links.extend(link for link in fields.links_in(text) if link.url not in known)
    return True


def _read_projects(found: Outline, section: Section, today: date) -> None:
    found.projects.extend(unwrap(positions.mend(section.lines)))


def _read_education(found: Outline, section: Section, today: date) -> None:
    lines = _divert(found, positions.mend(section.lines), today, away_from="education")
    found.education.extend(fields.education(lines, today))


def _read_courses(found: Outline, section: Section, today: date) -> None:
    courses = [item for line in unwrap(list(section.lines)) for item in fields.split_items(line.text)]
    if found.education:
        found.education[-1].courses.extend(courses)
    else:
        found.rest.append((section.title, courses))


def _read_skills(found: Outline, section: Section, today: date) -> None:
    for line in _divert(found, unwrap(list(section.lines), prose=False), today, away_from="skills"):
        named = free_label(line.text)
        if named and named[1]:
            found.groups.append((named[0], fields.split_items(named[1])))
        fields.add_skills(found.skills, line, section.kind)


def _read_specialties(found: Outline, section: Section, today: date) -> None:
    for line in _divert(found, unwrap(list(section.lines), prose=False), today, away_from="skills"):
        named = free_label(line.text)
        items = fields.split_items(named[1] if named and named[1] else line.text)
        if named and named[1]:
            found.groups.append((named[0], items))
        found.specialties.extend(item for item in items if item not in found.specialties)


def _read_certifications(found: Outline, section: Section, today: date) -> None:
    for line in _divert(found, unwrap(list(section.lines), prose=False), today, away_from="certifications"):
        found.certifications.extend(fields.certifications(line.text, today))


def _read_languages(found: Outline, section: Section, today: date) -> None:
    for line in section.lines:
        if spoken := fields.languages([line]):
            found.languages.extend(spoken)
        else:
            fields.add_skills(found.skills, line, "skills")


def _read_awards(found: Outline, section: Section, today: date) -> None:
    for line in _divert(found, unwrap(list(section.lines), prose=False), today, away_from="awards"):
        found.awards.append(line.text)


def _read_open_source(found: Outline, section: Section, today: date) -> None:
    found.open_source.extend(line.text for line in unwrap(list(section.lines)))


def _read_rest(found: Outline, section: Section, today: date) -> None:
    texts = [line.text for line in unwrap(list(section.lines), prose=False)]
    if texts or section.kind == "unknown":
        found.rest.append((section.title, texts))


_READERS: dict[str, Callable[[Outline, Section, date], None]] = {
    "head": _read_head,
    "title": _read_head,
    "contact": _read_head,
    "objective": _read_objective,
    "summary": _read_summary,
    "experience": _read_experience,
    "projects": _read_projects,
    "education": _read_education,
    "courses": _read_courses,
    "skills": _read_skills,
    "specialties": _read_specialties,
    "tools": _read_skills,
    "soft": _read_skills,
    "certifications": _read_certifications,
    "languages": _read_languages,
    "awards": _read_awards,
    "open_source": _read_open_source,
}


def _divert(found: Outline, lines: Iterable[Line], today: date, away_from: str) -> list[Line]:
    """Lines of a mixed section ("Awards & Certifications") go where they belong; the rest stay."""
    return [line for line in lines if not _diverted(found, line, today, away_from)]


def _diverted(found: Outline, line: Line, today: date, away_from: str) -> bool:
    parts = fields.listed(line.text, fields.is_language, fields.is_certificate)
    named = free_label(line.text)
    spoken = heading_kind(named[0]) == "languages" and fields.names_language(named[1]) if named else False
    group = away_from == "skills" and named is not None and not fields.names_language(named[0])
    if spoken or (all(map(fields.is_language, parts)) and not group):
        found.languages.extend(fields.languages([line]))
    elif len(parts) > 1 and any(map(fields.is_language, parts)):
        for part in parts:
            if fields.is_language(part):
                found.languages.extend(fields.languages([Line(part)]))
            else:
                found.certifications.extend(fields.certifications(part, today))
    elif (
        away_from in ("awards", "education")
        and fields.is_certificate(line.text)
        and not words("award.words").search(line.text)
    ):
        found.certifications.extend(fields.certifications(line.text, today))
    elif (
        away_from in ("certifications", "education")
        and words("award.words").search(line.text)
        and not fields.is_certificate(line.text)
    ):
        found.awards.append(line.text)
    elif away_from == "education" and _SKILL_LEAD.match(line.text):
        fields.add_skills(found.skills, line, "skills")
    else:
        return False
    return True
