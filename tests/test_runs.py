"""Runs through the real engine, on SQLite and on PostgreSQL: the chain, cancel, retry, idempotency, recovery."""

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select, update

from core import clients, database, engine, jobs, runs, scoring, slots
from core.errors import InputError, NotFoundError, StateError
from core.models import Attempt, Event, Job, LLMCall, Match, ResumeKind, Run, RunStatus
from core.routing import Candidate
from core.runs import LiveText, RunView
from core.samples import SampleClient, samples
from core.samples import load as load_samples
from core.settings import OFFLINE_MODEL, settings
from tests.support.model_server import ModelServer

PACED = "openai/paced"
ENGLISH: SampleClient = next(s for s in samples() if s.locale == "en")
JD = next(iter(ENGLISH.jobs.values()))


def add_client(owner: int, sample: SampleClient = ENGLISH) -> int:
    """A client with a finished resume, read by the offline analyst."""
    with database.session(owner) as db:
        client = clients.create(db, sample.name)
        resume = clients.add_paste(db, client.id or 0, ResumeKind.RESUME, sample.documents[ResumeKind.RESUME])
        run = runs.submit_extraction(db, resume, model=OFFLINE_MODEL, locale=sample.locale)
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED
    return client.id or 0


def submit(owner: int, client_id: int, model: str = OFFLINE_MODEL, jd: str = JD, token: str = "t") -> Run:
    with database.session(owner) as db:
        return runs.submit_match(db, client_id, jd, model=model, locale="en", token=token)


# Seconds. The first run of a process imports litellm and reads the vocabulary, on a machine that others use.
PATIENCE = 75


def view(owner: int, run_id: str) -> RunView:
    with database.session(owner) as db:
        return runs.view(db, run_id)


def settle(owner: int, run_id: str, seconds: float = PATIENCE) -> RunView:
    return wait(owner, run_id, lambda seen: seen.finished, seconds)


def wait(owner: int, run_id: str, condition: Callable[[RunView], bool], seconds: float = PATIENCE) -> RunView:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition(seen := view(owner, run_id)):
            return seen
        time.sleep(0.02)
    raise AssertionError(f"still {seen.run.status} {seen.run.failure_code}")


def is_streaming(seen: RunView) -> bool:
    return seen.run.status is RunStatus.MATCH_STREAMING


@pytest.mark.usefixtures("storage")
def test_a_match_runs_to_its_end(owner: int) -> None:
    run = submit(owner, add_client(owner))
    seen = settle(owner, run.id)
    assert seen.run.status is RunStatus.COMPLETED, seen.run.failure_code
    assert [(s.task, s.state) for s in seen.steps] == [("job_summary", "done"), ("job_match", "done")]
    assert all(s.seconds is not None and s.seconds >= 0 for s in seen.steps)
    assert seen.job is not None
    assert seen.match is not None
    job = seen.job.contract
    assert job is not None
    assert (seen.job.title, seen.job.company) == (job.job_title, job.company)
    assert seen.match.score == scoring.score(job.requirements, seen.match.contract.verdicts).value
    assert [c.task for c in seen.calls] == ["job_summary", "job_match"]


@pytest.mark.usefixtures("storage")
def test_two_viewers_read_the_same_text_early_and_late(owner: int, paced: Candidate, server: ModelServer) -> None:
    client_id = add_client(owner)
    server.pace = 0.02
    run = submit(owner, client_id, PACED)
    wait(owner, run.id, is_streaming)
    early: list[str] = []
    reader = threading.Thread(target=lambda: early.extend(piece for piece in LiveText(run) if piece))
    reader.start()
    settle(owner, run.id, 60)
    reader.join(10)
    late = "".join(piece for piece in LiveText(run) if piece)
    assert len(early) >= 5
    assert "".join(early) == late
    assert len(late) > 500


