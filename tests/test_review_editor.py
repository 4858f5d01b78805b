"""The review editor and the paste target alone, in a real Chromium, on a page that shows what Python received."""

import json
import os
import time
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from app.components.review_editor import WORDS
from core import i18n
from core.ocr.transcript import Clutter
from core.review import REPEAT
from tests.support.app import App, chromium, chromium_path, running_app

browser_test = [pytest.mark.browser, pytest.mark.timeout(120)]

PAGE = '''
import io, json, time
import streamlit as st
from PIL import Image
from app.components.page import Page
from app.components.paste import paste_target
from app.components.review_editor import review_editor
from core.review import ReviewPage, ReviewRow

st.set_page_config(layout="wide")

COUNTED = ("next_doubtful", "none_doubtful", "put_all_back")

class Words(Page):
    """Every text is its own key, so a word that is written into the component shows."""
    def t(self, key, **values):
        name = key.removeprefix("review_editor.")
        return f"{self.locale} {name}" + (" {count}" if name in COUNTED else "")

def picture(width, height):
    out = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(out, "PNG")
    return out.getvalue()

def box(number):
    x, y = 100, 80 * number + 20
    return ((x, y), (x + 600, y), (x + 600, y + 50), (x, y + 50))

HOSTILE = "<img src=x onerror='window.hacked=1'>**bold** </textarea><script>window.hacked=1</script>"

def load():
    count = int(st.query_params.get("rows", "100"))
    rows = [ReviewRow(f"row {n}", boxes=(box(n),)) for n in range(count)]
    rows[1] = ReviewRow("9:41", kept=False, clutter="status_bar", boxes=(box(1),))
    rows[2] = ReviewRow(HOSTILE, boxes=(box(2),))
    for n in (4, count - 2):
        rows[n] = ReviewRow(f"row {n}", doubtful=True, boxes=(box(n),), doubtful_boxes=(0,))
    if "saved" in st.session_state:
        rows = [ReviewRow(text, kept) for text, kept in st.session_state["saved"]]
    return [
        ReviewPage("1 \\u00b7 long.png", picture(108, 900), 1080, 80 * count + 1000, tuple(rows)),
        ReviewPage("2 \\u00b7 typed", None, 0, 0, (ReviewRow("already text"),)),
    ]

page = Words(0, st.selectbox("locale", ["en", "zh"]))
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
uploader = st.file_uploader("files", key="up / load", accept_multiple_files=True)
note = st.text_area("note")
if st.checkbox("paste", True):
    paste_target(page, "up / load")
if "pages" not in st.session_state:
    st.session_state["pages"] = load()
edits, confirmed = None, False

def keep(now):
    st.session_state["kept"] = now

outer = st.container()
place = outer.container() if st.checkbox("moved") else outer
if st.checkbox("shown", True):
    with place:
        edits, confirmed = review_editor(page, "pages", st.session_state["pages"], "Confirm", keep)
if st.button("Slow"):
    time.sleep(1.5)
if st.button("Save"):
    st.session_state["saved"] = edits[0]
    del st.session_state["pages"]
pressed = st.button("Press")
received = {
    "edits": edits, "confirmed": confirmed, "pressed": pressed, "runs": st.session_state["runs"],
    "files": [[f.name, f.size, f.getvalue()[:4].hex()] for f in uploader], "note": note,
}
st.code(json.dumps(received), language=None)
'''


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if chromium_path() is None:
        if os.environ.get("CI"):
            pytest.fail("CI must install Chromium")
        pytest.skip("Chromium is not installed")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("review")
    script = folder / "page.py"
    script.write_text(PAGE, "utf-8")
    with running_app(folder, script=script) as app:
        yield app


@pytest.fixture
def page(browser: Any, app: App) -> Iterator[Any]:
    yield from opened(browser, app.url)


def opened(browser: Any, url: str) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(10_000)
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(url)
    page.locator(".row").first.wait_for()
    idle(page)
    yield page
    context.close()
    assert failures == []


def idle(page: Any) -> None:
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def received(page: Any) -> dict[str, Any]:
    """What Python had in its last run."""
    value: dict[str, Any] = json.loads(page.get_by_test_id("stCode").inner_text())
    return value


def until(page: Any, fits: Any) -> dict[str, Any]:
    """What Python received once that fits."""
    deadline = time.monotonic() + 10
    while not fits(value := received(page)):
        assert time.monotonic() < deadline, value
        page.wait_for_timeout(20)
    return value


