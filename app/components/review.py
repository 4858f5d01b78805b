"""A run that waits for a person: what was recognised, beside the pictures, to be corrected and confirmed."""

import streamlit as st

from app.components.labels import engine_label
from app.components.page import Page
from app.components.review_editor import review_editor
from core import i18n, pages, render, runs
from core.errors import WorkbenchError
from core.models import RunKind
from core.runs import RunView


def review(page: Page, view: RunView) -> None:
    """Draw the review of a run, keep what is typed as it is typed, and let the run go on when that is confirmed."""
    st.markdown(page.t("review.lead"))
    for notice in dict.fromkeys(_notices(page, view)):
        st.warning(notice, icon=":material/info:")
    # As they were when this session opened them: the editor holds what has changed since, and pictures are sent once.
    key = f"review-{view.run.id}-{view.run.attempt}"
    if key not in st.session_state:
        with page.session() as db:
            st.session_state[key] = pages.under_review(db, pages.source(db, view.run))
    st.caption(page.t("read_by", engine=render.escape(", ".join(view.readers))) + " · " + page.t("review.saved"))
    label = page.t("review.confirm_match" if view.run.kind is RunKind.MATCH else "review.confirm_resume")
    drafts, confirmed = review_editor(page, key, st.session_state[key], confirm_label=label)
    try:
        with page.session() as db:
            if confirmed:
                runs.confirm_review(db, view.run.id, drafts)
            elif drafts is not None:
                runs.save_review(db, view.run.id, drafts)
    except WorkbenchError as error:
        page.error(error)
        return
    if confirmed:
        st.session_state.pop(key)
        st.rerun()


def _notices(page: Page, view: RunView) -> list[str]:
    """Why pictures were not read by the engine that was asked for."""
    asked = view.run.ocr_engine or ""
    return [
        page.t(
            "review.fallback",
            engine=engine_label(page, asked),
            used=engine_label(page, "rapidocr"),
            reason=i18n.translate(page.locale, f"failure.{each.engine_failure}"),
        )
        for each in view.pages
        if each.engine_failure
    ]
