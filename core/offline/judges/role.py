"""The job itself: whether what the title says, and what the work takes, is what the client has done, at that level."""

import re

from core.offline import vocabulary
from core.offline.evidence import Evidence, Job, Passage
from core.offline.judges.common import Answer, Case, distinct
from core.offline.judges.years import LEADER, NO_LEADER, RANK, number, years_of
from core.offline.lines import width
from core.offline.text import stems
from core.offline.vocabulary import FULL_RELATIONS

# Of the mean of two shares: of the title's words in a title of the client's, and of what the work takes in the
# documents. Chosen on the postings of tests/gold/ranking (three of its four people, in both languages).
MET, PARTIAL = 0.5, 0.3
LEAST_ALIKE = 0.5  # of a title's words: one of three is likely to be chance
UNKNOWN = 0.3  # the share of a side that says nothing: a title without a trade, work without a name
# Where titles stand: above all else, and in the short lines of the positions, however they are broken.
_TITLED, LONGEST_TITLE = frozenset({"head", "summary"}), 60  # columns
# How much of a name counts by the nearest one in the documents.
_CREDIT = {"same": 1.0, "instance": 1.0, "implied": 0.6, "near": 0.3, "broader": 0.3}
_REST = re.compile(r"[(（\[,，|:：/]|\s[-–—@]\s|\s(?:at|for|with)\s")  # after the trade: team, place, level
# Posts that are none for who has worked longer than so many years.
_BEGINNERS = (
    (
        re.compile(
            r"\b(?:intern(?:ship)?|graduate|trainee|apprentice(?:ship)?|entry[- ]level)\b|实习|应届|管培|校招|学徒",
            re.I,
        ),
        2.0,
    ),
    (re.compile(r"\b(?:junior|jr)\b|初级", re.I), 5.0),
)
_TOP = re.compile(r"\b(?:vp|vice president|director|head of|chief)\b|总监|总经理|副总|院长|校长", re.I)


def judge(case: Case) -> Answer:
    """For the title of the posting. A post for beginners is none for the experienced, nor one at the top for who has
    led nobody."""
    title, evidence = case.demand.text, case.evidence
    years = years_of(evidence.jobs)
    if any(post.search(title) and years > most for post, most in _BEGINNERS):
        return Answer("missing", (), "level_above", {"years": number(years)})
    led = any(LEADER.search(passage.text) for passage in _titles(evidence))
    if _TOP.search(title) and not led:
        return Answer("missing", (), "level_below")
    # A duty in place of a title has no word of a trade that other titles would have.
    words = stems(RANK.sub(" ", _REST.split(title.strip())[0])) if title == case.job_title else ()
    job, alike = _most_alike(words, evidence)
    share = (alike + _covered(case.work, evidence)) / 2
    shown = distinct([*([job.head] if job and alike else []), *_showing(case.work, evidence)], 2)
    if share < PARTIAL or not shown:
        return Answer("missing", (), "role_other")
    over_people = LEADER.search(NO_LEADER.sub(" ", title)) is not None
    return (
        Answer("met", shown, "role")
        if share >= MET and (led or not over_people)
        else Answer("partial", shown, "role_partly")
    )


def _most_alike(words: tuple[str, ...], evidence: Evidence) -> tuple[Job | None, float]:
    """The position whose title has most of the words, and the share of them."""
    if not words:
        return None, UNKNOWN
    shares = [(sum(word in stems(job.title) for word in words) / len(words), job) for job in evidence.jobs]
    share, job = max(shares, key=lambda entry: entry[0], default=(0.0, None))
    told = max((sum(word in title.stems for word in words) / len(words) for title in _titles(evidence)), default=0.0)
    alike = max(share, told)
    return job, alike if alike >= LEAST_ALIKE else 0.0


def _titles(evidence: Evidence) -> list[Passage]:
    return [
        passage
        for passage in evidence.passages
        if passage.place in _TITLED or (passage.place == "experience" and width(passage.text) <= LONGEST_TITLE)
    ]


def _covered(work: dict[str, float], evidence: Evidence) -> float:
    """The share of what the work takes that the documents name, or something near it."""
    if not work:
        return UNKNOWN
    return sum(weight * _nearest(name, evidence) for name, weight in work.items()) / sum(work.values())


def _nearest(name: str, evidence: Evidence) -> float:
    relations = (vocabulary.relation(have, name) for have in evidence.names)
    return max((_CREDIT[relation] for relation in relations if relation), default=0.0)


def _showing(work: dict[str, float], evidence: Evidence) -> list[Passage]:
    """The passages that name most of what the work takes, the best first."""
    told: dict[Passage, float] = {}
    for name, weight in work.items():
        named = [found.passage for found in evidence.terms(name)[:3] if found.relation in FULL_RELATIONS]
        for passage in dict.fromkeys(named):
            told[passage] = told.get(passage, 0.0) + weight
    return sorted(told, key=lambda passage: (-told[passage], passage.line))
