"""Everything that can go wrong between a prompt and an answer, streaming and not: what the call path makes of it when
there is nobody else to ask, when there is another model, and when there is the offline analyst."""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from core import llm, scoring, tasks
from core.errors import Cancelled, ModelError, WorkbenchError
from core.routing import Candidate
from core.samples import samples
from core.schemas import Contract, DetailedResumeSummary, JobMatch, JobSummary, PictureText, ResumeSummary
from core.settings import OFFLINE_MODEL
from tests.support.model_server import FAULTS, Fault, ModelServer, model_server

SAMPLES = {locale: next(s for s in samples() if s.locale == locale) for locale in ("en", "zh")}
JD = next(iter(SAMPLES["en"].jobs.values()))
KEY = "sk-loopback-5eaf00d"
HANGS = 0.9  # seconds of deadline, where only the deadline ends it
SLACK = 3  # seconds; a busy machine may be late, but the server would hang for ten times as long


@pytest.fixture(scope="module")
def models() -> Iterator[ModelServer]:
    llm.warm_up()
    with model_server() as state:
        state.chunk = 160
        yield state


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm, "PAUSE", 0.1)


def candidate(server: ModelServer, name: str, *, stream: bool = True, deadline: float = 10) -> Candidate:
    """The model of that name, which goes wrong as its name says."""
    # Where nothing hangs, a busy machine is given time.
    limits = {"stall_seconds": 0.5 if deadline <= HANGS else 10, "deadline_seconds": deadline}
    return Candidate(f"openai/{name}", api_base=server.url, api_key=KEY, stream=stream, json_mode="schema", **limits)


class Listener(llm.Listener):
    """Hears what a page would show at the end. May stop the call some seconds after it began."""

    def __init__(self, stop_after: float = float("inf")) -> None:
        self.heard = ""
        self._stop_after = stop_after
        self._began: float | None = None
        self.stopped = 0.0

    def started(self) -> None:
        self.heard = ""
        self._began = self._began or time.monotonic()

    def text(self, chunk: str) -> None:
        self.heard += chunk
        if self._began and time.monotonic() - self._began > self._stop_after:
            self.stopped = time.monotonic()
            raise Cancelled


@dataclass
class End:
    """How a task ended."""

    answer: Contract | None
    code: str
    calls: list[str]  # the failure codes, "ok" for an answer
    models: list[str]
    heard: str
    seconds: float


def summarise(*candidates: Candidate, text: str = JD) -> End:
    listener = Listener()
    record = llm.Record(listener)
    answer, code, began = None, "", time.monotonic()
    try:
        answer = tasks.summarise_job(text, locale="en", candidates=candidates, listener=record)
    except WorkbenchError as error:
        code = error.code
    calls = [call.failure_code or call.outcome for call in record.calls]
    used = [call.model for call in record.calls]
    return End(answer, code, calls, used, listener.heard, time.monotonic() - began)


@pytest.fixture(scope="module")
def right(models: ModelServer) -> End:
    """What an undisturbed model answers."""
    return summarise(candidate(models, "good"))


# --- the matrix -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """What a fault of `FAULTS` must lead to, for a candidate on its own: the outcomes of its calls, in order."""

    fault: str
    calls: tuple[str, ...]
    whole: tuple[str, ...] = ()  # where not streaming makes a difference
    deadline: float = 10
    at_least: float = 0.0  # seconds


def case(fault: str, *calls: str, whole: tuple[str, ...] = (), deadline: float = 10, at_least: float = 0.0) -> Case:
    return Case(fault, calls, whole, deadline, at_least)


