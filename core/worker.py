"""A process that executes runs and nothing else: `python -m core worker`, on as many machines as wanted when the
database is PostgreSQL. On SQLite one process executes; another waits until that one is gone."""

import logging
import signal
import threading

from core import database, engine, llm, routing
from core.settings import settings

log = logging.getLogger(__name__)

GRACE = 20.0  # seconds that runs in work get to finish when the process is asked to end


def run() -> None:
    """Execute runs until SIGTERM or SIGINT; a second one ends the process at once.

    Raises InputError when the settings, the table of models or the database cannot be used.
    """
    logging.basicConfig(level=settings().log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    routing.check()
    database.engine()
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _end(asked))
    engine.keep_running(worker=True)
    threading.Thread(target=llm.warm_up, name="warm-up", daemon=True).start()
    asked.wait()
    log.info("worker ends grace=%.0f", GRACE)
    engine.stop(GRACE)


def _end(asked: threading.Event) -> None:
    asked.set()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