def texts(page: Any) -> list[str]:
    return list(page.locator(".texts textarea").evaluate_all("areas => areas.map(area => area.value)"))


def row(page: Any, number: int) -> Any:
    return page.locator(".row").nth(number)


def caret(page: Any) -> list[int]:
    """Row and offset of the caret."""
    place = "[...root.querySelectorAll('textarea')].indexOf(root.activeElement), root.activeElement.selectionStart"
    return list(page.locator(".review").evaluate(f"review => {{const root = review.getRootNode(); return [{place}]}}"))


def put_caret(page: Any, number: int, offset: int) -> None:
    area = row(page, number).locator("textarea")
    area.focus()
    area.evaluate("(area, offset) => area.setSelectionRange(offset, offset)", offset)


def in_sight(page: Any, pane: str, element: Any) -> bool:
    frame, box = page.locator(pane).bounding_box(), element.bounding_box()
    return bool(frame["y"] - 1 <= box["y"] and box["y"] + box["height"] <= frame["y"] + frame["height"] + 1)


class TestReviewEditor:
    pytestmark = browser_test

    def test_nothing_is_received_while_nothing_is_changed(self, page: Any) -> None:
        row(page, 0).locator("textarea").click()
        page.get_by_role("button", name="Confirm").click()
        assert until(page, lambda value: value["confirmed"])["edits"] is None
        page.get_by_role("button", name="Press").click()
        assert not until(page, lambda value: value["pressed"])["confirmed"]

    @pytest.mark.parametrize("how", ["mouse", "keyboard", "assistant"])
    @pytest.mark.parametrize(("label", "event"), [("Confirm", "confirmed"), ("Press", "pressed")])
    def test_what_was_typed_is_there_when_a_button_is_pressed(
        self, page: Any, how: str, label: str, event: str
    ) -> None:
        button = page.get_by_role("button", name=label)
        put_caret(page, 0, 5)
        page.keyboard.type(" typed")
        if how == "mouse":
            button.click()
        elif how == "keyboard":
            button.press("Enter")
        else:  # without moving the focus, as speech control and screen readers do
            button.evaluate("button => button.click()")
        value = until(page, lambda value: value[event])
        assert value["edits"][0][0] == ["row 0 typed", True]
        assert len(value["edits"][0]) == 100

    def test_typing_is_sent_when_it_rests(self, page: Any) -> None:
        runs = received(page)["runs"]
        put_caret(page, 0, 5)
        page.keyboard.type("!?rc", delay=50)  # r and c are shortcuts of Streamlit
        page.wait_for_timeout(200)
        assert received(page)["runs"] == runs
        value = until(page, lambda value: value["edits"])
        assert value["edits"][0][0][0] == "row 0!?rc"
        page.wait_for_timeout(1000)
        assert received(page)["runs"] == runs + 1

    def test_a_rerun_disturbs_nothing(self, page: Any) -> None:
        page.locator(".texts").evaluate("pane => { pane.scrollTop = 700 }")
        page.get_by_role("button", name="en zoom_in").click()
        page.get_by_role("button", name="Slow").click()
        put_caret(page, 30, 3)
        page.keyboard.type("while it runs ")
        seen = [page.locator(pane).evaluate("pane => pane.scrollTop") for pane in (".texts", ".pictures")]
        width = page.locator(".sheet").bounding_box()["width"]
        until(page, lambda value: value["edits"])
        idle(page)
        page.keyboard.type("and after")
        assert texts(page)[30] == "rowwhile it runs and after 30"
        assert caret(page) == [30, 26]
        assert [page.locator(pane).evaluate("pane => pane.scrollTop") for pane in (".texts", ".pictures")] == seen
        assert page.locator(".sheet").bounding_box()["width"] == width

    def test_another_theme_disturbs_nothing(self, page: Any) -> None:
        page.locator(".texts").evaluate("pane => { pane.scrollTop = 700 }")
        put_caret(page, 30, 3)
        page.keyboard.type(" by day")
        colour = "review => getComputedStyle(review).color"
        before = page.locator(".review").evaluate(colour)
        page.emulate_media(color_scheme="dark")
        deadline = time.monotonic() + 5
        while page.locator(".review").evaluate(colour) == before:
            assert time.monotonic() < deadline
            page.wait_for_timeout(20)
        page.wait_for_timeout(200)
        page.keyboard.type(" and by night")
        assert texts(page)[30] == "row by day and by night 30"

    def test_rows_are_split_and_merged_as_in_any_editor(self, page: Any) -> None:
        put_caret(page, 0, 3)
        page.keyboard.press("Enter")
        assert texts(page)[:2] == ["row", " 0"]
        assert caret(page) == [1, 0]
        page.keyboard.press("Backspace")
        assert texts(page)[:2] == ["row 0", "9:41"]
        assert caret(page) == [0, 3]
        page.keyboard.press("End")
        page.keyboard.press("Delete")  # over the row that is set aside
        assert texts(page)[:2] == ["row 0" + texts(page)[0][5:], "9:41"]
        assert texts(page)[0].startswith("row 0<img")
        assert page.locator("polygon.caret").count() == 2  # the places of both
        page.keyboard.press("Enter")
        assert texts(page)[0] == "row 0"
        put_caret(page, 4, 3)
        page.keyboard.insert_text("A\nB\nC")  # as a paste of three lines
        assert texts(page)[4:7] == ["rowA", "B", "C 4"]
        assert caret(page) == [6, 1]
        page.keyboard.type("x")
        page.keyboard.press("Control+z")
        assert texts(page)[6] == "C 4"
        put_caret(page, 0, 0)
        page.keyboard.press("Backspace")  # nothing before it
        page.get_by_role("button", name="Confirm").click()
        edits = until(page, lambda value: value["confirmed"])["edits"]
        assert [text for text, _ in edits[0]][:7] == texts(page)[:7]
        assert edits[1] == [["already text", True]]

    def test_arrows_go_from_row_to_row(self, page: Any) -> None:
        put_caret(page, 3, 5)
        for key, place in (("ArrowRight", [4, 0]), ("ArrowUp", [3, 5]), ("ArrowDown", [4, 0]), ("ArrowLeft", [3, 5])):
            page.keyboard.press(key)
            page.wait_for_timeout(50)
            assert caret(page) == place

    def test_rows_are_set_aside_and_put_back(self, page: Any) -> None:
        first, clutter = row(page, 0), row(page, 1)
        assert clutter.locator(".reason").inner_text() == "en clutter_status_bar"
        assert not clutter.locator("textarea").is_editable()
        first.hover()
        first.get_by_role("button", name="en set_aside").click()
        edits = until(page, lambda value: value["edits"])["edits"]
        assert edits[0][:2] == [["row 0", False], ["9:41", False]]
        assert first.locator(".reason").inner_text() == "en by_you"
        first.get_by_role("button", name="en put_back").click()
        until(page, lambda value: value["edits"][0][:2] == [["row 0", True], ["9:41", False]])
        first.get_by_role("button", name="en set_aside").click()
        page.get_by_role("button", name="en put_all_back 2").click()
        until(page, lambda value: value["edits"][0][:2] == [["row 0", True], ["9:41", True]])
        assert clutter.locator("textarea").is_editable()
        assert page.get_by_role("button", name="en put_all_back 0").is_disabled()

    def test_doubtful_rows_are_found_one_after_the_other(self, page: Any) -> None:
        button = page.get_by_role("button", name="en next_doubtful 2")
        button.click()
        assert caret(page) == [4, 0]
        assert row(page, 4).locator("textarea").get_attribute("aria-label") == "en line, en doubtful"
        button.click()
        assert caret(page) == [98, 0]
        page.wait_for_timeout(100)
        assert in_sight(page, ".texts", row(page, 98))
        assert in_sight(page, ".pictures", page.locator("polygon").nth(98))
        assert page.locator("polygon.doubtful").count() == 2
        page.keyboard.type("x")
        assert page.locator("polygon.doubtful").count() == 1
        page.get_by_role("button", name="en next_doubtful 1").click()
        assert caret(page) == [4, 0]
        row(page, 4).get_by_role("button", name="en right").click()
        assert page.get_by_role("button", name="en none_doubtful 0").is_disabled()
        assert page.locator("polygon.doubtful").count() == 0

    def test_picture_and_text_point_at_each_other(self, page: Any) -> None:
        row(page, 60).hover()  # 60 rows down a picture far longer than its pane
        place = page.locator("polygon").nth(60)
        assert "pointed" in place.get_attribute("class")
        assert in_sight(page, ".pictures", place)
        place_of = page.locator("polygon").nth(70)
        place_of.scroll_into_view_if_needed()
        place_of.hover()
        assert "pointed" in row(page, 70).get_attribute("class")
        assert "pointed" not in row(page, 60).get_attribute("class")
        assert in_sight(page, ".texts", row(page, 70))
        place_of.click()
        assert caret(page)[0] == 70
        assert "caret" in place_of.get_attribute("class")

    def test_the_picture_is_zoomed_and_dragged(self, page: Any) -> None:
        pane, sheet = page.locator(".pictures"), page.locator(".sheet")
        fitting = sheet.bounding_box()["width"]
        pane.hover()
        page.keyboard.down("Control")
        page.mouse.wheel(0, -300)
        page.keyboard.up("Control")
        deadline = time.monotonic() + 5
        while sheet.bounding_box()["width"] < 2 * fitting:
            assert time.monotonic() < deadline
            page.wait_for_timeout(20)
        before = pane.evaluate("pane => [pane.scrollLeft, pane.scrollTop]")
        box = pane.bounding_box()
        page.mouse.move(box["x"] + 300, box["y"] + 300)
        page.mouse.down()
        page.mouse.move(box["x"] + 250, box["y"] + 200, steps=4)
        page.mouse.up()
        after = pane.evaluate("pane => [pane.scrollLeft, pane.scrollTop]")
        assert [round(new - old) for old, new in zip(before, after, strict=True)] == [50, 100]
        assert caret(page)[0] == -1  # letting go is no click on a line
        page.get_by_role("button", name="en fit_width").click()
        assert sheet.bounding_box()["width"] == fitting
        page.get_by_role("button", name="en zoom_out").click()
        assert sheet.bounding_box()["width"] < fitting

    def test_hostile_text_is_only_text(self, page: Any) -> None:
        page.wait_for_timeout(300)
        assert page.evaluate("window.hacked") is None
        assert texts(page)[2].startswith("<img src=x onerror=")
        assert page.locator(".texts img, .texts b, .texts script").count() == 0
        put_caret(page, 2, 0)
        page.keyboard.press("Enter")
        assert page.evaluate("window.hacked") is None

    def test_every_row_shows_its_whole_text(self, page: Any) -> None:
        put_caret(page, 0, 5)
        low = row(page, 0).bounding_box()["height"]
        page.keyboard.insert_text(" and more" * 60)
        assert row(page, 0).bounding_box()["height"] > 4 * low
        hidden = "areas => areas.filter(area => area.scrollHeight > area.clientHeight + 1).length"
        assert page.locator(".row:nth-child(-n+20) textarea").evaluate_all(hidden) == 0

    def test_every_word_is_passed_in_and_another_language_keeps_the_edits(self, page: Any) -> None:
        put_caret(page, 0, 5)
        page.keyboard.type(" typed")
        page.get_by_role("combobox", name="locale").click()
        page.get_by_role("option", name="zh").click()
        page.get_by_role("button", name="zh put_all_back 1").wait_for()
        assert texts(page)[0] == "row 0 typed"
        value = until(page, lambda value: value["edits"])
        assert value["edits"][0][0][0] == "row 0 typed"
        shown = page.locator(".review").inner_text() + str(page.locator(".review").inner_html())
        assert "en " not in shown.replace("hidden ", "")

    def test_an_editor_that_is_moved_on_the_page_goes_on(self, page: Any) -> None:
        put_caret(page, 0, 5)
        page.keyboard.type(" typed")
        page.locator("label").filter(has_text="moved").click()
        idle(page)
        page.wait_for_timeout(300)
        assert texts(page)[0] == "row 0 typed"
        assert until(page, lambda value: value["edits"])["edits"][0][0][0] == "row 0 typed"

    def test_who_looks_at_another_page_meanwhile_goes_on(self, page: Any) -> None:
        put_caret(page, 0, 5)
        page.keyboard.type(" typed")
        shown = page.locator("label").filter(has_text="shown")
        shown.click()
        page.locator(".row").first.wait_for(state="detached")
        idle(page)
        assert received(page)["edits"] is None
        shown.click()
        page.locator(".row").first.wait_for()
        assert texts(page)[0] == "row 0 typed"
        assert until(page, lambda value: value["edits"])["edits"][0][0][0] == "row 0 typed"

    def test_other_pages_start_afresh(self, page: Any) -> None:
        put_caret(page, 0, 5)
        page.keyboard.type(" saved")
        page.get_by_role("button", name="Save").click()
        idle(page)
        put_caret(page, 0, 0)
        page.keyboard.type("lost ")
        page.get_by_role("button", name="Press").click()  # the first run with the saved rows
        page.get_by_role("button", name="en next_doubtful").wait_for(state="detached")
        assert texts(page)[0] == "row 0 saved"
        assert until(page, lambda value: value["pressed"])["edits"] is None

    def test_narrow_screens_have_the_text_below_the_picture(self, page: Any) -> None:
        picture, text = page.locator(".pictures"), page.locator(".texts")
        assert text.bounding_box()["x"] > picture.bounding_box()["x"] + picture.bounding_box()["width"]
        page.set_viewport_size({"width": 600, "height": 900})
        assert text.bounding_box()["y"] > picture.bounding_box()["y"] + picture.bounding_box()["height"]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def test_two_thousand_rows_stay_usable(self, browser: Any, app: App) -> None:
        for page in opened(browser, f"{app.url}/?rows=2000"):
            put_caret(page, 1000, 0)
            began = time.monotonic()
            page.keyboard.type("quick")
            page.keyboard.press("Enter")
            page.locator(".tool").filter(has_text="next_doubtful 2").click()
            assert time.monotonic() - began < 3  # 8 events, a tenth of a second each at worst
            assert len(texts(page)) == 2002
            page.locator(".confirm").click()
            edits = until(page, lambda value: value["confirmed"])["edits"]
            assert edits[0][1000:1002] == [["quick", True], ["row 1000", True]]


