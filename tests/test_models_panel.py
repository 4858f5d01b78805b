"""What is said about the models, on Home and as data, and the test of a connection. The command is in test_cli.py."""

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from core import i18n, model_check, prompts
from core.llm import transport
from core.routing import Candidate
from core.schemas import PictureText
from tests.support import model_server
from tests.support.model_server import ModelServer
from tests.test_app import open_app, texts

KEY = "sk-hunter2-hunter2"
LOCALES = [("en-US", "en"), ("zh-CN", "zh")]


@pytest.fixture(autouse=True)
def fresh_caches() -> None:
    st.cache_resource.clear()


def answer_questions(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> ModelServer:
    """Make the server answer also a message that belongs to no task; litellm's slow first request is done."""
    blocks = prompts.blocks
    monkeypatch.setattr(prompts, "blocks", lambda messages: blocks(messages) or {"question": ""})
    monkeypatch.setitem(model_server.TASK_BY_BLOCK, "question", "question")
    monkeypatch.setattr(model_server, "analyse", lambda *_: PictureText(lines=[]))
    first = Candidate("openai/first", api_base=server.url, api_key="test")
    list(transport.chunks(first, "prompt", PictureText, 60, messages=[{"role": "user", "content": "Hello"}]))
    server.clear()
    return server


@pytest.fixture
def asked(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> ModelServer:
    return answer_questions(server, monkeypatch)


def said(locale: str, key: str, **values: object) -> str:
    return i18n.translate(locale, f"app.models.{key}", **values)


def cells(at: Any) -> str:
    return "\n".join(table.value.to_csv() for table in at.table)


def everything(at: Any) -> str:
    return f"{texts(at)}\n{cells(at)}"


# --- as data ----------------------------------------------------------------------------------------------------


def test_without_a_key_the_offline_analyst_does_everything() -> None:
    overview = model_check.overview()
    steps = {plan.task: [step.name for step in plan.steps] for plan in overview.plans}
    assert steps.pop("job_vision") == ["rapidocr"]
    assert set(map(tuple, steps.values())) == {("offline/analyst",)}
    assert len(steps) == 4
    assert overview.models == ()
    assert not any(provider.present for provider in overview.providers)
    assert {row.missing for plan in overview.plans for row in plan.unused} == {p.variable for p in overview.providers}


def test_each_model_says_which_variable_brought_it_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAI_API_KEY", KEY)
    monkeypatch.setenv("OLLAMA_API_BASE", "http://127.0.0.1:9")
    monkeypatch.setenv("JOBMATCH_MODEL", "openai/mine")
    overview = model_check.overview()
    match = next(plan for plan in overview.plans if plan.task == "job_match")
    assert match.steps[0] == model_check.Step("openai/mine", "paid", "JOBMATCH_MODEL")
    assert match.steps[-1] == model_check.Step("offline/analyst", "offline", "")
    sources = {step.source for step in overview.models if step.name.startswith("zai/")}
    assert sources == {"ZAI_API_KEY"}
    assert {step.source for step in overview.models if step.name.startswith("ollama/")} == {"OLLAMA_API_BASE"}
    present = {provider.variable: provider.present for provider in overview.providers}
    assert present["ZAI_API_KEY"]
    assert present["OLLAMA_API_BASE"]
    assert not present["OPENAI_API_KEY"]
    assert KEY not in str(dataclasses.asdict(overview))


def test_what_reads_pictures_follows_the_engine(
    monkeypatch: pytest.MonkeyPatch, configure: Callable[..., None]
) -> None:
    def reading() -> tuple[list[str], list[str]]:
        plan = next(plan for plan in model_check.overview().plans if plan.task == "job_vision")
        return [step.name for step in plan.steps], [step.name for step in plan.on_request]

    configure(ocr_engine="vision")
    assert reading() == (["rapidocr"], [])  # nobody sees
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    assert reading() == (["anthropic/claude-sonnet-5", "rapidocr"], [])
    configure(ocr_engine="rapidocr")
    assert reading() == (["rapidocr"], ["anthropic/claude-sonnet-5"])


def test_a_model_that_answers(paced: Candidate, asked: ModelServer) -> None:
    answer = model_check.ask("openai/paced")
    assert answer.failure_code is None
    assert 0 < answer.seconds < 5
    (body,) = asked.bodies
    assert len(str(body["messages"])) < 200
    assert body["max_tokens"] == paced.max_tokens  # a provider that would refuse it is found out


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("401", "auth"),
        ("402", "billing"),
        ("404", "model_not_found"),
        ("429", "rate_limit"),
        ("500", "provider_down"),
        ("html", "provider_down"),
        ("drop_first", "provider_down"),
        ("silent", "timeout"),
        ("comments", "timeout"),
    ],
)
def test_a_model_that_does_not(
    fault: str, code: str, paced: Candidate, asked: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_check, "LIMIT", 2.0)
    asked.fail("question", fault)
    started = time.monotonic()
    answer = model_check.ask("openai/paced")
    assert answer.failure_code == code
    assert time.monotonic() - started < 10
    assert answer.seconds < 4
    assert asked.requests == {"question": 1}  # it is asked once, whatever comes


