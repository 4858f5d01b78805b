"""Contracts turned into Markdown for people; every text of a model, a JD or a resume is escaped on the way."""

from core.render.escape import escape, literal
from core.render.live import LiveMatch, short_score
from core.render.report import report_markdown, score_sentence
from core.render.summaries import job_markdown, resume_markdown, resume_text

__all__ = [
    "LiveMatch",
    "escape",
    "job_markdown",
    "literal",
    "report_markdown",
    "resume_markdown",
    "resume_text",
    "score_sentence",
    "short_score",
]
