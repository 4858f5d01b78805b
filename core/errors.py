"""One exception tree. Every failure has a `code`, and every code a message in both languages.

A page or a terminal shows `error.message(locale)`; the database stores `error.code`. The texts stand in
`core/locales/*.toml` under `[failure]`, each telling the coach what to do next.
"""

from core import i18n


class WorkbenchError(Exception):
    """Base of everything this package raises on purpose.

    `code` names a text under `[failure]`; `values` fill its placeholders and must be safe to show and to log
    (numbers and file types, never resume text or keys).
    """

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def message(self, locale: str) -> str:
        return i18n.translate(locale, f"failure.{self.code}", **self.values)


class InputError(WorkbenchError):
    """What a person gave cannot be used: a file, a text, a setting. Nothing was started."""


class NotFoundError(WorkbenchError):
    """A row that does not exist, or belongs to another owner: the two are not told apart."""

    def __init__(self) -> None:
        super().__init__("not_found")


class StateError(WorkbenchError):
    """The row exists but does not allow this now, such as retrying a run that has not failed."""


class ModelError(WorkbenchError):
    """A model call failed, or its answer cannot be used."""

    def __init__(self, code: str, *, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(code)
        self.retry_after = retry_after  # seconds the provider asks to be given before the next try
        self.detail = detail  # for the re-ask and for tests; may quote the model, so it is neither logged nor shown


class Cancelled(WorkbenchError):
    """The coach stopped the run."""

    def __init__(self) -> None:
        super().__init__("cancelled")