def test_thinking_is_an_answer_too(paced: Candidate, asked: ModelServer) -> None:
    asked.fail("question", "only_reasoning")
    assert model_check.ask("openai/paced").failure_code is None


def test_a_test_ends_when_nobody_looks_any_more(paced: Candidate, asked: ModelServer) -> None:
    class Left(Exception):
        pass

    def leave() -> None:
        raise Left

    asked.fail("question", "silent")
    started = time.monotonic()
    with pytest.raises(Left):
        model_check.ask("openai/paced", leave)
    while not asked.hung_up and time.monotonic() - started < 10:
        time.sleep(0.05)
    assert asked.hung_up  # the connection is closed as well


# --- on Home ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("browser", "locale"), LOCALES)
def test_without_a_key_the_panel_says_so_and_names_every_provider(browser: str, locale: str) -> None:
    at = open_app(browser)
    assert not at.exception
    panel = next(box for box in at.expander if box.label == said(locale, "title"))
    assert not panel.proto.expanded
    assert said(locale, "offline_only", example="`OPENAI_API_KEY`") in texts(at)
    providers = model_check.overview().providers
    assert len(providers) >= 8
    for provider in providers:
        assert f"`{provider.variable}`" in cells(at)
        assert model_check.provider_name(provider.name, locale) in cells(at)
    assert not [b for b in at.button if b.label == said(locale, "test")]
    assert "✓" not in cells(at)


@pytest.mark.parametrize(("browser", "locale"), LOCALES)
def test_one_key(browser: str, locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", KEY)
    at = open_app(browser)
    assert not at.exception
    assert said(locale, "lead") in texts(at)
    assert said(locale, "because", name="`DEEPSEEK_API_KEY`") in texts(at)
    tasks, _providers = at.table
    row = list(tasks.value.iloc[0])
    assert row[1:] == ["deepseek/deepseek-v4-flash", i18n.translate(locale, "app.offline_model")]
    assert [b.key for b in at.button if b.label == said(locale, "test")] == ["test_deepseek/deepseek-v4-flash"]
    assert cells(at).count("✓") == 1
    assert KEY[3:10] not in everything(at)


def test_a_long_order_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    tasks, _providers = open_app().table
    following = list(tasks.value.iloc[:, 2])
    assert following[0] == "deepseek/deepseek-v4-flash → Offline analyst (no LLM)"
    assert following[1:4] == [said("en", "the_same")] * 3


@pytest.mark.parametrize(("browser", "locale"), LOCALES)
def test_a_broken_table_is_a_message(browser: str, locale: str, folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "routing.toml").write_text("[tier.paid]\ndefault = 3\n")
    at = open_app(browser)
    assert not at.exception
    assert "tier.paid.default" in at.error[0].value


def test_a_table_without_models_is_shown(folder: Path) -> None:
    (folder / "data").mkdir()
    none = "default = []\njob_vision = []\n"
    (folder / "data" / "routing.toml").write_text(f"[tier.paid]\n{none}[tier.free]\n{none}")
    at = open_app()
    assert not at.exception
    (tasks,) = at.table
    assert len(tasks.value) == 5


def test_a_table_that_breaks_while_the_page_is_open_is_a_message(folder: Path, paced: Candidate) -> None:
    at = open_app()
    (folder / "data" / "routing.toml").write_text("[tier.paid]\ndefault = 3\n")
    at.button(key="test_openai/paced").click().run()
    assert not at.exception
    assert "tier.paid.default" in at.error[0].value


@pytest.mark.parametrize(("browser", "locale"), LOCALES)
@pytest.mark.parametrize(("fault", "code"), [("", ""), ("401", "auth"), ("silent", "timeout")])
def test_the_button_tests_the_connection(
    fault: str, code: str, browser: str, locale: str, paced: Candidate, asked: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(model_check, "LIMIT", 2.0)
    if fault:
        asked.fail("question", fault)
    at = open_app(browser)
    assert asked.requests == {}  # nothing is sent unasked
    at.button(key="test_openai/paced").click().run()
    assert not at.exception
    assert asked.requests == {"question": 1}
    if code:
        reason = i18n.translate(locale, f"failure.{code}")
        assert at.error[0].value == said(locale, "failed", model="openai/paced", reason=reason)
    else:
        start, end = said(locale, "works", model="openai/paced", seconds="|").split("|")
        assert at.success[0].value.startswith(start)
        assert at.success[0].value.endswith(end)
        assert not at.run().success  # and nothing is kept
