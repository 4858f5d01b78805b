"""`python -m core worker` as processes of their own."""

import multiprocessing
import os
import re
import signal
import sys
import time
from functools import cache
from multiprocessing import forkserver
from pathlib import Path
from unittest import mock

from core.settings import ROOT
from tests.support.environment import forget

SEARCH = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))


@cache
def _context() -> multiprocessing.context.BaseContext:
    """Forks of a process that has imported everything, which takes ten seconds; where there are none, new processes."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.preloaded", __name__])
    with mock.patch.dict(os.environ, PYTHONPATH=SEARCH, OPENBLAS_NUM_THREADS="1"):
        forkserver.ensure_running()
    return context


def _work(folder: Path, log: Path, environment: dict[str, str]) -> None:
    """Be that command, started in the folder."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    with log.open("ab") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    from core.__main__ import main

    forget()
    sys.exit(main(["worker"]))


class Worker:
    """One worker process with this process's settings, and others as `concurrency=1`."""

    def __init__(self, folder: Path, name: str = "worker", **settings: object) -> None:
        self.log = folder / f"{name}.log"
        self.log.touch()
        own = {f"JOBMATCH_{key.upper()}": str(value) for key, value in settings.items()}
        self.process = _context().Process(target=_work, args=(folder, self.log, {**os.environ, **own}))
        self.process.start()

    @property
    def executors(self) -> list[str]:
        """The ids it has executed under, in order."""
        return re.findall(r"engine started executor=(\S+)", self.log.read_text())

    def wait_for(self, words: str, seconds: float = 60) -> None:
        """Until its log has the words."""
        deadline = time.monotonic() + seconds
        while words not in self.log.read_text():
            if time.monotonic() > deadline or not self.process.is_alive():
                raise AssertionError(f"no {words!r} in the log of a worker:\n{self.log.read_text()}")
            time.sleep(0.02)

    def started(self) -> "Worker":
        self.wait_for("engine started")
        return self

    def send(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        """SIGKILL; harmless when it is gone."""
        self.process.kill()
        self.process.join()
