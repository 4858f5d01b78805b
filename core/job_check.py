"""Whether a text may be a job description at all: a guard against the wrong picture, never a judge of a poor posting.

It says no only to what is certainly something else. A posting turned away costs a client's chance; a dinner chat let
through costs a glance at an empty result.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.offline.postings import read_posting

_READ = 20_000  # characters; the longest job description that a run accepts
_ANALYSED = 5_000  # of them; the analyst takes up to 0.2 s for as many of nonsense, and a page has fewer
_BLANK_LINES = re.compile(r"\n{3,}")


def looks_like_job(text: str) -> bool:
    """False when `text` is certainly no job description, nor a part of one.

    It may be one when it speaks of jobs in one telling word, or in two that occur elsewhere too, or when the offline
    analyst finds a duty, a demand or an employer's words about itself in it. A resume is none though it does all of
    that: it is told by its headings and its dated jobs, where nothing speaks to an applicant.
    """
    text = _plain(text)
    signs = _signs()
    if _is_resume(text, signs):
        return False
    if signs.telling.search(text) or len({word.casefold() for word in signs.common.findall(text)}) > 1:
        return True
    posting = read_posting(text[:_ANALYSED])
    return bool(posting.responsibilities or posting.pieces or posting.company)


def _plain(text: str) -> str:
    """The beginning of the text, NFKC, without spare white space."""
    # Cut again, since a single character of rare scripts becomes up to 18.
    text = unicodedata.normalize("NFKC", text[:_READ])[:_READ].replace("’", "'")
    return _BLANK_LINES.sub("\n\n", "\n".join(" ".join(line.split()) for line in text.splitlines()))


@dataclass(frozen=True)
class _Signs:
    telling: re.Pattern[str]
    common: re.Pattern[str]
    headings: re.Pattern[str]
    spell: re.Pattern[str]
    to_applicants: re.Pattern[str]


@cache
def _signs() -> _Signs:
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    resume = table["resume"]
    headings, date, until = (_either(resume[name]) for name in ("headings", "date", "until"))
    return _Signs(
        telling=_words(table["telling"]),
        common=_words(table["common"]),
        headings=re.compile(rf"^[^\w\n]*({headings})[^\w\n]*$", re.IGNORECASE | re.MULTILINE),
        spell=re.compile(rf"{date}\s?(?:[-–—~～至到]|to\b){{1,3}}\s?(?:{date}|{until})"),
        to_applicants=_words(resume["to_applicants"]),
    )


def _either(block: str) -> str:
    return f"(?:{'|'.join(part for row in block.strip().splitlines() for part in row.split(' | '))})"


def _words(block: str) -> re.Pattern[str]:
    """Any of the expressions, Latin ones as whole words: bounded by Latin letters only, since "HR岗" has no space."""
    start, end = "(?:(?<![A-Za-z])|(?![A-Za-z]))", "(?:(?![A-Za-z])|(?<![A-Za-z]))"
    return re.compile(f"{start}{_either(block)}{end}", re.IGNORECASE)


def _is_resume(text: str, signs: _Signs) -> bool:
    headings = {heading.casefold() for heading in signs.headings.findall(text)}
    return len(headings) > 1 and len(signs.spell.findall(text)) > 1 and not signs.to_applicants.search(text)
