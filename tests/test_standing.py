"""How runs stand: one question for all who watch."""

from collections.abc import Callable

import sqlalchemy as sa

from core import database, runs, standing
from core.models import RunStatus
from tests.test_runs import add_client, settle, submit


def test_all_who_watch_cost_one_question(owner: int) -> None:
    client_id = add_client(owner)
    ids = [submit(owner, client_id, token=str(number)).id for number in range(3)]
    for run_id in ids:
        settle(owner, run_id)
        standing.of(run_id, 60)
    asked: list[str] = []
    sa.event.listen(database.engine(), "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    standing.of(ids[0], 0)
    for _ in range(40):
        for run_id in ids:
            stands = standing.of(run_id, 60)
            assert stands is not None
            assert stands.status is RunStatus.COMPLETED
    assert len(asked) == 1


def test_a_stop_is_heard_and_what_is_not_there_stands_nowhere(owner: int, idle: Callable[[], None]) -> None:
    client_id = add_client(owner)
    idle()
    run = submit(owner, client_id)
    before = standing.of(run.id, 0)
    with database.session(owner) as db:
        runs.cancel(db, run.id)
    after = standing.of(run.id, 0)
    assert before is not None
    assert after is not None
    assert not before.asked_to_stop
    assert after.asked_to_stop
    assert standing.of("nobody", 0) is None
