"""The notebooks as they are committed, and as they run."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

from core import database
from core.errors import InputError
from core.evaluation import datasets, gold, notebooks, report, saved
from core.routing import Candidate
from tests.support.model_server import ModelServer
from tests.test_runs import PACED, add_client, settle, submit

MATCH_QUALITY = "01_match_quality"
FILES = ["figures.json", "jobs.csv", "pairs.csv", "verdicts.csv"]


def figures(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "figures.json").read_text("utf-8"))
    return document


def outputs(notebook: Path) -> str:
    """What the cells show, as text."""
    cells = nbformat.read(notebook, as_version=4).cells
    return json.dumps([cell.get("outputs", []) for cell in cells], ensure_ascii=False)


@pytest.mark.parametrize("name", notebooks.names())
def test_a_notebook_is_committed_without_traces_of_a_run(name: str) -> None:
    path = notebooks.FOLDER / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert sum("parameters" in cell.metadata.get("tags", []) for cell in code) == 1
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == notebooks.KERNEL
    assert "output" in notebooks.parameters(name, [("output", "x")])


def test_the_whole_gold_set(folder: Path) -> None:
    page = notebooks.execute(MATCH_QUALITY, folder / "out", {})
    assert sorted(path.name for path in (folder / "out").iterdir()) == sorted(
        [*FILES, "match_quality.html", "match_quality.ipynb"]
    )
    cases = gold.load(gold.folder("plain"))
    document = figures(folder / "out")
    assert document["counts"]["postings"] == len(cases)
    assert document["counts"]["pairs"] == 3 * len(cases)
    assert document["counts"]["verdicts"] == sum(3 * len(case.requirements) for case in cases)
    assert document["failures"] == []
    verdicts = pd.read_csv(folder / "out" / "verdicts.csv", keep_default_na=False)
    accuracy = document["figures"]["all"]["given"]["accuracy"]
    assert accuracy["value"] == pytest.approx((verdicts["gold"] == verdicts["predicted"]).mean())
    assert accuracy["low"] < accuracy["value"] < accuracy["high"]
    for language in ("en", "zh"):
        assert document["figures"][language]["given"]["accuracy"]["value"] >= 0.9
    for ranking in ("given_score", "score"):
        assert document["figures"]["all"]["triples"][ranking]["value"] >= 0.95
    html = page.read_text("utf-8")
    assert html.count("<img") == 4
    assert f"{accuracy['value']:.3f} [{accuracy['low']:.3f}, {accuracy['high']:.3f}]" in html
    assert "<script" not in html  # nor anything else that would be fetched from somewhere
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", html)


def test_papermill_alone_leaves_the_same_figures(folder: Path) -> None:
    call = [Path(sys.executable).with_name("papermill"), notebooks.FOLDER / f"{MATCH_QUALITY}.ipynb", "out.ipynb"]
    call += ["-p", "dataset", "gold", "-p", "gold_set", "paraphrased", "-p", "limit", "3", "-p", "output", "out"]
    subprocess.run(list(map(str, call)), check=True, capture_output=True)
    assert sorted(path.name for path in (folder / "out").iterdir()) == FILES
    rows = datasets.load("gold", gold_set="paraphrased", limit=3)
    found = figures(folder / "out")
    direct = json.loads(report.as_json(report.of(rows).document))
    assert {key: found[key] for key in direct} == direct
    assert found["limit"] == 3
    assert list(pd.read_csv(folder / "out" / "pairs.csv")["score"]) == list(rows.pairs["score"])
    shown = outputs(folder / "out.ipynb")
    held_out = rows.where("split", "test").verdicts
    assert len(held_out) > 0
    assert not any(json.dumps(text, ensure_ascii=False)[1:-1] in shown for text in set(held_out["requirement"]))


def test_saved_matches(owner: int, folder: Path, paced: Candidate, server: ModelServer) -> None:
    client = add_client(owner)
    settle(owner, submit(owner, client, token="good").id)
    server.fail("job_match", "fake_quotes", 401)
    settle(owner, submit(owner, client, PACED, token="fake").id)
    settle(owner, submit(owner, client, PACED, token="failed").id)
    page = notebooks.execute(MATCH_QUALITY, folder / "out", {"dataset": "saved"})
    found = figures(folder / "out")
    with database.session(owner) as db:
        rows = saved.read(db)
    direct = json.loads(report.as_json(report.of(rows).document))
    assert {key: found[key] for key in direct} == direct
    assert found["counts"]["pairs"] == 3
    assert [failure["failure_code"] for failure in found["failures"]] == ["auth"]
    html = page.read_text("utf-8")
    assert "quotes unverified" in html
    assert "never written" in html  # the invented quote, in full
    assert "auth" in html


def test_an_install_without_matches(folder: Path) -> None:
    notebooks.execute(MATCH_QUALITY, folder / "out", {"dataset": "saved"})
    assert figures(folder / "out")["counts"] == {"postings": 0, "pairs": 0, "verdicts": 0}


def test_a_notebook_that_stops_says_why_and_where(folder: Path) -> None:
    with pytest.raises(InputError) as caught:
        notebooks.execute(MATCH_QUALITY, folder / "out", {"dataset": "silver"})
    assert caught.value.code == "notebook_failed"
    assert "dataset_unknown" in caught.value.message("en")
    assert "dataset_unknown" in outputs(folder / "out" / "match_quality.ipynb")


def test_a_folder_that_cannot_be_made(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(InputError) as caught:
        notebooks.execute(MATCH_QUALITY, folder / "file" / "out", {})
    assert caught.value.code == "file_unwritable"


def test_parameters_have_the_types_of_the_notebook() -> None:
    given = [("limit", "3"), ("model", "3"), ("prompt_locale", "")]
    assert notebooks.parameters(MATCH_QUALITY, given) == {"limit": 3, "model": "3", "prompt_locale": ""}


@pytest.mark.parametrize(
    ("name", "value"), [("limits", "3"), ("limit", "three"), ("limit", "3.5"), ("limit", "true"), ("limit", "")]
)
def test_a_parameter_that_the_notebook_does_not_take(name: str, value: str) -> None:
    with pytest.raises(InputError) as caught:
        notebooks.parameters(MATCH_QUALITY, [(name, value)])
    assert caught.value.code == "notebook_parameter"
    assert "gold_set='plain'" in caught.value.message("en")


@pytest.mark.parametrize("name", ["02_nothing", "../notebooks/01_match_quality", ""])
def test_a_notebook_that_is_not_there(name: str, folder: Path) -> None:
    for attempt in (lambda: notebooks.parameters(name, []), lambda: notebooks.execute(name, folder, {})):
        with pytest.raises(InputError) as caught:
            attempt()
        assert caught.value.code == "notebook_unknown"
        assert MATCH_QUALITY in caught.value.message("zh")
