"""Contracts as forms: which fields a person may edit, of what kind, and what they typed turned back into a contract."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

from core.schemas import Contract

Kind = Literal["text", "number", "lines", "group", "entries"]
C = TypeVar("C", bound=Contract)

HIDDEN = {"profile"}  # derived, not stated: it is not the coach's to correct line by line


@dataclass(frozen=True)
class FormField:
    """One field: `group` holds one nested contract, `entries` a list of them, `lines` a list of texts."""

    name: str
    kind: Kind
    item: type[Contract] | None = None


def form_fields(schema: type[Contract]) -> list[FormField]:
    """The editable fields of a contract, in its order."""
    return [_field(name, info.annotation) for name, info in schema.model_fields.items() if name not in HIDDEN]


def _field(name: str, annotation: Any) -> FormField:
    if isinstance(annotation, type) and issubclass(annotation, Contract):
        return FormField(name, "group", annotation)
    if annotation is str:
        return FormField(name, "text")
    arguments = get_args(annotation)
    item = next((a for a in arguments if isinstance(a, type) and issubclass(a, Contract)), None)
    if item is not None:
        return FormField(name, "entries", item)
    return FormField(name, "number" if float in arguments else "lines")


def to_lines(texts: list[str]) -> str:
    """A list as it is edited: one item a line."""
    return "\n".join(" ".join(text.split("\n")) for text in texts)


def from_lines(text: str) -> list[str]:
    """What was typed as a list: one item a line, blank lines dropped."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def is_blank(value: Any) -> bool:
    """Whether nothing at all was typed into a (nested) value."""
    if isinstance(value, Mapping):
        return all(is_blank(child) for child in value.values())
    if isinstance(value, list):
        return all(is_blank(child) for child in value)
    return value is None or (isinstance(value, str) and not value.strip())


def to_contract(schema: type[C], typed: Mapping[str, Any], before: C) -> C:
    """The edited contract: blank entries dropped, what cannot be edited kept from before."""
    kept = {name: getattr(before, name) for name in HIDDEN if name in schema.model_fields}
    return schema.model_validate({**_without_blank_entries(typed), **kept})


def _without_blank_entries(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_blank_entries(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_without_blank_entries(child) for child in value if not is_blank(child)]
    return value
