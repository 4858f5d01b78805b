"""Headings of a posting: known by their name, or by being made of nothing but the words headings are made of."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from core.offline.job_terms import job_terms
from core.offline.lines import HAN, width
from core.offline.terms import key

_FACT = re.compile(
    r"(?:job |work )?location|contact|salary|pay|schedule|hours|working hours|工作时间|上班时间|薪资"
    r"|工作地址|工作地点|办公地点|上班地点|联系电话"
    r"|联系方式",
    re.I,
)
_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")
LONGEST_INTRO = 160  # columns
_LONGEST, _WIDEST = 16, 100  # words and columns of a heading
# Words a heading may write small, and those it cannot end with.
_SMALL = frozenset(
    "and or the a to in of for with you we our your are is will be have at this as if".split()  # noqa: SIM905
)
_NEVER_LAST = frozenset(("and", "or", "the", "a", "of", "for", "with", "to", "in"))
_SURE_ALONE = frozenset(("responsibilities", "qualifications", "requirements"))


@cache
def _named() -> dict[str, str]:
    return {key(name): kind for kind, names in job_terms()["headings"].items() for name in names}


@cache
def _words() -> tuple[dict[str, str], frozenset[str]]:
    """Decisive words with the kind they tell, and words that may stand beside them."""
    table = job_terms()["heading_words"]
    decisive = {word: kind for kind, words in table.items() if kind != "beside" for word in words}
    return decisive, frozenset(table["beside"])


def is_heading_word(word: str) -> bool:
    """Whether a word is one that tells the kind of a section ("Responsibilities")."""
    return word.lower() in _words()[0]


def named(title: str) -> str | None:
    """The kind of a section by its exact usual name; None for another text."""
    return _named().get(key(title))


def is_fact(title: str) -> bool:
    """Whether what stands under a heading is one line: a place, an address, a telephone number."""
    return _FACT.fullmatch(title.strip(" :：*_")) is not None


def introduced(line: str) -> str | None:
    """The kind of list a sentence announces: "We would like to hear from a teacher who:"; None when it does not."""
    if not line.rstrip().endswith((":", "：", "...", "…")) or width(line) > LONGEST_INTRO:
        return None
    return next((name for name, pattern in _intros().items() if pattern.search(line)), None)


@cache
def _intros() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern, re.I) for name, pattern in job_terms()["intros"].items()}


def kind(title: str) -> str | None:
    """The kind of section a line opens; None when it is no heading."""
    if width(title) > _WIDEST or title.rstrip()[-1:] in ".;。；":
        return None
    title = re.sub(r"^[（(]?[一二三四五六七八九十\d]{1,2}[)）、.．]\s*", "", title.strip())
    if found := named(title):
        return found
    plain = re.sub(r"[（(][^（）()]*[)）]", "", title)
    han = key("".join(re.findall(f"[{HAN}]+", plain)))
    latin = key(re.sub(f"[{HAN}]+", " ", plain))
    parts = [_named().get(key(part)) for part in re.split(r"[/&|+、与和及]|\band\b", plain) if key(part)]
    if len(parts) > 1 and all(parts):
        return parts[0]
    known = [_named().get(part) for part in (han, latin) if part]
    if known and all(known):
        return known[0]
    return _composed(plain) if not han else None


def _composed(text: str) -> str | None:
    """Of "The Expertise You Bring": all words belong to headings, and one at least decides."""
    words = [word.replace("’", "'") for word in _WORD.findall(text)]
    letters = sum(c.isalpha() for c in text)
    if not 1 < len(words) <= _LONGEST or letters < 0.75 * len(text.replace(" ", "")) or not text[:1].isupper():
        return None
    decisive, beside = _words()
    lowered = [word.lower() for word in words]
    kinds = [decisive[word] for word in lowered if word in decisive]
    if not kinds or any(word not in decisive and word not in beside for word in lowered):
        return None
    order = list(job_terms()["heading_words"])
    return min(kinds, key=order.index)


def ends_with_one(text: str) -> bool:
    """Whether the last words of a text are a heading: "... The Role"."""
    words = text.split()
    return any(named(" ".join(last)) for count in range(1, 5) if (last := words[-count:]) and last[0][:1].isupper())


def cut(line: str) -> Iterator[str]:
    """A long line in parts, cut before and after each heading that stands in it without any mark of its own.

    A heading in running text is capitalised ("...insights clearly What You Already Have 2+ years of..."), or in
    capitals, is one by `kind`, and what follows it begins a new item.
    """
    start = 0
    for begin, end in _found(line):
        if begin > start and line[start:begin].strip():
            yield line[start:begin].strip()
        yield line[begin:end].strip()
        start = end
    yield line[start:].strip()


def _found(line: str) -> Iterator[tuple[int, int]]:
    """(start, end) of the headings inside a line, from left to right, the longest at each place."""
    words = list(_WORD.finditer(line))
    at = 0
    while at < len(words):
        if not words[at][0][0].isupper() or not _starts(line, words[at].start()):
            at += 1
            continue
        for last in range(_reach(words, at) - 1, at - 1, -1):
            begin, end = words[at].start(), words[last].end()
            text = line[begin:end]
            if (
                _all_capital([w[0] for w in words[at : last + 1]])
                and not re.search(r"[.;!?()\d]|,", text)
                and _ends(line, end)
                and (kind(text) if last > at else _alone(text, line[end : end + 1]))
            ):
                yield begin, end + (line[end : end + 1] == ":")
                at = last
                break
        at += 1


def _reach(words: Sequence[re.Match[str]], at: int) -> int:
    """Where the words that headings are made of end, counted from `at`."""
    known, end = _any_word(), at
    while end < min(at + _LONGEST, len(words)) and words[end][0].lower().replace("’", "'") in known:
        end += 1
    return end


@cache
def _any_word() -> frozenset[str]:
    decisive, beside = _words()
    named = (
        word.lower() for names in job_terms()["headings"].values() for name in names for word in _WORD.findall(name)
    )
    return frozenset(named) | decisive.keys() | beside


def _alone(word: str, mark: str) -> bool:
    """One word is a heading in running text only if it means nothing else there."""
    return named(word) is not None and (mark == ":" or word.lower() in _SURE_ALONE)


def _all_capital(words: list[str]) -> bool:
    capitals = sum(word[0].isupper() for word in words)
    # "We have 380 people" begins a sentence; "What You Have" is a heading.
    told = len(words) == 1 or capitals > 1
    return told and all(word[0].isupper() or word in _SMALL for word in words) and words[-1].lower() not in _NEVER_LAST


def _starts(line: str, at: int) -> bool:
    return at == 0 or line[:at].rstrip()[-1:].isalnum() or line[:at].rstrip()[-1:] in '.!?:;)”"%+'


def _ends(line: str, at: int) -> bool:
    rest = line[at:].lstrip(" :")
    return not rest or rest[0].isupper() or rest[0].isdigit() or rest[0] in "•·-*"
