"""A job description in, a match out: the form, and the run at `?run=<id>`."""

import uuid

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components import run_viewer
from app.components.client_picker import pick_client
from app.components.credits import terms
from app.components.files import choose_files, ocr_options
from app.components.labels import model_label, route_label, sent_to
from app.components.page import Page, asked, open_page, place_for
from app.components.report import fallback_notice, receipt, report
from app.components.review import engine_notices, review
from core import clients, database, documents, i18n, jobs, pages, render, routing, runs
from core.errors import NotFoundError, WorkbenchError
from core.models import Client, Job, ResumeKind, RunKind, RunStatus
from core.runs import RunView

# What the page is called while the job has no title.
UNNAMED = {RunStatus.OCR_PENDING: "task.ocr", RunStatus.REVIEW_PENDING: "review.title"}


def new_match(page: Page) -> None:
    st.title(page.t("workbench.title"), anchor=False)
    with page.session() as db:
        people = clients.listing(db)
    if not people:
        st.info(page.t("workbench.no_clients"), icon=":material/person_add:")
        st.page_link("pages/Profile.py", label=page.t("home.add_client"), icon=":material/person_add:")
        return
    client = pick_client(page, people)
    with page.session() as db:
        resume = clients.current(db, client.id or 0, ResumeKind.RESUME)
        detailed = clients.current(db, client.id or 0, ResumeKind.DETAILED_RESUME)
        saved = jobs.listing(db, client.id or 0)
        waits = client.id in runs.clients_in_review(db)
    if waits:
        st.info(page.t("workbench.resume_in_review", client=render.escape(client.name)), icon=":material/rate_review:")
    elif resume is None:
        st.info(page.t("workbench.no_resume", client=render.escape(client.name)), icon=":material/description:")
    if resume is None:
        st.page_link(
            "pages/Profile.py",
            label=page.t("workbench.go_to_profile"),
            icon=":material/upload_file:",
            query_params={"client": str(client.id)},
        )
        return
    st.caption(page.t("workbench.using_both" if detailed else "workbench.using_resume"))
    if saved:
        _pick_saved_job(page, {str(job.id): job for job in saved})
    _form(page, client)


def _draft() -> tuple[str, str]:
    """The form being filled: its id, which makes sending it twice harmless, and the text it began with."""
    draft: tuple[str, str] = st.session_state.get("draft") or _new_draft("")
    return draft


def _new_draft(text: str) -> tuple[str, str]:
    # Another id makes another text area, whose default is the text: a value that is set in the state instead can get
    # lost in the browser when two reruns follow each other closely.
    st.session_state["draft"] = (uuid.uuid4().hex, text)
    return _draft()


def _pick_saved_job(page: Page, saved: dict[str, Job]) -> None:
    def fill() -> None:
        if (job := saved.get(st.session_state[box])) is not None:
            _new_draft(job.text)

    if (job := saved.get(asked("job"))) is not None:
        _new_draft(job.text)
    box = f"saved-{_draft()[0]}"
    st.query_params.pop("job", None)  # it fills the form once: what is typed afterwards survives a rerun
    st.selectbox(
        page.t("workbench.saved_job"),
        ["", *saved],
        format_func=lambda i: jobs.label(saved[i]) if i else page.t("workbench.choose_job"),
        key=box,
        on_change=fill,
    )


def _form(page: Page, client: Client) -> None:
    # Not a form: what is typed into one is lost when the coach looks at another page before sending it.
    token, text = _draft()
    text = st.text_area(
        page.t("workbench.jd"),
        text,
        key=f"jd-{token}",
        height=320,
        placeholder=page.t("workbench.jd_placeholder"),
        help=page.t("workbench.jd_help", least=jobs.MIN_CHARACTERS, most=f"{jobs.MAX_CHARACTERS:,}"),
        persist_state="session",
    )
    files = choose_files(
        page,
        "jd",
        f"files-{token}",
        page.t("workbench.files"),
        page.t("workbench.files_help", accepted=documents.ACCEPTED),
        jobs.MAX_CHARACTERS,
    )
    ocr = ocr_options(page, token, files)
    left, right = st.columns(2)
    model = left.selectbox(
        page.t("workbench.model"), routing.tiers(), format_func=lambda route: route_label(page, route), key="model"
    )
    locale = right.selectbox(
        page.t("workbench.report_language"),
        list(i18n.LOCALES),
        index=list(i18n.LOCALES).index(page.locale),
        format_func=i18n.LOCALES.__getitem__,
        key=f"report_locale_{page.locale}",
        help=page.t("workbench.report_language_help"),
    )
    agreed = terms(page, RunKind.MATCH, model, ocr)
    st.caption(render.escape(sent_to(page, agreed.model)))
    key = f"start{agreed.key}"
    submitted = st.button(page.t("workbench.start"), type="primary", icon=":material/play_arrow:", key=key)
    if not submitted:
        return
    if files is None:
        return  # a file cannot be read, which stands beside it
    if files and text.strip():
        st.warning(page.t("profile.file_and_text"), icon=":material/warning:")
        return
    try:
        with page.session() as db:
            jd, chosen = files or text, agreed.ocr(ocr)
            run = runs.submit_match(db, client.id or 0, jd, model=agreed.model, locale=locale, token=token, ocr=chosen)
    except WorkbenchError as error:
        page.error(error)
        return
    st.session_state.pop("draft", None)
    st.switch_page("pages/Workbench.py", query_params={"run": run.id})


