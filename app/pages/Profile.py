"""Clients and their documents: upload or paste, see what was understood, correct it, go back to an earlier version."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components import run_viewer
from app.components.page import Page, open_page
from app.components.summary_editor import edit
from core import clients, documents, editing, i18n, render, runs
from core.errors import StateError, WorkbenchError
from core.models import Client, Resume, ResumeKind, Run, RunStatus
from core.settings import settings

LABELS = {ResumeKind.RESUME: "profile.resume", ResumeKind.DETAILED_RESUME: "profile.detailed_resume"}


def main() -> None:
    page = open_page()
    st.title(page.t("profile.title"), anchor=False)
    with page.session() as db:
        people = list(clients.listing(db))
    client = _choose_client(page, people)
    _archived(page)
    if client is None:
        st.info(page.t("profile.no_clients"), icon=":material/person_add:")
        return
    watched: list[tuple[DeltaGenerator, Run]] = []
    for kind, tab in zip(ResumeKind, st.tabs([page.t(LABELS[kind]) for kind in ResumeKind]), strict=True):
        with tab:
            _document(page, client, kind, watched)
    for place, run in watched[:1]:  # one at a time: when it has finished the page is drawn anew, and follows the next
        with place:
            run_viewer.watch(page, run.id)


# --- clients ----------------------------------------------------------------------------------------------------


def _choose_client(page: Page, people: list[Client]) -> Client | None:
    chooser, add, manage = st.columns([5, 1.3, 1.3], vertical_alignment="bottom")
    with add.popover(page.t("profile.new_client"), icon=":material/person_add:"):
        _name_form(page, "new_client", "", _create)
    if not people:
        return None
    ids = [client.id for client in people]
    names = {client.id: client.name for client in people}
    asked = st.query_params.pop("client", "")
    if asked.isdecimal() and int(asked) in ids:
        st.session_state["client_id"] = int(asked)
    if st.session_state.get("client_id") not in ids:
        st.session_state["client_id"] = ids[0]
    chosen = chooser.selectbox(
        page.t("workbench.client"), ids, format_func=names.__getitem__, key="client_id", persist_state="session"
    )
    client = people[ids.index(chosen)]
    with manage.popover(page.t("profile.manage"), icon=":material/edit:"):
        _name_form(page, f"rename-{client.id}", client.name, lambda page, name: _rename(page, client, name))
        st.button(page.t("profile.archive"), icon=":material/archive:", on_click=_archive, args=(page, client, True))
        st.caption(page.t("profile.archive_hint"))
    return client


def _name_form(page: Page, key: str, value: str, save: Callable[[Page, str], None]) -> None:
    with st.form(key, border=False, clear_on_submit=False):
        name = st.text_input(page.t("profile.name"), value, key=f"{key}-name", max_chars=clients.MAX_NAME)
        if st.form_submit_button(page.t("profile.save"), type="primary"):
            try:
                save(page, name)
            except WorkbenchError as error:
                page.error(error)
            else:
                st.rerun()


def _create(page: Page, name: str) -> None:
    with page.session() as db:
        st.query_params["client"] = str(clients.create(db, name).id)


def _rename(page: Page, client: Client, name: str) -> None:
    with page.session() as db:
        clients.rename(db, client.id or 0, name)


def _archive(page: Page, client: Client, archived: bool) -> None:
    with page.session() as db:
        clients.archive(db, client.id or 0, archived=archived)


def _archived(page: Page) -> None:
    with page.session() as db:
        people = clients.listing(db, archived=True)
    if people:
        with st.expander(page.t("profile.archived", count=len(people)), icon=":material/archive:"):
            for client in people:
                name, action = st.columns([4, 1], vertical_alignment="center")
                name.markdown(render.escape(client.name))
                action.button(
                    page.t("profile.restore"), key=f"restore-{client.id}", on_click=_archive, args=(page, client, False)
                )


# --- documents --------------------------------------------------------------------------------------------------


def _document(page: Page, client: Client, kind: ResumeKind, watched: list[tuple[DeltaGenerator, Run]]) -> None:
    with page.session() as db:
        versions = clients.versions(db, client.id or 0, kind)
        current = clients.current(db, client.id or 0, kind)
        run = runs.latest_extraction(db, versions[0]) if versions else None
    st.caption(page.t(f"profile.{kind}_hint"))
    if run is not None and not run.status.finished:
        with page.session() as db:
            run_viewer.stop_button(page, runs.view(db, run.id))
        watched.append((st.container(), run))
    elif run is not None and run.status is not RunStatus.COMPLETED:
        _failed(page, run)
    with st.expander(
        page.t("profile.replace" if versions else "profile.add"), icon=":material/upload_file:", expanded=not versions
    ):
        _upload(page, client, kind)
    if current is None:
        return
    _result(page, current)
    if len(versions) > 1:
        _versions(page, list(versions), current)


def _upload(page: Page, client: Client, kind: ResumeKind) -> None:
    key = f"{kind}-{client.id}-{st.session_state.get('uploads', 0)}"  # a new key empties the widgets after a success
    file = st.file_uploader(
        page.t("profile.file"), type=documents.EXTENSIONS, key=f"file-{key}", help=page.t("profile.file_help")
    )
    text = st.text_area(page.t("profile.paste"), height=180, key=f"text-{key}", persist_state="session")
    if not st.button(page.t("profile.read"), type="primary", icon=":material/auto_stories:", key=f"read-{key}"):
        return
    try:
        with page.session() as db, st.spinner(page.t("profile.reading")):
            if file is not None:
                resume = clients.add_upload(db, client.id or 0, kind, file.getvalue(), file.name)
            else:
                resume = clients.add_paste(db, client.id or 0, kind, text)
            runs.submit_extraction(db, resume, model=settings().model, locale=page.locale)
    except WorkbenchError as error:
        page.error(error)
        return
    st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1
    st.rerun()


def _failed(page: Page, run: Run) -> None:
    st.error(i18n.translate(page.locale, f"failure.{run.failure_code or 'internal'}"))

    def retry() -> None:
        with page.session() as db:
            try:
                runs.retry(db, run.id)
            except StateError:
                return  # a second click: the first one has begun the next attempt

    st.button(page.t("retry"), icon=":material/refresh:", on_click=retry, key=f"retry-{run.id}")


def _result(page: Page, resume: Resume) -> None:
    summary = resume.contract
    if summary is None:
        return
    st.caption(_version_line(page, resume))
    editing_key = f"editing-{resume.id}"
    if not st.session_state.get(editing_key):
        st.button(
            page.t("profile.correct"),
            icon=":material/edit:",
            key=f"correct-{resume.id}",
            on_click=lambda: st.session_state.update({editing_key: True}),
        )
        st.markdown(render.resume_markdown(summary, page.locale, level=3))
        with st.expander(page.t("profile.source_text"), icon=":material/article:"):
            st.text(resume.text)
        return
    st.info(page.t("profile.correct_hint"), icon=":material/edit:")
    with st.form(f"form-{resume.id}"):
        typed = edit(page, type(summary), summary.model_dump(), f"edit-{resume.id}")
        save = st.form_submit_button(page.t("profile.save"), type="primary")
        leave = st.form_submit_button(page.t("profile.discard"))
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
            line, action = st.columns([4, 1], vertical_alignment="center")
            line.markdown(
                " · ".join([_version_line(page, version), f"{version.created_at:%Y-%m-%d %H:%M} UTC"])
                + (f" · {render.escape(version.filename)}" if version.filename else "")
            )
            if version.id == current.id:
                action.badge(page.t("profile.in_use"), color="green")
            elif version.summary is not None:
                action.button(
                    page.t("profile.use_again"), key=f"use-{version.id}", on_click=_use_again, args=(page, version)
                )


def _version_line(page: Page, version: Resume) -> str:
    return page.t("profile.version_line", version=version.version, origin=page.t(f"origin.{version.origin}"))


def _use_again(page: Page, version: Resume) -> None:
    with page.session() as db:
        clients.use_again(db, version.id or 0)


main()
