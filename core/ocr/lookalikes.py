"""Signs that look alike, put right where only one reading makes a word: "Cl/CD" is CI/CD, "AwS" is AWS.

In most fonts a recogniser cannot tell I from l, and sees a letter's case only by its size. A word is changed only into
one of the terms in `lookalikes.toml`, only by exchanging look-alikes, and only if most of it was right before.
"""

import re
import tomllib
from functools import cache
from pathlib import Path

_TWINS = str.maketrans("I1|0WVXZ", "lllOwvxz")
_WORD = re.compile(r"(?<![A-Za-z0-9|])[A-Za-z0-9|]+(?:/[A-Za-z0-9|]+)?(?![A-Za-z0-9|])")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_KATAKANA_DOT, _DOT = "\u30fb", "·"


def corrected(text: str) -> str:
    """`text` with known terms spelled right. It keeps its length."""
    if _KATAKANA_DOT in text and not _KANA.search(text):
        text = text.replace(_KATAKANA_DOT, _DOT)
    return _WORD.sub(lambda match: _term(match[0]), text)


def _term(word: str) -> str:
    term = _terms().get(word.translate(_TWINS))
    if term is None:
        parts = word.split("/")
        return "/".join(map(_term, parts)) if len(parts) > 1 else word
    right = sum(a == b for a, b in zip(word, term, strict=True))
    return term if 2 * right > len(term) else word


@cache
def _terms() -> dict[str, str]:
    terms = tomllib.loads((Path(__file__).parent / "lookalikes.toml").read_text("utf-8"))["terms"]
    return {term.translate(_TWINS): term for term in terms}
