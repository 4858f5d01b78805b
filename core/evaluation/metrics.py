"""Figures from rows, each with what it is measured on. Intervals resample whole postings: pairs of one posting and
verdicts of one pair are not independent."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score, roc_auc_score

from core.evaluation.gold import FITS
from core.schemas import Status

STATUSES: tuple[Status, ...] = get_args(Status)
RESAMPLES, LEVEL = 1000, 0.95

Statistic = Callable[[pd.DataFrame], float]


@dataclass(frozen=True)
class Figure:
    """A value with the bounds of its interval, and the number of rows it rests on."""

    value: float
    low: float
    high: float
    rows: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def accuracy(rows: pd.DataFrame, column: str = "predicted") -> float:
    """The share of verdicts that are the labelled status; an empty prediction is wrong. NaN without rows."""
    return float((rows[column] == rows["gold"]).mean()) if len(rows) else float("nan")


def class_f1(rows: pd.DataFrame, column: str = "predicted") -> dict[Status, float]:
    """F1 of each status; NaN for one that is neither labelled nor predicted."""
    present = set(rows["gold"]) | set(rows[column])
    values = f1_score(rows["gold"], rows[column], labels=list(STATUSES), average=None, zero_division=0.0)
    return {s: float(v) if s in present else float("nan") for s, v in zip(STATUSES, values, strict=True)}


def confusion(rows: pd.DataFrame, column: str = "predicted") -> pd.DataFrame:
    """Counts, labelled statuses down, predicted ones across; "" for verdicts that are not there."""
    across = [*STATUSES, *([""] if (rows[column] == "").any() else [])]
    table = pd.crosstab(rows["gold"], rows[column])
    return table.reindex(index=list(STATUSES), columns=across, fill_value=0)


def triples(pairs: pd.DataFrame, column: str = "score") -> float:
    """The share of postings whose three resumes stand in the right order, fit > near > misfit; ties are wrong, and so
    is a pair that failed."""
    table = pairs.pivot_table(index="case", columns="fit", values=column, aggfunc="first", dropna=False)
    best, middle, least = (table.get(fit, pd.Series(np.nan, table.index)).astype(float) for fit in FITS)
    return float(((best > middle) & (middle > least)).mean()) if len(table) else float("nan")


def separation(pairs: pd.DataFrame, column: str = "score") -> float:
    """AUC: the chance that a resume that fits is ranked above one that does not (near misses aside) across all
    postings. A failed pair is ranked last. NaN without both kinds."""
    rows = pairs[pairs["fit"] != "near"]
    wanted = rows["fit"] == "fit"
    if wanted.nunique() < 2:
        return float("nan")
    return float(roc_auc_score(wanted, rows[column].astype(float).fillna(-1.0)))


def groundedness(rows: pd.DataFrame) -> float:
    """The share of the cited quotes that stand in their source. NaN when none was cited."""
    return float(rows["grounded"].sum() / rows["cited"].sum()) if rows["cited"].sum() else float("nan")


def figure(rows: pd.DataFrame, statistic: Statistic, seed: int = 0) -> Figure:
    """A statistic with its percentile bootstrap interval over cases (Efron; `RESAMPLES` draws, level `LEVEL`)."""
    value = statistic(rows)
    groups = [group for _, group in rows.groupby("case", sort=True)]
    draw = np.random.default_rng(seed)
    drawn = [
        statistic(pd.concat([_renamed(groups[i], n) for n, i in enumerate(draw.integers(0, len(groups), len(groups)))]))
        for _ in range(RESAMPLES if len(groups) > 1 else 0)
    ]
    tail = (1 - LEVEL) / 2
    usable = [v for v in drawn if not np.isnan(v)]
    low, high = (float(np.quantile(usable, q)) for q in (tail, 1 - tail)) if usable else (float("nan"),) * 2
    return Figure(value, low, high, len(rows))


def _renamed(rows: pd.DataFrame, number: int) -> pd.DataFrame:
    # A case drawn twice counts as two.
    return rows.assign(case=f"{number}")


def by(rows: pd.DataFrame, columns: Iterable[str]) -> Iterable[tuple[str, pd.DataFrame]]:
    """("locale=en", the rows of that group) for each value of each column, in order."""
    for column in columns:
        for value, group in rows.groupby(column, sort=True):
            yield f"{column}={value}", group
