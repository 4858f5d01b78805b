"""The recognised text of pictures, to be corrected beside them."""

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from pydantic import TypeAdapter

from app.components.page import Page
from core.review import Edits, ReviewPage

WORDS = (
    *("picture", "recognised", "line", "no_picture", "zoom_in", "zoom_out", "fit_width"),
    *("doubtful", "doubtful_hint", "right", "next_doubtful", "none_doubtful"),
    *("set_aside", "put_back", "put_all_back", "by_you"),
    *("clutter_status_bar", "clutter_navigation", "clutter_button", "clutter_chat", "clutter_watermark"),
    "clutter_repeat",
)

_FOLDER = Path(__file__).parent
_EDITS = TypeAdapter(list[Edits])

_editor = st.components.v2.component(
    "review_editor",
    html='<div class="review"></div>',
    css=(_FOLDER / "review_editor.css").read_text("utf-8"),
    # Passed inline, a module cannot import another: the two are one.
    js="".join((_FOLDER / name).read_text("utf-8") for name in ("review_picture.js", "review_editor.js")),
)


def review_editor(
    page: Page, key: str, pages: Sequence[ReviewPage], confirm_label: str, on_edit: Callable[[list[Edits]], None]
) -> tuple[list[Edits] | None, bool]:
    """Draw the editor. Returns the rows of each page as the coach has them now, None while nothing was changed, and
    whether that has just been confirmed. `on_edit` gets them after each change, before the page's script runs: so they
    are kept even if what was clicked leads to another page.

    `pages` must stay the same from run to run: then the browser is not sent the pictures again, and keeps what is
    typed, the caret included, even if the coach looks at another page meanwhile. Other pages start afresh.

    What was typed is sent before any click takes effect, so a button of the page has all of it just as the own one.
    """
    shown = [vars(one) | {"picture": _as_url(one.picture), "rows": list(map(vars, one.rows))} for one in pages]
    identity = f"{key} {hashlib.sha256(json.dumps(shown).encode()).hexdigest()}"
    words = {word: page.t(f"review_editor.{word}") for word in WORDS} | {"confirm": confirm_label}

    def drafts(edited: Any) -> list[Edits] | None:
        return _EDITS.validate_python(edited["pages"]) if edited and edited["id"] == identity else None

    def keep() -> None:
        if (now := drafts(st.session_state[f"{key}-editor"].edited)) is not None:
            on_edit(now)

    state = _editor(
        key=f"{key}-editor",
        data={"id": identity, "pages": shown, "text": words},
        on_edited_change=keep,
        on_confirmed_change=lambda: None,
    )
    return drafts(state.edited), bool(state.confirmed)


def _as_url(picture: bytes | None) -> str | None:
    if picture is None:
        return None
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
