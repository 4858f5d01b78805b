"""What pages call a model and an OCR engine."""

from app.components.page import Page
from core.settings import OFFLINE_MODEL


def model_label(page: Page, model: str) -> str:
    """A model's name as it is shown: the offline analyst is always said to be no LLM."""
    return page.t("offline_model") if model == OFFLINE_MODEL else model


def engine_label(page: Page, engine: str) -> str:
    """An OCR engine's name as it is shown."""
    return page.t(f"engine.{engine}")
