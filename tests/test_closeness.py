"""What is said in other words is found by an embedding model, where one is set; in all else nothing changes."""

import json
import time
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from core import chain, closeness, database, engine, receipts, render, routing, runs, tasks
from core.llm import Record
from core.models import LLMCall, ResumeKind, Run, RunStatus
from core.offline import analyse, matching
from core.samples import SampleClient
from core.schemas import JobMatch, JobSummary, Requirement
from tests.support.model_server import ModelServer
from tests.test_runs import PACED, add_client, settle, wait

ASKED = "Puts nervous newcomers at ease"
SAID = "Sat with first-time visitors until they had found their feet"
RESUME = f"""Joan Pilkington
Experience
Front desk, Harlow Museum, 2019 - 2024
- {SAID}
- Kept the till and balanced it each evening
- Ordered leaflets in four languages
- Planned the rota of nine volunteers
- Set up the winter lecture series
- Repaired the audio guides
- Answered letters from schools
- Counted visitors and reported every month
- Cleaned the cabinets before openings
- Moved the shop to a new supplier
"""
JOB = JobSummary(
    job_title="Host",
    must_haves=[
        Requirement(id="M1", text=ASKED, category="soft"),
        Requirement(id="M2", text="Knows Kubernetes", category="skill"),
        Requirement(id="M3", text="Bachelor's degree", category="education"),
    ],
)
POSTING = f"Host\nRequirements:\n- {ASKED}\n- Can lift 20 kg and stand all day\n- Bachelor's degree"
Match = Callable[[], JobMatch]


@pytest.fixture
def embedding(server: ModelServer, configure: Callable[..., None]) -> Callable[[str], None]:
    """Set an embedding model of that name, at the loopback server."""

    def choose(name: str) -> None:
        configure(embedding_model=f"openai/{name}", api_base=server.url, api_key="test", stall_seconds=30)

    server.alike = [{ASKED, SAID}, {"Knows Kubernetes", "Repaired the audio guides"}]
    return choose


def match(record: Record | None = None) -> JobMatch:
    offline = routing.candidates("job_match", "offline")
    return tasks.match(JOB, RESUME, locale="en", candidates=offline, today="2026-01-01", listener=record)


def submit(owner: int, model: str) -> Run:
    client = add_client(owner, SampleClient("Joan", "en", {ResumeKind.RESUME: RESUME}, {}))
    with database.session(owner) as db:
        return runs.submit_match(db, client, POSTING, model=model, locale="en", token="t")


def test_without_a_model_nothing_is_asked(server: ModelServer) -> None:
    assert [verdict.status for verdict in match().verdicts] == ["unclear", "missing", "missing"]
    assert not server.requests


def test_a_passage_in_other_words_counts_in_part_and_says_why(
    embedding: Callable[[str], None], server: ModelServer
) -> None:
    embedding("meanings")
    record = Record()
    answer = match(record)
    assert [verdict.status for verdict in answer.verdicts] == ["partial", "missing", "missing"]
    assert answer.verdicts[0].quotes[0].text == SAID
    assert "in other words" in answer.verdicts[0].note
    # A name and a degree are there or they are not: no meaning is asked for.
    assert server.bodies[-1]["input"][0] == ASKED
    assert "Knows Kubernetes" not in server.bodies[-1]["input"]
    call = record.calls[0]
    assert (call.task, call.outcome, call.prompt_tokens) == ("embedding", "ok", 77)
    assert record.answered_by == "offline/analyst"


@pytest.mark.parametrize("fault", ["401", "429", "500", "html", "empty"])
def test_a_model_that_fails_changes_nothing(
    embedding: Callable[[str], None], configure: Callable[..., None], fault: str
) -> None:
    without = match()
    embedding(fault)
    record = Record()
    assert match(record) == without
    assert [call.outcome for call in record.calls] == ["failed", "ok"]
    assert record.calls[0].failure_code


def test_a_cancel_hangs_up_on_a_model_that_says_nothing(
    embedding: Callable[[str], None], owner: int, server: ModelServer
) -> None:
    embedding("silent")
    run = submit(owner, "offline")
    wait(owner, run.id, lambda _: server.requests["embedding"] == 1)
    with database.session(owner) as db:
        runs.cancel(db, run.id)
    asked = time.monotonic()
    seen = settle(owner, run.id)
    assert time.monotonic() - asked < 2
    assert seen.run.status is RunStatus.CANCELLED
    assert [(call.task, call.outcome) for call in seen.calls if call.task == "embedding"] == [
        ("embedding", "cancelled")
    ]
    while not server.hung_up["silent"]:
        assert time.monotonic() - asked < 3, "the connection is still open"
        time.sleep(0.01)


