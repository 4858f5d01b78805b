"""How long a regular expression may keep trying, told from its form."""

import math
from collections.abc import Iterator
from re import _constants, _parser  # type: ignore[attr-defined]  # what `re` itself reads a pattern with; no other does
from typing import Any

_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
MOST_REPEATS = 1_000
_COUNTED = 10**9  # more are not told apart


def ways(pattern: str, length: int) -> int:
    """In how many ways a pattern may be laid over a text of `length` characters before it fails: an upper bound, itself
    at most `10**9`. Repetitions after one another multiply, and one inside another is the power of its count.

    Raises re.error for what is no pattern.
    """
    return _ways(_parser.parse(pattern), length)


def _ways(part: Any, length: int) -> int:
    total = 1
    for kind, value in part:
        if kind is _constants.BRANCH:
            total *= sum(_ways(choice, length) for choice in value[1])
        elif kind in _REPEATS:
            least, most, item = value
            if int(least) > MOST_REPEATS:
                return _COUNTED  # also of what is empty: each is walked
            room = length // max(item.getwidth()[0], 1)
            each = _ways(item, length)
            total *= sum(each**count for count in range(min(least, room), min(most, room) + 1))
        else:
            total *= math.prod(_ways(inner, length) for inner in _parts(value))
    return min(total, _COUNTED)


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, _parser.SubPattern):
        yield value
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _parts(inner)
