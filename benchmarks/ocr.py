"""How well and how fast pictures are read, by every engine that is installed.

The folder holds pictures and a `ground_truth.json`: {name: {"file": ..., "lines": [...], "keys": [...]}}, the lines as
they are in the text, not as the screen breaks them. Each engine runs in a process of its own.

Error rate: Levenshtein distance over characters, after NFKC and without white space, between all lines of the truth and
all that was read, in reading order, clutter included. Line recall: the share of the truth's lines that were read as one
line. Time ratio: our time over that of the bare engine, called on the same tiles of the upright picture in the same
run; both warm, in turns, the better of the rounds.
"""

import argparse
import json
import multiprocessing
import shutil
import statistics
import subprocess
import tempfile
import time
import traceback
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image
from rapidfuzz.distance import Levenshtein

ENGINES = ("rapidocr", "easyocr", "tesseract")
LONG = 6000  # pixels of height; a phone's screenshot of several screens

Truth = dict[str, Any]
# Paragraphs of a picture, seconds of ours, seconds of the bare engine on the same pixels (0 where it is the same).
Reading = tuple[list[str], float, float]


@dataclass
class Figures:
    """One picture, read by one engine."""

    name: str
    height: int
    error: float
    recall: float
    keys: float
    seconds: float
    ratio: float
    missed: list[str]


