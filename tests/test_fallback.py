"""Runs by tier: who answers when the first model does not, what the run then says, and what is never paid for twice."""

from collections.abc import Callable

import pytest

from core import database, engine, render, runs
from core.models import RunStatus
from core.render import LiveMatch
from core.routing import Candidate
from core.runs import Fallback, LiveText
from core.samples import samples
from core.settings import OFFLINE_MODEL
from tests.support.model_server import ModelServer
from tests.test_runs import JD, PACED, add_client, settle, submit

OTHER = "other/second"


@pytest.fixture
def second(paced: Candidate, server: ModelServer, configure: Callable[..., None], folder: object) -> None:
    """A second model after the configured one, from a file of the user's own."""
    configure(model=PACED, api_base=server.url, api_key="test", stall_seconds=8, routing="own.toml")
    with open("own.toml", "w") as file:
        file.write(f'provider.other = {{ litellm = "openai", api_base = "{server.url}" }}\n')
        file.write(f'[tier.paid]\ndefault = ["{OTHER}"]\n')


@pytest.mark.usefixtures("storage", "second")
def test_the_next_model_answers_and_the_run_says_so(owner: int, server: ModelServer) -> None:
    client_id = add_client(owner)
    server.fail("job_match", 401)
    seen = settle(owner, submit(owner, client_id, "paid").id)
    assert seen.run.status is RunStatus.COMPLETED, seen.run.failure_code
    assert seen.made_by == OTHER
    assert seen.fallbacks == [Fallback("job_match", PACED, "auth", OTHER)]
    assert [(c.task, c.candidate, c.tier, c.model, c.outcome, c.failure_code) for c in seen.calls] == [
        ("job_summary", 0, "paid", PACED, "ok", None),
        ("job_match", 0, "paid", PACED, "failed", "auth"),
        ("job_match", 1, "paid", OTHER, "ok", None),
    ]
    assert seen.job is not None
    assert seen.job.summary_model == PACED


@pytest.mark.usefixtures("second")
def test_when_no_model_answers_the_offline_analyst_does(owner: int, server: ModelServer) -> None:
    client_id = add_client(owner)
    server.fail("job_summary", 402, 402)
    server.fail("job_match", "filter", "prose")
    seen = settle(owner, submit(owner, client_id, "paid").id)
    assert seen.run.status is RunStatus.COMPLETED, seen.run.failure_code
    assert seen.made_by == OFFLINE_MODEL
    assert [(f.model, f.failure_code, f.answered_by) for f in seen.fallbacks] == [
        (PACED, "billing", OFFLINE_MODEL),
        (OTHER, "billing", OFFLINE_MODEL),
        (PACED, "content_filter", OFFLINE_MODEL),
        (OTHER, "refused", OFFLINE_MODEL),
    ]
    offline = settle(owner, submit(owner, client_id, OFFLINE_MODEL, token="offline").id)
    assert offline.match is not None
    assert seen.match is not None
    assert seen.match.output == offline.match.output


@pytest.mark.usefixtures("second")
def test_the_text_on_the_page_is_one_models_alone(owner: int, server: ModelServer) -> None:
    client_id = add_client(owner)
    server.pace, server.chunk = 0.01, 64
    server.fail("job_match", "length")  # the whole text is streamed, then turns out to be unusable
    run = submit(owner, client_id, "paid")
    live = LiveText(run)
    readings = ["".join(piece for piece in live if piece) for _ in range(3)]
    assert settle(owner, run.id).made_by == OTHER
    resets = sum(1 for entry in engine.read(run.workflow_id) if entry and entry.get("reset"))
    assert resets == 2
    alone = submit(owner, client_id, OTHER, token="alone")
    settle(owner, alone.id)
    shown = [text for text in readings if text][-1]
    first, _, rest = shown.partition("\n\n")
    assert first == render.handover(PACED, "cut_off", "en").strip()
    assert rest == "".join(piece for piece in LiveText(alone) if piece)


@pytest.mark.usefixtures("second")
def test_a_model_asked_for_by_name_is_tried_alone(owner: int, server: ModelServer) -> None:
    client_id = add_client(owner)
    server.fail("job_summary", 401)
    seen = settle(owner, submit(owner, client_id, PACED).id)
    assert (seen.run.status, seen.run.failure_code) == (RunStatus.FAILED, "auth")
    assert [c.model for c in seen.calls] == [PACED]


@pytest.mark.usefixtures("storage", "second")
def test_the_same_posting_is_summarised_once_for_an_owner(owner: int, server: ModelServer) -> None:
    first_client, second_client = add_client(owner), add_client(owner, samples()[1])
    first = settle(owner, submit(owner, first_client, "paid").id)
    assert server.requests == {"job_summary": 1, "job_match": 1}
    again = settle(owner, submit(owner, second_client, "paid", token="again").id)
    assert server.requests == {"job_summary": 1, "job_match": 2}
    assert first.job is not None
    assert again.job is not None
    assert (again.job.summary, again.job.summary_model) == (first.job.summary, PACED)
    assert [c.task for c in again.calls] == ["job_match"]
    # The other model has not seen it; nor has this one in the other language, or in other words.
    settle(owner, submit(owner, first_client, OTHER, token="other").id)
    assert server.requests["job_summary"] == 2
    with database.session(owner) as db:
        zh = runs.submit_match(db, first_client, JD, model="paid", locale="zh", token="zh")
    settle(owner, zh.id)
    assert server.requests["job_summary"] == 3
    settle(owner, submit(owner, first_client, "paid", jd=JD + "\nOne line more.", token="more").id)
    assert server.requests["job_summary"] == 4


@pytest.mark.usefixtures("second")
def test_the_offline_analyst_is_asked_anew(owner: int, server: ModelServer) -> None:
    client_id = add_client(owner)
    settle(owner, submit(owner, client_id, OFFLINE_MODEL).id)
    again = settle(owner, submit(owner, client_id, OFFLINE_MODEL, token="again").id)
    assert [c.task for c in again.calls] == ["job_summary", "job_match"]
    settle(owner, submit(owner, client_id, "paid", token="paid").id)
    assert server.requests["job_summary"] == 1  # what it made is not passed off as a model's


def test_one_owner_never_gets_anothers_summary(owner: int, second: None, server: ModelServer) -> None:
    from core.models import User

    with database.session(owner) as db:
        other = User(name="other")
        db.add(other)
        db.commit()
        other_id = other.id or 0
    settle(owner, submit(owner, add_client(owner), "paid").id)
    settle(other_id, submit(other_id, add_client(other_id), "paid").id)
    assert server.requests["job_summary"] == 2


@pytest.mark.usefixtures("second")
def test_what_another_model_made_does_not_stand_in_for_the_first(owner: int, server: ModelServer) -> None:
    client_id = add_client(owner)
    server.fail("job_summary", 401)
    first = settle(owner, submit(owner, client_id, "paid").id)
    again = settle(owner, submit(owner, client_id, "paid", token="again").id)
    assert first.job is not None
    assert again.job is not None
    assert (first.job.summary_model, again.job.summary_model) == (OTHER, PACED)
    assert server.requests["job_summary"] == 3


def test_a_fault_of_the_display_does_not_lose_the_answer(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: LiveMatch, chunk: str) -> str:
        raise IndexError

    client_id = add_client(owner)
    monkeypatch.setattr(LiveMatch, "feed", broken)
    seen = settle(owner, submit(owner, client_id).id)
    assert seen.run.status is RunStatus.COMPLETED, seen.run.failure_code
    assert [c.outcome for c in seen.calls] == ["ok", "ok"]
