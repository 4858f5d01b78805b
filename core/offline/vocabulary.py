"""The analyst's vocabulary: what a skill, certificate, degree, language or place may be called, what implies what.

All of it is data in word files; here it becomes lexicons that find names in a text, the longest at each place.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from core.offline import wordfiles
from core.offline.lines import fold
from core.remembered import remembered

Relation = Literal["same", "instance", "implied", "broader", "near"]

KINDS = wordfiles.KINDS
HARD_KINDS = frozenset({"tech", "tool", "method", "skill"})
# Evidence in the order of its worth: only those of FULL_RELATIONS are worth full credit, the last none.
FULL_RELATIONS: tuple[Relation, ...] = ("same", "instance")
RELATIONS: tuple[Relation, ...] = (*FULL_RELATIONS, "implied", "near", "broader")

_HAN = re.compile(r"[\u3400-\u9fff、]")
_START = re.compile(r"(?<![a-z0-9])[a-z0-9]|[^a-z0-9\s]")  # where a name may begin: not within a Latin word
_MIXED_GAP = re.compile(r"(?<=[\u3400-\u9fff])[ \t]+(?=[A-Za-z0-9])|(?<=[A-Za-z0-9+#])[ \t]+(?=[\u3400-\u9fff])")


@dataclass(frozen=True)
class Hit:
    """A name found in a text: its canonical name, and where it stands."""

    name: str
    start: int
    end: int


def data() -> dict[str, Any]:
    """The tables of all word files."""
    return wordfiles.load()


def _tight(text: str) -> tuple[str, Sequence[int]]:
    """`text` without spaces between Chinese and Latin ("A/B 测试"), and where each character of it stood."""
    gaps = {at for match in _MIXED_GAP.finditer(text) for at in range(*match.span())}
    if not gaps:
        return text, range(len(text))
    places = [at for at in range(len(text)) if at not in gaps]
    return "".join(text[at] for at in places), places


class Lexicon:
    """Names to look for, each with its canonical name. A name may stand for one thing only: the first given wins."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        exact, guarded = data()["exact_case"], data()["guarded"]
        self._exact, self._guarded = frozenset(exact), frozenset(guarded["names"])
        self._before = re.compile(guarded["before"])
        self._after = re.compile(guarded["after"])
        self._strong_after = re.compile(guarded["strong_after"])
        self._not_preceded = {name: re.compile(pattern) for name, pattern in data()["not_preceded"].items()}
        self._not_followed = {name: re.compile(pattern) for name, pattern in data()["not_followed"].items()}
        self._names: dict[str, tuple[str, str]] = {}
        lengths: dict[str, set[int]] = {}
        for name, canonical in names:
            key = wordfiles.key(_tight(name)[0])
            self._names.setdefault(key, (name, canonical))
            lengths.setdefault(key[:2], set()).add(len(key))
        # How long the names are that begin with these two characters, the longest first.
        self._lengths = {head: sorted(found, reverse=True) for head, found in lengths.items()}
        self.find = remembered(8192)(self._find)

    def _find(self, text: str) -> tuple[Hit, ...]:
        """The names in `text`, from left to right, none inside another."""
        text, places = _tight(text)
        key, hits, at = wordfiles.key(text), [], 0
        while start := _START.search(key, at):
            at = start.start()
            hit = self._at(text, key, at)
            if hit:
                hits.append(hit)
            at = hit.end if hit else at + 1
        return tuple(Hit(hit.name, places[hit.start], places[hit.end - 1] + 1) for hit in hits)

    def _at(self, text: str, key: str, at: int) -> Hit | None:
        for length in (*self._lengths.get(key[at : at + 2], ()), 1):
            folded = key[at : at + length]
            if folded not in self._names or len(folded) < length:
                continue
            name, canonical = self._names[folded]
            end = _end(key, at, folded)
            if end and self._spelled(text, name, at, at + length):
                return Hit(canonical, at, end)
        return None

    def _spelled(self, text: str, name: str, start: int, end: int) -> bool:
        if name in self._not_followed and self._not_followed[name].match(text[end : end + wordfiles.CONTEXT]):
            return False
        if name in self._not_preceded and self._not_preceded[name].search(
            text[max(0, start - wordfiles.CONTEXT) : start]
        ):
            return False
        if name in self._guarded:
            before, after = text[max(0, start - wordfiles.CONTEXT) : start], text[end : end + wordfiles.CONTEXT]
            return text[start:end] == name and bool(
                self._strong_after.match(after.lower()) or (self._before.search(before) and self._after.match(after))
            )
        if not name.isascii() or (len(name) > 2 and name not in self._exact):
            return True
        # A Chinese sentence does not capitalise: "熟练使用excel、word".
        around = text[:start].rstrip()[-1:] + text[end:].lstrip()[:1]
        return fold(text[start:end]) == name or (len(name) > 2 and bool(_HAN.search(around)))


def _end(key: str, at: int, name: str) -> int:
    """Where the name that starts at `at` ends, a plural s included; 0 when it is part of a longer ASCII word."""
    end = at + len(name)
    if name[0].isascii() and name[0].isalnum() and at and key[at - 1].isascii() and key[at - 1].isalnum():
        return 0
    if not (name[-1].isascii() and name[-1].isalnum()):
        return end
    if key.startswith(("++", "#"), end):
        return 0
    if len(name) > 2 and key.startswith("s", end) and name[-1].isalpha() and not _alnum(key, end + 1):
        return end + 1
    return 0 if _alnum(key, end) else end


