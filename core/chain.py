"""The workflow: a run's tasks, one durable step each, and the only code that moves a run's status.

    pictures --ocr--> [review by a person] --> text                        of either, when it is a scan
    text JD --job_summary--> JobSummary --job_match--> JobMatch            a match
    text    --resume_summary | detailed_resume_summary--> structure        an extraction

A step stores its output together with the run's next status in one transaction, and begins by looking whether that
output is already there. So a retry reuses what an earlier attempt finished, and a step that is run again after a crash
calls no model if its answer was kept. What was charged for and not earned is given back in the same transactions.

A review takes as long as a person likes, so no workflow waits for it: one ends there, and the confirmation starts the
next attempt, which finds the text and goes on.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from dbos import DBOS
from sqlmodel import Session, col, func, select, update

from core import (
    credits,
    database,
    engine,
    grounding,
    jobs,
    knowledge,
    llm,
    outputs,
    pages,
    prompts,
    render,
    routing,
    scans,
    scoring,
    standing,
    tasks,
)
from core.database import OwnerSession
from core.errors import Cancelled, WorkbenchError
from core.models import Attempt, Event, EventType, Job, LLMCall, Match, Resume, ResumeKind, Run, RunStatus, now
from core.render import LiveMatch
from core.schemas import JobMatch, JobSummary, Verdict

log = logging.getLogger(__name__)

FLUSH = 0.08  # seconds between writes to the live stream, each a transaction; below what a piece of an answer takes
MAX_STARTS = 50  # of one task in one attempt: each but the first follows the end of a process in its midst
CANCEL_CHECK = 0.2  # seconds between looks at the cancel request while a model writes, and how old what is seen may be


@DBOS.workflow(name=engine.WORKFLOW)
def run_workflow(owner_id: int, run_id: str, attempt: int) -> None:
    """Do one attempt of a run, task by task, up to the first that does not succeed."""
    with engine.working():
        with database.session(owner_id) as db:
            names = db.require(Run, run_id).tasks
        for task in names:
            if not DBOS.run_step({"name": task}, _step, task, owner_id, run_id, attempt):
                return


def adopt_orphans() -> None:
    """Mend what a crash left between the app's database and the engine's.

    An unfinished run the engine does not know is handed over if its attempt has not begun: the process died between
    the two commits. If it has begun, the engine's record of it is lost, and the run fails, as does one that the engine
    has given up: a retry goes on from what is kept.
    """
    with Session(database.engine()) as db:
        in_work = [status for status in RunStatus if status.in_work]
        runs = db.exec(select(Run).where(col(Run.status).in_(in_work))).all()
        started = select(Event.run_id, Event.attempt).where(Event.type == EventType.TASK_STARTED)
        begun = set(db.exec(started.where(col(Event.run_id).in_([run.id for run in runs]))).all())
    active = engine.active(run.workflow_id for run in runs) if runs else {}
    for run in runs:
        waits = (run.id, run.attempt) not in begun
        if waits and run.workflow_id not in active:
            engine.enqueue(run.workflow_id, run.owner_id, run.id, run.attempt, queue=run.queue)
            continue
        stops = run.cancel_requested_at is not None and waits  # at once, rather than when its turn has come
        if (stops or not active.get(run.workflow_id)) and run.owner_id is not None:
            # A run that has finished since it was read stays as it is.
            with contextlib.suppress(_Superseded):
                if run.cancel_requested_at is None:
                    _Progress(run.owner_id, run.id, run.attempt, "").settle(RunStatus.FAILED, "interrupted")
                else:
                    _Progress(run.owner_id, run.id, run.attempt, "").settle(RunStatus.CANCELLED, "cancelled")
                    if run.workflow_id in active:
                        engine.take_out(run.workflow_id)


# --- what each task reads and stores ----------------------------------------------------------------------------


Store = Callable[[OwnerSession], bool]  # keeps an output, and returns whether a paid model made it for this run


@dataclass(frozen=True)
class _Task:
    """`starts` is the status while it works; `work` makes its output and returns what stores it."""

    starts: RunStatus
    work: Callable[["_Progress", Run], Store]


def _recognise(progress: "_Progress", run: Run) -> Store:
    with progress.session() as db:
        unread = [page.id for page in pages.of(db, pages.source(db, run)) if page.picture_id and not page.reading_id]
    for page_id in unread:
        scans.read_page(run, page_id, _Quiet(progress), progress.check_cancel)
    with progress.session() as db:
        pages.check(db, run)

    def store(db: OwnerSession) -> bool:
        if not run.awaits_review:
            source = pages.source(db, run)
            pages.set_text(db, source, pages.usable_text(db, source))
        return outputs.of_paid_model(db, run, "ocr")

    return store


def _summarise_job(progress: "_Progress", run: Run) -> Store:
    candidates = routing.candidates("job_summary", run.model)
    prompt = prompts.load("job_summary", run.locale).hash
    with progress.session() as db:
        text = db.require(Job, run.job_id).text
        # Only the first candidate's: what another made while that one was down must not stand in for it for ever.
        first = candidates[0].model
        known = jobs.paid_summary(db, text, first, prompt)
    listener = _Quiet(progress)
    summary = known or tasks.summarise_job(text, locale=run.locale, candidates=candidates, listener=listener)

    def store(db: OwnerSession) -> bool:
        jobs.set_summary(db.require(Job, run.job_id), summary, listener.answered_by or first, prompt)
        return listener.paid

    return store


def _match(progress: "_Progress", run: Run) -> Store:
    with progress.session() as db:
        job = db.require(Job, run.job_id)
        summary, posting = job.contract or JobSummary(), job.text
        resume = db.require(Resume, run.resume_id).text
        detailed = db.require(Resume, run.detailed_resume_id).text if run.detailed_resume_id else ""
    sources = tasks.sources(summary, posting, resume, detailed)
    ground = partial(grounding.ground_verdict, sources=sources)

    def score_line(verdicts: list[Verdict]) -> str | None:
        grounded = grounding.ground(
            JobMatch.model_construct(verdicts=verdicts, recommendations=[]), summary.requirements, sources
        )
        return render.score_line(scoring.score(summary.requirements, grounded.verdicts), run.locale)

    listener = _Live(progress, run.locale, lambda: LiveMatch(summary.requirements, run.locale, score_line, ground))
    match = tasks.match(
        summary,
        resume,
        detailed,
        posting=posting,
        locale=run.locale,
        candidates=routing.candidates("job_match", run.model),
        today=run.today,
        snippets=knowledge.of(progress.owner_id),
        listener=listener,
    )
    score = scoring.score(summary.requirements, match.verdicts)

    def store(db: OwnerSession) -> bool:
        output, model = match.model_dump(), listener.answered_by
        db.add(Match(run_id=run.id, output=output, score=score.value, band=score.band, model=model))
        return listener.paid

    return store


def _summarise_resume(progress: "_Progress", run: Run) -> Store:
    with progress.session() as db:
        resume = db.require(Resume, run.resume_id)
    listener = _Quiet(progress)
    summary = tasks.summarise_resume(
        ResumeKind(resume.kind),
        resume.text,
        locale=run.locale,
        candidates=routing.candidates(progress.task, run.model),
        today=run.today,
        listener=listener,
    )

    def store(db: OwnerSession) -> bool:
        resume = db.require(Resume, run.resume_id)
        resume.summary, resume.summary_model = summary.model_dump(), listener.answered_by
        return listener.paid

    return store


_EXTRACTION = _Task(RunStatus.SUMMARY_PENDING, _summarise_resume)
_TASKS = {
    "ocr": _Task(RunStatus.OCR_PENDING, _recognise),
    "job_summary": _Task(RunStatus.SUMMARY_PENDING, _summarise_job),
    "job_match": _Task(RunStatus.MATCH_PENDING, _match),
    "resume_summary": _EXTRACTION,
    "detailed_resume_summary": _EXTRACTION,
}


# --- one step ---------------------------------------------------------------------------------------------------


class _Superseded(BaseException):
    """The run has finished, or a later attempt has begun: whoever still works on this one stops, changing nothing. As
    `engine.Ended` no failure, which those who go on without a model or a database could take it for."""


def _step(task: str, owner_id: int, run_id: str, attempt: int) -> bool:
    """Do one task of a run. Returns whether the next one should follow; a failure is settled here, not raised."""
    progress = _Progress(owner_id, run_id, attempt, task)
    with contextlib.suppress(_Superseded):
        try:
            return _work(progress)
        except WorkbenchError as error:
            progress.settle_error(error.code)
        except Exception as error:  # a defect must end as a failed run with a message, not as one that hangs
            log.error("task crashed run=%s task=%s error=%s at=%s", run_id, task, type(error).__name__, _where(error))
            progress.settle_error("internal")
    return False


def _work(progress: "_Progress") -> bool:
    task = _TASKS[progress.task]
    with progress.session() as db:
        run = db.require(Run, progress.run_id)
        # What was read in pictures is to be checked, and becomes a text, also when it is all there.
        done = pages.source(db, run).text != "" if progress.task == "ocr" else outputs.is_stored(db, run, progress.task)
    if run.status is RunStatus.REVIEW_PENDING:
        return False  # a step run again after a crash, when what it did was kept already
    progress.begin(None if done else task.starts)
    return progress.complete(None if done else task.work(progress, run))


def _where(error: BaseException) -> str:
    """File and line of an error: a whole traceback could carry resume text into the log."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"