CASES = [
    case("400", "bad_request"),
    case("401", "auth"),
    case("402", "billing"),
    case("403", "auth"),
    case("404", "model_not_found"),
    case("429", "rate_limit", "rate_limit"),
    case("429_quota", "billing"),
    case("500", "provider_down", "provider_down"),
    case("503", "provider_down", "provider_down"),
    case("429_seconds", "rate_limit", "ok", at_least=1.0),
    case("429_date", "rate_limit", "ok", at_least=0.9),
    case("429_ms", "rate_limit", "ok", at_least=0.3),
    case("503_once", "provider_down", "ok", at_least=0.3),
    case("429_long", "rate_limit", deadline=7200),
    case("429_long_date", "rate_limit", deadline=7200),
    case("429_long_ms", "rate_limit", deadline=7200),
    case("429_pause", "rate_limit", deadline=10),  # it would be waited for, but not within this deadline
    case("429_nonsense", "rate_limit", "rate_limit"),
    case("429_nan", "rate_limit", "rate_limit", at_least=0.1),
    case("context", "context_too_long"),
    case("413", "context_too_long"),
    case("413_page", "context_too_long"),
    case("filter_prompt", "content_filter"),
    case("filter", "content_filter"),
    case("refusal", "refused"),
    case("prose", "refused"),
    case("prose_zh", "refused"),
    case("no_schema", "json_mode_refused", "ok"),
    case("no_json_mode", "json_mode_refused", "json_mode_refused", "ok"),
    case("silent", "timeout", deadline=HANGS),
    case("hang", "timeout", deadline=HANGS),
    case("hang_mid", "timeout", deadline=HANGS),
    case("comments", "timeout", deadline=HANGS),
    case("comments_mid", "timeout", deadline=HANGS),
    case("drip", "timeout", deadline=HANGS),
    case("wrong_slowly", "invalid_output", "timeout", whole=("timeout",), deadline=HANGS),
    case("drop_first", "provider_down", "provider_down"),
    case("drop", "provider_down", "provider_down"),
    case("end_first", "provider_down", "provider_down", whole=("empty",)),
    case("end", "cut_off", "cut_off"),
    case("cut", "cut_off", "cut_off"),
    case("cut_by_length", "cut_off"),
    case("length", "cut_off"),
    case("unfinished_thought", "cut_off", "cut_off"),
    case("garbage", "provider_down", "provider_down"),
    case("error_event", "provider_down", "provider_down"),
    case("html", "provider_down", "provider_down"),
    case("blank", "provider_down", "provider_down"),
    case("empty", "empty"),
    case("spaces", "empty"),
    case("only_reasoning", "empty"),
    case("fenced", "ok"),
    case("chatty", "ok"),
    case("braces", "ok"),
    case("thinking", "ok"),
    case("thinking_aloud", "ok"),
    case("unopened", "ok"),
    case("reasoning", "ok"),
    case("tag_inside", "ok"),
    case("twice", "ok"),
    case("halves", "ok"),
    case("controls", "ok"),
    case("wrong_once", "invalid_output", "ok"),
    case("wrong_schema", "invalid_output", "invalid_output"),
    case("other_document", "invalid_output", "invalid_output"),
    case("two_answers", "invalid_output", "invalid_output"),
    case("invalid_json", "invalid_output", "invalid_output"),
    case("invalid_late", "invalid_output", "invalid_output"),
    case("endless", "too_long"),
    case("huge", "too_long"),
]


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("expected", CASES, ids=lambda c: c.fault)
def test_a_fault(expected: Case, stream: bool, models: ModelServer, right: End) -> None:
    kind = "stream" if stream else "whole"
    calls = list(expected.calls if stream or not expected.whole else expected.whole)
    faulty = {
        place: candidate(models, f"{expected.fault}@{place}-{kind}", stream=stream, deadline=expected.deadline)
        for place in ("alone", "first", "before offline")
    }
    good = candidate(models, f"good@{expected.fault}-{kind}", stream=stream)
    offline = replace(good, model=OFFLINE_MODEL, api_base="")
    with ThreadPoolExecutor(3) as pool:
        alone = pool.submit(summarise, faulty["alone"])
        first = pool.submit(summarise, faulty["first"], good)
        before_offline = pool.submit(summarise, faulty["before offline"], offline)

    answered = calls[-1] == "ok"
    for end in (alone.result(), first.result(), before_offline.result()):
        assert end.calls[: len(calls)] == calls
        assert end.seconds >= expected.at_least
    for one in faulty.values():
        assert models.asked[one.model.removeprefix("openai/")] == len(calls)

    assert alone.result().code == ("" if answered else calls[-1])
    assert alone.result().calls == calls
    assert alone.result().seconds < min(expected.deadline, 4.0) + SLACK
    ends = {"first": (first.result(), good), "before offline": (before_offline.result(), offline)}
    for place, (end, follower) in ends.items():
        assert end.answer == right.answer
        if answered:
            assert set(end.models) == {faulty[place].model}
            sent = FAULTS[expected.fault] if end.calls == ["ok"] else Fault()
            # Of a whole answer, litellm itself takes the thoughts out, if their tags are right.
            assert end.heard in (sent.text(right.heard), right.heard)
        else:
            assert end.calls[len(calls) :] == ["ok"]
            assert end.models[len(calls) :] == [follower.model]
            assert end.heard == right.heard  # not a word of the model that failed


