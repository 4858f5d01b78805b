"""Runs as a list: short in the sidebar, paged as a table on History."""

from collections.abc import Sequence

import streamlit as st

from app.components.labels import model_label
from app.components.page import Page, asked
from core import render
from core.runs import HistoryRow

ICONS = {
    "COMPLETED": ":material/check_circle:",
    "FAILED": ":material/error:",
    "CANCELLED": ":material/cancel:",
    "REVIEW_PENDING": ":material/rate_review:",
}
RUNNING_ICON = ":material/progress_activity:"


def title(page: Page, row: HistoryRow) -> str:
    return row.job_title or page.t("untitled_job")


def links(page: Page, rows: Sequence[HistoryRow]) -> None:
    """A button for each run, the open one marked: score, job, client, or client and state; what matters first, for the
    sidebar is narrow. Buttons, because Streamlit marks every link to the page one is on."""
    current = asked("run")
    for row in rows:
        if row.score is not None:
            parts = [str(row.score), title(page, row), row.client]
        else:
            parts = [row.client, page.t(f"status.{row.status}"), title(page, row)]
        if st.button(
            render.escape(" · ".join(parts)),
            icon=ICONS.get(row.status, RUNNING_ICON),
            type="secondary" if row.run_id == current else "tertiary",
            key=f"recent-{row.run_id}",
            wrap=False,
        ):
            st.switch_page("pages/Workbench.py", query_params={"run": row.run_id})


def table(page: Page, rows: Sequence[HistoryRow]) -> HistoryRow | None:
    """The runs as a table; the row a person clicks."""
    import pandas as pd  # noqa: PLC0415 (a third of a second, which no other page needs)

    frame = pd.DataFrame(
        [
            {
                "when": row.created_at,
                "score": row.score,
                "job": title(page, row),
                "client": row.client,
                "status": page.t(f"status.{row.status}"),
                "model": model_label(page, row.model),
                "band": page.term(f"band.{row.band}") if row.band else "",
                "company": row.company,
            }
            for row in rows
        ]
    )
    picked = st.dataframe(
        frame,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-cell",
        key="history_table",
        column_config={
            "when": st.column_config.DatetimeColumn(
                page.t("column.when"), format="YYYY-MM-DD HH:mm", timezone=st.context.timezone, width=130
            ),
            "score": st.column_config.ProgressColumn(
                page.t("column.score"), min_value=0, max_value=100, format="%d", width=90
            ),
            "job": st.column_config.TextColumn(page.t("column.job"), width=200),
            "client": st.column_config.TextColumn(page.t("column.client"), width=115),
            "band": st.column_config.TextColumn(page.t("column.band"), width=120),
            "status": st.column_config.TextColumn(page.t("column.status"), width=125),
            "company": st.column_config.TextColumn(page.t("column.company"), width=130),
            "model": st.column_config.TextColumn(page.t("column.model"), width=180),
        },
    )
    chosen = picked.selection.cells
    return rows[chosen[0][0]] if chosen else None
