"""The durable engine: DBOS, embedded. Starts once per process, takes runs, streams what they write, recovers them.

Which run is where is not asked here: the run's status in the app's database is the only truth. The engine only
guarantees that a workflow which was accepted is executed to its end, also after a crash, each step once.

DBOS takes a fifth of a second to import, which the first page does not need: so it is imported where it is used.
"""

import logging
import math
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core import database, routing, slots, streams
from core.failover import Reaper
from core.settings import settings

if TYPE_CHECKING:
    from dbos import DBOSClient, DBOSConfig

log = logging.getLogger(__name__)

WORKFLOW = "run"
STREAM = "live"
VERSION = "1"  # pinned: DBOS would otherwise strand pending runs whenever the code changes
WORKFLOW_TIMEOUT = 6 * 3600.0  # seconds; a backstop above the sum of the model deadlines, also of 30 pictures
POLL = 0.05  # seconds between a viewer's reads on SQLite; PostgreSQL notifies
LISTEN = 0.1  # seconds between looks for messages between workflows, of which there are none: an end waits for the last
HEARTBEAT = 0.2  # seconds a viewer waits before it hears that nothing is new
LOOK = 1.0  # seconds between looks whether this process may (still) execute, and whether others have died
SWEEP = 10.0  # seconds between looks for runs that nobody works on
ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]  # as DBOS calls it
FORGET = 10  # workflows deleted in one transaction; each may have some hundred rows
AFTER_FAILURE = 3.0  # seconds until a start that failed is tried again
LAST_STEP = 5.0  # seconds that what has to stop may take to notice

_lock = threading.RLock()  # of starting and stopping
_clients_lock = threading.Lock()
_clients: dict[str, "DBOSClient"] = {}  # by URL: this process's connection for submitting and viewing
_slot: slots.Slot | None = None  # held while this process executes
_keeper: "_Keeper | None" = None  # the thread that keeps it running
_is_worker = False  # whether it executes whatever the settings say
_at_work = 0  # workflows this process is working on
_at_work_lock = threading.Lock()


class Ended(BaseException):
    """This process no longer executes. What it works on stays as it is, for another process to take up."""


# --- executing ----------------------------------------------------------------------------------------------------


def start() -> bool:
    """Begin to execute runs in this process, and take up those a crash interrupted. Calling it again does nothing.

    Returns False when this process only submits and views, because it is set to or because others execute. Raises what
    the database raises; the next call then tries again.
    """
    global _slot  # noqa: PLW0603 (DBOS itself is one per process)
    if not (_is_worker or settings().execute):
        return False
    with _lock:
        if _slot is not None:
            return True
        slot = slots.take(settings().engine_database_url)
        if slot is None:
            return False
        try:
            _launch(slot.executor_id)
        except BaseException:  # whatever ended the launch, the slot must be free for the next try; raised again below
            _destroy()
            slot.release()
            raise
        _slot = slot
        threading.Thread(target=_guard, args=(slot,), name="slot-guard", daemon=True).start()
        keep_running()
    sweep()
    log.info("engine started executor=%s", slot.executor_id)
    return True


def _launch(executor_id: str) -> None:
    from dbos import DBOS, DBOSPortableJSONSerializer  # noqa: PLC0415

    from core import chain  # noqa: F401, PLC0415 (registers the workflow, which needs this module)

    config: DBOSConfig = {
        "name": "jobmatch",
        "system_database_url": settings().engine_database_url,
        "serializer": DBOSPortableJSONSerializer(),
        "application_version": VERSION,
        "executor_id": executor_id,
        "log_level": "WARNING",
        "notification_listener_polling_interval_sec": LISTEN,
    }
    if _on_sqlite():
        config["system_database_engine"] = _sqlite_engine(settings().engine_database_url)
    DBOS(config=config)
    DBOS.launch()
    for queue, limits in routing.queues().items():
        DBOS.register_queue(
            queue,
            worker_concurrency=limits.concurrency,
            partition_worker_concurrency=limits.per_owner,
            polling_interval_sec=0.1,
            on_conflict="always_update",
        )
    waiting = _client().list_workflows(status="ENQUEUED", load_input=False, load_output=False)
    # From before the runs of a queue took turns by owner: no queue would look at them.
    if old := [w.workflow_id for w in waiting if w.queue_name in routing.queues() and not w.queue_partition_key]:
        _client().resume_workflows(old)


def _destroy(grace: float = 0) -> None:
    from dbos import DBOS  # noqa: PLC0415

    DBOS.destroy(workflow_completion_timeout_sec=math.ceil(grace))


def _guard(slot: slots.Slot) -> None:
    """Stop what runs in this process as soon as its slot may be another's. Asks nothing else, so that nothing else can
    keep it from asking."""
    try:
        while slot.held():
            if slot.ended.wait(LOOK):
                return
        log.error("slot lost executor=%s", slot.executor_id)
    finally:  # however the asking ended
        slot.ended.set()


