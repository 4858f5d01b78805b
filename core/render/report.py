"""The finished report as one Markdown document."""

import re
from collections.abc import Mapping, Sequence

from core import improvements
from core.i18n import translate
from core.improvements import Improvement, Improvements
from core.render.escape import escape, for_file, unbroken
from core.schemas import CitedSnippet, JobMatch, JobSummary, Quote, Status, Strength, Verdict, Weakness
from core.scoring import MUST_HAVE_WEIGHT, NICE_TO_HAVE_WEIGHT, Score

_PARAGRAPH = re.compile(r"\n\s*\n|\n(?=## )|(?m:^(## .*)\n)")

# Plain glyphs: every font and terminal has them, and the word beside them says the same.
STATUS_ICONS: dict[Status, str] = {"met": "✓", "partial": "◐", "missing": "✗", "unclear": "?"}


def score_sentence(score: Score, locale: str) -> str:
    """The score with its band and how it came about, as a Markdown paragraph."""
    return translate(
        locale,
        "report.score_capped" if score.value < score.uncapped else "report.score",
        value=score.value,
        band=translate(locale, f"report.band.{score.band}"),
        earned=f"{score.earned:g}",
        total=score.total,
        uncapped=score.uncapped,
        must=MUST_HAVE_WEIGHT,
        nice=NICE_TO_HAVE_WEIGHT,
    )


def score_line(score: Score, locale: str) -> str:
    """The score and its band alone, as Markdown: what `LiveMatch` shows once the verdicts are in."""
    return translate(locale, "live.score", value=score.value, band=translate(locale, f"report.band.{score.band}"))


def cap_lines(score: Score, job: JobSummary, locale: str) -> list[str]:
    """One Markdown sentence per cap that lowers the score; none when the score is below the caps anyway."""
    texts = _requirement_texts(job)
    return [
        translate(locale, f"report.cap.{cap.reason}", limit=cap.limit, requirement=texts[cap.requirement_id])
        for cap in score.caps
        if cap.limit < score.uncapped
    ]


def report_markdown(
    match: JobMatch, job: JobSummary, score: Score, locale: str, *, notice: str = "", receipt: str = ""
) -> str:
    """Everything a coach reads about one match, as a Markdown file; pages show its parts instead.

    `match` is grounded and `score` computed from its verdicts. `notice` is Markdown to be read before the rest, and
    `receipt` after it.
    """

    def point(finding: Strength | Weakness) -> str:
        return _aside(escape(finding.point).rstrip(), ", ".join(map(escape, finding.requirement_ids)), locale)

    def labelled(key: str, text: str, aside: str = "") -> str:
        shown = translate(locale, f"report.label.{key}") + escape(text).rstrip()
        return _aside(shown, escape(aside).rstrip(), locale) if text else ""

    def section(key: str, *blocks: str) -> list[str]:
        body = "\n\n".join(filter(None, blocks))
        return [f"## {translate(locale, f'report.section.{key}')}", body] if body else []

    better = improvements.of(job.requirements, match.verdicts, score)
    job_name = " · ".join(escape(part).rstrip() for part in (job.job_title, job.company) if part)
    strengths = [_bullet(point(s), labelled("evidence", s.evidence, s.section)) for s in match.strengths]
    weaknesses = [
        _bullet(
            point(w),
            labelled("evidence", w.evidence, w.section),
            labelled("interview", w.tip.interview),
            labelled("resume", w.tip.resume),
            labelled("snippets", snippet_titles(match, w.snippet_ids, locale)),
        )
        for w in match.weaknesses
    ]
    outreach = [
        f"> {escape(p)}" for p in (match.outreach.hook, match.outreach.value, match.outreach.call_to_action) if p
    ]
    blocks = [
        f"# {translate(locale, 'report.title', job=job_name) if job_name else translate(locale, 'report.title_plain')}",
        "\n".join(f"> {line}".rstrip() for line in notice.splitlines()),
        score_sentence(score, locale),
        "\n".join(_bullet(line) for line in cap_lines(score, job, locale)),
        *section("verdicts", requirement_table(match, job, score, locale)),
        *section("improvements", improvement_table(better, job, locale)),
        *section("unsaid", unsaid_list(better, job, locale)),
        *section("overall_assessment", escape(match.overall_assessment)),
        *section("strengths", "\n".join(strengths)),
        *section("weaknesses", "\n".join(weaknesses)),
        *section("outreach", "\n>\n".join(outreach)),
        *section("recommendations", recommendation_list(match, locale)),
        *section("questions_for_client", "\n".join(_bullet(escape(q)) for q in match.questions_for_client)),
        *section("snippets", knowledge_notice(match, locale), *(_cited(snippet) for snippet in match.knowledge.cited)),
        *([f"## {translate(locale, 'report.receipt.title')}", receipt] if receipt else []),
    ]
    return for_file("\n\n".join(filter(None, blocks)) + "\n")


def requirement_table(
    match: JobMatch, job: JobSummary, score: Score, locale: str, anchors: Mapping[str, str] | None = None
) -> str:
    """A Markdown table: verdict, requirement, evidence and points of each requirement of the score. The id of one that
    is in `anchors` is a link to that place on the page."""
    texts = _requirement_texts(job)
    verdicts = {v.requirement_id: v for v in reversed(match.verdicts)}
    head = [translate(locale, f"report.column.{key}") for key in ("status", "requirement", "evidence", "points")]
    rows = [head, ["---"] * len(head)]
    for contribution in score.contributions:
        requirement_id = contribution.requirement_id
        rows.append(
            [
                _status(contribution.status, locale),
                f"{_linked(requirement_id, anchors or {})} {texts[requirement_id]}",
                _evidence(verdicts[requirement_id], locale) if requirement_id in verdicts else "",
                unbroken(f"{contribution.points:g} / {contribution.weight}"),
            ]
        )
    return _table(rows)


