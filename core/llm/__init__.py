"""The one call path to any model, offline or not: render the prompt, stream the answer, validate it; where that fails,
mend what can be mended, then ask the next candidate."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

from core import i18n, prompts
from core.errors import ModelError, WorkbenchError
from core.llm.parsing import parse
from core.llm.transport import HEARTBEAT, chunks, cost, tokens, warm_up
from core.routing import Candidate, JsonMode
from core.schemas import MAX_ANSWER, Contract

__all__ = ["Call", "Listener", "Record", "complete", "parse", "warm_up"]

log = logging.getLogger(__name__)

Outcome = Literal["ok", "failed", "cancelled", "interrupted"]


@dataclass
class Call:
    """The record of one model call, good or bad; never holds what was sent or received."""

    task: str
    tier: str
    candidate: int  # its place in the order the candidates are tried, from 0
    model: str
    prompt_version: int
    prompt_hash: str
    outcome: Outcome = "interrupted"
    failure_code: str | None = None
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
        """A piece of the answer; empty while a model thinks, or its provider is given time."""

    def finished(self, call: Call) -> None:
        """A call ended, for good or ill."""


class Record(Listener):
    """Keeps the calls, and passes everything on to another listener, if there is one."""

    def __init__(self, listener: Listener | None = None) -> None:
        self.calls: list[Call] = []
        self._listener = listener or Listener()

    @property
    def answer(self) -> Call | None:
        """The call whose answer counts."""
        return next((call for call in reversed(self.calls) if call.outcome == "ok"), None)

    @property
    def answered_by(self) -> str:
        """The model whose answer counts; empty while there is none."""
        return self.answer.model if self.answer else ""

    @property
    def paid(self) -> bool:
        """Whether a model of the paid tier gave the answer that counts."""
        return self.answer is not None and self.answer.tier == "paid"

    def started(self) -> None:
        self._listener.started()

    def text(self, chunk: str) -> None:
        self._listener.text(chunk)

    def finished(self, call: Call) -> None:
        self.calls.append(call)
        self._listener.finished(call)


Check = Callable[[Any], None]


def complete(
    task: str,
    locale: str,
    inputs: Mapping[str, str],
    candidates: Sequence[Candidate],
    listener: Listener | None = None,
    *,
    images: Sequence[bytes] = (),
    hints: Mapping[str, str] | None = None,
    check: Check | None = None,
) -> Contract:
    """The answer to `task` of the first candidate that gives a valid one: an instance of the prompt's schema.

    `images` are PNG or JPEG files that the model is shown with the prompt; the offline analyst sees none. `hints` are
    inputs that only the offline analyst reads, beside those of the prompt. `check` may raise ModelError for an answer
    of the right form that is of no use. An answer that does not fit is asked for once more with the errors; a provider
    that refuses a JSON mode is asked again in a looser one; one that is busy or broke off is tried once more, after the
    time it asks for. Raises ModelError with the code of the last candidate's failure.
    """
    listener = listener or Listener()
    prompt = prompts.load(task, locale)
    messages = prompt.render(inputs, images)
    # What the offline analyst cannot read out of the messages: inputs that are not wrapped in data blocks.
    plain = {name: text for name, text in inputs.items() if name not in prompt.untrusted or not text}
    metadata = {"task": task, "locale": locale, "inputs": {**plain, **(hints or {})}}
    failure = ModelError("no_model")
    for number, candidate in enumerate(candidates):
        conversation = _Conversation(candidate, number, prompt, messages, metadata, listener, check)
        try:
            return conversation.answer()
        except ModelError as error:
            failure = error
    raise failure


_ASK_AGAIN = ("invalid_output", "wrong_language")  # what a model can mend when it is told
# Requests a provider turned away at the door, and charges nothing for.
_NOT_BEGUN = (
    "auth",
    "billing",
    "rate_limit",
    "model_not_found",
    "json_mode_refused",
    "bad_request",
    "picture_refused",
    "context_too_long",
    "unreachable",
)
_LOOSER: dict[JsonMode, JsonMode] = {"schema": "object", "object": "prompt"}
_BUSY = ("rate_limit", "provider_down", "unreachable")  # what may have passed at the next try
PAUSE = 0.5  # seconds before a next try, if the provider does not say
LONGEST_PAUSE = 20.0  # seconds; a coach waits no longer, so a provider that asks for more is left to the next candidate


class _Conversation:
    """All calls of one candidate for one answer, within its deadline."""

    def __init__(
        self,
        candidate: Candidate,
        number: int,
        prompt: prompts.Prompt,
        messages: list[prompts.Message],
        metadata: dict[str, Any],
        listener: Listener,
        check: Check | None,
    ) -> None:
        self._candidate = candidate
        self._number = number
        self._prompt = prompt
        self._messages = messages
        self._metadata = metadata
        self._listener = listener
        self._check = check
        self._mode = candidate.json_mode
        self._deadline = time.monotonic() + candidate.deadline_seconds
        self._asked_again = self._tried_again = False

    def answer(self) -> Contract:
        """Raises ModelError when this candidate gives no valid answer, and whatever the listener raises."""
        while True:
            p, c = self._prompt, self._candidate
            call = Call(p.task, c.tier, self._number, c.model, p.version, p.hash)
            text = ""
            pause: float | None = 0.0
            try:
                self._listener.started()
                text = self._read(call)
                answer = parse(text, p.schema)
                if self._check:
                    self._check(answer)
            except WorkbenchError as error:
                call.outcome = "cancelled" if error.code == "cancelled" else "failed"
                call.failure_code = error.code
                if error.code in _NOT_BEGUN and call.first_token_seconds is None:
                    call.cost = 0.0
                if not isinstance(error, ModelError) or (pause := self._mend(error, call, text)) is None:
                    raise
            else:
                call.outcome = "ok"
                return answer
            finally:
                self._listener.finished(call)
                outcome = call.failure_code or call.outcome
                log.info("model call task=%s model=%s outcome=%s seconds=%.2f", p.task, c.model, outcome, call.seconds)
            self._wait(pause or 0.0)

    def _mend(self, error: ModelError, call: Call, text: str) -> float | None:
        """Prepare another call that may succeed, and return the seconds to wait before it; None when there is none."""
        broke_off = error.code == "cut_off" and call.finish_reason != "length"
        pause = 0.0
        if error.code == "json_mode_refused" and self._mode in _LOOSER:
            self._mode = _LOOSER[self._mode]
        elif error.code in _ASK_AGAIN and not self._asked_again:
            self._asked_again = True
            self._messages = [*self._messages, *_ask_again(text, error.detail, self._prompt.locale)]
        elif (error.code in _BUSY or broke_off) and not self._tried_again:
            self._tried_again = True
            pause = PAUSE if error.retry_after is None else error.retry_after
        else:
            return None
        return pause if pause <= LONGEST_PAUSE and time.monotonic() + pause < self._deadline else None

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, HEARTBEAT))
            self._listener.text("")

    def _read(self, call: Call) -> str:
        """One call; returns the whole text. Fills `call` as it goes."""
        candidate, started = self._candidate, time.monotonic()
        patience = candidate.stall_seconds if candidate.stream else candidate.deadline_seconds
        text, refused = "", False
        heard: float | None = None  # when something last came; None while litellm is being imported
        request = chunks(
            candidate,
            self._mode,
            self._prompt.schema,
            max(1.0, self._deadline - started),
            messages=self._messages,
            metadata=self._metadata,
        )
        try:
            with closing(request):
                for chunk in request:
                    clock = time.monotonic()
                    heard = heard if chunk.silence else clock
                    call.finish_reason = chunk.finish_reason or call.finish_reason
                    if chunk.usage is not None:
                        call.prompt_tokens, call.completion_tokens = tokens(chunk.usage)
                        call.cost = cost(candidate, chunk.usage)
                    if chunk.content and call.first_token_seconds is None:
                        call.first_token_seconds = clock - started
                    text += chunk.content
                    refused = refused or chunk.refusal
                    self._listener.text(chunk.content)
                    if len(text) > MAX_ANSWER:
                        raise ModelError("too_long")
                    # The library's own limit is reset by every byte, also by one that only keeps the connection open.
                    if clock > self._deadline or (heard and clock - heard > patience + HEARTBEAT):
                        raise ModelError("timeout")
        finally:
            call.seconds = time.monotonic() - started
        if call.finish_reason in _UNUSABLE:
            raise ModelError(_UNUSABLE[call.finish_reason])
        if refused and not text.strip():
            raise ModelError("refused")
        if not text and call.prompt_tokens is None:
            # Not a word of the protocol: a page of a proxy, say. litellm makes up a finish reason, but no usage.
            raise ModelError("provider_down")
        return text


_UNUSABLE = {"length": "cut_off", "content_filter": "content_filter"}  # finish reasons that spoil an answer


def _ask_again(text: str, errors: str, locale: str) -> list[prompts.Message]:
    return [
        {"role": "assistant", "content": text},
        {"role": "user", "content": i18n.translate(locale, "prompt.ask_again", errors=errors)},
    ]
