"""Screenshots from the clipboard: Ctrl+V anywhere on a page hands them to its uploader."""

import re
from pathlib import Path

import streamlit as st

from app.components.page import Page

_target = st.components.v2.component(
    "paste_target",
    html='<div class="hint"></div>',
    css=".hint { font-family: var(--st-font); font-size: 0.875rem; color: var(--st-text-color); opacity: 0.6; }",
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
)


def paste_target(page: Page, uploader: str) -> None:
    """A line that says so, and while it is on the page: pasted pictures go to the `st.file_uploader` of this key.

    They arrive as dropped files do, named pasted-1.png and so on. A paste that holds text is left alone.
    """
    css_class = "st-key-" + re.sub(r"[^a-zA-Z0-9_-]", "-", uploader.strip())  # as Streamlit writes it
    _target(key=f"paste-{uploader}", data={"uploader": css_class, "hint": page.t("paste.hint")})
