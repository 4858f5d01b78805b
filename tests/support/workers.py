"""`python -m core worker` as processes of their own."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from core.settings import ROOT


class Worker:
    """One worker process with this process's settings, and others as `concurrency=1`."""

    def __init__(self, folder: Path, name: str = "worker", **settings: object) -> None:
        self.log = folder / f"{name}.log"
        self.log.touch()
        search = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        own = {f"JOBMATCH_{key.upper()}": str(value) for key, value in settings.items()}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "core", "worker"],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": search, **own},
                stdout=log,
                stderr=log,
            )

    @property
    def executors(self) -> list[str]:
        """The ids it has executed under, in order."""
        return re.findall(r"engine started executor=(\S+)", self.log.read_text())

    def wait_for(self, words: str, seconds: float = 60) -> None:
        """Until its log has the words."""
        deadline = time.monotonic() + seconds
        while words not in self.log.read_text():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f"no {words!r} in the log of a worker:\n{self.log.read_text()}")
            time.sleep(0.02)

    def started(self) -> "Worker":
        self.wait_for("engine started")
        return self

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL; harmless when it is gone."""
        self.process.kill()
        self.process.wait()
