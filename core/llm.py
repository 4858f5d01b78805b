"""The one call path to any model, offline or not: render the prompt, stream the answer, validate it.

litellm takes seconds to import, so it is imported at the first call, or before it by `warm_up`.
"""

import json
import logging
import os
import queue
import re
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_core import from_json

from core import prompts
from core.errors import ModelError, WorkbenchError
from core.schemas import Contract
from core.settings import OFFLINE_MODEL, settings

log = logging.getLogger(__name__)

JsonMode = Literal["schema", "object", "prompt"]
HEARTBEAT = 0.2  # seconds of silence after which the caller is asked whether to go on
MAX_ANSWER = 65_536  # characters; no contract needs more, and a model that loops must not fill the memory
_THINKING = re.compile(r"^\s*<think>.*?</think>", re.S)
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")  # an escaped NUL, which PostgreSQL cannot store and nobody can read
_CONTROLS = dict.fromkeys(range(32), " ")  # raw control characters inside strings: a common fault, harmless to mend


@dataclass(frozen=True)
class Model:
    """Which model to call, and how patiently."""

    name: str
    api_base: str = ""
    api_key: str = field(default="", repr=False)
    json_mode: JsonMode = "object"
    max_tokens: int = 8_000
    stall_seconds: float = 60
    deadline_seconds: float = 300

    @property
    def is_offline(self) -> bool:
        return self.name == OFFLINE_MODEL


def configured(name: str) -> Model:
    """The model of that name under the current settings.

    Base URL, key and JSON mode go only to the model they were set for: that of the runs, and the one that sees where
    the provider in its name is the same, or where the runs' own model needs none of them.
    """
    s = settings()
    model = Model(name, max_tokens=s.max_tokens, stall_seconds=s.stall_seconds, deadline_seconds=s.deadline_seconds)
    sees = name == s.vision_model and (s.model == OFFLINE_MODEL or _provider(s.model) == _provider(name))
    if model.is_offline or not (name == s.model or sees):
        return model
    return replace(model, api_base=s.api_base, api_key=s.api_key.get_secret_value(), json_mode=s.json_mode)


def _provider(name: str) -> str:
    return name.split("/", maxsplit=1)[0]


@dataclass
class Call:
    """The record of one model call, good or bad; never holds what was sent or received."""

    task: str
    model: str
    prompt_hash: str
    outcome: str = "interrupted"  # until it ended: "ok", or the failure code
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None  # US dollars; None when the price is unknown
    first_token_seconds: float | None = None
    seconds: float = 0.0


class Listener:
    """What a caller may want to know while a model works. An exception raised here ends the call."""

    def started(self) -> None:
        """A call begins. Text heard before belongs to an earlier try and is void."""

    def text(self, chunk: str) -> None:
        """A piece of the answer; empty while a model thinks."""

    def finished(self, call: Call) -> None:
        """A call ended, for good or ill."""


def complete(
    task: str,
    locale: str,
    inputs: Mapping[str, str],
    model: Model,
    listener: Listener | None = None,
    *,
    images: Sequence[bytes] = (),
) -> Contract:
    """Ask the model for `task` and return its answer, an instance of the prompt's schema.

    `images` are PNG or JPEG files that the model is shown with the prompt; the offline analyst sees none.
    An answer that does not fit the schema is asked for once more with the errors; a provider that refuses a JSON mode
    is asked again in a looser one. Raises ModelError with the code of what went wrong.
    """
    listener = listener or Listener()
    prompt = prompts.load(task, locale)
    messages = prompt.render(inputs, images)
    # What the offline analyst cannot read out of the messages: inputs that are not wrapped in data blocks.
    plain = {name: text for name, text in inputs.items() if name not in prompt.untrusted or not text}
    metadata = {"task": task, "locale": locale, "inputs": plain}
    mode, reasked = model.json_mode, False
    while True:
        call = Call(task, model.name, prompt.hash)
        text = ""
        try:
            listener.started()
            arguments = _arguments(model, mode, prompt.schema) | {"messages": messages, "metadata": metadata}
            text = _stream(model, arguments, listener, call)
            answer = parse(text, prompt.schema)
        except WorkbenchError as error:
            call.outcome = error.code
            if error.code == "json_mode_refused" and mode != "prompt":
                mode = "object" if mode == "schema" else "prompt"
            elif error.code == "invalid_output" and not reasked:
                reasked = True
                messages = [*messages, *_ask_again(text, getattr(error, "detail", ""))]
            else:
                raise
        else:
            call.outcome = "ok"
            return answer
        finally:
            listener.finished(call)
            log.info(
                "model call task=%s model=%s outcome=%s seconds=%.2f", task, model.name, call.outcome, call.seconds
            )


