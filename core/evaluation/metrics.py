"""Figures from rows, each with what it is measured on.

Intervals resample whole postings, since the pairs of one posting and the verdicts of one pair are not independent. A
measure is therefore a function of how often each posting counts, so that all draws of a bootstrap are one product of
matrices.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from core.evaluation.gold import FITS
from core.schemas import Status
from core.scoring import BANDS

STATUSES: tuple[Status, ...] = get_args(Status)
RESAMPLES, LEVEL = 1000, 0.95

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """A value with the bounds of its interval, and the number of rows it rests on; NaN where there is none."""

    value: float
    low: float
    high: float
    rows: int

    def __str__(self) -> str:
        if np.isnan(self.value):
            return ""
        return f"{self.value:.3f}" + ("" if np.isnan(self.low) else f" [{self.low:.3f}, {self.high:.3f}]")


@dataclass(frozen=True)
class Measure:
    """A statistic of so many postings and rows: weights of the postings, in order (draws x postings), to
    values (draws)."""

    statistic: Callable[[Array], Array]
    postings: int
    rows: int

    @property
    def value(self) -> float:
        """With each posting once. NaN where the statistic says nothing."""
        return float(self.statistic(np.ones((1, self.postings)))[0])

    def figure(self, seed: int = 0) -> Figure:
        """The value with its percentile bootstrap interval (Efron 1979): `RESAMPLES` draws of the postings with
        replacement, at `LEVEL`. Draws of which the statistic says nothing do not count; one posting has no interval."""
        drawn = np.full(0, np.nan)
        if self.postings > 1:
            weights = np.random.default_rng(seed).multinomial(
                self.postings, np.full(self.postings, 1 / self.postings), size=RESAMPLES
            )
            drawn = self.statistic(weights.astype(np.float64))
        usable, tail = drawn[~np.isnan(drawn)], (1 - LEVEL) / 2
        low, high = np.quantile(usable, [tail, 1 - tail]) if len(usable) else (np.nan, np.nan)
        return Figure(self.value, float(low), float(high), self.rows)


# --- verdicts: rows without a label do not count, an empty prediction is wrong --------------------------------------


def accuracy(verdicts: pd.DataFrame, column: str = "predicted") -> Measure:
    """The share of verdicts that are the labelled status."""
    rows = _labelled(verdicts)
    right, all_ = _sums(rows, rows[column] == rows["gold"], np.ones(len(rows)))
    return _measure(rows, lambda w: _divided(w @ right, w @ all_))


def kappa(verdicts: pd.DataFrame, column: str = "predicted") -> Measure:
    """Agreement beyond chance (Cohen 1960): 1 is perfect, 0 what verdicts at random with the same shares would have."""
    rows = _labelled(verdicts)
    right, all_ = _sums(rows, rows[column] == rows["gold"], np.ones(len(rows)))
    given = [_sums(rows, rows["gold"] == status, rows[column] == status) for status in STATUSES]

    def statistic(w: Array) -> Array:
        observed = _divided(w @ right, w @ all_)
        expected = _divided(sum((w @ gold) * (w @ ours) for gold, ours in given), (w @ all_) ** 2)
        return _divided(observed - expected, 1 - expected)

    return _measure(rows, statistic)


def f1(verdicts: pd.DataFrame, status: Status, column: str = "predicted") -> Measure:
    """The harmonic mean of precision and recall of one status; NaN where it is neither labelled nor predicted."""
    rows = _labelled(verdicts)
    gold, ours = rows["gold"] == status, rows[column] == status
    both, either = _sums(rows, gold & ours, gold.astype(int) + ours.astype(int))
    return _measure(rows, lambda w: _divided(2 * (w @ both), w @ either))


def confusion(verdicts: pd.DataFrame, column: str = "predicted") -> pd.DataFrame:
    """Counts, labelled statuses down, predicted ones across; "none" for verdicts that are not there."""
    rows = _labelled(verdicts)
    table = pd.crosstab(rows["gold"], rows[column].replace("", "none"))
    return table.reindex(index=list(STATUSES), columns=[*STATUSES, "none"], fill_value=0)


def mix(verdicts: pd.DataFrame) -> pd.DataFrame:
    """How often each status was given, in counts, by model and language; columns `STATUSES` and "none"."""
    return _counts(verdicts, "predicted", [*STATUSES, "none"])


# --- pairs: one that failed has no score ----------------------------------------------------------------------------


def triples(pairs: pd.DataFrame, column: str = "score") -> Measure:
    """The share of postings whose three resumes stand in the right order, fit > near > misfit; ties are wrong, and so
    is a pair that failed."""
    rows = pairs[pairs["fit"] != ""]
    table = rows.assign(value=rows[column].astype(float)).pivot_table(
        index="case", columns="fit", values="value", aggfunc="first", dropna=False
    )
    best, middle, least = (table[fit].to_numpy() if fit in table else np.full(len(table), np.nan) for fit in FITS)
    ordered = ((best > middle) & (middle > least)).astype(float)
    return Measure(lambda w: _divided(w @ ordered, w.sum(axis=1)), len(table), len(rows))


def separation(pairs: pd.DataFrame, column: str = "score") -> Measure:
    """AUC: the chance that a resume that fits is ranked above one that does not (near misses aside) across all
    postings. A failed pair is ranked last. NaN without both kinds."""
    rows = pairs[pairs["fit"].isin(("fit", "misfit"))]
    values = rows[column].astype(float).fillna(-1.0).to_numpy()
    posting, fits = pd.factorize(rows["case"], sort=True)[0], (rows["fit"] == "fit").to_numpy()
    above = values[fits][:, None] - values[~fits][None, :]
    won = (above > 0) + 0.5 * (above == 0)

    def statistic(w: Array) -> Array:
        ours, theirs = w[:, posting[fits]], w[:, posting[~fits]]
        return _divided(((ours @ won) * theirs).sum(axis=1), ours.sum(axis=1) * theirs.sum(axis=1))

    return _measure(rows, statistic)


def error(pairs: pd.DataFrame, column: str = "score") -> Measure:
    """How many points a score is off, on average, from the one that the labels give. Failed pairs do not count."""
    rows = pairs.dropna(subset=["gold_score", column])
    off, all_ = _sums(rows, (rows[column] - rows["gold_score"]).abs(), np.ones(len(rows)))
    return _measure(rows, lambda w: _divided(w @ off, w @ all_))


def failed(pairs: pd.DataFrame) -> Measure:
    """The share of pairs of which something failed."""
    bad, all_ = _sums(pairs, pairs["failure_code"] != "", np.ones(len(pairs)))
    return _measure(pairs, lambda w: _divided(w @ bad, w @ all_))


def bands(pairs: pd.DataFrame) -> pd.DataFrame:
    """How many pairs came into each band of the score, as `mix`; "none" are those that failed."""
    return _counts(pairs, "band", [*(name for _, name in BANDS), "none"])


# --- any rows -------------------------------------------------------------------------------------------------------


def share(rows: pd.DataFrame, part: str, whole: str) -> Measure:
    """One column of counts as a share of another: of quotes `cited`, those `grounded`. NaN of nothing."""
    parts, wholes = _sums(rows, rows[part], rows[whole])
    return _measure(rows, lambda w: _divided(w @ parts, w @ wholes))


def _labelled(verdicts: pd.DataFrame) -> pd.DataFrame:
    return verdicts[verdicts["gold"] != ""]


def _counts(rows: pd.DataFrame, column: str, values: Sequence[str]) -> pd.DataFrame:
    table = rows.groupby(["model", "locale", rows[column].replace("", "none")]).size().unstack(fill_value=0)
    return table.reindex(columns=list(values), fill_value=0)


def _sums(rows: pd.DataFrame, *columns: ArrayLike) -> Sequence[Array]:
    """Each column summed within each posting."""
    posting, postings = pd.factorize(rows["case"], sort=True)
    count = partial(np.bincount, posting, minlength=len(postings))
    return [count(weights=np.asarray(column, dtype=np.float64)).astype(np.float64) for column in columns]


def _measure(rows: pd.DataFrame, statistic: Callable[[Array], Array]) -> Measure:
    return Measure(statistic, rows["case"].nunique(), len(rows))


def _divided(part: Any, whole: Any) -> Array:
    """Quotients, NaN where nothing is divided by nothing."""
    quotients: Array = np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) != 0)
    return quotients