@contextmanager
def working() -> Iterator[None]:
    """Around a workflow."""
    global _at_work  # noqa: PLW0603
    with _at_work_lock:
        _at_work += 1
    try:
        yield
    finally:
        with _at_work_lock:
            _at_work -= 1


def slot() -> slots.Slot | None:
    """The slot that what is called now runs in; a test may call it in none."""
    return _slot


def stop(grace: float = 0) -> None:
    """End execution in this process: nothing new is begun, and what is in work gets `grace` seconds to finish. The rest
    stays pending, for another process or the next start."""
    global _keeper
    with _lock:
        keeper, _keeper = _keeper, None
        if keeper is not None:
            keeper.ended.set()
        _end(grace)
    if keeper is not None:  # it may be tidying up, which takes no lock
        keeper.join(LAST_STEP)
    with _clients_lock:
        while _clients:
            _clients.popitem()[1].destroy()


def _end(grace: float = 0) -> None:
    global _slot  # noqa: PLW0603
    if _slot is None:
        return
    ending = threading.Timer(grace, _slot.ended.set)
    ending.daemon = True
    ending.start()
    _destroy(grace + LAST_STEP if _at_work else 0)
    _slot.ended.set()
    _slot.release()
    _slot = None


def sweep() -> None:
    """Hand over or settle the runs that nobody works on; does nothing unless this process executes."""
    from core import chain  # noqa: PLC0415

    with _lock:
        if _slot is not None:
            chain.adopt_orphans()


def keep_running(*, worker: bool = False) -> None:
    """Start in the background, and from then on see to it that runs are executed: by this process as soon as it may,
    as a `worker` whatever the settings say.

    When the process that executed is gone, or a start failed, the next look takes over. Calling it again does nothing.
    """
    global _keeper, _is_worker  # noqa: PLW0603
    with _lock:
        _is_worker = _is_worker or worker
        if _keeper is None:
            _keeper = _Keeper()
            _keeper.start()


class _Keeper(threading.Thread):
    """Looks after the engine of this process until it has `ended`."""

    def __init__(self) -> None:
        super().__init__(name="engine", daemon=True)
        self.ended = threading.Event()

    def run(self) -> None:
        from core import retention  # noqa: PLC0415 (as the workflow)

        tidying = retention.Tidying()
        reaper: Reaper | None = None
        swept = time.monotonic()
        told = False
        while not self.ended.is_set():
            pause = LOOK
            try:
                with _lock:
                    slot = _slot if not self.ended.is_set() and start() else None
                    if slot is not None:
                        if slot.ended.is_set():
                            _end()
                            continue
                        if reaper is None or reaper.slot is not slot:
                            reaper = Reaper(slot)
                        reaper.look(_client())
                        if time.monotonic() - swept >= SWEEP:
                            sweep()
                            swept = time.monotonic()
                    elif not told:
                        told = True
                        log.info("engine waits: others execute")
                if slot is not None:  # outside the lock, which a run that is submitted waits for
                    tidying.go_on()
            except Exception as error:  # whatever is wrong now may be right at the next look
                log.error("engine not running or not tidied error=%s", type(error).__name__)
                pause = AFTER_FAILURE
            self.ended.wait(pause)


# --- submitting and viewing ---------------------------------------------------------------------------------------


def enqueue(workflow_id: str, owner_id: int | None, *arguments: Any, queue: str) -> None:
    """Hand a workflow to whichever process executes, beginning with this one if none does.

    The same id again is the same workflow, run once. Those of one owner wait in line, and owners take turns.
    """
    start()
    _client().enqueue(
        {
            "workflow_name": WORKFLOW,
            "queue_name": queue,
            "workflow_id": workflow_id,
            "app_version": VERSION,
            "workflow_timeout": WORKFLOW_TIMEOUT,
            "queue_partition_key": str(owner_id),
        },
        owner_id,
        *arguments,
    )


def take_out(workflow_id: str) -> None:
    """Of its queue, where it would keep its place; nothing is lost of a workflow that has ended, or is not known."""
    if _has_tables():
        _client().cancel_workflows([workflow_id])


def active(workflow_ids: Iterable[str]) -> dict[str, bool]:
    """Of the workflows the engine knows, whether it will still work on them."""
    found = _client().list_workflows(workflow_ids=list(workflow_ids), load_input=False, load_output=False)
    return {workflow.workflow_id: workflow.status in ("ENQUEUED", "PENDING", "DELAYED") for workflow in found}


def ended(before: datetime, limit: int, offset: int = 0) -> list[str]:
    """Ids of workflows that ended before that time, in the order they were begun."""
    found = _client().list_workflows(
        status=ENDED,
        completed_before=before.isoformat(),
        limit=limit,
        offset=offset,
        load_input=False,
        load_output=False,
    )
    return [workflow.workflow_id for workflow in found]


