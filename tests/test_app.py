"""The pages' logic, without a browser. What only a browser can show is in test_browser.py."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import clients, database, i18n, jobs, runs
from core.models import Client, ResumeKind, RunStatus
from core.routing import Candidate
from core.samples import samples
from core.settings import OFFLINE_MODEL, ROOT
from tests.support.model_server import ModelServer
from tests.test_runs import JD, add_client, is_streaming, settle, submit, wait

HOME = str(ROOT / "app" / "Home.py")
PAGES = ["Workbench", "Profile", "History"]


@pytest.fixture(autouse=True)
def fresh_caches() -> None:
    st.cache_resource.clear()


def open_app(locale: str = "en-US", page: str = "", **query: str) -> Any:
    at = AppTest.from_file(HOME, default_timeout=60)
    at.context = {"locale": locale}
    at.run()
    for name, value in query.items():
        at.query_params[name] = value
    if page:
        at.switch_page(f"pages/{page}.py")
    return at.run() if page or query else at


def texts(at: Any) -> str:
    kinds = ("title", "subheader", "markdown", "caption", "info", "error", "warning", "text")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(at, kind))


def button(at: Any, label: str) -> Any:
    return next(b for b in at.button if b.label == label)


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
@pytest.mark.parametrize("page", ["", *PAGES])
def test_every_page_opens_on_an_empty_database(page: str, locale: str) -> None:
    at = open_app(locale, page)
    assert not at.exception
    assert at.title[0].value


def test_the_language_is_the_browsers_until_one_is_chosen_and_then_kept() -> None:
    at = open_app("zh-CN")
    assert at.title[0].value == i18n.translate("zh", "app.home.title")
    at.selectbox(key="locale").set_value("en").run()
    assert at.title[0].value == i18n.translate("en", "app.home.title")
    assert open_app("zh-CN").title[0].value == i18n.translate("en", "app.home.title")


def test_samples_load_with_one_click(owner: int) -> None:
    at = open_app()
    button(at, "Load sample data").click().run()
    assert not at.exception
    with database.session(owner) as db:
        people = clients.listing(db)
        assert {c.name for c in people} == {s.name for s in samples()}
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if all(clients.current(db, c.id or 0, kind) for c in people for kind in ResumeKind):
                break
            db.expire_all()
            time.sleep(0.1)
    at = open_app()
    assert "Load sample data" not in [b.label for b in at.button]
    assert texts(at).count("Resume read and ready") == 2


def test_home_leads_to_a_few_jobs_of_a_client_and_says_when_there_are_more(owner: int) -> None:
    client_id = add_client(owner)

    def links() -> list[str]:
        labels = [link.proto.label.replace("\\", "") for link in open_app().get("page_link")]
        return [label for label in labels if label.startswith(("Match with", "More"))]

    with database.session(owner) as db:
        db.add_all(jobs.new(client_id, f"{JD} Number {n}.", f"Job {n}") for n in range(4))
        db.commit()
        assert links() == [f"Match with: Job {n}" for n in range(4)]
        db.add(jobs.new(client_id, f"{JD} Number 4.", "Job 4"))
        db.commit()
    assert links() == [*(f"Match with: Job {n}" for n in range(4)), "More saved job descriptions"]


def test_the_workbench_sends_a_client_without_a_resume_to_the_profile(owner: int) -> None:
    with database.session(owner) as db:
        clients.create(db, "Nobody Yet")
    at = open_app(page="Workbench")
    assert "has no finished resume yet" in at.info[0].value
    assert not at.text_area


@pytest.mark.parametrize(
    ("text", "words"), [("short", "at least 40"), ("x" * 20_001, "the limit is 20,000"), ("", "at least 40")]
)
def test_a_wrong_text_is_refused_and_kept(owner: int, text: str, words: str) -> None:
    add_client(owner)
    at = open_app(page="Workbench")
    at.text_area[0].set_value(text)
    button(at, "Start the match").click().run()
    assert words in at.error[0].value
    assert at.text_area[0].value == text
    assert not at.exception


def test_a_match_from_the_form_to_the_report(owner: int) -> None:
    add_client(owner)
    at = open_app(page="Workbench")
    at.text_area[0].set_value(JD)
    button(at, "Start the match").click().run()
    with database.session(owner) as db:
        (row,) = runs.history(db)
    settle(owner, row.run_id)
    at = open_app(page="Workbench", run=row.run_id)
    assert not at.exception
    shown = texts(at)
    for key in ("overall_assessment", "verdicts", "improvements", "strengths", "weaknesses", "outreach"):
        assert i18n.translate("en", f"report.section.{key}") in shown
    assert i18n.translate("en", "report.section.recommendations") in shown
    assert i18n.translate("en", "report.section.unsaid") not in shown  # there is no detailed resume
    assert "Offline analyst (no LLM)" in shown
    assert at.code[0].value
    (document,) = (html.proto.body for html in at.get("html") if "<mark" in html.proto.body)
    assert document.count("<mark") > 1
    with database.session(owner) as db:
        view = runs.view(db, row.run_id)
    assert view.sources == {"resume": view.resume.text, "detailed_resume": ""}


def test_what_only_the_detailed_resume_says_is_to_be_said_in_the_resume(owner: int) -> None:
    client_id = add_client(owner)
    with database.session(owner) as db:
        text = "Led promotion planning for national retailers in two states"
        detailed = clients.add_paste(db, client_id, ResumeKind.DETAILED_RESUME, text)
        run = runs.submit_extraction(db, detailed, model=OFFLINE_MODEL, locale="en")
    settle(owner, run.id)
    run = submit(owner, client_id)
    settle(owner, run.id)
    shown = texts(open_app(page="Workbench", run=run.id))
    assert i18n.translate("en", "report.section.unsaid") in shown
    assert (
        "Promotion planning for national retailers\n  - “Led promotion planning for national retailers in two states”"
        in shown
    )


def test_a_run_its_text_made_fail_offers_that_text(owner: int) -> None:
    run = submit(owner, add_client(owner), jd="la la la " * 20)
    settle(owner, run.id)
    at = open_app(page="Workbench", run=run.id)
    assert at.error[0].value == i18n.translate("en", "failure.no_requirements")
    assert "Retry" not in [b.label for b in at.button]
    button(at, "Edit the job description").click().run()
    assert not at.exception
    assert at.text_area[0].value == ("la la la " * 20).strip()


def test_a_stopped_run_is_no_error_and_can_be_retried(owner: int, paced: Candidate, server: ModelServer) -> None:
    client_id = add_client(owner)
    server.pace = 0.02
    run = submit(owner, client_id, "openai/paced")
    wait(owner, run.id, is_streaming)
    with database.session(owner) as db:
        runs.cancel(db, run.id)
    settle(owner, run.id)
    at = open_app(page="Workbench", run=run.id)
    assert at.info[0].value == i18n.translate("en", "failure.cancelled")
    assert {s.state for s in at.status} == {"complete"}
    assert "Made by" not in texts(at)
    server.pace = 0.0
    button(at, "Retry").click().run()
    assert not at.exception
    assert settle(owner, run.id).run.attempt == 2


def test_an_unknown_run_is_a_message(owner: int) -> None:
    at = open_app(page="Workbench", run="nothing")
    assert at.error[0].value == i18n.translate("en", "failure.not_found")
    assert not at.exception


@pytest.mark.parametrize("junk", ["9" * 4_400, "a\0b", "٣", "-1"])
def test_junk_in_the_address_names_nothing(owner: int, junk: str) -> None:
    add_client(owner)
    for page in ("Workbench", "Profile"):
        at = open_app(page=page, client=junk, job=junk)
        assert not at.exception
        assert not at.error
    at = open_app(page="Workbench", run=junk)
    assert at.error[0].value == i18n.translate("en", "failure.not_found")


def test_the_chosen_client_stands_in_the_address(owner: int) -> None:
    add_client(owner)
    with database.session(owner) as db:
        other = str(clients.create(db, "Zoe Zimmer").id)
    at = open_app(page="Workbench")
    box = next(box for box in at.selectbox if box.label == "Client")
    box.set_value(other).run()
    assert at.query_params["client"] in (other, [other])
    assert "Zoe Zimmer" in at.info[0].value
    at.switch_page("pages/Profile.py").run()
    assert next(box for box in at.selectbox if box.label == "Client").value == other


def test_each_form_sent_is_followed_by_an_empty_one(owner: int) -> None:
    add_client(owner)
    at = open_app(page="Workbench")
    at.text_area[0].set_value(JD)
    button(at, "Start the match").click().run()
    at.query_params.clear()
    at.switch_page("pages/Workbench.py").run()
    assert not at.exception
    assert at.text_area[0].value == ""


def test_history_lists_the_runs(owner: int) -> None:
    run = submit(owner, add_client(owner))
    settle(owner, run.id)
    at = open_app(page="History")
    assert not at.exception
    assert len(at.dataframe[0].value) == 1


def test_a_bad_file_is_a_message_and_no_version(owner: int) -> None:
    with database.session(owner) as db:
        client_id = clients.create(db, "Ann Example").id or 0
    at = open_app(page="Profile")
    at.file_uploader[0].set_value(("resume.pdf", b"%PDF-1.7 broken", "application/pdf")).run()
    next(b for b in at.button if b.label == "Save and read").click().run()
    assert "damaged" in at.error[0].value
    assert not at.exception
    with database.session(owner) as db:
        assert clients.versions(db, client_id, ResumeKind.RESUME) == []


def test_a_pasted_resume_is_read_and_can_be_corrected(owner: int) -> None:
    client_id = add_client(owner)
    at = open_app(page="Profile")
    assert not at.exception
    button(at, "Correct by hand").click().run()
    name = next(t for t in at.text_input if t.label == i18n.translate("en", "report.field.name") and t.value)
    name.set_value("Somebody Else")
    at.switch_page("pages/History.py").run()  # what was typed survives leaving
    at.switch_page("pages/Profile.py").run()
    next(b for b in at.button if b.label == "Save" and b.key.startswith("save-")).click().run()
    assert not at.exception
    with database.session(owner) as db:
        newest, first = clients.versions(db, client_id, ResumeKind.RESUME)
        current = clients.current(db, client_id, ResumeKind.RESUME)
    assert current is not None
    assert current.id == newest.id
    assert newest.origin == "correction"
    assert "Somebody Else" in newest.text
    assert "Somebody Else" not in first.text


def test_clients_are_created_renamed_archived_and_brought_back(owner: int) -> None:
    at = open_app(page="Profile")
    save_name(at, "new_client", "  Ann   Example ")
    assert not at.exception
    with database.session(owner) as db:
        (client,) = clients.listing(db)
        assert client.name == "Ann Example"
    save_name(at, "rename", "")
    assert at.error[0].value == i18n.translate("en", "failure.name_empty")
    save_name(at, "rename", "Ann Sample")
    assert next(box for box in at.selectbox if box.label == "Client").options == ["Ann Sample"]
    save_name(at, "new_client", "Aaron First")
    button(at, "Archive").click().run()
    with database.session(owner) as db:
        assert [c.name for c in clients.listing(db)] == ["Ann Sample"]
    button(at, "Bring back").click().run()
    with database.session(owner) as db:
        assert len(clients.listing(db)) == 2
    box = next(box for box in at.selectbox if box.label == "Client")
    with database.session(owner) as db:
        assert db.require(Client, int(box.value)).name == "Aaron First"


def save_name(at: Any, form: str, name: str) -> None:
    """Fill in and send one of the name forms of the Profile page."""
    field = next(t for t in at.text_input if t.key.startswith(form))
    field.set_value(name)
    next(b for b in at.button if b.proto.form_id == field.proto.form_id).click().run()


def test_a_save_leaves_the_other_document_alone_and_drops_nothing(owner: int) -> None:
    with database.session(owner) as db:
        client_id = clients.create(db, "Ann Example").id or 0
    at = open_app(page="Profile")
    resume, detailed = at.text_area
    detailed.set_value("Everything I ever did")
    resume.set_value("Ann Example")
    at.file_uploader[0].set_value(("resume.png", b"\x89PNG\r\n\x1a\n", "image/png")).run()
    assert "resume.png" in at.error[0].value
    next(b for b in at.button if b.label == "Save and read").click().run()
    assert "resume.png" in at.error[0].value
    assert at.text_area[0].value == "Ann Example"
    at.file_uploader[0].set_value(("resume.txt", b"Ann Example\nann@example.com\n", "text/plain")).run()
    assert not at.error
    next(b for b in at.button if b.label == "Save and read").click().run()
    assert at.warning[0].value == i18n.translate("en", "app.profile.file_and_text")
    at.text_area[0].set_value("")
    next(b for b in at.button if b.label == "Save and read").click().run()
    with database.session(owner) as db:
        assert len(clients.versions(db, client_id, ResumeKind.RESUME)) == 1
    assert "Everything I ever did" in [t.value for t in at.text_area]


def test_pages_hold_no_rules_and_core_no_streamlit() -> None:
    for path in (ROOT / "core").rglob("*.py"):
        assert "import streamlit" not in path.read_text("utf-8"), path
    for path in (ROOT / "app").rglob("*.py"):
        assert "sqlmodel" not in path.read_text("utf-8"), path


def test_a_finished_run_shows_its_status(owner: int) -> None:
    run = submit(owner, add_client(owner))
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED
    at = open_app(page="Workbench", run=run.id)
    assert [s.state for s in at.status] == ["complete", "complete"]


@pytest.mark.parametrize("page", ["", *PAGES])
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"data_dir": "/dev/null/nowhere"}, "database cannot be opened"),
        ({"database_url": "postgresql+psycopg://nobody:secret@127.0.0.1:9/none"}, "database cannot be opened"),
        ({"max_tokens": "many"}, "JOBMATCH_MAX_TOKENS"),
    ],
)
def test_a_broken_installation_says_what_to_mend(
    settings: dict[str, str], words: str, page: str, configure: Callable[..., None]
) -> None:
    configure(**settings)
    at = open_app(page=page)
    assert not at.exception
    assert words in at.error[0].value
    assert "secret" not in at.error[0].value
