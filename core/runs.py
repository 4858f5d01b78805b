"""Runs as a page or a test sees them: submit, view, follow live, cancel, retry, list.

A run's id is the hash of its owner, its inputs and a token of the form it came from: a double click gives the same
run, a new form with the same inputs a new one.
"""

import hashlib
import json
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import or_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import load_only
from sqlmodel import col, func, select, update

from core import clients, credits, database, engine, jobs, pages, queues, routing, standing
from core.database import OwnerSession
from core.documents import Files
from core.errors import StateError
from core.models import (
    Attempt,
    Client,
    CreditEntry,
    Event,
    EventType,
    Job,
    LLMCall,
    Match,
    Page,
    Resume,
    ResumeKind,
    Run,
    RunKind,
    RunStatus,
    now,
)
from core.queues import Place
from core.review import Edits
from core.schemas import Source
from core.settings import settings

log = logging.getLogger(__name__)

POLL = 0.2  # seconds between looks at the status
PLACE_POLL = 2.0  # seconds between looks at the queue
NOTICE = timedelta(seconds=1)  # a run that is begun sooner does not wait
BATCH = 0.05  # seconds of live text in one delta at the start: as much as is written at a time
SLOWDOWN = 200_000  # characters: the browser redraws all text for every delta, so a delta waits 0.1 s more per 20,000
PAGE_SIZE = 20
COUNTED = 1000  # matches beyond the page of the history that is shown; of more, nobody needs to know how many

StepState = Literal["pending", "running", "done", "failed", "cancelled"]


# --- submitting -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ocr:
    """How pictures are read: by which engine (None: the one set), and whether a person checks the text."""

    engine: str | None = None
    review: bool = True


def submit_match(
    db: OwnerSession,
    client_id: int,
    jd: str | Files,
    *,
    model: str,
    locale: str,
    token: str,
    ocr: Ocr | None = None,
) -> Run:
    """Start a match of a client against a job description, or return the run this very form already started.

    The job description is a text, or files in order, of which some may be pictures to be read as `ocr` says.
    Raises InputError when the text is too short or too long, StateError when the client has no finished resume, or when
    the run costs more credits than there are, or too many runs wait already.
    """
    text = jobs.text_of(jd)
    scan = None if text is not None or isinstance(jd, str) else jd
    resume = clients.current(db, client_id, ResumeKind.RESUME)
    detailed = clients.current(db, client_id, ResumeKind.DETAILED_RESUME)
    if resume is None or resume.id is None:
        raise StateError("no_resume")
    content = text if scan is None else [pages.digest(document) for _, document in scan]
    run = Run(
        id=_key(db, RunKind.MATCH, client_id, resume.id, detailed and detailed.id, content, model, locale, token),
        kind=RunKind.MATCH,
        status=RunStatus.SUMMARY_PENDING,
        client_id=client_id,
        resume_id=resume.id,
        detailed_resume_id=detailed.id if detailed else None,
        model=model,
        locale=locale,
    )
    if scan is not None:
        _recognise_first(run, ocr)
        pages.check_size(scan, Job)
    return _submit(db, run, jobs.new(client_id, text or ""), scan or ())


def submit_extraction(db: OwnerSession, resume: Resume, *, model: str, locale: str, ocr: Ocr | None = None) -> Run:
    """Commit a resume version with the run that reads it, and start that; the same version gives the same run.

    Raises StateError when the run costs more credits than there are, or too many runs wait already.
    """
    run = _extraction(db, resume, model, locale)
    if not resume.text:
        _recognise_first(run, ocr)
    return _submit(db, run)


def insert_extraction(db: OwnerSession, resume: Resume, *, model: str, locale: str) -> Run:
    """As `submit_extraction`, for a caller that commits more with it and then calls `hand_over`."""
    run = _extraction(db, resume, model, locale)
    _insert(db, run)
    return run


def _extraction(db: OwnerSession, resume: Resume, model: str, locale: str) -> Run:
    kind = RunKind(resume.kind.value)
    return Run(
        id=_key(db, kind, resume.id),
        kind=kind,
        status=RunStatus.SUMMARY_PENDING,
        client_id=resume.client_id,
        resume_id=resume.id or 0,
        model=model,
        locale=locale,
    )


def _recognise_first(run: Run, ocr: Ocr | None) -> None:
    ocr = ocr or Ocr()
    run.status = RunStatus.OCR_PENDING
    run.ocr_engine = ocr.engine or settings().ocr_engine
    run.wants_review = ocr.review


