"""What was measured on rows: for a terminal, a notebook, or as files."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.errors import InputError
from core.evaluation import metrics
from core.evaluation.metrics import STATUSES, Figure, Measure
from core.evaluation.rows import Rows

# Sections of figures, and what they are about.
SECTIONS = {
    "given": "Verdicts on the labelled requirements",
    "end_to_end": "Verdicts on the requirements extracted from the posting, aligned with the labelled ones",
    "triples": "Share of postings whose resumes are ranked fit > near miss > misfit",
    "auc": "Chance that a fit is ranked above a misfit of any posting (AUC)",
    "error": "Points between the score and that of the labels, on average",
    "extraction": "Requirements extracted from the posting",
    "quotes": "Quotes that stand in their source word for word",
    "pairs": "Pairs of a posting and a resume",
}
VERDICTS = {"given": "predicted", "end_to_end": "end_to_end"}  # sections, and the column of the verdicts
# What resumes are ranked by: the score on the labelled requirements, that on the extracted ones, and two baselines.
RANKINGS = ("given_score", "score", "tfidf", "bm25")
# Shown for each profession: too few postings for an interval.
BRIEF = (
    *(("given", "accuracy"), ("end_to_end", "accuracy"), ("triples", "score"), ("triples", "tfidf")),
    *(("triples", "bm25"), ("error", "score"), ("extraction", "recall"), ("extraction", "precision")),
)

Key = tuple[str, str]  # section and figure


def measures(rows: Rows) -> dict[Key, Measure]:
    """Every measure, by its section and name; those that the rows say nothing about are NaN."""
    found: dict[Key, Measure] = {}
    for section, column in VERDICTS.items():
        found[section, "accuracy"] = metrics.accuracy(rows.verdicts, column)
        found[section, "kappa"] = metrics.kappa(rows.verdicts, column)
        found |= {(section, f"f1_{s}"): metrics.f1(rows.verdicts, s, column) for s in STATUSES}
    found |= {("triples", column): metrics.triples(rows.pairs, column) for column in RANKINGS}
    found |= {("auc", column): metrics.separation(rows.pairs, column) for column in RANKINGS}
    found |= {("error", column): metrics.error(rows.pairs, column) for column in ("given_score", "score")}
    of_jobs: Callable[[str, str], Measure] = partial(metrics.share, rows.jobs[rows.jobs["labelled"] > 0])
    return found | {
        ("extraction", "recall"): of_jobs("matched", "labelled"),
        ("extraction", "precision"): of_jobs("matched", "extracted"),
        ("extraction", "must_or_nice"): of_jobs("must_right", "matched"),
        ("extraction", "category"): of_jobs("category_right", "matched"),
        ("quotes", "grounded"): metrics.share(rows.verdicts, "grounded", "cited"),
        ("pairs", "failed"): metrics.failed(rows.pairs),
    }


@dataclass(frozen=True)
class Report:
    """`about` says what was measured; `counts` how many postings, pairs and verdicts, `models` how many pairs each
    model answered. `figures` are those of all rows ("all") and of each language, by section and name; `professions`
    the values of `BRIEF`, one row each; `confusion` one table for each of `VERDICTS`; `mix` and `bands` how often each
    verdict and band was given; `failures` what failed."""

    about: dict[str, object]
    counts: dict[str, int]
    models: dict[str, int]
    figures: dict[str, dict[Key, Figure]]
    professions: pd.DataFrame
    confusion: dict[str, pd.DataFrame]
    mix: pd.DataFrame
    bands: pd.DataFrame
    failures: pd.DataFrame

    def table(self, sections: Iterable[str] = SECTIONS) -> pd.DataFrame:
        """The figures of some sections in words, a row each, a column for all rows and for each language."""
        wanted = set(sections)
        columns = {
            group: pd.Series({key: str(figure) for key, figure in figures.items() if key[0] in wanted}, dtype=object)
            for group, figures in self.figures.items()
        }
        table = pd.DataFrame(columns)
        return table[(table != "").any(axis=1)]

    @property
    def document(self) -> dict[str, Any]:
        """Everything as plain values, for `as_json`."""
        figures: dict[str, dict[str, dict[str, Any]]] = {}
        for group, found in self.figures.items():
            for (section, name), figure in found.items():
                figures.setdefault(group, {}).setdefault(section, {})[name] = asdict(figure)
        return {
            **self.about,
            "counts": self.counts,
            "models": self.models,
            "figures": figures,
            "professions": self.professions.to_dict("index"),
            "confusion": {name: table.to_dict("index") for name, table in self.confusion.items()},
            "mix": self.mix.reset_index().to_dict("records"),
            "bands": self.bands.reset_index().to_dict("records"),
            "failures": self.failures.to_dict("records"),
        }


def of(rows: Rows, **about: object) -> Report:
    """Measure rows. `about` goes before the figures: where the rows come from."""
    groups = {"all": rows, **rows.groups("locale")}
    return Report(
        about=about,
        counts={
            "postings": rows.pairs["case"].nunique(),
            "pairs": len(rows.pairs),
            "verdicts": len(rows.verdicts),
        },
        models=dict(Counter(model for model in rows.pairs["model"] if model).most_common()),
        figures={
            name: {key: measure.figure() for key, measure in measures(group).items()} for name, group in groups.items()
        },
        professions=pd.DataFrame(
            {name: _brief(group) for name, group in rows.groups("profession").items()},
            index=["postings", *map(".".join, BRIEF)],
        ).T.astype({"postings": int}),
        confusion={name: metrics.confusion(rows.verdicts, column) for name, column in VERDICTS.items()},
        mix=metrics.mix(rows.verdicts),
        bands=metrics.bands(rows.pairs),
        failures=rows.failures,
    )


def save(rows: Rows, report: Report, folder: Path) -> None:
    """Write verdicts.csv, pairs.csv, jobs.csv and figures.json. Raises InputError `file_unwritable`."""
    tables = {"verdicts": rows.verdicts, "pairs": rows.pairs, "jobs": rows.jobs}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            table.to_csv(folder / f"{name}.csv", index=False)
        (folder / "figures.json").write_text(as_json(report.document), "utf-8")
    except OSError as error:
        raise InputError("file_unwritable", path=folder, reason=error.strerror or "") from error


def as_json(document: object) -> str:
    """As it is written to a file: null for what there is nothing to say about."""
    return json.dumps(_without_nan(document), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _brief(rows: Rows) -> dict[str, float]:
    found = measures(rows)
    values = {".".join(key): found[key].value for key in BRIEF}
    return {"postings": rows.pairs["case"].nunique(), **values}


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and np.isnan(value) else value
