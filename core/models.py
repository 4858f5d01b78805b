"""Tables. Every row but a user's belongs to an owner, and is reached only through `core.database.session(owner)`.

A version's text never changes, and a summary or match is written once, by the run that made it: so a run keeps
pointing at exactly what it read.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, CheckConstraint, DateTime, Dialect, Enum, Index, LargeBinary, UniqueConstraint
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from core import routing
from core.schemas import DetailedResumeSummary, JobMatch, JobSummary, ResumeSummary

if TYPE_CHECKING:
    from core.ocr.transcript import Transcript


class RunStatus(StrEnum):
    """The only truth about a run. After its creation, or that of a new attempt, only `core.chain` writes it."""

    OCR_PENDING = "OCR_PENDING"
    REVIEW_PENDING = "REVIEW_PENDING"  # the recognised text waits for a person; nobody works on the run meanwhile
    SUMMARY_PENDING = "SUMMARY_PENDING"
    MATCH_PENDING = "MATCH_PENDING"
    MATCH_STREAMING = "MATCH_STREAMING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def finished(self) -> bool:
        return self in (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED)

    @property
    def in_work(self) -> bool:
        """Whether the engine should know about the run: it is neither finished nor waiting for a person."""
        return not self.finished and self is not RunStatus.REVIEW_PENDING


class RunKind(StrEnum):
    """What a run makes."""

    MATCH = "match"
    RESUME = "resume"
    DETAILED_RESUME = "detailed_resume"

    def tasks(self, *, ocr: bool) -> tuple[str, ...]:
        """What such a run does, in order; with `ocr`, its source is pictures."""
        return (("ocr",) if ocr else ()) + _TASKS[self]


_TASKS = {
    RunKind.MATCH: ("job_summary", "job_match"),
    RunKind.RESUME: ("resume_summary",),
    RunKind.DETAILED_RESUME: ("detailed_resume_summary",),
}


class ResumeKind(StrEnum):
    """The two documents of a client, which are also the two sources a quote may name."""

    RESUME = "resume"
    DETAILED_RESUME = "detailed_resume"

    @property
    def schema(self) -> type[ResumeSummary] | type[DetailedResumeSummary]:
        return ResumeSummary if self is ResumeKind.RESUME else DetailedResumeSummary


class Origin(StrEnum):
    """Where a resume version came from."""

    UPLOAD = "upload"
    PASTE = "paste"
    CORRECTION = "correction"


class EventType(StrEnum):
    TASK_CREATED = "TASK_CREATED"
    TASK_STARTED = "TASK_STARTED"
    TASK_COMPLETED = "TASK_COMPLETED"
    TASK_FAILED = "TASK_FAILED"
    TASK_CANCELLED = "TASK_CANCELLED"
    REVIEW_CONFIRMED = "REVIEW_CONFIRMED"
    CREDITS_DEBITED = "CREDITS_DEBITED"
    CREDITS_REFUNDED = "CREDITS_REFUNDED"
    RUN_EXPORTED = "RUN_EXPORTED"


class EntryKind(StrEnum):
    """Why credits came or went."""

    SIGNUP = "signup"
    PURCHASE = "purchase"
    ADJUST = "adjust"
    DEBIT = "debit"
    REFUND = "refund"


_Json = JSON(none_as_null=True)  # an absent document is NULL, so that a query can ask for it


def now() -> datetime:
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware UTC timestamp on every database (SQLite drops the zone, so it is put back)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def _names(kind: type[StrEnum]) -> Any:
    # Plain text columns: a new member then needs no change of schema on any database.
    return Enum(kind, native_enum=False, length=32, values_callable=lambda members: [m.value for m in members])


class User(SQLModel, table=True):
    """An owner. A single-user install has one."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    locale: str | None = None  # the language chosen in the app; None: the browser's
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class Owned(SQLModel):
    """Base of every other table: `owner_id` is filled and enforced by the session."""

    owner_id: int | None = Field(default=None, foreign_key="user.id", nullable=False, index=True)


