"""One request to one model through litellm, as chunks, with every exception a ModelError.

litellm takes seconds to import, so it is imported at the first call, or before it by `warm_up`.
"""

import gc
import logging
import os
import queue
import threading
import warnings
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

from core.llm import joining
from core.llm.failures import classify
from core.llm.sockets import hang_up
from core.routing import Candidate, JsonMode
from core.schemas import Contract

log = logging.getLogger(__name__)
T = TypeVar("T")

MOST_TOKENS, MOST_DOLLARS = 10_000_000, 10_000  # of one call; more is a slip of the provider
HEARTBEAT = 0.2  # seconds of silence after which the caller is asked whether to go on


@dataclass(frozen=True)
class Chunk:
    """A piece of an answer."""

    content: str = ""
    finish_reason: str | None = None
    usage: Any = None
    refusal: bool = False  # the model declines, in a field of its own
    silence: bool = False  # nothing came for a heartbeat


def chunks(
    candidate: Candidate, mode: JsonMode, schema: type[Contract], seconds: float, **content: Any
) -> Generator[Chunk]:
    """The answer to one request, which may take `seconds`, read in a thread of its own, with a chunk of silence at
    every heartbeat: so a cancel or a deadline takes effect at once and not at the model's next word. Closing the
    generator ends the HTTP stream. Raises ModelError."""
    arrived: queue.SimpleQueue[Chunk | Exception | None] = queue.SimpleQueue()
    reader = _Reader(_arguments(candidate, mode, schema, seconds) | content, arrived)
    reader.start()
    try:
        yield from _whole_characters(_received(arrived))
    finally:
        reader.close()


def aside(request: Callable[[], T], silence: Callable[[], None]) -> T:
    """What a request gives that answers in one piece, made in a thread of its own; `silence` is called at every
    heartbeat. Raises what the request raises, and what `silence` does, which hangs up."""
    answer: Future[T] = Future()

    def make() -> None:
        try:
            answer.set_result(request())
        except BaseException as error:  # for whoever waits
            answer.set_exception(error)

    thread = threading.Thread(target=make, name="model-reader", daemon=True)
    thread.start()
    try:
        while not wait([answer], HEARTBEAT).done:
            silence()
        return answer.result()
    finally:
        if not answer.done():
            hang_up(thread)


def _received(arrived: "queue.SimpleQueue[Chunk | Exception | None]") -> Iterator[Chunk]:
    while True:
        try:
            chunk = arrived.get(timeout=HEARTBEAT)
        except queue.Empty:
            yield Chunk(silence=True)
            continue
        if chunk is None:
            return
        if isinstance(chunk, Exception):
            raise classify(chunk) from chunk
        yield chunk


class _Reader(threading.Thread):
    """Reads one answer into a queue: chunks, then None, or the exception that ended it."""

    def __init__(self, arguments: dict[str, Any], arrived: "queue.SimpleQueue[Chunk | Exception | None]") -> None:
        super().__init__(name="model-reader", daemon=True)
        self._arguments = arguments
        self._arrived = arrived
        self._response: Any = None
        self._closed = threading.Event()
        self._ended = threading.Event()  # nothing more will come; the connection may serve the next request

    def run(self) -> None:
        try:
            library = litellm()
            self._arrived.put(Chunk())  # the request is sent now
            if self._closed.is_set():
                return
            self._response = library.completion(**self._arguments)
            joining.join(getattr(self._response, "completion_stream", None))
            refusals = _Refusals.watch(self._response)
            finished = False
            for part in self._response if self._arguments["stream"] else [self._response]:
                if self._closed.is_set():
                    return
                chunk = _chunk(part)
                self._arrived.put(chunk)
                finished = finished or chunk.finish_reason is not None
                if finished and chunk.usage is not None:
                    break  # reading on, litellm would put the whole answer together twice, for its log
            if refusals.heard:
                self._arrived.put(Chunk(refusal=True))
            self._ended.set()
            self._arrived.put(None)
        except Exception as error:  # any provider may raise anything
            self._ended.set()
            self._arrived.put(error)
        finally:
            _close(self._response)

    def close(self) -> None:
        """End the request, wherever it is: not sent yet, waiting for a word, or in the middle of one."""
        self._closed.set()
        if not self._ended.is_set():
            hang_up(self)


