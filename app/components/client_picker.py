"""The box that says which client a page is about."""

from collections.abc import Sequence

import streamlit as st

from app.components.page import Page, asked
from core.models import Client


def pick_client(page: Page, people: Sequence[Client]) -> Client:
    """The client the address names, else the one looked at last, else the first. A choice goes into the address, so
    that a reload keeps it."""
    by_id = {str(client.id): client for client in people}
    wanted = (asked("client"), st.session_state.get("client", ""))
    current = next((key for key in wanted if key in by_id), next(iter(by_id)))
    # The box keeps the names it was first drawn with, so other names make it another box.
    key = f"client-{hash(tuple((i, client.name) for i, client in by_id.items()))}"
    st.session_state[key] = current

    def choose() -> None:
        st.query_params["client"] = st.session_state[key]

    chosen = st.selectbox(
        page.t("workbench.client"), list(by_id), format_func=lambda i: by_id[i].name, key=key, on_change=choose
    )
    st.session_state["client"] = st.query_params["client"] = chosen
    return by_id[chosen]
