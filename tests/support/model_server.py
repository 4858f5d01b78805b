"""An OpenAI-compatible server on loopback: paced, counted, and faulty on request.

It answers with what the offline analyst makes of the prompt it is sent, so its answers are valid and its quotes real.
Sent a picture, it answers with the text the test says is in it. `FAULTS` holds the ways in which it can go wrong: for
the next requests of a task (`fail`), or for every request to the model of that name, up to an @ if it has one.
It lives in the test's process and so outlives a killed app.
"""

import hashlib
import json
import re
import secrets
import selectors
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from core import i18n, prompts
from core.offline import analyse
from core.schemas import Contract, JobMatch, JobSummary, PictureLine, PictureText, Quote, Verdict

TASK_BY_BLOCK = {  # the block that only this task's prompt holds; looked up in this order
    "job_description": "job_summary",
    "job_summary": "job_match",
    "detailed_resume": "detailed_resume_summary",
    "resume": "resume_summary",
}
LONGEST_HANG = 30.0  # seconds; a client that hangs up ends it at once
COMMENT_EVERY = 0.1  # seconds, between signs of life that say nothing


# --- what can go wrong ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """How an answer goes wrong; without arguments, not at all."""

    # An answer that is none.
    status: int = 200
    message: str = ""  # of the error that goes with a status
    code: str | None = None  # the word some providers add to it
    headers: Mapping[str, str | Callable[[], str]] = field(default_factory=dict)
    page: str = ""  # sent with status 200 instead of anything of the protocol
    # A whole answer that says the wrong thing.
    text: Callable[[str], str] = str  # from the right answer to the one sent
    channel: str = "content"  # the field of the message or delta
    aside: Mapping[str, str] = field(default_factory=dict)  # other fields of the message, or of the first delta
    finish: str = "stop"
    foreign: bool = False  # written in the other language
    halves: bool = False  # cut anywhere in UTF-16, also between surrogates
    obeys: bool = False  # a match that claims everything, and quotes for it what it was told to
    # A connection that goes wrong, once this share of the answer is sent; None is before the status line.
    then: Literal["", "hang", "comment", "drop", "end", "garbage", "error"] = ""
    at: float | None = 0.5
    pace: float = 0.0  # seconds before each chunk
    chunk: int = 0  # characters; 0 as the server is set
    # When it happens.
    modes: tuple[str, ...] = ()  # only to requests with these types of response_format
    times: float = float("inf")  # only to the first requests of its model


def _in_seconds(seconds: float) -> Callable[[], str]:
    return lambda: formatdate(time.time() + seconds, usegmt=True)


def _tale(answer: str) -> str:
    """The answer with words that no client has said, in place of every passage quoted."""
    return answer.replace('"text":"', '"text":"never written ')


def _twice(answer: str) -> str:
    """Every key of the document once more, in front, with a value that does not count."""
    keys = json.loads(answer)
    return "{" + "".join(f"{json.dumps(key)}:null," for key in keys) + answer[1:]


def _invented_sources(answer: str) -> str:
    """A match that names snippets nobody has given it, also twice, and says what they are."""
    match = json.loads(answer)
    for weakness in match["weaknesses"]:
        weakness["snippet_ids"] = ["made-up", *weakness["snippet_ids"] * 2, "../secret", ""]
    match["recommendation_snippet_ids"] = [["made-up"], *([[]] * 5)]
    cited = [{"id": "made-up", "title": "Forged", "text": "Forged"}]
    match["knowledge"] = {"version": "forged", "offered": 99, "cited": cited}
    return json.dumps(match)


