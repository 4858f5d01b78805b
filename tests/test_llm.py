"""The one call path, against a server that streams. What can go wrong is in `test_faults`."""

import contextlib
import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import llm, routing, tasks
from core.errors import Cancelled, ModelError
from core.llm import joining, transport
from core.llm.failures import classify
from core.llm.sockets import hang_up
from core.llm.transport import Chunk, _whole_characters
from core.routing import Candidate
from core.samples import samples
from core.schemas import JobMatch, JobSummary, ResumeSummary
from tests.support.model_server import ModelServer

JD = next(iter(samples()[0].jobs.values()))


class Recorder(llm.Listener):
    def __init__(self) -> None:
        self.calls: list[llm.Call] = []
        self.texts: list[str] = []

    def started(self) -> None:
        self.texts.clear()

    def text(self, chunk: str) -> None:
        self.texts.append(chunk)

    def finished(self, call: llm.Call) -> None:
        self.calls.append(call)


def summarise(model: Candidate, listener: llm.Listener | None = None) -> JobSummary:
    return tasks.summarise_job(JD, locale="en", candidates=[model], listener=listener)


def test_an_answer_streams_and_is_logged(paced: Candidate, server: ModelServer) -> None:
    recorder = Recorder()
    server.pace, server.paced_task = 0.02, "job_summary"
    assert summarise(paced, recorder).requirements
    assert len([text for text in recorder.texts if text]) > 5
    (call,) = recorder.calls
    assert (call.task, call.model, call.outcome, call.finish_reason) == ("job_summary", "openai/paced", "ok", "stop")
    assert (call.prompt_tokens, call.completion_tokens) == (100, 50)
    assert call.cost is None  # a model without a known price has no cost, not a cost of nothing
    assert call.first_token_seconds is not None
    assert 0 < call.first_token_seconds <= call.seconds
    (body,) = server.bodies
    assert body["response_format"] == {"type": "json_object"}


def test_the_offline_analyst_takes_the_same_path() -> None:
    recorder = Recorder()
    model = routing.candidates("job_match", "offline/analyst")[0]
    assert summarise(model, recorder) == summarise(model)
    assert len([text for text in recorder.texts if text]) > 5
    (call,) = recorder.calls
    assert (call.outcome, call.cost) == ("ok", 0.0)


def test_a_dead_address_is_a_provider_that_is_down(paced: Candidate) -> None:
    with pytest.raises(ModelError) as caught:
        summarise(replace(paced, api_base="http://127.0.0.1:9/v1"))
    assert caught.value.code == "unreachable"


def test_a_wrong_schema_is_asked_for_once_more(paced: Candidate, server: ModelServer) -> None:
    server.fail("job_summary", "wrong_schema")
    recorder = Recorder()
    assert summarise(paced, recorder).requirements
    assert [call.failure_code for call in recorder.calls] == ["invalid_output", None]
    assert "must_haves" in server.bodies[1]["messages"][-1]["content"]
    assert "".join(recorder.texts).startswith("{")  # nothing of the void first answer is left


def test_a_refused_json_mode_is_loosened(paced: Candidate, server: ModelServer) -> None:
    server.fail("job_summary", "no_json_mode", "no_json_mode")
    assert summarise(replace(paced, json_mode="schema")).requirements
    modes = [body.get("response_format", {}).get("type") for body in server.bodies]
    assert modes == ["json_schema", "json_object", None]


def test_what_a_listener_raises_comes_through_and_closes_the_stream(paced: Candidate, server: ModelServer) -> None:
    class Stop(Recorder):
        def text(self, chunk: str) -> None:
            raise Cancelled

    server.paced_task, server.pace = "job_summary", 0.05
    recorder = Stop()
    with pytest.raises(Cancelled):
        summarise(paced, recorder)
    assert recorder.calls[0].outcome == "cancelled"
    time.sleep(0.5)
    assert server.completed["job_summary"] == 0


def test_key_and_address_go_only_to_the_model_they_were_set_for(configure: Callable[..., None]) -> None:
    configure(model="openai/a", api_base="http://x/v1", api_key="hunter2")
    assert routing.candidates("job_match", "openai/a")[0].api_key == "hunter2"
    assert routing.candidates("job_match", "openai/b")[0].api_key == ""
    assert routing.candidates("job_match", "offline/analyst")[0].api_base == ""
    assert "hunter2" not in repr(routing.candidates("job_match", "openai/a")[0])


