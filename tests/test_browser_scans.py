"""From a screenshot to a finished match, through the review, as a person does it in a real Chromium."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from core import i18n
from core.samples import SampleClient, samples
from core.settings import ROOT
from tests.support.app import App, running_app
from tests.test_browser import browser, choose, finished, idle  # noqa: F401 - `browser` is a fixture

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SCREENSHOTS = {locale: ROOT / "samples" / locale / "screenshot.png" for locale in i18n.LOCALES}
TITLES = {"en": "Supply Chain Analytics Manager", "zh": "用户增长运营经理"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with running_app(tmp_path_factory.mktemp("app")) as app:
        yield app


@pytest.fixture(params=i18n.LOCALES)
def client(request: pytest.FixtureRequest) -> SampleClient:
    return next(sample for sample in samples() if sample.locale == request.param)


def t(locale: str, key: str, **values: object) -> str:
    return i18n.translate(locale, f"app.{key}", **values)


@pytest.fixture
def page(browser: Any, app: App, client: SampleClient) -> Iterator[Any]:  # noqa: F811
    context = browser.new_context(locale=client.locale, viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(app.url)
    page.get_by_role("heading", name=t(client.locale, "home.title")).wait_for()
    idle(page)
    button = page.get_by_role("button", name=t(client.locale, "home.load_samples"))
    if button.count():
        button.click()
    page.get_by_text(t(client.locale, "home.resume_ready")).first.wait_for()
    yield page
    context.close()


def open_workbench(page: Any, client: SampleClient) -> None:
    page.get_by_role("link", name=t(client.locale, "nav.workbench"), exact=True).first.click()
    page.get_by_role("heading", name=t(client.locale, "workbench.title")).wait_for()
    choose(page, t(client.locale, "workbench.client"), client.name)
    page.get_by_label(t(client.locale, "workbench.jd"), exact=True).wait_for()
    idle(page)  # a file given while the form is drawn again goes with the old one


def start(page: Any, locale: str) -> None:
    idle(page)
    page.get_by_role("button", name=t(locale, "workbench.start")).click()


def row_with(page: Any, text: str) -> Any:
    """The row of the editor that holds the text."""
    rows = page.locator("textarea").filter(visible=True)
    rows.first.wait_for()
    for number in range(rows.count()):
        if text in rows.nth(number).input_value():
            return rows.nth(number)
    raise AssertionError(f"no row with {text}: {[rows.nth(n).input_value() for n in range(rows.count())]}")


def test_from_a_screenshot_to_a_match(page: Any, client: SampleClient) -> None:
    locale = client.locale
    open_workbench(page, client)
    page.locator('input[type="file"]').set_input_files(SCREENSHOTS[locale])
    page.get_by_text(t(locale, "workbench.check_text")).wait_for()
    start(page, locale)
    page.get_by_role("heading", name=t(locale, "review.title")).wait_for(timeout=60_000)
    assert page.get_by_text(t(locale, "column.score"), exact=True).count() == 0  # nothing is matched before the check
    title = row_with(page, TITLES[locale][:6])
    title.fill(TITLES[locale] + " (B2)")
    url = page.url
    page.get_by_role("heading", name=t(locale, "review.title")).click()
    page.wait_for_timeout(1500)
    page.goto(url)  # the correction is kept, and the run still waits
    page.get_by_role("heading", name=t(locale, "review.title")).wait_for()
    row_with(page, "(B2)")
    page.get_by_role("button", name=t(locale, "review.confirm_match")).click()
    page.get_by_role("button", name=t(locale, "download_report")).wait_for(timeout=90_000)
    assert page.url == url
    page.get_by_text(t(locale, "workbench.jd"), exact=True).click()
    text = page.get_by_test_id("stText").last.inner_text()
    assert TITLES[locale] + " (B2)" in text
    assert "9:41" not in text
    assert "21:36" not in text
    assert len(text.splitlines()) < 26  # rows that the phone's width broke are one line again


def test_a_pasted_screenshot_without_a_check(page: Any, client: SampleClient) -> None:
    locale = client.locale
    open_workbench(page, client)
    idle(page)
    with Image.open(SCREENSHOTS[locale]) as image:
        buffer = io.BytesIO()
        image.convert("RGB").save(buffer, "PNG")
    page.evaluate(
        """async bytes => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "image.png", {type: "image/png"}));
            document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: transfer, bubbles: true}));
        }""",
        list(buffer.getvalue()),
    )
    box = page.get_by_text(t(locale, "workbench.check_text"))
    box.wait_for()
    idle(page)
    box.click()
    start(page, locale)
    page.get_by_role("button", name=t(locale, "download_report")).wait_for(timeout=90_000)
    assert page.get_by_role("heading", name=re.compile(TITLES[locale][:6])).count() == 1


def test_pictures_of_no_use_say_what_to_do(page: Any, client: SampleClient) -> None:
    locale = client.locale
    open_workbench(page, client)
    blank = io.BytesIO()
    Image.new("RGB", (900, 1600), "#eee").save(blank, "PNG")
    page.locator('input[type="file"]').set_input_files(
        {"name": "blank.png", "mimeType": "image/png", "buffer": blank.getvalue()}
    )
    page.get_by_text(t(locale, "workbench.check_text")).wait_for()
    start(page, locale)
    page.get_by_text(i18n.translate(locale, "failure.image_no_text")).wait_for(timeout=60_000)
    page.get_by_role("button", name=t(locale, "workbench.new_pictures")).click()
    page.get_by_role("heading", name=t(locale, "workbench.title")).wait_for()


def test_a_file_that_cannot_be_read_is_told_at_once(page: Any, client: SampleClient) -> None:
    locale = client.locale
    open_workbench(page, client)
    page.get_by_label(t(locale, "workbench.jd"), exact=True).fill("typed before")
    page.locator('input[type="file"]').set_input_files(
        {"name": "photo.png", "mimeType": "image/png", "buffer": SCREENSHOTS[locale].read_bytes()[:9000]}
    )
    page.get_by_text(re.compile("photo.png")).first.wait_for()
    page.get_by_test_id("stAlert").wait_for()
    expect(page.get_by_label(t(locale, "workbench.jd"), exact=True)).to_have_value("typed before")
