"""The durable engine: DBOS, embedded. Starts once per process, takes runs, streams what they write, recovers them.

Which run is where is not asked here: the run's status in the app's database is the only truth. The engine only
guarantees that a workflow which was accepted is executed to its end, also after a crash, each step once.

DBOS takes a fifth of a second to import, which the first page does not need: so it is imported where it is used.
"""

import logging
import socket
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from core import database
from core.settings import settings

if TYPE_CHECKING:
    from dbos import DBOSClient, DBOSConfig

log = logging.getLogger(__name__)

WORKFLOW = "run"
QUEUE = "runs"
STREAM = "live"
VERSION = "1"  # pinned: DBOS would otherwise strand pending runs whenever the code changes
WORKFLOW_TIMEOUT = 3600.0  # seconds; a backstop far above the sum of the model deadlines
MAX_SLOTS = 64
POLL = 0.05  # seconds between a viewer's reads on SQLite; PostgreSQL notifies
HEARTBEAT = 0.2  # seconds a viewer waits before it hears that nothing is new

_lock = RLock()
_clients: dict[str, "DBOSClient"] = {}  # by URL: this process's connection for submitting and viewing
_slot: FileLock | None = None  # held while this process executes; the system releases it however the process ends


def start() -> bool:
    """Begin to execute runs in this process, and take up those a crash interrupted. Calling it again does nothing.

    Returns False when this process only submits and views, because another one executes this SQLite file.
    """
    global _slot  # DBOS itself is one per process
    with _lock:
        if _slot is not None:
            return True
        _slot, executor_id = _take_slot()
        if _slot is None:
            return False
        from dbos import DBOS, DBOSPortableJSONSerializer  # noqa: PLC0415

        from core import chain  # noqa: PLC0415 (registers the workflow, which needs this module)

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
        DBOS.register_queue(
            QUEUE, worker_concurrency=settings().concurrency, polling_interval_sec=0.1, on_conflict="always_update"
        )
        chain.adopt_orphans()
        log.info("engine started executor=%s", executor_id)
        return True


def stop() -> None:
    """End execution in this process; interrupted runs stay pending for the next start."""
    global _slot  # noqa: PLW0603
    with _lock:
        if _slot is not None:
            from dbos import DBOS  # noqa: PLC0415

            DBOS.destroy()
            _slot.release()
            _slot = None
        while _clients:
            _clients.popitem()[1].destroy()


def enqueue(workflow_id: str, *arguments: Any) -> None:
    """Hand a workflow to whichever process executes, beginning with this one if none does.

    The same id again is the same workflow, run once.
    """
    start()
    _client().enqueue(
        {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": workflow_id,
            "app_version": VERSION,
            "workflow_timeout": WORKFLOW_TIMEOUT,
        },
        *arguments,
    )


def is_active(workflow_id: str) -> bool | None:
    """Whether the engine will still work on this workflow; None when it has never heard of it."""
    found = _client().list_workflows(workflow_ids=[workflow_id], load_input=False, load_output=False)
    return found[0].status in ("ENQUEUED", "PENDING", "DELAYED") if found else None


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


def _take_slot() -> tuple[FileLock | None, str]:
    """The lowest free place to execute in, as a held file lock, and an executor id that is unique and stable.

    On SQLite there is one place. Two executors of the same id would run, and pay, every step twice.
    """
    folder = Path(settings().data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1 if _on_sqlite() else MAX_SLOTS):
        lock = FileLock(folder / f"executor-{number}.lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        return lock, "embedded" if _on_sqlite() else f"{socket.gethostname()}-{number}"
    return None, ""


@cache
def _sqlite_engine(url: str) -> Any:
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