@pytest.mark.parametrize(
    ("model", "sees", "key"),
    [
        ("openai/a", "openai/a", "hunter2"),
        ("openai/a", "openai/eyes", "hunter2"),  # the same endpoint serves both
        ("offline/analyst", "openai/eyes", "hunter2"),  # nothing else could need them
        ("openai/a", "anthropic/eyes", ""),  # another provider must not be given this one's key
        ("gpt-a", "claude-b", ""),
    ],
)
def test_the_model_that_sees_has_the_key_of_its_provider(
    model: str, sees: str, key: str, configure: Callable[..., None]
) -> None:
    configure(model=model, vision_model=sees, api_base="http://x/v1", api_key="hunter2")
    seen = routing.candidates("job_match", sees)[0]
    assert (seen.api_key, seen.api_base) == (
        key,
        "http://x/v1" if key else "",
    )
    assert routing.candidates("job_match", "openai/other")[0].api_key == ""
    assert routing.candidates("job_match", "offline/analyst")[0].api_key == ""


def test_a_document_without_requirements_fails_with_advice(paced: Candidate) -> None:
    with pytest.raises(ModelError) as caught:
        tasks.summarise_job(
            "La la la. " * 10, locale="en", candidates=routing.candidates("job_summary", "offline/analyst")
        )
    assert caught.value.code == "no_requirements"


MATCH = JobMatch(overall_assessment="Fine, and 好", recommendations=["a", "b", "c"]).model_dump_json()


@given(st.integers(1, len(MATCH) - 1))
def test_no_proper_prefix_of_a_document_is_an_answer(length: int) -> None:
    with pytest.raises(ModelError) as caught:
        llm.parse(MATCH[:length], JobMatch)
    assert caught.value.code in {"cut_off", "invalid_output", "empty"}


@given(st.text())
def test_any_text_is_an_answer_or_a_model_error(text: str) -> None:
    with contextlib.suppress(ModelError):
        assert isinstance(llm.parse(text, JobMatch), JobMatch)


def test_a_models_own_score_and_verification_change_nothing() -> None:
    document = (
        '{"score": 100, "verdicts": [{"requirement_id": "M1", "status": "met", '
        '"quotes": [{"source": "resume", "text": "never written", "verified": true}]}], "recommendations": ["a","b","c"]}'  # noqa: E501
    )
    from core import grounding, scoring
    from core.schemas import Requirement

    requirements = [Requirement(id="M1", text="Go", category="skill")]
    answer = llm.parse(document, JobMatch)
    assert isinstance(answer, JobMatch)
    grounded = grounding.ground(answer, requirements, {"resume": "Python", "detailed_resume": ""})
    assert grounded.verdicts[0].status == "unclear"
    assert scoring.score(requirements, grounded.verdicts).value == 0


def test_half_characters_are_joined_and_lone_ones_replaced() -> None:
    chunks = [Chunk("a\ud83c"), Chunk("\udf89b"), Chunk("\udc00"), Chunk("c\ud83c", "stop")]
    assert "".join(chunk.content for chunk in _whole_characters(iter(chunks))) == "a🎉b\ufffdc\ufffd"


def event(content: str | None, finish_reason: str | None = None, **delta: str) -> SimpleNamespace:
    choice = {"index": 0, "delta": {"content": content, **delta}, "finish_reason": finish_reason}
    noise = secrets.token_hex(4)  # as OpenAI sends it
    return SimpleNamespace(event=None, data=json.dumps({"id": "x", "choices": [choice], "obfuscation": noise}))


def test_words_are_joined_to_pieces_and_nothing_else_is() -> None:
    rest = [
        event(None, reasoning_content="a"),
        event(None, reasoning_content="b"),
        event("of th"),
        event("e answer", refusal="no"),
        event("!", "stop"),
        SimpleNamespace(event=None, data='{"choices": [], "usage": {"total_tokens": 9}}'),
        SimpleNamespace(event=None, data="[DONE]"),
        SimpleNamespace(event=None, data="no JSON"),
    ]
    events = [event("The "), *(event(f"word {number} ") for number in range(50)), *rest]
    found = list(joining.pieces(iter(events)))
    deltas = [piece.json()["choices"][0]["delta"] for piece in found[:-4]]
    assert deltas == [
        {"content": "The "},  # at once
        {"content": "".join(f"word {number} " for number in range(50))},
        {"content": None, "reasoning_content": "ab"},
        {"content": "of th"},
        {"content": "e answer", "refusal": "no"},
    ]
    assert found[-4:] == events[-4:]  # untouched
    assert not any(piece.data.startswith("[DONE]") or piece.event for piece in found[:-4])


