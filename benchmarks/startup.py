"""How long a person waits for the first page, against an empty Streamlit app measured in the same run.

From the start of the server process to the last element of the page in a real Chromium. The app is measured on an empty
data folder (the very first start, with migrations) and on one that exists (every later start).
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from core.settings import ROOT
from tests.support.app import App, chromium, running_app

EMPTY = "import streamlit as st\nst.title('Empty')\n"


def seconds_to_first_page(browser: Any, folder: Path, script: Path, last_element: str) -> float:
    """One start: process begun, page opened as soon as the server answers, last element visible."""
    started = time.perf_counter()
    with running_app(folder, script) as app:
        return _first_page(browser, app, last_element) - started


def _first_page(browser: Any, app: App, last_element: str) -> float:
    context = browser.new_context(locale="en-US")
    try:
        page = context.new_page()
        page.goto(app.url)
        page.get_by_text(last_element).first.wait_for(timeout=60_000)
        return time.perf_counter()
    finally:
        context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()

    home = ROOT / "app" / "Home.py"
    times: dict[str, list[float]] = {"empty": [], "first": [], "later": []}
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        (folder / "empty.py").write_text(EMPTY)
        kept = folder / "kept"
        kept.mkdir()
        seconds_to_first_page(browser, kept, home, "Load sample data")  # also warms the disk
        for number in range(arguments.runs):
            fresh = folder / f"fresh{number}"
            fresh.mkdir()
            times["empty"].append(seconds_to_first_page(browser, folder, folder / "empty.py", "Empty"))
            times["first"].append(seconds_to_first_page(browser, fresh, home, "Load sample data"))
            times["later"].append(seconds_to_first_page(browser, kept, home, "Load sample data"))
    medians = {name: statistics.median(values) for name, values in times.items()}
    figures = {
        "empty_app_seconds": round(medians["empty"], 2),
        "first_start_ratio": round(medians["first"] / medians["empty"], 2),
        "later_start_ratio": round(medians["later"] / medians["empty"], 2),
    }
    for name, values in times.items():
        print(f"{name}: " + " ".join(f"{value:.2f}" for value in values))
    if arguments.json:
        arguments.json.write_text(json.dumps({"times": times, **figures}, indent=2))
    for name, value in figures.items():
        print(f"{name}={value}")


if __name__ == "__main__":
    main()
