"""The whole job as a person does it, in a real Chromium, against a real server process."""

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from core import i18n
from core.samples import samples
from core.schemas import JobSummary
from tests.support.app import App, chromium, chromium_path, running_app
from tests.support.model_server import ModelServer, model_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

ENGLISH = next(s for s in samples() if s.locale == "en")
CHINESE = next(s for s in samples() if s.locale == "zh")
JD = next(iter(ENGLISH.jobs.values()))
VERDICT = f"(?:{'|'.join(word.replace(' ', '') for word in i18n.catalogue('en')['report']['status'].values())})"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if chromium_path() is None:
        if os.environ.get("CI"):
            pytest.fail("CI must install Chromium")
        pytest.skip("Chromium is not installed")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with model_server() as state:
        yield state


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, model: ModelServer) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("app")
    with running_app(folder, model="openai/paced", api_base=model.url, api_key="test") as app:
        yield app


@pytest.fixture
def page(browser: Any, app: App, model: ModelServer) -> Iterator[Any]:
    model.pace = 0.0
    context = browser.new_context(locale="en-US", viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(app.url)
    load_samples(page)
    yield page
    context.close()


def load_samples(page: Any) -> None:
    page.get_by_role("heading", name="Job-match workbench").wait_for()
    idle(page)
    button = page.get_by_role("button", name="Load sample data")
    if button.count():
        button.click()
    page.get_by_text("Resume read and ready").first.wait_for(timeout=60_000)


def open_workbench(page: Any, client: str) -> None:
    page.get_by_role("link", name="Workbench", exact=True).first.click()
    page.get_by_role("heading", name="New match").wait_for()
    choose(page, "Client", client)
    page.get_by_label("Job description", exact=True).wait_for()


def idle(page: Any) -> None:
    """The page's script has run to its end."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def choose(page: Any, label: str, option: str) -> None:
    """A list closes when the page scrolls or is drawn again: it is opened until the option can be clicked."""
    box = page.get_by_role("combobox", name=re.compile(label)).first
    wanted = page.get_by_role("option", name=option).first
    for _ in range(8):
        idle(page)
        if option in box.input_value() or page.get_by_test_id("stSelectbox").filter(has=box, has_text=option).count():
            return  # it is chosen already
        box.scroll_into_view_if_needed()
        if not wanted.is_visible():
            box.click()
        try:
            wanted.click(timeout=2_500)
        except PlaywrightTimeout:
            page.keyboard.press("Escape")
        else:
            return
    pytest.fail(f"{option} could not be chosen as {label}, here: {page.locator('body').inner_text()}")


def open_box(page: Any, button: Any, inside: Any) -> None:
    """A box that opens at a click shuts when the page is drawn again: it is opened until it stays so."""
    for _ in range(8):
        idle(page)
        if not inside.is_visible():
            button.click()
        page.wait_for_timeout(1_000)
        if inside.is_visible():
            return
    pytest.fail(f"the box does not stay open, here: {page.locator('body').inner_text()}")


def paste(page: Any, text: str) -> None:
    page.get_by_label("Job description", exact=True).fill(text)
    page.get_by_role("button", name="Start the match").click()


def live_text(page: Any) -> str:
    return str(page.locator('[data-testid="stExpander"]').last.inner_text())


def finished(page: Any) -> None:
    page.get_by_role("button", name="Download the report").wait_for(timeout=90_000)


def test_the_whole_job_on_the_offline_analyst(page: Any, browser: Any) -> None:
    open_workbench(page, ENGLISH.name)
    choose(page, "Model", "Offline analyst")
    paste(page, JD)
    finished(page)
    assert "run=" in page.url
    for heading in ("Overall assessment", "Strengths", "Weaknesses", "Outreach", "Next actions"):
        assert page.get_by_role("heading", name=re.compile(heading)).count() == 1
    assert page.get_by_text("Made by Offline analyst (no LLM)").count() == 1
    idle(page)
    with page.expect_download() as download:  # the file is made when it is asked for
        page.get_by_role("button", name="Download the report").click()
    assert Path(download.value.path()).read_text("utf-8").startswith("# Match report")
    url = page.url
    elsewhere = browser.new_context(locale="en-US")
    other = elsewhere.new_page()
    other.goto(url)
    finished(other)
    elsewhere.close()
    page.get_by_role("link", name="History").first.click()
    page.get_by_text(re.compile("newest first")).wait_for()
    idle(page)
    page.get_by_test_id("stDataFrame").click(position={"x": 300, "y": 52})  # the text of the first row
    finished(page)
    assert page.url == url


def test_text_arrives_in_pieces_and_survives_leaving(page: Any, browser: Any, app: App, model: ModelServer) -> None:
    model.pace, model.chunk = 0.03, 24
    model.requests.clear()
    open_workbench(page, ENGLISH.name)
    choose(page, "Model", "openai/paced")
    paste(page, JD)
    page.get_by_text(re.compile("Matching the client · in progress")).wait_for(timeout=60_000)
    lengths = growth(page, pieces=6)
    assert len(set(lengths)) >= 5
    assert lengths == sorted(lengths)
    page.get_by_role("link", name="History").first.click()
    page.get_by_role("heading", name="History").wait_for()
    assert page.get_by_text(re.compile("Writing the match")).count() >= 1
    run = (
        page.locator('[data-testid="stSidebar"]')
        .get_by_role("button", name=re.compile("Writing the match|Matching"))
        .first
    )
    run.click()
    page.get_by_text(re.compile("Matching the client · in progress")).wait_for()
    again = growth(page, pieces=3)
    assert max(again, default=0) >= lengths[-1] * 0.8  # what had been written is there again at once
    second = page.context.new_page()
    second.goto(page.url)
    second.get_by_text(re.compile("Matching the client · in progress")).wait_for()
    texts = [settled_live_text(tab) for tab in (page, second)]
    assert texts[0] == texts[1]
    finished(page)
    finished(second)
    shown = plain(texts[0])
    stored = [plain(text) for text in requirements(app, page.url)]
    assert len(stored) > 3
    for text in stored:  # nothing twice, nothing left out; one text may begin another
        assert len(re.findall(f"{VERDICT}{re.escape(text)}", shown)) == sum(other.startswith(text) for other in stored)
    assert model.requests == {"job_summary": 1, "job_match": 1}
    elsewhere = browser.new_context(locale="en-US")
    other = elsewhere.new_page()
    other.goto(page.url)
    finished(other)
    elsewhere.close()


def growth(page: Any, pieces: int) -> list[int]:
    """Lengths of the live text, each time it has changed."""
    lengths: list[int] = []
    deadline = time.monotonic() + 30
    while len(lengths) < pieces and time.monotonic() < deadline:
        length = len(live_text(page))
        if length > 60 and (not lengths or length != lengths[-1]):
            lengths.append(length)
        page.wait_for_timeout(50)
    return lengths


def requirements(app: App, url: str) -> list[str]:
    """The requirements of the run at this address, as the app has stored them."""
    query = "SELECT job.summary FROM run JOIN job ON job.id = run.job_id WHERE run.id = ?"
    with closing(sqlite3.connect(Path(app.environment["JOBMATCH_DATA_DIR"]) / "app.sqlite")) as db:
        (summary,) = db.execute(query, [url.rpartition("run=")[2]]).fetchone()
    return [requirement.text for requirement in JobSummary.model_validate_json(summary).requirements]


def plain(text: str) -> str:
    """A text without what Markdown and the browser do to its spaces."""
    return re.sub(r"\s+", "", text)


def settled_live_text(page: Any) -> str:
    """The live text up to a point both tabs must have reached."""
    page.get_by_text("Overall assessment").first.wait_for(timeout=60_000)
    return live_text(page).split("Overall assessment")[0]


def test_a_run_stands_alone_and_a_new_match_is_empty(page: Any, model: ModelServer) -> None:
    model.pace = 0.05
    open_workbench(page, ENGLISH.name)
    choose(page, "Model", "openai/paced")
    paste(page, JD + "\nAnother line.")
    page.get_by_text(re.compile("in progress")).first.wait_for(timeout=60_000)
    assert page.get_by_role("button", name="Start the match").count() == 0
    page.get_by_role("button", name="New match").click()
    page.get_by_role("heading", name="New match").wait_for()
    expect(page.get_by_label("Job description", exact=True)).to_have_value("")
    assert page.get_by_text(re.compile("in progress")).count() == 0


def test_a_new_name_shows_at_once_and_the_box_shuts(page: Any) -> None:
    page.get_by_role("link", name="Profile", exact=True).first.click()
    name = page.get_by_role("textbox", name="Name", exact=True).first
    open_box(page, page.get_by_test_id("stPopoverButton").filter(has_text="New client"), name)
    name.fill("Aaron First")
    page.get_by_role("button", name="Save", exact=True).first.click()
    shown = "name => [...document.querySelectorAll('[role=combobox]')].some(box => box.value === name)"
    page.wait_for_function(shown, arg="Aaron First")
    open_box(page, page.get_by_test_id("stPopoverButton").filter(has_text="Manage"), name)
    name.fill("Aaron Second")
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.wait_for_function(shown, arg="Aaron Second")
    page.get_by_text("Archived clients keep everything").wait_for(state="hidden")
    page.reload()
    page.wait_for_function(shown, arg="Aaron Second")  # the address names the client


def test_no_page_asks_another_host_for_anything(page: Any, app: App) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("", "Workbench", "Profile", "History"):
        page.goto(f"{app.url}/{path}")
        page.get_by_role("heading").first.wait_for()
        idle(page)
    assert [url for url in asked if not url.startswith((app.url, "data:", "blob:"))] == []


def test_stop_works_while_the_text_streams(page: Any, model: ModelServer) -> None:
    model.pace = 0.05
    open_workbench(page, ENGLISH.name)
    choose(page, "Model", "openai/paced")
    paste(page, JD + "\nOne more line.")
    page.get_by_text(re.compile("Matching the client · in progress")).wait_for(timeout=60_000)
    growth(page, pieces=2)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("You stopped this run").wait_for(timeout=10_000)
    model.pace = 0.0
    page.get_by_role("button", name="Retry").click()
    finished(page)


def test_a_short_text_is_refused_and_kept(page: Any) -> None:
    open_workbench(page, ENGLISH.name)
    paste(page, "Too short")
    page.get_by_text(re.compile("at least 40")).wait_for()
    expect(page.get_by_label("Job description", exact=True)).to_have_value("Too short", timeout=20_000)
    page.get_by_role("link", name="History").first.click()
    page.get_by_role("heading", name="History").wait_for()
    page.get_by_role("link", name="Workbench", exact=True).first.click()
    page.get_by_label("Job description", exact=True).wait_for()
    expect(page.get_by_label("Job description", exact=True)).to_have_value("Too short", timeout=20_000)


def test_a_snippet_of_ones_own_is_cited_in_the_next_match(browser: Any, app: App, page: Any) -> None:
    """Written in Chinese on Home, about what the Chinese sample client has done in part."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1400, "height": 1000})
    chinese = context.new_page()
    chinese.set_default_timeout(20_000)
    chinese.goto(app.url)
    chinese.get_by_role("heading", name="人岗匹配工作台").wait_for()
    idle(chinese)
    chinese.get_by_text("辅导知识库", exact=True).click()
    chinese.get_by_role("tab", name="新增").click()
    form = chinese.get_by_role("tabpanel", name="新增")
    form.get_by_role("button", name="保存").click()
    chinese.get_by_text("每条都要有标题和正文").wait_for()
    form.get_by_label("标题", exact=True).fill("Python只会一点")
    form.get_by_label("适用情形", exact=True).fill("Python做数据分析\n\nPython数据分析只做过一部分")
    form.get_by_label("正文", exact=True).fill(
        "Python做数据分析要看做到哪一步。\n## 面试\n先讲你算过的那一笔账，再讲代码。"
    )
    idle(chinese)
    form.get_by_role("button", name="保存").click()
    chinese.get_by_text("已完成，从下一次匹配起生效").wait_for()
    chinese.get_by_role("link", name=re.compile("匹配：.*会员")).first.click()
    chinese.get_by_role("heading", name="新建匹配").wait_for()
    expect(chinese.get_by_label("职位描述", exact=True)).to_have_value(re.compile(r"[\s\S]{100}"))
    choose(chinese, "模型", "离线分析器")
    idle(chinese)
    chinese.get_by_role("button", name="开始匹配").click()
    chinese.get_by_role("button", name="下载报告").wait_for(timeout=90_000)
    expect(chinese.get_by_text("先讲你算过的那一笔账").first).to_be_visible()
    expect(chinese.get_by_text("辅导要点：Python只会一点")).to_be_visible()
    context.close()


def test_the_whole_job_in_chinese(browser: Any, app: App, page: Any) -> None:
    context = browser.new_context(locale="zh-CN")
    chinese = context.new_page()
    chinese.set_default_timeout(20_000)
    chinese.goto(app.url)
    chinese.get_by_role("heading", name="人岗匹配工作台").wait_for()
    chinese.get_by_role("link", name=re.compile("匹配：")).last.click()
    chinese.get_by_role("heading", name="新建匹配").wait_for()
    expect(chinese.get_by_label("职位描述", exact=True)).to_have_value(re.compile(r"[\s\S]{100}"))
    choose(chinese, "模型", "离线分析器")
    chinese.get_by_role("button", name="开始匹配").click()
    chinese.get_by_role("button", name="下载报告").wait_for(timeout=60_000)
    assert chinese.get_by_text("由 离线分析器（非大模型） 生成").count() == 1
    context.close()


def test_a_killed_app_finishes_the_run_after_its_restart(browser: Any, tmp_path: Path, model: ModelServer) -> None:
    model.requests.clear()
    model.pace, model.chunk = 0.05, 24
    with running_app(tmp_path, model="openai/paced", api_base=model.url, api_key="test") as app:
        context = browser.new_context(locale="en-US")
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(app.url)
        load_samples(page)
        open_workbench(page, ENGLISH.name)
        choose(page, "Model", "openai/paced")
        paste(page, JD)
        page.get_by_text(re.compile("Matching the client · in progress")).wait_for(timeout=60_000)
        growth(page, pieces=2)
        url = page.url
        app.kill()
        model.pace = 0.0
        app.start()
        page.goto(url)
        finished(page)
        context.close()
    assert model.requests["job_summary"] == 1  # finished before the kill: not asked again
    assert model.requests["job_match"] == 2  # cut off by the kill: asked once more
    assert model.completed["job_match"] >= 1


def test_a_row_leads_to_its_mark_and_is_readable_on_a_phone(page: Any, browser: Any) -> None:
    open_workbench(page, ENGLISH.name)
    choose(page, "Model", "Offline analyst")
    paste(page, JD)
    finished(page)
    idle(page)
    link = page.locator(".st-key-verdicts table a").first
    mark = page.locator(f"[id='{str(link.get_attribute('href')).removeprefix('#')}']")
    assert not mark.is_visible()  # folded
    link.click()
    expect(mark).to_be_in_viewport()
    assert mark.inner_text().endswith(link.inner_text())
    phone = browser.new_context(locale="en-US", viewport={"width": 390, "height": 844})
    small = phone.new_page()
    small.goto(page.url)
    finished(small)
    idle(small)
    for name in ("verdicts", "improvements"):
        rows = small.locator(f".st-key-{name} tbody tr")
        boxes = [cell.bounding_box() for cell in rows.first.locator("td").all()]
        assert len({box["x"] for box in boxes if box}) == 1  # below each other
        assert all(box["x"] > 0 and box["x"] + box["width"] < 390 for box in boxes if box)
    phone.close()