class Client(Owned, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    archived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Resume(Owned, table=True):
    """One version of a client's resume or detailed resume.

    `text` is what matching reads and quotes are verified against; a scan has pages, and a text once they are read.
    `summary` is filled once, by the extraction run; a correction by hand is a new version whose text is rendered from
    the corrected summary.
    """

    __table_args__ = (UniqueConstraint("client_id", "kind", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id")
    kind: ResumeKind = Field(sa_type=_names(ResumeKind))
    version: int
    origin: Origin = Field(sa_type=_names(Origin))
    filename: str = ""
    text: str
    locale: str
    summary: dict[str, Any] | None = Field(default=None, sa_type=_Json)
    summary_model: str | None = None  # that made it; None for a correction
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)

    @property
    def contract(self) -> ResumeSummary | DetailedResumeSummary | None:
        """The structured result, or None while there is none."""
        return None if self.summary is None else self.kind.schema.model_validate(self.summary)


class Job(Owned, table=True):
    """A job description kept for a client: its text (of screenshots, once they are read), and its summary once a run
    has made one."""

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id", index=True)
    text: str
    text_hash: str = Field(index=True)
    title: str = ""
    company: str = ""
    summary: dict[str, Any] | None = Field(default=None, sa_type=_Json)
    summary_model: str | None = None  # that made it
    summary_prompt: str | None = None  # hash of the prompt it was made with
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)

    @property
    def contract(self) -> JobSummary | None:
        return None if self.summary is None else JobSummary.model_validate(self.summary)


class Picture(Owned, table=True):
    """A picture as it was uploaded, or as a scanned page was rendered; each content once.

    Once it is deleted by policy the data is empty, and what was read in it remains.
    """

    __table_args__ = (UniqueConstraint("owner_id", "digest"),)

    id: int | None = Field(default=None, primary_key=True)
    digest: str  # SHA-256 of the data
    data: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class Reading(Owned, table=True):
    """What an engine read in a picture: kept, so that the same picture is not read twice."""

    __table_args__ = (UniqueConstraint("picture_id", "engine", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    picture_id: int = Field(foreign_key="picture.id")
    engine: str
    version: str  # of the engine and of what we make of its answer
    output: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)

    @property
    def transcript(self) -> "Transcript":
        from core.ocr.transcript import Transcript  # noqa: PLC0415 - most pages show no picture

        return Transcript.model_validate(self.output)


class Page(Owned, table=True):
    """One page of a scanned resume or job description, in order: a picture, or text that a mixed document already had.

    `rows` are the coach's corrections so far, `[[text, kept], ...]`; None while the text stands as it was read.
    """

    __table_args__ = (
        CheckConstraint("(resume_id IS NULL) <> (job_id IS NULL)", name="one_source"),
        CheckConstraint("(text IS NULL) <> (picture_id IS NULL)", name="one_content"),
    )

    id: int | None = Field(default=None, primary_key=True)
    resume_id: int | None = Field(default=None, foreign_key="resume.id", index=True)
    job_id: int | None = Field(default=None, foreign_key="job.id", index=True)
    position: int
    filename: str = ""
    text: str | None = None
    picture_id: int | None = Field(default=None, foreign_key="picture.id", index=True)
    reading_id: int | None = Field(default=None, foreign_key="reading.id", index=True)
    engine_failure: str | None = None  # why the default engine read it instead of the one that was asked for
    tiles_done: int = 0
    tiles: int = 0  # 0: not known yet
    rows: list[Any] | None = Field(default=None, sa_type=_Json)


class Run(Owned, table=True):
    """One request of a coach: a match, or the extraction of one resume version. `id` is its idempotency key."""

    __table_args__ = (Index("ix_run_history", "owner_id", "kind", "created_at", "id"),)

    id: str = Field(primary_key=True)
    kind: RunKind = Field(sa_type=_names(RunKind))
    status: RunStatus = Field(sa_type=_names(RunStatus))
    failure_code: str | None = None
    client_id: int = Field(foreign_key="client.id", index=True)
    resume_id: int = Field(foreign_key="resume.id", index=True)
    detailed_resume_id: int | None = Field(default=None, foreign_key="resume.id", index=True)
    job_id: int | None = Field(default=None, foreign_key="job.id", index=True)
    model: str  # what was asked for, a route of `core.routing`; what answered stands with each result
    locale: str
    ocr_engine: str | None = None  # asked for; None when there is nothing to recognise
    wants_review: bool = False  # whether the recognised text waits for a person before anything else reads it
    reviewed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempt: int = 1
    cancel_requested_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def tasks(self) -> tuple[str, ...]:
        """What the run does, in order."""
        return self.kind.tasks(ocr=self.ocr_engine is not None)

    @property
    def workflow_id(self) -> str:
        """The engine's idempotency key: one workflow per attempt of a run."""
        return f"{self.id}-{self.attempt}"

    @property
    def workflow_ids(self) -> list[str]:
        """Those of all attempts."""
        return [f"{self.id}-{number}" for number in range(1, self.attempt + 1)]

    @staticmethod
    def id_of(workflow_id: str) -> str:
        """The run a workflow belongs to."""
        return workflow_id.rpartition("-")[0]

    @property
    def queue(self) -> str:
        """Where it waits its turn: reading pictures takes all processors, and must not keep other runs from theirs."""
        return routing.queue(self.model, reads=self.status is RunStatus.OCR_PENDING)

    @property
    def awaits_review(self) -> bool:
        """Whether a person has yet to confirm what is recognised."""
        return self.wants_review and self.reviewed_at is None

    @property
    def today(self) -> str:
        """The day (UTC) "present" means in this run, YYYY-MM-DD: its own, so that running it again changes nothing."""
        return self.created_at.date().isoformat()


class Attempt(Owned, table=True):
    """One stretch of work on a run; a retry adds the next, and so does the review in its middle."""

    __table_args__ = (UniqueConstraint("run_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id")
    number: int
    failure_code: str | None = None
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Match(Owned, table=True):
    """The grounded answer of job_match. `score` and `band` are computed from it, and kept for lists to sort by."""

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id", unique=True)
    output: dict[str, Any] = Field(sa_type=JSON)
    score: int
    band: str
    model: str  # that made it
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)

    @property
    def contract(self) -> JobMatch:
        return JobMatch.model_validate(self.output)


class LLMCall(Owned, table=True):
    """One call of a model, good or bad. Never holds the texts that were sent or received."""

    __tablename__ = "llm_call"

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    attempt: int
    task: str
    tier: str
    candidate: int  # its place in the order the candidates are tried, from 0
    model: str
    prompt_version: int
    prompt_hash: str
    outcome: str  # an Outcome of `core.llm`
    failure_code: str | None = None
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None  # US dollars; None when the price is unknown
    first_token_seconds: float | None = None
    seconds: float
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class CreditEntry(Owned, table=True):
    """One line of an owner's ledger of credits, which only grows: the database refuses to change or delete one.

    `key` says what it is for, so that nothing is booked twice. What belongs to a run outlives the run.
    """

    __tablename__ = "credit_entry"
    # The balance is asked for on every page: the index alone answers it.
    __table_args__ = (UniqueConstraint("owner_id", "key"), Index("ix_credit_entry_balance", "owner_id", "amount"))

    id: int | None = Field(default=None, primary_key=True)
    key: str
    kind: EntryKind = Field(sa_type=_names(EntryKind))
    amount: int  # credits; what goes is negative
    run_id: str | None = Field(default=None, index=True)
    attempt: int | None = None  # of the run, in which the task was charged
    task: str = ""
    note: str = ""
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class Event(Owned, table=True):
    """What happened to a run, written in the transaction that made it happen. Step durations are read from here."""

    __table_args__ = (Index("ix_event_times", "type", "created_at"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    attempt: int
    type: EventType = Field(sa_type=_names(EventType))
    task: str = ""
    failure_code: str | None = None
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class Snippet(Owned, table=True):
    """One piece of coaching advice: a copy of one that comes with the project, or the coach's own.

    `digest` is of what it says; where it differs from `curated_digest` the coach has changed it, and a new version that
    comes with the project leaves it alone. The three last texts are what it is searched by, see `core.knowledge.words`:
    the database keeps its index of them.
    """

    __table_args__ = (UniqueConstraint("owner_id", "locale", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str
    locale: str
    title: str
    tags: list[str] = Field(sa_type=JSON)
    situations: list[str] = Field(sa_type=JSON)
    body: str
    interview: str = ""
    resume: str = ""
    digest: str
    curated_digest: str | None = None  # None: the coach's own
    enabled: bool = True
    head_words: str
    concept_words: str
    body_words: str
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)

    @property
    def own(self) -> bool:
        return self.curated_digest is None

    @property
    def changed(self) -> bool:
        """Whether it is another text than the one that came with the project."""
        return self.curated_digest not in (None, self.digest)

    @property
    def origin(self) -> str:
        """own, changed or curated."""
        return "own" if self.own else "changed" if self.changed else "curated"


class SnippetVector(Owned, table=True):
    """What an embedding model makes of a snippet, by what the snippet says: asked for once."""

    __tablename__ = "snippet_vector"
    __table_args__ = (UniqueConstraint("owner_id", "model", "digest"),)

    id: int | None = Field(default=None, primary_key=True)
    model: str
    digest: str  # of the snippet
    vector: bytes = Field(sa_type=LargeBinary)  # numbers of 32 bits
