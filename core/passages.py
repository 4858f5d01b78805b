"""Where a quote stands in a text: the form in which both are compared, and the way back to the text as it was.

The comparison forgives what extraction and retyping change (width, case, line breaks, bullets, punctuation, a word
broken at the end of a line) and nothing else: the words, their order and their edges count. What is not found like this
may stand there all the same, misread from a picture (`core.noise`); such a passage is not exact.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, compress

from rapidfuzz.distance import Postfix, Prefix

from core import noise
from core.marks import normalised

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

_BEGIN, _END = "\x01", "\x02"  # no normalised text holds a control character
_SOFT_HYPHEN = "\xad"  # nor one that is invisible
_IN_WORD = rf"[^\W_{_CJK}]"
_IN_NAME = rf"(?:{_IN_WORD}|[+#.&-])"
_MAY_END = rf"(?<=.)(?![+#])(?:(?<!{_IN_WORD})|(?!{_IN_NAME}))"  # + and # end a name: what precedes one is half of it
_MAY_BEGIN = rf"(?=.)(?:(?<!{_IN_NAME})|(?!{_IN_WORD}))"
_EDGE = re.compile(rf"(?={_MAY_END}|{_MAY_BEGIN})({_MAY_END})?({_MAY_BEGIN})?", re.S)

_BEGINS, _ENDS = re.compile(_MAY_BEGIN, re.S), re.compile(_MAY_END, re.S)

_LETTER = rf"[^\W\d_{_CJK}]"
_BROKEN_WORD = re.compile(rf"(?<={_LETTER})[-\u2010\xad]\s+(?={_LETTER})")
_JAMO = re.compile("[\u1160-\u11ff]")  # vowels and finals of hangul, which become one syllable with an initial
_TRIES = 20  # places looked at more closely; no honest text holds a passage more often, and each time within words


class _Fold(dict[int, str]):
    """A table for `str.translate`, filled as characters come up: marks become a space, invisible ones vanish."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if char in _NAME_CHARS:
            folded = char
        elif category == "Pd":
            folded = "-"
        elif _unseen(char):
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
    return _closed_up(_folded(_spelled(text)))


@dataclass(frozen=True)
class Passage:
    """`text[start:end]` is what a quote was found to be; it says exactly the same, or the same but for misreadings."""

    start: int
    end: int
    exact: bool


