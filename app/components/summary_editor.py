"""A form for any contract, drawn from its fields."""

from typing import Any

import streamlit as st

from app.components.page import Page
from core import editing, i18n, render
from core.editing import FormField
from core.schemas import Contract

LONG = 80  # characters from which a text gets several lines


def edit(page: Page, schema: type[Contract], value: dict[str, Any], key: str) -> dict[str, Any]:
    """Draw the widgets of a contract and return what they hold now.
    They keep it when another page is looked at."""
    return {
        field.name: _widget(page, field, value.get(field.name), f"{key}.{field.name}")
        for field in editing.form_fields(schema)
    }


def _widget(page: Page, field: FormField, value: Any, key: str) -> Any:
    label = i18n.translate(page.locale, f"report.field.{field.name}")
    match field.kind:
        case "text" if len(value) > LONG:
            return st.text_area(label, value, key=key, persist_state="session")
        case "text":
            return st.text_input(label, value, key=key, persist_state="session")
        case "number":
            return st.number_input(
                label, min_value=0.0, max_value=80.0, value=value, step=0.5, key=key, persist_state="session"
            )
        case "lines":
            help_ = page.t("profile.one_per_line")
            return editing.from_lines(
                st.text_area(label, editing.to_lines(value), key=key, help=help_, persist_state="session")
            )
        case "group":
            st.markdown(f"**{label}**")
            return edit(page, field.item or Contract, value, key)
        case "entries":
            return _entries(page, field, label, value, key)


def _entries(page: Page, field: FormField, label: str, value: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """Each entry in a box of its own, and an empty one at the end to add another."""
    schema = field.item or Contract
    st.markdown(f"**{label}**")
    kept = []
    for number, entry in enumerate([*value, schema().model_dump()]):
        is_new = number == len(value)
        title = page.t("profile.add_entry") if is_new else _title(entry) or f"{label} {number + 1}"
        with st.expander(render.escape(title), icon=":material/add:" if is_new else None):
            typed = edit(page, schema, entry, f"{key}.{number}")
            removed = not is_new and st.checkbox(
                page.t("profile.remove_entry"), key=f"{key}.{number}.remove", persist_state="session"
            )
        if not removed:
            kept.append(typed)
    return kept


def _title(entry: dict[str, Any]) -> str:
    return " · ".join([text for text in entry.values() if isinstance(text, str) and text][:2])
