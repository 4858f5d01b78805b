"""What doing something looks like, where an account of work does not name it: the table is `deeds.toml`."""

import re
import tomllib
from functools import cache
from pathlib import Path


@cache
def table() -> dict[str, re.Pattern[str]]:
    """By the term of the vocabulary, what tells of it. A Chinese letter ends an English word: "撰写PRD"."""
    entries = tomllib.loads(Path(__file__).with_name("deeds.toml").read_text("utf-8"))
    return {term: re.compile(pattern, re.I | re.A) for term, pattern in entries.items()}


def told(term: str, text: str) -> tuple[int, int] | None:
    """Where `text` tells of a term in other words."""
    match = table()[term].search(text) if term in table() else None
    return match.span() if match else None