class Text:
    """A text that quotes are looked for in, or a quote. Nothing is computed before it is needed, or twice."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._folded = _folded(_spelled(text))
        self.form = _closed_up(self._folded)

    def find(self, quote: "Text") -> Passage | None:
        """The first passage that is the quote as whole words, exact if there is one; None for a quote without a letter
        or digit."""
        if not any(map(str.isalnum, quote.form)):
            return None
        at = self._marked.find(quote._marked)
        if at < 0:
            return self._resembling(quote)
        return self._passage(_solid(self._marked[:at]), quote.form, quote)

    def _resembling(self, quote: "Text") -> Passage | None:
        misread = None
        for start, end in self._lookalikes(quote):
            found, first = self.form[start:end], _solid(self.form[:start])
            if self._differs_in_hyphens(found, first, quote):
                return self._passage(first, found, quote)
            if misread is None and noise.is_misreading(found, quote.form):
                misread = self._passage(first, found, quote, exact=False)
        return misread

    def _lookalikes(self, quote: "Text") -> Iterator[tuple[int, int]]:
        """Where in the form whole words have a shape of the quote."""
        for shape, wanted in zip(self._shapes, quote._shapes, strict=True):
            at = -1
            for _ in range(_TRIES):
                if (at := shape.text.find(wanted.text, at + 1)) < 0:
                    break
                start, after = shape.places[at], at + len(wanted.text)
                rest = self.form[start : shape.places[after] if after < len(shape.places) else None]
                end = start + len(rest.rstrip(noise.UNSHAPED))
                if _BEGINS.match(self.form, start) and _ENDS.match(self.form, end):
                    yield start, end

    def _differs_in_hyphens(self, found: str, first: int, quote: "Text") -> bool:
        """Whether `found`, which begins at that character of the form, is the quote but for words that a line end has
        broken in one of both."""
        if found.replace(" ", "") != quote.form.replace(" ", ""):
            return False
        return all(gap + first in self._breaks or gap in quote._breaks for gap in _gaps(found) ^ _gaps(quote.form))

    def _passage(self, first: int, form: str, quote: "Text", *, exact: bool = True) -> Passage:
        """What stands in the text for `form`, with the signs around it that the quote has too: $, %, a full stop."""
        start = self._bounds[self._origins[first]]
        end = self._bounds[self._origins[first + _solid(form) - 1] + 1]
        before, after = _signs_around(quote.text)
        start -= Postfix.similarity(before, self.text[:start])
        end += Prefix.similarity(after, self.text[end:])
        return Passage(start, end, exact)

    # In what follows characters of the form are counted without spaces, of which the text may have more or fewer.

    @cached_property
    def _marked(self) -> str:
        """The form with a mark wherever a quote may begin or end.

        Whether it may depends on the characters on both sides only, so a quote bears the same marks inside as its
        source, and one plain search finds whole words.
        """
        return _EDGE.sub(lambda e: (_END if e[1] is not None else "") + (_BEGIN if e[2] is not None else ""), self.form)

    @cached_property
    def _shapes(self) -> tuple[noise.Shape, ...]:
        return noise.shapes(self.form)

    @cached_property
    def _pieces(self) -> Sequence[str]:
        """The text cut into parts that are spelled alike alone and together: single characters, each with the marks on
        it and what cannot be seen."""
        joining = "".join(c for c in set(self.text) if c > "\x7f" and _joins(c))
        return re.findall(rf"(?s).[{re.escape(joining)}]*", self.text) if joining else self.text

    @cached_property
    def _bounds(self) -> list[int]:
        """Where in the text each piece begins, and the last one ends."""
        return list(accumulate(map(len, self._pieces), initial=0))

    @cached_property
    def _origins(self) -> list[int]:
        """Which piece each character of the form comes from."""
        spelled = {piece: _spelled(piece) for piece in set(self._pieces)}
        whole = _THOUSANDS.sub(_SOFT_HYPHEN, "".join(map(spelled.__getitem__, self._pieces)))
        origins = (number for number, piece in enumerate(self._pieces) for _ in spelled[piece])
        folded = compress(origins, map(_SOFT_HYPHEN.__ne__, whole))
        return list(compress(folded, map(" ".__ne__, self._folded)))

    @cached_property
    def _breaks(self) -> frozenset[int]:
        """Before which characters of the form a line end may have broken a word."""
        hyphens = (bisect_left(self._bounds, match.start()) for match in _BROKEN_WORD.finditer(self.text))
        return frozenset(bisect_left(self._origins, piece) for piece in hyphens)


def _spelled(text: str) -> str:
    """Every character in the one way it may be spelled; characters that cannot be seen are gone."""
    text = _BULLET_NUMBERS.sub(" ", text)
    if unseen := [ord(c) for c in set(text) if _unseen(c)]:
        text = text.translate(dict.fromkeys(unseen))
    return normalised("NFKC", normalised("NFKC", text).casefold())


def _folded(spelled: str) -> str:
    """A space for each character that makes no difference, and nothing for the comma of "1,000"."""
    text = _THOUSANDS.sub("", spelled).translate(_FOLD)
    return _NAME_PART.sub(lambda match: match[1] or " ", text)


def _closed_up(folded: str) -> str:
    return _SPACE_BESIDE_CJK.sub("", " ".join(folded.split()))


def _joins(char: str) -> bool:
    """Whether a character may become one with that before it."""
    first = unicodedata.normalize("NFKD", char)[0]
    return _unseen(char) or unicodedata.category(first)[0] == "M" or _JAMO.match(first) is not None


def _unseen(char: str) -> bool:
    return unicodedata.category(char) in ("Cf", "Cs")  # zero-width, bidi, soft hyphen, lone surrogate


def _solid(form: str) -> int:
    """How many characters there are, without spaces and marks."""
    return len(form) - sum(map(form.count, (" ", _BEGIN, _END)))


def _gaps(form: str) -> set[int]:
    """Before which characters there is a space."""
    return {match.start() - before for before, match in enumerate(re.finditer(" ", form))}


def _signs_around(text: str) -> tuple[str, str]:
    """What a text begins and ends with that is neither letter, digit nor space."""
    signs = "".join(char for char in set(text) if not char.isalnum() and not char.isspace())
    return text[: len(text) - len(text.lstrip(signs))], text[len(text.rstrip(signs)) :]
