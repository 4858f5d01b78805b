"""A run as it happens: its steps, and its text as it is written. Draw it last, outside any fragment."""

from collections.abc import Callable, Iterator
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.mutable_status_container import StatusContainer

from app.components.credits import retry_terms
from app.components.page import Page, yield_point
from core import render, runs
from core.errors import StateError
from core.models import Run, RunStatus
from core.runs import LiveText, RunView, Step, StepState

BOX_STATES: dict[StepState, Literal["running", "complete", "error"]] = {
    "pending": "running",
    "running": "running",
    "done": "complete",
    "failed": "error",
    "cancelled": "complete",
}


def step_label(page: Page, view: RunView, step: Step) -> str:
    """What the step does and how it stands: how far the pictures are read, and its duration once that is known."""
    parts = [page.t(f"task.{step.task}"), page.t(f"step.{step.state}")]
    done, tiles = view.tiles
    if step.task == "ocr" and step.state == "running":
        parts.append(page.t("parts", part=min(done + 1, tiles), total=tiles))
    if step.seconds is not None:
        parts.append(page.t("seconds", seconds=f"{step.seconds:.1f}"))
    return " · ".join(parts)


def steps(page: Page, view: RunView) -> None:
    """The steps of a finished run, folded."""
    for step in view.steps:
        if step.state != "pending":
            _output(page, view, step, _box(page, view, step))


def stop_button(page: Page, view: RunView) -> None:
    """Ask the run to stop; works while its text streams, because it stands outside any fragment."""

    def stop() -> None:
        with page.session() as db:
            runs.cancel(db, view.run.id)

    asked = view.run.cancel_requested_at is not None
    label = page.t("stopping") if asked else page.t("stop")
    st.button(label, icon=":material/stop_circle:", on_click=stop, disabled=asked, key=f"stop-{view.run.id}")


def retry_button(page: Page, run: Run) -> None:
    """Try once more what ended badly, with a check of the recognised text where only that helps."""
    check = runs.remedy(run) == "review"
    terms = retry_terms(page, run)

    def retry() -> None:
        with page.session() as db:
            try:
                runs.retry(db, run.id, review=check, model=terms.model, ocr_engine=terms.ocr_engine)
            except StateError as error:
                if error.code in (
                    "queue_full",
                    "owner_queue_full",
                ):  # else it was a second click, or the page shows the new terms
                    st.toast(error.message(page.locale), icon=":material/error:", duration="long")

    label, icon = ("check_text", ":material/rate_review:") if check else ("retry", ":material/refresh:")
    st.button(page.t(label), type="primary", icon=icon, on_click=retry, key=f"retry-{run.id}{terms.key}")


def watch(page: Page, run_id: str, on_change: Callable[[RunView], None] = lambda view: None) -> None:
    """Follow a run to its end, then draw the page anew. A reload, another page or another tab changes nothing: the run
    goes on, and whoever comes back sees the text from its beginning. `on_change` may redraw what depends on the status.
    """
    boxes: dict[str, StatusContainer] = {}
    shown: set[str] = set()
    slot = None
    live: LiveText | None = None
    place = st.empty()
    for view in runs.follow(page.owner_id, run_id):
        yield_point()
        if view is not None:
            on_change(view)
            _place(page, view, place)
            for step in view.steps:
                if step.task in boxes:
                    boxes[step.task].update(label=step_label(page, view, step), state=BOX_STATES[step.state])
                elif step.state != "pending":
                    boxes[step.task] = _box(page, view, step)
                if step.state == "done" and step.task not in shown:
                    _output(page, view, step, boxes[step.task])
                    shown.add(step.task)
            live = live or LiveText(view.run) if view.run.status is RunStatus.MATCH_STREAMING else None
        if live is not None:
            box = boxes["job_match"]
            box.update(expanded=True)
            slot = slot or box.empty()
            slot.write_stream(_pieces(live))
    st.rerun()


def _place(page: Page, view: RunView, line: DeltaGenerator) -> None:
    """Where the run stands in the queue, while it waits there."""
    if view.place is None:
        line.empty()
    else:
        key = "queue_ahead" if view.place.ahead else "queue_next"
        text = page.t(key, ahead=view.place.ahead, minutes=view.place.minutes)
        line.caption(f":material/hourglass_top: {text}")


def wait(page: Page, started: list[Run]) -> None:
    """Until all of these have finished, showing nothing of them."""
    for run in started:
        for _ in runs.follow(page.owner_id, run.id):
            yield_point()


def _box(page: Page, view: RunView, step: Step) -> StatusContainer:
    return st.status(step_label(page, view, step), state=BOX_STATES[step.state], type="step")


def _output(page: Page, view: RunView, step: Step, box: StatusContainer) -> None:
    """What a step made, inside its box; a match and a resume have the whole page for that."""
    summary = view.job.contract if view.job else None
    if step.task == "job_summary" and step.state == "done" and summary is not None:
        box.markdown(render.job_markdown(summary, page.locale, level=4))


def _pieces(live: LiveText) -> Iterator[str]:
    for piece in live:
        if piece is None:
            yield_point()
        else:
            yield piece
