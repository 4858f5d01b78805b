"""Structured summaries shown to people (Markdown) and turned back into a source to match against (plain text).

Both come from one walk over the contract, so a field that is added to a contract appears in both.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

from core.i18n import detect_locale, translate
from core.render.escape import escape, literal
from core.schemas import DetailedResumeSummary, Header, JobSummary, Requirement, ResumeSummary

_COPIED = {"email", "phone", "url", "link"}  # what a person copies from the page
_IN_ONE_LINE = {
    *("specialties", "stack", "courses", "keywords", "technical", "tools", "soft", "other", "domains", "hard_skills"),
    *("tech_stack", "methodologies", "domain_knowledge", "industry", "soft_skills"),
}
_PROSE = {"summary", "company_info"}  # long enough for a heading of its own
_UNLABELLED = {"highlights", "points"}  # what one expects under an entry
_LABELLED_IN_ENTRY = {"gpa"}  # not understood by its value alone
_SEPARATORS = {"end": " – ", "unit": " "}  # before this field of an entry; else a middle dot


class _Part(NamedTuple):
    """One string of the contract, verbatim, with what stands before it."""

    field: str
    text: str
    before: str = ""


class _Line(NamedTuple):
    """One bullet; `depth` 0 is the outermost."""

    depth: int
    label: str
    parts: list[_Part]


class _Section(NamedTuple):
    title: str
    lines: list[_Line]


def job_markdown(job: JobSummary, locale: str, level: int = 1) -> str:
    """The structured JD; empty fields are left out. `level` is that of the outermost heading."""
    return _markdown(job.job_title, _Outline(locale, "job_field").sections(job, leave_out={"job_title"}), level)


def resume_markdown(summary: ResumeSummary | DetailedResumeSummary, locale: str, level: int = 1) -> str:
    """The structured resume or detailed resume; empty fields are left out. `level` is that of the outermost heading."""
    return _markdown(summary.header.name, _Outline(locale, "field").sections(summary), level)


def resume_text(summary: ResumeSummary | DetailedResumeSummary) -> str:
    """The resume as plain text holding every string of the summary verbatim, each apart from its neighbours.

    It is the source that quotes are verified against once a coach has corrected the structure. The profile is left out:
    it is derived, and must not become evidence for itself. Headings are in the language of the resume.
    """
    derived = {"profile"}
    locale = detect_locale("".join(_strings(summary.model_dump(exclude=derived))))
    blocks = [summary.header.name]
    for title, lines in _Outline(locale, "field").sections(summary, leave_out=derived):
        plain = ("  " * line.depth + "- " + _joined(line, lambda part: part.text) for line in lines)
        blocks.append("\n".join([title, *plain] if title else plain))
    return "\n\n".join(filter(None, blocks)) + "\n"


class _Outline:
    """The walk. Labels are in one language, the strings in whatever language they were written."""

    def __init__(self, locale: str, labels: Literal["field", "job_field"]) -> None:
        self._locale = locale
        self._labels = labels

    def sections(self, model: BaseModel, leave_out: Collection[str] = ()) -> list[_Section]:
        """One section per field that holds something, after one without a title for short facts."""
        facts: list[_Line] = []
        sections = []
        for name, value in model:
            if name in leave_out:
                continue
            if isinstance(value, Header):
                facts += [line for field, child in value if field != "name" for line in self._labelled(field, child, 0)]
            elif isinstance(value, str) and name not in _PROSE:
                facts += self._labelled(name, value, 0)
            elif lines := list(self._content(name, value, 0)):
                sections.append(_Section(self._name(name), lines))
        return [_Section("", facts), *sections] if facts else sections

    def _name(self, field: str) -> str:
        return translate(self._locale, f"report.{self._labels}.{field}")

    def _prefix(self, field: str) -> str:
        return translate(self._locale, "report.prefix", label=self._name(field))

    def _content(self, name: str, value: Any, depth: int) -> Iterator[_Line]:
        """The value of a field whose name already stands above it."""
        match value:
            case str() if value:
                yield _Line(depth, "", [_Part(name, value)])
            case list() if name in _IN_ONE_LINE:
                if texts := list(filter(None, value)):
                    yield _Line(depth, "", [_Part(name, text, ", " if i else "") for i, text in enumerate(texts)])
            case list():
                for item in value:
                    yield from (
                        self._entry(item, depth) if isinstance(item, BaseModel) else self._content(name, item, depth)
                    )
            case BaseModel():
                for field, child in value:
                    yield from self._labelled(field, child, depth)
            case float():
                yield _Line(depth, "", [_Part(name, f"{value:g}")])

    def _labelled(self, name: str, value: Any, depth: int) -> Iterator[_Line]:
        """The value of a field with its name: in front if it takes one line, else above."""
        lines = list(self._entry(value, depth) if isinstance(value, BaseModel) else self._content(name, value, depth))
        if len(lines) == 1 and not lines[0].label:
            yield lines[0]._replace(label=self._prefix(name))
        elif lines:
            yield _Line(depth, self._prefix(name), [])
            yield from (line._replace(depth=line.depth + 1) for line in lines)

    def _entry(self, model: BaseModel, depth: int) -> Iterator[_Line]:
        """One experience, project or requirement: its short fields in one line, its lists below."""
        if isinstance(model, Requirement):
            yield self._requirement(model, depth)
            return
        parts: list[_Part] = []
        for field, value in model:
            if isinstance(value, str) and value:
                before = _SEPARATORS.get(field, " · ") if parts else ""
                parts.append(_Part(field, value, before + (self._prefix(field) if field in _LABELLED_IN_ENTRY else "")))
        if parts:
            yield _Line(depth, "", parts)
            depth += 1
        for field, value in model:
            if isinstance(value, list):
                yield from (self._content if field in _UNLABELLED else self._labelled)(field, value, depth)

    def _requirement(self, requirement: Requirement, depth: int) -> _Line:
        kinds = [translate(self._locale, f"report.category.{requirement.category}")]
        if requirement.core:
            kinds.append(translate(self._locale, "report.core"))
        parts = [_Part("id", requirement.id), _Part("text", requirement.text, " ")]
        return _Line(depth, "", [*parts, *(_Part("category", kind, " · ") for kind in kinds)])


def _markdown(title: str, sections: list[_Section], level: int) -> str:
    blocks = [f"{'#' * level} {escape(title)}"] if title else []
    for section in sections:
        if section.title:
            blocks.append(f"{'#' * (level + 1)} {section.title}")
        blocks.append("\n".join("  " * line.depth + "- " + _joined(line, _shown) for line in section.lines))
    return "\n\n".join(blocks) + "\n"


def _shown(part: _Part) -> str:
    return literal(part.text) if part.field in _COPIED else escape(part.text).rstrip()


def _joined(line: _Line, show: Callable[[_Part], str]) -> str:
    if not line.parts:
        return line.label.rstrip()
    return line.label + "".join(part.before + show(part) for part in line.parts)


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for child in value.values():
                yield from _strings(child)
        case list():
            for child in value:
                yield from _strings(child)
