"""Runs that begin with pictures: read, checked by a person, and then like any other, on SQLite and on PostgreSQL."""

import contextlib
import io
import threading
import time
from collections.abc import Callable, Sequence

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas
from sqlmodel import select

from core import clients, database, documents, engine, jobs, pages, review, runs
from core.documents import Files
from core.errors import InputError, NotFoundError, StateError
from core.models import Attempt, Event, EventType, Job, Page, Picture, Reading, ResumeKind, Run, RunStatus, User
from core.ocr.transcript import Line, Paragraph, Transcript
from core.review import ReviewRow
from core.routing import Candidate
from core.runs import Ocr, RunView
from core.schemas import PictureText
from core.settings import OFFLINE_MODEL
from tests.support.model_server import ModelServer
from tests.support.pictures import cat, picture
from tests.test_runs import PACED, add_client, settle, view, wait

POSTING = [
    "Senior Data Analyst",
    "Fernhill Retail · Leeds",
    "Responsibilities",
    "- Build weekly sales dashboards for store managers",
    "- Explain findings to people who are not analysts",
    "Requirements",
    "- 3+ years of experience in data analysis",
    "- Fluent in SQL and Excel",
    "- Bachelor's degree in statistics or economics",
]
GERMAN = "- German at level B2 is a plus"

pytestmark = pytest.mark.usefixtures("read_once")


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def screenshot(lines: Sequence[str] = POSTING) -> bytes:
    return png(picture(lines))


def files(*contents: bytes, name: str = "screen.png") -> Files:
    return [(name, documents.read_document(data, name)) for data in contents]


def submit(
    owner: int, client_id: int, jd: Files, *, model: str = OFFLINE_MODEL, ocr: Ocr | None = None, token: str = "t"
) -> Run:
    with database.session(owner) as db:
        return runs.submit_match(db, client_id, jd, model=model, locale="en", token=token, ocr=ocr)


def in_review(owner: int, run_id: str) -> RunView:
    return wait(owner, run_id, lambda seen: seen.finished or seen.in_review)


def rows(owner: int, run_id: str) -> list[review.Edits]:
    with database.session(owner) as db:
        return pages.draft(db, pages.source(db, db.require(Run, run_id)))


def confirm(owner: int, run_id: str, drafts: list[review.Edits] | None = None) -> None:
    with database.session(owner) as db:
        runs.confirm_review(db, run_id, drafts)


@pytest.mark.usefixtures("storage")
def test_a_screenshot_is_read_checked_and_matched(owner: int, paced: Candidate, server: ModelServer) -> None:
    client_id = add_client(owner)
    run = submit(owner, client_id, files(screenshot()), model=PACED)
    assert run.status is RunStatus.OCR_PENDING
    seen = in_review(owner, run.id)
    assert seen.in_review, seen.run.failure_code
    assert seen.tiles[0] == seen.tiles[1] > 0
    assert [text for text, kept in rows(owner, run.id)[0] if kept] == POSTING
    assert not server.requests  # no model before the text is confirmed
    confirm(owner, run.id, [[*rows(owner, run.id)[0], (GERMAN, True)]])
    seen = settle(owner, run.id)
    assert seen.run.status is RunStatus.COMPLETED, seen.run.failure_code
    assert seen.job is not None
    assert seen.job.text.splitlines() == [*POSTING, GERMAN]
    assert [(s.task, s.state) for s in seen.steps] == [("ocr", "done"), ("job_summary", "done"), ("job_match", "done")]
    assert server.requests == {"job_summary": 1, "job_match": 1}
    with database.session(owner) as db:
        events = db.exec(select(Event).where(Event.run_id == run.id, Event.type == EventType.REVIEW_CONFIRMED)).all()
        attempts = db.exec(select(Attempt).where(Attempt.run_id == run.id)).all()
    assert len(events) == 1
    assert [(a.number, a.failure_code, a.finished_at is not None) for a in attempts] == [
        (1, None, True),
        (2, None, True),
    ]


