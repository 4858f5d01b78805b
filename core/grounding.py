"""Quotes against their sources: no verified quote, no credit.

A quote is evidence only if it stands in the source it names. The comparison forgives what extraction and retyping
change (width, case, line breaks, bullets, punctuation) and nothing else: the words, their order and their edges count.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping

from core.schemas import JobMatch, Quote, Requirement, Source, Verdict

# Characters that may belong to a name: C++, C#, .NET, Node.js, R&D, Objective-C.
_NAME_CHARS = "+#.&-"
# Scripts written without spaces, where a word has no visible edge: Han, kana, hangul.
_CJK = "\u2e80-\u2fdf\u3005-\u3007\u3040-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"

_BULLET_NUMBERS = re.compile("[\u2460-\u24ff\u2776-\u2793]")  # NFKC would glue the 1 of a circled one to the next word
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_NAME_PART = re.compile(
    r"""(
      (?<=[a-z0-9])\+{2,} | (?<=[a-z0-9])\+(?![+a-z0-9])    # C++, C++11, 5+ but not Python+Java
    | (?<=[a-z])\#(?![a-z0-9])                              # C#, F#
    | (?<=[a-z0-9])\.(?=[a-z0-9]) | (?<![.a-z0-9])\.(?=[a-z])  # Node.js, 3.5, .NET
    | (?<![a-z0-9][a-z0-9])(?<=[a-z])[&-](?=[a-z])          # R&D, T-SQL
    | (?<=[a-z])[&-](?=[a-z](?![a-z0-9]))                   # Objective-C
    ) | [+#.&-]""",
    re.VERBOSE,
)
_SPACE_BESIDE_CJK = re.compile(f"(?<=[{_CJK}]) | (?=[{_CJK}])")
_IS_CJK = re.compile(f"[{_CJK}]")


class _Fold(dict[int, str]):
    """A table for `str.translate`, filled as characters come up: marks become a space, invisible ones vanish."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if char in _NAME_CHARS:
            folded = char
        elif category == "Pd":
            folded = "-"
        elif category in ("Cf", "Cs"):  # zero-width, bidi, soft hyphen, lone surrogate
            folded = ""
        else:
            folded = " " if category[0] in "PSZC" else char
        self[code] = folded
        return folded


_FOLD = _Fold()


def normalise(text: str) -> str:
    """The form in which texts are compared. Idempotent.

    NFKC and casefold; punctuation, symbols and white space become one space, none beside a CJK character; what is
    part of a name stays ("C++", "C#", ".NET", "Node.js", "3.5", "R&D"); "1,000" reads "1000".
    """
    text = _BULLET_NUMBERS.sub(" ", text)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cs"))
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = _THOUSANDS.sub("", text).translate(_FOLD)
    text = _NAME_PART.sub(lambda match: match[1] or " ", text)
    return _SPACE_BESIDE_CJK.sub("", " ".join(text.split()))


def occurs(quote: str, source: str) -> bool:
    """Whether the quote stands in the source as whole words; never for a quote without a letter or digit."""
    return _contains(normalise(source), normalise(quote))


def ground(match: JobMatch, requirements: list[Requirement], sources: Mapping[Source, str]) -> JobMatch:
    """A copy of the match that claims only what the sources bear out. Idempotent; the arguments are not changed.

    Exactly one verdict per requirement, in their order: the first one a model gave, or `unclear`. Each quote's
    `verified` is ours. A `met` or `partial` without a verified quote becomes `unclear`. Ids of requirements that do not
    exist disappear. A source that is not given bears out nothing.
    """
    normalised = _normalised(sources)
    given: dict[str, Verdict] = {}
    for verdict in match.verdicts:
        given.setdefault(verdict.requirement_id, verdict)
    ids = {requirement.id for requirement in requirements}

    def known(requirement_ids: list[str]) -> list[str]:
        return [i for i in dict.fromkeys(requirement_ids) if i in ids]

    return match.model_copy(
        deep=True,
        update={
            "verdicts": [
                _ground_verdict(given.get(r.id) or Verdict(requirement_id=r.id, status="unclear"), normalised)
                for r in requirements
            ],
            "strengths": [s.model_copy(update={"requirement_ids": known(s.requirement_ids)}) for s in match.strengths],
            "weaknesses": [
                w.model_copy(update={"requirement_ids": known(w.requirement_ids)}) for w in match.weaknesses
            ],
        },
    )


def ground_verdict(verdict: Verdict, sources: Mapping[Source, str]) -> Verdict:
    """A copy of one verdict that claims only what the sources bear out, just as `ground` would have it."""
    return _ground_verdict(verdict, _normalised(sources))


def grounder(sources: Mapping[Source, str]) -> Callable[[Verdict], Verdict]:
    """`ground_verdict` for many verdicts on the same sources, which are normalised once."""
    normalised = _normalised(sources)
    return lambda verdict: _ground_verdict(verdict, normalised)


def _normalised(sources: Mapping[Source, str]) -> dict[Source, str]:
    return {source: normalise(text) for source, text in sources.items()}


def _ground_verdict(verdict: Verdict, sources: Mapping[Source, str]) -> Verdict:
    quotes = [
        Quote(source=q.source, text=q.text, verified=_contains(sources.get(q.source, ""), normalise(q.text)))
        for q in verdict.quotes
    ]
    unproven = verdict.status in ("met", "partial") and not any(q.verified for q in quotes)
    return verdict.model_copy(update={"quotes": quotes, "status": "unclear" if unproven else verdict.status})


def _contains(source: str, quote: str) -> bool:
    if not any(c.isalnum() for c in quote):
        return False
    start = source.find(quote)
    while start >= 0:
        end = start + len(quote)
        if not (_cuts_left(source[start - 1 : start], quote[0]) or _cuts_right(quote[-1], source[end : end + 1])):
            return True
        start = source.find(quote, start + 1)
    return False


def _cuts_left(before: str, edge: str) -> bool:
    return _in_word(edge) and (_in_word(before) or before in tuple(_NAME_CHARS))


def _cuts_right(edge: str, after: str) -> bool:
    # + and # stand only where they end a name, so whatever precedes one is half a name.
    return after in ("+", "#") or (_in_word(edge) and (_in_word(after) or after in tuple(_NAME_CHARS)))


def _in_word(char: str) -> bool:
    return char.isalnum() and not _IS_CJK.match(char)
