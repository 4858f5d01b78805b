"""Quotes against their sources: no verified quote, no credit.

A quote is evidence only if it stands in the source it names. The comparison forgives what extraction and retyping
change (width, case, line breaks, bullets, punctuation) and nothing else: the words, their order and their edges count.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping

from core.marks import normalised
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

MAX_QUOTES = 10  # of a verdict; whoever needs more to bear it out has none that does
_BEGIN, _END = "\x01", "\x02"  # no normalised text holds a control character
_IN_WORD = rf"[^\W_{_CJK}]"
_IN_NAME = rf"(?:{_IN_WORD}|[+#.&-])"
_MAY_END = rf"(?<=.)(?![+#])(?:(?<!{_IN_WORD})|(?!{_IN_NAME}))"  # + and # end a name: what precedes one is half of it
_MAY_BEGIN = rf"(?=.)(?:(?<!{_IN_NAME})|(?!{_IN_WORD}))"
_EDGE = re.compile(rf"(?={_MAY_END}|{_MAY_BEGIN})({_MAY_END})?({_MAY_BEGIN})?", re.S)


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
    text = normalised("NFKC", normalised("NFKC", text).casefold())
    text = _THOUSANDS.sub("", text).translate(_FOLD)
    text = _NAME_PART.sub(lambda match: match[1] or " ", text)
    return _SPACE_BESIDE_CJK.sub("", " ".join(text.split()))


def occurs(quote: str, source: str) -> bool:
    """Whether the quote stands in the source as whole words; never for a quote without a letter or digit."""
    return _contains(_marked(normalise(source)), normalise(quote))


def ground(match: JobMatch, requirements: list[Requirement], sources: Mapping[Source, str]) -> JobMatch:
    """A copy of the match that claims only what the sources bear out. Idempotent; the arguments are not changed.

    Exactly one verdict per requirement, in their order: the first one a model gave, or `unclear`. Each quote's
    `verified` is ours, and quotes after the first `MAX_QUOTES` are dropped. A `met` or `partial` without a verified
    quote becomes `unclear`. Ids of requirements that do not exist disappear. A source that is not given bears out
    nothing.
    """
    marked = _all_marked(sources)
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
                _ground_verdict(given.get(r.id) or Verdict(requirement_id=r.id, status="unclear"), marked)
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
    return _ground_verdict(verdict, _all_marked(sources))


def grounder(sources: Mapping[Source, str]) -> Callable[[Verdict], Verdict]:
    """`ground_verdict` for many verdicts on the same sources, which are normalised once."""
    marked = _all_marked(sources)
    return lambda verdict: _ground_verdict(verdict, marked)


def _all_marked(sources: Mapping[Source, str]) -> dict[Source, str]:
    return {source: _marked(normalise(text)) for source, text in sources.items()}


def _ground_verdict(verdict: Verdict, marked: Mapping[Source, str]) -> Verdict:
    quotes = [
        Quote(source=q.source, text=q.text, verified=_contains(marked.get(q.source, ""), normalise(q.text)))
        for q in verdict.quotes[:MAX_QUOTES]
    ]
    unproven = verdict.status in ("met", "partial") and not any(q.verified for q in quotes)
    return verdict.model_copy(update={"quotes": quotes, "status": "unclear" if unproven else verdict.status})


def _contains(marked: str, quote: str) -> bool:
    return any(c.isalnum() for c in quote) and _marked(quote) in marked


def _marked(text: str) -> str:
    """A normalised text with a mark wherever a quote may begin or end.

    Whether it may depends on the characters on both sides only, so a quote bears the same marks inside as its source,
    and one plain search finds whole words.
    """
    return _EDGE.sub(lambda edge: (_END if edge[1] is not None else "") + (_BEGIN if edge[2] is not None else ""), text)
