"""The pairs a model got most wrong, to be read in full."""

from dataclasses import dataclass

import pandas as pd

from core.evaluation.rows import Rows

COLUMNS = ["requirement", "category", "must", "gold", "predicted", "end_to_end", "note", "quotes", "cited", "grounded"]


@dataclass(frozen=True)
class Worst:
    """A pair, with how many verdicts are not the labelled ones and how many quotes stand in no source; `verdicts` are
    all of its, the wrong ones first, with `COLUMNS`."""

    case: str
    resume: str
    wrong: int
    unverified: int
    verdicts: pd.DataFrame


def pairs(rows: Rows, count: int = 5) -> list[Worst]:
    """The pairs with the most wrong verdicts, then with the most quotes that could not be verified; none without any.

    Of the split `test` none is shown: who has read a case cannot measure with it any more.
    """
    verdicts = rows.verdicts[rows.verdicts["split"] != "test"]
    verdicts = verdicts.assign(
        wrong=(verdicts["gold"] != "") & (verdicts["predicted"] != verdicts["gold"]),
        unverified=verdicts["cited"] - verdicts["grounded"],
    )
    found = []
    for _, group in verdicts.groupby("pair", sort=True):
        first, wrong, unverified = group.iloc[0], int(group["wrong"].sum()), int(group["unverified"].sum())
        if wrong or unverified:
            shown = group.sort_values(["wrong", "unverified"], ascending=False, kind="stable")[COLUMNS]
            found.append(Worst(first["case"], first["resume"], wrong, unverified, shown.reset_index(drop=True)))
    return sorted(found, key=lambda pair: (-pair.wrong, -pair.unverified))[:count]
