"""The files of the vocabulary: those that come with the app, and the install's own laid over them.

`words/README.md` has the format. The own file is read once per process, so that a text is always read alike: a change
takes effect at the next start.
"""

import logging
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from core import own_files
from core.errors import InputError
from core.offline import backtracking
from core.offline.lines import fold, has_han
from core.settings import settings

log = logging.getLogger(__name__)

MAX_BYTES = 1_000_000  # of an own file: five times the largest of ours
LONGEST_NAME = 80  # characters
CONTEXT = 24  # characters before or behind a name that a pattern is tried on
MOST_WAYS = 100_000  # of a pattern on these, which takes 0.05 s at worst; ours have up to 2,500
HERE = Path(__file__).parent

_SLOW = "slow_pattern"

Words = dict[str, Any]


# --- the form of a file -----------------------------------------------------------------------------------------


def _named(text: str) -> str:
    if not text.isprintable() or not any(c.isalnum() for c in text):
        raise ValueError("not a name")
    return text


def _marked(text: str) -> str:
    # A single letter is no name that can be found in a text, but for those that are `guarded`.
    if len(_bare(text)) < 2:
        raise ValueError("too short")
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
        ways = backtracking.ways(text, CONTEXT)
    except (re.error, RecursionError, OverflowError):
        raise ValueError("not a regular expression") from None
    if ways > MOST_WAYS:
        raise PydanticCustomError(_SLOW, "may try too many ways")
    return text


_Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NAME), AfterValidator(_named)]
_Alias = Annotated[_Name, AfterValidator(_marked)]
_Aliases = dict[_Name, list[_Alias]]
_Pattern = Annotated[str, AfterValidator(_pattern)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Terms(_Part):
    """The terms of each kind, with their other names."""

    tech: _Aliases = {}
    tool: _Aliases = {}
    method: _Aliases = {}
    skill: _Aliases = {}
    domain: _Aliases = {}
    soft: _Aliases = {}
    language: _Aliases = {}
    certificate: _Aliases = {}


class _Group(_Part):
    name: _Name
    members: Annotated[list[_Name], Field(min_length=1)]
    transfer: bool = False


class WordFile(_Terms):
    """What one of `words/*.toml` may hold, and an own file."""

    group: list[_Group] = []
    implies: dict[_Name, list[_Name]] = {}
    disciplines: list[_Name] = []
    exact_case: list[_Name] = []
    not_followed: dict[_Name, _Pattern] = {}
    not_preceded: dict[_Name, _Pattern] = {}


KINDS = tuple(_Terms.model_fields)


# --- reading ----------------------------------------------------------------------------------------------------


@cache
def load() -> Words:
    """All files as one: tables are united, lists of the same name put together; what stands first wins."""
    merged: Words = {}
    for words in (own(), _shipped()):
        _merge(merged, words)
    return merged


@cache
def own() -> Words:
    """The own file's words, terms of ours under their names; nothing while there is no such file, or a broken one."""
    try:
        return _read()
    except InputError as error:
        log.warning("%s", error.message("en"))
        return {}


def check() -> None:
    """Raises InputError vocabulary_invalid, or vocabulary_slow for a pattern that a text could keep busy, with the file
    and the first places in it that are wrong, also while what was read before still serves."""
    _read()


def names(words: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every name with the term it stands for, the term's own first."""
    for kind in KINDS:
        for term, aliases in words.get(kind, {}).items():
            yield term, term
            yield from ((_bare(alias), _bare(alias) if alias[0] in "<~" else term) for alias in aliases)


def counts() -> dict[str, int]:
    """How much comes with the app: `terms`; `bilingual`, those of them with a name in Han characters and one without;
    `names`, all together; `groups`; `implications`."""
    by_term: dict[str, set[str]] = {}
    for name, term in names(_shipped()):
        by_term.setdefault(term, set()).add(name)
    return {
        "terms": len(by_term),
        "bilingual": sum(len(set(map(has_han, alike))) == 2 for alike in by_term.values()),
        "names": sum(map(len, by_term.values())),
        "groups": len(_shipped()["group"]),
        "implications": sum(map(len, _shipped()["implies"].values())),
    }


def key(text: str) -> str:
    """What names are compared by. Of the length of the text, so that a place in it is the same place in the text."""
    lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in fold(text))
    return lowered.replace("-", " ").replace("’", "'").replace("\n", " ").replace("\u00a0", " ")


@cache
def _shipped() -> Words:
    merged: Words = {}
    for file in (HERE / "vocabulary.toml", *sorted((HERE / "words").glob("*.toml"))):
        _merge(merged, tomllib.loads(file.read_text("utf-8")))
    return merged


def _read() -> Words:
    """Raises as `check`."""
    path, position, code = settings().vocabulary_file, "", "vocabulary_invalid"
    if settings().vocabulary is None and not path.exists():
        return {}
    try:
        return _resolved(WordFile.model_validate(own_files.read(path, MAX_BYTES)))
    except ValidationError as error:
        wrong = error.errors()[:3]
        where = ", ".join(_place(*e["loc"]) for e in wrong)
        if all(e["type"] == _SLOW for e in wrong):
            code = "vocabulary_slow"
    except own_files.Unusable as error:
        where, position = error.where, error.position
    raise InputError(code, path=f"{path}{position}", where=where)


def _resolved(file: WordFile) -> Words:
    """The file with terms of ours under our names and kinds, whatever of their names it uses.

    Raises own_files.Unusable for a group or an implication with a name that is nobody's.
    """
    known: dict[str, str] = {}
    kinds = {term: kind for kind in KINDS for term in _shipped()[kind]}
    for name, term in names(_shipped()):
        known.setdefault(key(name), term)
    words: Words = {}
    for kind in KINDS:
        for name, aliases in getattr(file, kind).items():
            term = known.setdefault(key(name), name)
            marked = [f"{a[0]}{known.get(key(_bare(a)), _bare(a))}" if a[0] in "<~" else a for a in aliases]
            _merge(words, {kinds.get(term, kind): {term: marked}})
    known |= {key(name): term for name, term in names(words)}
    unknown: list[str] = []

    def term_of(name: str, *place: str | int) -> str:
        if key(name) not in known:
            unknown.append(_place(*place, name))
        return known.get(key(name), name)

    words["group"] = [
        {
            "name": known.get(key(group.name), group.name),
            "members": [term_of(name, "group", number, "members") for name in group.members],
            "transfer": group.transfer,
        }
        for number, group in enumerate(file.group)
    ]
    words["implies"] = {
        term_of(name, "implies"): [term_of(other, "implies", name) for other in others]
        for name, others in file.implies.items()
    }
    words["disciplines"] = [term_of(name, "disciplines") for name in file.disciplines]
    if unknown:
        raise own_files.Unusable(", ".join(unknown[:3]))
    return words | file.model_dump(include={"exact_case", "not_followed", "not_preceded"})


def _bare(alias: str) -> str:
    return alias[1:].strip() if alias[:1] in ("<", "~") else alias


def _place(*parts: str | int) -> str:
    """As a path, without what Markdown would make something of."""
    return ".".join(re.sub(r"[^\w +#.&/()-]", "?", str(part))[:40] for part in parts)


def _merge(into: Words, more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        known = into.setdefault(name, type(value)())
        if isinstance(value, dict):
            _merge(known, value)
        elif isinstance(value, list):
            known += [item for item in value if item not in known]
        else:
            into[name] = known or value


if __name__ == "__main__":
    for name, count in counts().items():
        print(f"{name}={count}")
