"""All matches, newest first, each opening at its own link."""

import math

import streamlit as st

from app.components import run_list
from app.components.page import open_page
from core import runs


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
    with page.session() as db:
        rows = runs.history(db, number)
    if (row := run_list.table(page, rows)) is not None:
        st.switch_page("pages/Workbench.py", query_params={"run": row.run_id})


main()
