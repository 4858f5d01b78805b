"""Job descriptions: what is accepted as one, and the ones a client has been compared with."""

import hashlib
from collections.abc import Sequence

from sqlmodel import col, func, select

from core import prompts
from core.database import OwnerSession
from core.errors import InputError
from core.models import Client, Job

MIN_CHARACTERS, MAX_CHARACTERS = 40, 20_000  # after trimming; Chinese is dense, so the lower limit is low


def valid_text(text: str) -> str:
    """The text of a job description, cleaned and trimmed. Raises InputError when it is too short or too long."""
    text = prompts.clean(text).strip()
    if len(text) < MIN_CHARACTERS:
        raise InputError("jd_too_short", length=len(text), limit=MIN_CHARACTERS)
    if len(text) > MAX_CHARACTERS:
        raise InputError("jd_too_long", length=len(text), limit=MAX_CHARACTERS)
    return text


def new(client_id: int, text: str, title: str = "") -> Job:
    """An unsaved job of a client, from valid text."""
    return Job(client_id=client_id, text=text, text_hash=hashlib.sha256(text.encode()).hexdigest(), title=title)


def save(db: OwnerSession, client_id: int, text: str, title: str) -> Job:
    """Keep a job description for later. Raises InputError when the text is too short or too long."""
    db.require(Client, client_id)
    job = new(client_id, valid_text(text), title)
    db.add(job)
    db.commit()
    return job


def listing(db: OwnerSession, client_id: int, limit: int = 50) -> Sequence[Job]:
    """A client's job descriptions, each text once, in the order in which they first came."""
    first = select(func.min(Job.id)).where(Job.client_id == client_id).group_by(col(Job.text_hash))
    return db.exec(select(Job).where(col(Job.id).in_(first)).order_by(col(Job.id)).limit(limit)).all()
