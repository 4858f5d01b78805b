"""Entry point: `streamlit run app/Home.py`. Draws the frame of every page, and the first page itself."""

from pathlib import Path

import streamlit as st

from app.components import credits, run_list, run_viewer
from app.components.knowledge_panel import knowledge_panel
from app.components.models_panel import models_panel
from app.components.page import Page, broken_files, language_picker, open_page
from core import clients, jobs, render, runs, samples

RECENT = 8  # runs in the sidebar
LISTED = 4  # job descriptions of each client
ICON = Path(__file__).with_name("icon.svg")  # a file: the browser would fetch a named icon from a font server


def home() -> None:
    page = open_page()
    st.title(page.t("home.title"), anchor=False)
    st.markdown(page.t("home.lead"))
    with page.session() as db:
        people = clients.listing(db)
        ready = clients.ready(db)
        in_review = runs.clients_in_review(db)
        have_samples = samples.loaded(db)
    if not have_samples:
        with st.container(border=True):
            st.markdown(page.t("home.samples_lead"))
            if st.button(page.t("home.load_samples"), type="primary", icon=":material/download:", key="load_samples"):
                with st.spinner(page.t("home.loading_samples")):
                    with page.session() as db:
                        started = samples.load(db)
                    run_viewer.wait(page, started)
                st.rerun()
    if people:
        st.subheader(page.t("home.clients"), anchor=False)
        for client in people:
            _client_card(page, client.id or 0, client.name, client.id in ready, client.id in in_review)
        st.page_link("pages/Profile.py", label=page.t("home.add_client"), icon=":material/person_add:")
    else:
        _first_steps(page)
    knowledge_panel(page)
    models_panel(page)


def _first_steps(page: Page) -> None:
    for number, (target, icon) in enumerate(
        (("Profile", "person_add"), ("Workbench", "fact_check"), ("History", "history")), 1
    ):
        st.page_link(f"pages/{target}.py", label=page.t(f"home.step_{number}"), icon=f":material/{icon}:")


def _client_card(page: Page, client_id: int, name: str, ready: bool, in_review: bool) -> None:
    with page.session() as db:
        saved = jobs.listing(db, client_id, limit=LISTED + 1)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(width="content", gap="xsmall"):
                st.markdown(f"**{render.escape(name)}**")
                if ready or not in_review:
                    st.caption(page.t("home.resume_ready" if ready else "home.resume_missing"))
                if in_review:
                    st.caption(f":material/rate_review: {page.t('home.resume_in_review')}")
            target = "Workbench" if ready and not in_review else "Profile"
            label = page.t("home.open_profile" if target == "Profile" else "home.open_workbench")
            st.page_link(f"pages/{target}.py", label=label, query_params={"client": str(client_id)})
        if ready:
            for job in saved[:LISTED]:
                st.page_link(
                    "pages/Workbench.py",
                    label=render.escape(page.t("home.match_with", job=jobs.label(job))),
                    icon=":material/edit_note:",
                    query_params={"client": str(client_id), "job": str(job.id)},
                )
            if saved[LISTED:]:
                st.page_link(
                    "pages/Workbench.py",
                    label=page.t("home.more_jobs"),
                    icon=":material/more_horiz:",
                    query_params={"client": str(client_id)},
                )


def _sidebar(page: Page) -> None:
    with page.session() as db:
        rows = runs.history(db, size=RECENT)
    with st.sidebar:
        # A link to the page one is on would keep its ?run=.
        if st.button(page.t("new_match"), icon=":material/add:", key="new_match", width="stretch"):
            st.switch_page("pages/Workbench.py")
        if rows:
            st.caption(page.t("home.recent"))
            run_list.links(page, rows)
        st.divider()
        credits.balance(page)
        language_picker(page)


frame = open_page()
st.set_page_config(page_title=frame.t("home.title"), page_icon=ICON, layout="wide")
navigation = st.navigation(
    [
        st.Page(home, title=frame.t("nav.home"), icon=":material/home:", default=True, url_path="home"),
        st.Page("pages/Workbench.py", title=frame.t("nav.workbench"), icon=":material/fact_check:"),
        st.Page("pages/Profile.py", title=frame.t("nav.profile"), icon=":material/person:"),
        st.Page("pages/History.py", title=frame.t("nav.history"), icon=":material/history:"),
    ],
    position="top",
)
_sidebar(frame)
broken_files(frame)
navigation.run()
