"""All matches, newest first, each opening at its own link."""

import math

import streamlit as st

from app.components import run_list
from app.components.page import Page, open_page
from core import runs

REFRESH = 2  # seconds


def main() -> None:
    page = open_page()
    st.title(page.t("history.title"), anchor=False)
    with page.session() as db:
        total = runs.count(db)
    if not total:
        st.info(page.t("history.empty"), icon=":material/history:")
        st.page_link("pages/Workbench.py", label=page.t("new_match"), icon=":material/add:")
        return
    st.caption(page.t("history.hint", total=total))
    pages = math.ceil(total / runs.PAGE_SIZE)
    number = st.pagination(pages, key="history_page") if pages > 1 else 1
    _rows(page, number)


def _rows(page: Page, number: int) -> None:
    """The table, looked up again every few seconds while a run in it goes on."""
    with page.session() as db:
        rows = runs.history(db, number)
    goes_on = any(row.status.in_work for row in rows)

    @st.fragment(run_every=REFRESH if goes_on else None)
    def table() -> None:
        with page.session() as db:
            now = runs.history(db, number)
        if goes_on and not any(row.status.in_work for row in now):
            st.rerun()  # the whole page once more, without the clock
        if (row := run_list.table(page, now)) is not None:
            st.switch_page("pages/Workbench.py", query_params={"run": row.run_id})

    table()


main()
