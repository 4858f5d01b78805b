"""Whatever happens to runs, in whatever order, nobody pays twice, or for what they have not got.

The workflow's own steps are taken one by one against a SQLite file, without the engine, so that a crash can be put
between any two of them: a transaction that is rolled back, or a step that is run once more.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import select

from core import chain, clients, credits, database, engine, jobs, outputs, runs
from core.database import OwnerSession
from core.documents import Document
from core.documents import Page as PageOfFile
from core.errors import Cancelled, StateError
from core.models import (
    CreditEntry,
    EntryKind,
    Job,
    LLMCall,
    Match,
    Page,
    Reading,
    ResumeKind,
    Run,
    RunStatus,
)
from core.ocr.transcript import Line, Paragraph, Transcript
from core.runs import Ocr
from core.schemas import JobSummary, ResumeSummary
from tests.test_runs import JD, PACED
from tests.test_usage import call

ENDED = (RunStatus.FAILED, RunStatus.CANCELLED)
MOVES = {  # from each status, those that may follow
    RunStatus.OCR_PENDING: {RunStatus.REVIEW_PENDING, RunStatus.SUMMARY_PENDING, *ENDED},
    RunStatus.REVIEW_PENDING: {RunStatus.SUMMARY_PENDING, RunStatus.CANCELLED},
    RunStatus.SUMMARY_PENDING: {RunStatus.MATCH_PENDING, *ENDED},
    RunStatus.MATCH_PENDING: {RunStatus.MATCH_STREAMING, RunStatus.COMPLETED, *ENDED},
    RunStatus.MATCH_STREAMING: {RunStatus.MATCH_PENDING, RunStatus.COMPLETED, *ENDED},
    RunStatus.FAILED: {RunStatus.OCR_PENDING, RunStatus.SUMMARY_PENDING},
    RunStatus.CANCELLED: {RunStatus.OCR_PENDING, RunStatus.SUMMARY_PENDING},
    RunStatus.COMPLETED: set(),
}
STEPS = st.tuples(st.booleans(), st.sampled_from(["", "", "crashes", "again"]))  # by a paid model; what goes wrong
GRANT = 8  # credits: enough for some runs and not for all


class Crash(Exception):
    """The process dies before the commit."""


class Ledger(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.owner = NAMES.add()
        self.seen: dict[str, RunStatus] = {}
        self.paid: dict[tuple[str, str], bool] = {}  # by run and task: who made the output that is stored
        self.tokens = 0
        self.topped_up = False

    @initialize()
    def begin(self) -> None:
        with database.session(self.owner) as db:
            self.client = clients.create(db, "Ann").id or 0
            resume = clients.add_paste(db, self.client, ResumeKind.RESUME, "Ann\nAnalyst for ten years")
            resume.summary = ResumeSummary().model_dump()
            db.commit()
            credits.grant(db, GRANT, key="first")
        self.create(paid=True, scan=True, review=True, clicks=2)
        self.create(paid=True, scan=False, review=False, clicks=1)

    def runs(self) -> list[Run]:
        with database.session(self.owner) as db:
            return list(db.exec(select(Run).order_by("created_at", "id")).all())

    def pick(self, data: st.DataObject, *statuses: RunStatus) -> Run | None:
        found = [run for run in self.runs() if run.status in statuses]
        return found[data.draw(st.integers(0, len(found) - 1))] if found else None

    # --- what a person does -------------------------------------------------------------------------------------

    @precondition(lambda self: self.tokens < 5)
    @rule(paid=st.booleans(), scan=st.booleans(), review=st.booleans(), clicks=st.integers(1, 2))
    def create(self, paid: bool, scan: bool, review: bool, clicks: int) -> None:
        self.tokens += 1
        picture = Document(pages=(PageOfFile(picture=f"picture {self.tokens}".encode()),), media_type="image/png")
        jd: Any = [("a.png", picture)] if scan else JD
        model = PACED if paid else "offline"
        cost, created = 2 * paid + scan, len(self.runs())
        for _ in range(clicks):
            with database.session(self.owner) as db:
                before, known = credits.balance(db), {run.id for run in self.runs()}

                def submit(db: OwnerSession = db) -> str:
                    return runs.submit_match(
                        db, self.client, jd, model=model, locale="en", token=str(self.tokens), ocr=Ocr("vision", review)
                    ).id

                if len(known) == created and cost > before:
                    with pytest.raises(StateError, match="credits_too_few"):
                        submit()
                    assert {run.id for run in self.runs()} == known
                    return
                is_new = submit() not in known
                assert before - credits.balance(db) == (cost if is_new else 0)

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if run := self.pick(data, *RunStatus):
            with database.session(self.owner) as db:
                runs.cancel(db, run.id)

    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        if (run := self.pick(data, *ENDED)) is None:
            return
        with database.session(self.owner) as db:
            quote = credits.quote_retry(db, run)
            assert quote is not None
            if not quote.affordable:
                with pytest.raises(StateError, match="credits_too_few"):
                    runs.retry(db, run.id)
                return
            runs.retry(db, run.id)
            assert quote.balance - credits.balance(db) == quote.cost
            with pytest.raises(StateError):
                runs.retry(db, run.id)  # the other half of a double click

    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        if run := self.pick(data, RunStatus.REVIEW_PENDING):
            with database.session(self.owner) as db:
                before = credits.balance(db)
                runs.confirm_review(db, run.id)
                assert credits.balance(db) == before
                with pytest.raises(StateError):
                    runs.confirm_review(db, run.id)

    @precondition(lambda self: not self.topped_up)
    @rule()
    def top_up(self) -> None:
        self.topped_up = True
        with database.session(self.owner) as db:
            for _ in range(2):
                credits.grant(db, 3, key="topped up")

    # --- what the workflow does ---------------------------------------------------------------------------------

    @rule(data=st.data(), steps=st.lists(STEPS, min_size=1, max_size=4))
    def work(self, data: st.DataObject, steps: list[tuple[bool, str]]) -> None:
        for by_paid, mishap in steps:
            if run := self.pick(data, *[status for status in RunStatus if status.in_work]):
                self.step(run, by_paid, crashes=mishap == "crashes", again=mishap == "again")
                self.a_run_moves_only_where_it_may()

    work_on = work_again = work  # rules are drawn evenly, and most of what happens is work

    def step(self, run: Run, by_paid: bool, *, crashes: bool, again: bool) -> None:
        """The next task of a run, done by a paid model or by another; the step may die before it is kept, or be run
        once more afterwards."""
        by_paid = by_paid and (run.model == PACED or run.status is RunStatus.OCR_PENDING)
        task = self.next_task(run)
        progress = chain._Progress(self.owner, run.id, run.attempt, task)
        try:
            progress.begin(chain._TASKS[task].starts)
            if task == "job_match":
                progress.stream()
            store = self.store(run, task, by_paid)
            if crashes:
                with pytest.raises(Crash):
                    progress.complete(dying(store))
                return
            progress.complete(store)
        except Cancelled as error:
            progress.settle(RunStatus.CANCELLED, error.code)
            return
        self.paid[run.id, task] = by_paid
        if again:
            chain._step(task, self.owner, run.id, run.attempt)

    @rule(data=st.data(), how=st.sampled_from(["fails", "fails", "old attempt", "orphans"]))
    def fail(self, data: st.DataObject, how: str) -> None:
        if how == "orphans":
            chain.adopt_orphans()  # the engine has given up all it had
        elif how == "fails":
            if run := self.pick(data, *[status for status in RunStatus if status.in_work]):
                progress = chain._Progress(self.owner, run.id, run.attempt, self.next_task(run))
                progress.settle_error("timeout")
                with pytest.raises(chain._Superseded):
                    progress.settle_error("timeout")
        elif (run := self.pick(data, *RunStatus)) and run.attempt > 1:
            with pytest.raises(chain._Superseded):
                chain._Progress(self.owner, run.id, run.attempt - 1, "job_match").settle(RunStatus.FAILED, "timeout")

    def next_task(self, run: Run) -> str:
        return {RunStatus.OCR_PENDING: "ocr", RunStatus.SUMMARY_PENDING: self.unread(run)}.get(run.status, "job_match")

    def unread(self, run: Run) -> str:
        with database.session(self.owner) as db:
            return "job_match" if outputs.is_stored(db, run, "job_summary") else "job_summary"

    def store(self, run: Run, task: str, by_paid: bool) -> Callable[[OwnerSession], bool]:
        if task == "ocr":
            return self.read_pictures(run, by_paid)

        def keep(db: OwnerSession) -> bool:
            if task == "job_summary":
                jobs.set_summary(db.require(Job, run.job_id), JobSummary(job_title="x"), PACED, "")
            else:
                db.add(Match(run_id=run.id, output={}, score=1, band="medium", model=PACED))
            return by_paid

        return keep

    def read_pictures(self, run: Run, by_paid: bool) -> Callable[[OwnerSession], bool]:
        """As `core.scans` does: each picture, and each call, is kept as soon as it is there."""
        with database.session(self.owner) as db:
            (page,) = db.exec(select(Page).where(Page.job_id == run.job_id)).all()
            if page.reading_id is None:
                name = "vision" if by_paid else "rapidocr"
                lines = [
                    Paragraph(text=text, lines=(Line(text=text, boxes=(), confidence=1),)) for text in JD.split("\n")
                ]
                transcript = Transcript(
                    engine=name, version="1", rotation=0, width=9, height=9, paragraphs=tuple(lines)
                )
                reading = Reading(
                    picture_id=page.picture_id, engine=name, version="1", output=transcript.model_dump(mode="json")
                )
                db.add(reading)
                db.flush()
                page.reading_id = reading.id
                if by_paid:
                    db.add(call(run.id, task="job_vision"))
                db.commit()
        return chain._recognise(chain._Progress(self.owner, run.id, run.attempt, "ocr"), run)

    def teardown(self) -> None:
        chain.adopt_orphans()  # which looks at the runs of everybody
        self.a_run_has_paid_for_what_it_has_and_for_what_it_is_still_to_do()

    # --- what always holds --------------------------------------------------------------------------------------

    @invariant()
    def the_balance_is_the_sum_and_never_negative(self) -> None:
        with database.session(self.owner) as db:
            entries = db.exec(select(CreditEntry).order_by("id")).all()
            assert credits.balance(db) == sum(entry.amount for entry in entries)
        total = 0
        for entry in entries:
            total += entry.amount
            assert total >= 0

    @invariant()
    def nothing_is_charged_or_given_back_twice(self) -> None:
        with database.session(self.owner) as db:
            entries = db.exec(select(CreditEntry).where(CreditEntry.run_id != None)).all()  # noqa: E711
        counts = Counter((entry.kind, entry.run_id, entry.attempt, entry.task) for entry in entries)
        assert set(counts.values()) <= {1}
        refunds = {key[1:] for key in counts if key[0] is EntryKind.REFUND}
        assert refunds <= {key[1:] for key in counts if key[0] is EntryKind.DEBIT}

    @invariant()
    def a_run_has_paid_for_what_it_has_and_for_what_it_is_still_to_do(self) -> None:
        for run in self.runs():
            with database.session(self.owner) as db:
                kept = Counter(entry.task for entry in credits.of_run(db, run.id) for _ in range(-entry.amount))
                kept.subtract(entry.task for entry in credits.of_run(db, run.id) if entry.amount > 0)
                stored = {task for task in run.tasks if outputs.is_stored(db, run, task)}
                vision = db.exec(select(LLMCall.id).where(LLMCall.run_id == run.id)).first() is not None
            price = credits.cost(run.tasks, run.model, run.ocr_engine)
            for task in run.tasks:
                if task == "ocr" and run.status is RunStatus.OCR_PENDING:
                    continue  # read, but not all told yet
                if task in stored:
                    expected = price.get(task, 0) * (vision if task == "ocr" else self.paid[run.id, task])
                else:
                    expected = 0 if run.status in ENDED else price.get(task, 0)
                assert kept[task] == expected, (task, run.status)

    @invariant()
    def a_run_moves_only_where_it_may(self) -> None:
        for run in self.runs():
            before = self.seen.get(run.id)
            if before is not None and run.status is not before:
                assert run.status in reachable(before), (before, run.status)
            self.seen[run.id] = run.status


def reachable(status: RunStatus) -> set[RunStatus]:
    """A step moves a run when it begins and when it ends."""
    return MOVES[status] | {after for between in MOVES[status] for after in MOVES[between]}


def dying(store: Callable[[OwnerSession], bool]) -> Callable[[OwnerSession], bool]:
    def die(db: OwnerSession) -> bool:
        store(db)
        db.flush()
        raise Crash

    return die


class Names:
    """Each example has an owner of its own in the one database."""

    def __init__(self) -> None:
        self.count = 0

    def add(self) -> int:
        from tests.test_database import add_owner

        self.count += 1
        return add_owner(f"owner {self.count}")


NAMES = Names()


@pytest.mark.usefixtures("paced")
def test_whatever_happens_the_ledger_is_right(configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    configure(credits=True, signup_credits=0, vision_model="openai/paced")
    NAMES.count = 0
    monkeypatch.setattr(engine, "enqueue", lambda *_, **__: None)
    monkeypatch.setattr(engine, "active", lambda ids: dict.fromkeys(ids, False))
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=15,
            phases=[Phase.generate],
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