@pytest.mark.usefixtures("storage")
def test_cancel_while_streaming_stops_the_model(owner: int, paced: Candidate, server: ModelServer) -> None:
    client_id = add_client(owner)
    server.pace = 0.05
    run = submit(owner, client_id, PACED)
    wait(owner, run.id, is_streaming)
    with database.session(owner) as db:
        runs.cancel(db, run.id)
    asked = time.monotonic()
    seen = settle(owner, run.id)
    assert time.monotonic() - asked < 3
    assert seen.run.status is RunStatus.CANCELLED
    assert [s.state for s in seen.steps] == ["done", "cancelled"]
    assert seen.match is None
    assert server.completed["job_match"] == 0
    assert [c.outcome for c in seen.calls] == ["ok", "cancelled"]


def test_retry_of_a_failed_match_reuses_the_job_summary(owner: int, paced: Candidate, server: ModelServer) -> None:
    client_id = add_client(owner)
    server.fail("job_match", 500, 500)
    run = submit(owner, client_id, PACED)
    seen = settle(owner, run.id)
    assert (seen.run.status, seen.run.failure_code) == (RunStatus.FAILED, "provider_down")
    assert [s.state for s in seen.steps] == ["done", "failed"]
    with database.session(owner) as db:
        runs.retry(db, run.id)
        with pytest.raises(StateError):
            runs.retry(db, run.id)  # the second half of a double click
    seen = settle(owner, run.id)
    assert (seen.run.status, seen.run.failure_code, seen.run.attempt) == (RunStatus.COMPLETED, None, 2)
    assert server.requests == {"job_summary": 1, "job_match": 3}
    with database.session(owner) as db:
        attempts = db.exec(select(Attempt).where(Attempt.run_id == run.id)).all()
    assert [(a.number, a.failure_code, a.finished_at is not None) for a in attempts] == [
        (1, "provider_down", True),
        (2, None, True),
    ]


@pytest.mark.usefixtures("storage")
def test_the_same_form_twice_is_one_run(owner: int, paced: Candidate, server: ModelServer) -> None:
    client_id = add_client(owner)
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(submit(owner, client_id, PACED).id)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1
    assert settle(owner, ids[0]).run.status is RunStatus.COMPLETED
    assert server.requests == {"job_summary": 1, "job_match": 1}
    assert submit(owner, client_id, PACED).id == ids[0]
    assert submit(owner, client_id, PACED, token="another form").id != ids[0]
    with database.session(owner) as db:
        assert len(db.exec(select(Job)).all()) == 2


def test_invented_quotes_earn_nothing(owner: int, paced: Candidate, server: ModelServer) -> None:
    client_id = add_client(owner)
    server.fail("job_match", "fake_quotes")
    seen = settle(owner, submit(owner, client_id, PACED).id)
    assert seen.match is not None
    assert seen.match.score == 0
    assert {v.status for v in seen.match.contract.verdicts} <= {"unclear", "missing"}


