"""What a run costs and whether there are credits for it, said before it is started; nothing while credits are off."""

from dataclasses import dataclass

import streamlit as st

from app.components.labels import engine_label, route_label
from app.components.page import Page
from core import credits, i18n, render
from core.credits import Quote
from core.models import Run, RunKind
from core.routing import TIERS
from core.runs import Ocr
from core.settings import settings


@dataclass(frozen=True)
class Terms:
    """How a run will be started. `key` belongs into the key of the button that does it: when the terms have changed,
    the click on what a person saw before is lost, and they see the new ones."""

    model: str
    ocr_engine: str | None
    key: str = ""

    def ocr(self, wanted: Ocr | None) -> Ocr | None:
        return wanted and Ocr(self.ocr_engine, wanted.review)


def balance(page: Page) -> None:
    """How many credits there are."""
    if settings().credits:
        with page.session() as db:
            st.caption(page.t("credits.balance", balance=credits.balance(db)))


def terms(page: Page, kind: RunKind, model: str, ocr: Ocr | None) -> Terms:
    """Say what a run that is asked for in this way costs, and how it will be started."""
    engine = ocr.engine or settings().ocr_engine if ocr else None
    with page.session() as db:
        quote = credits.quote(db, kind, model, engine)
    return _shown(page, quote) if quote else Terms(model, engine)


def retry_terms(page: Page, run: Run) -> Terms:
    """The same for what a retry has left to do."""
    with page.session() as db:
        quote = credits.quote_retry(db, run)
    return _shown(page, quote) if quote else Terms(run.model, run.ocr_engine)


def _shown(page: Page, quote: Quote) -> Terms:
    if quote.affordable:
        text = "credits.costs" if quote.cost else "credits.free"
        st.caption(page.t(text, cost=quote.cost, balance=quote.balance))
    else:
        model = route_label(page, quote.model)
        parts = [page.t("credits.too_few", cost=quote.cost, balance=quote.balance, model=render.escape(model))]
        if quote.ocr_engine:
            parts.append(page.t("credits.pictures", engine=engine_label(page, quote.ocr_engine)))
        if quote.model == TIERS[-1]:
            parts.append(i18n.translate(page.locale, "report.fallback.offline_means"))
        st.warning(i18n.translate(page.locale, "report.fallback.space").join(parts), icon=":material/toll:")
    return Terms(quote.model, quote.ocr_engine, f"-{quote.cost}-{quote.model}-{quote.ocr_engine}")
