"""A model for measurements: an OpenAI-compatible server on loopback that streams prepared answers to an exact schedule.

It is a process of its own, so that it shares no interpreter with what is measured, and knows the standard library only.
Every piece has its time from the moment the request has arrived; lateness does not add up, and is reported.
"""

import json
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

FIRST, PACE, TOKENS = 0.3, 0.005, 300  # seconds to the first token, seconds between tokens, tokens of an answer
MARKER = re.compile(r"mark\d{3}")  # a word whose sending is recorded
BLOCKS = {"job_description": "job_summary", "job_summary": "job_match"}  # the block that tells which task is asked


# --- for the benchmark ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PacedModel:
    """A running server."""

    url: str

    def report(self) -> dict[str, Any]:
        """`late`: milliseconds behind the schedule, by piece; `sent`: the clock when each marker was sent."""
        with urllib.request.urlopen(self.url) as response:
            report: dict[str, Any] = json.load(response)
        return report


@contextmanager
def paced_model(answers: Mapping[str, Sequence[str]], pace: float = PACE) -> Iterator[PacedModel]:
    """Run the server in a process of its own; it answers each task with these pieces, one a token, one every `pace`."""
    with subprocess.Popen(
        [sys.executable, __file__, str(pace)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(json.dumps(answers) + "\n")
            child.stdin.flush()
            yield PacedModel(f"http://127.0.0.1:{int(child.stdout.readline())}/v1")
        finally:
            child.stdin.close()  # which ends it


def pieces(text: str, count: int = TOKENS) -> list[str]:
    """A text cut into this many pieces of equal length, give or take a character."""
    ends = [len(text) * number // count for number in range(count + 1)]
    return [text[start:end] for start, end in pairwise(ends)]


# --- the process ------------------------------------------------------------------------------------------------------


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    answers: dict[str, list[tuple[bytes, list[str]]]]  # by task: what is written, and the markers in it
    pace: float  # seconds between tokens
    late: list[float]
    sent: dict[str, float]

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._whole(200, {"late": self.late, "sent": self.sent})
        self.late.clear()
        self.sent.clear()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        started = time.perf_counter()
        text = "\n".join(str(message["content"]) for message in body["messages"])
        task = next((task for block, task in BLOCKS.items() if f'<data name="{block}"' in text), "")
        if task not in self.answers:
            self._whole(404, {"error": {"message": "no answer is prepared for this", "code": 404}})
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            for number, (content, markers) in enumerate(self.answers[task]):
                due = started + FIRST + number * self.pace
                time.sleep(max(0.0, due - time.perf_counter()))
                clock = time.time()
                self.wfile.write(content)
                self.late.append((time.perf_counter() - due) * 1000)
                for marker in markers:
                    self.sent.setdefault(marker, clock)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the app was ended

    def _whole(self, status: int, answer: dict[str, Any]) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _prepared(answer: list[str]) -> list[tuple[bytes, list[str]]]:
    """What is written for each piece; the last one brings the end, the usage and the closing of the stream with it."""
    usage = {"prompt_tokens": 3_000, "completion_tokens": len(answer), "total_tokens": 3_000 + len(answer)}
    written = [(_event({"content": piece}), MARKER.findall(piece)) for piece in answer]
    last, markers = written[-1]
    end = _event({}, "stop") + _event(None, usage=usage) + _chunk("[DONE]") + b"0\r\n\r\n"
    return [*written[:-1], (last + end, markers)]


def _event(
    delta: dict[str, str] | None, finish_reason: str | None = None, usage: dict[str, int] | None = None
) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish_reason}]
    event = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "paced", "choices": choices}
    return _chunk(json.dumps({**event, "usage": usage}, ensure_ascii=False))


def _chunk(data: str) -> bytes:
    content = f"data: {data}\n\n".encode()
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def _serve() -> None:
    answers = {task: _prepared(answer) for task, answer in json.loads(sys.stdin.readline()).items()}
    state = {"answers": answers, "pace": float(sys.argv[1]), "late": [], "sent": {}}
    http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), state))
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, daemon=True).start()
    print(http.server_address[1], flush=True)
    sys.stdin.read()  # until the benchmark closes it, or is no more


if __name__ == "__main__":
    _serve()