class _Progress:
    """Moves one attempt of a run through one task: every status, with its event, in one transaction."""

    def __init__(self, owner_id: int, run_id: str, attempt: int, task: str) -> None:
        self.owner_id = owner_id
        self.run_id = run_id
        self.attempt = attempt
        self.task = task
        self.slot = engine.slot()

    def session(self) -> OwnerSession:
        return database.session(self.owner_id)

    def begin(self, status: RunStatus | None) -> None:
        """Start the task; None when its output is there already, from an earlier attempt or before a crash."""
        self.check_cancel()
        if status is not None:
            self._move(status, EventType.TASK_STARTED)
            self._refuse_poison()

    def stream(self) -> None:
        """The first words of the match can be read."""
        self._move(RunStatus.MATCH_STREAMING)

    def complete(self, store: Store | None) -> bool:
        """Keep the output, if it is new, and in the same transaction the status that follows from it. Returns whether
        the next task, if there is one, may follow at once. Who was charged for it and got it otherwise is paid back."""
        with self.session() as db:
            run = db.require(Run, self.run_id)
            following = run.tasks[run.tasks.index(self.task) + 1 :]
            status = _TASKS[following[0]].starts if following else RunStatus.COMPLETED
            if self.task == "ocr" and run.awaits_review:
                status = RunStatus.REVIEW_PENDING
            self._set(db, status, EventType.TASK_COMPLETED if store else None)
            # Readings of pictures are stored one by one; any other output by whoever was faster, if this process stood
            # still for so long that another has taken the run over.
            if store and self.task != "ocr" and outputs.is_stored(db, run, self.task):
                raise _Superseded
            if status is RunStatus.REVIEW_PENDING:
                self._refuse_cancelled(db)  # nobody would look any more
            if store and not store(db):
                credits.refund(db, run, [self.task])
            db.commit()
        log.info("task completed run=%s task=%s status=%s", self.run_id, self.task, status)
        return status is not RunStatus.REVIEW_PENDING

    def settle_error(self, code: str) -> None:
        """End the run as failed, or as cancelled if that was asked for: a model that is stopped may fail of it."""
        try:
            self.check_cancel()
        except Cancelled as error:
            code = error.code
        self.settle(RunStatus.CANCELLED if code == "cancelled" else RunStatus.FAILED, code)

    def settle(self, status: RunStatus, code: str) -> None:
        """End the run without a result; what earlier tasks made is kept for a retry."""
        event = EventType.TASK_CANCELLED if status is RunStatus.CANCELLED else EventType.TASK_FAILED
        self._move(status, event, code)
        log.info("run settled run=%s task=%s status=%s code=%s", self.run_id, self.task, status, code)

    def check_cancel(self) -> None:
        """Raises Cancelled when the coach has asked the run to stop, _Superseded when this attempt has ended, and
        engine.Ended when this process may no longer execute."""
        self._refuse_ended()
        with self.session() as db:
            self._refuse_cancelled(db)

    def look_for_cancel(self) -> None:
        """As `check_cancel`, of what was known `CANCEL_CHECK` seconds ago: one question serves all runs at work."""
        self._refuse_ended()
        stands = standing.of(self.run_id, CANCEL_CHECK)
        if stands is None or stands.attempt != self.attempt or stands.asked_to_stop:
            self.check_cancel()

    def _refuse_ended(self) -> None:
        if self.slot is not None and self.slot.ended.is_set():
            raise engine.Ended

    def _refuse_poison(self) -> None:
        """A task that has ended process after process must not end the next. Raises WorkbenchError."""
        mine = (Event.run_id == self.run_id, Event.attempt == self.attempt, Event.task == self.task)
        with self.session() as db:
            started = select(func.count(col(Event.id))).where(*mine, Event.type == EventType.TASK_STARTED)
            if db.exec(started).one() > MAX_STARTS:
                raise WorkbenchError("interrupted")

    def _refuse_cancelled(self, db: OwnerSession) -> None:
        columns = select(Run.cancel_requested_at, Run.attempt).where(Run.id == self.run_id)
        asked_at, attempt = db.exec(columns).one()
        if attempt != self.attempt:
            raise _Superseded
        if asked_at is not None:
            raise Cancelled

    def log_call(self, call: llm.Call) -> None:
        with self.session() as db:
            db.add(LLMCall(run_id=self.run_id, attempt=self.attempt, **vars(call)))
            db.commit()

    def _move(self, status: RunStatus, event: EventType | None = None, code: str | None = None) -> None:
        with self.session() as db:
            self._set(db, status, event, code)
            db.commit()

    def _set(self, db: OwnerSession, status: RunStatus, event: EventType | None, code: str | None = None) -> None:
        """The only change of a status: of this attempt, while it is unfinished. Raises _Superseded otherwise."""
        finished_at = now() if status.finished else None
        changed = db.exec(
            update(Run)
            .where(
                col(Run.id) == self.run_id,
                col(Run.attempt) == self.attempt,
                col(Run.status).in_([s for s in RunStatus if s.in_work]),
            )
            .values(status=status, failure_code=code, finished_at=finished_at)
        )
        if changed.rowcount != 1:
            raise _Superseded
        if status.finished:
            attempt = (col(Attempt.run_id) == self.run_id, col(Attempt.number) == self.attempt)
            db.exec(update(Attempt).where(*attempt).values(failure_code=code, finished_at=finished_at))
        if status in (RunStatus.FAILED, RunStatus.CANCELLED):
            credits.settle(db, db.require(Run, self.run_id))
        if event:
            db.add(Event(run_id=self.run_id, attempt=self.attempt, type=event, task=self.task, failure_code=code))


