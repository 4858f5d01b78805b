"""A coaching snippet as a Markdown file: front matter (id, title, tags, when it applies), and advice in three parts.

The text under the front matter is for whoever writes the advice; the sections `## Interview` and `## Resume`, which may
be missing in a coach's own, are words to the client that a tip can take over as they are.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from core.errors import InputError
from core.i18n import LOCALES
from core.offline.lines import width
from core.prompts import SNIPPETS, clean

# Trades, and about what a snippet is: what search and the coach sort by.
TRADES = (
    *("software", "data", "design", "product", "marketing", "sales", "finance", "accounting", "nursing", "teaching"),
    *("logistics", "manufacturing", "hr", "legal", "hospitality", "customer_service", "construction", "research"),
    *("public_sector", "operations"),
)
# What has to hold of a gap, or the snippet would take something for granted: of what was found, and of what is asked.
PREMISES = (
    *("absent", "listed", "claimed", "basic", "related", "pending", "just_short", "far_short", "lower_degree"),
    *("other_subject", "part_time", "career_change", "overqualified"),
    *("tool", "method", "licence", "leading", "budget", "portfolio", "people", "customers", "regulated", "clearance"),
)
TOLD = "told"  # whether it fits, only the client or who reads the documents can tell
TAGS = (
    *("match", "match_intent", "outreach", "interview", "resume", "read_jd", "gap"),
    *PREMISES,
    TOLD,
    *("seniority", "salary", "job_hopping", "employment_gap"),
    *("skill", "education", "experience", "language", "certification", "domain", "soft", "other"),
    *TRADES,
)
LONGEST_TITLE = 120  # characters
LONGEST_TEXT = 4_000  # columns of all parts, a Chinese character takes two: any snippet fits into a prompt
MOST_SITUATIONS = 20
LONGEST_FRONT = 12_000  # characters of the front matter: more than all that may stand there
LONGEST_FILE = 40_000

_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n(.*?)\n---[ \t]*(?:\n(.*))?\Z", re.S)
_SECTION = re.compile(r"^##[ \t]*(Interview|Resume|面试|简历)[ \t]*$", re.M | re.I | re.A)
_SECTIONS = {"interview": "interview", "resume": "resume", "面试": "interview", "简历": "resume"}
_TITLES = {"en": ("Interview", "Resume"), "zh": ("面试", "简历")}
# Of texts alone: no dates, numbers or objects. By libyaml, where there is one: ten times as fast, and files are many.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


@dataclass(frozen=True)
class Advice:
    """What a snippet says, wherever it is kept."""

    key: str
    locale: str
    title: str
    body: str
    tags: tuple[str, ...] = ()
    situations: tuple[str, ...] = ()
    interview: str = ""
    resume: str = ""

    @property
    def digest(self) -> str:
        """Of everything it says; two with the same digest say the same."""
        parts = [self.key, self.locale, self.title, self.body, self.tags, self.situations, self.interview, self.resume]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Curated:
    """The snippets that come with the project, by locale and key, and the files of which none could be made."""

    advice: dict[tuple[str, str], Advice]
    broken: tuple[str, ...] = field(default=())


def _listed(value: object) -> object:
    """A list of lines, without the blank ones; a text is split at its commas."""
    parts = value.replace("，", ",").split(",") if isinstance(value, str) else value or []
    if not isinstance(parts, list | tuple):
        return parts
    return [line for line in (_line(part) if isinstance(part, str) else part for part in parts) if line != ""]


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _known(tags: list[str]) -> list[str]:
    if strangers := sorted(set(tags) - set(TAGS)):
        raise ValueError(f"no such tag: {', '.join(strangers)[:80]}")
    return list(dict.fromkeys(tags))


_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TITLE * 2)]


class _Front(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, StringConstraints(pattern=f"^{_KEY.pattern}$")]
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TITLE)]
    tags: Annotated[list[str], BeforeValidator(_listed), AfterValidator(_known)] = []
    when: Annotated[list[_Line], BeforeValidator(_listed)] = []


def invalid(part: str, where: str = "") -> InputError:
    """The error that says which part cannot be used, and in which file or row that stands."""
    return InputError("snippet_invalid", part=part, where=f" ({where})" if where else "")


def advice(
    key: str, locale: str, title: str, text: str, tags: object = (), situations: object = (), where: str = ""
) -> Advice:
    """One from the parts of a form, a table or a file; `text` may have the two sections.

    Raises InputError `snippet_invalid`, with `where` and the part that cannot be used.
    """
    if locale not in LOCALES:
        raise invalid("locale", where)
    try:
        front = _Front.model_validate({"id": key, "title": _line(title), "tags": tags, "when": situations})
    except ValidationError as error:
        part = str(next(iter(error.errors()))["loc"][0])
        raise invalid(part, where) from None
    body, *sections = _SECTION.split(clean(text))
    parts = {_SECTIONS[name.lower()]: said.strip() for name, said in zip(sections[::2], sections[1::2], strict=True)}
    if len(front.when) > MOST_SITUATIONS:
        raise invalid("when", where)
    one = Advice(front.id, locale, front.title, body.strip(), tuple(front.tags), tuple(front.when), **parts)
    if not one.body or width("".join([one.body, one.interview, one.resume])) > LONGEST_TEXT:
        raise invalid("text", where)
    return one


def parse(raw: str, locale: str, where: str = "") -> Advice:
    """One from a Markdown file. Raises InputError `snippet_invalid`."""
    # Bounded before it is looked at: what reads YAML goes as deep as the text does, and crashes there.
    match = _FRONT_MATTER.match(raw[:LONGEST_FILE].removeprefix("\ufeff").replace("\r\n", "\n"))
    if match is None or len(match[1]) > LONGEST_FRONT or len(raw) > LONGEST_FILE:
        raise invalid("front matter", where)
    try:
        front = yaml.load(match[1], Loader=_LOADER)  # noqa: S506 - a safe one
    except (yaml.YAMLError, RecursionError, ValueError):
        front = None
    if not isinstance(front, dict):
        raise invalid("front matter", where)
    if strangers := set(front) - {"id", "title", "tags", "when"}:
        stranger = min(map(str, strangers))
        raise invalid(stranger[:40] if stranger.isidentifier() else "front matter", where)
    key, title = front.get("id"), front.get("title")
    return advice(
        key if isinstance(key, str) else "",
        locale,
        title if isinstance(title, str) else "",
        match[2] or "",
        front.get("tags"),
        front.get("when"),
        where,
    )


def text(one: Advice) -> str:
    """Body and sections as one text, as a form shows them."""
    sections = zip(_TITLES[one.locale], (one.interview, one.resume), strict=True)
    return "\n\n".join([one.body, *(f"## {title}\n{said}" for title, said in sections if said)])


@cache
def curated(folder: Path = SNIPPETS) -> Curated:
    """Those of every locale; read once. A file that is none is left out and named: it must not cost a match."""
    found: dict[tuple[str, str], Advice] = {}
    broken: list[str] = []
    for locale in LOCALES:
        for path in sorted((folder / locale).glob("*.md")):
            try:
                one = parse(path.read_text("utf-8"), locale, path.name)
                if one.key != path.stem:
                    raise invalid("id", path.name)
            except (InputError, OSError, UnicodeDecodeError):
                broken.append(f"{locale}/{path.name}")
            else:
                found[locale, one.key] = one
    return Curated(found, tuple(broken))
