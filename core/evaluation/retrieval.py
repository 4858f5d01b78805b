"""Judged queries for the coaching snippets: are those a coach would open first found first?

A folder holds a file per language, `<locale>.toml`, of `[[query]]` tables: the text, the category of the requirement at
stake (empty where none is), the split, the `best` snippets and other `good` ones. Measures are of the first five.
"""

import math
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlmodel import col, select

from core.errors import InputError
from core.evaluation.gold import Split
from core.i18n import LOCALES
from core.knowledge import Snippets, library, search, snippets, words
from core.knowledge.search import Query
from core.models import Snippet
from core.schemas import Category
from core.settings import ROOT

FOLDER = ROOT / "tests" / "retrieval"
SETS = ("plain", "oblique")  # said as postings and coaches say it; and as far from the snippets' words as can be
DEPTH = 5
GAINS = (2, 1)  # of a best and of a good snippet, for nDCG


class Judged(BaseModel):
    """A query, and which snippets answer it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1)
    category: Category | Literal[""]
    split: Literal["dev", "test"]
    best: tuple[str, ...] = Field(min_length=1)
    good: tuple[str, ...] = ()

    @property
    def query(self) -> Query:
        return Query(self.text, ("gap", self.category) if self.category else ())


def load(folder: Path, split: Split) -> dict[str, list[Judged]]:
    """The queries of that split, by locale. Raises InputError: `gold_missing` without any, `gold_invalid`."""
    found: dict[str, list[Judged]] = {}
    for file in sorted(folder.glob("*.toml")):
        try:
            rows = [Judged.model_validate(row) for row in tomllib.loads(file.read_text("utf-8"))["query"]]
        except (OSError, KeyError, ValueError) as error:
            reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            raise InputError("gold_invalid", path=str(file), reason=reason) from error
        known = {key for locale, key in snippets.curated().advice if locale == file.stem}
        if file.stem not in LOCALES or {key for row in rows for key in (*row.best, *row.good)} - known:
            raise InputError("gold_invalid", path=str(file), reason="there is no such snippet")
        found[file.stem] = [row for row in rows if split in ("all", row.split)]
    if not any(found.values()):
        raise InputError("gold_missing", path=folder, split=split)
    return found


def reciprocal_rank(ranked: Sequence[str], judged: Judged) -> float:
    """One over the place of the first best snippet among the first five; else 0."""
    return next((1 / place for place, key in enumerate(ranked[:DEPTH], 1) if key in judged.best), 0.0)


def ndcg(ranked: Sequence[str], judged: Judged) -> float:
    """Discounted cumulative gain of the first five over that of the best order (Järvelin and Kekäläinen 2002)."""
    gain = dict.fromkeys(judged.good, GAINS[1]) | dict.fromkeys(judged.best, GAINS[0])

    def discounted(gains: Sequence[int]) -> float:
        return sum(each / math.log2(place + 1) for place, each in enumerate(gains[:DEPTH], 1))

    return discounted([gain.get(key, 0) for key in ranked]) / discounted(sorted(gain.values(), reverse=True))


def shared(judged: Judged, locale: str) -> float:
    """Share of the words of a query (of Chinese: pairs of characters) that the title or the text of its best snippet
    has: how far a query leans on the snippet's own words."""
    asked = set(words.telling(words.words(judged.text)))
    texts = (snippets.curated().advice[locale, key] for key in judged.best)
    told = [set(words.words(f"{advice.title}\n{snippets.text(advice)}")) for advice in texts]
    return max(len(asked & each) for each in told) / max(len(asked), 1)


Find = Callable[[str, Query], list[str]]


def finder(opened: Snippets) -> Find:
    """Keys of the snippets found for a query in a locale, in order."""
    with opened() as db:
        library.install(db)
        db.commit()

    def find(locale: str, query: Query) -> list[str]:
        with opened() as db:
            ids = [hit.id for hit in search.ranked(db, locale, query, DEPTH)]
            rows = db.exec(select(Snippet.id, Snippet.key).where(col(Snippet.id).in_(ids))).all()
            keys = {number: key for number, key in rows}  # noqa: C416 - of rows, dict() has no type
            return [keys[number] for number in ids if number in keys]

    return find


def compare(judged: dict[str, list[Judged]], find: Find) -> pd.DataFrame:
    """A row per locale: number of queries, MRR and nDCG of the first five, and the mean share of words they share with
    the snippet."""
    rows = []
    for locale, queries in judged.items():
        ranked = [(find(locale, each.query), each) for each in queries]
        figures = {
            "mrr_5": [reciprocal_rank(keys, each) for keys, each in ranked],
            "ndcg_5": [ndcg(keys, each) for keys, each in ranked],
            "shared_words": [shared(each, locale) for each in queries],
        }
        rows.append({"locale": locale, "queries": len(queries)} | {n: sum(v) / len(v) for n, v in figures.items()})
    return pd.DataFrame(rows)
