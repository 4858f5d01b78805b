"""How high a post stands by the words of its title, and whether the client has stood about there."""

import math
import re

from core.offline import vocabulary
from core.offline.evidence import Evidence, Passage
from core.offline.judges.common import Answer, Case, own_title
from core.offline.judges.education import STUDYING
from core.offline.judges.years import number, years_of
from core.offline.lines import width
from core.offline.text import stems

LEARNER, HELPER, USUAL, LEADER, HEAD, TOP = range(6)

# Whom a post serves says nothing of its height: "assistant to the CEO", "President's office", 总裁办, 总经理助理.
_SERVED = re.compile(
    r"(?P<post>\b(?:assistant|secretary|aide|advis[eo]r|staff|pa|ea))\s+to\s.*|\s+to the\s.*"
    r"|\b(?:(?:vice|chief|deputy|executive|managing)\s+)*[\w-]+['’]s?\s+office\b"
    r"|[^\s,，、/／兼]*(?:办公室|(?<=[裁长理经会])办(?!理))|(?:总经理|总裁|董事长|院长|校长)(?=助理)助理",
    re.I,
)
# Behind such a word, who stands over the learners: "internship coordinator", 校招负责人.
_NOT_OVER = r"(?!(?:\s+[\w&]+){0,2}?\s+(?:coordinator|manager|director|head|lead|leader|supervisor)\b)"
_NOT_OVER_HAN = r"(?!生?(?:项目|招聘|管理|带教)*(?:负责人|主管|经理|总监|主任))"
# The first that fits. "Assistant manager" is no assistant.
_LEVELS = (
    (
        LEARNER,
        r"\b(?:intern(?:ship)?|extern(?:ship)?|student(?= (?:nurse|teacher|worker|assistant|engineer)\b|\W*$)"
        rf"|graduate(?! (?:nurse|admissions|school|studies|office))|apprentice(?:ship)?|co-op)\b{_NOT_OVER}"
        # Who bears these is a learner whatever follows: "trainee manager", "entry-level coordinator".
        r"|\b(?:trainee(?! program)|entry[- ]level|no experience)\b"
        rf"|(?:实习|应届|管培|校招|学徒|见习|(?<![第\d])(?:20)?\d\d届){_NOT_OVER_HAN}",
    ),
    (
        HELPER,
        r"\b(?:junior|jr|aide|helper|clerk|(?<!executive )(?<!personal )(?<!physician )assistants?"
        r"(?! (?:[\w&]+ ){0,2}?(?:manager|director|professor|principal|vice|head)\b))\b"
        r"|初级|助理(?!总|教授)|文员|学员|秘书(?!长)",
    ),
    (
        TOP,
        r"\b(?:chief \w+(?: \w+)? officer|ceo|cfo|coo|cto|cio|cmo|cpo|chro|cno|s?vp|vice[- ]president|president)\b"
        r"|总经理|副总(?!监)|院长|校长|首席\w*官|总裁",
    ),
    (HEAD, r"\b(?:director|head of|chief)\b|总监|秘书长"),
    (
        LEADER,
        r"\b(?:manager|lead|leader|head|supervisor|captain|foreman)\b|经理|主管|组长|班长|店长|负责人|领班|主任|护士长",
    ),
)
_PATTERNS = tuple((level, re.compile(pattern, re.I)) for level, pattern in _LEVELS)


def level(title: str) -> int:
    """From `LEARNER` to `TOP`; `USUAL` where the title says nothing."""
    post = _SERVED.sub(r"\g<post>", title)
    return next((level for level, pattern in _PATTERNS if pattern.search(post)), USUAL)


# Where titles stand: above all else, and in the short lines of the positions, however they are broken.
_TITLED, LONGEST_TITLE = frozenset({"head", "summary"}), 60  # columns
# Posts that are none for who has worked longer than so many years; a helper's is one for who has been nothing else.
_LONGEST = {LEARNER: 2.0, HELPER: 4.0}
_SPARE = 1.0  # years beyond the most that are asked for and still do
_TOO_HIGH = 2  # steps above the highest post held
_REST = re.compile(r"[(（\[,，|:：/]|\s[-–—@]\s|\s(?:at|for|with)\s")  # after the trade: team, place, level
_HELPING = re.compile(r"\b(?:assistants?|aide|helper|clerk)\b|助理|文员|秘书", re.I)
_SAME_POST = 0.5  # of a title's words, in another that helps as well: "administrative" and "executive assistant"


def other(case: Case) -> Answer | None:
    """The answer where the post is far below or above those that the client has held; None where it is not."""
    years, asked, own = years_of(case.evidence.jobs), level(case.job_title), _held(case.evidence)
    if years > _LONGEST.get(asked, math.inf) and own > asked and not (asked == HELPER and _has_helped(case)):
        return too_experienced(case, "level_above")
    return Answer("missing", (), "level_below") if asked > LEADER and asked - own >= _TOO_HIGH else None


def outgrown(case: Case) -> bool:
    """Whether a demand is for who has less behind them: fewer years, or school still to finish."""
    demand, years = case.demand, years_of(case.evidence.jobs)
    studying = any(STUDYING.search(passage.claimed) for passage in case.evidence.passages)
    return years > demand.at_most + _SPARE or (demand.student and not studying and years > _LONGEST[LEARNER])


def too_experienced(case: Case, reason: str = "outgrown") -> Answer:
    """The answer to such a demand."""
    return Answer("missing", (), reason, {"years": number(years_of(case.evidence.jobs))})


def trade(title: str) -> str:
    """A title without the team, the place and the level behind it."""
    return _REST.split(title.strip())[0]


def _has_helped(case: Case) -> bool:
    """Whether the client has held this very post of a helper: "CNA" for a certified nursing assistant."""
    asked = trade(case.job_title)
    names, words = _helpers(asked), set(stems(asked))
    own = [job.title for job in case.evidence.jobs] + [passage.claimed for passage in titles(case.evidence)]
    return any(
        names & {hit.name for hit in vocabulary.find(title)}
        or (_HELPING.search(title) and len(words.intersection(stems(title))) >= _SAME_POST * len(words) > 0)
        for title in own
    )


def _helpers(title: str) -> set[str]:
    """The names of helpers' posts in a title."""
    return {hit.name for hit in vocabulary.find(title) if _HELPING.search(title[hit.start : hit.end])}


def _held(evidence: Evidence) -> int:
    """The level of the highest post that the client has held."""
    held = [job.title for job in evidence.jobs] or [passage.text for passage in titles(evidence)]
    return max((level(own_title(title)) for title in held), default=USUAL)


def titles(evidence: Evidence) -> list[Passage]:
    """The passages in which the client's titles stand."""
    return [
        passage
        for passage in evidence.passages
        if passage.place in _TITLED or (passage.place == "experience" and width(passage.text) <= LONGEST_TITLE)
    ]
