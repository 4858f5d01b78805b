"""Credits: the ledger, what runs are charged and given back, on both databases; and what pages say of them."""

import threading
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
import streamlit as st
from sqlmodel import select

from core import chain, clients, credits, database, engine, exports, i18n, receipts, render, routing, runs
from core.__main__ import main
from core.errors import InputError, NotFoundError, StateError
from core.models import CreditEntry, EntryKind, Event, EventType, ResumeKind, Run, RunKind, RunStatus
from core.routing import Candidate
from core.runs import Ocr
from core.samples import samples
from core.schemas import PictureLine, PictureText, ResumeSummary
from core.settings import OFFLINE_MODEL, settings
from tests.support.model_server import ModelServer
from tests.test_app import button, fresh_caches, open_app, texts
from tests.test_database import add_owner
from tests.test_runs import JD, PACED, is_streaming, settle, submit, view, wait
from tests.test_scans import POSTING, files, in_review, screenshot
from tests.test_scans import submit as submit_pictures

__all__ = ["fresh_caches"]  # a fixture


@pytest.fixture
def on(configure: Callable[..., None], paced: Candidate) -> None:
    """Credits are on, and there is a paid model."""
    configure(credits=True, signup_credits=20, stall_seconds=30)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Runs are kept but not handed over, as when the process dies between its commit and the engine's."""
    with monkeypatch.context() as patch:
        patch.setattr(engine, "enqueue", lambda *_, **__: None)
        yield


def balance(owner: int) -> int:
    with database.session(owner) as db:
        return credits.balance(db)


def ledger(owner: int, run_id: str) -> list[tuple[str, int, int | None, str]]:
    with database.session(owner) as db:
        return [(e.kind, e.amount, e.attempt, e.task) for e in credits.of_run(db, run_id)]


def booked(owner: int, run_id: str) -> list[tuple[EventType, str]]:
    """The events of credits."""
    with database.session(owner) as db:
        events = db.exec(select(Event).where(Event.run_id == run_id).order_by(sa.text("id"))).all()
        return [(e.type, e.task) for e in events if e.type.startswith("CREDITS")]


def ready_client(owner: int) -> int:
    """A client with a resume that no run had to read."""
    with database.session(owner) as db:
        client = clients.create(db, "Ann")
        text = samples()[0].documents[ResumeKind.RESUME]
        clients.add_paste(db, client.id or 0, ResumeKind.RESUME, text).summary = ResumeSummary().model_dump()
        db.commit()
        return client.id or 0