def test_a_slow_word_does_not_wait_and_the_last_one_is_not_lost() -> None:
    def slowly() -> Iterator[SimpleNamespace]:
        for number in range(3):
            time.sleep(joining.PIECE * 1.1)
            yield event(str(number))
        yield event("end")

    found = [piece.json()["choices"][0]["delta"]["content"] for piece in joining.pieces(slowly())]
    assert found == ["0", "1", "2", "end"]


def test_an_escaped_nul_is_dropped_and_an_escaped_backslash_kept() -> None:
    document = r'{"recommendations": ["a\u0000b", "c\\u0000", "d"]}'
    answer = llm.parse(document, JobMatch)
    assert isinstance(answer, JobMatch)
    assert answer.recommendations == ["ab", r"c\u0000", "d"]


def test_a_long_run_of_one_letter_is_no_fault() -> None:
    with pytest.raises(ModelError) as caught:
        tasks.summarise_job("x" * 20_000, locale="en", candidates=routing.candidates("job_summary", "offline/analyst"))
    assert caught.value.code == "no_requirements"


@pytest.mark.parametrize(("years", "kept"), [(7.5, 7.5), (-5, None), ("NaN", None), ("1e999", None), ("null", None)])
def test_absurd_years_are_unknown(years: object, kept: float | None) -> None:
    answer = llm.parse(f'{{"profile": {{"years_of_experience": {years}}}}}', ResumeSummary)
    assert isinstance(answer, ResumeSummary)
    assert answer.profile.years_of_experience == kept


def test_blank_requirements_do_not_count() -> None:
    answer = llm.parse('{"must_haves": [{"text": " "}, {"text": "Go"}], "nice_to_haves": [{"text": ""}]}', JobSummary)
    assert isinstance(answer, JobSummary)
    assert [(r.id, r.text) for r in answer.requirements] == [("M1", "Go")]


@pytest.mark.parametrize("tokens", [-1, 10**19, True, "many", None, 1.5])
def test_impossible_token_counts_are_unknown(tokens: object) -> None:
    usage = SimpleNamespace(prompt_tokens=tokens, completion_tokens=7)
    assert transport.tokens(usage) == (None, 7)


@pytest.mark.parametrize("dollars", [10**400, -1, float("inf"), float("nan")])
def test_impossible_costs_are_unknown(dollars: object, paced: Candidate) -> None:
    assert transport.cost(paced, SimpleNamespace(cost=dollars)) is None


def test_a_server_of_ones_own_has_no_list_price(paced: Candidate) -> None:
    usage = transport.litellm().Usage(prompt_tokens=1000, completion_tokens=1000, total_tokens=2000)
    known = replace(paced, model="openai/gpt-5.4-mini")
    assert transport.cost(known, usage) is None
    assert transport.cost(replace(known, api_base=""), usage) == pytest.approx(0.00525)


def test_a_quota_that_returns_is_a_rate_limit() -> None:
    class Quota(Exception):
        status_code = 429

    words = "You exceeded your current quota, please check your plan and billing details."
    assert classify(Quota(words)).code == "billing"
    found = classify(Quota(f"{words} Please retry in 3.5s."))
    assert (found.code, found.retry_after) == ("rate_limit", 3.5)


def test_a_nul_may_not_hide_in_another() -> None:
    answer = llm.parse(r'{"job_title": "x\u00\u000000y", "company": "\u0000"}', JobSummary)
    assert isinstance(answer, JobSummary)
    assert "\0" not in answer.job_title + answer.company


def test_a_string_without_an_end_is_read_once() -> None:
    started = time.monotonic()
    with pytest.raises(ModelError):
        llm.parse('{"" ' * 20 + '{"' + '\\"' * 16_000 + "\\", JobSummary)
    assert time.monotonic() - started < 5


def test_a_thread_whose_values_compute_their_attributes_is_hung_up_all_the_same() -> None:
    class Awkward:
        def __getattr__(self, name: str) -> object:
            raise KeyError(name)

    def wait(connection: socket.socket) -> None:
        awkward = Awkward()
        connection.recv(1)
        assert awkward

    left, right = socket.socketpair()
    with left, right:
        thread = threading.Thread(target=wait, args=(left,))
        thread.start()
        hang_up(thread)
        thread.join(5)
        assert not thread.is_alive()