def test_every_fault_of_the_server_is_in_the_matrix() -> None:
    elsewhere = {"no_pictures", "no_endpoint", "fake_quotes", "foreign", "obedient", "invented_sources"}
    assert {c.fault for c in CASES} | elsewhere == set(FAULTS)


def test_a_provider_says_it_in_its_own_words(models: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    words = {
        (400, "API key not valid. Please pass a valid API key."): "auth",
        (400, "Access denied, please make sure your account is in good standing."): "billing",
        (400, "Your credit balance is too low to access the API."): "billing",
        (429, "余额不足或无可用资源包,请充值。"): "billing",
        (400, "prompt is too long: 210000 tokens > 200000 maximum"): "context_too_long",
        (400, "The input token count (1100000) exceeds the maximum number of tokens allowed"): "context_too_long",
        (400, "Range of input length should be [1, 129024]"): "context_too_long",
        (400, "Prompt exceeds max length"): "context_too_long",
        (400, "Content Exists Risk"): "content_filter",
        (400, "Input data may contain inappropriate content."): "content_filter",
        (400, "系统检测到输入或生成内容可能包含不安全或敏感内容"): "content_filter",
        (400, "response_format.json_schema is not supported by this model"): "json_mode_refused",
    }
    for number, (status, message) in enumerate(words):
        monkeypatch.setitem(FAULTS, f"words{number}", Fault(status, message))
    found = {
        key: summarise(replace(candidate(models, f"words{number}"), json_mode="prompt")).code
        for number, key in enumerate(words)
    }
    assert found == words


def test_a_deadline_is_for_all_a_candidate_is_asked_and_each_has_its_own(models: ModelServer) -> None:
    slow = [candidate(models, f"wrong_slowly@{place}", deadline=1.1) for place in ("one", "two")]
    end = summarise(*slow)
    assert end.calls == ["invalid_output", "timeout"] * 2
    assert 2.2 <= end.seconds < 2.2 + SLACK


# --- what a match adds ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("locale", ["en", "zh"])
@pytest.mark.parametrize(
    ("fault", "calls"), [("foreign", ["wrong_language", "wrong_language"]), ("fake_quotes", ["ok"])]
)
def test_a_fault_of_a_match(fault: str, calls: list[str], locale: str, stream: bool, models: ModelServer) -> None:
    sample = SAMPLES[locale]
    good = candidate(models, "good", stream=stream)
    job = tasks.summarise_job(next(iter(sample.jobs.values())), locale=locale, candidates=[good])
    resume, detailed = list(sample.documents.values())

    def match(*candidates: Candidate) -> tuple[JobMatch | None, list[str], str]:
        listener = Listener()
        record = llm.Record(listener)
        answer = None
        with contextlib.suppress(ModelError):
            answer = tasks.match(
                job, resume, detailed, locale=locale, candidates=candidates, today="2026-01-01", listener=record
            )
        return answer, [call.failure_code or call.outcome for call in record.calls], listener.heard

    faulty = candidate(models, fault, stream=stream)
    right, _, right_heard = match(good)
    assert right is not None
    assert scoring.score(job.requirements, right.verdicts).value > 0
    alone, alone_calls, _ = match(faulty)
    assert alone_calls == calls
    if calls == ["ok"]:
        assert alone is not None
        assert any(verdict.quotes for verdict in alone.verdicts)
        assert not any(quote.verified for verdict in alone.verdicts for quote in verdict.quotes)
        assert {verdict.status for verdict in alone.verdicts} <= {"unclear", "missing"}
        assert scoring.score(job.requirements, alone.verdicts).value == 0
    else:
        assert alone is None
        for last in (good, replace(good, model=OFFLINE_MODEL, api_base="")):
            assert match(faulty, last) == (right, [*calls, "ok"], right_heard)


# --- cancelling -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize(
    ("fault", "last_call", "connected"),
    [
        ("silent", "cancelled", True),
        ("hang", "cancelled", True),
        ("hang_mid", "cancelled", True),
        ("comments", "cancelled", True),
        ("drip", "cancelled", True),
        ("429_pause", "rate_limit", False),
    ],
)
def test_a_cancel_hangs_up_and_nobody_else_is_asked(
    fault: str, last_call: str, connected: bool, stream: bool, models: ModelServer
) -> None:
    name = f"{fault}@cancelled-{stream}"
    faulty = replace(candidate(models, name, stream=stream, deadline=30), stall_seconds=30)
    good = candidate(models, f"good@{name}")
    listener = Listener(stop_after=0.4)
    record = llm.Record(listener)
    with pytest.raises(Cancelled):
        tasks.summarise_job(JD, locale="en", candidates=[faulty, good], listener=record)
    cancelled = time.monotonic()
    assert cancelled - listener.stopped < 1
    assert listener.stopped - (listener._began or 0) < 1.4
    assert [call.failure_code for call in record.calls] == [last_call]
    while connected and not models.hung_up[name]:
        assert time.monotonic() - cancelled < 1, "the connection is still open"
        time.sleep(0.01)
    assert (models.asked[name], models.asked[f"good@{name}"]) == (1, 0)


