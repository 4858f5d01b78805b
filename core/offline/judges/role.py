"""The job itself: whether what the title says, and what the work takes, is what the client has done, at that level."""

from core.offline import vocabulary
from core.offline.evidence import Evidence, Job
from core.offline.judges import level, occupation
from core.offline.judges.common import Answer, Case, distinct, own_title
from core.offline.judges.leading import LEADER, NO_LEADER
from core.offline.judges.work import UNKNOWN, covered, showing
from core.offline.judges.years import RANK
from core.offline.text import stems
from core.offline.vocabulary import FULL_RELATIONS

# Of the mean of two shares: of the title's words in a title of the client's, and of what the work takes in the
# documents. Chosen on the postings of tests/gold/ranking that may be looked at, in both languages.
MET, PARTIAL = 0.5, 0.3
ELSEWHERE = 0.4  # in another line of work, whose words can be no more than half of it
LEAST_ALIKE = 0.5  # of a title's words: one of three is likely to be chance


def judge(case: Case) -> Answer:
    """For the title of the posting. A post for beginners is none for the experienced, nor one far above all posts that
    the client has held; and in another line of work, words shared by titles are chance."""
    title, evidence = case.demand.text, case.evidence
    if other := level.other(case):
        return other
    other_line = occupation.is_another(case)
    job, alike = (None, 0.0) if other_line else _most_alike(level.trade(title), evidence)
    share = (alike + covered(case.work, evidence)) / 2
    shown = distinct([*([job.head] if job and alike else []), *showing(case.work, evidence)], 2)
    if share < (ELSEWHERE if other_line else PARTIAL) or not shown:
        return Answer("missing", (), "role_other")
    over_people = LEADER.search(NO_LEADER.sub(" ", title)) is not None
    led = any(LEADER.search(own_title(passage.text)) for passage in level.titles(evidence))
    met = share >= MET and not other_line and (led or not over_people)
    return Answer("met", shown, "role") if met else Answer("partial", shown, "role_partly")


def _most_alike(trade: str, evidence: Evidence) -> tuple[Job | None, float]:
    """The position whose title has most of a title's words, or of the names in it, and the share of them."""
    words, names = stems(RANK.sub(" ", trade)), {hit.name for hit in vocabulary.find(trade)}
    if not words:
        return None, UNKNOWN

    def share(told: frozenset[str], text: str) -> float:
        have = {hit.name for hit in vocabulary.find(text)}
        same = [any(vocabulary.relation(own, name) in FULL_RELATIONS for own in have) for name in names]
        by_names = sum(same) / len(same) if same else 0.0
        return max(by_names, sum(word in told for word in words) / len(words))

    shares = [(share(frozenset(stems(job.title)), job.title), job) for job in evidence.jobs]
    best, job = max(shares, key=lambda entry: entry[0], default=(0.0, None))
    alike = max([best, *(share(title.stems, title.claimed) for title in level.titles(evidence))])
    return job, alike if alike >= LEAST_ALIKE else 0.0
