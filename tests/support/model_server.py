"""An OpenAI-compatible server on loopback: paced, counted, and faulty on request.

It answers with what the offline analyst makes of the prompt it is sent, so its answers are valid and its quotes real.
Sent a picture, it answers with the text the test says is in it.
It lives in the test's process and so outlives a killed app.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from core import prompts
from core.offline import analyse
from core.schemas import Contract, PictureLine, PictureText

TASK_BY_BLOCK = {  # the block that only this task's prompt holds; looked up in this order
    "job_description": "job_summary",
    "job_summary": "job_match",
    "detailed_resume": "detailed_resume_summary",
    "resume": "resume_summary",
}
STATUS_MESSAGES = {
    401: "bad key",
    402: "Insufficient Balance",
    404: "no such model",
    429: "Rate limit reached",
    500: "boom",
    503: "overloaded",
}
PICTURE_REFUSALS = {
    "no_pictures": (400, "messages[1]: unknown variant `image_url`, expected `text`"),
    "no_endpoint": (404, "No endpoints found that support image input"),
}


class ModelServer:
    """What a test sets, and what it reads afterwards."""

    def __init__(self) -> None:
        self.pace = 0.0  # seconds before each chunk of the paced task; the others answer at once
        self.paced_task = "job_match"
        self.chunk = 24  # characters
        self.requests: Counter[str] = Counter()  # by task, counted when they arrive
        self.completed: Counter[str] = Counter()  # by task, counted when the last chunk was sent
        self.bodies: list[dict[str, Any]] = []
        self.picture = PictureText(
            lines=[PictureLine(text="Data Analyst"), PictureLine(text="Salary 20-3OK", uncertain=True)]
        )
        self.faults: dict[str, list[str | int]] = {}  # by task, one for each coming request; then none
        self.url = ""

    def fail(self, task: str, *faults: str | int) -> None:
        """The next requests for a task go wrong: an HTTP status, or one of the words in `_Handler._stream`."""
        self.faults.setdefault(task, []).extend(faults)


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """Run the server on a free port of 127.0.0.1."""
    state = ModelServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"state": state}))
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    try:
        yield state
    finally:
        http.shutdown()
        http.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: ModelServer

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        inputs = prompts.blocks(body["messages"])
        shown = any(isinstance(message["content"], list) for message in body["messages"])
        task = "job_vision" if shown else next(task for block, task in TASK_BY_BLOCK.items() if block in inputs)
        self.state.requests[task] += 1
        self.state.bodies.append(body)
        waiting = self.state.faults.get(task)
        fault = waiting.pop(0) if waiting else None
        try:
            if fault == "no_json_mode" and body.get("response_format"):
                self._status(400, "This response_format type is unavailable now")
            elif fault in PICTURE_REFUSALS:
                self._status(*PICTURE_REFUSALS[fault])
            elif isinstance(fault, int):
                self._status(fault, STATUS_MESSAGES[fault])
            else:
                self._stream(task, inputs, fault)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the app was killed, or closed the stream

    def _status(self, status: int, message: str) -> None:
        content = json.dumps({"error": {"message": message, "type": "error", "code": status}}).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, task: str, inputs: dict[str, str], fault: str | None) -> None:
        answer = self._answer(task, inputs).model_dump_json()
        answer = {
            "empty": "",
            "prose": "I am sorry, I cannot help with that.",
            "wrong_schema": '{"recommendations": 3, "must_haves": "none", "header": 1, "lines": 1}',
            "fenced": f"Here it is:\n```json\n{answer}\n```",
            "thinking": f"<think>{{hm}}</think>{answer}",
            "cut": answer[: len(answer) // 2],
            "endless": answer[:-1] + " " * 70_000,
            "fake_quotes": answer.replace('"text":"', '"text":"never written '),
        }.get(fault or "", answer)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        size = 4_000 if fault == "endless" else self.state.chunk
        for start in range(0, len(answer), size):
            time.sleep(self.state.pace if task == self.state.paced_task else 0)
            if fault == "hang":
                time.sleep(30)
            if fault == "drop" and start > len(answer) // 2:
                self.close_connection = True
                self.connection.close()
                return
            self._event({"content": answer[start : start + size]})
        self._event({}, {"length": "length", "filter": "content_filter"}.get(fault or "", "stop"))
        self.state.completed[task] += 1
        self._data("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _answer(self, task: str, inputs: dict[str, str]) -> Contract:
        if task == "job_vision":
            return self.state.picture
        locale = "zh" if any("\u4e00" <= c <= "\u9fff" for c in inputs.get("job_description", "")) else "en"
        return analyse(task, locale, {"detailed_resume": "", "today": "2026-01-01", **inputs})

    def _event(self, delta: dict[str, str], finish_reason: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        usage = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150} if finish_reason else None
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "paced", "choices": [choice]}
        self._data(json.dumps({**chunk, "usage": usage}, ensure_ascii=False))

    def _data(self, text: str) -> None:
        content = f"data: {text}\n\n".encode()
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        self.wfile.flush()