@pytest.mark.usefixtures("paced")
def test_an_attempt_that_has_ended_meanwhile_asks_for_no_match(
    embedding: Callable[[str], None], owner: int, server: ModelServer
) -> None:
    embedding("silent")
    run = submit(owner, PACED)
    wait(owner, run.id, lambda _: server.requests["embedding"] == 1)
    chain._Progress(owner, run.id, 1, "job_match").settle(RunStatus.FAILED, "interrupted")
    with database.session(owner) as db:
        runs.retry(db, run.id)
    ended = time.monotonic()
    while engine.active([run.workflow_id])[run.workflow_id]:
        assert time.monotonic() - ended < 10
        time.sleep(0.05)
    with database.session(owner) as db:
        runs.cancel(db, run.id)
    assert settle(owner, run.id).run.status is RunStatus.CANCELLED
    assert not server.requests["job_match"]


@pytest.mark.usefixtures("paced")
def test_a_comparison_that_fails_is_no_attempt_at_the_match(
    embedding: Callable[[str], None], owner: int, server: ModelServer
) -> None:
    embedding("401")
    run = submit(owner, PACED)
    seen = settle(owner, run.id)
    assert seen.run.status is RunStatus.COMPLETED
    failed = next(call for call in seen.calls if call.task == "embedding")
    assert failed.outcome == "failed"
    told = "".join(entry.get("text", "") for entry in engine.read(run.workflow_id) if entry)
    assert told
    assert render.handover(failed.model, failed.failure_code or "", "en").strip() not in told


def test_a_model_without_its_key_is_not_asked(configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    configure(embedding_model="gemini/vectors")
    assert routing.embedding() is None
    monkeypatch.setenv("GEMINI_API_KEY", "x")
    configure(embedding_model="gemini/vectors")
    assert (found := routing.embedding()) is not None
    assert (found.model, found.api_key) == ("gemini/vectors", "x")


def test_an_llm_reads_for_itself(embedding: Callable[[str], None], server: ModelServer, paced: object) -> None:
    embedding("meanings")
    candidates = routing.candidates("job_match", "openai/paced")
    tasks.match(JOB, RESUME, locale="en", candidates=candidates, today="2026-01-01")
    assert set(server.requests) == {"job_match"}


def test_the_call_is_on_the_receipt_of_the_run(
    embedding: Callable[[str], None], owner: int, server: ModelServer
) -> None:
    embedding("meanings")
    run = submit(owner, "offline")
    settle(owner, run.id)
    with database.session(owner) as db:
        view = runs.view(db, run.id)
        calls = db.exec(select(LLMCall).where(LLMCall.task == "embedding")).all()
    # The passages, and for the coaching snippets the open demands with them, in two requests.
    assert [call.outcome for call in calls] == ["ok", "ok", "ok"]
    assert "Comparing meanings" in receipts.table(receipts.of(view), "en")
    assert view.made_by == "offline/analyst"


def test_the_analyst_takes_only_passages_that_are_there() -> None:
    inputs = {"job_summary": JOB.model_dump_json(), "resume": RESUME, "detailed_resume": "", "today": "2026-01-01"}
    invented = analyse("job_match", "en", inputs | {"close": json.dumps({"M1": "Never said", "M9": SAID, "M2": SAID})})
    assert invented == analyse("job_match", "en", inputs)
    assert SAID in matching.quotable(RESUME, "", date(2026, 1, 1))


# --- which passages stand out -----------------------------------------------------------------------------------

VECTORS = st.lists(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4), max_size=12)


@given(VECTORS, VECTORS)
def test_whatever_the_vectors_each_requirement_has_one_passage_at_most(
    wanted: list[list[float]], told: list[list[float]]
) -> None:
    found = closeness.pairs(wanted, told)
    assert set(found) <= set(range(len(wanted)))
    assert set(found.values()) <= set(range(len(told)))
    assert len(set(found.values())) == len(found)


def test_unrelated_texts_have_next_to_no_pairs_and_related_ones_theirs() -> None:
    random = np.random.default_rng(7)
    told = random.normal(size=(30, 64)) + 2 * random.normal(size=64)  # a model's vectors share a direction
    unrelated = random.normal(size=(10, 64)) + told.mean(axis=0)
    assert len(closeness.pairs(unrelated.tolist(), told.tolist())) <= 2
    related = told[:10] + 0.3 * random.normal(size=(10, 64))
    assert closeness.pairs(related.tolist(), told.tolist()) == {number: number for number in range(10)}
