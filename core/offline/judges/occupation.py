"""Whether a post is of another line of work than the client's."""

from core.offline import occupations
from core.offline.judges.common import Case
from core.offline.judges.level import trade


def is_another(case: Case) -> bool:
    """Whether the posting's title names a line of work that nothing in the client's documents does. What the job takes
    can then be known in part at most, however many tools the two share."""
    told = (passage.claimed for passage in case.evidence.passages)
    return occupations.foreign(trade(case.job_title), (trade(job.title) for job in case.evidence.jobs), told)
