"""The command `evaluate` as a person calls it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.__main__ import main
from core.evaluation import gold, report, spans
from core.evaluation.predict import predict
from core.routing import Candidate
from core.settings import ROOT
from tests.support.model_server import ModelServer
from tests.test_evaluation_spans import data

__all__ = ["data"]

NAMES = ("registered_nurse_en", "general_ledger_zh")


@pytest.fixture
def two(folder: Path) -> Path:
    """A folder with two cases."""
    (folder / "cases").mkdir()
    for name in NAMES:
        shutil.copy(gold.folder("paraphrased") / f"{name}.toml", folder / "cases")
    return folder / "cases"


def test_gold_prints_the_figures_and_writes_them(two: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "gold", "--set", str(two), "--json", "figures.json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    (document,) = json.loads((folder / "figures.json").read_text("utf-8"))["sets"]
    made = report.of(predict(gold.load(two), "offline"), set=str(two), split="all", model="offline")
    for row in document.pop("ablation"):
        assert row["verdicts_changed"] == row["scores_changed"] == 0  # a snippet is no evidence
        assert (row["sourced"] > 0.2) is (row["snippets"] > 2) is (row["knowledge"] == "on")
    assert document == json.loads(report.as_json(made.document))
    for title in (*report.SECTIONS.values(), "By profession", "Failures"):
        assert title in captured.out
    for group in made.figures.values():
        assert str(group["given", "accuracy"]) in captured.out
    assert "accounting" in captured.out
    assert "2 postings, 6 pairs" in captured.out
    assert "Failures\nnone\n\nCoaching snippets off and on" in captured.out


def test_without_a_set_all_are_measured_plain_first(capsys: pytest.CaptureFixture[str]) -> None:
    """From a folder that is not the project's."""
    call = [sys.executable, "-m", "core", "evaluate", "gold", "--split", "test"]
    out = subprocess.run(call, check=True, capture_output=True, text=True).stdout
    heads = [line for line in out.splitlines() if line.startswith("set: ")]
    assert heads == [f"set: {name}, split: test, model: offline" for name in ("plain", "paraphrased")]


def test_failures_are_listed_with_their_code(
    two: Path, capsys: pytest.CaptureFixture[str], paced: Candidate, server: ModelServer
) -> None:
    server.fail("job_match", 401, 401)
    assert main(["evaluate", "gold", "--set", str(two), "--model", paced.model, "--locale", "zh"]) == 0
    out = capsys.readouterr().out
    assert f"answered by {paced.model} (5 pairs)" in out
    failures = out.split("Failures\n")[1].splitlines()
    assert [line.split() for line in failures if "auth" in line] == [[NAMES[1], "fit", "zh", "auth"]]


def test_skills_prints_both_finders_and_writes_them(
    data: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "skills", str(data), "--json", "skills.json"]) == 0
    out = capsys.readouterr().out
    assert out.count("vocabulary") == out.count("train lexicon") == 4
    written = json.loads((folder / "skills.json").read_text("utf-8"))
    table = spans.compare(data, "dev")
    assert [row["f1"] for row in written["figures"]] == list(table["f1"])
    assert f"{table['f1'][0]:.3f}" in out


def test_a_notebook_is_run_into_a_folder(two: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["evaluate", "notebook", "01_match_quality", "-p", "gold_set", str(two), "-p", "limit", "1", "--out", "out"]
    assert main(call) == 0
    assert capsys.readouterr().out == "out/match_quality.html\n"
    assert json.loads((folder / "out" / "figures.json").read_text("utf-8"))["counts"]["postings"] == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gold", "--set", "nowhere"], "nowhere"),
        (["gold", "--set", "cases", "--split", "test"], "test"),
        (["gold", "--set", "cases", "--model", "offline/x"], "offline/x"),
        (["gold", "--set", "cases", "--json", "no/such/folder.json"], "folder.json"),
        (["gold", "--split", "train"], "train"),
        (["skills", "nowhere"], "nowhere"),
        (["skills", "."], "train.json"),
        (["skills"], "FOLDER"),
        (["notebook", "02_nothing", "--out", "out"], "01_match_quality"),
        (["notebook", "01_match_quality", "--out", "out", "-p", "limit", "x"], "limit"),
        (["notebook", "01_match_quality", "--out", "cases/registered_nurse_en.toml"], "registered_nurse_en.toml"),
        ([], "evaluate"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    arguments: list[str], words: str, two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert words in error


def test_an_error_is_told_in_the_language_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "skills", "nowhere", "--locale", "zh"]) == 2
    assert "不存在" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("package", "arguments"),
    [
        ("bm25s", ["gold"]),
        ("sklearn", ["gold"]),
        ("scipy", ["gold"]),
        ("papermill", ["notebook", "01_match_quality", "--out", "out"]),
        ("nbconvert", ["notebook", "01_match_quality", "--out", "out"]),
    ],
)
def test_an_install_without_the_extra_says_how_to_get_it(package: str, arguments: list[str]) -> None:
    start = f"import sys; sys.modules[{package!r}] = None; from core.__main__ import main; sys.exit(main(sys.argv[1:]))"
    call = [sys.executable, "-c", start, "evaluate", *arguments]
    result = subprocess.run(call, check=False, capture_output=True, text=True)
    assert result.returncode == 2
    assert package in result.stderr
    assert "requirements/dev.txt" in result.stderr
    assert (ROOT / "requirements" / "dev.txt").read_text("utf-8").count("bm25s==") == 1
