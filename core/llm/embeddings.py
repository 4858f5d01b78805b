"""Texts as vectors of a model, through `litellm.embedding`. Nothing needs them: who asks goes on without."""

import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from core.errors import ModelError, WorkbenchError
from core.llm import Call, Listener
from core.llm.failures import classify
from core.llm.transport import aside, cost, litellm, tokens
from core.routing import EMBEDDING, Candidate

log = logging.getLogger(__name__)

BATCH = 64  # texts of one request; the strictest providers take as many
PATIENCE = 20.0  # seconds for one request: a coach waits for it before the first word


def embed(texts: Sequence[str], candidate: Candidate, listener: Listener) -> list[list[float]]:
    """A vector for each text, in their order; none at all when a call fails. Raises whatever the listener raises, which
    ends the request that is on its way."""
    vectors: list[list[float]] = []
    for start in range(0, len(texts), BATCH):
        call = Call(EMBEDDING, candidate.tier, 0, candidate.model, prompt_version=0, prompt_hash="")
        begun = time.monotonic()
        try:
            listener.started()
            request = partial(_request, texts[start : start + BATCH], candidate, call)
            vectors += aside(request, lambda: listener.text(""))
            call.outcome = "ok"
        except WorkbenchError as error:
            call.outcome = "cancelled" if error.code == "cancelled" else "failed"
            call.failure_code = error.code
            if not isinstance(error, ModelError):
                raise
            return []
        finally:
            call.seconds = time.monotonic() - begun
            listener.finished(call)
            outcome = call.failure_code or call.outcome
            log.info(
                "model call task=%s model=%s outcome=%s seconds=%.2f", EMBEDDING, call.model, outcome, call.seconds
            )
    return vectors


def _request(texts: Sequence[str], candidate: Candidate, call: Call) -> list[list[float]]:
    address = {"api_base": candidate.api_base or None, "api_key": candidate.api_key or None}
    if candidate.api_base and not candidate.api_key:
        address["api_key"] = "none"  # a server of one's own may need no key, but the client library does
    try:
        response = litellm().embedding(
            model=candidate.litellm_model or candidate.model,
            input=list(texts),
            timeout=min(candidate.stall_seconds, PATIENCE),
            max_retries=0,
            **{name: value for name, value in address.items() if value},
        )
    except Exception as error:  # any provider may raise anything
        raise classify(error) from error
    call.prompt_tokens, _ = tokens(response.usage)
    call.cost = cost(candidate, response.usage)
    vectors = [_vector(entry) for entry in sorted(response.data or [], key=lambda entry: entry["index"])]
    if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) != 1 or not vectors[0]:
        raise ModelError("invalid_output")
    return vectors


def _vector(entry: Any) -> list[float]:
    try:
        return [float(number) for number in entry["embedding"]]
    except (TypeError, ValueError, KeyError) as error:
        raise ModelError("invalid_output") from error
