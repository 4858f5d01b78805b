"""The finished report of a match."""

from collections.abc import Mapping, Sequence
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components.labels import model_label
from app.components.page import Page
from core import exports, highlights, improvements, receipts, render, scoring
from core.highlights import Segment
from core.models import RunKind
from core.runs import RunView
from core.schemas import JobMatch, JobSummary, Source, Strength, Weakness

BAND_COLORS: dict[scoring.Band, Literal["green", "orange", "red"]] = {
    "strong": "green",
    "medium": "orange",
    "challenging": "red",
}


def report(page: Page, view: RunView) -> None:
    """Whether another model had to answer; score and how it came about, requirements, what would raise the score,
    strengths, weaknesses, outreach, recommendations, and what it took."""
    job = view.job.contract if view.job else None
    if view.match is None or job is None:
        return
    match = view.match.contract
    fallback_notice(page, view)
    score = scoring.score(job.requirements, match.verdicts)
    _score(page, score, job)
    _section(page, "overall_assessment")
    st.markdown(render.escape(match.overall_assessment))
    _section(page, "verdicts")
    documents = {s: highlights.segments(text, s, match) for s, text in view.sources.items() if text}
    with _stacking("verdicts"):
        st.markdown(render.requirement_table(match, job, score, page.locale, render.anchors(documents)))
    _quoted(page, documents, match, job)
    _improvements(page, improvements.of(job.requirements, match.verdicts, score), job)
    _strengths_and_weaknesses(page, match)
    _outreach(page, match)
    _section(page, "recommendations")
    st.markdown(render.recommendation_list(match, page.locale))
    if match.questions_for_client:
        _section(page, "questions_for_client")
        st.markdown("\n".join(f"- {render.escape(text)}" for text in match.questions_for_client))
    _snippets(page, match)
    receipt(page, view)

    def file() -> str:
        with page.session() as db:
            return exports.report(db, view.run.id, page.locale)

    st.download_button(
        page.t("download_report"),
        data=file,  # made, and noted, when somebody asks for it
        file_name=f"match-{view.run.id[:8]}.md",
        mime="text/markdown",
        icon=":material/download:",
        on_click="ignore",
    )


def fallback_notice(page: Page, view: RunView) -> None:
    """Say which models did not answer, why, and who did instead; nothing when all did."""
    if text := receipts.notice(view, page.locale):
        st.warning(text, icon=":material/swap_horiz:")


def receipt(page: Page, view: RunView) -> None:
    """Which model made this, what read its pictures, what it cost and how long it took; folded, each task."""
    paid = receipts.of(view)
    charged = receipts.credit_words(paid.credits, page.locale)
    if not paid.lines:
        if charged:
            st.caption(charged)
        return
    tokens = sum(filter(None, (paid.total.prompt_tokens, paid.total.completion_tokens)))
    has_result = view.match is not None or (view.run.kind is not RunKind.MATCH and view.resume.summary is not None)
    parts = [
        page.t("made_by", model=model_label(page, view.made_by)) if has_result else "",
        page.t("read_by", engine=", ".join(view.readers)) if view.readers else "",
        page.t("tokens", tokens=tokens) if tokens else "",
        page.t("cost", cost=receipts.cost_words(paid.total.cost, page.locale)),
        page.t("seconds", seconds=f"{paid.total.seconds or 0:.1f}"),
        charged,
    ]
    st.caption(" · ".join(render.escape(part) for part in parts if part))
    with st.expander(page.term("receipt.title"), icon=":material/receipt_long:", type="compact"):
        st.caption(receipts.table(paid, page.locale))


def _section(page: Page, key: str) -> None:
    st.subheader(page.term(f"section.{key}"), anchor=False)


def _stacking(key: str) -> DeltaGenerator:
    """A place for a table whose rows become blocks, a cell to a line, where there is no room for columns."""
    place = st.container(key=key)
    place.html(_STACKED.format(table=f".st-key-{key} table"))
    return place