def normalised(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def compared(name: str, truth: Truth, height: int, reading: Reading) -> Figures:
    paragraphs, seconds, bare = reading
    lines = [normalised(line) for line in truth["lines"]]
    read = [normalised(paragraph) for paragraph in paragraphs]
    whole, expected = "".join(read), "".join(lines)
    found = set(read)
    keys = [normalised(key) in whole for key in truth.get("keys", [])]
    return Figures(
        name=name,
        height=height,
        error=Levenshtein.distance(expected, whole) / max(len(expected), 1),
        recall=sum(line in found for line in lines) / max(len(lines), 1),
        keys=sum(keys) / len(keys) if keys else 1.0,
        seconds=seconds,
        ratio=seconds / bare if bare else 1.0,
        missed=[line for line in lines if line not in found],
    )


# --- engines: each returns a function that reads an upright picture ---------------------------------------------------


def _ours(engine: Any, bare: Callable[[Image.Image], object] | None, rounds: int) -> Callable[[Image.Image], Reading]:
    from core import ocr  # noqa: PLC0415 - loaded in the child only
    from core.ocr import rotation  # noqa: PLC0415
    from core.ocr.tiles import tiles  # noqa: PLC0415

    def read(image: Image.Image) -> Reading:
        transcript = ocr.read(image, engine)
        upright = rotation.turn(image, transcript.rotation)
        ours, theirs = [], []
        for _ in range(rounds):
            started = time.perf_counter()
            ocr.read(image, engine)
            ours.append(time.perf_counter() - started)
            if bare is not None:
                started = time.perf_counter()
                for box in tiles(upright):
                    bare(upright.crop(box))
                theirs.append(time.perf_counter() - started)
        return [p.text for p in transcript.paragraphs], min(ours, default=0.0), min(theirs, default=0.0)

    return read


def rapidocr(rounds: int) -> Callable[[Image.Image], Reading]:
    import numpy as np  # noqa: PLC0415

    from core.ocr.rapid import RapidEngine  # noqa: PLC0415

    engine = RapidEngine()
    engine.warm()
    reader = engine._reader  # the very same object, without anything of ours around it

    def bare(tile: Image.Image) -> object:
        return reader(np.ascontiguousarray(np.asarray(tile)[:, :, ::-1]))

    return _ours(engine, bare, rounds)


def easyocr(rounds: int) -> Callable[[Image.Image], Reading]:
    from core.ocr import engines  # noqa: PLC0415

    reason = engines.unavailable("easyocr")
    if reason is not None:
        raise RuntimeError(reason)
    return _ours(engines.get("easyocr", locale="en"), None, rounds)


def tesseract(rounds: int) -> Callable[[Image.Image], Reading]:
    binary = shutil.which("tesseract")
    if binary is None:
        raise RuntimeError("the tesseract command is not installed")
    languages = subprocess.run([binary, "--list-langs"], capture_output=True, text=True, check=True).stdout.split()
    if not {"chi_sim", "eng"} <= set(languages):
        raise RuntimeError("tesseract lacks the languages chi_sim and eng")

    def read(image: Image.Image) -> Reading:
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            image.save(file.name)
            started = time.perf_counter()
            command = [binary, file.name, "-", "-l", "chi_sim+eng"]
            text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            return [line for line in text.splitlines() if line.strip()], time.perf_counter() - started, 0.0

    return read


# --- one process per engine -------------------------------------------------------------------------------------------


def _measure(engine: str, folder: Path, names: list[str], rounds: int, answer: Any) -> None:
    """Runs in the child. Sends figures one by one, then the peak of its memory in megabytes, or why there are none."""
    from core.ocr.images import decode  # noqa: PLC0415 - the child's memory is measured

    try:
        read = {"rapidocr": rapidocr, "easyocr": easyocr, "tesseract": tesseract}[engine](rounds)
        truths: dict[str, Truth] = json.loads((folder / "ground_truth.json").read_text("utf-8"))
        for name in names or truths:
            image = decode((folder / truths[name]["file"]).read_bytes())
            answer.send(compared(name, truths[name], image.height, read(image)))
        answer.send(_peak_megabytes(children=engine == "tesseract"))
    except Exception as error:  # whatever keeps an engine from working, the others are measured
        if not isinstance(error, RuntimeError):
            traceback.print_exc()
        answer.send(str(error) or type(error).__name__)


def _peak_megabytes(*, children: bool) -> float:
    import resource  # noqa: PLC0415 - does not exist on Windows

    return resource.getrusage(resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(engine: str, folder: Path, names: list[str], rounds: int) -> tuple[list[Figures], float]:
    """Figures of every picture, printed as they come, and the peak of memory. Raises RuntimeError if it cannot run."""
    spawn = multiprocessing.get_context("spawn")  # a fork would inherit the memory of this process
    receiver, sender = spawn.Pipe(duplex=False)
    child = spawn.Process(target=_measure, args=(engine, folder, names, rounds, sender))
    child.start()
    sender.close()
    results: list[Figures] = []
    try:
        while True:
            message = receiver.recv()
            if isinstance(message, Figures):
                results.append(message)
                print(_row(message), flush=True)
            elif isinstance(message, str):
                raise RuntimeError(message)
            else:
                return results, message
    except EOFError:
        raise RuntimeError("the process died") from None
    finally:
        with suppress(ValueError):
            child.join()


def _row(figures: Figures) -> str:
    shares = f"{figures.error:8.2%} {figures.recall:8.1%} {figures.keys:8.1%}"
    return f"  {figures.name:24} {shares} {figures.seconds:8.2f} {figures.ratio:6.2f}"


def summary(engine: str, results: list[Figures], peak: float) -> dict[str, float]:
    mean = partial(_mean, results)
    long = [figures.error for figures in results if figures.height >= LONG]
    return {
        f"{engine}_cer_mean": round(mean("error"), 5),
        f"{engine}_cer_max": round(max(figures.error for figures in results), 5),
        **({f"{engine}_cer_phone_long_max": round(max(long), 5)} if long else {}),
        f"{engine}_line_recall": round(mean("recall"), 4),
        f"{engine}_keyword_recall": round(mean("keys"), 4),
        f"{engine}_peak_mb": round(peak),
        f"{engine}_time_ratio": round(mean("ratio"), 3),
        f"{engine}_seconds_mean": round(mean("seconds"), 2),
    }


def _mean(results: list[Figures], name: str) -> float:
    return statistics.fmean(getattr(figures, name) for figures in results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with ground_truth.json and the pictures it names")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--names", nargs="+", default=[], help="pictures to read; all without it")
    parser.add_argument("--rounds", type=int, default=2, help="measurements of time, after a first reading")
    parser.add_argument("--missed", action="store_true", help="print the lines that were not read as one line")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()

    pictures: dict[str, list[dict[str, Any]]] = {}
    totals: dict[str, float] = {}
    for engine in arguments.engines:
        print(
            f"{engine}: {'picture':>16} {'errors':>8} {'lines':>8} {'keys':>8} {'seconds':>8} {'ratio':>6}", flush=True
        )
        try:
            results, peak = measured(engine, arguments.folder.resolve(), arguments.names, arguments.rounds)
        except RuntimeError as error:
            print(f"  not available: {error}")
            continue
        for figures in results if arguments.missed else []:
            print(
                *(f"  {figures.name}: {line}" for line in figures.missed), sep="\n", end="\n" if figures.missed else ""
            )
        pictures[engine] = [asdict(figures) for figures in results]
        totals |= summary(engine, results, peak)
    if arguments.json:
        arguments.json.write_text(json.dumps({"pictures": pictures, **totals}, indent=2, ensure_ascii=False), "utf-8")
    for name, value in totals.items():
        print(f"{name}={value}")


if __name__ == "__main__":
    main()
