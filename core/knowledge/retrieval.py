"""From the open requirements of a match to the snippets that advise on them.

What the documents show is judged beforehand by the offline analyst, in some milliseconds, so every query is about a
gap, the most serious first, and one more about the job itself. Each query's best snippets are taken in turns, each
snippet once, until the budget is spent.
"""

import json
import logging
import tomllib
from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from core.database import OwnerSession
from core.knowledge import Retrieved, Snippets, library, meaning, search, snippets, words
from core.knowledge.search import Query
from core.knowledge.snippets import Advice
from core.models import Snippet
from core.offline import vocabulary
from core.offline.matching import Finding
from core.schemas import JobSummary, Knowledge

log = logging.getLogger(__name__)

MOST_GAPS = 8  # that advice is looked up for: a report speaks of five
CONSIDERED = 20  # hits of a query that are looked at
EACH = 4  # snippets that one query may bring
NEARLY = 0.7  # of the best score: what lies further behind is mostly about something else
MOST = 12  # snippets in a prompt
BUDGET = 3_000  # tokens of all of them, by `_tokens`
THREADS = 4
_OF_THE_WHOLE = frozenset({"career_change", "overqualified"})  # premises that one gap settles for the application
_INTENT = ("match_intent", "outreach")  # what a snippet about the application as a whole is tagged with


@dataclass(frozen=True)
class Found:
    """A snippet, and the requirements it was found for; none when it is about the application as a whole."""

    advice: Advice
    requirement_ids: tuple[str, ...] = ()


def _shown(one: Found) -> dict[str, object]:
    advice = one.advice
    shown: dict[str, object] = {
        "id": advice.key,
        "title": advice.title,
        "tags": list(advice.tags),
        "for": list(one.requirement_ids),
        "advice": advice.body,
    }
    return shown | {"interview": advice.interview, "resume": advice.resume}


def queries(findings: Sequence[Finding], job: JobSummary, locale: str) -> list[Query]:
    """What to look up: every open requirement with what is open about it, the gravest first, then the application."""
    gaps = [finding for finding in findings if finding.status != "met"]
    gaps.sort(key=lambda finding: (not finding.must, finding.status == "unclear", not finding.requirement.core))
    wanted = [
        Query(
            f"{f.requirement.text}\n{_note(f, locale)}",
            ("gap", f.requirement.category),
            f.requirement.id,
            premises(f),
        )
        for f in gaps[:MOST_GAPS]
    ]
    whole = " ".join([job.job_title, job.seniority, *job.industry[:2], *job.business_goals[:2]])
    of_all = _OF_THE_WHOLE & frozenset().union(*map(premises, gaps))
    return [*wanted, Query(whole, _INTENT, premises=of_all)]


@cache
def _gaps() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("gaps.toml").read_text("utf-8"))


def premises(finding: Finding) -> frozenset[str]:
    """What a snippet may take for granted about a gap: of what was found, and of what is asked."""
    tables, asked = _gaps(), set(words.spoken(finding.requirement.text))
    found = set(tables["holds"].get(_reason(finding), ()))
    found |= {name for name, concepts in tables["asks"].items() if asked.intersection(concepts)}
    terms = finding.demand.terms
    return frozenset(found | ({"tool"} if terms and all(map(vocabulary.is_tool, terms)) else set()))


def _reason(finding: Finding) -> str:
    """That of the verdict; a little short of the years is another gap than far short."""
    far = finding.reason == "years_short" and 2 * _number(finding, "years") < _number(finding, "needed")
    return "years_far_short" if far else finding.reason


def _note(finding: Finding, locale: str) -> str:
    reason = _reason(finding)
    if reason.startswith("years_") and "leading_people" in words.spoken(finding.requirement.text):
        reason = "years_leading"
    notes = _gaps()[locale]
    return str(notes.get(f"{finding.requirement.category}_{reason}", notes.get(reason, "")))


def _number(finding: Finding, name: str) -> float:
    try:
        return float(finding.values.get(name, ""))
    except ValueError:
        return 0.0


def trades(*texts: str) -> frozenset[str]:
    """The trades that texts speak of: tags of snippets that are about one trade."""
    spoken = words.concepts("\n".join(texts))
    return frozenset(trade for trade in snippets.TRADES if words.mark("c", trade) in spoken)