def improvement_table(found: Improvements, job: JobSummary, locale: str) -> str:
    """A Markdown table of the open requirements and what each would make of the score; before it, where several cap
    the score, what all of them would. Empty when nothing would raise it."""
    together = found.together and translate(
        locale,
        "report.improvement.together",
        requirements=_listed(found.together.requirement_ids, locale),
        value=found.together.value,
    )
    if not found.open:
        return together or ""
    texts = _requirement_texts(job)
    head = [unbroken(translate(locale, f"report.column.{key}")) for key in ("requirement", "now", "if_met", "note")]
    rows = [
        [
            f"{item.requirement_id} {texts[item.requirement_id]}",
            _status(item.status, locale),
            unbroken(translate(locale, "report.improvement.if_met", gain=item.gain, value=item.value)),
            _remark(item, locale),
        ]
        for item in found.open
    ]
    columns = len(head) if any(row[-1] for row in rows) else len(head) - 1
    table = _table([row[:columns] for row in (head, ["---"] * len(head), *rows)])
    return f"{together}\n\n{table}" if together else table


def unsaid_list(found: Improvements, job: JobSummary, locale: str) -> str:
    """What only the detailed resume shows, as Markdown: each requirement with the passages. Empty when nothing is."""
    if not found.unsaid:
        return ""
    texts = _requirement_texts(job)
    items = [
        _bullet(
            f"{item.requirement_id} {texts[item.requirement_id]}",
            *(f"“{escape(text).rstrip()}”" for text in item.quotes),
        )
        for item in found.unsaid
    ]
    return "\n\n".join([translate(locale, "report.improvement.unsaid"), "\n".join(items)])


def recommendation_list(match: JobMatch, locale: str) -> str:
    """The next actions as a numbered Markdown list, each with the titles of the snippets it rests on."""
    sources = [*match.recommendation_snippet_ids, *([] for _ in match.recommendations)]
    lines = [
        _aside(escape(text).rstrip(), escape(snippet_titles(match, ids, locale)).rstrip(), locale)
        for text, ids in zip(match.recommendations, sources, strict=False)
    ]
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def snippet_titles(match: JobMatch, ids: Sequence[str], locale: str) -> str:
    """The titles of these coaching snippets as plain text; of those the match cites."""
    titles = {snippet.id: snippet.title for snippet in match.knowledge.cited}
    return translate(locale, "report.knowledge.and").join(titles[key] for key in ids if key in titles)


def knowledge_notice(match: JobMatch, locale: str) -> str:
    """Why there were no coaching snippets to advise by; empty when there were, or nobody looked."""
    failure = match.knowledge.failure
    return translate(locale, f"report.knowledge.{failure}") if failure else ""


def _cited(snippet: CitedSnippet) -> str:
    lines = [f"> **{escape(snippet.title).rstrip()}**", *(f"> {part}" for part in snippet_paragraphs(snippet))]
    return "\n>\n".join(lines)


def snippet_paragraphs(snippet: CitedSnippet) -> list[str]:
    """The text of a cited snippet as Markdown paragraphs, headings in bold."""
    parts = (" ".join(part.split()) for part in _PARAGRAPH.split(snippet.text) if part)
    shown = (f"**{escape(p[3:]).rstrip()}**" if p.startswith("## ") else escape(p).rstrip() for p in parts)
    return [part for part in shown if part]


def quotation(quote: Quote, locale: str) -> str:
    """A quote as Markdown, in the words of its source, with where it was found and whether only approximately, or that
    it was not; nothing for an empty one."""
    where = translate(locale, f"report.source.{quote.source}" if quote.verified else "report.unverified")
    if quote.approximate:
        where = translate(locale, "report.approximate", source=where)
    text = escape(quote.passage).rstrip()
    return _aside(f"“{text}”", where, locale) if text else ""


def _requirement_texts(job: JobSummary) -> dict[str, str]:
    return {r.id: escape(r.text).rstrip() for r in job.requirements}


def _linked(requirement_id: str, anchors: Mapping[str, str]) -> str:
    return f"[{requirement_id}](#{anchors[requirement_id]})" if requirement_id in anchors else requirement_id


def _evidence(verdict: Verdict, locale: str) -> str:
    note = escape(verdict.note).rstrip()
    quotes = " ".join(filter(None, (quotation(quote, locale) for quote in verdict.quotes)))
    return translate(locale, "report.evidence", note=note, quotes=quotes) if note and quotes else note or quotes


def _remark(item: Improvement, locale: str) -> str:
    """Why the gain is what it is, and where its evidence stands."""
    remarks = [translate(locale, "report.improvement.caps", limit=cap.limit) for cap in item.caps]
    if item.held_by:
        ids = _listed([cap.requirement_id for cap in item.held_by], locale)
        remarks.append(translate(locale, "report.improvement.held", limit=item.held_by[0].limit, requirements=ids))
    if item.only_in_detailed_resume:
        remarks.append(translate(locale, "report.improvement.only_in_detailed_resume"))
    return translate(locale, "report.fallback.space").join(remarks)


def _listed(ids: Sequence[str], locale: str) -> str:
    return translate(locale, "report.improvement.and").join(map(escape, ids))


def _status(status: Status, locale: str) -> str:
    return unbroken(f"{STATUS_ICONS[status]} {translate(locale, f'report.status.{status}')}")


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _aside(text: str, aside: str, locale: str) -> str:
    return translate(locale, "report.aside", text=text, aside=aside) if aside else text


def _bullet(*lines: str) -> str:
    return "- " + "\n  - ".join(filter(None, lines))