PICTURE = """
const file = new File([Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3])], "image.png", { type: "image/png" });
"""


def paste(page: Any, where: str, prepare: str) -> None:
    """Dispatch a paste whose clipboard the JavaScript `prepare` fills."""
    page.locator(where).first.evaluate(
        f"""element => {{
            {PICTURE}
            const clipboardData = new DataTransfer();
            {prepare}
            const options = {{ clipboardData, bubbles: true, cancelable: true, composed: true }};
            element.dispatchEvent(new ClipboardEvent("paste", options));
        }}"""
    )


class TestPaste:
    pytestmark = browser_test

    def test_a_pasted_picture_arrives_like_a_dropped_file(self, page: Any) -> None:
        paste(page, "body", "clipboardData.items.add(file)")
        assert until(page, lambda value: value["files"])["files"] == [["pasted-1.png", 7, "89504e47"]]
        assert page.get_by_test_id("stFileUploader").get_by_text("pasted-1.png").count() == 1
        paste(page, ".row textarea", "clipboardData.items.add(file); clipboardData.items.add(file)")
        value = until(page, lambda value: len(value["files"]) == 3)
        assert [name for name, _, _ in value["files"]] == ["pasted-1.png", "pasted-2.png", "pasted-3.png"]

    @pytest.mark.parametrize(
        "prepare",
        [
            'clipboardData.items.add(file); clipboardData.setData("text/plain", "a table")',
            'clipboardData.setData("text/plain", "a text")',
            'clipboardData.items.add(new File(["x"], "a.pdf", { type: "application/pdf" }))',
        ],
    )
    def test_other_pastes_are_left_alone(self, page: Any, prepare: str) -> None:
        paste(page, "body", prepare)
        page.wait_for_timeout(500)
        assert received(page)["files"] == []

    def test_nothing_is_taken_once_the_target_is_gone(self, page: Any) -> None:
        page.locator("label").filter(has_text="paste").click()
        page.locator(".hint").wait_for(state="detached")
        idle(page)
        paste(page, "body", "clipboardData.items.add(file)")
        page.wait_for_timeout(500)
        assert received(page)["files"] == []

    def test_the_target_survives_another_language(self, page: Any) -> None:
        page.get_by_role("combobox", name="locale").click()
        page.get_by_role("option", name="zh").click()
        page.get_by_text("zh paste.hint").wait_for()
        paste(page, "body", "clipboardData.items.add(file)")
        value = until(page, lambda value: value["files"])
        page.wait_for_timeout(300)
        assert len(received(page)["files"]) == len(value["files"]) == 1
        page.locator("label").filter(has_text="paste").click()
        page.locator(".hint").wait_for(state="detached")
        paste(page, "body", "clipboardData.items.add(file)")
        page.wait_for_timeout(500)
        assert len(received(page)["files"]) == 1


@pytest.mark.parametrize("locale", i18n.LOCALES)
@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_editor_exists(locale: str, word: str) -> None:
    text = i18n.translate(locale, f"app.review_editor.{word}")
    assert ("{count}" in text) == (word in {"next_doubtful", "put_all_back"})


def test_every_reason_to_set_aside_has_a_word() -> None:
    assert {f"clutter_{reason}" for reason in (*get_args(Clutter), REPEAT)} <= set(WORDS)
