"""How the install is doing, for its operator."""

from collections.abc import Mapping, Sequence
from datetime import date

import streamlit as st

from app.components.page import Page
from core import i18n, operations, receipts, render
from core.models import RunStatus
from core.operations import Operations
from core.settings import settings


def panel(page: Page, since: date | None) -> None:
    """Runs, failures, queues, how long steps took and credits, since that day."""
    found = operations.of(since)
    _queues(page, found)
    if not found.statuses and not found.steps:
        st.info(page.t("operations.empty"), icon=":material/monitor_heart:")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        statuses = [(page.t(f"status.{RunStatus(name)}"), f"{count:,}") for name, count in found.statuses.items()]
        _section(page, "statuses", ("status", "runs"), statuses)
        if settings().credits:
            amounts = {"debited": found.debited, "refunded": found.refunded}
            rows = [(page.t(f"operations.{name}"), f"{amount:,}") for name, amount in amounts.items()]
            _section(page, "credits", ("booked", "amount"), rows)
    with right:
        steps = [
            (receipts.task_name(step.task, page.locale), f"{step.steps:,}", f"{step.p50:.1f}", f"{step.p95:.1f}")
            for step in found.steps
        ]
        _section(page, "steps", ("task", "count", "p50", "p95"), steps)
        if found.failures:
            _section(page, "failures", ("code", "count", "meaning"), _failures(page, found.failures))
    st.caption(page.t("operations.hint", steps=f"{operations.RECENT_STEPS:,}"))


def _queues(page: Page, found: Operations) -> None:
    with st.container(horizontal=True, gap="small"):
        for load in found.queues:
            label = page.t("operations.queue", name=page.t(f"operations.queues.{load.queue}"))
            st.metric(label, f"{load.running:,} / {load.waiting:,}", border=True)


def _failures(page: Page, failures: Mapping[str, int]) -> Sequence[Sequence[str]]:
    """A text with placeholders is about one file or number, and cannot be said of many."""
    known = i18n.catalogue(page.locale)["failure"]
    meanings = {code: str(known.get(code, "")) for code in failures}
    return [
        (render.literal(code), f"{count:,}", "" if "{" in meanings[code] else render.escape(meanings[code]))
        for code, count in failures.items()
    ]


def _section(page: Page, name: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    st.markdown(f"**{page.t(f'operations.{name}')}**")
    names = [page.t(f"operations.column.{column}") for column in columns]
    if rows:
        st.table(dict(zip(names, zip(*rows, strict=True), strict=True)), border="horizontal", hide_index=True)
    else:
        st.caption(page.t("operations.nothing"))
