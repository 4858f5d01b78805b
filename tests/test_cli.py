"""The terminal entry as a person calls it."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.__main__ import main
from core.settings import ROOT
from tests.support.model_server import ModelServer

SAMPLES = ROOT / "samples"
RESUMES = {locale: SAMPLES / locale / "resume.md" for locale in ("en", "zh")}
JDS = {locale: sorted((SAMPLES / locale / "jobs").glob("*.txt")) for locale in ("en", "zh")}


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_same_files_give_the_same_json_byte_for_byte(locale: str) -> None:
    command = [sys.executable, "-m", "core", "match", RESUMES[locale], JDS[locale][0], "--json"]
    command += ["--detailed", RESUMES[locale].with_name("detailed_resume.md")]
    first, second = (
        subprocess.run(command, capture_output=True, check=True, env={"PYTHONHASHSEED": seed, "PATH": ""}).stdout
        for seed in ("1", "2")
    )
    assert first == second
    result = json.loads(first)
    assert result["locale"] == locale
    assert result["model"] == "offline/analyst"
    assert 0 <= result["score"]["value"] <= 100
    assert len(result["match"]["verdicts"]) == len(result["job"]["must_haves"]) + len(result["job"]["nice_to_haves"])


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_job_that_fits_scores_higher_than_the_stretch(locale: str, capsys: pytest.CaptureFixture[str]) -> None:
    import tomllib

    manifest = tomllib.loads((SAMPLES / "manifest.toml").read_text("utf-8"))
    entry = next(c for c in manifest["clients"] if c["locale"] == locale)
    scores = []
    for job in entry["jobs"]:
        assert main(["match", str(RESUMES[locale]), str(SAMPLES / job["path"]), "--json"]) == 0
        scores.append(json.loads(capsys.readouterr().out)["score"]["value"])
    assert scores[0] > scores[1]


def test_the_report_reads_as_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["match", str(RESUMES["en"]), str(JDS["en"][0]), "--locale", "zh"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# ")
    assert "## 优势" in out or "## " in out


def test_another_model_can_be_named(capsys: pytest.CaptureFixture[str], paced: object, server: ModelServer) -> None:
    assert main(["match", str(RESUMES["en"]), str(JDS["en"][0]), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == "openai/paced"
    assert server.requests == {"job_summary": 1, "job_match": 1}
    assert main(["match", str(RESUMES["en"]), str(JDS["en"][0]), "--model", "offline/analyst", "--json"]) == 0
    assert server.requests == {"job_summary": 1, "job_match": 1}


def test_batch_scores_every_row_and_a_bad_row_fails_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = folder / "jds.csv"
    with table.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, ["id", "jd_text"])
        writer.writeheader()
        writer.writerows({"id": n, "jd_text": path.read_text("utf-8")} for n, path in enumerate(JDS["en"]))
        writer.writerow({"id": "bad", "jd_text": "short"})
        writer.writerow({"id": "none", "jd_text": "la la la " * 20})
    out = folder / "out.csv"
    assert main(["batch", "--resume", str(RESUMES["en"]), "--jds", str(table), "--out", str(out)]) == 0
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert [row["failure_code"] for row in rows] == ["", "", "jd_too_short", "no_requirements"]
    for row in rows[:2]:
        assert 0 <= int(row["score"]) <= 100
        assert row["band"] in {"strong", "medium", "challenging"}
        assert sum(int(row[status]) for status in ("met", "partial", "missing", "unclear")) > 3
        assert float(row["seconds"]) >= 0
    assert rows[2]["score"] == rows[2]["band"] == ""
    assert rows[2]["id"] == "bad"


@pytest.mark.parametrize("kind", ["job", "resume", "detailed"])
def test_summaries(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = {"job": JDS["zh"][0], "resume": RESUMES["zh"], "detailed": RESUMES["zh"].with_name("detailed_resume.md")}[
        kind
    ]
    assert main(["summarize", kind, str(file), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["must_haves" if kind == "job" else "header"]
    assert main(["summarize", kind, str(file)]) == 0
    assert capsys.readouterr().out.startswith("#")


def test_a_table_of_jobs_gives_one_summary_a_line(folder: Path) -> None:
    table, out = folder / "jds.csv", folder / "out.jsonl"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["jd_text"])
        writer.writerows([[JDS["en"][0].read_text("utf-8")], ["short"], [JDS["zh"][0].read_text("utf-8")]])
    assert main(["summarize", "job", str(table), "--out", str(out)]) == 0
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert lines[0]["must_haves"]
    assert lines[1] == {"failure_code": "jd_too_short"}
    assert lines[2]["must_haves"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["match", "missing.pdf", "missing.txt"],
        ["match", "empty.txt", "empty.txt"],
        ["match", str(RESUMES["en"]), "short.txt"],
        ["match", "broken.pdf", str(JDS["en"][0])],
        ["match", ".", str(JDS["en"][0])],
        ["batch", "--resume", str(RESUMES["en"]), "--jds", "short.txt", "--out", "out.csv"],
        ["batch", "--resume", str(RESUMES["en"]), "--jds", "binary.csv", "--out", "out.csv"],
        ["batch", "--resume", str(RESUMES["en"]), "--jds", "good.csv", "--out", "no/such/folder.csv"],
        ["summarize", "job", "short.txt"],
        ["summarize", "resume", "broken.pdf", "--locale", "zh"],
    ],
)
def test_bad_input_is_one_line_and_status_2(
    arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "empty.txt").touch()
    (folder / "short.txt").write_text("too short")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    (folder / "binary.csv").write_bytes(bytes(range(256)) * 10)
    (folder / "good.csv").write_text("jd_text\nshort\n")
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