def forget(workflow_ids: Sequence[str]) -> None:
    """Delete all the engine knows of these workflows, their live text with it; ids it does not know are ignored."""
    if not _has_tables():
        return
    for start in range(0, len(workflow_ids), FORGET):  # each a transaction, in which nobody else can write on SQLite
        _client().delete_workflows(list(workflow_ids[start : start + FORGET]))


def _has_tables() -> bool:
    """Whether the engine was ever started on its database, which makes its tables."""
    url = settings().engine_database_url
    if _on_sqlite():
        return sa.inspect(_sqlite_engine(url)).has_table("workflow_status")
    return sa.inspect(database.engine()).has_table("workflow_status", schema="dbos")


def clear_log() -> None:
    """As `database.clear_log`, of the engine's own database."""
    if _on_sqlite():
        database.clear_log(_sqlite_engine(settings().engine_database_url))


@dataclass(frozen=True)
class Queued:
    """A workflow that waits in a queue, or has left it and is worked on."""

    workflow_id: str
    owner: str
    running: bool


def queued(queue: str) -> list[Queued]:
    """The unfinished workflows of a queue, in the order they were handed over. Raises what the database raises, also
    when nobody has ever executed there."""
    # Those of one moment as they were written, which PostgreSQL tells apart by itself.
    order = ["created_at", "rowid"] if _on_sqlite() else ["created_at"]
    rows = _unfinished(queue, "workflow_uuid, queue_partition_key, status", order=order)
    return [Queued(row.workflow_uuid, row.queue_partition_key, row.status == "PENDING") for row in rows]


def unfinished(queue: str, owner_id: int | None = None) -> int:
    """How many workflows in a queue have not ended, of one owner or of all. Raises as `queued`."""
    return int(_unfinished(queue, "count(*)", owner_id)[0][0])


def _unfinished(
    queue: str, columns: str, owner_id: int | None = None, order: Sequence[str] = ()
) -> Sequence[sa.Row[Any]]:
    """By an index of the engine's, which its own listings do not use: it has only what is unfinished."""
    table = sa.table("workflow_status", schema=None if _on_sqlite() else "dbos")
    own = {"queue_name": queue} | ({} if owner_id is None else {"queue_partition_key": str(owner_id)})
    query = sa.select(sa.text(columns)).select_from(table).order_by(*map(sa.text, order))
    # Spelled out as in that index, for SQLite to see that it serves.
    query = query.where(sa.text("status IN ('ENQUEUED', 'PENDING') AND queue_partition_key IS NOT NULL"))
    query = query.where(*(sa.column(name) == value for name, value in own.items()))
    where = _sqlite_engine(settings().engine_database_url) if _on_sqlite() else database.engine()
    with where.connect() as connection:
        return connection.execute(query).all()


def recent_seconds(queue: str, count: int) -> list[float]:
    """How long the newest workflows of a queue that have finished were worked on."""
    found = _client().list_workflows(
        queue_name=queue, status="SUCCESS", sort_desc=True, limit=count, load_input=False, load_output=False
    )
    return [(w.completed_at - w.dequeued_at) / 1000 for w in found if w.completed_at and w.dequeued_at]


def write(entry: dict[str, Any]) -> None:
    """Append to the live stream of the workflow this is called in. Raises a BaseException if that was cancelled."""
    from dbos import DBOS  # noqa: PLC0415

    DBOS.write_stream(STREAM, entry)


def read(workflow_id: str, offset: int = 0) -> Iterator[dict[str, Any] | None]:
    """A workflow's live stream, replayed from an offset and then followed to its end; None when nothing is new."""
    key = (settings().engine_database_url, workflow_id)
    return streams.follow(key, lambda: _entries(workflow_id), offset, HEARTBEAT)


def _entries(workflow_id: str) -> Iterator[dict[str, Any] | None]:
    from dbos import error  # noqa: PLC0415

    offset = 0
    while True:
        try:
            for entry in _client().read_stream(
                workflow_id, STREAM, offset=offset, polling_interval_sec=POLL, timeout_seconds=HEARTBEAT
            ):
                offset += 1
                yield entry
        except error.DBOSStreamTimeoutError:
            yield None
        except error.DBOSNonExistentWorkflowError:
            return
        else:
            return


def _on_sqlite() -> bool:
    return settings().engine_database_url.startswith("sqlite")


@cache
def _sqlite_engine(url: str) -> sa.Engine:
    return database.connect(url)


def _client() -> "DBOSClient":
    from dbos import DBOSClient, DBOSPortableJSONSerializer  # noqa: PLC0415

    url = settings().engine_database_url
    with _clients_lock:
        if url not in _clients:
            _clients[url] = DBOSClient(
                system_database_url=url,
                system_database_engine=_sqlite_engine(url) if _on_sqlite() else None,
                serializer=DBOSPortableJSONSerializer(),
                use_listen_notify=not _on_sqlite(),
            )
        return _clients[url]
