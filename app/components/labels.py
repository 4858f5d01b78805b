"""What pages call a model and an OCR engine."""

from app.components.page import Page
from core import receipts, routing


def model_label(page: Page, model: str) -> str:
    """A model's name as it is shown: the offline analyst is always said to be no LLM."""
    return receipts.model_name(model, page.locale)


def route_label(page: Page, route: str) -> str:
    """What a coach chooses from: the model a route begins with."""
    label = model_label(page, routing.first(route))
    return page.t("free_model", model=label) if route == "free" else label


def sent_to(page: Page, route: str) -> str:
    """Which providers' models get the texts of a run by this route."""
    first, *others = [c.model for c in routing.candidates("job_match", route) if not c.is_offline] or [""]
    meanings = routing.embedding()
    if not first:
        return page.t("sent_to_compare", model=meanings.model) if meanings else page.t("sent_nowhere")
    told = page.t("sent_to_then" if others else "sent_to", first=first, others=page.t("list_comma").join(others))
    return f"{told} {page.t('sent_meanings', model=meanings.model)}" if meanings else told


def engine_label(page: Page, engine: str) -> str:
    """An OCR engine's name as it is shown."""
    return page.t(f"engine.{engine}")
