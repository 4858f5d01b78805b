"""How well demands are read out of running prose, measured on `tests/prose/`.

`python -m tests.support.prose dev` prints what was read from each posting, and the figures.
"""

import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.offline import vocabulary
from core.offline.demands import read
from core.offline.jobs import summarise
from core.schemas import JobSummary, Requirement

_FOLDER = Path(__file__).parents[1] / "prose"


@dataclass(frozen=True)
class Reading:
    """What came of one posting: labelled demands not found, extracted ones that hold several or what is none, and the
    facts that are wrong."""

    name: str
    locale: str
    labelled: int
    extracted: tuple[str, ...]
    missed: tuple[str, ...]
    glued: tuple[str, ...]
    false: tuple[str, ...]
    wrong: Mapping[str, str]


def postings(split: str) -> list[dict[str, Any]]:
    """The labelled postings of `dev` or `check`."""
    return tomllib.loads((_FOLDER / f"{split}.toml").read_text("utf-8"))["posting"]


def measure(posting: Mapping[str, Any]) -> Reading:
    """One labelled posting, read."""
    job = summarise(posting["text"])
    musts, nices = _stated(job, job.must_haves), _stated(job, job.nice_to_haves)
    extracted = [*musts, *nices]
    labelled = [*posting["must"], *posting["nice"]]
    missed = [f"must: {label}" for label in posting["must"] if not any(_holds(text, label) for text in musts)]
    missed += [f"nice: {label}" for label in posting["nice"] if not any(_holds(text, label) for text in nices)]
    glued = [text for text in extracted if sum(_holds(text, label) for label in labelled) > 1]
    false = [text for text in extracted if any(word.lower() in text.lower() for word in posting["never"])]
    found = {"company": job.company, "location": job.location, "degree": _degree(musts), "years": _years(musts)}
    wrong = {fact: f"{value!r}" for fact, value in found.items() if not _agrees(value, posting[fact])}
    every = tuple(f"{'  ' if text in musts else '~ '}{text}" for text in extracted)
    return Reading(
        posting["name"], posting["locale"], len(labelled), every, tuple(missed), tuple(glued), tuple(false), wrong
    )


def figures(readings: Iterable[Reading]) -> dict[str, float]:
    """Shares: demands found, extracted demands that hold several or what is none, postings with each fact right."""
    every = list(readings)
    labelled, extracted = sum(r.labelled for r in every), sum(len(r.extracted) for r in every)
    shares = {
        "recall": 1 - sum(len(r.missed) for r in every) / labelled,
        "glued": sum(len(r.glued) for r in every) / extracted,
        "false": sum(len(r.false) for r in every) / extracted,
    }
    facts = ("degree", "years", "company", "location")
    return shares | {fact: sum(fact not in r.wrong for r in every) / len(every) for fact in facts}


def _stated(job: JobSummary, requirements: Iterable[Requirement]) -> list[str]:
    """The demands, without the two that stand for the work as a whole."""
    whole = (job.job_title, *job.responsibilities)
    return [r.text for r in requirements if not any(r.category == "experience" and r.text in told for told in whole)]


def _holds(text: str, label: str) -> bool:
    return all(word.lower() in text.lower() for word in label.split(" | "))


def _degree(musts: Iterable[str]) -> str:
    degrees = [degree for text in musts if (degree := read(text).degree) >= 0]
    return vocabulary.DEGREE_ORDER[max(degrees)] if degrees else ""


def _years(musts: Iterable[str]) -> float:
    return max((read(text).years for text in musts), default=0)


def _agrees(found: str | float, labelled: str | float) -> bool:
    return str(labelled) in found if isinstance(found, str) and labelled and found else found == labelled


def main(split: str) -> None:
    """Print what is wrong with each posting of a split, and the figures."""
    readings = [measure(posting) for posting in postings(split)]
    for reading in readings:
        print(f"\n== {reading.name} ({reading.locale}), wrong: {dict(reading.wrong)}")
        for kind in ("extracted", "missed", "glued", "false"):
            print(*(f"  {kind:9} {text}" for text in getattr(reading, kind)), sep="\n")
    for locale in ("en", "zh"):
        shares = figures(reading for reading in readings if reading.locale == locale)
        print(locale, {name: round(share, 3) for name, share in shares.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
