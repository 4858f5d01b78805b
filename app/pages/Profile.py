"""Clients and their documents: upload or paste, see what was understood, correct it, go back to an earlier version."""

import uuid

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components import client_admin, run_viewer
from app.components.credits import terms
from app.components.files import choose_files, ocr_options
from app.components.labels import route_label
from app.components.page import Page, open_page
from app.components.report import fallback_notice
from app.components.review import review
from app.components.summary_editor import edit
from core import clients, documents, editing, render, routing, runs
from core.errors import WorkbenchError
from core.models import Client, Resume, ResumeKind, Run, RunKind, RunStatus

LABELS = {ResumeKind.RESUME: "profile.resume", ResumeKind.DETAILED_RESUME: "profile.detailed_resume"}


def main() -> None:
    page = open_page()
    st.title(page.t("profile.title"), anchor=False)
    client = client_admin.choose(page)
    client_admin.archived(page)
    if client is None:
        return
    watched: list[tuple[DeltaGenerator, Run]] = []
    for kind, tab in zip(ResumeKind, st.tabs([page.t(LABELS[kind]) for kind in ResumeKind]), strict=True):
        with tab:
            _document(page, client, kind, watched)
    for place, run in watched[:1]:  # one at a time: when it has finished the page is drawn anew, and follows the next
        with place:
            run_viewer.watch(page, run.id)


def _document(page: Page, client: Client, kind: ResumeKind, watched: list[tuple[DeltaGenerator, Run]]) -> None:
    with page.session() as db:
        versions = clients.versions(db, client.id or 0, kind)
        current = clients.current(db, client.id or 0, kind)
        run = runs.latest_extraction(db, client.id or 0, kind)
    st.caption(page.t(f"profile.{kind}_hint"))
    if run is not None and not run.status.finished:
        with page.session() as db:
            view = runs.view(db, run.id)
        if view.in_review:
            st.subheader(page.t("review.title"), anchor=False)
            review(page, view)
        run_viewer.stop_button(page, view)
        if run.status.in_work:
            watched.append((st.container(), run))
    elif run is not None and run.status is not RunStatus.COMPLETED:
        _failed(page, run)
    elif run is not None and current is not None and run.resume_id == current.id:
        with page.session() as db:
            fallback_notice(page, runs.view(db, run.id))
    with st.expander(
        page.t("profile.replace" if versions else f"profile.add_{kind}"),
        icon=":material/upload_file:",
        expanded=not versions,
    ):
        _upload(page, client, kind)
    if current is None:
        return
    _result(page, current)
    if len(versions) > 1:
        _versions(page, list(versions), current)


def _upload(page: Page, client: Client, kind: ResumeKind) -> None:
    saves = f"saves-{kind}-{client.id}"
    key = f"{saves}-{st.session_state.get(saves, 0)}"  # a new key empties these widgets after a success
    files = choose_files(
        page,
        kind,
        f"file-{key}",
        page.t("profile.file"),
        page.t("profile.file_help", accepted=documents.ACCEPTED),
        documents.MAX_CHARACTERS,
    )
    ocr = ocr_options(page, key, files)
    text = st.text_area(page.t("profile.paste"), height=180, key=f"text-{key}", persist_state="session")
    agreed = terms(page, RunKind(kind.value), routing.default(), ocr)
    st.caption(page.t("profile.read_by", model=render.escape(route_label(page, agreed.model))))
    read = f"read-{key}{agreed.key}"
    if not st.button(page.t("profile.read"), type="primary", icon=":material/auto_stories:", key=read):
        return
    if files is None:
        return  # a file cannot be read, which stands beside it
    if files and text.strip():
        st.warning(page.t("profile.file_and_text"), icon=":material/warning:")
        return
    try:
        with page.session() as db:
            if files:
                resume = clients.add_upload(db, client.id or 0, kind, files)
            else:
                resume = clients.add_paste(db, client.id or 0, kind, text)
            runs.submit_extraction(db, resume, model=agreed.model, locale=page.locale, ocr=agreed.ocr(ocr))
    except WorkbenchError as error:
        page.error(error)
        return
    st.session_state[saves] = st.session_state.get(saves, 0) + 1
    st.rerun()


def _failed(page: Page, run: Run) -> None:
    stopped = run.status is RunStatus.CANCELLED
    (st.info if stopped else st.error)(page.failure(run.failure_code or "internal"))
    if runs.remedy(run) != "new_files":  # those are given below
        run_viewer.retry_button(page, run)


def _result(page: Page, resume: Resume) -> None:
    summary = resume.contract
    if summary is None:
        return
    st.caption(_version_line(page, resume))
    editing_key = f"editing-{resume.id}"
    draft = st.session_state.get(editing_key)
    if draft is None:
        st.button(
            page.t("profile.correct"),
            icon=":material/edit:",
            key=f"correct-{resume.id}",
            on_click=lambda: st.session_state.update({editing_key: uuid.uuid4().hex}),
        )
        st.markdown(render.resume_markdown(summary, page.locale, level=3))
        with st.expander(page.t("profile.source_text"), icon=":material/article:"):
            st.text(resume.text)
        return
    st.info(page.t("profile.correct_hint"), icon=":material/edit:")
    # Not a form: what is typed into one is lost when the coach looks at another page before saving it.
    typed = edit(page, type(summary), summary.model_dump(), f"edit-{draft}")
    with st.container(horizontal=True):
        save = st.button(page.t("profile.save"), type="primary", key=f"save-{draft}")
        leave = st.button(page.t("profile.discard"), key=f"leave-{draft}")
    if save:
        try:
            with page.session() as db:
                clients.correct(db, resume.id or 0, editing.to_contract(type(summary), typed, summary))
        except WorkbenchError as error:
            page.error(error)
            return
    if save or leave:
        st.session_state.pop(editing_key)
        st.rerun()


def _versions(page: Page, versions: list[Resume], current: Resume) -> None:
    with st.expander(page.t("profile.versions", count=len(versions)), icon=":material/history:"):
        for version in versions:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(
                    " · ".join([_version_line(page, version), f"{version.created_at:%Y-%m-%d %H:%M} UTC"])
                    + (f" · {render.escape(version.filename)}" if version.filename else "")
                )
                if version.id == current.id:
                    st.badge(page.t("profile.in_use"), color="green")
                elif version.summary is not None:
                    st.button(
                        page.t("profile.use_again"), key=f"use-{version.id}", on_click=_use_again, args=(page, version)
                    )


def _version_line(page: Page, version: Resume) -> str:
    return page.t("profile.version_line", version=version.version, origin=page.t(f"origin.{version.origin}"))


def _use_again(page: Page, version: Resume) -> None:
    with page.session() as db:
        clients.use_again(db, version.id or 0)


main()