@pytest.mark.usefixtures("storage")
def test_a_run_the_engine_never_received_is_handed_over_at_the_next_start(
    owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_id = add_client(owner)
    engine.stop()
    with monkeypatch.context() as patch:  # the process dies between its commit and the engine's
        patch.setattr(engine, "enqueue", lambda *_: None)
        run = submit(owner, client_id)
    assert view(owner, run.id).run.status is RunStatus.SUMMARY_PENDING
    engine.start()
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED


def test_a_run_the_engine_has_given_up_is_failed_at_the_next_start(
    owner: int, paced: Candidate, server: ModelServer
) -> None:
    client_id = add_client(owner)
    server.pace = 0.2
    run = submit(owner, client_id, PACED)
    wait(owner, run.id, is_streaming)
    engine._client().cancel_workflow(run.workflow_id)  # as its timeout would
    time.sleep(0.5)
    engine.stop()
    engine.start()
    seen = settle(owner, run.id)
    assert (seen.run.status, seen.run.failure_code) == (RunStatus.FAILED, "interrupted")


def test_another_owner_sees_nothing(owner: int) -> None:
    from tests.test_database import add_owner

    client_id = add_client(owner)
    run = submit(owner, client_id)
    stranger = add_owner("stranger")
    with database.session(stranger) as db:
        for attempt in (lambda: runs.view(db, run.id), lambda: runs.cancel(db, run.id), lambda: runs.retry(db, run.id)):
            with pytest.raises(NotFoundError):
                attempt()
        assert runs.history(db) == []
        assert runs.count(db) == 0
        with pytest.raises((NotFoundError, StateError)):
            runs.submit_match(db, client_id, JD, model=OFFLINE_MODEL, locale="en", token="x")
    settle(owner, run.id)


@pytest.mark.parametrize(
    ("text", "code"), [("too short", "jd_too_short"), (" " * 50, "jd_too_short"), ("x" * 20_001, "jd_too_long")]
)
def test_a_job_description_of_the_wrong_length_starts_nothing(text: str, code: str, owner: int) -> None:
    with database.session(owner) as db, pytest.raises(InputError) as caught:
        runs.submit_match(db, clients.create(db, "x").id or 0, text, model=OFFLINE_MODEL, locale="en", token="t")
    assert caught.value.code == code
    with database.session(owner) as db:
        assert db.exec(select(Run)).all() == []


def test_a_client_without_a_finished_resume_cannot_be_matched(owner: int) -> None:
    with database.session(owner) as db, pytest.raises(StateError):
        runs.submit_match(db, clients.create(db, "x").id or 0, JD, model=OFFLINE_MODEL, locale="en", token="t")


def test_a_text_without_requirements_fails_with_its_code(owner: int) -> None:
    seen = settle(owner, submit(owner, add_client(owner), jd="la la la " * 20).id)
    assert (seen.run.status, seen.run.failure_code) == (RunStatus.FAILED, "no_requirements")
    assert [s.state for s in seen.steps] == ["failed", "pending"]


@pytest.mark.usefixtures("storage")
def test_history_pages_newest_first(owner: int) -> None:
    client_id = add_client(owner)
    ids = []
    for number in range(5):
        ids.append(submit(owner, client_id, token=str(number)).id)
        settle(owner, ids[-1])
    with database.session(owner) as db:
        assert runs.count(db) == 5
        first, second = runs.history(db, 1, 3), runs.history(db, 2, 3)
    assert [row.run_id for row in first + second] == ids[::-1]
    assert first[0].client == ENGLISH.name
    assert first[0].score is not None
    assert first[0].job_title


def test_counting_ends_some_way_beyond_the_page(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.test_app import open_app, texts

    monkeypatch.setattr(runs, "COUNTED", 10)
    with database.session(owner) as db:
        client = clients.create(db, "Ann")
        resume = clients.add_paste(db, client.id or 0, ResumeKind.RESUME, "Ann, a cook")
        keys = {"client_id": client.id, "resume_id": resume.id, "kind": "match", "status": "COMPLETED"}
        db.add_all(Run(id=f"{n:032}", model=OFFLINE_MODEL, locale="en", **keys) for n in range(45))
        db.commit()
        assert [runs.count(db, page) for page in (1, 2, 3)] == [30, 45, 45]
        assert [runs.counted_all(total, page) for page, total in ((1, 30), (2, 45), (3, 45))] == [False, True, True]
    at = open_app(page="History")
    assert "Matches: 30 or more" in texts(at)
    at.session_state["history_page"] = 2  # the last that was offered
    at.run()
    assert "Matches: 45," in texts(at)
    assert len(at.dataframe[0].value) == runs.PAGE_SIZE
    at.session_state["history_page"] = 3
    at.run()
    assert len(at.dataframe[0].value) == 5


def test_following_ends_with_the_run(owner: int) -> None:
    run = submit(owner, add_client(owner))
    seen = [v for v in runs.follow(owner, run.id) if v is not None]
    assert seen[-1].run.status is RunStatus.COMPLETED
    with pytest.raises(NotFoundError):
        next(runs.follow(owner, "nothing"))


def test_nothing_of_a_text_is_logged(owner: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="core")
    settle(owner, submit(owner, add_client(owner)).id)
    assert "model call" in caplog.text
    assert ENGLISH.name not in caplog.text
    assert JD.split("\n")[0] not in caplog.text


def test_every_row_of_a_run_is_its_owners(owner: int) -> None:
    settle(owner, submit(owner, add_client(owner)).id)
    with database.session(owner) as db:
        for table in (Run, Attempt, Job, Match, LLMCall, Event):
            rows = db.exec(select(table)).all()
            assert rows
            assert {row.owner_id for row in rows} == {owner}


def test_saved_jobs_list_each_text_once(owner: int) -> None:
    with database.session(owner) as db:
        client_id = clients.create(db, "x").id or 0
        for title, text in [("A", JD), ("B", JD), ("C", JD + " more")]:
            db.add(jobs.new(client_id, text, title))
            db.flush()
        db.add(jobs.new(client_id, "No title yet\nbut a text", ""))
        db.add(jobs.new(client_id, JD, ""))
        db.flush()
        assert [jobs.label(job) for job in jobs.listing(db, client_id)] == ["B", "C", "No title yet but a text"]
        assert [job.title for job in jobs.listing(db, client_id)] == ["B", "C", ""]


def deliver_again(run: Run, attempt: int, name: str) -> None:
    """The engine runs an old attempt once more, as recovery does after a kill between our commit and its own."""
    engine._client().enqueue(
        {
            "workflow_name": engine.WORKFLOW,
            "queue_name": "runs",
            "workflow_id": name,
            "app_version": engine.VERSION,
            "queue_partition_key": str(run.owner_id),
        },
        run.owner_id,
        run.id,
        attempt,
    )
    deadline = time.monotonic() + 20
    while engine.active([name])[name] and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.mark.usefixtures("storage")
def test_a_settled_attempt_that_is_delivered_again_changes_nothing(
    owner: int, paced: Candidate, server: ModelServer
) -> None:
    client_id = add_client(owner)
    server.fail("job_match", 500, 500)
    run = submit(owner, client_id, PACED)
    failed = settle(owner, run.id).run
    deliver_again(run, 1, "again-1")
    assert view(owner, run.id).run == failed
    with database.session(owner) as db:
        runs.retry(db, run.id)
    deliver_again(run, 1, "again-2")  # while the second attempt is under way
    done = settle(owner, run.id).run
    assert (done.status, done.failure_code, done.attempt) == (RunStatus.COMPLETED, None, 2)
    deliver_again(run, 2, "again-3")
    assert view(owner, run.id).run == done
    assert server.requests == {"job_summary": 1, "job_match": 3}


def test_an_attempt_killed_after_its_last_commit_still_ends(owner: int) -> None:
    run = submit(owner, add_client(owner))
    settle(owner, run.id)
    with database.session(owner) as db:  # as if the kill had come between storing the match and closing the run
        db.exec(update(Run).values(status=RunStatus.MATCH_STREAMING, finished_at=None))
        db.commit()
    deliver_again(run, 1, "again")
    seen = view(owner, run.id)
    assert seen.run.status is RunStatus.COMPLETED
    assert len(seen.calls) == 2  # nothing was asked again


def test_a_run_that_finishes_during_the_sweep_stays_finished(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run = submit(owner, add_client(owner))
    with monkeypatch.context() as patch:
        real = engine.active

        def slow(ids: Iterable[str]) -> dict[str, bool]:
            settle(owner, run.id)
            time.sleep(0.5)
            return real(ids)

        patch.setattr(engine, "active", slow)
        engine.sweep()
    assert view(owner, run.id).run.status is RunStatus.COMPLETED


def test_a_start_that_fails_is_tried_again(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    client_id = add_client(owner)
    engine.stop()
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_launch", lambda _: 1 / 0)
        run = submit(owner, client_id)  # kept, although nothing can execute it now
        with pytest.raises(ZeroDivisionError):
            engine.start()
    assert engine.start()
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED


@pytest.mark.usefixtures("storage")
def test_executors_of_one_database_never_share_an_id(configure: Callable[..., None], folder: Path) -> None:
    database.engine()
    url = settings().engine_database_url
    first = slots.take(url)
    configure(data_dir=folder / "elsewhere", database_url=settings().app_database_url)
    second = slots.take(settings().engine_database_url)
    assert first is not None
    if url.startswith("sqlite"):
        assert second is None
    else:
        assert second is not None
        assert first.executor_id != second.executor_id
        second.release()
    first.release()
    third = slots.take(url)
    assert third is not None
    if url.startswith("sqlite"):
        assert third.executor_id == first.executor_id  # so the engine finds the runs that were left behind
    else:
        assert third.executor_id.startswith("slot-0-")  # the same place, but another holder
        assert third.executor_id != first.executor_id
        assert third.claim(first.executor_id)
    third.release()


def test_stop_takes_effect_while_the_model_is_silent(owner: int, paced: Candidate, server: ModelServer) -> None:
    client_id = add_client(owner)
    server.fail("job_summary", "hang")
    run = submit(owner, client_id, PACED)
    wait(owner, run.id, lambda seen: seen.steps[0].state == "running")
    time.sleep(0.3)
    with database.session(owner) as db:
        runs.cancel(db, run.id)
    asked = time.monotonic()
    assert settle(owner, run.id).run.status is RunStatus.CANCELLED
    assert time.monotonic() - asked < 2


def test_a_live_stream_that_fails_does_not_cost_the_answer(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    client_id = add_client(owner)

    def broken(entry: dict[str, object]) -> None:
        if "text" in entry:
            raise OSError("disk full")

    monkeypatch.setattr(engine, "write", broken)
    seen = settle(owner, submit(owner, client_id).id)
    assert seen.run.status is RunStatus.COMPLETED


def test_uploads_at_once_get_a_version_each(owner: int) -> None:
    with database.session(owner) as db:
        client_id = clients.create(db, "x").id or 0
    failures: list[Exception] = []

    def add(number: int) -> None:
        try:
            with database.session(owner) as db:
                resume = clients.add_paste(db, client_id, ResumeKind.RESUME, f"Cook number {number}")
                runs.submit_extraction(db, resume, model=OFFLINE_MODEL, locale="en")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.session(owner) as db:
        versions = clients.versions(db, client_id, ResumeKind.RESUME)
        assert sorted(v.version for v in versions) == list(range(1, 9))
        for version in versions:
            run = db.exec(select(Run).where(Run.resume_id == version.id)).one()  # no version without its run
            settle(owner, run.id)


def test_samples_are_loaded_once(owner: int) -> None:
    def load() -> None:
        with database.session(owner) as db:
            load_samples(db)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.session(owner) as db:
        names = [client.name for client in clients.listing(db)]
        assert sorted(names) == sorted(sample.name for sample in samples())
        assert [len(jobs.listing(db, client.id or 0)) for client in clients.listing(db)] == [2, 2]
        unfinished = db.exec(select(Run)).all()
    for run in unfinished:
        settle(owner, run.id)
    with database.session(owner) as db:
        assert clients.ready(db) == {client.id for client in clients.listing(db)}


@pytest.mark.usefixtures("storage")
def test_an_impossible_id_is_not_found(owner: int) -> None:
    with database.session(owner) as db, pytest.raises(NotFoundError):
        runs.view(db, "\0")


def test_errors_of_the_database_do_not_carry_texts(owner: int) -> None:
    with database.session(owner) as db:
        db.add(Attempt(run_id="secret resume text", number=1))
        with pytest.raises(IntegrityError) as caught:
            db.commit()
    assert "secret" not in str(caught.value)
