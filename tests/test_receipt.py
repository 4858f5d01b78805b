"""What a coach is told of the calls behind a run: the receipt, and who answered for whom."""

import re
from collections.abc import Iterable
from typing import Any

import pytest

from core import database, i18n, prompts, receipts, render, runs, scoring
from core.llm import failures
from core.models import (
    Client,
    Job,
    LLMCall,
    Match,
    Origin,
    Resume,
    ResumeKind,
    Run,
    RunKind,
    RunStatus,
)
from core.receipts import Line
from core.routing import Candidate
from core.runs import Fallback, RunView
from core.settings import OFFLINE_MODEL, ROOT
from core.usage import Cost
from tests.support.model_server import ModelServer
from tests.test_app import fresh_caches, open_app, texts
from tests.test_runs import PACED, add_client, is_streaming, settle, submit, wait
from tests.test_usage import call

__all__ = ["fresh_caches"]  # a fixture
KNOWN = "openai/gpt-5.4-mini"


def view_of(
    *calls: LLMCall, kind: RunKind = RunKind.MATCH, status: RunStatus = RunStatus.COMPLETED, **more: Any
) -> RunView:
    """A run with these calls, in order, as a page sees it."""
    for number, each in enumerate(calls, 1):
        each.id = number
    run = Run(id="r", kind=kind, status=status, client_id=1, resume_id=1, model="paid", locale="en")
    resume = Resume(client_id=1, kind=ResumeKind.RESUME, version=1, origin=Origin.PASTE, text="x", locale="en")
    parts = {"job": None, "match": None, **more}
    return RunView(run=run, client=Client(name="Ann"), resume=resume, steps=[], calls=list(calls), **parts)


def failed(code: str, model: str = PACED, **values: Any) -> LLMCall:
    return call("r", model=model, outcome="failed", failure_code=code, **values)


