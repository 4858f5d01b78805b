"""Choosing a client, and what can be done with one: add, rename, archive, export, erase."""

import io
from collections.abc import Callable

import streamlit as st
from streamlit.elements.lib.mutable_popover_container import PopoverContainer

from app.components.client_picker import pick_client
from app.components.page import Page
from core import client_export, clients, database, erasure, render
from core.errors import WorkbenchError
from core.models import Client


def choose(page: Page) -> Client | None:
    """The client to be shown, beside forms that add, rename, archive, export and erase; None while there is none."""
    with page.session() as db:
        people = clients.listing(db)
    if not people:
        st.info(page.t("profile.no_clients"), icon=":material/person_add:")
        with st.container(border=True):
            _name_form(page, "new_client", "", _create)
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        client = pick_client(page, people)
        with _popover(page, "profile.new_client", ":material/person_add:"):
            _name_form(page, "new_client", "", _create)
        with _popover(page, "profile.manage", ":material/edit:"):
            _name_form(page, f"rename-{client.id}", client.name, lambda page, name: _rename(page, client, name))
            st.button(page.t("profile.archive"), icon=":material/archive:", on_click=_archive, args=(page, client))
            st.caption(page.t("profile.archive_hint"))
            st.divider()
            _export_button(page, client)
            _erase_form(page, client)
    return client


def _popover(page: Page, label: str, icon: str) -> PopoverContainer:
    """It tracks its state only so that its key counts: after each change of the clients it is another one, and shut."""
    return st.popover(page.t(label), icon=icon, key=f"{label}-{_changes()}", on_change="rerun")


def _changes() -> int:
    return int(st.session_state.get("client_changes", 0))


def _changed(client_id: int | None) -> None:
    """Clients have changed: show this one."""
    st.session_state["client_changes"] = _changes() + 1
    st.query_params["client"] = str(client_id or "")


def _name_form(page: Page, key: str, value: str, save: Callable[[Page, str], None]) -> None:
    key = f"{key}-{_changes()}"
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
        _changed(clients.create(db, name).id)


def _rename(page: Page, client: Client, name: str) -> None:
    with page.session() as db:
        clients.rename(db, client.id or 0, name)
    _changed(client.id)


def _archive(page: Page, client: Client, *, archived: bool = True) -> None:
    with page.session() as db:
        clients.archive(db, client.id or 0, archived=archived)
    _changed(client.id)


def _export_button(page: Page, client: Client) -> None:
    owner_id, client_id = page.owner_id, client.id or 0

    def made() -> bytes:
        with database.session(owner_id) as db:
            client_export.write(db, client_id, file := io.BytesIO())
        return file.getvalue()

    st.download_button(
        page.t("profile.export"),
        data=made,
        file_name=client_export.filename(client_id),
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
        key=f"export-{client_id}",
    )


def _erase_form(page: Page, client: Client) -> None:
    key = f"erase-{client.id}-{_changes()}"
    with st.form(key, border=False, clear_on_submit=False):
        st.caption(page.t("profile.erase_hint"))
        typed = st.text_input(
            page.t("profile.erase_name", name=render.escape(client.name)), key=f"{key}-name", autocomplete="off"
        )
        if st.form_submit_button(page.t("profile.erase"), icon=":material/delete_forever:"):
            try:
                erasure.require_name(client, typed)
                with st.spinner(page.t("profile.erasing")), page.session() as db:
                    erasure.erase(db, client.id or 0)
            except WorkbenchError as error:
                page.error(error)
            else:
                _changed(None)
                st.cache_data.clear()  # previews of pictures
                st.toast(page.t("profile.erased", name=render.escape(client.name)), icon=":material/delete_forever:")
                st.rerun()


def archived(page: Page) -> None:
    """Those put away, folded, each to be brought back; nothing without any."""
    with page.session() as db:
        people = clients.listing(db, archived=True)
    if people:
        with st.expander(page.t("profile.archived", count=len(people)), icon=":material/archive:"):
            for client in people:
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.markdown(render.escape(client.name))
                    st.button(
                        page.t("profile.restore"),
                        key=f"restore-{client.id}",
                        on_click=_archive,
                        args=(page, client),
                        kwargs={"archived": False},
                    )
