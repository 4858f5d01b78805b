"""What leaves the app as a file, each noted among the events of its run."""

from core import receipts, render, runs, scoring
from core.database import OwnerSession
from core.errors import NotFoundError
from core.models import Event, EventType


def report(db: OwnerSession, run_id: str, locale: str) -> str:
    """The report of a match as Markdown, noted as exported and committed. Raises NotFoundError when there is none."""
    view = runs.view(db, run_id)
    job = view.job.contract if view.job else None
    if view.match is None or job is None:
        raise NotFoundError
    match = view.match.contract
    score = scoring.score(job.requirements, match.verdicts)
    notice, receipt = receipts.notice(view, locale), receipts.markdown(receipts.of(view), locale)
    db.add(Event(run_id=run_id, attempt=view.run.attempt, type=EventType.RUN_EXPORTED))
    db.commit()
    return render.report_markdown(match, job, score, locale, notice=notice, receipt=receipt)
