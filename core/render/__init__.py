"""Contracts turned into Markdown for people; every text of a model, a JD or a resume is escaped on the way."""

from core.render.escape import escape, literal, plain
from core.render.highlighted import anchors, highlighted_html
from core.render.live import LiveMatch, handover
from core.render.report import (
    cap_lines,
    improvement_table,
    knowledge_notice,
    recommendation_list,
    report_markdown,
    requirement_table,
    score_line,
    score_sentence,
    snippet_paragraphs,
    snippet_titles,
    unsaid_list,
)
from core.render.summaries import job_markdown, resume_markdown, resume_text

__all__ = [
    "LiveMatch",
    "anchors",
    "cap_lines",
    "escape",
    "handover",
    "highlighted_html",
    "improvement_table",
    "job_markdown",
    "knowledge_notice",
    "literal",
    "plain",
    "recommendation_list",
    "report_markdown",
    "requirement_table",
    "resume_markdown",
    "resume_text",
    "score_line",
    "score_sentence",
    "snippet_paragraphs",
    "snippet_titles",
    "unsaid_list",
]