def _alnum(key: str, at: int) -> bool:
    return at < len(key) and key[at].isascii() and key[at].isalnum()


@cache
def _parsed() -> tuple[dict[str, str], list[tuple[str, str]], list[tuple[str, tuple[str, ...], bool]]]:
    """Kind of each term; (name, term) pairs; groups (name or "", members, whether members stand in for each other)."""
    kinds: dict[str, str] = {}
    groups: list[tuple[str, tuple[str, ...], bool]] = []
    for kind in KINDS:
        for term, aliases in data()[kind].items():
            kinds[term] = kind
            instances = [alias[1:] for alias in aliases if alias[0] == "<"]
            near = [alias[1:] for alias in aliases if alias[0] == "~"]
            kinds |= {name: kind for name in instances + near if name not in kinds}
            if instances:
                groups.append((term, tuple(instances), True))
            if near:
                groups.append(("", (term, *near), True))
    groups += [(group["name"], tuple(group["members"]), group.get("transfer", False)) for group in data()["group"]]
    # Of two terms with the same name the first has it, and that is the own file's.
    return kinds, [*wordfiles.names(wordfiles.own()), *wordfiles.names(data())], groups


@cache
def _terms() -> Lexicon:
    return Lexicon(_parsed()[1])


def find(text: str) -> tuple[Hit, ...]:
    """Skills, tools, methods, domains, soft skills, languages and certificates named in `text`, left to right."""
    return _terms().find(text)


def kind(name: str) -> str:
    """The kind of a term, one of `KINDS`."""
    return _parsed()[0][name]


def is_technique(name: str) -> bool:
    """Whether a name is a technique or a tool ("Java"), and no trade ("back-end development")."""
    return kind(name) in ("tech", "tool") and not is_discipline(name)


def is_tool(name: str) -> bool:
    """Whether a name is that of one tool or technology ("Kafka", "dbt"), and no practice ("unit testing")."""
    return kind(name) in ("tech", "tool") and (not name.islower() or " " not in name)


def is_discipline(name: str) -> bool:
    """Whether a name is a field of work ("nursing"), and no single technique or tool of it."""
    return kind(name) in ("skill", "domain") or name in data()["disciplines"]


@cache
def _links() -> tuple[dict[str, set[str]], dict[str, set[str]], dict[str, set[str]]]:
    """Of each name: what it is directly an instance of, its direct instances, and what it can stand in for."""
    parents: dict[str, set[str]] = {}
    instances: dict[str, set[str]] = {}
    near: dict[str, set[str]] = {}
    for parent, members, transfer in _parsed()[2]:
        for member in members:
            if parent:
                parents.setdefault(member, set()).add(parent)
                instances.setdefault(parent, set()).add(member)
            if transfer:
                near.setdefault(member, set()).update(members)
    return parents, instances, near


@cache
def _closure(name: str, up: bool) -> frozenset[str]:
    """What `name` is an instance of (`up`), or what are instances of it, directly or through others."""
    parents, instances, _ = _links()
    links = parents if up else instances
    found: set[str] = set()
    frontier = {name}
    while frontier:
        step = set().union(*(links.get(each, ()) for each in frontier))
        frontier = step - found
        found |= step
    return frozenset(found - {name})


def ancestors(name: str) -> frozenset[str]:
    """The known terms that `name` is an instance of ("Scrum" -> "Agile")."""
    return frozenset(parent for parent in _closure(name, True) if parent in _parsed()[0])


@cache
def relation(have: str, want: str) -> Relation | None:
    """How much knowing `have` says about `want`; None when it says nothing."""
    if have == want:
        return "same"
    if want in _closure(have, True):
        return "instance"
    implies: Mapping[str, list[str]] = data()["implies"]
    if any(want in implies.get(name, ()) for name in (have, *sorted(_closure(have, True)))):
        return "implied"
    if have in _closure(want, True) and not (is_discipline(have) and is_technique(want)):
        return "broader"
    return "near" if want in _links()[2].get(have, ()) else None


def _table(name: str) -> Lexicon:
    return Lexicon((alias, key) for key, aliases in data()[name].items() for alias in aliases)


@cache
def degrees() -> Lexicon:
    """Names of degrees; canonical names in the order of `DEGREE_ORDER`."""
    return _table("degree")


DEGREE_ORDER = ("high school", "associate", "bachelor", "master", "doctor")


@cache
def fields() -> Lexicon:
    return _table("field")


@cache
def ranks() -> Lexicon:
    """Words for how well a language is known; the canonical name is the rank, "1" to "6"."""
    return _table("rank")


@cache
def tests() -> Lexicon:
    """Language tests; the canonical name is a key of `data()["test"]`."""
    return Lexicon((alias, name) for name, test in data()["test"].items() for alias in (name, *test["names"]))


@cache
def strengths() -> Lexicon:
    """Words such as "expert" and "basic", under "strong" and "weak"."""
    return _table("strength")


@cache
def places() -> Lexicon:
    return Lexicon((name, name) for name in data()["place"]["names"])


def warm_up() -> None:
    """Build every lexicon now (about half a second), so that the first analysis is as quick as the next."""
    for lexicon in (_terms, degrees, fields, ranks, tests, strengths, places):
        lexicon()