@pytest.mark.usefixtures("storage")
def test_without_a_review_it_runs_through(owner: int) -> None:
    client_id = add_client(owner)
    run = submit(owner, client_id, files(screenshot()), ocr=Ocr(review=False))
    seen = settle(owner, run.id)
    assert seen.run.status is RunStatus.COMPLETED, seen.run.failure_code
    assert seen.job is not None
    assert seen.job.text.splitlines() == POSTING
    assert seen.run.attempt == 1


def test_the_same_picture_is_read_once(owner: int) -> None:
    client_id = add_client(owner)
    first = submit(owner, client_id, files(screenshot()), token="first")
    in_review(owner, first.id)
    second = submit(owner, client_id, files(screenshot()), token="second")
    assert second.id != first.id
    in_review(owner, second.id)
    with database.session(owner) as db:
        assert len(db.exec(select(Picture)).all()) == len(db.exec(select(Reading)).all()) == 1
        assert len(db.exec(select(Page)).all()) == 2
        reading = db.exec(select(Reading)).one()
    assert reading.engine == "rapidocr"
    assert reading.version.startswith("3.10.0/")


def test_a_review_survives_a_restart(owner: int) -> None:
    client_id = add_client(owner)
    run = submit(owner, client_id, files(screenshot()))
    in_review(owner, run.id)
    with database.session(owner) as db:
        runs.save_review(db, run.id, [[("Corrected by hand, with requirements that are long enough", True)]])
    engine.stop()
    engine.start()
    engine.sweep()
    time.sleep(0.5)
    assert view(owner, run.id).in_review
    assert rows(owner, run.id) == [[("Corrected by hand, with requirements that are long enough", True)]]
    confirm(owner, run.id, [[(line, True) for line in POSTING]])
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED


def test_two_confirmations_at_once_are_one(owner: int, paced: Candidate, server: ModelServer) -> None:
    run = submit(owner, add_client(owner), files(screenshot()), model=PACED)
    in_review(owner, run.id)
    refused: list[str] = []

    def click() -> None:
        try:
            confirm(owner, run.id)
        except StateError as error:
            refused.append(error.code)

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["not_in_review"] * 3
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED
    assert server.requests == {"job_summary": 1, "job_match": 1}


def test_a_text_that_is_no_good_is_not_confirmed_and_not_lost(owner: int) -> None:
    run = submit(owner, add_client(owner), files(screenshot()))
    in_review(owner, run.id)
    for draft, code in (([[("short", True)]], "jd_too_short"), ([[("long " * 5000, True)]], "jd_too_long")):
        with pytest.raises(InputError) as caught:
            confirm(owner, run.id, draft)
        assert caught.value.code == code
        assert view(owner, run.id).in_review
        assert rows(owner, run.id) == draft


@pytest.mark.usefixtures("storage")
def test_a_review_can_be_stopped_and_taken_up_again(owner: int) -> None:
    run = submit(owner, add_client(owner), files(screenshot()))
    in_review(owner, run.id)
    with database.session(owner) as db:
        runs.cancel(db, run.id)
    seen = view(owner, run.id)
    assert (seen.run.status, seen.run.failure_code) == (RunStatus.CANCELLED, "cancelled")
    with pytest.raises(StateError):
        confirm(owner, run.id)
    with database.session(owner) as db:
        runs.retry(db, run.id)
    assert in_review(owner, run.id).in_review
    confirm(owner, run.id)
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED
    with database.session(owner) as db:
        assert len(db.exec(select(Reading)).all()) == 1