def show_run(page: Page, run_id: str) -> None:
    try:
        with page.session() as db:
            view = runs.view(db, run_id)
    except NotFoundError as error:
        page.error(error)
        st.page_link("pages/History.py", label=page.t("nav.history"), icon=":material/history:")
        return
    head = st.empty()
    _header(page, view, head)
    if view.in_review:
        review(page, view)
        run_viewer.stop_button(page, view)
        return
    if not view.finished:
        run_viewer.stop_button(page, view)
        run_viewer.watch(page, run_id, lambda now: _header(page, now, head))
    elif view.run.status is RunStatus.COMPLETED:
        engine_notices(page, view)
        report(page, view)
    else:
        _ended_badly(page, view)
    run_viewer.steps(page, view)
    _sources(page, view)


def _header(page: Page, view: RunView, place: DeltaGenerator) -> None:
    title = view.job.title if view.job else ""
    unnamed = page.t("untitled_job" if view.finished else UNNAMED.get(view.run.status, "workbench.running"))
    facts = [view.client.name, view.job.company if view.job else "", model_label(page, view.made_by)]
    with place.container():
        st.title(render.escape(title) if title else unnamed, anchor=False)
        st.caption(" · ".join(render.escape(fact) for fact in facts if fact))
        if not view.finished:
            fallback_notice(page, view)


def _ended_badly(page: Page, view: RunView) -> None:
    stopped = view.run.status is RunStatus.CANCELLED
    code = view.run.failure_code or ("cancelled" if stopped else "internal")
    (st.info if stopped else st.error)(page.failure(code))
    remedy = runs.remedy(view.run)
    if remedy in ("edit_text", "new_files"):
        with st.container(horizontal=True):
            if remedy == "edit_text" and st.button(page.t("workbench.edit_jd"), type="primary", icon=":material/edit:"):
                with page.session() as db:
                    _begin_with(view, pages.text_so_far(db, view.job) if view.job else "")
            if view.pages and st.button(page.t("workbench.new_pictures"), icon=":material/add_photo_alternate:"):
                _begin_with(view, "")
    else:
        run_viewer.retry_button(page, view.run)
    receipt(page, view)


def _begin_with(view: RunView, text: str) -> None:
    """Go to a new form for the same client."""
    _new_draft(text)
    st.switch_page("pages/Workbench.py", query_params={"client": str(view.client.id)})


def _sources(page: Page, view: RunView) -> None:
    if view.job is None:
        return
    with st.expander(page.t("workbench.jd"), icon=":material/article:"):
        with page.session() as db:
            st.text(pages.text_so_far(db, view.job))
        if any(each.picture_id for each in view.pages) and st.toggle(page.t("workbench.show_pictures")):
            for picture in _pictures(page.owner_id, view.job.id or 0):
                if picture is None:
                    st.caption(page.t("workbench.picture_deleted"))
                else:
                    st.image(picture)


@st.cache_data(max_entries=8, ttl=600, show_spinner=False)  # soon forgotten, for pictures may be deleted
def _pictures(owner_id: int, job_id: int) -> list[bytes | None]:
    with database.session(owner_id) as db:
        return pages.previews(db, db.require(Job, job_id))


def main() -> None:
    page = open_page()
    wants_run = bool(st.query_params.get("run"))
    run_id = asked("run")
    with place_for(run_id if wants_run else "form"):
        if wants_run:
            show_run(page, run_id)
        else:
            new_match(page)


main()
