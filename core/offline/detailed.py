"""Long work histories: projects inside positions, told as task, actions and results."""

import re
from collections.abc import Sequence
from datetime import date

from core.offline import metrics
from core.offline.fields import split_items
from core.offline.lines import Line
from core.offline.positions import Position, short_head
from core.offline.profile import skills_named
from core.offline.sections import free_label, label
from core.schemas import Capability, DetailedExperience, DetailedProject

_TITLE = re.compile(r"^[【\[《]([^】\]》]{2,60})[】\]》]$")
_CUES = ("task", "action", "result")
_GROUPS = ("project", *_CUES, "contribution", "keyword", "stack", "team", "achievements", "duties")


def experiences(positions: Sequence[Position], project_lines: Sequence[Line], today: date) -> list[DetailedExperience]:
    """The positions with their projects; projects of a section of their own come last, under no employer."""
    found = [_experience(position, position.lines, today) for position in positions]
    if project_lines:
        found.append(_experience(Position(), project_lines, today, projects_only=True))
    return found


def capabilities(groups: Sequence[tuple[str, list[str]]], points: Sequence[str]) -> list[Capability]:
    """Labelled groups of skills, then summary points; "label: text" gives a point its name."""
    found = [Capability(name=name, points=items) for name, items in groups]
    for point in points:
        named = free_label(point)
        found.append(Capability(name=named[0], points=[named[1]]) if named and named[1] else Capability(points=[point]))
    return found


class _Story:
    """Fills one experience line by line; a cue says where the lines after it belong."""

    def __init__(self, position: Position) -> None:
        period = position.period
        self.experience = DetailedExperience(
            company=position.company,
            product_or_team=position.team,
            role=position.role,
            duration=period.text if period else position.tenure,
        )
        self._open = ""  # the cue that is being followed

    def _project(self) -> DetailedProject | None:
        return self.experience.projects[-1] if self.experience.projects else None

    def start(self, name: str) -> None:
        self.experience.projects.append(DetailedProject(name=name))
        self._open = ""

    def cue(self, group: str, value: str, line: Line) -> None:
        experience = self.experience
        if group == "project":
            if value:
                self.start(value)
        elif group in ("keyword", "stack"):
            experience.keywords.extend(split_items(value))
        elif group == "team":
            if experience.product_or_team:
                experience.highlights.append(line.text)
            experience.product_or_team = experience.product_or_team or value
        else:
            if group in _CUES and (self._project() is None or self._open in ("contribution", "achievements", "duties")):
                self.start("")
            self._open = group
            if value:
                self.add(value)

    def add(self, text: str) -> None:
        project, experience = self._project(), self.experience
        if self._open == "contribution":
            experience.contributions.append(text)
        elif project is None or self._open in ("achievements", "duties"):
            experience.highlights.append(text)
        elif self._open == "task":
            project.task = f"{project.task}\n{text}".strip()
        elif self._open == "result":
            project.results.append(text)
        else:
            project.actions.append(text)

    def finish(self, today: date) -> DetailedExperience:
        experience = self.experience
        told = [*experience.highlights, *experience.contributions]
        experience.metrics = [clause for text in told for clause in metrics.measured_clauses(text, today)]
        for project in experience.projects:
            passages = [*project.results, *project.actions]
            project.metrics = [metric for passage in passages for metric in metrics.metrics(passage, today)]
            told += [project.task, *passages]
        experience.keywords = list(dict.fromkeys([*experience.keywords, *skills_named(told)]))
        return experience


def _experience(
    position: Position, lines: Sequence[Line], today: date, projects_only: bool = False
) -> DetailedExperience:
    story = _Story(position)
    for index, line in enumerate(lines):
        titled = _TITLE.match(line.text)
        found = label(line.text, *_GROUPS)
        if found:
            story.cue(found.group, found.value, line)
        elif titled or line.mark.startswith("#") or _announces(lines, index, projects_only):
            story.start(titled[1] if titled else line.text)
        elif projects_only and not story.experience.projects:
            named = free_label(line.text)
            story.start(named[0] if named else "")
            story.add(named[1] if named and named[1] else line.text)
        else:
            story.add(line.text)
    return story.finish(today)


def _announces(lines: Sequence[Line], index: int, projects_only: bool) -> bool:
    """Whether a short plain line names a project: a cue follows it, or, in a section of projects, an item does."""
    if not short_head(lines[index]) or index + 1 >= len(lines):
        return False
    following = lines[index + 1]
    return label(following.text, *_CUES) is not None or (projects_only and following.bullet)