_STACKED = """<style>@media (max-width: 640px) {{
{table}, {table} tbody, {table} tr, {table} td {{display: block; width: 100%}}
{table} thead {{display: none}}
{table} tr {{border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .5rem}}
{table} tr {{margin-bottom: .5rem; padding: .25rem 0}}
{table} td {{border: 0; padding: .15rem .75rem}}
{table} td:empty {{display: none}}
}}</style>"""


def _score(page: Page, score: scoring.Score, job: JobSummary) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="large"):
        with st.container(width=160):
            st.metric(page.t("column.score"), f"{score.value} / 100")
            st.badge(page.term(f"band.{score.band}"), color=BAND_COLORS[score.band])
        with st.container():
            st.progress(score.value / 100)
            st.markdown(render.score_sentence(score, page.locale))
            for line in render.cap_lines(score, job, page.locale):
                st.markdown(line)


def _improvements(page: Page, found: improvements.Improvements, job: JobSummary) -> None:
    if table := render.improvement_table(found, job, page.locale):
        _section(page, "improvements")
        with _stacking("improvements"):
            st.markdown(table)
    if found.unsaid:
        _section(page, "unsaid")
        st.markdown(render.unsaid_list(found, job, page.locale))


def _quoted(page: Page, documents: Mapping[Source, Sequence[Segment]], match: JobMatch, job: JobSummary) -> None:
    """The client's documents with the quotes marked in them, folded."""
    requirements = {requirement.id: requirement.text for requirement in job.requirements}
    verdicts = {verdict.requirement_id: verdict.status for verdict in match.verdicts}
    for source, segments in documents.items():
        label = page.t("quoted", source=page.term(f"source.{source}"))
        with st.expander(label, icon=":material/ink_highlighter:", type="compact"):
            st.caption(page.t("quoted_hint"))
            st.html(render.highlighted_html(segments, source, requirements, verdicts))


def _strengths_and_weaknesses(page: Page, match: JobMatch) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        _section(page, "strengths")
        for strength in match.strengths:
            with st.container(border=True):
                _finding(page, strength)
        if not match.strengths:
            st.caption(page.t("no_strengths"))
    with right:
        _section(page, "weaknesses")
        for weakness in match.weaknesses:
            with st.container(border=True):
                _finding(page, weakness)
                for kind in ("interview", "resume"):
                    if tip := getattr(weakness.tip, kind):
                        st.markdown(
                            f":material/lightbulb: **{page.term(f'label.{kind}').rstrip()}** {render.escape(tip)}"
                        )
                if titles := render.snippet_titles(match, weakness.snippet_ids, page.locale):
                    st.caption(f":material/menu_book: {page.term('label.snippets')}{render.escape(titles)}")
        if not match.weaknesses:
            st.caption(page.t("no_weaknesses"))


def _snippets(page: Page, match: JobMatch) -> None:
    """What the advice rests on, each folded; or why it rests on nothing."""
    if notice := render.knowledge_notice(match, page.locale):
        st.caption(f":material/menu_book: {notice}")
    if match.knowledge.cited:
        _section(page, "snippets")
        for snippet in match.knowledge.cited:
            with st.expander(render.escape(snippet.title).rstrip(), icon=":material/menu_book:", type="compact"):
                st.markdown("\n\n".join(render.snippet_paragraphs(snippet)))


def _finding(page: Page, finding: Strength | Weakness) -> None:
    ids = f" ({', '.join(finding.requirement_ids)})" if finding.requirement_ids else ""
    st.markdown(f"**{render.escape(finding.point).rstrip()}**{ids}")
    if finding.evidence:
        where = f" ({render.escape(finding.section).rstrip()})" if finding.section else ""
        st.caption(f"{render.escape(finding.evidence).rstrip()}{where}")


def _outreach(page: Page, match: JobMatch) -> None:
    _section(page, "outreach")
    parts = (match.outreach.hook, match.outreach.value, match.outreach.call_to_action)
    st.code("\n\n".join(part for part in parts if part), language=None, wrap_lines=True)
