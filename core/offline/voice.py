"""The sentences of `phrases.<locale>.toml`, several for each purpose and taken in turn.

No two neighbours sound alike, and the same findings always give the same text. Whatever is inserted is a quotation or a
name, so that it cannot break a sentence.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from core.offline import demands, vocabulary
from core.offline.lines import HAN, width
from core.offline.matching import Finding
from core.offline.reasons import OF_THE_JOB

LONGEST_REQUIREMENT = 72  # columns; a longer one is cut at a clause, or else at a word, and ends in an ellipsis

_CLAUSE_END = re.compile(r"[，；;]|,\s|\s[(（]|（")
_MARKS = " \t,，、;；.。:：!！?？·•-–—"
# A name of these kinds is written as it is ("Python"); any other is a common noun, and small within a sentence.
_PROPER_KINDS = frozenset({"tech", "tool", "certificate", "language"})


@cache
def phrases(locale: str) -> dict[str, Any]:
    """The texts of one locale; raises KeyError for a locale without a file."""
    path = Path(__file__).parent / f"phrases.{locale}.toml"
    if not path.is_file():
        raise KeyError(locale)
    return tomllib.loads(path.read_text("utf-8"))


class Voice:
    """Says things in one language; different `seed`s start at different variants."""

    def __init__(self, locale: str, job_title: str, seed: int) -> None:
        self.phrases, self.locale, self.job_title, self.seed = phrases(locale), locale, job_title, seed
        self.words: dict[str, str] = self.phrases["words"]
        self.used: dict[str, int] = {}

    def has(self, path: str) -> bool:
        """Whether there is anything at a dotted path."""
        return self._at(path) is not None

    def say(self, path: str, **values: str) -> str:
        """The next variant of the list at a dotted path, filled, its first letter a capital."""
        entry = self._at(path)
        if entry is None:
            raise KeyError(path)
        variants = [entry] if isinstance(entry, str) else entry
        turn = self.used.get(path, self.seed % len(variants))
        self.used[path] = turn + 1
        text = str(variants[turn % len(variants)]).format(**values)
        return text[:1].upper() + text[1:]

    def _at(self, path: str) -> Any:
        entry: Any = self.phrases
        for part in path.split("."):
            entry = entry.get(part) if isinstance(entry, dict) else None
        return entry

    def quoted(self, text: str) -> str:
        return f"{self.words['open']}{text}{self.words['close']}"

    def joined(self, texts: Sequence[str]) -> str:
        if len(texts) < 2:
            return "".join(texts)
        return self.words["comma"].join(texts[:-1]) + self.words["and"] + texts[-1]

    def listed(self, value: str) -> str:
        """What a judge names, several parted by "|"."""
        return value.replace("|", self.words["comma"])

    def title(self) -> str:
        """The job by its title, if it has one."""
        return self.quoted(self.job_title) if self.job_title else str(self.phrases["assessment"]["role_unknown"])

    def demand(self, *findings: Finding) -> str:
        """The demands as a phrase: in quotation marks, except for an English name, which needs none in English."""
        return self.joined(list(dict.fromkeys(self._named(finding) for finding in findings)))

    def shown(self, *findings: Finding) -> str:
        """As `demand`, for what was done: of alternatives, the one that was found."""
        return self.joined(list(dict.fromkeys(self._named(finding, shown=True) for finding in findings)))

    def _named(self, finding: Finding, shown: bool = False) -> str:
        if finding.reason in OF_THE_JOB:
            return self.title()
        found = finding.values.get("found", "") if shown and finding.demand.any_of else ""
        text = shortened(found if found and "|" not in found else demands.subject(finding.demand))
        hits = vocabulary.find(text)
        whole = len(hits) == 1 and (hits[0].start, hits[0].end) == (0, len(text)) and text.isascii()
        if not (whole and self.locale == "en") or finding.requirement.category == "soft":
            return self.quoted(text)
        proper = vocabulary.kind(hits[0].name) in _PROPER_KINDS or not text[1:].islower()
        return text if proper else text[0].lower() + text[1:]


def bare(text: str) -> str:
    """A passage without the marks at its ends, so that it can stand inside a sentence."""
    text = " ".join(text.split())
    return text.strip(_MARKS) or text


def shortened(text: str) -> str:
    """A demand of readable length."""
    text = bare(text)
    if width(text) <= LONGEST_REQUIREMENT:
        return text
    clauses = [m.start() for m in _CLAUSE_END.finditer(text) if 12 <= width(text[: m.start()]) <= LONGEST_REQUIREMENT]
    if clauses:
        return text[: clauses[-1]].rstrip(_MARKS) + "…"
    kept = ""
    for part in re.findall(rf"[{HAN}]|[^{HAN}\s]+\s*|\s+", text):
        if width(kept + part) > LONGEST_REQUIREMENT:
            break
        kept += part
    return kept.rstrip(_MARKS) + "…"