def rows(table: str) -> list[list[str]]:
    """The cells of a Markdown table, as they read."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in render.plain(table).splitlines()]


# --- the receipt ------------------------------------------------------------------------------------------------


def test_each_task_of_a_finished_match_is_on_the_receipt(
    owner: int, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    server.fail("job_match", "wrong_schema")
    seen = settle(owner, submit(owner, add_client(owner), KNOWN).id)
    assert seen.run.status is RunStatus.COMPLETED, seen.run.failure_code
    receipt = receipts.of(seen)
    summary, match = receipt.lines
    assert (summary.task, list(summary.models), summary.tries) == ("job_summary", [KNOWN], 1)
    assert (match.task, list(match.models), match.tries) == ("job_match", [KNOWN], 2)
    assert (match.prompt_tokens, match.completion_tokens) == (200, 100)
    assert (match.prompt_version, match.prompt_hash) == (
        prompts.load("job_match", "en").version,
        prompts.load("job_match", "en").hash,
    )
    total = receipt.total
    assert (total.prompt_tokens, total.completion_tokens, total.tries) == (300, 150, 3)
    assert total.cost.unknown == 0
    assert total.cost.dollars == pytest.approx(3 * summary.cost.dollars)
    assert total.cost.dollars > 0
    assert total.seconds == pytest.approx(sum(c.seconds for c in seen.calls))
    table = rows(receipts.table(receipt, "en"))
    assert table[0] == ["Task", "Model", "Tokens in / out", "Cost", "Seconds", "Prompt", "Calls"]
    assert table[3][1:3] == [KNOWN, "200 / 100"]
    assert table[3][5] == f"v{match.prompt_version} · {match.prompt_hash[:8]}"
    assert table[4][0] == "**Total**"


def test_an_unknown_price_is_unknown_and_the_offline_analyst_free(
    owner: int, paced: Candidate, server: ModelServer
) -> None:
    client_id = add_client(owner)
    seen = settle(owner, submit(owner, client_id, PACED).id)
    assert receipts.of(seen).total.cost == Cost(0.0, unknown=2)
    assert [row[3] for row in rows(receipts.table(receipts.of(seen), "zh"))[2:]] == ["未知", "未知", "**未知**"]
    offline = receipts.of(settle(owner, submit(owner, client_id).id))
    assert [row[2:4] for row in rows(receipts.table(offline, "en"))[2:]] == [
        ["", "free"],
        ["", "free"],
        ["", "**free**"],
    ]


def test_a_job_summary_taken_over_is_said_to_cost_nothing(owner: int, paced: Candidate, server: ModelServer) -> None:
    client_id = add_client(owner)
    first = settle(owner, submit(owner, client_id, PACED, token="first").id)
    again = settle(owner, submit(owner, client_id, PACED, token="again").id)
    assert server.requests["job_summary"] == 1
    assert [line.reused for line in receipts.of(first).lines] == [False, False]
    summary, match = receipts.of(again).lines
    assert summary.reused
    assert not match.reused
    table = rows(receipts.table(receipts.of(again), "en"))
    assert table[2] == [
        "Reading the job description",
        f"{PACED} (reused from an earlier run)",
        "",
        "nothing",
        "",
        prompts.load("job_summary", "en").hash[:8],
        "",
    ]


def test_a_job_summary_taken_over_after_a_failed_attempt_is_said_to_be(
    owner: int, paced: Candidate, server: ModelServer
) -> None:
    client_id = add_client(owner)
    server.fail("job_summary", 401)
    run = submit(owner, client_id, PACED, token="fails")
    assert settle(owner, run.id).run.status is RunStatus.FAILED
    settle(owner, submit(owner, client_id, PACED, token="another").id)
    with database.session(owner) as db:
        runs.retry(db, run.id)
    seen = settle(owner, run.id)
    assert seen.run.status is RunStatus.COMPLETED, seen.run.failure_code
    assert [(call.task, call.outcome) for call in seen.calls] == [("job_summary", "failed"), ("job_match", "ok")]
    summary, match = receipts.of(seen).lines
    assert (summary.task, summary.reused, summary.answered, summary.tries) == ("job_summary", True, True, 1)
    assert (match.task, match.reused) == ("job_match", False)
    assert rows(receipts.table(receipts.of(seen), "en"))[2][1] == f"{PACED} (reused from an earlier run)"


def test_what_was_spent_before_a_summary_was_taken_over_is_on_the_receipt() -> None:
    job = Job(client_id=1, text="x", text_hash="x", summary={}, summary_model="b/y", summary_prompt="p" * 64)
    vain = failed("timeout", "a/x", task="job_summary", prompt_tokens=10, cost=0.5, seconds=2.0)
    receipt = receipts.of(view_of(vain, call("r", model="b/y", cost=0.25), job=job))
    summary = receipt.lines[0]
    assert summary == Line(
        "job_summary",
        ["b/y"],
        before=["a/x"],
        reused=True,
        prompt_tokens=10,
        cost=Cost(0.5),
        seconds=2.0,
        prompt_hash="p" * 64,
        tries=1,
    )
    assert receipt.total.cost == Cost(0.75)
    assert rows(receipts.table(receipt, "en"))[2][3] == "$0.5000"
    made = call("r", task="job_summary", model="b/y")
    assert not receipts.of(view_of(vain, made, job=job)).lines[0].reused


def test_a_failed_and_a_stopped_run_have_a_receipt_too(owner: int, paced: Candidate, server: ModelServer) -> None:
    client_id = add_client(owner)
    server.fail("job_match", 500, 500)
    seen = settle(owner, submit(owner, client_id, PACED, token="fails").id)
    assert seen.run.status is RunStatus.FAILED
    assert rows(receipts.table(receipts.of(seen), "en"))[3][1] == f"{PACED} (no answer)"
    at = open_app(page="Workbench", run=seen.run.id)
    assert "Cost: unknown" in texts(at).replace("\\", "")
    assert "Made by" not in texts(at)
    server.pace = 0.05
    run = submit(owner, client_id, PACED, token="stopped")
    wait(owner, run.id, is_streaming)
    with database.session(owner) as db:
        runs.cancel(db, run.id)
    seen = settle(owner, run.id)
    assert seen.run.status is RunStatus.CANCELLED
    assert [(line.task, line.answered, line.tries) for line in receipts.of(seen).lines] == [
        ("job_summary", True, 0),
        ("job_match", False, 1),
    ]


def test_pictures_read_here_are_on_the_receipt_and_cost_nothing() -> None:
    seen = view_of(call("r", task="job_summary", model=OFFLINE_MODEL), readers=["rapidocr 3.10.0"])
    assert receipts.of(seen).lines[0] == Line("ocr", ["rapidocr 3.10.0"])
    assert receipts.of(seen).total.cost == Cost()


def test_pictures_may_have_been_read_by_several_models() -> None:
    pages = [
        call("r", task="job_vision", model="a/sees"),
        failed("timeout", "a/sees", task="job_vision"),
        call("r", task="job_vision", model="b/sees", candidate=1),
    ]
    seen = view_of(*pages, readers=["a/sees 1234", "b/sees 1234"])
    (line,) = receipts.of(seen).lines
    assert (list(line.models), line.tries) == (["a/sees", "b/sees"], 3)
    assert seen.fallbacks == [Fallback("job_vision", "a/sees", "timeout", "b/sees")]


def test_a_run_that_has_not_begun_has_an_empty_receipt() -> None:
    seen = view_of(status=RunStatus.FAILED)
    assert receipts.of(seen).lines == []
    assert receipts.table(receipts.of(seen), "en") == ""


@pytest.mark.parametrize(
    ("cost", "en", "zh"),
    [
        (Cost(), "free", "免费"),
        (Cost(0.0, 2), "unknown", "未知"),
        (Cost(0.01234), "$0.0123", "0.0123 美元"),
        (Cost(0.00001), "< $0.0001", "不足 0.0001 美元"),
        (Cost(1234.5), "$1,234.50", "1,234.50 美元"),
        (Cost(0.5, 1), "$0.5000 + unknown (1)", "0.5000 美元，另有 1 次未知"),
    ],
)
def test_costs_in_words(cost: Cost, en: str, zh: str) -> None:
    assert (receipts.cost_words(cost, "en"), receipts.cost_words(cost, "zh")) == (en, zh)


# --- who answered for whom --------------------------------------------------------------------------------------


def test_a_match_without_an_llm_says_so_and_why(owner: int, paced: Candidate, server: ModelServer) -> None:
    client_id = add_client(owner)
    server.fail("job_match", 401)
    seen = settle(owner, submit(owner, client_id, "paid").id)
    assert seen.made_by == OFFLINE_MODEL
    english, chinese = receipts.notice(seen, "en"), receipts.notice(seen, "zh")
    assert "without an LLM" in english
    assert "openai/paced did not answer: its provider refused the key." in english
    assert "start the match anew" in english
    assert "没有使用大模型" in chinese
    assert "openai/paced 未能完成：服务商拒绝了密钥。" in chinese
    at = open_app(page="Workbench", run=seen.run.id)
    assert at.warning[0].value == english
    assert f"Offline analyst (no LLM) (after {PACED})" in texts(at)
    assert seen.job is not None
    assert seen.match is not None
    job, match = seen.job.contract, seen.match.contract
    assert job is not None
    result = scoring.score(job.requirements, match.verdicts)
    table = receipts.table(receipts.of(seen), "en")
    report = render.report_markdown(match, job, result, "en", notice=english, receipt=table)
    lines = report.splitlines()
    assert lines[2].startswith("> **This match was made without an LLM")
    assert lines[-1].startswith("| **Total** |")
    assert "\u2060" not in report


def test_another_model_that_answers_is_named(
    owner: int, paced: Candidate, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    monkeypatch.setenv("OPENAI_API_BASE", server.url)
    client_id = add_client(owner)
    server.fail("job_summary", 402)
    seen = settle(owner, submit(owner, client_id, "paid").id)
    assert seen.fallbacks == [Fallback("job_summary", PACED, "billing", KNOWN)]
    notice = receipts.notice(seen, "en")
    assert f"Reading the job description: {KNOWN} answered" in notice
    assert "no balance left" in notice
    assert "LLM" not in notice


def test_nothing_is_said_when_the_first_model_answered(owner: int, paced: Candidate, server: ModelServer) -> None:
    server.fail("job_match", 500)  # once: it is tried again
    seen = settle(owner, submit(owner, add_client(owner), "paid").id)
    assert seen.made_by == PACED
    assert receipts.notice(seen, "en") == ""
    assert not open_app(page="Workbench", run=seen.run.id).warning


def test_only_the_part_that_was_done_without_an_llm_is_said_to_be() -> None:
    summary = [failed("auth", task="job_summary"), call("r", task="job_summary", model=OFFLINE_MODEL, candidate=1)]
    notice = receipts.notice(view_of(*summary, call("r", model=PACED)), "en")
    assert notice.startswith("**Reading the job description: done without an LLM")
    assert "This match" not in notice


def test_a_resume_that_was_read_without_an_llm_says_so() -> None:
    read = [
        failed("timeout", task="resume_summary"),
        call("r", task="resume_summary", model=OFFLINE_MODEL, candidate=1),
    ]
    notice = receipts.notice(view_of(*read, kind=RunKind.RESUME), "en")
    assert notice.startswith("**This document was read without an LLM")
    assert "save the document anew" in notice


def test_what_a_crash_threw_away_is_not_said_to_stand() -> None:
    calls = [failed("rate_limit"), call("r", model="b/model", candidate=1), call("r", model=PACED)]
    assert view_of(*calls).fallbacks == []


def test_several_reasons_are_each_said_once() -> None:
    calls = [
        failed("auth", "a/x", task="job_summary"),
        failed("timeout", "b/y", task="job_summary", candidate=1),
        call("r", task="job_summary", model=OFFLINE_MODEL, candidate=2),
        failed("auth", "a/x"),
        failed("brand_new_code", "b/y", candidate=1),
        call("r", model=OFFLINE_MODEL, candidate=2),
    ]
    notice = receipts.notice(view_of(*calls), "en")
    assert [line for line in notice.splitlines() if line.startswith("- ")] == [
        "- a/x did not answer: its provider refused the key.",
        "- b/y did not answer: it took too long.",
        "- b/y did not answer: it gave no answer that could be used.",
    ]
    assert notice.count("**") == 2


def test_the_name_of_a_model_does_nothing_on_a_page() -> None:
    calls = [failed("auth", "x/![](http://evil.example/a)|$"), call("r", model="y/*b*", candidate=1)]
    seen = view_of(*calls)
    for text in (receipts.notice(seen, "en"), receipts.table(receipts.of(seen), "en")):
        assert "![" not in text
        assert "//" not in text
        assert "*b*" not in text.replace("\\*", "")


def codes_of_models() -> Iterable[str]:
    """Every code a call of a model can end with."""
    yield from failures._BY_STATUS.values()
    for _, code in (*failures._BY_WORDS, *failures._BY_CLASS):
        yield code
    for path in (ROOT / "core" / "llm").rglob("*.py"):
        yield from re.findall(r'ModelError\(\s*"(\w+)"', path.read_text("utf-8"))


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_failure_of_a_model_has_a_short_reason(locale: str) -> None:
    named = i18n.catalogue(locale)["report"]["reason"]
    # The first is of a task that nobody can do, so nobody answers instead.
    assert set(codes_of_models()) - {"no_model"} <= set(named)
    assert set(receipts._REMEDIES) <= set(named)
    assert {*receipts._REMEDIES.values(), "other"} == set(i18n.catalogue(locale)["report"]["remedy"])


# --- made by ----------------------------------------------------------------------------------------------------


def test_made_by_names_what_was_asked_then_and_not_what_would_be_asked_now() -> None:
    match = Match(run_id="r", output={}, score=1, band="strong", model="old/model")
    assert view_of(call("r", model="b/x"), match=match).made_by == "old/model"
    assert view_of(failed("auth", "old/model"), status=RunStatus.FAILED).made_by == "old/model"
    assert view_of(failed("auth", "old/model"), status=RunStatus.MATCH_PENDING).made_by == OFFLINE_MODEL
    assert view_of(status=RunStatus.FAILED).made_by == OFFLINE_MODEL