# --- listening to the model -------------------------------------------------------------------------------------


class _Quiet(llm.Record):
    """Watches for a cancel while a model works, and logs its calls."""

    def __init__(self, progress: _Progress) -> None:
        super().__init__()
        self.progress = progress
        self.checked = time.monotonic()

    def text(self, chunk: str) -> None:
        if time.monotonic() - self.checked >= CANCEL_CHECK:
            self.progress.look_for_cancel()
            self.checked = time.monotonic()

    def finished(self, call: llm.Call) -> None:
        super().finished(call)
        with _not_worth_an_answer("call log"):
            self.progress.log_call(call)


class _Live(_Quiet):
    """Also writes what a coach can read of the answer to the live stream, in small batches."""

    def __init__(self, progress: _Progress, locale: str, renderer: Callable[[], LiveMatch]) -> None:
        super().__init__(progress)
        self.locale = locale
        self.renderer = renderer
        self.live = renderer()
        self.visible = True
        self.broken: llm.Call | None = None  # the call before, if it failed
        self.pending = ""
        self.flushed = 0.0
        self.streaming = False

    def started(self) -> None:
        self.live, self.pending, self.visible = self.renderer(), "", True
        engine.write({"reset": True})
        if self.broken:
            self._write(render.handover(self.broken.model, self.broken.failure_code or "", self.locale))

    def text(self, chunk: str) -> None:
        super().text(chunk)
        self.pending += chunk
        if time.monotonic() - self.flushed >= FLUSH:
            self._write(self._rendered(self.pending))
            self.pending = ""

    def finished(self, call: llm.Call) -> None:
        super().finished(call)
        if call.task == routing.EMBEDDING:
            return  # no attempt at the match, which begins after it
        self.broken = call if call.outcome == "failed" else None
        if call.outcome == "ok":
            self._write(self._rendered(self.pending, last=True))

    def _rendered(self, text: str, *, last: bool = False) -> str:
        """What there is to add; after a fault of the display nothing more of this answer, which goes on without it."""
        if not self.visible:
            return ""
        delta, self.visible = "", False
        with _not_worth_an_answer("live text"):
            delta = self.live.feed(text) + (self.live.finish() if last else "")
            self.visible = True
        return delta

    def _write(self, delta: str) -> None:
        self.flushed = time.monotonic()
        if delta:
            if not self.streaming:
                self.streaming = True
                self.progress.stream()
            with _not_worth_an_answer("live stream"):
                engine.write({"text": delta})


@contextlib.contextmanager
def _not_worth_an_answer(what: str) -> Iterator[None]:
    """A hiccup in what only accompanies an answer must not throw away the answer, which may have been paid for."""
    try:
        yield
    except Exception as error:  # a cancelled workflow raises a BaseException, which passes
        log.error("%s not written error=%s", what, type(error).__name__)
