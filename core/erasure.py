"""Erasing a client for good: every row that is theirs, in the app's database and in the engine's."""

import logging
from collections.abc import Sequence

from sqlalchemy import delete
from sqlmodel import col, select, update

from core import belongings, credits, database, engine, pages, remembered
from core.database import OwnerSession
from core.errors import InputError, NotFoundError, StateError
from core.models import Client, Run

log = logging.getLogger(__name__)


def erase(db: OwnerSession, client_id: int) -> None:
    """Delete a client, archived or not, and all that belongs to them, pictures included that are nobody else's.

    Raises NotFoundError for a client that is not the owner's, StateError while a run of theirs is in work.
    """
    # First, because afterwards nobody would know which they are; a finished run does not need them. In between nothing
    # is held, which others would wait for.
    runs = _finished_runs(db, client_id)
    db.rollback()
    engine.forget([workflow_id for run in runs for workflow_id in run.workflow_ids])
    for run in _finished_runs(db, client_id):
        if not run.status.finished:
            credits.settle(db, run)  # under review: what it was charged for will not be done
    db.flush()
    pictures = db.execute(belongings.pictures(client_id)).scalars().all()
    for table, theirs in reversed(list(belongings.of(client_id).items())):
        db.execute(delete(table).where(theirs))
    pages.drop_unused(db, pictures)
    db.commit()
    remembered.forget()
    database.clear_log(database.engine())
    engine.clear_log()
    log.info("client erased client=%s runs=%s", client_id, len(runs))


def require_name(client: Client, typed: str) -> None:
    """Raises InputError unless somebody who wants to erase this client has typed their name."""
    if " ".join(typed.split()) != client.name:
        raise InputError("name_differs")


def _finished_runs(db: OwnerSession, client_id: int) -> Sequence[Run]:
    """The client's runs, locked; of those that wait for a review nobody takes care either. Raises as `erase`."""
    _lock(db, client_id)
    runs = db.exec(select(Run).where(Run.client_id == client_id).with_for_update()).all()
    if any(run.status.in_work for run in runs):
        db.rollback()
        raise StateError("client_in_work")
    return runs


def _lock(db: OwnerSession, client_id: int) -> None:
    """Let nobody begin anything for this client meanwhile: on SQLite by a write, on PostgreSQL by a lock that also who
    refers to the row waits for."""
    touched = db.exec(update(Client).where(col(Client.id) == client_id).values(name=Client.name))
    if touched.rowcount != 1:
        raise NotFoundError
    db.exec(select(Client.id).where(Client.id == client_id).with_for_update())
