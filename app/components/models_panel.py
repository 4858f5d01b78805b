"""Which models do the work, what would bring others, and a test of each connection: folded away on Home."""

from collections.abc import Iterable, Sequence

import streamlit as st

from app.components.labels import engine_label, model_label
from app.components.page import Page, yield_point
from core import model_check, receipts, render
from core.errors import WorkbenchError
from core.model_check import Overview, Step
from core.render.escape import unbroken

ARROW = " → "


@st.fragment
def models_panel(page: Page) -> None:
    """Drawn on its own: a test leaves the rest of the page alone."""
    with st.expander(page.t("models.title"), icon=":material/tune:", key="models_panel"):
        try:
            overview = model_check.overview()
        except WorkbenchError as error:  # the table of models may be edited while the page is open
            page.error(error)
            return
        _lead(page, overview)
        _plans(page, overview)
        if overview.models:
            _connections(page, overview)
        if overview.providers:  # this install's own table may have none
            _providers(page, overview)


def _lead(page: Page, overview: Overview) -> None:
    if overview.models:
        st.markdown(page.t("models.lead"))
    else:
        example = next((provider.variable for provider in overview.providers if provider.variable), "")
        st.markdown(page.t("models.offline_only", example=render.literal(example)))


def _plans(page: Page, overview: Overview) -> None:
    columns = [page.t(f"models.{name}") for name in ("task", "first", "following")]
    rows: list[Sequence[str]] = [
        (receipts.task_name(plan.task, page.locale), _names(page, plan.steps[:1]), _names(page, plan.steps[1:]))
        for plan in overview.plans
    ]
    if not any(row[-1] for row in rows):
        columns, rows = columns[:2], [row[:2] for row in rows]
    _table(columns, [_shortened(page, row, above) for row, above in zip(rows, [None, *rows], strict=False)])
    if on_request := _names(page, [step for plan in overview.plans for step in plan.on_request]):
        st.caption(page.t("models.vision_choice", models=on_request))


def _shortened(page: Page, row: Sequence[str], above: Sequence[str] | None) -> Sequence[str]:
    """The tasks mostly go the same way, which need not be read four times."""
    long = above is not None and row[1:] == above[1:] and ARROW in row[-1]
    return [*row[:-1], page.t("models.the_same")] if long else row


def _connections(page: Page, overview: Overview) -> None:
    st.markdown(f"**{page.t('models.connections')}**")
    st.caption(page.t("models.connections_hint"))
    with st.container(border=True, gap="xsmall"):
        for step in overview.models:
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                with st.container(width="stretch", gap=None):
                    st.markdown(_name(page, step))
                    st.caption(_reason(page, step))
                pressed = st.button(page.t("models.test"), key=f"test_{step.name}", icon=":material/network_check:")
            if pressed:
                _test(page, step.name)


def _test(page: Page, model: str) -> None:
    shown = render.escape(model)
    try:
        with st.spinner(page.t("models.testing", model=shown, limit=int(model_check.LIMIT))):
            answer = model_check.ask(model, yield_point)
    except WorkbenchError as error:
        page.error(error)
        return
    if answer.failure_code:
        reason = page.failure(answer.failure_code)
        st.error(page.t("models.failed", model=shown, reason=reason), icon=":material/error:")
    else:
        text = page.t("models.works", model=shown, seconds=f"{answer.seconds:.1f}")
        st.success(text, icon=":material/check_circle:")


def _providers(page: Page, overview: Overview) -> None:
    st.markdown(f"**{page.t('models.providers')}**")
    columns = [page.t(f"models.{name}") for name in ("provider_name", "variable", "state", "brings")]
    present, missing = unbroken(f"✓ {page.t('models.set')}"), unbroken(page.t("models.missing"))
    rows = [
        (
            render.escape(model_check.provider_name(provider.name, page.locale)),
            render.literal(provider.variable) if provider.variable else page.t("models.no_key_needed"),
            f":green[{present}]" if provider.present else missing,
            ", ".join(map(render.escape, provider.models)),
        )
        for provider in overview.providers
    ]
    _table(columns, rows)
    st.caption(page.t("models.how"))
    st.caption(render.escape(page.t("models.compatible")))


def _name(page: Page, step: Step) -> str:
    if not step.tier:
        return engine_label(page, step.name)
    label = render.escape(model_label(page, step.name))
    return page.t("free_model", model=label) if step.tier == "free" else label


def _names(page: Page, steps: Iterable[Step]) -> str:
    return ARROW.join(_name(page, step) for step in steps)


def _reason(page: Page, step: Step) -> str:
    if not step.source:
        return page.t("models.no_key_needed")
    return page.t("models.because", name=render.literal(step.source))


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    st.table(dict(zip(columns, zip(*rows, strict=True), strict=True)), border="horizontal", hide_index=True)