class _Refusals:
    """Notices a refusal on its way to litellm, which drops that field from a stream."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.heard = False

    @classmethod
    def watch(cls, response: Any) -> "_Refusals":
        watcher = cls(getattr(response, "completion_stream", None))
        if hasattr(watcher._stream, "__next__"):
            response.completion_stream = watcher
        return watcher

    def __iter__(self) -> "_Refusals":
        return self

    def __next__(self) -> Any:
        part = next(self._stream)
        choices = getattr(part, "choices", None) or [None]
        self.heard = self.heard or bool(getattr(getattr(choices[0], "delta", None), "refusal", None))
        return part

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _chunk(part: Any) -> Chunk:
    """What counts of a piece of a stream, or of a whole answer. Reasoning comes in fields of its own, unread."""
    usage = getattr(part, "usage", None)
    if not part.choices:
        return Chunk(usage=usage)
    choice = part.choices[0]
    message = getattr(choice, "delta", None) or getattr(choice, "message", None)
    extra = getattr(message, "provider_specific_fields", None) or {}
    refusal = bool(getattr(message, "refusal", None) or extra.get("refusal"))
    return Chunk(getattr(message, "content", None) or "", choice.finish_reason, usage, refusal)


def _whole_characters(arriving: Iterator[Chunk]) -> Iterator[Chunk]:
    """Chunks without half characters: a stream may cut an emoji between its surrogates, and a lone one is not text."""
    carry = ""
    for chunk in arriving:
        text = carry + chunk.content
        carry = text[-1] if text and not chunk.finish_reason and "\ud800" <= text[-1] <= "\udbff" else ""
        text = text.removesuffix(carry).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        yield replace(chunk, content=text)


def _arguments(candidate: Candidate, mode: JsonMode, schema: type[Contract], seconds: float) -> dict[str, Any]:
    """What `litellm.completion` is given, beside the messages."""
    import httpx  # noqa: PLC0415

    # The same for every call of a candidate, for litellm keeps a client for each value; our own clock is exact.
    silence = candidate.stall_seconds if candidate.stream else candidate.deadline_seconds
    arguments = {
        "model": candidate.litellm_model or candidate.model,
        "stream": candidate.stream,
        "stream_options": {"include_usage": True} if candidate.stream else None,
        "max_retries": 0,
        "temperature": candidate.temperature,
        "max_tokens": candidate.max_tokens,
        "timeout": httpx.Timeout(silence, connect=min(10, silence)),
        "response_format": _response_format(mode, schema),
        "api_base": candidate.api_base or None,
        # A server of one's own may need no key, but the client library does.
        "api_key": candidate.api_key or ("none" if candidate.api_base else None),
        **candidate.options,
    }
    return {name: value for name, value in arguments.items() if value is not None}


def _response_format(mode: JsonMode, schema: type[Contract]) -> dict[str, Any] | None:
    if mode == "schema":
        whole = _json_schema(schema)
        strict = _strict(whole, whole.get("$defs", {}))
        return {"type": "json_schema", "json_schema": {"name": schema.__name__, "schema": strict, "strict": True}}
    return {"type": "json_object"} if mode == "object" else None


@cache
def _json_schema(schema: type[Contract]) -> dict[str, Any]:
    return schema.model_json_schema()  # which takes 3 ms


def _strict(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema in what all providers take: definitions in place, every key required and no other allowed.

    OpenAI refuses defaults, Anthropic more than 24 optional keys, Gemini anything beside a `$ref`.
    """
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    result = {name: value for name, value in schema.items() if name not in ("default", "title", "$defs")}
    if "properties" in result:
        inner = {name: _strict(value, definitions) for name, value in result["properties"].items()}
        result |= {"properties": inner, "required": list(inner), "additionalProperties": False}
    if "items" in result:
        result["items"] = _strict(result["items"], definitions)
    if "anyOf" in result:
        result["anyOf"] = [_strict(kind, definitions) for kind in result["anyOf"]]
    return result


def cost(candidate: Candidate, usage: Any) -> float | None:
    """US dollars for the tokens of a call; None when the price is unknown."""
    library, name = litellm(), candidate.litellm_model or candidate.model
    try:
        billed = getattr(usage, "cost", None)
        if isinstance(billed, int | float) and not isinstance(billed, bool):  # OpenRouter says what it charges
            return float(billed) if 0 <= billed <= MOST_DOLLARS else None
        if candidate.foreign:
            return None  # a server of one's own may call a model as it likes, and has its own prices
        if "input_cost_per_token" not in library.model_cost[library.get_model_info(name)["key"]]:
            return None  # of which litellm would make 0
        response = library.ModelResponse(model=name, usage=usage)
        return float(library.completion_cost(model=name, completion_response=response))
    except Exception:  # litellm raises a bare Exception for a model without a price: unknown, which is not nothing
        return None


def tokens(usage: Any) -> tuple[int | None, int | None]:
    """Tokens of the prompt and of the answer, each None where the provider does not say anything possible."""
    counts = (getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None))
    prompt, completion = (n if type(n) is int and 0 <= n <= MOST_TOKENS else None for n in counts)
    return prompt, completion


def _close(response: Any) -> None:
    """End the HTTP stream now, so that a cancelled call stops costing."""
    # The wrapper closes itself only from litellm 1.108 on; before that the stream inside it does.
    close = getattr(response, "close", None) or getattr(getattr(response, "completion_stream", None), "close", None)
    if close is not None:
        try:
            close()
        except Exception as error:  # the connection may be gone already; the answer is what matters
            log.debug("closing a model stream failed: %s", type(error).__name__)


@cache
def litellm() -> Any:
    # Without these, the import asks the network for prices and reads any .env it finds.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
    os.environ.setdefault("LITELLM_LOG", "ERROR")
    # It takes a repeated chunk for a looping model; our own limits on length and time end a loop, and say what it was.
    os.environ.setdefault("REPEATED_STREAMING_CHUNK_LIMIT", "1000000")
    with _importing:
        import litellm as library  # noqa: PLC0415

        from core.offline import provider  # noqa: PLC0415

        # What they log, or warn of, may hold texts and addresses; every error reaches us as an exception.
        for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "openai", "httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        warnings.filterwarnings("ignore", message="Pydantic serializer warnings")
        library.suppress_debug_info = True
        library.drop_params = True
        library.turn_off_message_logging = True
        # It would run an event loop for every chunk, in a pool of a hundred threads, to log to nobody.
        library.disable_streaming_logging = True
        provider.register()
        # Half a million objects that stay as long as the process: a full garbage collection would go through them
        # under the interpreter lock, half a second in which no run moves.
        gc.freeze()
        return library


_importing = threading.Lock()


def warm_up() -> None:
    """Import litellm now, so that the first run does not wait for it."""
    litellm()
