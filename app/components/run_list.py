"""Runs as a list: short with links in the sidebar and on Home, paged as a table on History."""

from collections.abc import Sequence

import streamlit as st

from app.components.page import Page
from core import render
from core.runs import HistoryRow

ICONS = {
    "COMPLETED": ":material/check_circle:",
    "FAILED": ":material/error:",
    "CANCELLED": ":material/cancel:",
}
RUNNING_ICON = ":material/progress_activity:"


def title(page: Page, row: HistoryRow) -> str:
    return row.job_title or page.t("untitled_job")


def links(page: Page, rows: Sequence[HistoryRow]) -> None:
    """A link for each run: score or state, job, client; what matters first, for the sidebar is narrow."""
    for row in rows:
        outcome = str(row.score) if row.score is not None else page.t(f"status.{row.status}")
        st.page_link(
            "pages/Workbench.py",
            label=render.escape(f"{outcome} · {title(page, row)} · {row.client}"),
            icon=ICONS.get(row.status, RUNNING_ICON),
            query_params={"run": row.run_id},
        )


def table(page: Page, rows: Sequence[HistoryRow]) -> HistoryRow | None:
    """The runs as a table; the row a person selects."""
    import pandas as pd  # noqa: PLC0415 (a third of a second, which no other page needs)

    frame = pd.DataFrame(
        [
            {
                "when": row.created_at,
                "client": row.client,
                "job": title(page, row),
                "company": row.company,
                "score": row.score,
                "band": page.t(f"band.{row.band}") if row.band else "",
                "status": page.t(f"status.{row.status}"),
            }
            for row in rows
        ]
    )
    picked = st.dataframe(
        frame,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="history_table",
        column_config={
            "client": st.column_config.TextColumn(page.t("column.client")),
            "job": st.column_config.TextColumn(page.t("column.job"), width="medium"),
            "company": st.column_config.TextColumn(page.t("column.company")),
            "score": st.column_config.ProgressColumn(page.t("column.score"), min_value=0, max_value=100, format="%d"),
            "band": st.column_config.TextColumn(page.t("column.band")),
            "status": st.column_config.TextColumn(page.t("column.status")),
            "when": st.column_config.DatetimeColumn(
                page.t("column.when"), format="YYYY-MM-DD HH:mm", timezone=st.context.timezone
            ),
        },
    )
    chosen = picked.selection.rows
    return rows[chosen[0]] if chosen else None