def test_a_stop_at_the_very_end_of_reading_is_not_forgotten(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def check_then_stop(db: database.OwnerSession, run: Run) -> None:
        check(db, run)
        with database.session(owner) as other:
            runs.cancel(other, run.id)

    check = pages.check
    monkeypatch.setattr(pages, "check", check_then_stop)
    run = submit(owner, add_client(owner), files(screenshot()))
    assert in_review(owner, run.id).run.status is RunStatus.CANCELLED


def test_stop_and_confirm_at_once_leave_one_of_both(owner: int) -> None:
    client_id = add_client(owner)

    def stop(run_id: str) -> None:
        with database.session(owner) as db:
            runs.cancel(db, run_id)

    def go_on(run_id: str) -> None:
        with contextlib.suppress(StateError):
            confirm(owner, run_id)

    for number in range(5):
        run = submit(owner, client_id, files(screenshot()), token=str(number))
        in_review(owner, run.id)
        threads = [threading.Thread(target=work, args=(run.id,)) for work in (stop, go_on)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seen = settle(owner, run.id)  # whoever came first; a stop is never lost, unless the match was faster
        assert seen.run.status in (RunStatus.CANCELLED, RunStatus.COMPLETED)


@pytest.mark.usefixtures("storage")
def test_the_same_picture_sent_twice_at_the_same_moment_is_kept_once(owner: int) -> None:
    client_id = add_client(owner)
    jd = files(screenshot(), screenshot(POSTING[:5]))
    ids: list[str] = []

    def send(number: int) -> None:
        ids.append(submit(owner, client_id, jd if number % 2 else jd[::-1], token=str(number)).id)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 4
    for run_id in ids:
        assert in_review(owner, run_id).in_review
    with database.session(owner) as db:
        assert len(db.exec(select(Picture)).all()) == len(db.exec(select(Reading)).all()) == 2


def test_too_much_text_can_be_shortened_in_a_review(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    client_id = add_client(owner)
    monkeypatch.setattr(jobs, "MAX_CHARACTERS", 150)
    run = submit(owner, client_id, files(screenshot()), ocr=Ocr(review=False))
    seen = settle(owner, run.id)
    assert seen.run.failure_code == "image_text_too_long"
    assert runs.remedy(seen.run) == "review"
    with database.session(owner) as db:
        runs.retry(db, run.id, review=True)
    assert in_review(owner, run.id).in_review
    kept = POSTING[:2] + POSTING[5:7]
    confirm(owner, run.id, [[(line, line in kept) for line in POSTING]])
    seen = settle(owner, run.id)
    assert seen.run.status is RunStatus.COMPLETED
    assert seen.job is not None
    assert seen.job.text.splitlines() == kept


def test_a_review_that_was_emptied_and_stopped_comes_back(owner: int) -> None:
    run = submit(owner, add_client(owner), files(screenshot()))
    in_review(owner, run.id)
    with database.session(owner) as db:
        runs.save_review(db, run.id, [[(" ", True)]])
        runs.cancel(db, run.id)
        runs.retry(db, run.id)
    assert in_review(owner, run.id).in_review


@pytest.mark.usefixtures("storage")
def test_odd_names_and_corrections_are_made_storable(owner: int) -> None:
    odd = ["a\0b", "a\ud800b", "x" * 100_000, "a\nb\u202e"]
    run = submit(owner, add_client(owner), [file for name in odd for file in files(screenshot(), name=f"{name}.png")])
    in_review(owner, run.id)
    with database.session(owner) as db:
        runs.save_review(db, run.id, [[(t, False), *((line, True) for line in POSTING), (t[:9], True)] for t in odd])
    confirm(owner, run.id)
    seen = settle(owner, run.id)
    assert seen.run.status is RunStatus.COMPLETED, seen.run.failure_code
    assert len(seen.pages) == len(odd)
    for page in seen.pages:
        assert page.filename.isprintable()
        assert len(page.filename) < 200


def test_too_much_text_beside_a_picture_is_refused_before_anything_starts(owner: int) -> None:
    client_id = add_client(owner)
    texts = [("a.txt", documents.read_document(b"word " * 3000, "a.txt", 20_000)) for _ in range(2)]
    with pytest.raises(InputError) as caught:
        submit(owner, client_id, [*texts, *files(screenshot())])
    assert caught.value.code == "jd_too_long"


def test_an_answer_without_text_is_not_kept(owner: int, server: ModelServer, configure: Callable[..., None]) -> None:
    configure(model="openai/paced", vision_model="openai/paced", api_base=server.url, api_key="test")
    server.picture = PictureText(lines=[])
    run = submit(owner, add_client(owner), files(screenshot()), ocr=Ocr("vision"))
    seen = in_review(owner, run.id)
    assert seen.in_review, seen.run.failure_code
    assert [page.engine_failure for page in seen.pages] == ["empty"]
    with database.session(owner) as db:
        assert [reading.engine for reading in db.exec(select(Reading)).all()] == ["rapidocr"]


def test_a_review_is_found_again_after_a_newer_version(owner: int) -> None:
    with database.session(owner) as db:
        client_id = clients.create(db, "Ann").id or 0
        scan = clients.add_upload(db, client_id, ResumeKind.RESUME, files(screenshot(), name="cv.png"))
        waiting = runs.submit_extraction(db, scan, model=OFFLINE_MODEL, locale="en")
    in_review(owner, waiting.id)
    with database.session(owner) as db:
        newer = clients.add_paste(db, client_id, ResumeKind.RESUME, "Ann Example, analyst in Leeds since 2019")
        run = runs.submit_extraction(db, newer, model=OFFLINE_MODEL, locale="en")
    settle(owner, run.id)
    with database.session(owner) as db:
        found = runs.latest_extraction(db, client_id, ResumeKind.RESUME)
        assert found is not None
        assert found.id == waiting.id
        runs.cancel(db, waiting.id)
        found = runs.latest_extraction(db, client_id, ResumeKind.RESUME)
        assert found is not None
        assert found.id == run.id


def test_reading_stops_when_asked(owner: int) -> None:
    client_id = add_client(owner)
    long = files(
        *(png(picture([f"{page} {number} {line}" for number in range(4) for line in POSTING])) for page in range(4))
    )
    run = submit(owner, client_id, long)
    wait(owner, run.id, lambda seen: seen.tiles[0] > 0)
    with database.session(owner) as db:
        runs.cancel(db, run.id)
    seen = settle(owner, run.id)
    assert seen.run.status is RunStatus.CANCELLED
    assert [page.reading_id is None for page in seen.pages][-1]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (png(Image.new("RGB", (800, 1200), "white")), "image_no_text"),
        (png(cat()), "image_no_text"),
        (
            screenshot(["Dinner at eight?", "Yes, the noodle place by the river", "Great, see you there!"]),
            "image_not_a_job",
        ),
    ],
)
@pytest.mark.parametrize("reviewed", [True, False])
def test_pictures_of_no_use_fail_with_a_reason_and_cost_nothing(
    owner: int, paced: Candidate, server: ModelServer, data: bytes, code: str, reviewed: bool
) -> None:
    run = submit(owner, add_client(owner), files(data), model=PACED, ocr=Ocr(review=reviewed))
    seen = in_review(owner, run.id)
    assert (seen.run.status, seen.run.failure_code) == (RunStatus.FAILED, code)
    assert not server.requests
    with database.session(owner) as db:
        runs.retry(db, run.id)  # changes nothing: what was read stays as it is
    assert in_review(owner, run.id).run.failure_code == code


def test_what_was_recognised_is_at_hand_when_it_is_no_job(owner: int) -> None:
    run = submit(owner, add_client(owner), files(screenshot(["Dinner at eight?", "Yes, the noodle place"])))
    seen = in_review(owner, run.id)
    assert seen.job is not None
    with database.session(owner) as db:
        assert "noodle place" in pages.text_so_far(db, seen.job)
        assert jobs.listing(db, seen.client.id or 0) == []  # nothing that could be chosen again


def test_several_screenshots_are_one_posting_without_what_they_repeat(owner: int) -> None:
    first, second = POSTING[:7], POSTING[5:]
    run = submit(owner, add_client(owner), files(screenshot(first), screenshot(second)))
    in_review(owner, run.id)
    with database.session(owner) as db:
        shown = pages.under_review(db, pages.source(db, db.require(Run, run.id)))
    assert [row.clutter for row in shown[1].rows] == [review.REPEAT, review.REPEAT, None, None]
    assert all(page.picture for page in shown)
    confirm(owner, run.id)
    seen = settle(owner, run.id)
    assert seen.job is not None
    assert seen.job.text.splitlines() == POSTING


@pytest.mark.usefixtures("storage")
def test_a_mixed_document_becomes_a_resume_page_by_page(owner: int) -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawString(72, 700, "Ann Example")
    canvas.drawString(72, 680, "ann@example.com, analyst with eight years in retail and logistics")
    canvas.showPage()
    scan = picture(["Experience", "2019-2024 Analyst, Fernhill Retail", "Built sales dashboards in SQL"])
    canvas.drawInlineImage(scan, 36, 300, 540, 540 * scan.height / scan.width)
    canvas.showPage()
    canvas.drawString(72, 700, "Education: Bachelor of Statistics, University of Leeds, 2011 to 2014")
    canvas.save()
    with database.session(owner) as db:
        client = clients.create(db, "Ann")
        resume = clients.add_upload(db, client.id or 0, ResumeKind.RESUME, files(buffer.getvalue(), name="cv.pdf"))
        assert resume.text == ""
        run = runs.submit_extraction(db, resume, model=OFFLINE_MODEL, locale="en")
    seen = in_review(owner, run.id)
    assert seen.in_review, seen.run.failure_code
    assert [page.picture_id is not None for page in seen.pages] == [False, True, False]
    confirm(owner, run.id)
    seen = settle(owner, run.id)
    assert seen.run.status is RunStatus.COMPLETED, seen.run.failure_code
    text = seen.resume.text
    assert text.index("Ann Example") < text.index("Fernhill") < text.index("University of Leeds")
    assert "2019-2024 Analyst, Fernhill Retail\nBuilt sales" in text  # lines of a resume stay lines


def test_when_the_chosen_engine_fails_the_default_takes_over(
    owner: int, server: ModelServer, configure: Callable[..., None]
) -> None:
    configure(model="openai/paced", vision_model="openai/paced", api_base=server.url, api_key="test")
    server.fail("job_vision", 500, 500)
    run = submit(owner, add_client(owner), files(screenshot()), ocr=Ocr("vision"))
    seen = in_review(owner, run.id)
    assert seen.in_review, seen.run.failure_code
    assert [page.engine_failure for page in seen.pages] == ["provider_down"]
    assert [(call.task, call.failure_code) for call in seen.calls] == 2 * [("job_vision", "provider_down")]
    assert [text for text, _ in rows(owner, run.id)[0]] == POSTING


def test_an_engine_that_is_not_there_is_replaced(owner: int) -> None:
    run = submit(owner, add_client(owner), files(screenshot()), ocr=Ocr("easyocr"))
    seen = in_review(owner, run.id)
    assert seen.in_review
    assert [page.engine_failure for page in seen.pages] == ["easyocr_not_installed"]


def test_too_many_pages_are_refused_before_anything_starts(owner: int) -> None:
    client_id = add_client(owner)
    with pytest.raises(InputError) as caught:
        submit(owner, client_id, files(screenshot()) * (pages.MAX_PAGES + 1))
    assert caught.value.code == "too_many_pages"
    with database.session(owner) as db:
        assert db.exec(select(Job)).all() == []


def test_files_with_text_need_no_reading(owner: int) -> None:
    jd = files("\n".join(POSTING).encode(), name="jd.txt")
    run = submit(owner, add_client(owner), jd)
    assert run.ocr_engine is None
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED


def test_pictures_of_somebody_else_do_not_exist(owner: int) -> None:
    run = submit(owner, add_client(owner), files(screenshot()))
    in_review(owner, run.id)
    with database.session(owner) as db:
        other = User(name="other")
        db.add(other)
        db.commit()
    with database.session(other.id or 0) as db:
        assert db.exec(select(Picture)).all() == db.exec(select(Reading)).all() == db.exec(select(Page)).all() == []
        with pytest.raises(NotFoundError):
            runs.confirm_review(db, run.id)


# --- rows -------------------------------------------------------------------------------------------------------

BOX = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))


