"""The job itself: whether what the title says, and what the work takes, is what the client has done, at that level."""

import math
import re

from core.offline import levels
from core.offline.evidence import Evidence, Job, Passage
from core.offline.judges.common import Answer, Case, distinct
from core.offline.judges.work import UNKNOWN, covered, showing
from core.offline.judges.years import LEADER, NO_LEADER, RANK, number, years_of
from core.offline.lines import width
from core.offline.text import stems

# Of the mean of two shares: of the title's words in a title of the client's, and of what the work takes in the
# documents. Chosen on the postings of tests/gold/ranking (three of its four people, in both languages).
MET, PARTIAL = 0.5, 0.3
LEAST_ALIKE = 0.5  # of a title's words: one of three is likely to be chance
# Where titles stand: above all else, and in the short lines of the positions, however they are broken.
_TITLED, LONGEST_TITLE = frozenset({"head", "summary"}), 60  # columns
_REST = re.compile(r"[(（\[,，|:：/]|\s[-–—@]\s|\s(?:at|for|with)\s")  # after the trade: team, place, level
# Posts that are none for who has worked longer than so many years; a helper's is one for who has been nothing else.
_LONGEST = {levels.LEARNER: 2.0, levels.HELPER: 4.0}
_TOO_HIGH = 2  # steps above the highest post held


def judge(case: Case) -> Answer:
    """For the title of the posting. A post for beginners is none for the experienced, nor one far above all posts that
    the client has held."""
    title, evidence = case.demand.text, case.evidence
    years, asked, held = years_of(evidence.jobs), levels.level(title), _held(evidence)
    if years > _LONGEST.get(asked, math.inf) and held > asked:
        return Answer("missing", (), "level_above", {"years": number(years)})
    if asked - held >= _TOO_HIGH and asked > levels.LEADER:
        return Answer("missing", (), "level_below")
    words = stems(RANK.sub(" ", _REST.split(title.strip())[0]))
    job, alike = _most_alike(words, evidence)
    share = (alike + covered(case.work, evidence)) / 2
    shown = distinct([*([job.head] if job and alike else []), *showing(case.work, evidence)], 2)
    if share < PARTIAL or not shown:
        return Answer("missing", (), "role_other")
    over_people = LEADER.search(NO_LEADER.sub(" ", title)) is not None
    led = any(LEADER.search(passage.text) for passage in _titles(evidence))
    return (
        Answer("met", shown, "role")
        if share >= MET and (led or not over_people)
        else Answer("partial", shown, "role_partly")
    )


def _held(evidence: Evidence) -> int:
    """The level of the highest post that the client has held."""
    titles = [job.title for job in evidence.jobs] or [passage.text for passage in _titles(evidence)]
    return max(map(levels.level, titles), default=levels.USUAL)


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
