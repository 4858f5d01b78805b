"""How high a post stands by the words of its title, and whether the client has stood about there."""

import math
import re

from core.offline.evidence import Evidence, Passage
from core.offline.judges.common import Answer, Case
from core.offline.judges.education import STUDYING
from core.offline.judges.years import number, years_of
from core.offline.lines import width

LEARNER, HELPER, USUAL, LEADER, HEAD, TOP = range(6)

# The first that fits. "Assistant manager" is no assistant, and "assistant to the director" no director.
_LEVELS = (
    (
        LEARNER,
        r"\b(?:intern(?:ship)?|extern(?:ship)?|student(?= (?:nurse|teacher|worker|assistant|engineer)\b|\W*$)"
        r"|graduate(?! (?:nurse|admissions|school|studies|office))|trainee|apprentice(?:ship)?|co-op|entry[- ]level"
        r"|no experience)\b|实习|应届|管培|校招|学徒|见习|\d\d届",
    ),
    (
        HELPER,
        r"\b(?:junior|jr|aide|helper|clerk|(?<!executive )(?<!personal )(?<!physician )assistants?"
        r"(?! (?:general |store |nurse )?(?:manager|director|professor|principal|vice|head)))\b"
        r"|初级|助理(?!总|教授)|文员|学员|秘书",
    ),
    (
        TOP,
        r"\b(?:chief \w+(?: \w+)? officer|c[efimopth]+o|cno|s?vp|vice[- ]president|president)\b"
        r"|总经理|副总(?!监)|院长|校长|首席\w*官|总裁",
    ),
    (HEAD, r"\b(?:director|head of|chief)\b|总监"),
    (
        LEADER,
        r"\b(?:manager|lead|leader|head|supervisor|captain|foreman)\b|经理|主管|组长|班长|店长|负责人|领班|主任|护士长",
    ),
)
_PATTERNS = tuple((level, re.compile(pattern, re.I)) for level, pattern in _LEVELS)


def level(title: str) -> int:
    """From `LEARNER` to `TOP`; `USUAL` where the title says nothing."""
    return next((level for level, pattern in _PATTERNS if pattern.search(title)), USUAL)


# Where titles stand: above all else, and in the short lines of the positions, however they are broken.
_TITLED, LONGEST_TITLE = frozenset({"head", "summary"}), 60  # columns
# Posts that are none for who has worked longer than so many years; a helper's is one for who has been nothing else.
_LONGEST = {LEARNER: 2.0, HELPER: 4.0}
_SPARE = 1.0  # years beyond the most that are asked for and still do
_TOO_HIGH = 2  # steps above the highest post held


def other(case: Case) -> Answer | None:
    """The answer where the post is far below or above those that the client has held; None where it is not."""
    years, asked, own = years_of(case.evidence.jobs), level(case.job_title), _held(case.evidence)
    if years > _LONGEST.get(asked, math.inf) and own > asked:
        return too_experienced(case)
    return Answer("missing", (), "level_below") if asked > LEADER and asked - own >= _TOO_HIGH else None


def outgrown(case: Case) -> bool:
    """Whether a demand is for who has less behind them: fewer years, or school still to finish."""
    demand, years = case.demand, years_of(case.evidence.jobs)
    studying = any(STUDYING.search(passage.claimed) for passage in case.evidence.passages)
    return years > demand.at_most + _SPARE or (demand.student and not studying and years > _LONGEST[LEARNER])


def too_experienced(case: Case) -> Answer:
    """The answer to such a demand."""
    return Answer("missing", (), "level_above", {"years": number(years_of(case.evidence.jobs))})


def _held(evidence: Evidence) -> int:
    """The level of the highest post that the client has held."""
    held = [job.title for job in evidence.jobs] or [passage.text for passage in titles(evidence)]
    return max(map(level, held), default=USUAL)


def titles(evidence: Evidence) -> list[Passage]:
    """The passages in which the client's titles stand."""
    return [
        passage
        for passage in evidence.passages
        if passage.place in _TITLED or (passage.place == "experience" and width(passage.text) <= LONGEST_TITLE)
    ]
