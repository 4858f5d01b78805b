"""A model's text to an answer: what surrounds the JSON document is dropped, and nothing is completed by guessing."""

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from core.errors import ModelError
from core.schemas import Contract

_THINKING = re.compile(r"^\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.S)
# Some chat templates swallow the opening tag. An answer that begins at once has no thoughts, only words like these.
_UNOPENED = re.compile(r"^\s*+(?!\{|```).*?</think(?:ing)?>", re.S)
_DOCUMENT = re.compile(r'\{(?=\s*["}])')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}]', re.S)
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")  # an escaped NUL, which PostgreSQL cannot store and nobody can read
_CONTROLS = dict.fromkeys(range(32), " ")  # raw control characters inside strings: a common fault, harmless to mend
_MOST_TRIES = 20  # braces in prose that are no document; a text made of them must not take for ever


def parse(text: str, schema: type[Contract]) -> Contract:
    """The answer in a model's text: reasoning, fences and prose around the JSON object are dropped.

    Raises ModelError: `empty`; `cut_off` for a document that ends too early, which is never completed by guessing;
    `refused` for prose without JSON; `invalid_output`, whose detail lists what does not fit.
    """
    answer = _UNOPENED.sub("", _THINKING.sub("", text)).strip()
    if not answer:
        raise ModelError("cut_off" if text.strip() else "empty")
    try:
        return schema.model_validate(_document(_without_nul(answer.translate(_CONTROLS)), schema))
    except ValidationError as error:
        problems = [{"at": ".".join(map(str, e["loc"])), "problem": e["msg"]} for e in error.errors()[:8]]
        raise ModelError("invalid_output", detail=json.dumps(problems, ensure_ascii=False)) from None


def _without_nul(text: str) -> str:
    while (fewer := _NUL.sub(r"\1", text)) != text:  # what is left may close up to another
        text = fewer
    return text


def _document(text: str, schema: type[Contract]) -> dict[str, Any]:
    """The one JSON object in the text that has keys of the schema."""
    answers: list[dict[str, Any]] = []
    problem = ""
    for found in _objects(text):
        if isinstance(found, str):
            problem = problem or found
        elif not found.keys() & schema.model_fields.keys():
            problem = problem or f"The object has none of the keys of the schema: {', '.join(schema.model_fields)}"
        elif found not in answers:
            answers.append(found)
    if len(answers) > 1:
        raise ModelError("invalid_output", detail="There is more than one JSON object.")
    if answers:
        return answers[0]
    if problem:
        raise ModelError("invalid_output", detail=problem)
    raise ModelError("cut_off" if text.startswith("{") else "refused")


def _objects(text: str) -> Iterator[dict[str, Any] | str]:
    """The outermost JSON objects in the text, and what is wrong with those that are none. Raises ModelError cut_off."""
    position, tries = 0, 0
    while (start := _DOCUMENT.search(text, position)) and tries < _MOST_TRIES:
        end = _end(text, start.start())
        try:
            yield from_json(text[start.start() : end])
            position = end
        except ValueError as error:
            if "EOF while parsing" in str(error):
                raise ModelError("cut_off", detail=str(error)) from None
            tries += 1
            yield str(error)
            position = start.end()  # braces of prose, perhaps, with a document further on


def _end(text: str, start: int) -> int:
    """Where the object that starts there ends: after its closing brace, or with the text."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    return len(text)