def transcript(*paragraphs: Paragraph) -> Transcript:
    return Transcript(engine="e", version="1", rotation=0, width=100, height=100, paragraphs=paragraphs)


def test_rows_are_paragraphs_of_a_posting_and_lines_of_a_resume() -> None:
    sure, unsure = (Line(text=text, boxes=(BOX,), confidence=c) for text, c in (("Fluent in", 0.99), ("SQL", 0.5)))
    read = transcript(
        Paragraph(text="9:41", lines=(Line(text="9:41", boxes=(BOX,), confidence=1),), clutter="status_bar"),
        Paragraph(text="Fluent in SQL", lines=(sure, unsure)),
    )
    bar, posting = review.rows(read, joined=True)
    assert (bar.kept, bar.clutter, bar.doubtful) == (False, "status_bar", False)
    assert (posting.text, posting.doubtful, posting.boxes, posting.doubtful_boxes) == (
        "Fluent in SQL",
        True,
        (BOX, BOX),
        (1,),
    )
    assert [(row.text, row.doubtful) for row in review.rows(read, joined=False)[1:]] == [
        ("Fluent in", False),
        ("SQL", True),
    ]


def texts(found: list[list[ReviewRow]]) -> list[list[str]]:
    return [[row.text for row in page if row.kept] for page in found]


