"""Skills found in postings: the analyst's vocabulary against spans that people marked (SkillSpan, Zhang et al. 2022).

The data are files of sentences, one JSON object a line: `tokens`, and for each class a BIO tag per token. A span is a
range of tokens.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import InputError
from core.offline import vocabulary

Class = Literal["knowledge", "skill"]
Span = tuple[int, int]  # tokens, from, up to
Spans = Mapping[Class, Sequence[Span]]  # of one sentence: in order, none of a class in another
Finder = Callable[[Sequence[str]], Spans]  # tokens to spans
Matching = Callable[[Sequence[Span], Sequence[Span]], int]  # how many of the one are found in the other

CLASSES: tuple[Class, ...] = get_args(Class)
TRAINING = "train"
# The class that people mark a term of each kind as: a skill is to them what one does or is, knowledge what has a name.
KINDS: dict[str, Class] = {
    **dict.fromkeys(("tech", "tool", "method", "domain", "language", "certificate"), "knowledge"),
    **dict.fromkeys(("skill", "soft"), "skill"),
}

_Tags = tuple[Literal["B", "I", "O"], ...]


class Sentence(BaseModel):
    """A line of a file."""

    model_config = ConfigDict(frozen=True)

    tokens: Annotated[tuple[str, ...], Field(min_length=1)]
    tags_knowledge: _Tags
    tags_skill: _Tags

    @model_validator(mode="after")
    def _as_long(self) -> "Sentence":
        if not len(self.tokens) == len(self.tags_knowledge) == len(self.tags_skill):
            raise ValueError("tokens and tags of different length")
        return self

    @property
    def spans(self) -> dict[Class, list[Span]]:
        """What people marked."""
        return {"knowledge": _spans(self.tags_knowledge), "skill": _spans(self.tags_skill)}


def read(folder: Path, split: str) -> list[Sentence]:
    """The sentences of `<split>.json` in a folder. InputError: `spans_missing`, `spans_invalid` with a line."""
    file = folder / f"{split}.json"
    try:
        lines = file.read_text("utf-8").split("\n")  # a text within JSON may hold other ends of lines
    except (OSError, ValueError) as error:  # also of bytes that are no UTF-8
        raise InputError("spans_missing", path=file) from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(Sentence.model_validate_json(line))
        except ValidationError as error:
            raise InputError("spans_invalid", path=file, line=number) from error
    return found


def _spans(tags: Iterable[str]) -> list[Span]:
    """An I that follows no span begins one."""
    found: list[list[int]] = []
    before = "O"
    for at, tag in enumerate(tags):
        if tag == "B" or (tag == "I" and before == "O"):
            found.append([at, at + 1])
        elif tag == "I":
            found[-1][1] = at + 1
        before = tag
    return [(start, end) for start, end in found]


# --- finders ----------------------------------------------------------------------------------------------------


def by_vocabulary(tokens: Sequence[str]) -> dict[Class, list[Span]]:
    """What the analyst's vocabulary names, as whole tokens; of two terms that share a token, the first."""
    owner = [at for at, token in enumerate(tokens) for _ in f"{token} "]  # the token of each character
    found: dict[Class, list[Span]] = {name: [] for name in CLASSES}
    for hit in vocabulary.find(" ".join(tokens)):
        spans, start = found[KINDS[vocabulary.kind(hit.name)]], owner[hit.start]
        if not spans or spans[-1][1] <= start:
            spans.append((start, owner[hit.end - 1] + 1))
    return found


def by_lexicon(training: Iterable[Sentence]) -> Finder:
    """A finder of whatever was marked in training, letter case aside, the longest at each place."""
    known: dict[Class, set[tuple[str, ...]]] = {name: set() for name in CLASSES}
    for sentence in training:
        for name, spans in sentence.spans.items():
            known[name] |= {_folded(sentence.tokens[start:end]) for start, end in spans}
    longest = {name: max(map(len, phrases), default=0) for name, phrases in known.items()}

    def find(tokens: Sequence[str]) -> dict[Class, list[Span]]:
        folded = _folded(tokens)
        return {name: _longest(folded, known[name], longest[name]) for name in CLASSES}

    return find


def _folded(tokens: Sequence[str]) -> tuple[str, ...]:
    return tuple(token.casefold() for token in tokens)


def _longest(tokens: tuple[str, ...], phrases: set[tuple[str, ...]], limit: int) -> list[Span]:
    found: list[Span] = []
    at = 0
    while at < len(tokens):
        ends = range(min(at + limit, len(tokens)), at, -1)
        end = next((end for end in ends if tokens[at:end] in phrases), None)
        if end is not None:
            found.append((at, end))
        at = end or at + 1
    return found


# --- scores -----------------------------------------------------------------------------------------------------


def strict(ours: Sequence[Span], theirs: Sequence[Span]) -> int:
    """How many spans are the same to the token."""
    return len(set(ours) & set(theirs))


def lenient(ours: Sequence[Span], theirs: Sequence[Span]) -> int:
    """How many pairs can be made of spans that share a token, each in one pair. Both are in order and free of overlaps
    among themselves, so that pairing the first two that meet is never worse than waiting."""
    i = j = count = 0
    while i < len(ours) and j < len(theirs):
        (start, end), (begin, stop) = ours[i], theirs[j]
        if start < stop and begin < end:
            i, j, count = i + 1, j + 1, count + 1
        elif end <= begin:
            i += 1
        else:
            j += 1
    return count


MATCHINGS: dict[str, Matching] = {"strict": strict, "lenient": lenient}


def score(sentences: Sequence[Sentence], find: Finder) -> pd.DataFrame:
    """Precision, recall and F1 over all spans, with their counts: a row for each class and matching. NaN of nothing."""
    marked = [sentence.spans for sentence in sentences]
    found = [find(sentence.tokens) for sentence in sentences]
    rows = []
    for name in CLASSES:
        gold, ours = sum(len(m[name]) for m in marked), sum(len(f[name]) for f in found)
        for matching, count in MATCHINGS.items():
            right = sum(count(f[name], m[name]) for f, m in zip(found, marked, strict=True))
            measured = {
                "precision": _share(right, ours),
                "recall": _share(right, gold),
                "f1": _share(2 * right, ours + gold),
            }
            rows.append(
                {"class": name, "matching": matching, **measured, "right": right, "found": ours, "marked": gold}
            )
    return pd.DataFrame(rows)


def compare(folder: Path, split: str) -> pd.DataFrame:
    """`score` of the vocabulary and, on the same sentences, of a lexicon of all spans of the training split; the column
    `finder` says whose. Raises InputError as `read`."""
    finders: dict[str, Finder] = {"vocabulary": by_vocabulary, "train lexicon": by_lexicon(read(folder, TRAINING))}
    sentences = read(folder, split)
    tables = [score(sentences, find).assign(finder=name) for name, find in finders.items()]
    table = pd.concat(tables).sort_values(["class", "matching"], ascending=[True, False], kind="stable")
    columns = ["class", "matching", "finder", "precision", "recall", "f1", "right", "found", "marked"]
    return table[columns].reset_index(drop=True)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
