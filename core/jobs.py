"""Job descriptions: what is accepted as one, and the ones a client has been compared with."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import case
from sqlmodel import col, func, select

from core import prompts
from core.database import OwnerSession
from core.documents import Files
from core.errors import InputError
from core.models import Job, Page
from core.schemas import JobSummary
from core.settings import OFFLINE_MODEL

MIN_CHARACTERS, MAX_CHARACTERS = 40, 20_000  # after trimming; Chinese is dense, so the lower limit is low
LABEL = 40  # characters of a text that stand for its title


def valid_text(text: str) -> str:
    """The text of a job description, cleaned and trimmed. Raises InputError when it is too short or too long."""
    if len(text) > 4 * MAX_CHARACTERS:  # too long however much of it is invisible, so it need not be looked at
        raise InputError("jd_too_long", length=len(text), limit=MAX_CHARACTERS)
    text = prompts.clean(text).strip()
    if len(text) < MIN_CHARACTERS:
        raise InputError("jd_too_short", length=len(text), limit=MIN_CHARACTERS)
    if len(text) > MAX_CHARACTERS:
        raise InputError("jd_too_long", length=len(text), limit=MAX_CHARACTERS)
    return text


def text_of(jd: str | Files) -> str | None:
    """The valid text of a job description that is text, or files with text only; None when pictures must be read first.

    Raises InputError as `valid_text`.
    """
    if isinstance(jd, str):
        return valid_text(jd)
    if any(document.scanned for _, document in jd):
        return None
    return valid_text("\n".join(document.text for _, document in jd))


def new(client_id: int, text: str, title: str = "") -> Job:
    """An unsaved job of a client, from valid text, or from none while its pictures are not read."""
    job = Job(client_id=client_id, text="", text_hash="", title=title)
    set_text(job, text)
    return job


def set_text(job: Job, text: str) -> None:
    """Give a job its text; empty as long as its pictures are not read."""
    job.text, job.text_hash = text, _hash(text) if text else ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def set_summary(job: Job, summary: JobSummary, model: str, prompt: str) -> None:
    """Give a job its summary, with the model and the hash of the prompt that made it."""
    job.summary, job.title, job.company = summary.model_dump(), summary.job_title, summary.company
    job.summary_model, job.summary_prompt = model, prompt


def paid_summary(db: OwnerSession, text: str, model: str, prompt: str) -> JobSummary | None:
    """What this model has made of the same text with the same prompt, so that nobody pays for it twice. The offline
    analyst costs nothing and is asked anew, for it may have learnt."""
    if model == OFFLINE_MODEL:
        return None
    same = (Job.text_hash == _hash(text), Job.summary_prompt == prompt, Job.summary_model == model)
    known = db.exec(select(Job).where(*same).order_by(col(Job.id).desc())).first()
    return known.contract if known else None


def label(job: Job) -> str:
    """What a list calls a job: its title, or the beginning of its text while there is none."""
    return job.title or " ".join(job.text[:LABEL].split())


def labels(db: OwnerSession, ids: Sequence[int | None]) -> dict[int | None, str]:
    """What lists call jobs that have no title yet: the beginning of the text, or the name of the first file."""
    begins = select(Job.id, func.substr(Job.text, 1, LABEL)).where(col(Job.id).in_(ids))
    files = select(Page.job_id, Page.filename).where(col(Page.job_id).in_(ids), Page.position == 0)
    texts = {job_id: " ".join(text.split()) for job_id, text in db.exec(begins)}
    return texts | {job_id: name for job_id, name in db.exec(files) if not texts.get(job_id)}


def listing(db: OwnerSession, client_id: int, limit: int = 50) -> Sequence[Job]:
    """A client's job descriptions, each text once (under a title if it ever got one), in the order they first came."""
    titled = func.max(case((col(Job.title) != "", col(Job.id))))
    each = (
        select(func.coalesce(titled, func.min(Job.id)).label("id"), func.min(Job.id).label("first"))
        .where(Job.client_id == client_id, Job.text != "")
        .group_by(col(Job.text_hash))
        .subquery()
    )
    return db.exec(select(Job).join(each, col(Job.id) == each.c.id).order_by(each.c.first).limit(limit)).all()
