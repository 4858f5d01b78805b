"""A run that waits for a person: what was recognised, beside the pictures, to be corrected and confirmed."""

import streamlit as st

from app.components.labels import engine_label
from app.components.page import Page
from app.components.review_editor import review_editor
from core import pages, render, runs
from core.errors import WorkbenchError
from core.models import RunKind
from core.review import Edits
from core.runs import RunView


def review(page: Page, view: RunView) -> None:
    """Draw the review of a run, keep what is typed as it is typed, and let the run go on when that is confirmed."""
    st.markdown(page.t("review.lead"))
    engine_notices(page, view)
    # As they were when this session opened them: the editor holds what has changed since, and pictures are sent once.
    key = f"review-{view.run.id}-{view.run.attempt}"
    opened = st.session_state.get("review")
    if opened is None or opened[0] != key:
        with page.session() as db, st.spinner(page.t("profile.reading")):
            opened = st.session_state["review"] = key, pages.under_review(db, pages.source(db, view.run))
    st.caption(page.t("read_by", engine=render.escape(", ".join(view.readers))) + " · " + page.t("review.saved"))
    label = page.t("review.confirm_match" if view.run.kind is RunKind.MATCH else "review.confirm_resume")

    def keep(drafts: list[Edits]) -> None:
        try:
            with page.session() as db:
                runs.save_review(db, view.run.id, drafts)
        except WorkbenchError:
            return  # the run has left the review meanwhile, which the page now shows

    drafts, confirmed = review_editor(page, key, opened[1], confirm_label=label, on_edit=keep)
    if not confirmed:
        return
    try:
        with page.session() as db:
            runs.confirm_review(db, view.run.id, drafts)
    except WorkbenchError as error:
        page.error(error)
        return
    st.session_state.pop("review")
    st.rerun()


def engine_notices(page: Page, view: RunView) -> None:
    """Say why pictures were not read by the engine that was asked for."""
    for code in dict.fromkeys(each.engine_failure for each in view.pages if each.engine_failure):
        notice = page.t(
            "review.fallback",
            engine=engine_label(page, view.run.ocr_engine or ""),
            used=render.escape(", ".join(view.readers)),
            reason=page.failure(code),
        )
        st.warning(notice, icon=":material/info:")
