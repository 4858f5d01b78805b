"""What every page begins with: the owner, the language, the engine running. Every page file calls `open_page` first."""

import logging
import re
import threading
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import credits, database, engine, i18n, knowledge, llm, routing
from core.errors import WorkbenchError
from core.models import User
from core.offline import wordfiles
from core.settings import settings

_log = logging.getLogger(__name__)

# Seconds after the first page was asked for: both take the processor, which that page needs first.
ENGINE_DELAY, WARM_UP_DELAY = 0.7, 2.5


@dataclass(frozen=True)
class Page:
    """Who is looking, in which language."""

    owner_id: int
    locale: str

    def t(self, key: str, **values: object) -> str:
        """The text at `[app] key`."""
        return i18n.translate(self.locale, f"app.{key}", **values)

    def term(self, key: str) -> str:
        """The word of the report at `[report] key`: pages and reports call a thing the same."""
        return i18n.translate(self.locale, f"report.{key}")

    def failure(self, code: str) -> str:
        """What a stored failure means and what to do about it."""
        return i18n.translate(self.locale, f"failure.{code}")

    def session(self) -> database.OwnerSession:
        return database.session(self.owner_id)

    def error(self, error: WorkbenchError) -> None:
        """Show what went wrong and what to do, where the person is looking."""
        st.error(error.message(self.locale), icon=":material/error:")


@st.cache_resource(show_spinner=False)
def _start_process() -> None:
    """Once per process: log lines, the engine with its recovery, litellm and what reads pictures; no page waits."""
    logging.basicConfig(level=settings().log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    for delay, work in ((ENGINE_DELAY, engine.keep_running), (WARM_UP_DELAY, _warm_up)):
        timer = threading.Timer(delay, work)
        timer.daemon = True
        timer.start()


def _warm_up() -> None:
    from core.ocr import engines  # noqa: PLC0415

    llm.warm_up()
    engines.warm_up()
    try:
        knowledge.warm_up(database.local_owner())
    except WorkbenchError as error:  # whoever opens a page is told what to mend
        _log.warning("not warmed up error=%s", error.code)


def open_page() -> Page:
    """The page's context. Cheap, and harmless when Home.py has already called it in this run.

    Without usable settings or a database there is no page, but a message that says what to mend.
    """
    try:
        routing.default()  # there is a table of models, be it the one from before the last change
        owner_id = database.local_owner()
        with database.session(owner_id) as db:
            chosen = db.require(User, owner_id).locale
            credits.welcome(db)
            db.commit()
    except WorkbenchError as error:
        st.error(error.message(i18n.best_locale(st.context.locale)), icon=":material/error:")
        st.stop()
    _start_process()
    locale = st.session_state.get("locale") or chosen or i18n.best_locale(st.context.locale)
    return Page(owner_id, locale)


def broken_files(page: Page) -> None:
    """Say so when the own table of models or the own vocabulary cannot be used; until then what was before is."""
    for check in (routing.check, wordfiles.check):
        try:
            check()
        except WorkbenchError as error:
            page.error(error)


def asked(name: str) -> str:
    """What the address asks for with `?name=`; empty when that cannot be the key of anything."""
    value = st.query_params.get(name, "")
    return value if re.fullmatch(r"[0-9a-z]{1,32}", value) else ""


def place_for(content: str) -> DeltaGenerator:
    """Where the page draws itself. Each new content moves to the other of two places and empties the one before:
    until a script ends, and following a run takes long, Streamlit would keep the old content on the page."""
    before, second = st.session_state.get("_place", (content, False))
    second = second if content == before else not second
    st.session_state["_place"] = (content, second)
    if second:
        st.empty()
        return st.container()
    place = st.container()
    st.empty()
    return place


def language_picker(page: Page) -> None:
    """The language of the app; the choice is kept for the next visit."""

    def remember() -> None:
        with page.session() as db:
            db.require(User, page.owner_id).locale = st.session_state["locale"]
            db.commit()

    options = list(i18n.LOCALES)
    st.selectbox(
        "语言 / Language",
        options,
        index=options.index(page.locale),
        format_func=i18n.LOCALES.__getitem__,
        key="locale",
        on_change=remember,
    )


def yield_point() -> None:
    """Let Streamlit end this script if nobody looks at it any more: any touch of the session state does, unseen."""
    _ = "_" in st.session_state
