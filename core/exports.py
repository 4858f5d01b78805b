"""Reports that leave the app as files, each noted among the events of its run."""

from core import receipts, runs
from core.database import OwnerSession
from core.errors import NotFoundError
from core.models import Event, EventType


def report(db: OwnerSession, run_id: str, locale: str) -> str:
    """The report of a match as Markdown, noted as exported and committed. Raises NotFoundError when there is none."""
    view = runs.view(db, run_id)
    text = receipts.report(view, locale)
    if not text:
        raise NotFoundError
    db.add(Event(run_id=run_id, attempt=view.run.attempt, type=EventType.RUN_EXPORTED))
    db.commit()
    return text
