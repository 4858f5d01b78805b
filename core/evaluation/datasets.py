"""Rows by the name of where they come from: what notebooks ask for, which have nothing but parameters."""

from core import database
from core.errors import InputError
from core.evaluation import gold, saved
from core.evaluation.gold import Split
from core.evaluation.predict import OFFLINE, predict
from core.evaluation.rows import Rows

DATASETS = ("gold", "saved")


def load(
    dataset: str,
    *,
    gold_set: str = "plain",
    split: Split = "all",
    model: str = "",
    prompt_locale: str = "",
    limit: int = 0,
) -> Rows:
    """The rows of `gold`, made now, or of the matches `saved` in the app of this single-user install.

    gold: the cases of a set, or of a folder, that are of the split, at most `limit` (0: all), by the route `model`
    (empty: offline), with prompts in `prompt_locale` (empty: the language of each case). saved: as `saved.read`.
    Raises InputError: `dataset_unknown`, `limit_negative`, and those of the source.
    """
    if limit < 0:
        raise InputError("limit_negative", limit=limit)
    if dataset == "gold":
        cases = gold.load(gold.folder(gold_set), split)
        return predict(cases[: limit or None], model or OFFLINE, prompt_locale)
    if dataset == "saved":
        with database.session(database.local_owner()) as db:
            return saved.read(db, model=model, prompt_locale=prompt_locale, limit=limit)
    raise InputError("dataset_unknown", dataset=dataset, known=", ".join(DATASETS))