def _ask_again(text: str, errors: str) -> list[prompts.Message]:
    return [
        {"role": "assistant", "content": text},
        {
            "role": "user",
            "content": f"That JSON does not fit the schema. Errors: {errors}\nReturn the whole corrected JSON object.",
        },
    ]


def _stream(model: Model, arguments: dict[str, Any], listener: Listener, call: Call) -> str:
    """One call; returns the whole text. Fills `call` as it goes."""
    started = time.monotonic()
    text = ""
    try:
        with closing(_chunks(arguments)) as chunks:
            for content, finish_reason, usage in _whole_characters(chunks):
                call.finish_reason = finish_reason or call.finish_reason
                if usage is not None:
                    call.prompt_tokens, call.completion_tokens = usage.prompt_tokens, usage.completion_tokens
                    call.cost = _cost(model, usage)
                if content and call.first_token_seconds is None:
                    call.first_token_seconds = time.monotonic() - started
                text += content
                listener.text(content)
                if len(text) > MAX_ANSWER:
                    raise ModelError("too_long")
                if time.monotonic() - started > model.deadline_seconds:
                    raise ModelError("timeout")
    finally:
        call.seconds = time.monotonic() - started
    if call.finish_reason in _UNUSABLE:
        raise ModelError(_UNUSABLE[call.finish_reason])
    return text


_UNUSABLE = {"length": "cut_off", "content_filter": "content_filter"}  # finish reasons that spoil an answer


Chunk = tuple[str, str | None, Any]  # content, finish_reason, usage


def _chunks(arguments: dict[str, Any]) -> Generator[Chunk]:
    """The stream, read in a thread of its own, with an empty chunk whenever the model has been silent for a heartbeat:
    so a cancel or a deadline takes effect at once and not at the model's next word. Raises ModelError."""
    chunks: queue.SimpleQueue[Chunk | Exception | None] = queue.SimpleQueue()
    reader = _Reader(arguments, chunks)
    reader.start()
    try:
        while True:
            try:
                chunk = chunks.get(timeout=HEARTBEAT)
            except queue.Empty:
                yield "", None, None
                continue
            if chunk is None:
                return
            if isinstance(chunk, Exception):
                raise _classify(chunk) from chunk
            yield chunk
    finally:
        reader.close()


class _Reader(threading.Thread):
    """Reads one answer into a queue: chunks, then None, or the exception that ended it."""

    def __init__(self, arguments: dict[str, Any], chunks: "queue.SimpleQueue[Chunk | Exception | None]") -> None:
        super().__init__(name="model-reader", daemon=True)
        self._arguments = arguments
        self._chunks = chunks
        self._response: Any = None
        self._closed = False

    def run(self) -> None:
        try:
            self._response = _litellm().completion(**self._arguments)
            for chunk in self._response:
                if self._closed:
                    break
                choice = chunk.choices[0] if chunk.choices else None
                content = (choice.delta.content or "") if choice else ""
                self._chunks.put((content, choice.finish_reason if choice else None, getattr(chunk, "usage", None)))
            self._chunks.put(None)
        except Exception as error:  # any provider may raise anything
            self._chunks.put(error)
        finally:
            _close(self._response)

    def close(self) -> None:
        """End the HTTP stream; a read under way ends with its connection."""
        self._closed = True
        if self.is_alive():
            _close(self._response)


