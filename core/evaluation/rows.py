"""The rows that figures are taken from, whatever they come from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.schemas import Quote

ABOUT = ("case", "profession", "locale", "split")
VERDICTS = (
    *(*ABOUT, "pair", "resume", "fit", "requirement", "category", "must", "gold", "predicted", "end_to_end"),
    *("note", "quotes", "cited", "grounded", "model", "failure_code"),
)
PAIRS = (
    *(*ABOUT, "pair", "resume", "fit", "gold_score", "given_score", "score", "band", "tfidf", "bm25"),
    *("model", "failure_code"),
)
JOBS = (*ABOUT, "labelled", "extracted", "matched", "must_right", "category_right", "model", "failure_code")
SCORES = ("gold_score", "given_score", "score")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rows:
    """`verdicts`: one row per requirement and pair, columns `VERDICTS`; `pairs`: one row per posting and resume that
    were compared, columns `PAIRS`; `jobs`: one row per posting that was read, columns `JOBS`.

    `case` is the posting, within which rows are not independent; `model` is who answered. `gold` is the label, empty
    where there is none. `predicted` and `given_score` rest on the labelled requirements; `end_to_end` and `score` on
    those extracted from the posting. Cells of what failed are empty, as is `end_to_end` where no extracted requirement
    answers to the labelled one. Scores are 0 to 100, `tfidf` and `bm25` 0 to 1; `cited` and the columns of `jobs` are
    counts.
    """

    verdicts: pd.DataFrame
    pairs: pd.DataFrame
    jobs: pd.DataFrame

    @classmethod
    def of(cls, verdicts: Iterable[Row], pairs: Iterable[Row], jobs: Iterable[Row]) -> "Rows":
        """From rows as mappings; what one does not name is an empty cell."""
        compared = _frame(pairs, PAIRS).astype(dict.fromkeys(SCORES, "Int64") | {"tfidf": float, "bm25": float})
        return cls(_frame(verdicts, VERDICTS), compared, _frame(jobs, JOBS))

    def where(self, column: str, value: str) -> "Rows":
        """Those with this value in a column that all three have."""
        return Rows(*(frame[frame[column] == value] for frame in (self.verdicts, self.pairs, self.jobs)))

    def groups(self, column: str) -> dict[str, "Rows"]:
        """`where` for each value of the column that is not empty, in order."""
        return {value: self.where(column, value) for value in sorted(set(self.pairs[column]) - {""})}

    @property
    def failures(self) -> pd.DataFrame:
        """The pairs of which something failed, with the code."""
        failed = self.pairs[self.pairs["failure_code"] != ""]
        return failed[["case", "resume", "locale", "failure_code"]]


def evidence(quotes: Sequence[Quote]) -> Row:
    """The cells of a verdict's quotes."""
    return {
        "quotes": " | ".join(quote.text for quote in quotes),
        "cited": len(quotes),
        "grounded": sum(quote.verified for quote in quotes),
    }


def _frame(rows: Iterable[Row], columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns))
