"""Whose run is next, how long it takes, and when there is no room."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import select

from core import database, engine, i18n, queues, routing, runs
from core.errors import StateError
from core.models import Event, EventType, Run, RunStatus
from core.queues import Place
from core.routing import Candidate
from core.runs import Ocr, RunView
from core.settings import OFFLINE_MODEL, settings
from tests import test_scans as scans
from tests.support.model_server import ModelServer
from tests.test_database import add_owner
from tests.test_runs import JD, PACED, add_client, is_streaming, settle, submit, view, wait


@pytest.fixture
def table(folder: Path) -> Callable[[str], None]:
    """Lay a table over ours."""

    def write(text: str) -> None:
        (folder / "data").mkdir(exist_ok=True)
        (folder / "data" / "routing.toml").write_text(text)

    return write


def submit_many(owner: int, client_id: int, count: int, model: str = PACED) -> list[Run]:
    return [submit(owner, client_id, model, jd=f"{JD} Number {number}.", token=str(number)) for number in range(count)]


def is_begun(seen: RunView) -> bool:
    return seen.steps[0].state != "pending"


@pytest.mark.usefixtures("storage")
def test_owners_take_turns(owner: int, idle: Callable[[], None]) -> None:
    ann, bob, eve = (add_owner(name) for name in ("ann", "bob", "eve"))
    of = {name: add_client(name) for name in (ann, bob, eve)}
    idle()
    anns, bobs, eves = (submit_many(name, of[name], count) for name, count in ((ann, 5), (bob, 2), (eve, 1)))
    places = [queues.place(run) for run in (*anns, *bobs, *eves)]
    ahead = [place.ahead for place in places if place is not None]
    # Before the third of Ann's: two of hers, two of Bob's, the one of Eve.
    assert ahead == [2, 4, 5, 6, 7, 2, 4, 2]
    first = places[0]
    assert first is not None
    assert first.minutes >= 1


@pytest.mark.usefixtures("storage")
def test_an_owner_takes_no_more_places_than_the_table_says(
    owner: int, paced: Candidate, server: ModelServer, configure: Callable[..., None], table: Callable[[str], None]
) -> None:
    configure(concurrency=2, stall_seconds=60, deadline_seconds=100)
    table("[queue.runs]\nper_owner = 1\n")
    ann, bob = add_owner("ann"), add_owner("bob")
    of = {ann: add_client(ann), bob: add_client(bob)}
    server.pace, server.paced_task = 0.05, "job_summary"
    first = submit(ann, of[ann], PACED)
    wait(ann, first.id, is_begun)
    second = submit(ann, of[ann], PACED, jd=f"{JD} Another one.")
    [other] = submit_many(bob, of[bob], 1)
    wait(bob, other.id, is_begun)
    assert not is_begun(view(ann, second.id))
    seen = wait(ann, second.id, lambda seen: seen.place is not None)
    assert seen.place == Place(ahead=0, minutes=1)
    server.pace = 0
    for name, run in ((ann, first), (ann, second), (bob, other)):
        assert settle(name, run.id).run.status is RunStatus.COMPLETED


def test_free_runs_do_not_hold_up_paid_ones(
    owner: int, paced: Candidate, server: ModelServer, table: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREE_API_KEY", "x")
    table(
        f'[provider.cheap]\nlitellm = "openai"\napi_base = "{server.url}"\nkey = "FREE_API_KEY"\n'
        '[tier.free]\ndefault = ["cheap/hang"]\n'
    )
    client_id = add_client(owner)
    free = submit_many(owner, client_id, routing.queues()["free"].concurrency + 2, "free")
    while server.open["job_summary"] < routing.queues()["free"].concurrency:
        time.sleep(0.02)
    assert free[0].queue == "free"
    paid = submit(owner, client_id, PACED)
    assert paid.queue == "runs"
    assert settle(owner, paid.id).run.status is RunStatus.COMPLETED
    waiting = [run for run in free if not is_begun(view(owner, run.id))]
    assert len(waiting) == 2
    with database.session(owner) as db:
        for run in free:
            runs.cancel(db, run.id)
    engine.sweep()  # what waits and is stopped does not wait for its turn
    assert {view(owner, run.id).run.status for run in waiting} == {RunStatus.CANCELLED}


def test_free_pictures_do_not_hold_up_paid_ones(
    owner: int,
    paced: Candidate,
    server: ModelServer,
    table: Callable[[str], None],
    configure: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(stall_seconds=60, deadline_seconds=100)
    monkeypatch.setenv("FREE_API_KEY", "x")
    table(
        f'[provider.cheap]\nlitellm = "openai"\napi_base = "{server.url}"\nkey = "FREE_API_KEY"\n'
        '[tier.free]\njob_vision = ["cheap/hang"]\n'
    )
    client_id = add_client(owner)

    def submit_picture(name: str, model: str, ocr: Ocr) -> Run:
        posting = scans.files(scans.screenshot([*scans.POSTING, name]))  # the same picture is read but once
        return scans.submit(owner, client_id, posting, model=model, ocr=ocr)

    places = routing.queues()["free_scans"].concurrency
    free = [submit_picture(f"Shift {number}", "free", Ocr("vision")) for number in range(places + 1)]
    while server.open["job_vision"] < places:
        time.sleep(0.02)
    assert free[0].queue == "free_scans"
    paid = submit_picture("Night shift", PACED, Ocr("rapidocr", review=False))
    assert paid.queue == "scans"
    assert settle(owner, paid.id).run.status is RunStatus.COMPLETED
    assert sum(not is_begun(view(owner, run.id)) for run in free) == 1
    with database.session(owner) as db:
        for run in free:
            runs.cancel(db, run.id)
    for run in free:
        assert settle(owner, run.id).run.status is RunStatus.CANCELLED


@pytest.mark.usefixtures("storage")
def test_one_owner_cannot_fill_a_queue(
    owner: int, idle: Callable[[], None], table: Callable[[str], None], configure: Callable[..., None]
) -> None:
    table("[queue.runs]\ndepth = 9\nowner_depth = 2\n")
    ann, bob = add_owner("ann"), add_owner("bob")
    of = {ann: add_client(ann), bob: add_client(bob)}
    idle()
    waiting = submit_many(ann, of[ann], 2)
    with pytest.raises(StateError) as caught:
        submit(ann, of[ann], PACED, token="one more")
    assert (caught.value.code, caught.value.values) == ("owner_queue_full", {"runs": 2})
    for locale in i18n.LOCALES:
        assert "2" in caught.value.message(locale)
    assert submit_many(ann, of[ann], 2) == waiting  # a double click is no new work
    submit_many(bob, of[bob], 2)  # there is room for others
    submit(ann, of[ann], OFFLINE_MODEL, token="elsewhere")
    with database.session(ann) as db:
        runs.cancel(db, waiting[0].id)
    engine.take_out(waiting[0].workflow_id)
    submit(ann, of[ann], PACED, token="one more")


@pytest.mark.usefixtures("storage")
def test_a_queue_that_is_full_refuses_and_says_for_how_long(
    owner: int, idle: Callable[[], None], table: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    table("[queue.runs]\ndepth = 3\n")
    client_id = add_client(owner)
    idle()
    waiting = submit_many(owner, client_id, 3)
    monkeypatch.setattr(engine, "recent_seconds", lambda *_: [600.0, 90.0, 30.0])
    with pytest.raises(StateError) as caught:
        submit(owner, client_id, PACED, token="one more")
    assert caught.value.code == "queue_full"
    assert caught.value.values == {"runs": 3, "minutes": 2}
    for locale in i18n.LOCALES:
        assert "3" in caught.value.message(locale)
        assert "2" in caught.value.message(locale)
    with database.session(owner) as db:
        assert len(db.exec(select(Run).where(Run.kind == "match")).all()) == 3  # nothing was begun
    assert submit_many(owner, client_id, 3) == waiting  # a double click is no new work


def test_what_waits_is_found_by_an_index_of_what_is_unfinished(owner: int, idle: Callable[[], None]) -> None:
    client_id = add_client(owner)
    idle()
    submit_many(owner, client_id, 2)
    store = engine._sqlite_engine(settings().engine_database_url)
    asked: list[tuple[str, tuple[str, ...]]] = []
    sa.event.listen(store, "before_cursor_execute", lambda *arguments: asked.append(arguments[2:4]))
    assert engine.unfinished("runs") == engine.unfinished("runs", owner) == len(engine.queued("runs")) == 2
    assert engine.unfinished("runs", owner + 1) == 0
    plans = []
    with store.connect() as connection:
        for statement, values in [each for each in asked if "workflow_status" in each[0]]:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            plans.append(" ".join(str(row[3]) for row in plan))
    assert len(plans) == 4
    assert all("idx_workflow_status_partition_dequeue" in plan for plan in plans), plans


def test_a_viewer_hears_its_place(owner: int, idle: Callable[[], None]) -> None:
    client_id = add_client(owner)
    idle()
    first = submit(owner, client_id)
    time.sleep(1.1)  # on SQLite the engine tells apart what is a second apart
    second = submit(owner, client_id, token="second")
    seen = next(seen for seen in runs.follow(owner, second.id) if seen and seen.place)
    assert seen.place == Place(ahead=1, minutes=1)
    with database.session(owner) as db:
        runs.cancel(db, first.id)
    engine._client().cancel_workflow(first.workflow_id)
    places = (seen.place for seen in runs.follow(owner, second.id) if seen)
    assert next(place for place in places if place != Place(ahead=1, minutes=1)) == Place(ahead=0, minutes=1)


def test_no_place_is_told_when_the_engine_cannot_be_asked(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    client_id = add_client(owner)
    monkeypatch.setattr(engine, "queued", lambda _: 1 / 0)
    run = submit(owner, client_id)
    assert queues.place(run) is None
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED


# --- what a crash leaves ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("storage")
def test_a_run_whose_record_the_engine_has_lost_fails_and_can_be_retried(
    owner: int, paced: Candidate, server: ModelServer
) -> None:
    client_id = add_client(owner)
    server.pace = 0.3
    run = submit(owner, client_id, PACED)
    wait(owner, run.id, is_streaming)
    engine.stop()
    engine._client().delete_workflows([run.workflow_id])
    assert engine.start()
    seen = settle(owner, run.id)
    assert (seen.run.status, seen.run.failure_code) == (RunStatus.FAILED, "interrupted")
    server.pace = 0
    with database.session(owner) as db:
        runs.retry(db, run.id)
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED
    assert (server.requests["job_summary"], server.requests["job_match"]) == (1, 2)


def test_a_task_that_has_ended_process_after_process_is_not_begun_for_ever(
    owner: int, idle: Callable[[], None], configure: Callable[..., None]
) -> None:
    from core.chain import MAX_STARTS

    client_id = add_client(owner)
    idle()
    run = submit(owner, client_id)
    with database.session(owner) as db:
        for _ in range(MAX_STARTS):
            db.add(Event(run_id=run.id, attempt=1, type=EventType.TASK_STARTED, task="job_summary"))
        db.commit()
    configure(execute=True)
    assert engine.start()
    seen = settle(owner, run.id)
    assert (seen.run.status, seen.run.failure_code) == (RunStatus.FAILED, "interrupted")
    assert seen.calls == []


def test_what_waited_before_owners_took_turns_is_done(
    owner: int, idle: Callable[[], None], configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    client_id = add_client(owner)
    idle()
    with monkeypatch.context() as patch:
        patch.setattr(engine, "enqueue", lambda *_, queue: None)
        run = submit(owner, client_id)
    engine._client().enqueue(
        {
            "workflow_name": engine.WORKFLOW,
            "queue_name": "runs",
            "workflow_id": run.workflow_id,
            "app_version": engine.VERSION,
        },
        owner,
        run.id,
        1,
    )
    configure(execute=True)
    assert engine.start()
    assert settle(owner, run.id).run.status is RunStatus.COMPLETED
