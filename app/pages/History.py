"""All matches, newest first, each opening at its own link; what the calls of models came to; how the install does."""

import math
from datetime import date

import streamlit as st

from app.components import operations, run_list
from app.components.labels import model_label
from app.components.page import Page, open_page
from core import receipts, render, runs, usage
from core.settings import settings
from core.usage import Usage

REFRESH = 2  # seconds
PERIODS = (7, 30, 90, 0)  # days; 0: all time
DEFAULT_PERIOD = 30
ROWS = 12  # of the usage table; more are scrolled
ROW_HEIGHT = 35  # pixels


def main() -> None:
    page = open_page()
    st.title(page.t("history.title"), anchor=False)
    # A tab's content is made only when it is open: the usage of a long time is not looked up for nothing.
    contents = {page.t("usage.matches"): _matches, page.t("usage.title"): _usage}
    if settings().operator:
        contents[page.t("operations.title")] = _operations
    for tab, content in zip(
        st.tabs(list(contents), key="history_tabs", on_change="rerun"), contents.values(), strict=True
    ):
        if tab.open:
            with tab:
                content(page)


# --- matches ----------------------------------------------------------------------------------------------------


def _matches(page: Page) -> None:
    number = st.session_state.get("history_page", 1)
    with page.session() as db:
        total = runs.count(db, number)
    if not total:
        st.info(page.t("history.empty"), icon=":material/history:")
        st.page_link("pages/Workbench.py", label=page.t("new_match"), icon=":material/add:")
        return
    hint = "history.hint" if runs.counted_all(total, number) else "history.hint_more"
    st.caption(page.t(hint, total=f"{total:,}"))
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


# --- usage ------------------------------------------------------------------------------------------------------


def _usage(page: Page) -> None:
    with page.session() as db:
        if usage.is_empty(db):
            st.info(page.t("usage.empty"), icon=":material/monitoring:")
            return
    since = _period(page, "usage_period")
    with page.session() as db:
        total, rows = usage.total(db, since), usage.by_day(db, since)
    if total is None:
        st.info(page.t("usage.empty_period"), icon=":material/monitoring:")
        return
    _total(page, total)
    _table(page, rows)
    st.caption(page.t("usage.hint"))


def _period(page: Page, key: str) -> date | None:
    """The first day of the period that is chosen; None for all time."""
    days = st.segmented_control(
        page.t("usage.period"),
        PERIODS,
        default=DEFAULT_PERIOD,
        required=True,
        format_func=lambda days: page.t("usage.days", days=days) if days else page.t("usage.all"),
        key=key,
    )
    return usage.first_day(days) if days else None


def _total(page: Page, total: Usage) -> None:
    def count(number: int | None) -> str:
        return f"{number:,}" if number is not None else "–"

    def length(seconds: float | None) -> str:
        return f"{seconds:.1f}" if seconds is not None else "–"

    known = total.cost.dollars > 0
    cost = receipts.cost_words(usage.Cost(total.cost.dollars) if known else total.cost, page.locale)
    failed, unknown = total.failed, total.cost.unknown
    with st.container(horizontal=True, gap="small"):
        for label, value, note in (
            (
                page.t("column.calls"),
                count(total.calls),
                page.t("usage.failed_calls", failed=failed) if failed else None,
            ),
            (page.term("receipt.tokens"), f"{count(total.prompt_tokens)} / {count(total.completion_tokens)}", None),
            (page.term("receipt.cost"), cost, page.t("usage.unknown_calls", calls=unknown) if unknown else None),
            (page.t("usage.seconds"), f"{length(total.mean_seconds)} / {length(total.p95_seconds)}", None),
        ):
            shown = render.escape(value)
            st.metric(label, shown, note, delta_color="off", delta_arrow="off", border=True, height="stretch")


def _table(page: Page, rows: list[Usage]) -> None:
    import pandas as pd  # noqa: PLC0415 (a third of a second, which no other page needs)

    numbers = ("cost", "mean_seconds", "p95_seconds")
    frame = pd.DataFrame(
        [
            {
                "day": row.day,
                "task": receipts.task_name(row.task, page.locale),
                "model": model_label(page, row.model),
                "calls": row.calls,
                "failed": row.failed,
                "tokens_in": row.prompt_tokens,
                "tokens_out": row.completion_tokens,
                # Nothing is written where nothing is known.
                "cost": row.cost.dollars if row.cost.dollars or not row.cost.unknown else None,
                "cost_unknown": row.cost.unknown,
                "mean_seconds": row.mean_seconds,
                "p95_seconds": row.p95_seconds,
            }
            for row in rows
        ]
    ).astype({"tokens_in": "Int64", "tokens_out": "Int64"} | dict.fromkeys(numbers, "Float64"))
    frame = frame.round(dict.fromkeys(numbers[1:], 2))
    labels = {name: page.t(f"column.{name}") for name in frame.columns}
    formats = {"cost": "%.4f", "mean_seconds": "%.1f", "p95_seconds": "%.1f", "tokens_in": "localized"}
    formats |= {"tokens_out": "localized", "calls": "localized"}
    text = {"task": 170, "model": 180}
    st.dataframe(
        frame,
        hide_index=True,
        placeholder="–",
        height=min(len(rows), ROWS) * ROW_HEIGHT + ROW_HEIGHT + 3,
        column_config={
            "day": st.column_config.DateColumn(labels["day"], format="YYYY-MM-DD", width=100),
            **{name: st.column_config.TextColumn(labels[name], width=width) for name, width in text.items()},
            **{
                name: st.column_config.NumberColumn(labels[name], format=formats.get(name))
                for name in frame.columns[3:]
            },
        },
    )
    # A model is named as somebody likes, and a spreadsheet runs what looks like a formula.
    file = frame.assign(**{name: frame[name].map(usage.cell) for name in text}).rename(columns=labels)
    st.download_button(
        page.t("usage.download"),
        # Excel takes a file without this mark for one in another encoding, and shows Chinese as rubbish.
        data=file.to_csv(index=False).encode("utf-8-sig"),
        file_name="usage.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


# --- operations -------------------------------------------------------------------------------------------------


def _operations(page: Page) -> None:
    operations.panel(page, _period(page, "operations_period"))


main()
