"""The app as a person starts it, and a real Chromium to look at it with."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.settings import ROOT

BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class App:
    """A `streamlit run` process; `restart` keeps the address."""

    def __init__(self, script: Path, environment: dict[str, str], log: Path) -> None:
        self.script, self.environment, self.log = script, environment, log
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "streamlit", "run", str(self.script), f"--server.port={self.port}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--server.address=127.0.0.1"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(self.log.read_text())

    def kill(self) -> None:
        """kill -9, children included."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextmanager
def running_app(folder: Path, script: Path = ROOT / "app" / "Home.py", **settings: object) -> Iterator[App]:
    """The app on a data folder of its own; settings as `model="openai/paced"`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JOBMATCH_")}
    environment["JOBMATCH_DATA_DIR"] = str(folder / "data")
    environment |= {f"JOBMATCH_{name.upper()}": str(value) for name, value in settings.items()}
    app = App(script, environment, folder / "app.log")
    app.start()
    try:
        yield app
    finally:
        app.kill()


def chromium_path() -> str | None:
    """Where the system's Chromium is."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=BROWSER_FLAGS)
        try:
            yield browser
        finally:
            browser.close()
