"""What every page begins with: the owner, the language, the engine running. Every page file calls `open_page` first."""

import logging
import threading
from dataclasses import dataclass

import streamlit as st

from core import database, engine, i18n, llm
from core.errors import WorkbenchError
from core.models import User
from core.settings import settings

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

    def session(self) -> database.OwnerSession:
        return database.session(self.owner_id)

    def error(self, error: WorkbenchError) -> None:
        """Show what went wrong and what to do, where the person is looking."""
        st.error(error.message(self.locale), icon=":material/error:")


@st.cache_resource(show_spinner=False)
def _start_process() -> None:
    """Once per process: log lines, the engine with its recovery, and litellm, none of which a page waits for."""
    logging.basicConfig(level=settings().log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    for delay, work in ((ENGINE_DELAY, engine.start), (WARM_UP_DELAY, llm.warm_up)):
        timer = threading.Timer(delay, work)
        timer.daemon = True
        timer.start()


def open_page() -> Page:
    """The page's context. Cheap, and harmless when Home.py has already called it in this run."""
    owner_id = database.local_owner()
    with database.session(owner_id) as db:
        chosen = db.require(User, owner_id).locale
    _start_process()
    locale = st.session_state.get("locale") or chosen or i18n.best_locale(st.context.locale)
    return Page(owner_id, locale)


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