def _whole_characters(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Chunks without half characters: a stream may cut an emoji between its surrogates, and a lone one is not text."""
    carry = ""
    for content, finish_reason, usage in chunks:
        text = carry + content
        carry = text[-1] if text and not finish_reason and "\ud800" <= text[-1] <= "\udbff" else ""
        text = text.removesuffix(carry).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        yield text, finish_reason, usage


def _arguments(model: Model, mode: JsonMode, schema: type[Contract]) -> dict[str, Any]:
    import httpx  # noqa: PLC0415

    response_format = {"schema": schema, "object": {"type": "json_object"}, "prompt": None}[mode]
    arguments = {
        "model": model.name,
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_retries": 0,
        "temperature": 0,
        "max_tokens": model.max_tokens,
        "timeout": httpx.Timeout(model.stall_seconds, connect=min(10, model.stall_seconds)),
        "response_format": response_format,
        "api_base": model.api_base or None,
        "api_key": model.api_key or None,
    }
    return {name: value for name, value in arguments.items() if value is not None}


def _cost(model: Model, usage: Any) -> float | None:
    litellm = _litellm()
    try:
        response = litellm.ModelResponse(model=model.name, usage=usage)
        return float(litellm.completion_cost(model=model.name, completion_response=response))
    except Exception:  # litellm raises a bare Exception for a model without a price: unknown, which is not nothing
        return None


def _close(response: Any) -> None:
    """End the HTTP stream now, so that a cancelled call stops costing."""
    # The wrapper closes itself only from litellm 1.108 on; before that the stream inside it does.
    close = getattr(response, "close", None) or getattr(getattr(response, "completion_stream", None), "close", None)
    if close is not None:
        try:
            close()
        except Exception as error:  # the connection may be gone already; the answer is what matters
            log.debug("closing a model stream failed: %s", type(error).__name__)


# Status codes are the same in every litellm release, class names and wordings are not: so they come first.
_BY_STATUS: dict[int | None, str] = {
    401: "auth",
    402: "billing",
    403: "auth",
    404: "model_not_found",
    408: "timeout",
    413: "context_too_long",
    429: "rate_limit",
}
_BY_WORDS = (  # (in the class names or the message, code), first hit wins
    (("insufficient_quota", "insufficient balance"), "billing"),
    (("contextwindow", "context length", "context_length"), "context_too_long"),
    (("contentpolicy", "content_filter", "content management"), "content_filter"),
    (("response_format", "json_schema", "json_object"), "json_mode_refused"),
    (("image_url", "image input", "support image"), "picture_refused"),
)
_WHATEVER_STATUS = ((("offline analyst:",), "internal"), (("timeout", "timed out"), "timeout"))


def _classify(error: Exception) -> ModelError:
    original = getattr(error, "original_exception", None) or error
    status = getattr(original, "status_code", None) or getattr(error, "status_code", None)
    classes = " ".join(kind.__name__ for e in (original, error) for kind in type(e).__mro__)
    words = f"{classes} {error}".lower()

    def first(table: tuple[tuple[tuple[str, ...], str], ...]) -> str | None:
        return next((code for needles, code in table if any(needle in words for needle in needles)), None)

    specific = first(_BY_WORDS) if status in (400, 402, 404, 413, 422, 429, None) else None
    code = specific or first(_WHATEVER_STATUS) or _BY_STATUS.get(status)
    return ModelError(code or ("bad_request" if status in (400, 422) else "provider_down"))


def parse(text: str, schema: type[Contract]) -> Contract:
    """The answer in a model's text: reasoning, fences and prose around the JSON object are dropped.

    Raises ModelError: `empty`; `cut_off` for a document that ends too early, which is never completed by guessing;
    `refused` for prose without JSON; `invalid_output`, whose detail lists what does not fit.
    """
    text = _THINKING.sub("", text).strip()
    if not text:
        raise ModelError("empty")
    start, end = text.find("{"), text.rfind("}")
    if start < 0:
        raise ModelError("refused")
    document = _NUL.sub(r"\1", text[start : end + 1 if end > start else None].translate(_CONTROLS))
    try:
        return schema.model_validate(from_json(document))
    except ValidationError as error:
        problems = [{"at": ".".join(map(str, e["loc"])), "problem": e["msg"]} for e in error.errors()[:8]]
        raise ModelError("invalid_output", detail=json.dumps(problems, ensure_ascii=False)) from None
    except ValueError as error:
        code = "cut_off" if "EOF while parsing" in str(error) else "invalid_output"
        raise ModelError(code, detail=str(error)) from None


@cache
def _litellm() -> Any:
    # Without these, the import asks the network for prices and reads any .env it finds.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
    os.environ.setdefault("LITELLM_LOG", "ERROR")
    # It takes a repeated chunk for a looping model; our own limits on length and time end a loop, and say what it was.
    os.environ.setdefault("REPEATED_STREAMING_CHUNK_LIMIT", "1000000")
    with _importing:
        import litellm  # noqa: PLC0415

        from core.offline import provider  # noqa: PLC0415

        logging.getLogger("LiteLLM").setLevel(logging.ERROR)  # its warnings are about its own price list
        litellm.suppress_debug_info = True
        litellm.drop_params = True
        litellm.turn_off_message_logging = True
        provider.register()
        return litellm


_importing = threading.Lock()


def warm_up() -> None:
    """Import litellm now, so that the first run does not wait for it."""
    _litellm()