def _key(db: OwnerSession, *inputs: object) -> str:
    canonical = json.dumps([db.owner_id, *inputs], ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def _submit(db: OwnerSession, run: Run, job: Job | None = None, scan: Files = ()) -> Run:
    if (known := db.get(Run, run.id)) is None:
        _require_room(db, run.queue)
        try:
            _insert(db, run, job, scan)
            db.commit()
        except IntegrityError:  # the other half of a double click was faster
            db.rollback()
            known = db.require(Run, run.id)
    run = known or run
    if run.status.in_work:
        hand_over(run)
    return run


def _require_room(db: OwnerSession, queue: str) -> None:
    """Raises StateError."""
    queues.require_room(queue)
    queues.require_own_room(queue, db.owner_id)


def _insert(db: OwnerSession, run: Run, job: Job | None = None, scan: Files = ()) -> None:
    if job is not None:
        db.add(job)
        db.flush()
        run.job_id = job.id
        pages.add(db, job, scan)
    db.add(run)
    db.flush()
    _new_attempt(db, run)


def _new_attempt(db: OwnerSession, run: Run) -> None:
    credits.debit(db, run)
    db.add(Attempt(run_id=run.id, number=run.attempt))
    db.add(Event(run_id=run.id, attempt=run.attempt, type=EventType.TASK_CREATED))


def hand_over(run: Run) -> None:
    """Give a committed run to the engine. If that fails now, or the process dies before, the engine's next sweep of
    the database finds the run and takes it."""
    try:
        engine.enqueue(run.workflow_id, run.owner_id, run.id, run.attempt, queue=run.queue)
    except Exception as error:  # the run is kept already: nothing is lost that should be reported as lost
        log.warning("hand-over postponed run=%s error=%s", run.id, type(error).__name__)


def confirm_review(db: OwnerSession, run_id: str, drafts: Sequence[Edits] | None = None) -> Run:
    """Take the recognised text as it stands, with `drafts` as its last corrections, and let the run go on with it.

    Raises InputError when the text cannot be used, keeping the corrections; StateError when the run does not wait for
    a review, so that a double click confirms once.
    """
    if drafts is not None:
        save_review(db, run_id, drafts)
    run = db.require(Run, run_id)
    source = pages.source(db, run)
    text = pages.usable_text(db, source)
    attempt = run.attempt + 1
    _leave_review(db, run, status=RunStatus.SUMMARY_PENDING, attempt=attempt, reviewed_at=now())
    pages.set_text(db, source, text)
    db.add(Attempt(run_id=run.id, number=attempt))
    db.add(Event(run_id=run.id, attempt=attempt, type=EventType.REVIEW_CONFIRMED))
    db.commit()
    db.refresh(run)
    hand_over(run)
    return run


def save_review(db: OwnerSession, run_id: str, drafts: Sequence[Edits]) -> None:
    """Keep the corrections made so far. Raises StateError when the run does not wait for a review (any more)."""
    run = db.require(Run, run_id)
    _in_review(db, run, wants_review=True)  # changes nothing, but a confirmation in another tab waits for it
    pages.save(db, pages.source(db, run), drafts)
    db.commit()


def _leave_review(db: OwnerSession, run: Run, **values: object) -> None:
    """Nobody works on a run under review, so whoever ends that moves its status; of two, one."""
    _in_review(db, run, **values)
    attempt = (col(Attempt.run_id) == run.id, col(Attempt.number) == run.attempt)
    db.exec(update(Attempt).where(*attempt).values(finished_at=now(), failure_code=values.get("failure_code")))


def _in_review(db: OwnerSession, run: Run, **values: object) -> None:
    """Change a run if it waits for a review, else raise StateError."""
    here = (col(Run.id) == run.id, col(Run.attempt) == run.attempt, col(Run.status) == RunStatus.REVIEW_PENDING)
    statement = update(Run).where(*here).values(**values).execution_options(synchronize_session=False)
    if db.exec(statement).rowcount != 1:
        db.rollback()
        raise StateError("not_in_review")


def cancel(db: OwnerSession, run_id: str) -> None:
    """Ask a run to stop. The workflow settles it; a run that has finished meanwhile stays as it is."""
    run = db.require(Run, run_id)
    if not _ask_to_stop(db, run):
        try:
            _leave_review(db, run, status=RunStatus.CANCELLED, failure_code="cancelled", finished_at=now())
            db.add(Event(run_id=run.id, attempt=run.attempt, type=EventType.TASK_CANCELLED, failure_code="cancelled"))
            credits.settle(db, run)
        except StateError:
            _ask_to_stop(db, run)  # confirmed at the same moment, in another tab
    db.commit()
    db.refresh(run)


def _ask_to_stop(db: OwnerSession, run: Run) -> bool:
    """Whether the run is in work, and has now been asked."""
    in_work = [status for status in RunStatus if status.in_work]
    asked = update(Run).where(col(Run.id) == run.id, col(Run.status).in_(in_work))
    at = func.coalesce(Run.cancel_requested_at, now())
    statement = asked.values(cancel_requested_at=at).execution_options(synchronize_session=False)
    return db.exec(statement).rowcount == 1


def retry(
    db: OwnerSession, run_id: str, *, review: bool = False, model: str | None = None, ocr_engine: str | None = None
) -> Run:
    """Begin the next attempt of a failed or cancelled run; what earlier attempts finished is reused. With `review`, a
    person will check what is recognised, even if that was not asked for at first; `model` and `ocr_engine` stand in for
    those that were.

    Raises StateError when the run has not ended that way, so that a double click retries once; when what is left to do
    costs more credits than there are; or when too many runs wait already.
    """
    run = db.require(Run, run_id)
    to_be_read = run.ocr_engine and not pages.source(db, run).text
    _require_room(db, routing.queue(model or run.model, reads=bool(to_be_read)))
    changed = db.exec(
        update(Run)
        .where(
            col(Run.id) == run_id,
            col(Run.attempt) == run.attempt,
            col(Run.status).in_([RunStatus.FAILED, RunStatus.CANCELLED]),
        )
        .values(
            attempt=run.attempt + 1,
            status=RunStatus.OCR_PENDING if to_be_read else RunStatus.SUMMARY_PENDING,
            wants_review=run.wants_review or review,
            model=model or run.model,
            ocr_engine=run.ocr_engine and (ocr_engine or run.ocr_engine),
            failure_code=None,
            cancel_requested_at=None,
            finished_at=None,
        )
    )
    if changed.rowcount != 1:
        db.rollback()
        raise StateError("not_retryable")
    db.refresh(run)
    _new_attempt(db, run)
    db.commit()
    hand_over(run)
    return run


# --- viewing ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One task of a run, as its events tell it."""

    task: str
    state: StepState
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took; None unless it is done."""
        return (self.finished_at - self.started_at).total_seconds() if self.started_at and self.finished_at else None


@dataclass(frozen=True)
class Fallback:
    """A model that failed at a task, why, and the one whose answer stands."""

    task: str
    model: str
    failure_code: str
    answered_by: str


@dataclass(frozen=True)
class RunView:
    """Everything a page shows of one run."""

    run: Run
    client: Client
    resume: Resume
    job: Job | None
    match: Match | None
    steps: list[Step]
    calls: list[LLMCall] = field(default_factory=list)
    pages: Sequence[Page] = ()  # of what was scanned
    readers: Sequence[str] = ()  # the OCR engines that read them, with their versions
    detailed_resume: Resume | None = None
    credits: Sequence[CreditEntry] = ()
    place: Place | None = None  # in the queue, while it waits there

    @property
    def sources(self) -> dict[Source, str]:
        """The texts that quotes of the match are from, as a person reads them."""
        detailed = self.detailed_resume.text if self.detailed_resume else ""
        return {"resume": self.resume.text, "detailed_resume": detailed}

    @property
    def finished(self) -> bool:
        return self.run.status.finished

    @property
    def made_by(self) -> str:
        """The model that made the result; without one the last that was asked, or the one that will be asked first."""
        summary = self.resume.summary_model if self.run.kind is not RunKind.MATCH else None
        if made := self.match.model if self.match else summary:
            return made
        # Which models there are may have changed since a run that has ended.
        asked = self.calls[-1].model if self.calls and self.finished else None
        return asked or routing.first(self.run.model)

    @property
    def fallbacks(self) -> list[Fallback]:
        """The models that were to answer and did not, each with the one that did instead, in order."""
        answered = [call for call in self.calls if call.outcome == "ok"]
        # Of a task that was done again after a crash the last answer stands; of pictures, those of all.
        standing = {call.id if call.task == "job_vision" else call.task: call for call in answered}.values()
        failed = {
            (call.task, call.attempt, call.candidate): Fallback(
                call.task, call.model, call.failure_code or "", ok.model
            )
            for ok in standing
            for call in self.calls
            if (call.task, call.attempt, call.outcome) == (ok.task, ok.attempt, "failed")
            and call.candidate < ok.candidate
        }
        return list(failed.values())

    @property
    def in_review(self) -> bool:
        return self.run.status is RunStatus.REVIEW_PENDING

    @property
    def tiles(self) -> tuple[int, int]:
        """How many parts of the pictures are read, of how many; a picture not begun counts as one."""
        pictures = [page for page in self.pages if page.picture_id]
        return sum(page.tiles_done for page in pictures), sum(max(page.tiles, 1) for page in pictures)


def view(db: OwnerSession, run_id: str) -> RunView:
    """Raises NotFoundError for a run that is not the owner's."""
    run = db.require(Run, run_id)
    events = db.exec(select(Event).where(Event.run_id == run_id).order_by(col(Event.id))).all()
    scanned = pages.of(db, pages.source(db, run)) if run.ocr_engine else ()
    steps = [_step(task, run, [e for e in events if e.task == task and e.type in _STATES]) for task in run.tasks]
    return RunView(
        run=run,
        client=db.require(Client, run.client_id),
        resume=db.require(Resume, run.resume_id),
        detailed_resume=db.get(Resume, run.detailed_resume_id) if run.detailed_resume_id else None,
        job=db.get(Job, run.job_id) if run.job_id else None,
        match=db.exec(select(Match).where(Match.run_id == run_id)).first(),
        steps=steps,
        place=queues.place(run) if _waits(run, events) else None,
        pages=scanned,
        readers=pages.readers(db, scanned),
        credits=credits.of_run(db, run_id),
        calls=list(db.exec(select(LLMCall).where(LLMCall.run_id == run_id).order_by(col(LLMCall.id))).all()),
    )


def _waits(run: Run, events: Sequence[Event]) -> bool:
    """Whether no process has begun this attempt, although it has had the time to."""
    mine = [event for event in events if event.attempt == run.attempt]
    begun = any(event.type is EventType.TASK_STARTED for event in mine)
    return run.status.in_work and not begun and bool(mine) and now() - mine[0].created_at > NOTICE


_STATES: dict[EventType, StepState] = {
    EventType.TASK_STARTED: "running",
    EventType.TASK_COMPLETED: "done",
    EventType.TASK_FAILED: "failed",
    EventType.TASK_CANCELLED: "cancelled",
}


def _step(task: str, run: Run, events: list[Event]) -> Step:
    """A task's last event says how it stands; one that ended badly counts only in the attempt it happened in."""
    if not events:
        # Stopped before it began, or not its turn yet.
        return Step(task, "cancelled" if run.status is RunStatus.CANCELLED else "pending")
    last = events[-1]
    if last.type is not EventType.TASK_COMPLETED and last.attempt != run.attempt:
        return Step(task, "pending")
    started = next((e.created_at for e in reversed(events) if e.type is EventType.TASK_STARTED), None)
    ended = None if last.type is EventType.TASK_STARTED else last.created_at
    return Step(task, _STATES[last.type], started, ended)


def latest_extraction(db: OwnerSession, client_id: int, kind: ResumeKind) -> Run | None:
    """The run of a document that a person should see: one that waits for a review, else the newest version's; None
    when that was corrected by hand."""
    newest = select(func.max(Resume.version)).where(Resume.client_id == client_id, Resume.kind == kind)
    query = select(Run).join(Resume, col(Resume.id) == Run.resume_id)
    query = query.where(Resume.client_id == client_id, Run.kind == RunKind(kind.value))
    waits = col(Run.status) == RunStatus.REVIEW_PENDING
    query = query.where(or_(waits, col(Resume.version) == newest.scalar_subquery()))
    return db.exec(query.order_by(waits.desc(), col(Run.created_at).desc())).first()


def clients_in_review(db: OwnerSession) -> set[int]:
    """The ids of the clients of whom a scanned document waits to be checked."""
    waits = (Run.status == RunStatus.REVIEW_PENDING, Run.kind != RunKind.MATCH)
    return set(db.exec(select(Run.client_id).where(*waits).distinct()).all())


Remedy = Literal["retry", "edit_text", "new_files", "review"]

# What helps after a failure, where another try with the same input would fail again.
_REMEDIES: dict[str | None, Remedy] = {
    "no_requirements": "edit_text",
    "image_not_a_job": "edit_text",
    "image_no_text": "new_files",
    "image_blurry": "new_files",
    "picture_deleted": "new_files",
    "image_text_too_long": "review",
}


def remedy(run: Run) -> Remedy:
    """What a person can do about a run that ended badly."""
    return _REMEDIES.get(run.failure_code, "retry")


def follow(owner_id: int, run_id: str) -> Iterator[RunView | None]:
    """The run now, and again whenever it has moved, until it is finished or waits for a person; None at each look that
    finds nothing new, so that a page notices when nobody looks any more. While it waits for its turn it comes again
    every few seconds, as the queue moves. Raises NotFoundError."""
    seen: object = None
    begun = False
    while True:
        stands = standing.of(run_id, POLL / 2)
        reads = stands is not None and stands.status is RunStatus.OCR_PENDING
        state = (stands, _progress(owner_id, run_id) if reads else 0, begun or time.monotonic() // PLACE_POLL)
        current = None
        if stands is None or state != seen:
            with database.session(owner_id) as db:
                current = view(db, run_id)
            begun = any(step.state != "pending" for step in current.steps)
            in_work = current.run.status.in_work
        yield current
        if not in_work:
            return
        seen = (*state[:2], begun or state[2])
        time.sleep(POLL)


def _progress(owner_id: int, run_id: str) -> int:
    with database.session(owner_id) as db:
        return pages.progress(db, db.require(Run, run_id))


class LiveText:
    """The readable text of a run's match: iterate for pieces of Markdown to append, None when nothing is new.

    An iteration ends when the run does, or when the text starts over because the model is asked again or a crashed
    step runs again. The next iteration then yields the new text from its beginning.
    """

    def __init__(self, run: Run) -> None:
        self._workflow_id = run.workflow_id
        self._offset = 0  # of the newest restart

    def __iter__(self) -> Iterator[str | None]:
        text, sent, position = "", 0, self._offset
        due = time.monotonic() + BATCH
        for entry in engine.read(self._workflow_id, self._offset):
            position += entry is not None
            if entry and entry.get("reset"):
                self._offset, text = position, ""
                if sent:
                    return
            elif entry:
                text += entry["text"]
            clock = time.monotonic()
            if text and (entry is None or clock >= due):
                yield text
                sent, text = sent + len(text), ""
                due = clock + BATCH + sent / SLOWDOWN
            elif entry is None:
                yield None
        if text:
            yield text


# --- history ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HistoryRow:
    """One line of the history list. A job without a title goes by the beginning of its text, or its file."""

    run_id: str
    client: str
    job_title: str
    company: str
    score: int | None
    band: str | None
    model: str  # that made the match; empty without one
    status: RunStatus
    created_at: datetime


def count(db: OwnerSession, page: int = 1) -> int:
    """How many matches the owner has run. Counting takes the longer the more there are, so it ends `COUNTED` beyond the
    page one is on: `counted_all` says whether that was before the last."""
    some = select(Run.id).where(Run.kind == RunKind.MATCH).limit(_most_counted(page)).subquery()
    return db.exec(select(func.count()).select_from(some)).one()


def counted_all(total: int, page: int = 1) -> bool:
    return total < _most_counted(page)


def _most_counted(page: int) -> int:
    return page * PAGE_SIZE + COUNTED


def history(db: OwnerSession, page: int = 1, size: int = PAGE_SIZE) -> list[HistoryRow]:
    """One page of the owner's matches, newest first; pages count from 1."""
    query = (
        select(Run, Client, Job, Match)
        .join(Client, col(Client.id) == Run.client_id)
        .join(Job, col(Job.id) == Run.job_id, isouter=True)
        .join(Match, col(Match.run_id) == Run.id, isouter=True)
        .options(*_COLUMNS)
        .where(Run.kind == RunKind.MATCH)
        .order_by(col(Run.created_at).desc(), col(Run.id))
        .limit(size)
        .offset((page - 1) * size)
    )
    found = db.exec(query).all()
    labels = jobs.labels(db, [job.id for _, _, job, _ in found if job and not job.title])
    return [
        HistoryRow(
            run_id=run.id,
            client=client.name,
            job_title=job.title or labels.get(job.id, "") if job else "",
            company=job.company if job else "",
            score=match.score if match else None,
            band=match.band if match else None,
            model=match.model if match else "",
            status=run.status,
            created_at=run.created_at,
        )
        for run, client, job, match in found
    ]


# The texts stay in the database: a list does not show them.
_COLUMNS = (
    load_only(Job.title, Job.company),  # type: ignore[arg-type]  # SQLModel types columns as their values
    load_only(Match.score, Match.band, Match.model),  # type: ignore[arg-type]
)
