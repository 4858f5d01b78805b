"""A match shown while it is written: streamed JSON in, append-only Markdown out."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from core.errors import ModelError
from core.i18n import reason, translate
from core.render.escape import escape
from core.render.report import STATUS_ICONS, quotation
from core.schemas import MAX_ANSWER, Requirement, Verdict

_OPENING = re.compile(r'<think>|\{\s*"')
# A raw line break inside a string is a common model fault, and outside of strings it means nothing.
_CONTROL = dict.fromkeys(range(32), " ")


class LiveMatch:
    """One answer of the task job_match, from its first character to its last.

    What `feed` and `finish` returned, joined, is the same Markdown however the answer was cut into chunks, unless the
    model writes a key twice: then what came first stays, and what follows in other sections is shown as ever. Sections
    come in the order in which the model writes them; a verdict when it is complete, as `ground` leaves it; the score
    once the last verdict is in; prose character by character. Keys of no section are not shown, nor what stands around
    the object: reasoning, remarks, code fences, and other objects, which have no section.

    `ground` is given each verdict once; without it verdicts are shown as claimed. `score_line` is given all verdicts as
    the model wrote them (ground them before scoring) and returns trusted Markdown, or None.

    Each `feed` parses the whole answer so far (some 0.1 ms at 8 kB), so join tokens to about 20 chunks a second.
    """

    def __init__(
        self,
        requirements: Sequence[Requirement],
        locale: str,
        score_line: Callable[[list[Verdict]], str | None],
        ground: Callable[[Verdict], Verdict] | None = None,
    ) -> None:
        self._requirements = {r.id: escape(r.text).rstrip() for r in requirements}
        self._locale = locale
        self._score_line = score_line
        self._ground = ground or _as_claimed
        self._judged = 0  # verdicts looked at so far; none changes once it is complete
        self._end = ""  # "}" when the last item so far is complete, "]" when their list is, though more may follow
        self._items: dict[str, str] = {}  # those shown, by requirement
        self._score: str | None = None  # kept: the computation is not repeated with every chunk
        self._buffer = ""
        self._searched = 0  # no object begins before this
        self._start: int | None = None  # where the object begins
        self._section = ""  # the one being written
        self._shown: dict[str, str] = {}  # of each section

    def feed(self, chunk: str) -> str:
        """The Markdown that this chunk adds, often none. Raises ModelError ("too_long") past `MAX_ANSWER`."""
        self._buffer += chunk.translate(_CONTROL)
        if len(self._buffer) > MAX_ANSWER:
            raise ModelError("too_long")
        document = self._document()
        if document is None:
            return ""
        self._end = _end(self._buffer[self._start :])
        return self._advance(document, growing=True)

    def finish(self) -> str:
        """What was held back; nothing if the answer was cut or is not JSON."""
        document = self._document()
        if document is None or _length(self._buffer[self._start :]) is None:
            return ""
        return self._advance(document, growing=False)

    def _document(self) -> Any:
        """The answer so far, None while there is none. What stands before it is looked at once."""
        while self._begun():
            text = self._buffer[self._start :]
            try:
                document = from_json(text, allow_partial="trailing-strings")
            except ValueError:  # no JSON from here on: what is shown stays, the final validation decides
                skip: int | None = 1
            else:
                if not _SECTIONS.keys().isdisjoint(document):
                    return document
                skip = _length(text)
            if skip is None or self._shown:
                return None
            self._searched, self._start = (self._start or 0) + skip, None
        return None

    def _begun(self) -> bool:
        """Whether an object has begun that may be the answer, past any prose, code fence and <think> block."""
        while self._start is None and (opening := _OPENING.search(self._buffer, self._searched)):
            if opening[0] != "<think>":
                self._start = opening.start()
                break
            end = self._buffer.find("</think>", opening.end())
            if end < 0:
                return False
            self._searched = end
        return self._start is not None

    def _advance(self, document: Any, growing: bool) -> str:
        delta = ""
        for key, value, more in _children(document, growing):
            if key not in _SECTIONS or not (body := _SECTIONS[key](self, value, more)):
                continue
            shown = self._shown.get(key)
            if shown is None:
                heading = f"#### {self._text(f'report.section.{key}')}\n\n"
                delta += ("\n\n" if self._shown else "") + heading + body
                self._section = key
            # A key written twice takes back what it said first, but what is shown cannot be taken back.
            elif key == self._section and body.startswith(shown):
                delta += body[len(shown) :]
            else:
                continue
            self._shown[key] = body
        return delta

    # Everything below maps a partial value to Markdown; `growing` says that the value may not be complete.

    def _text(self, key: str) -> str:
        return translate(self._locale, key)

    def _verdicts(self, value: Any, growing: bool) -> str:
        complete = [verdict for _, verdict, more in _children(value, growing) if not more or self._end]
        for claim in complete[self._judged :]:
            self._judge(claim)
        self._judged = max(self._judged, len(complete))
        body = "\n".join(self._items.values())
        if body and self._score is None and (not growing or self._end == "]"):
            self._score = self._scored(value)
        return f"{body}\n\n{self._score}" if self._score else body

    def _scored(self, value: Any) -> str:
        try:
            verdicts = [Verdict.model_validate(verdict) for verdict in value]
        except ValidationError:
            return ""
        return self._score_line(verdicts) or ""

    def _judge(self, claim: Any) -> None:
        """Take up a verdict, unless it is invalid, of no requirement, or a second one."""
        try:
            verdict = Verdict.model_validate(claim)
        except ValidationError:
            return
        requirement = self._requirements.get(verdict.requirement_id)
        if requirement is None or verdict.requirement_id in self._items:
            return
        verdict = self._ground(verdict)
        status = f"{STATUS_ICONS[verdict.status]} **{self._text(f'report.status.{verdict.status}')}** {requirement}"
        quotes = (quotation(quote, self._locale) for quote in verdict.quotes)
        self._items[verdict.requirement_id] = _bullet([status, _prose(verdict.note), *quotes])

    def _paragraph(self, value: Any, growing: bool) -> str:
        return _prose(value)

    def _points(self, value: Any, growing: bool) -> str:
        bullets = []
        for _, item, _ in _children(value, growing):
            fields = [
                field
                for key, child, _ in _children(item, growing)
                for field in (_children(child, growing) if key == "tip" else [(key, child, False)])
            ]
            bullets.append(_bullet([self._labelled(key, child) for key, child, _ in fields]))
        return "\n".join(filter(None, bullets))

    def _labelled(self, key: str, value: Any) -> str:
        text = _prose(value)
        if key == "point" or not text:
            return text
        return self._text(f"report.label.{key}") + text if key in ("evidence", "interview", "resume") else ""

    def _message(self, value: Any, growing: bool) -> str:
        parts = [_prose(child) for key, child, _ in _children(value, growing) if key in _MESSAGE]
        return "\n>\n".join(f"> {part}" for part in parts if part)

    def _steps(self, value: Any, growing: bool) -> str:
        steps = filter(None, (_prose(step) for _, step, _ in _children(value, growing)))
        return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))

    def _questions(self, value: Any, growing: bool) -> str:
        return "\n".join(filter(None, (_bullet([_prose(question)]) for _, question, _ in _children(value, growing))))


def handover(model: str, failure_code: str, locale: str) -> str:
    """The line above a text that begins anew: which model broke off, and why."""
    words = translate(locale, "report.handover", model=escape(model), reason=reason(locale, failure_code))
    return f"{words}\n\n"


_MESSAGE = ("hook", "value", "call_to_action")
_SECTIONS: dict[str, Callable[[LiveMatch, Any, bool], str]] = {
    "verdicts": LiveMatch._verdicts,
    "overall_assessment": LiveMatch._paragraph,
    "strengths": LiveMatch._points,
    "weaknesses": LiveMatch._points,
    "outreach": LiveMatch._message,
    "recommendations": LiveMatch._steps,
    "questions_for_client": LiveMatch._questions,
}


def _end(text: str) -> str:
    """The last bracket, when only the list and the object around it are missing, or the latter; else nothing."""
    text = text.rstrip(" ,")
    last = text[-1:]
    try:
        from_json(text + {"}": "]}", "]": "}"}[last])
    except (KeyError, ValueError):
        return ""
    return last


def _length(text: str) -> int | None:
    """How long the JSON object is with which the text begins; None when it does not end."""
    try:
        return json.JSONDecoder().raw_decode(text)[1]
    except ValueError:
        return None


def _as_claimed(verdict: Verdict) -> Verdict:
    quotes = [quote.model_copy(update={"verified": True}) for quote in verdict.quotes]
    return verdict.model_copy(update={"quotes": quotes})


def _children(value: Any, growing: bool) -> Iterator[tuple[str, Any, bool]]:
    """(key, child, may grow) of an object, or of a list with empty keys; only the last child of all may grow."""
    if isinstance(value, dict):
        pairs = list(value.items())
    else:
        pairs = [("", child) for child in value] if isinstance(value, list) else []
    for number, (key, child) in enumerate(pairs, 1):
        yield key, child, growing and number == len(pairs)


def _prose(value: Any) -> str:
    # A trailing space waits for the next word, so that what follows the text (a quotation mark) can touch it.
    return escape(value).rstrip() if isinstance(value, str) else ""


def _bullet(lines: Sequence[str]) -> str:
    shown = [line for line in lines if line]
    return "- " + "\n  - ".join(shown) if shown else ""
