"""Who answered, and who should have: nobody may take the work of a substitute for that of the model they chose."""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from core import i18n, llm

Records = dict[str, llm.Record]  # by task, in the order they are done


def calls(made: Mapping[str, llm.Record]) -> list[dict[str, object]]:
    """Every call as it is written to JSON."""
    return [
        {"task": call.task, "model": call.model, "outcome": call.outcome, "failure_code": call.failure_code}
        for record in made.values()
        for call in record.calls
    ]


@contextmanager
def fallbacks_shown(made: Mapping[str, llm.Record], locale: str) -> Iterator[None]:
    """In the end, also a bad one: one line on standard error for each task that not the first candidate did."""
    try:
        yield
    finally:
        for task, record in made.items():
            if failures := _failures(record):
                answered = i18n.translate(locale, "cli.answered", task=task, model=record.answered_by)
                reasons = [_reason(model, code, locale) for model, code in failures.items()]
                _say(answered, *reasons, locale=locale)


class Tally:
    """The same for many texts: counts instead of a line for each."""

    def __init__(self) -> None:
        self._answers: defaultdict[str, Counter[str]] = defaultdict(Counter)  # by task, of models
        self._failures: Counter[tuple[str, str]] = Counter()  # of models and failure codes

    def add(self, made: Mapping[str, llm.Record]) -> None:
        for task, record in made.items():
            if record.answered_by:
                self._answers[task][record.answered_by] += 1
            self._failures.update(_failures(record).items())

    @contextmanager
    def shown(self, locale: str | None) -> Iterator[None]:
        """In the end, also a bad one: one line on standard error, if any model answered."""
        locale = locale or i18n.DEFAULT
        try:
            yield
        finally:
            both = i18n.translate(locale, "cli.and")
            parts = []
            for task, models in self._answers.items():
                counts = both.join(_times(model, count, locale) for model, count in models.most_common())
                parts.append(i18n.translate(locale, "cli.counts", task=task, models=counts))
            for (model, code), count in self._failures.most_common():
                parts.append(_times(_reason(model, code, locale), count, locale))
            if self._answers:
                _say(*parts, locale=locale)


def _failures(record: llm.Record) -> dict[str, str]:
    """The models that were asked before the one that answered, and why each did not; empty when nobody did."""
    winner = record.answered_by
    return {c.model: c.failure_code or "unknown" for c in record.calls if winner and c.model != winner}


def _reason(model: str, code: str, locale: str) -> str:
    return i18n.translate(locale, "cli.failed", model=model, reason=i18n.reason(locale, code))


def _times(text: str, count: int, locale: str) -> str:
    return i18n.translate(locale, "cli.times", text=text, count=count)


def _say(*parts: str, locale: str) -> None:
    print(i18n.translate(locale, "cli.then").join(parts), file=sys.stderr)
