"""The words of job descriptions, as they stand in job_terms.toml."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_PART = re.compile(r"(?<!\?P)<(\w+)>")


@cache
def job_terms() -> dict[str, Any]:
    """The tables of job_terms.toml."""
    return tomllib.loads((Path(__file__).parent / "job_terms.toml").read_text("utf-8"))


@cache
def cue(name: str) -> re.Pattern[str]:
    """A pattern of `[cues]` in job_terms.toml; raises KeyError for a name that is not there."""
    entry = job_terms()["cues"][name]
    return pattern(entry if isinstance(entry, str) else entry["pattern"])


def pattern(text: str) -> re.Pattern[str]:
    """`text` as a regular expression, each "<name>" in it replaced by the alternatives of that name in `[parts]`."""
    parts = job_terms()["parts"]
    while (filled := _PART.sub(lambda found: f"(?:{'|'.join(parts[found[1]])})", text)) != text:
        text = filled
    return re.compile(text, re.I)
