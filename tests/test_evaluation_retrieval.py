"""Judged queries for the coaching snippets: the measures, the files, and how well the search does by them."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import database, knowledge
from core.__main__ import main
from core.errors import InputError
from core.evaluation import retrieval
from core.evaluation.retrieval import Judged
from core.i18n import LOCALES
from core.knowledge import snippets
from core.knowledge.search import Query
from tests.support.postgres import new_database


def one(*best: str, good: tuple[str, ...] = (), **other: Any) -> Judged:
    return Judged(**{"text": "x", "category": "", "split": "dev", "best": best, "good": good, **other})


# --- the measures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ranked", "expected"),
    [
        (["a", "x"], 1.0),
        (["x", "a", "b"], 1 / 2),
        (["x", "y", "z", "g", "b"], 1 / 5),
        (["x", "y", "z", "v", "w", "a"], 0.0),  # the sixth is not seen
        (["g", "x"], 0.0),  # good is not best
        ([], 0.0),
    ],
)
def test_reciprocal_rank(ranked: list[str], expected: float) -> None:
    assert retrieval.reciprocal_rank(ranked, one("a", "b", good=("g",))) == expected


@pytest.mark.parametrize(
    ("ranked", "gained"),
    [
        (["a", "b", "g"], 2 + 2 / math.log2(3) + 1 / 2),
        (["g", "a", "b"], 1 + 2 / math.log2(3) + 2 / 2),
        (["x", "x2", "x3", "x4", "g"], 1 / math.log2(6)),
        (["x", "x2", "x3", "x4", "x5", "a"], 0.0),
        ([], 0.0),
    ],
)
def test_ndcg(ranked: list[str], gained: float) -> None:
    ideal = 2 + 2 / math.log2(3) + 1 / 2
    assert retrieval.ndcg(ranked, one("a", "b", good=("g",))) == pytest.approx(gained / ideal)


def test_the_best_order_of_many_is_one_of_five() -> None:
    asked = one(*"abcdef", good=("g",))
    assert retrieval.ndcg(["f", "e", "d", "c", "b"], asked) == pytest.approx(1)
    assert retrieval.ndcg(["g", "e", "d", "c", "b"], asked) < 1


def test_shared_words() -> None:
    (_, key), advice = next((at, found) for at, found in snippets.curated().advice.items() if at[0] == "en")
    assert retrieval.shared(one(key, text=advice.title), "en") == 1
    assert retrieval.shared(one(key, text=f"{advice.title} zzyzx"), "en") < 1
    assert retrieval.shared(one(key, text="zzyzx"), "en") == 0
    assert retrieval.shared(one(key, text="the of"), "en") == 0  # nothing that tells anything


def test_a_table_of_queries() -> None:
    answers = {"q1": ["a"], "q2": ["x", "a"], "q3": []}
    (key,) = [found for found in snippets.curated().advice if found[0] == "en"][:1]
    asked = [one(key[1], text=text) for text in answers]
    ranked = {text: [key[1] if found == "a" else found for found in keys] for text, keys in answers.items()}
    table = retrieval.compare({"en": asked}, lambda _, query: ranked[query.text])
    (row,) = table.to_dict("records")
    assert (row["locale"], row["queries"]) == ("en", 3)
    assert row["mrr_5"] == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert row["ndcg_5"] == pytest.approx((1 + 1 / math.log2(3) + 0) / 3)


def test_a_query_asks_with_the_category_of_what_is_at_stake() -> None:
    assert one("a", category="skill").query == Query("x", ("gap", "skill"))
    assert one("a").query == Query("x")


# --- the files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", retrieval.SETS)
def test_the_files(name: str) -> None:
    found = {split: retrieval.load(retrieval.FOLDER / name, split) for split in ("all", "dev", "test")}
    assert set(found["all"]) == set(LOCALES)
    for locale, judged in found["all"].items():
        assert len({each.text for each in judged}) == len(judged)
        assert len(found["test"][locale]) >= 60
        assert len(found["dev"][locale]) + len(found["test"][locale]) == len(judged)
        for each in judged:
            assert not set(each.best) & set(each.good)
            assert {(locale, key) for key in (*each.best, *each.good)} <= set(snippets.curated().advice)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("en", "[[query]]"),
        ("en", "not toml"),
        ("en", "[[other]]\nx = 1"),
        ("en", '[[query]]\ntext = "x"\ncategory = ""\nsplit = "dev"\nbest = ["no-such-snippet"]'),
        ("en", '[[query]]\ntext = "x"\ncategory = ""\nsplit = "dev"\nbest = []'),
        ("en", '[[query]]\ntext = "x"\ncategory = "mood"\nsplit = "dev"\nbest = ["gap-tool-cousin"]'),
        ("fr", '[[query]]\ntext = "x"\ncategory = ""\nsplit = "dev"\nbest = ["gap-tool-cousin"]'),
    ],
    ids=range(7),
)
def test_what_cannot_be_read_is_said_with_its_file(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.toml").write_text(text, "utf-8")
    with pytest.raises(InputError) as error:
        retrieval.load(folder, "all")
    assert error.value.code == "gold_invalid"
    assert f"{name}.toml" in error.value.message("en")


def test_an_empty_folder_is_said_to_be_one(folder: Path) -> None:
    with pytest.raises(InputError) as error:
        retrieval.load(folder, "all")
    assert error.value.code == "gold_missing"


# --- how well the search does -----------------------------------------------------------------------------------

# Least MRR of the first five on the plain queries. Measured when these were set, of all and of the test split: SQLite
# 0.868 and 0.846 in English, 0.901 and 0.924 in Chinese; PostgreSQL 0.861 and 0.838, 0.895 and 0.924.
SQLITE = {("all", "en"): 0.85, ("all", "zh"): 0.85, ("test", "en"): 0.83, ("test", "zh"): 0.85}
POSTGRES = {"en": 0.84, "zh": 0.87}


def test_the_right_snippet_is_first(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    figures = {}
    for split in ("all", "test"):
        assert main(["evaluate", "retrieval", "--split", split, "--json", "figures.json"]) == 0
        written = json.loads((folder / "figures.json").read_text("utf-8"))
        assert written["split"] == split
        printed = capsys.readouterr().out
        for row in written["figures"]:
            assert f"{row['mrr_5']:.3f}" in printed
            if row["set"] == "plain":
                figures[split, row["locale"]] = row["mrr_5"]
    assert {at: figure for at, figure in figures.items() if figure < SQLITE[at]} == {}
    assert set(figures) == set(SQLITE)


def test_and_on_postgresql(postgres: str, configure: Callable[..., None]) -> None:
    configure(database_url=new_database(postgres, "judged"))
    find = retrieval.finder(knowledge.of(database.local_owner()))
    table = retrieval.compare(retrieval.load(retrieval.FOLDER / "plain", "all"), find).set_index("locale")
    assert {locale: figure for locale, figure in table["mrr_5"].items() if figure < POSTGRES[str(locale)]} == {}
    assert set(table.index) == set(POSTGRES)
