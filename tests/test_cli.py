"""The terminal entry as a person calls it."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import model_check, tasks
from core.__main__ import main
from core.routing import Candidate
from core.settings import ROOT
from tests.support.model_server import ModelServer
from tests.test_models_panel import answer_questions

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
    assert all(result["score"]["value"] + item["gain"] == item["value"] for item in result["improvements"]["open"])
    assert result["improvements"]["unsaid"]
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


@pytest.mark.parametrize(
    ("locale", "reason"),
    [("en", "openai/paced: its provider refused the key"), ("zh", "openai/paced：服务商拒绝了密钥")],
)
def test_a_match_says_who_answered_for_the_first_model_and_why(
    locale: str, reason: str, capsys: pytest.CaptureFixture[str], paced: Candidate, server: ModelServer
) -> None:
    server.fail("job_match", 401, 401)
    call = ["match", str(RESUMES[locale]), str(JDS[locale][0])]
    assert main([*call, "--json"]) == 0
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()  # none for the job's summary, which the first model made
    assert line.startswith("job_match")
    assert "offline/analyst" in line
    assert line.endswith(reason)
    result = json.loads(captured.out)
    assert result["model"] == "offline/analyst"
    assert [tuple(c.values()) for c in result["calls"]] == [
        ("job_summary", "openai/paced", "ok", None),
        ("job_match", "openai/paced", "failed", "auth"),
        ("job_match", "offline/analyst", "ok", None),
    ]
    assert main(call) == 0
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [line]
    assert captured.out.rstrip().endswith("offline/analyst")
    assert main(call) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.rstrip().endswith("openai/paced")


@pytest.mark.parametrize("kind", ["job", "resume", "detailed"])
def test_a_summary_says_who_answered_for_the_first_model(
    kind: str, capsys: pytest.CaptureFixture[str], paced: Candidate, server: ModelServer
) -> None:
    task = {"job": "job_summary", "resume": "resume_summary", "detailed": "detailed_resume_summary"}[kind]
    server.fail(task, 401)
    assert main(["summarize", kind, str(JDS["en"][0] if kind == "job" else RESUMES["en"]), "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == f"{task}: offline/analyst answered; openai/paced: its provider refused the key\n"
    assert [(c["task"], c["model"], c["failure_code"]) for c in json.loads(captured.out)["calls"]] == [
        (task, "openai/paced", "auth"),
        (task, "offline/analyst", None),
    ]


def test_a_model_tried_alone_has_nobody_to_answer_for_it(
    capsys: pytest.CaptureFixture[str], paced: Candidate, server: ModelServer
) -> None:
    server.fail("job_match", 401)
    assert main(["match", str(RESUMES["en"]), str(JDS["en"][0]), "--model", "openai/paced"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1


def test_many_texts_are_counted_by_model_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], paced: Candidate, server: ModelServer
) -> None:
    with (folder / "jds.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["jd_text"], *[[path.read_text("utf-8")] for path in JDS["en"][:2]], ["short"]])
    server.fail("job_match", 401)
    assert main(["batch", "--resume", str(RESUMES["en"]), "--jds", "jds.csv", "--out", "out.csv"]) == 0
    assert capsys.readouterr().err == (
        "job_summary: openai/paced × 2; job_match: offline/analyst × 1, openai/paced × 1; "
        "openai/paced: its provider refused the key × 1\n"
    )
    server.fail("job_summary", 401, 401)
    assert main(["summarize", "job", "jds.csv", "--out", "out.jsonl"]) == 0
    assert capsys.readouterr().err == (
        "job_summary: offline/analyst × 2; openai/paced: its provider refused the key × 2\n"
    )
    lines = [json.loads(line) for line in (folder / "out.jsonl").read_text("utf-8").splitlines()]
    assert [[c["model"] for c in line.get("calls", [])] for line in lines] == [
        ["openai/paced", "offline/analyst"]
    ] * 2 + [[]]


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
        ["summarize", "resume", str(RESUMES["en"]), "--out", "no/such/folder.json"],
        ["batch", "--resume", str(RESUMES["en"]), "--jds", "good.csv", "--out", "good.csv"],
        ["match", "/dev/zero", str(JDS["en"][0])],
        ["match", "line\nbreak.txt", str(JDS["en"][0])],
        ["match", "null\0.txt", str(JDS["en"][0])],
        ["match", str(RESUMES["en"]), str(JDS["en"][0]), "--model", ""],
        ["match", str(RESUMES["en"]), str(JDS["en"][0]), "--model", "offline/x"],
        ["match", str(RESUMES["en"])],
        ["models", "--test", "offline/x"],
        ["models", "--locale", "xx"],
        ["nonsense\n"],
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


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("jd_text,id\nlong enough,1,2\n", "line 2"),  # the third field would shift the others
        ('jd_text\n"never closed\n', "line 2"),
        ("jd_text,id\nJob,1\n\xff,2\n", "line 3"),
        ("id,score,jd_text,band\n1,2,Job,4\n", "score, band"),
        ("jd_text,id\n,1\n  ,2\n", "no job description"),
        ("jd_text\n", "no job description"),
        ("", "no job description"),
        ("id\n1\n", "jd_text"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_before_any_work(
    table: str, words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "jds.csv").write_bytes(table.encode("latin-1"))
    assert main(["batch", "--resume", str(RESUMES["en"]), "--jds", "jds.csv", "--out", "out.csv"]) == 2
    assert words in capsys.readouterr().err
    assert not (folder / "out.csv").exists()


def test_short_rows_are_filled_up_and_blank_lines_skipped(folder: Path) -> None:
    (folder / "jds.csv").write_text("id,jd_text,note\n\n1,short\n2," + "x" * 200_000 + ",y\n")
    assert main(["batch", "--resume", str(RESUMES["en"]), "--jds", "jds.csv", "--out", "out.csv"]) == 0
    rows = list(csv.reader((folder / "out.csv").open()))
    assert [row[:1] + row[2:3] + row[-1:] for row in rows[1:]] == [["1", "", "jd_too_short"], ["2", "y", "jd_too_long"]]


def test_what_is_done_is_kept_when_a_batch_is_stopped(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "jds.csv").write_text("jd_text\nshort\n" + "long enough " * 9 + "\n")

    def interrupt(*_: object, **__: object) -> None:
        assert len((folder / "out.csv").read_text().splitlines()) == 2  # the header and the row that is done
        raise KeyboardInterrupt

    monkeypatch.setattr(tasks, "summarise_job", interrupt)
    assert main(["batch", "--resume", str(RESUMES["en"]), "--jds", "jds.csv", "--out", "out.csv"]) == 130
    assert capsys.readouterr().err == "error: Stopped. What was already written is kept.\n"
    assert "jd_too_short" in (folder / "out.csv").read_text()


def test_an_input_is_read_no_further_than_its_limit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(2**40)
    assert main(["match", "huge.txt", str(JDS["en"][0])]) == 2
    assert "15 MB" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("JOBMATCH_MAX_TOKENS", b"hunter2", "JOBMATCH_MAX_TOKENS"),
        ("JOBMATCH_JSON_MODE", b"hunter2", "JOBMATCH_JSON_MODE"),
        (".env", b"JOBMATCH_MODEL=hunter2\xff", ".env"),
        (".streamlit/secrets.toml", b"hunter2 = = ", "secrets.toml"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(
    name: str, content: bytes, shown: str, folder: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if name.startswith("JOBMATCH"):
        monkeypatch.setenv(name, content.decode())
    else:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    assert main(["match", str(RESUMES["en"]), str(JDS["en"][0])]) == 2
    error = capsys.readouterr().err
    assert shown in error
    assert "hunter2" not in error
    assert error.count("\n") == 1


def test_the_report_is_readable_on_a_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["match", str(RESUMES["en"]), str(JDS["en"][0])]) == 0
    out = capsys.readouterr().out
    assert "\\" not in out
    assert "\u200b" not in out


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "core", *map(str, arguments)]


def test_chinese_is_printed_whatever_the_terminal_says() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    call = command("match", RESUMES["zh"], JDS["zh"][0])
    result = subprocess.run(call, capture_output=True, check=True, cwd=ROOT, env=environment)
    assert result.stdout.decode().startswith("# 匹配报告")


@pytest.mark.parametrize("arguments", [["match", RESUMES["en"], JDS["en"][0]], ["--help"]])
def test_a_full_disk_is_one_line(arguments: list[object]) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(command(*arguments), stdout=full, stderr=subprocess.PIPE, check=False, cwd=ROOT)
    assert result.returncode == 2
    assert result.stderr.count(b"\n") == 1


def test_ctrl_c_is_one_line_and_status_130(folder: Path) -> None:
    os.mkfifo(folder / "pipe")  # nobody writes, so the command waits
    # A shell starts what runs in the background deaf to Ctrl-C, and the tests with it.
    process = subprocess.Popen(
        command("match", folder / "pipe", "x"),
        stderr=subprocess.PIPE,
        cwd=ROOT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads in the way
    )
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)
    assert process.returncode == 130
    assert error == b"error: Stopped. What was already written is kept.\n"


# --- models -----------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> ModelServer:
    return answer_questions(server, monkeypatch)


def on_screen(line: str) -> str:
    """A line in the cells of a terminal, where a Chinese character takes two."""
    return "".join(f"{c}\0" if "\u2e80" <= c <= "\uffef" else c for c in line)


@pytest.mark.parametrize(("locale", "model", "variable"), [("en", "Model", "Variable"), ("zh", "模型", "变量")])
def test_the_models_stand_in_aligned_columns(
    locale: str, model: str, variable: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "hunter2-hunter2")
    assert main(["models", "--locale", locale]) == 0
    out = capsys.readouterr().out
    assert "hunter2" not in out
    _lead, *tables, _how = out.split("\n\n")
    columns = []
    for table, title in zip(tables, (model, variable), strict=True):
        header, *lines = map(on_screen, table.splitlines())
        start = header.index(f"  {on_screen(title)}") + 2
        assert {line[start - 1] for line in lines} == {" "}
        columns.append([line[start:].split()[0] for line in lines])
    models, variables = columns
    assert models == [*["openai/gpt-5.4-mini", "offline/analyst"] * 4, "rapidocr", "openai/gpt-5.4-mini"]
    assert {"OPENAI_API_KEY", "OLLAMA_API_BASE"} <= set(variables)


def test_without_a_key_the_command_says_what_would_bring_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--test"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Everything is done by the offline analyst")
    assert out.count("not set") >= 8
    assert out.endswith("the offline analyst needs no connection.\n")


def test_the_models_as_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAI_API_KEY", "hunter2-hunter2")
    assert main(["models", "--json"]) == 0
    out = capsys.readouterr().out
    assert "hunter2" not in out
    document = json.loads(out)
    match = next(plan for plan in document["plans"] if plan["task"] == "job_match")
    assert match["steps"][0] == {"name": "zai/glm-5.3", "tier": "paid", "source": "ZAI_API_KEY"}
    assert {"openai/gpt-5.4-mini": "OPENAI_API_KEY"}.items() <= {
        r["model"]: r["missing"] for r in match["unused"]
    }.items()
    assert "tests" not in document


def test_every_model_is_tested_once(
    capsys: pytest.CaptureFixture[str],
    paced: Candidate,
    asked: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "hunter2-hunter2")
    monkeypatch.setenv("OPENAI_API_BASE", asked.url)
    assert main(["models", "--test"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[-2:]] == [["openai/paced", "OK,"], ["openai/gpt-5.4-mini", "OK,"]]
    assert asked.asked == {"paced": 1, "gpt-5.4-mini": 1}

    asked.fail("question", 401)
    with pytest.raises(SystemExit) as end:
        main(["models", "--test"])
    assert end.value.code == 1
    lines = capsys.readouterr().out.splitlines()
    assert "refused the key" in lines[-2]
    assert lines[-1].split()[1] == "OK,"  # one that fails does not keep the next from being tested


def test_one_model_is_tested_by_its_name(
    capsys: pytest.CaptureFixture[str],
    paced: Candidate,
    asked: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(model_check, "LIMIT", 2.0)
    asked.fail("question", "silent")
    with pytest.raises(SystemExit) as end:
        main(["models", "--test", "openai/paced", "--json"])
    assert end.value.code == 1
    (test,) = json.loads(capsys.readouterr().out)["tests"]
    assert 2 <= test.pop("seconds") < 4
    assert test == {"model": "openai/paced", "failure_code": "timeout"}
    assert asked.asked == {"paced": 1}


def test_the_exit_status_of_a_test_that_failed_is_1() -> None:
    environment = {**os.environ, "JOBMATCH_MODEL": "openai/x", "JOBMATCH_API_BASE": "http://127.0.0.1:9/v1"}
    environment["JOBMATCH_API_KEY"] = "hunter2"
    result = subprocess.run(
        command("models", "--test", "openai/x"), capture_output=True, check=False, cwd=ROOT, env=environment
    )
    assert result.returncode == 1
    assert result.stderr == b""


def test_a_broken_table_of_models_is_one_line_and_status_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "routing.toml").write_text('[provider.openai]\nkey = ["hunter2"]\n')
    for arguments in (["models"], ["models", "--json"], ["models", "--test"]):
        assert main(arguments) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "provider.openai.key" in captured.err
        assert "hunter2" not in captured.err
        assert captured.err.count("\n") == 1
