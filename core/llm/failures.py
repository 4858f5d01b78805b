"""What a provider's error means, as a failure code. Status codes are the same in every litellm release, class names and
wordings are not: so they come first."""

import math
import re
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime

from core.errors import ModelError

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
    (("api key not valid", "invalid api key", "incorrect api key", "invalid_api_key"), "auth"),
    (
        (
            "insufficient_quota",
            "insufficient balance",
            "credit balance",
            "exceeded your current quota",
            "arrearage",
            "good standing",
            "欠费",
            "余额不足",
        ),
        "billing",
    ),
    (
        (
            "contextwindow",
            "context length",
            "context_length",
            "context window",
            "maximum context",
            "prompt is too long",
            "prompt exceeds max length",
            "request too large",
            "input token count",
            "range of input length",
        ),
        "context_too_long",
    ),
    (
        (
            "contentpolicy",
            "content_filter",
            "content management",
            "moderation",
            "data_inspection",
            "datainspection",
            "inappropriate content",
            "content exists risk",
            "敏感内容",
        ),
        "content_filter",
    ),
    (
        (
            "response_format",
            "json_schema",
            "json_object",
            "response_schema",
            "responsejsonschema",
            "output_format",
            "output_config",
            "json mode",
            "optional parameters",
            "compiled grammar",
            "schema is too complex",
            "too many states",
        ),
        "json_mode_refused",
    ),
    (("image_url", "image input", "support image"), "picture_refused"),
)
_BY_CLASS = (  # of the exception, or of those it came from; litellm gives them all status 500
    (("connecterror", "connecttimeout", "gaierror", "unsupportedprotocol"), "unreachable"),
    (("timeout",), "timeout"),
)
_RETRY_IN = re.compile(r"retry in (\d+(?:\.\d+)?)\s*s")  # Gemini says it in words
_DEEPEST = 12  # errors looked at
_READ_WORDS = (400, 402, 403, 404, 413, 422, 429, None)  # statuses that stand for several faults


def classify(error: Exception) -> ModelError:
    """The ModelError that an exception of litellm stands for, with the seconds its provider asks to be given."""
    original = getattr(error, "original_exception", None) or error
    status = next((s for s in (getattr(e, "status_code", None) for e in (original, error)) if type(s) is int), None)
    classes = " ".join(kind.__name__ for e in _chain(error, original) for kind in type(e).__mro__).lower()
    words = f"{classes} {error}".lower()
    if "offline analyst:" in words:
        return ModelError("internal")
    specific = _first(_BY_WORDS, words) if status in _READ_WORDS else None
    code = specific or _first(_BY_CLASS, classes) or _BY_STATUS.get(status)
    if code is None and (status is None or status == 504) and "timed out" in words:
        code = "timeout"
    said = _said(words)
    if code == "billing" and said is not None:
        code = "rate_limit"  # Gemini's quota of a minute, in the words that others have for an empty account
    code = code or ("bad_request" if status in (400, 422) else "provider_down")
    return ModelError(code, retry_after=_retry_after(original) or _retry_after(error) or said)


def _chain(*errors: BaseException) -> Iterator[BaseException]:
    """The errors, and those each of them came from."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = list(errors)
    while waiting and len(seen) < _DEEPEST:
        error = waiting.pop(0)
        if error is not None and not any(error is other for other in seen):
            seen.append(error)
            waiting += [error.__cause__, error.__context__]
            yield error


def _first(table: tuple[tuple[tuple[str, ...], str], ...], words: str) -> str | None:
    return next((code for needles, code in table if any(needle in words for needle in needles)), None)


def _said(words: str) -> float | None:
    found = _RETRY_IN.search(words)
    return float(found[1]) if found else None


def _retry_after(error: object) -> float | None:
    """Seconds, from `retry-after-ms` or `Retry-After`, which is a number or a date; None without a sensible one."""
    headers: Mapping[str, str] = (
        getattr(error, "litellm_response_headers", None)
        or getattr(getattr(error, "response", None), "headers", None)
        or {}
    )
    named = {str(name).lower().removeprefix("llm_provider-"): str(value) for name, value in headers.items()}
    for seconds in (_number(named.get("retry-after-ms"), 0.001), _number(named.get("retry-after"), 1.0)):
        if seconds is not None:
            return seconds
    try:
        return max(0.0, parsedate_to_datetime(named.get("retry-after", "")).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _number(text: str | None, unit: float) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return None if math.isnan(number) else max(0.0, number * unit)
