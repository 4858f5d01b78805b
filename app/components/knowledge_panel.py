"""The coach's knowledge: the snippets advice is written from, to look through, change, switch off and add to."""

from collections.abc import Sequence

import streamlit as st

from app.components.page import Page
from core import i18n, render
from core.errors import WorkbenchError
from core.knowledge import library, snippets
from core.models import Snippet

HEIGHT = 360  # pixels of the list


@st.fragment
def knowledge_panel(page: Page) -> None:
    """Drawn on its own: what is done here leaves the rest of the page alone."""
    # Nothing is looked up while it is folded.
    panel = st.expander(
        page.t("knowledge.title"), icon=":material/menu_book:", key="knowledge_panel", on_change="rerun"
    )
    if not panel.open:
        return
    with panel:
        st.markdown(page.t("knowledge.lead"))
        for name in snippets.curated().broken:
            st.warning(page.t("knowledge.broken", name=render.escape(name)), icon=":material/warning:")
        if message := st.session_state.pop("knowledge_done", ""):
            st.success(message, icon=":material/check:")
        browse, add, load = st.tabs([page.t(f"knowledge.{name}") for name in ("browse", "add", "load")])
        with browse:
            _browse(page)
        with add:
            _form(page, None)
        with load:
            _load(page)


def _browse(page: Page) -> None:
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    wanted = left.text_input(page.t("knowledge.search"), key="knowledge_search", placeholder=page.t("knowledge.hint"))
    locale = right.selectbox(
        page.t("knowledge.locale"),
        list(i18n.LOCALES),
        index=list(i18n.LOCALES).index(page.locale),
        format_func=i18n.LOCALES.__getitem__,
        key="knowledge_locale",
    )
    with page.session() as db:
        library.install(db)
        db.commit()
        rows = library.listing(db, locale, wanted)
        counted = library.counts(db, locale)
    st.caption(page.t("knowledge.counts", total=counted.total, own=counted.own, off=counted.off))
    if not rows:
        st.info(page.t("knowledge.nothing"), icon=":material/search_off:")
        return
    if (chosen := _table(page, rows)) is not None:
        with st.container(border=True):
            _form(page, chosen)


def _table(page: Page, rows: Sequence[Snippet]) -> Snippet | None:
    """The row a person clicks."""
    import pandas as pd  # noqa: PLC0415 (a third of a second, which a start does not need)

    frame = pd.DataFrame(
        [
            {
                "title": row.title,
                "enabled": page.t("knowledge.on" if row.enabled else "knowledge.off"),
                "origin": page.t(f"knowledge.origin.{row.origin}"),
                "tags": [page.t(f"knowledge.tag.{tag}") for tag in row.tags],
            }
            for row in rows
        ]
    )
    chosen = st.dataframe(
        frame,
        column_config={
            "title": st.column_config.TextColumn(page.t("knowledge.field.title"), width="large"),
            "enabled": st.column_config.TextColumn(page.t("knowledge.field.enabled"), width=60),
            "origin": st.column_config.TextColumn(page.t("knowledge.field.origin"), width=110),
            "tags": st.column_config.ListColumn(page.t("knowledge.field.tags")),
        },
        hide_index=True,
        height=min(HEIGHT, 38 + 35 * len(rows)),
        on_select="rerun",
        selection_mode="single-row",
        # A choice is of a place in the table: in a table of other rows it is none.
        key=f"knowledge-table-{hash(tuple(row.id for row in rows))}",
    )
    picked = chosen.selection.rows
    return rows[picked[0]] if picked and picked[0] < len(rows) else None


def _form(page: Page, row: Snippet | None) -> None:
    """One snippet to change, or a new one. What was typed stays when it cannot be used."""
    one = library.advice_of(row) if row else None
    key = f"snippet-{row.id if row else 'new'}-{st.session_state.get('knowledge_saved', 0)}"
    locale = one.locale if one else st.session_state.get("knowledge_locale", page.locale)
    title = st.text_input(page.t("knowledge.field.title"), one.title if one else "", key=f"{key}-title")
    tags = st.multiselect(
        page.t("knowledge.field.tags"),
        snippets.TAGS,
        list(one.tags) if one else [],
        format_func=lambda tag: page.t(f"knowledge.tag.{tag}"),
        key=f"{key}-tags",
    )
    when = st.text_area(
        page.t("knowledge.field.when"),
        "\n".join(one.situations) if one else "",
        help=page.t("knowledge.when_help"),
        key=f"{key}-when",
    )
    text = st.text_area(
        page.t("knowledge.field.text"),
        snippets.text(one) if one else "",
        height=240,
        help=page.t("knowledge.text_help"),
        key=f"{key}-text",
    )
    with st.container(horizontal=True):
        save = st.button(page.t("knowledge.save"), type="primary", icon=":material/save:", key=f"{key}-save")
        switch = remove = False
        if row:
            label = "knowledge.switch_off" if row.enabled else "knowledge.switch_on"
            switch = st.button(page.t(label), icon=":material/power_settings_new:", key=f"{key}-switch")
        if row and (row.own or row.changed):
            label, icon = ("knowledge.delete", "delete") if row.own else ("knowledge.restore", "undo")
            remove = st.button(page.t(label), icon=f":material/{icon}:", key=f"{key}-remove")
    try:
        with page.session() as db:
            if save:
                known = one.key if one else library.new_key(title)
                library.save(db, snippets.advice(known, locale, title, text, tags, when.splitlines()))
            elif switch and row:
                library.switch(db, row.id or 0, enabled=not row.enabled)
            elif remove and row:
                library.delete(db, row.id or 0)
            else:
                return
            db.commit()
    except WorkbenchError as error:
        page.error(error)
        return
    _done(page, page.t("knowledge.done"))


def _load(page: Page) -> None:
    st.markdown(page.t("knowledge.load_lead"))
    key = f"knowledge-file-{st.session_state.get('knowledge_saved', 0)}"
    files = st.file_uploader(page.t("knowledge.files"), accept_multiple_files=True, key=key)
    locale = st.session_state.get("knowledge_locale", page.locale)
    if st.button(page.t("knowledge.load_button"), icon=":material/upload:", key="knowledge-load", disabled=not files):
        try:
            with page.session() as db:
                count = sum(library.load(db, file.name, file.getvalue(), locale) for file in files)
                db.commit()
        except WorkbenchError as error:
            page.error(error)
            return
        _done(page, page.t("knowledge.loaded", count=count))


def _done(page: Page, message: str) -> None:
    """Draw the page again with an empty form, and say what was done. Not the fragment alone: a click may have become
    part of a run of the whole page, where Streamlit refuses that."""
    st.session_state["knowledge_done"] = message
    st.session_state["knowledge_saved"] = st.session_state.get("knowledge_saved", 0) + 1
    st.rerun()