def at_once(*actions: Callable[[], object]) -> list[object]:
    """What each returned or raised, begun together in threads of their own."""
    start, ends = threading.Barrier(len(actions)), list[object]()

    def act(action: Callable[[], object]) -> None:
        start.wait()
        try:
            ends.append(action())
        except BaseException as error:  # also that an attempt is superseded
            ends.append(error)

    threads = [threading.Thread(target=act, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


CHARGED = [("debit", -1, 1, "job_summary"), ("debit", -1, 1, "job_match")]


# --- the ledger -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("storage", "on")
def test_the_balance_is_the_sum_of_what_was_booked(owner: int) -> None:
    with database.session(owner) as db:
        credits.welcome(db)
        credits.welcome(db)
        credits.grant(db, 50, note="invoice 7", key="invoice-7")
        credits.grant(db, 50, note="invoice 7", key="invoice-7")
        credits.adjust(db, -3)
        credits.adjust(db, -3)
        assert credits.balance(db) == 64
        assert [(e.kind, e.amount, e.note) for e in credits.entries(db)] == [
            ("adjust", -3, ""),
            ("adjust", -3, ""),
            ("purchase", 50, "invoice 7"),
            ("signup", 20, ""),
        ]
        with pytest.raises(StateError, match="credits_too_few"):
            credits.adjust(db, -65)
        with pytest.raises(InputError, match="credits_key_used"):
            credits.grant(db, 51, key="invoice-7")
        for amount in (0, -5, credits.MOST + 1):
            with pytest.raises(InputError, match="credits_amount"):
                credits.grant(db, amount)
        for text in ("x" * 201, "a\nb"):
            with pytest.raises(InputError, match="credits_text"):
                credits.adjust(db, 1, note=text)
        assert credits.balance(db) == 64
    stranger = add_owner("stranger")
    assert balance(stranger) == 0
    assert {(a.name, a.balance, a.entries) for a in credits.accounts()} == {("local", 64, 4), ("stranger", 0, 0)}


@pytest.mark.usefixtures("storage", "on")
def test_many_first_pages_at_once_welcome_once(owner: int) -> None:
    def look() -> None:
        with database.session(owner) as db:
            credits.welcome(db)
            db.commit()

    assert at_once(*[look] * 6) == [None] * 6
    assert balance(owner) == 20


@pytest.mark.usefixtures("storage", "on")
def test_the_database_refuses_to_change_or_delete_an_entry(owner: int) -> None:
    with database.session(owner) as db:
        credits.grant(db, 5)
    for statement in ("UPDATE credit_entry SET amount = 500", "DELETE FROM credit_entry"):
        with (
            pytest.raises(sa.exc.DatabaseError, match="append-only"),
            database.engine().begin() as connection,
        ):
            connection.execute(sa.text(statement))
    assert balance(owner) == 5


# --- what costs -------------------------------------------------------------------------------------------------


def test_only_what_a_paid_model_may_do_costs(
    configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch, server: ModelServer
) -> None:
    def cost(model: str, engine: str | None = None) -> dict[str, int]:
        return credits.cost(RunKind.MATCH.tasks(ocr=engine is not None), model, engine)

    assert cost("paid") == cost("free") == cost(OFFLINE_MODEL) == cost("paid", "vision") == {}
    monkeypatch.setenv("OLLAMA_API_BASE", server.url)
    assert cost("paid", "vision") == {}  # free models only
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    both = {"job_summary": 1, "job_match": 1}
    assert cost("paid") == cost("paid", "rapidocr") == both
    assert cost("paid", "vision") == {"ocr": 1, **both}
    assert cost("openai/gpt-5.4-mini") == cost("openai/unheard-of") == both
    assert cost("free") == cost("ollama/qwen3:8b") == cost("free", "vision") == {}
    assert cost("offline", "vision") == cost(OFFLINE_MODEL, "vision") == {"ocr": 1}
    assert credits.cost(RunKind.RESUME.tasks(ocr=False), "paid", None) == {"resume_summary": 1}


@pytest.mark.usefixtures("on")
def test_prices_are_data_that_an_own_file_may_change() -> None:
    file = settings().routing_file
    file.parent.mkdir(exist_ok=True)
    file.write_text("[cost]\njob_match = 7\njob_summary = 0\n")
    assert credits.cost(RunKind.MATCH.tasks(ocr=False), PACED, None) == {"job_match": 7}
    for wrong in ("job_match = -1", "lunch = 1", "job_match = true"):
        file.write_text(f"[cost]\n{wrong}\n")
        with pytest.raises(InputError, match="routing_invalid"):
            routing.check()


# --- charging ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("storage", "on", "held")
def test_two_tabs_at_once_never_spend_more_than_there_is(owner: int, configure: Callable[..., None]) -> None:
    configure(signup_credits=5)  # for two runs of two credits each
    client_id = ready_client(owner)
    ends = at_once(*(lambda token=str(n): submit(owner, client_id, PACED, token=token) for n in range(5)))
    refused = [end for end in ends if isinstance(end, StateError)]
    assert [error.code for error in refused] == ["credits_too_few"] * 3
    assert balance(owner) == 1
    with database.session(owner) as db:
        kept = db.exec(select(Run.id).where(Run.kind == RunKind.MATCH)).all()
    assert set(kept) == {end.id for end in ends if isinstance(end, Run)}  # nothing is left of those refused
    assert all(ledger(owner, run_id) == CHARGED for run_id in kept)


@pytest.mark.usefixtures("storage", "on", "held")
def test_a_double_click_is_charged_once(owner: int, configure: Callable[..., None]) -> None:
    configure(signup_credits=2)
    client_id = ready_client(owner)
    ends = at_once(*[lambda: submit(owner, client_id, PACED).id] * 4)
    assert len(set(ends)) == 1
    assert ledger(owner, str(ends[0])) == CHARGED
    assert booked(owner, str(ends[0])) == [(EventType.CREDITS_DEBITED, task) for task in ("job_summary", "job_match")]
    assert balance(owner) == 0


@pytest.mark.usefixtures("storage", "on", "held")
def test_a_failure_is_paid_back_once_and_a_retry_charged_once(owner: int) -> None:
    run = submit(owner, ready_client(owner), PACED)

    def fail() -> None:
        chain._Progress(owner, run.id, 1, "job_summary").settle(RunStatus.FAILED, "timeout")

    def again() -> Run:
        with database.session(owner) as db:
            return runs.retry(db, run.id)

    ends = at_once(fail, fail, fail)
    assert [type(end) for end in ends if end is not None] == [chain._Superseded] * 2
    refunded = [("refund", 1, 1, "job_summary"), ("refund", 1, 1, "job_match")]
    assert ledger(owner, run.id) == [*CHARGED, *refunded]
    assert balance(owner) == 20
    ends = at_once(again, again, again)
    assert [end.code for end in ends if isinstance(end, StateError)] == ["not_retryable"] * 2
    assert ledger(owner, run.id)[4:] == [("debit", -1, 2, "job_summary"), ("debit", -1, 2, "job_match")]
    assert balance(owner) == 18


@pytest.mark.usefixtures("on", "held")
def test_a_retry_that_cannot_be_paid_begins_nothing(owner: int, configure: Callable[..., None]) -> None:
    configure(signup_credits=2)
    client_id = ready_client(owner)
    run = submit(owner, client_id, PACED)
    chain._Progress(owner, run.id, 1, "job_summary").settle(RunStatus.FAILED, "timeout")
    submit(owner, client_id, PACED, token="other")
    with database.session(owner) as db:
        with pytest.raises(StateError, match="credits_too_few"):
            runs.retry(db, run.id)
        assert (db.require(Run, run.id).attempt, db.require(Run, run.id).status) == (1, RunStatus.FAILED)
        quote = credits.quote_retry(db, db.require(Run, run.id))
        assert quote is not None
        assert (quote.cost, quote.balance, quote.affordable, quote.model) == (2, 0, False, "offline")
        assert runs.retry(db, run.id, model=quote.model).model == "offline"
    assert balance(owner) == 0


@pytest.mark.usefixtures("on", "held")
def test_a_run_the_engine_has_given_up_is_paid_back_once(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run = submit(owner, ready_client(owner), PACED)
    monkeypatch.setattr(engine, "active", lambda ids: dict.fromkeys(ids, False))
    chain.adopt_orphans()
    chain.adopt_orphans()
    assert view(owner, run.id).run.failure_code == "interrupted"
    assert len(ledger(owner, run.id)) == 4
    assert balance(owner) == 20


@pytest.mark.usefixtures("held", "paced")
def test_while_credits_are_off_nothing_is_booked(owner: int, configure: Callable[..., None]) -> None:
    run = submit(owner, ready_client(owner), PACED)
    with database.session(owner) as db:
        credits.welcome(db)
        db.commit()
        assert credits.quote(db, RunKind.MATCH, PACED) is None
        assert db.exec(select(CreditEntry)).all() == []
    configure(credits=True)
    run = submit(owner, ready_client(owner), PACED, token="charged")
    configure(credits=False)
    chain._Progress(owner, run.id, 1, "job_summary").settle(RunStatus.FAILED, "timeout")
    assert balance(owner) == 20  # a debt stays one


# --- through the engine -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("on")
def test_what_is_done_is_kept_and_what_fails_given_back(owner: int, server: ModelServer) -> None:
    client_id = ready_client(owner)
    server.fail("job_match", 500, 500)
    run = submit(owner, client_id, PACED)
    seen = settle(owner, run.id)
    assert seen.run.status is RunStatus.FAILED
    assert ledger(owner, run.id) == [*CHARGED, ("refund", 1, 1, "job_match")]
    assert [s.state for s in seen.steps] == ["done", "failed"]
    assert receipts.credit_words(seen.credits, "en") == (
        "Credits charged: 2 (Reading the job description, Matching the client); given back: 1 (Matching the client)"
    )
    with database.session(owner) as db:
        runs.retry(db, run.id)
    seen = settle(owner, run.id)
    assert seen.run.status is RunStatus.COMPLETED
    assert ledger(owner, run.id)[3:] == [("debit", -1, 2, "job_match")]
    assert balance(owner) == 18
    assert "Credits charged: 3" in receipts.markdown(receipts.of(seen), "en")
    # What a posting of the same words needs is taken over, and not paid for again.
    again = submit(owner, client_id, PACED, token="again")
    settle(owner, again.id)
    assert ledger(owner, again.id) == [*CHARGED, ("refund", 1, 1, "job_summary")]
    assert balance(owner) == 17


@pytest.mark.usefixtures("storage", "on")
def test_what_the_offline_analyst_did_in_the_end_costs_nothing(owner: int, server: ModelServer) -> None:
    client_id = ready_client(owner)
    server.fail("job_match", 401)
    run = submit(owner, client_id, "paid")
    seen = settle(owner, run.id)
    assert (seen.run.status, seen.match and seen.match.model) == (RunStatus.COMPLETED, OFFLINE_MODEL)
    assert ledger(owner, run.id) == [*CHARGED, ("refund", 1, 1, "job_match")]
    assert booked(owner, run.id)[2:] == [(EventType.CREDITS_REFUNDED, "job_match")]


@pytest.mark.usefixtures("on")
def test_a_stopped_run_is_given_back_what_was_not_done(owner: int, server: ModelServer) -> None:
    client_id = ready_client(owner)
    server.pace = 0.05
    run = submit(owner, client_id, PACED)
    wait(owner, run.id, is_streaming)
    with database.session(owner) as db:
        runs.cancel(db, run.id)
    assert settle(owner, run.id).run.status is RunStatus.CANCELLED
    assert ledger(owner, run.id) == [*CHARGED, ("refund", 1, 1, "job_match")]


@pytest.mark.usefixtures("on")
def test_a_review_books_nothing_and_stopping_it_gives_back(
    owner: int, server: ModelServer, configure: Callable[..., None]
) -> None:
    configure(vision_model="openai/paced", signup_credits=3)
    server.picture = PictureText(lines=[PictureLine(text=line) for line in POSTING])
    client_id = ready_client(owner)
    charged = [("debit", -1, 1, "ocr"), *CHARGED]
    run = submit_pictures(owner, client_id, files(screenshot()), model=PACED, ocr=Ocr("vision"))
    assert in_review(owner, run.id).in_review
    with database.session(owner) as db:
        runs.confirm_review(db, run.id)
        with pytest.raises(StateError):
            runs.confirm_review(db, run.id)
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED
    assert ledger(owner, run.id) == charged
    assert balance(owner) == 0
    with database.session(owner) as db:
        credits.grant(db, 3)
    # The same picture is not read again, so this is not paid for; the rest would be, and is not done.
    other = submit_pictures(owner, client_id, files(screenshot()), model=PACED, ocr=Ocr("vision"), token="stopped")
    assert in_review(owner, other.id).in_review
    assert ledger(owner, other.id) == [*charged, ("refund", 1, 1, "ocr")]
    with database.session(owner) as db:
        runs.cancel(db, other.id)
        runs.cancel(db, other.id)
    given_back = [("refund", 1, 1, "ocr"), ("refund", 1, 1, "job_summary"), ("refund", 1, 1, "job_match")]
    assert ledger(owner, other.id) == [*charged, *given_back]
    assert balance(owner) == 3
    with database.session(owner) as db:
        runs.retry(db, other.id)
    assert ledger(owner, other.id)[6:] == [("debit", -1, 2, "job_summary"), ("debit", -1, 2, "job_match")]


# --- what leaves ------------------------------------------------------------------------------------------------


def test_an_export_is_noted_when_it_is_made(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run = submit(owner, ready_client(owner))
    settle(owner, run.id)
    given: list[Callable[[], str]] = []
    monkeypatch.setattr(st, "download_button", lambda *_, data, **__: given.append(data))
    at = open_app(page="Workbench", run=run.id)
    assert not at.exception

    def exported() -> int:
        with database.session(owner) as db:
            return len(db.exec(select(Event).where(Event.type == EventType.RUN_EXPORTED)).all())

    assert exported() == 0
    assert given[-1]().startswith("# ")
    assert exported() == 1
    with database.session(owner) as db:
        failed = submit(owner, ready_client(owner), jd="la la la " * 20, token="none").id
        settle(owner, failed)
        with pytest.raises(NotFoundError):
            exports.report(db, failed, "en")
    assert exported() == 1
    assert [s.state for s in view(owner, run.id).steps] == ["done", "done"]


# --- what pages say ---------------------------------------------------------------------------------------------


def test_the_pages_say_nothing_while_credits_are_off(owner: int, paced: Candidate) -> None:
    ready_client(owner)
    for page in ("Workbench", "Profile", ""):
        at = open_app(page=page)
        assert "redit" not in texts(at) + str([caption.value for caption in at.sidebar.caption])


@pytest.mark.usefixtures("on")
def test_the_workbench_says_what_a_run_costs_and_what_happens_without_credits(
    owner: int, configure: Callable[..., None]
) -> None:
    client_id = ready_client(owner)
    assert "Credits: 20" in [caption.value for caption in open_app().sidebar.caption]
    at = open_app(page="Workbench")
    assert "Cost: 2 of your 20 credits." in texts(at)
    at.text_area[0].set_value(JD).run()
    with database.session(owner) as db:
        credits.adjust(db, -19)
    # What was shown does not hold any more: the click does nothing but show what does.
    button(at, "Start the match").click().run()
    assert not at.exception
    assert "Too few credits: 2 needed, 1 left." in at.warning[0].value
    assert "Offline analyst (no LLM)" in at.warning[0].value
    with database.session(owner) as db:
        assert runs.count(db) == 0
    button(at, "Start the match").click().run()
    with database.session(owner) as db:
        (run,) = db.exec(select(Run).where(Run.client_id == client_id)).all()
    assert run.model == "offline"
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED
    assert balance(owner) == 1
    at = open_app("zh-CN")
    assert "剩余额度：1 点" in [caption.value for caption in at.sidebar.caption]


@pytest.mark.usefixtures("on")
def test_a_failed_run_says_what_a_retry_costs(owner: int, server: ModelServer) -> None:
    client_id = ready_client(owner)
    server.fail("job_match", 500, 500)
    run = submit(owner, client_id, PACED)
    settle(owner, run.id)
    at = open_app(page="Workbench", run=run.id)
    assert "Cost: 1 of your 19 credits." in texts(at)
    assert "given back: 1" in render.plain(texts(at))
    with database.session(owner) as db:
        credits.adjust(db, -19)
    at = open_app(page="Workbench", run=run.id)
    assert "Too few credits: 1 needed, 0 left." in texts(at)
    button(at, "Retry").click().run()
    seen = settle(owner, run.id)
    assert (seen.run.status, seen.run.model) == (RunStatus.COMPLETED, "offline")
    assert balance(owner) == 0


# --- the terminal -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("on")
def test_the_operator_books_in_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert main(["credits", "grant", "50", "--note", "invoice 7", "--key", "invoice-7"]) == 0
    assert main(["credits", "adjust", "-5"]) == 0
    capsys.readouterr()
    assert main(["credits", "show"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Credits: 65\n")
    assert shown.count("invoice 7") == 1
    assert main(["credits", "owners", "--locale", "zh"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["local", "65", "3"]
    for wrong, words in (
        (["adjust", "-66"], "66 needed, 65 left"),
        (["grant", "-1"], "no amount"),
        (["grant", "9", "--key", "invoice-7"], "another entry"),
        (["show", "--owner", "nobody"], 'no owner named "nobody"'),
    ):
        assert main(["credits", *wrong]) == 2
        assert words in capsys.readouterr().err


def test_kinds_have_names() -> None:
    for locale in i18n.LOCALES:
        assert set(i18n.catalogue(locale)["app"]["credits"]["kind"]) == {kind.value for kind in EntryKind}
