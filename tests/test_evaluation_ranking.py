"""One resume among many postings."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from core.__main__ import main
from core.errors import InputError
from core.evaluation import ranking


@pytest.mark.timeout(600)  # hundreds of pairs
def test_the_score_ranks_fitting_postings_above_others(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """Of the people who come with the project: well everywhere, and on the whole better than likeness of words."""
    assert main(["evaluate", "ranking", "--json", "figures.json"]) == 0
    figures = json.loads((folder / "figures.json").read_text("utf-8"))["figures"]
    assert {row["person"] for row in figures} == {path.parent.name for path in ranking.FOLDER.glob("*/resume.txt")}
    printed = capsys.readouterr().out
    for row in figures:
        assert row["score_low"] <= row["score"] <= row["score_high"]
        assert row["score"] >= 0.85
        assert f"{row['score']:.3f}" in printed
    assert sum(row["score"] for row in figures) > sum(max(row["tfidf"], row["bm25"]) for row in figures)


def test_an_interval_is_that_of_postings_drawn_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "RESAMPLES", 40)
    chance = np.random.default_rng(3)
    fits, values = chance.random(25) < 0.3, chance.integers(0, 9, 25).astype(float)
    again = np.random.default_rng(0)
    drawn = [again.integers(0, 25, 25) for _ in range(40)]
    expected = np.percentile([roc_auc_score(fits[at], values[at]) for at in drawn], [2.5, 97.5])
    assert ranking._interval(fits, values) == pytest.approx(tuple(expected))


def person(folder: Path, *rows: object, resume: str = "Nurse, 2019 - 2024") -> Path:
    (folder / "people" / "one").mkdir(parents=True)
    (folder / "people" / "one" / "resume.txt").write_text(resume, "utf-8")
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    (folder / "people" / "one" / "postings.jsonl").write_text(text, "utf-8")
    return folder / "people"


def test_a_posting_that_asks_for_nothing_ranks_last(folder: Path) -> None:
    people = person(
        folder,
        {"id": 1, "fits": True, "text": "Nurse\nRequirements\n- Nursing\n- Patient care"},
        {"id": 2, "fits": False, "text": "hello"},
    )
    (only,) = ranking.load(people)
    scores = ranking.scores(only, "offline")
    assert scores[1] == 0 < scores[0]


@pytest.mark.parametrize(
    "rows",
    [
        ["{"],
        [{"id": 1, "fits": "perhaps", "text": "x"}],
        [{"id": 1, "fits": True, "text": "x"}],
        [{"id": 1, "text": "x"}],
    ],
)
def test_what_cannot_be_read_is_said_with_its_file(folder: Path, rows: list[object]) -> None:
    with pytest.raises(InputError) as error:
        ranking.load(person(folder, *rows))
    assert error.value.code == "gold_invalid"
    assert "postings.jsonl" in str(error.value.values)


def test_an_empty_folder_is_said_to_be_one(folder: Path) -> None:
    with pytest.raises(InputError) as error:
        ranking.load(folder)
    assert error.value.code == "gold_missing"