def as_rows(*pages: Sequence[str]) -> list[list[ReviewRow]]:
    return [[ReviewRow(text) for text in page] for page in pages]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            ["About us", "We make bicycles in Leeds", "You know Python very well"],
            ["We make bicycles in Leeds", "You know Pythun very well"],
        ),
        (
            ["You lead a team of five engineers in Leeds", "You know Python very well"],
            ["five engineers in Leeds", "You know Python very well"],
        ),
        (["You know Python very well"], ["You know Python very well"]),
        (
            ["本科及以上学历，统计学相关专业", "熟练使用数据库查询语言"],
            ["本科及以上学历，统计学相关专业", "熟练使用数据库査询语言"],
        ),
    ],
)
def test_what_the_next_screenshot_repeats_is_set_aside(first: list[str], second: list[str]) -> None:
    seen = review.without_repeats(as_rows(first, [*second, "Pay: 30k"], [*second, "Pay: 30k"]))
    assert texts(seen) == [first, ["Pay: 30k"], []]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["3+ years of Java"], ["3+ years of Rust, and much more than that"]),
        (["3+ years of experience in data analysis"], ["5+ years of experience in data analysis"]),
        (["- Level 2 certificate in bookkeeping"], ["- Level 3 certificate in bookkeeping"]),
        (["具有三年以上数据分析工作经验者优先考虑"], ["具有五年以上数据分析工作经验者优先考虑"]),
        (["Ten years of work experience"], ["Experience"]),
        (["Salary"], ["Salary", "30k"]),
        (["任职要求"], ["任职要求", "本科"]),
        ([], ["A whole new posting stands here"]),
        ([f"Row {n} of this list" for n in range(60)], [f"Row {n} of this list" for n in range(60, 120)]),
    ],
)
def test_rows_that_are_no_repeat_stay(first: list[str], second: list[str]) -> None:
    assert texts(review.without_repeats(as_rows(first, second))) == [first, second]


def test_of_a_row_that_the_lower_edge_has_cut_the_whole_one_is_kept() -> None:
    first = ["About us", "You know Python very well", "You have led a team of"]
    second = ["You know Python very well", "You have led a team of five engineers", "Pay: 30k"]
    seen = review.without_repeats(as_rows(first, second))
    assert texts(seen) == [first[:2], second[1:]]


def test_pages_of_a_document_repeat_nothing() -> None:
    line = "You know Python very well"
    page = transcript(Paragraph(text=line, lines=(Line(text=line, boxes=(BOX,), confidence=1),)))
    assert texts(review.assemble([page, page], joined=False)) == [[line], [line]]
    assert texts(review.assemble([line, page], joined=True)) == [[line], [line]]
    assert texts(review.assemble([page, page], joined=True)) == [[line], []]