Plan = tuple[Sequence[Query], frozenset[str]]  # what to look up, and the trades of the job
Closest = Callable[[OwnerSession, Sequence[Query]], list[list[int]]]  # ids, for each query, by their meaning


def retrieve(opened: Snippets, plan: Callable[[], Plan], locale: str, closest: Closest | None = None) -> Retrieved:
    """The snippets for what `plan` says; those about a trade only if it is one of the job's or the query's.

    What is wrong with the knowledge, or with the look at the documents before, never costs a match: it goes on without
    snippets, and `knowledge.failure` says why. Raises only what a coach who has enough of it makes `closest` raise.
    """
    try:
        wanted, of_job = plan()
        with opened() as db:
            library.install(db)
            db.commit()
            version = library.version(db, locale)
    except Exception as error:  # whatever a database, a broken file or the analyst raises
        return _unavailable(error)
    if not version:
        return Retrieved(knowledge=Knowledge(failure="knowledge_empty"))
    near = _near(opened, wanted, closest)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            both = zip(wanted, near, strict=True)
            rankings = list(pool.map(lambda pair: _ranking(opened, locale, pair[0], pair[1], of_job), both))
    except Exception as error:
        return _unavailable(error)
    found = _chosen(rankings, wanted)
    prompt = "\n".join(json.dumps(_shown(one), ensure_ascii=False) for one in found)
    knowledge = Knowledge(version=version, offered=len(found))
    return Retrieved(prompt, knowledge, {one.advice.key: one.advice for one in found})


def _unavailable(error: Exception) -> Retrieved:
    log.error("no coaching knowledge error=%s", type(error).__name__)
    return Retrieved(knowledge=Knowledge(failure="knowledge_unavailable"))


def _near(opened: Snippets, wanted: Sequence[Query], closest: Closest | None) -> Sequence[Sequence[int]]:
    found: list[list[int]] = []
    if closest:
        try:
            with opened() as db:
                found = closest(db, wanted)
        except SQLAlchemyError as error:
            log.error("no snippets by meaning error=%s", type(error).__name__)
    return found or [[] for _ in wanted]


def _ranking(opened: Snippets, locale: str, query: Query, near: Sequence[int], of_job: Set[str]) -> list[Advice]:
    """The best for a query, and of the next ones those that are nearly as good, first any about this kind of demand."""
    with opened() as db:
        hits = search.ranked(db, locale, query, CONSIDERED)
        ids = [*(hit.id for hit in hits), *near]
        rows = {row.id: row for row in db.exec(select(Snippet).where(col(Snippet.id).in_(ids))).all()}
    own = of_job | trades(query.text)

    def fits(number: int) -> bool:
        if number not in rows:
            return False
        tags = set(rows[number].tags)
        of_trades, assumed = tags.intersection(snippets.TRADES), tags.intersection(snippets.PREMISES)
        holds = query.premises is None or assumed <= query.premises
        return holds and bool(not of_trades or of_trades & own) and bool(query.about or tags & set(_INTENT))

    fitting = [hit for hit in hits if fits(hit.id)]
    by_words = [hit.id for hit in fitting if hit.score >= NEARLY * fitting[0].score]
    order = meaning.fused(by_words, [number for number in near if fits(number)]) if near else by_words
    found = [library.advice_of(rows[number]) for number in order[:EACH]]
    kinds = set(query.tags) - {"gap"}
    return found[:1] + sorted(found[1:], key=lambda one: not kinds & set(one.tags))


def _chosen(rankings: Sequence[Sequence[Advice]], wanted: Sequence[Query]) -> tuple[Found, ...]:
    for_whom: dict[str, list[str]] = {}
    advice: dict[str, Advice] = {}
    spent = 0
    for rank in zip_longest(*rankings):
        for query, one in zip(wanted, rank, strict=True):
            if one is None:
                continue
            if one.key not in advice:
                cost = _tokens(one)
                if len(advice) == MOST or spent + cost > BUDGET:
                    continue
                spent += cost
                advice[one.key] = one
            if query.about:
                for_whom.setdefault(one.key, []).append(query.about)
    return tuple(Found(one, tuple(for_whom.get(key, ()))) for key, one in advice.items())


def _tokens(one: Advice) -> int:
    """About: a Chinese character is one token, of other writing four characters are."""
    text = "".join([one.title, one.body, one.interview, one.resume])
    han = words.han(text)
    return han + (len(text) - han) // 4