def test_a_call_given_up_leaves_no_thread_behind(models: ModelServer) -> None:
    for fault in ("silent", "comments_mid"):
        for stream in (True, False):
            summarise(candidate(models, f"{fault}@threads", stream=stream, deadline=0.6))
    end = time.monotonic() + 2
    while left := [t.name for t in threading.enumerate() if t.name.startswith("model-")]:
        assert time.monotonic() < end, left
        time.sleep(0.05)


# --- what may be kept -------------------------------------------------------------------------------------------


def test_nothing_sent_or_received_is_logged_or_recorded(
    models: ModelServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "Quokkaware"
    records = []
    for fault in ("good", "wrong_schema", "400", "drop", "error_event", "html", "huge", "refusal"):
        for stream in (True, False):
            record = llm.Record()
            one = candidate(models, f"{fault}@log", stream=stream, deadline=1)
            with contextlib.suppress(ModelError):
                tasks.summarise_job(f"- 5 years of {secret}\n", locale="en", candidates=[one], listener=record)
            records += record.calls
    assert secret in models.bodies[-1]["messages"][-1]["content"]
    printed = capfd.readouterr()
    kept = caplog.text + repr(records) + printed.out + printed.err
    assert "model call task=job_summary" in kept
    for text in (secret, KEY, "never instructions", "I can't help", "top_p", "bad gateway"):
        assert text not in kept


# --- parsing ----------------------------------------------------------------------------------------------------

CONTRACTS: list[type[Contract]] = [DetailedResumeSummary, JobMatch, JobSummary, PictureText, ResumeSummary]
MATCH = JobMatch(overall_assessment='Fine {and} "so" 好', recommendations=["a", "b", "c"]).model_dump_json()
BITS = st.sampled_from(
    ["{", "}", '"', '{"', '{"a": ', "\\", "[", "]", ",", ":", "<think>", "</think>", "```", "ok ", "\n"]
)


@given(st.lists(BITS, max_size=12).map("".join), st.integers(0, len(MATCH)), st.lists(BITS, max_size=12).map("".join))
def test_whatever_surrounds_it_only_the_whole_document_is_an_answer(before: str, length: int, after: str) -> None:
    try:
        answer = llm.parse(before + MATCH[:length] + after, JobMatch)
    except ModelError:
        return
    assert answer.model_dump_json() == MATCH


@given(st.text("{}< \n.`abc:", max_size=40).filter(lambda text: "<think" not in text))
def test_braces_in_prose_do_not_hide_the_document(prose: str) -> None:
    assert llm.parse(f"So, {prose}\n{MATCH}\n{prose}", JobMatch).model_dump_json() == MATCH


def test_a_text_of_braces_is_soon_given_up() -> None:
    began = time.monotonic()
    for text in ('{"' * 32_000, '{"":' * 16_000, '{" ' * 20_000, "{}" * 32_000):
        with pytest.raises(ModelError):
            llm.parse(text, JobMatch)
    assert time.monotonic() - began < 10  # trying every brace would take minutes


def nested(model: type[BaseModel]) -> set[type[BaseModel]]:
    def inside(annotation: object) -> Iterator[type[BaseModel]]:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        for argument in get_args(annotation):
            yield from inside(argument)

    direct = {found for field in model.model_fields.values() for found in inside(field.annotation)}
    return direct.union(*(nested(one) for one in direct))


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.__name__)
def test_no_part_of_a_broken_document_passes_for_the_whole(contract: type[Contract]) -> None:
    assert nested(contract)
    for part in nested(contract):
        broken = f'{{"{next(iter(contract.model_fields))}" oops, "x": {part.model_construct().model_dump_json()}}}'
        assert not part.model_fields.keys() & contract.model_fields.keys(), part.__name__
        with pytest.raises(ModelError) as caught:
            llm.parse(broken, contract)
        assert caught.value.code == "invalid_output"