NO_SCHEMA = "This response_format type is unavailable now"
WRONG_SCHEMA = '{"recommendations": 3, "must_haves": "none", "header": 1, "lines": 1}'
PARTY = "🎉" * 40
FAULTS: dict[str, Fault] = {
    # statuses
    "400": Fault(400, "top_p must be a number"),
    "401": Fault(401, "bad key"),
    "402": Fault(402, "Insufficient Balance"),
    "403": Fault(403, "This key may not use the model"),
    "404": Fault(404, "no such model"),
    "429": Fault(429, "Rate limit reached"),
    "429_quota": Fault(429, "You exceeded your current quota", "insufficient_quota"),
    "500": Fault(500, "boom"),
    "503": Fault(503, "overloaded"),
    # busy, and saying how long
    "429_seconds": Fault(429, "Rate limit reached", headers={"retry-after": "1"}, times=1),
    "429_date": Fault(429, "Rate limit reached", headers={"retry-after": _in_seconds(2)}, times=1),
    "429_ms": Fault(429, "Rate limit reached", headers={"retry-after-ms": "300"}, times=1),
    "429_long": Fault(429, "Rate limit reached", headers={"retry-after": "3600"}),
    "429_long_date": Fault(429, "Rate limit reached", headers={"retry-after": _in_seconds(3600)}),
    "429_long_ms": Fault(429, "Rate limit reached", headers={"retry-after-ms": "3600000"}),
    "429_nonsense": Fault(429, "Rate limit reached", headers={"retry-after": "soon"}),
    "429_nan": Fault(429, "Rate limit reached", headers={"retry-after": "nan"}),
    "429_pause": Fault(429, "Rate limit reached", headers={"retry-after": "15"}),
    "503_once": Fault(503, "overloaded", headers={"retry-after-ms": "300"}, times=1),
    # what a provider will not take
    "context": Fault(
        400,
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        "context_length_exceeded",
    ),
    "413": Fault(413, "Request too large"),
    "413_page": Fault(413, "Request Entity Too Large"),
    "filter_prompt": Fault(
        400, "The response was filtered due to the prompt triggering content management policy", "content_filter"
    ),
    "no_json_mode": Fault(400, NO_SCHEMA, modes=("json_schema", "json_object")),
    "no_schema": Fault(400, NO_SCHEMA, modes=("json_schema",)),
    "no_pictures": Fault(400, "messages[1]: unknown variant `image_url`, expected `text`"),
    "no_endpoint": Fault(404, "No endpoints found that support image input"),
    # no answer
    "html": Fault(page="<html><body>502 bad gateway</body></html>"),
    "blank": Fault(page="\n"),
    "empty": Fault(text=lambda _: ""),
    "spaces": Fault(text=lambda _: " \n\n "),
    "filter": Fault(finish="content_filter"),
    "length": Fault(finish="length"),
    "cut_by_length": Fault(text=lambda answer: answer[: len(answer) // 2], finish="length"),
    "refusal": Fault(text=lambda _: "I can't help with that.", channel="refusal"),
    "prose": Fault(text=lambda _: "I am sorry, I cannot help with that."),
    "prose_zh": Fault(text=lambda _: "抱歉，我无法处理这份内容。"),
    "only_reasoning": Fault(channel="reasoning_content"),
    # connections
    "silent": Fault(then="hang", at=None),
    "hang": Fault(then="hang", at=0),
    "hang_mid": Fault(then="hang"),
    "comments": Fault(then="comment", at=0),
    "comments_mid": Fault(then="comment"),
    "drip": Fault(pace=0.05, chunk=1),
    "drop_first": Fault(then="drop", at=None),
    "drop": Fault(then="drop"),
    "end_first": Fault(then="end", at=0),
    "end": Fault(then="end"),
    "garbage": Fault(then="garbage"),
    "error_event": Fault(then="error"),
    # answers that can be mended
    "fenced": Fault(text=lambda answer: f"Here it is:\n```json\n{answer}\n```"),
    "chatty": Fault(text=lambda answer: f"Certainly! Below is the JSON.\n\n{answer}\n\nTell me if more is needed."),
    "braces": Fault(
        text=lambda answer: f'I fill {{name}} and {{"key"}} as in {{"a": 1}}:\n{answer}\nEach {{"id"}} is {{kept}}.'
    ),
    "thinking": Fault(text=lambda answer: f"<think>{{hm}}</think>{answer}"),
    "thinking_aloud": Fault(text=lambda answer: f'\n<think>\n{{"draft": 1}} no.\n</think>\n\n```json\n{answer}\n```'),
    "unopened": Fault(text=lambda answer: f'Well, {{"draft": 1}} no.\n</think>\n{answer}'),
    "reasoning": Fault(aside={"reasoning_content": 'hm {"verdicts": 1}'}),
    "tag_inside": Fault(text=lambda answer: "\n" + answer[:-1] + ',"extra":"as they say, </think>"}'),
    "twice": Fault(text=_twice),
    "halves": Fault(text=lambda answer: f'{answer[:-1]},"extra":"{PARTY}"}}', halves=True, chunk=37),
    "controls": Fault(text=lambda answer: answer[:-1] + ',"extra":"a\tb\nc"}'),
    "wrong_once": Fault(text=lambda _: WRONG_SCHEMA, times=1),
    # answers that cannot
    "wrong_schema": Fault(text=lambda _: WRONG_SCHEMA),
    "wrong_slowly": Fault(text=lambda _: WRONG_SCHEMA, pace=0.1, chunk=12),
    "other_document": Fault(text=lambda _: '{"error": "I would rather not", "code": 7}'),
    "two_answers": Fault(text=lambda answer: answer + "\nOr rather:\n" + re.sub('":"[^"]', '":"Z', answer)),
    "unfinished_thought": Fault(text=lambda answer: f"<think>Let me see: {answer}"),
    "invalid_json": Fault(text=lambda answer: answer.replace('":', '"=', 1)),
    "invalid_late": Fault(text=lambda answer: answer[:-1] + ",oops}"),
    "cut": Fault(text=lambda answer: answer[: len(answer) // 2]),
    "endless": Fault(text=lambda answer: answer[:-1] + " " * 70_000, chunk=4_000),
    "huge": Fault(text=lambda answer: answer[:-1] + ',"extra":"' + "x" * 200_000 + '"}', chunk=4_000),
    "invented_sources": Fault(text=_invented_sources),
    "fake_quotes": Fault(text=_tale),
    "foreign": Fault(foreign=True),
    "obedient": Fault(obeys=True),
}


# --- the server -------------------------------------------------------------------------------------------------


class ModelServer:
    """What a test sets, and what it reads afterwards."""

    def __init__(self) -> None:
        self.url = ""
        self.clear()

    def clear(self) -> None:
        """As new: nothing counted, nothing wrong."""
        self.pace = 0.0  # seconds before each chunk of the paced task; the others answer at once
        self.paced_task = "job_match"
        self.chunk = 24  # characters
        self.requests: Counter[str] = Counter()  # by task, counted when they arrive
        self.asked: Counter[str] = Counter()  # the same, by model
        self.completed: Counter[str] = Counter()  # by task, counted when the last chunk was sent
        self.hung_up: dict[str, list[float]] = defaultdict(list)  # by model, the clock when a client was found gone
        self.open: Counter[str] = Counter()  # by task, the requests being answered now
        self.most_open: Counter[str] = Counter()  # and the most there were of them
        self.bodies: list[dict[str, Any]] = []
        self.picture = PictureText(
            lines=[PictureLine(text="Data Analyst"), PictureLine(text="Salary 20-3OK", uncertain=True)]
        )
        self.faults: dict[str, list[str]] = {}  # by task, one for each coming request; then none
        self.alike: list[set[str]] = []  # texts that the model of meanings takes for the same
        self.told: list[str] = []  # what an obedient model quotes for every requirement, beside the requirement itself

    def fail(self, task: str, *faults: str | int) -> None:
        """The next requests for a task go wrong, each in one of the ways of `FAULTS`."""
        self.faults.setdefault(task, []).extend(map(str, faults))


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """Run the server on a free port of 127.0.0.1."""
    state = ModelServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"state": state}))
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    try:
        yield state
    finally:
        http.shutdown()
        http.server_close()


class _Gone(Exception):
    """The client has hung up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: ModelServer

    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        with suppress(ConnectionResetError):  # between two requests
            super().handle()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path.endswith("/embeddings"):
            self._embed(body)
            return
        inputs = prompts.blocks(body["messages"])
        shown = any(isinstance(message["content"], list) for message in body["messages"])
        task = "job_vision" if shown else next(task for block, task in TASK_BY_BLOCK.items() if block in inputs)
        self.state.requests[task] += 1
        self.state.asked[body["model"]] += 1
        self.state.bodies.append(body)
        fault = self._fault(task, body)
        self.state.open[task] += 1
        self.state.most_open[task] = max(self.state.most_open[task], self.state.open[task])
        try:
            if fault.at is None:
                self._go_wrong(fault, bool(body.get("stream")))
            elif fault.page:
                self._send(200, "text/html", fault.page, fault)
            elif fault.status != 200:
                error = {"message": fault.message, "type": "error", "code": fault.code or fault.status}
                self._send(fault.status, "application/json", json.dumps({"error": error}), fault)
            else:
                self._answer(task, inputs, body, fault)
        except (_Gone, BrokenPipeError, ConnectionResetError):  # the app was killed, or closed the stream
            self.state.hung_up[body["model"]].append(time.monotonic())
            self.close_connection = True
        finally:
            self.state.open[task] -= 1

    def _embed(self, body: dict[str, Any]) -> None:
        self.state.requests["embedding"] += 1
        self.state.bodies.append(body)
        fault = FAULTS.get(body["model"], Fault())
        if fault.at is None:
            try:
                self._go_wrong(fault, False)
            except _Gone:
                self.state.hung_up[body["model"]].append(time.monotonic())
                self.close_connection = True
            return
        if fault.page or fault.status != 200:
            self._send(fault.status, "application/json", fault.page or json.dumps({"error": {"message": "x"}}), fault)
            return
        rows = [
            {"object": "embedding", "index": number, "embedding": _vector(self.state.alike, text)}
            for number, text in enumerate(body["input"])
        ]
        usage = {"prompt_tokens": 7 * len(rows), "total_tokens": 7 * len(rows)}
        rows.reverse()  # the protocol says where each belongs, not that they come in order
        answer = {"object": "list", "data": rows if fault.text is str else [], "model": "m", "usage": usage}
        self._send(200, "application/json", json.dumps(answer), fault)

    def _fault(self, task: str, body: dict[str, Any]) -> Fault:
        waiting = self.state.faults.get(task)
        fault = FAULTS[waiting.pop(0)] if waiting else FAULTS.get(body["model"].partition("@")[0], Fault())
        asked_for = (body.get("response_format") or {}).get("type")
        applies = self.state.asked[body["model"]] <= fault.times and (not fault.modes or asked_for in fault.modes)
        return fault if applies else Fault()

    def _send(self, status: int, kind: str, text: str, fault: Fault) -> None:
        self._head(status, kind, fault, len(text.encode()))
        self.wfile.write(text.encode())

    def _head(self, status: int, kind: str, fault: Fault, length: int | None) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        for name, value in fault.headers.items():
            self.send_header(name, value if isinstance(value, str) else value())
        if length is None:
            self.send_header("transfer-encoding", "chunked")
        else:
            self.send_header("content-length", str(length))
        self.end_headers()

    # --- right answers, up to where they go wrong ---------------------------------------------------------------

    def _answer(self, task: str, inputs: dict[str, str], body: dict[str, Any], fault: Fault) -> None:
        system = body["messages"][0]["content"]
        answer = _right_answer(self.state, task, inputs, system, foreign=fault.foreign)
        if fault.obeys and isinstance(answer, JobMatch):
            answer = _obedient(answer, JobSummary.model_validate_json(inputs["job_summary"]), self.state.told)
        text = fault.text(answer.model_dump_json())
        if fault.halves:
            units = text.encode("utf-16-le", "surrogatepass")
            text = "".join(chr(int.from_bytes(units[i : i + 2], "little")) for i in range(0, len(units), 2))
        pace = fault.pace or (self.state.pace if task == self.state.paced_task else 0.0)
        if body.get("stream"):
            self._stream(text, fault, pace)
        else:
            self._whole(text, fault, pace)
        self.state.completed[task] += 1

    def _stream(self, text: str, fault: Fault, pace: float) -> None:
        self._head(200, "text/event-stream", fault, None)
        size = fault.chunk or self.state.chunk
        if fault.aside:
            self._event(dict(fault.aside))
        for start in range(0, len(text), size):
            if fault.then and start >= len(text) * (fault.at or 0):
                self._go_wrong(fault, streaming=True)
                return
            self._idle(pace)
            self._event({fault.channel: text[start : start + size]})
        self._event({}, fault.finish)
        self._data("data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _whole(self, text: str, fault: Fault, pace: float) -> None:
        if fault.then == "end":  # nothing in the protocol says that half of it is missing
            text = text[: int(len(text) * (fault.at or 0))]
        message = {"role": "assistant", "content": None, **fault.aside, fault.channel: text}
        content = json.dumps(
            {
                "id": "x",
                "object": "chat.completion",
                "created": 1,
                "model": "paced",
                "choices": [{"index": 0, "message": message, "finish_reason": fault.finish}],
                "usage": {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150},
            }
        )
        if fault.then == "error":
            content = json.dumps(_OVERLOADED)
        elif fault.then == "garbage":
            content = content.replace('"choices":', '"choices"=')
        data = content.encode()
        self._head(200, "application/json", fault, len(data))
        stop = int(len(data) * (fault.at or 0)) if fault.then in ("hang", "comment", "drop") else len(data)
        size = max(1, len(data) if not pace else (fault.chunk or self.state.chunk))
        for start in range(0, stop, size):
            self._idle(pace)
            self.wfile.write(data[start : min(start + size, stop)])
            self.wfile.flush()
        if stop < len(data):
            self._go_wrong(fault, streaming=False)

    def _go_wrong(self, fault: Fault, streaming: bool) -> None:
        if fault.then == "hang":
            self._idle(LONGEST_HANG)
        end = time.monotonic() + LONGEST_HANG
        while fault.then == "comment" and time.monotonic() < end:
            self._idle(COMMENT_EVERY)
            if streaming:
                self._data(": still at it\n\n")
            else:
                self.wfile.write(b" ")
                self.wfile.flush()
        if fault.then == "garbage":
            self._data('data: {"id": broken\n\n')
        elif fault.then == "error":
            self._data(f"data: {json.dumps(_OVERLOADED)}\n\n")
        if fault.then in ("garbage", "error", "end"):
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True
            self.connection.shutdown(2)

    # --- bytes --------------------------------------------------------------------------------------------------

    def _idle(self, seconds: float) -> None:
        """Wait, unless the client hangs up: then raise _Gone."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            if seconds and selector.select(seconds):
                raise _Gone  # a client says nothing before it has the whole answer: this is the end of the connection

    def _event(self, delta: dict[str, str], finish_reason: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        usage = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150} if finish_reason else None
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "paced", "choices": [choice]}
        whole = all(c < "\ud800" or c > "\udfff" for text in delta.values() for c in text)
        noise = secrets.token_hex(4)  # as OpenAI sends it
        frame = {**chunk, "usage": usage, "obfuscation": noise}
        self._data(f"data: {json.dumps(frame, ensure_ascii=not whole)}\n\n")

    def _data(self, text: str) -> None:
        content = text.encode()
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        self.wfile.flush()


_OVERLOADED = {"error": {"message": "server overloaded", "type": "server_error", "code": 500}}


def _vector(alike: list[set[str]], text: str) -> list[float]:
    """A direction of its own for each text, but one for texts that mean the same."""
    meaning = next((min(texts) for texts in alike if text in texts), text)
    return [byte / 255 - 0.5 for byte in hashlib.sha512(meaning.encode()).digest()]


def _right_answer(state: ModelServer, task: str, inputs: dict[str, str], system: str, *, foreign: bool) -> Contract:
    if task == "job_vision":
        return state.picture
    locale = "zh" if i18n.han_share(system) else "en"
    if foreign:
        locale = "en" if locale == "zh" else "zh"
    return analyse(task, locale, {"detailed_resume": "", "today": "2026-01-01", **inputs})


def _obedient(match: JobMatch, job: JobSummary, told: list[str]) -> JobMatch:
    verdicts = [
        Verdict(
            requirement_id=requirement.id,
            status="met",
            quotes=[Quote(source="resume", text=text) for text in (requirement.text, *told)],
        )
        for requirement in job.requirements
    ]
    return match.model_copy(update={"verdicts": verdicts})
