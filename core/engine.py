"""The durable engine: DBOS, embedded. Starts once per process, takes runs, streams what they write, recovers them.

Which run is where is not asked here: the run's status in the app's database is the only truth. The engine only
guarantees that a workflow which was accepted is executed to its end, also after a crash, each step once.

DBOS takes a fifth of a second to import, which the first page does not need: so it is imported where it is used.
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core import database, routing, slots
from core.settings import settings

if TYPE_CHECKING:
    from dbos import DBOSClient, DBOSConfig

log = logging.getLogger(__name__)

WORKFLOW = "run"
SCANS = "scans"  # the queue of runs that read pictures; the others are those of `core.routing`
READERS = 2  # runs of the queue `scans` that one process works on at a time; one reads while the other decodes
STREAM = "live"
VERSION = "1"  # pinned: DBOS would otherwise strand pending runs whenever the code changes
WORKFLOW_TIMEOUT = 6 * 3600.0  # seconds; a backstop above the sum of the model deadlines, also of 30 pictures
POLL = 0.05  # seconds between a viewer's reads on SQLite; PostgreSQL notifies
HEARTBEAT = 0.2  # seconds a viewer waits before it hears that nothing is new
SWEEP = 10.0  # seconds between looks for runs that nobody works on
ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]  # as DBOS calls it
FORGET = 10  # workflows deleted in one transaction; each may have some hundred rows

_lock = threading.RLock()
_clients: dict[str, "DBOSClient"] = {}  # by URL: this process's connection for submitting and viewing
_slot: slots.Slot | None = None  # held while this process executes
_keeper: threading.Event | None = None  # set to end the thread that keeps it running


def start() -> bool:
    """Begin to execute runs in this process, and take up those a crash interrupted. Calling it again does nothing.

    Returns False when this process only submits and views, because others execute. Raises what the database raises;
    the next call then tries again.
    """
    global _slot  # noqa: PLW0603 (DBOS itself is one per process)
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
    }
    if _on_sqlite():
        config["system_database_engine"] = _sqlite_engine(settings().engine_database_url)
    DBOS(config=config)
    DBOS.launch()
    for queue, concurrency in {**routing.queues(), SCANS: READERS}.items():
        DBOS.register_queue(
            queue, worker_concurrency=concurrency, polling_interval_sec=0.1, on_conflict="always_update"
        )


def _destroy() -> None:
    from dbos import DBOS  # noqa: PLC0415

    DBOS.destroy()


def stop() -> None:
    """End execution in this process; interrupted runs stay pending for the next start."""
    global _slot, _keeper  # noqa: PLW0603
    with _lock:
        if _keeper is not None:
            _keeper.set()
            _keeper = None
        if _slot is not None:
            _destroy()
            _slot.release()
            _slot = None
        while _clients:
            _clients.popitem()[1].destroy()


def sweep() -> None:
    """Hand over or settle the runs that nobody works on; does nothing unless this process executes."""
    from core import chain  # noqa: PLC0415

    with _lock:
        if _slot is not None:
            chain.adopt_orphans()


def keep_running() -> None:
    """Start in the background, and from then on see to it that runs are executed: by this process as soon as it may.

    When the process that executed is gone, or a start failed, the next look takes over. Calling it again does nothing.
    """
    global _keeper  # noqa: PLW0603
    with _lock:
        if _keeper is None:
            _keeper = threading.Event()
            threading.Thread(target=_keep, args=(_keeper,), name="engine", daemon=True).start()


def _keep(ended: threading.Event) -> None:
    from core import retention  # noqa: PLC0415 (as the workflow)

    tidying = retention.Tidying()
    while not ended.is_set():
        try:
            with _lock:
                executes = not ended.is_set() and start()
                if executes:
                    sweep()
            if executes:  # outside the lock, which a run that is submitted waits for
                tidying.go_on()
        except Exception as error:  # whatever is wrong now may be right at the next look
            log.error("engine not running or not tidied error=%s", type(error).__name__)
        ended.wait(SWEEP)


def enqueue(workflow_id: str, *arguments: Any, queue: str) -> None:
    """Hand a workflow to whichever process executes, beginning with this one if none does.

    The same id again is the same workflow, run once.
    """
    start()
    _client().enqueue(
        {
            "workflow_name": WORKFLOW,
            "queue_name": queue,
            "workflow_id": workflow_id,
            "app_version": VERSION,
            "workflow_timeout": WORKFLOW_TIMEOUT,
        },
        *arguments,
    )


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


def write(entry: dict[str, Any]) -> None:
    """Append to the live stream of the workflow this is called in. Raises a BaseException if that was cancelled."""
    from dbos import DBOS  # noqa: PLC0415

    DBOS.write_stream(STREAM, entry)


def read(workflow_id: str, offset: int = 0) -> Iterator[dict[str, Any] | None]:
    """A workflow's live stream, replayed from an offset and then followed to its end; None when nothing is new."""
    from dbos import error  # noqa: PLC0415

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
    with _lock:
        if url not in _clients:
            _clients[url] = DBOSClient(
                system_database_url=url,
                system_database_engine=_sqlite_engine(url) if _on_sqlite() else None,
                serializer=DBOSPortableJSONSerializer(),
                use_listen_notify=not _on_sqlite(),
            )
        return _clients[url]
