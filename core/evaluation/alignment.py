"""Which extracted requirement answers to which labelled one: both are passages of the same posting."""

import html
from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

LEAST_OVERLAP = 0.4  # of the characters of both together; a passage cut a little wider or closer is the same demand


def align(posting: str, labelled: Sequence[str], extracted: Sequence[str]) -> dict[int, int]:
    """Index of the extracted requirement for each labelled one that has one: the best assignment, one to one, by the
    Jaccard index of the characters they cover in the posting (white space aside)."""
    if not labelled or not extracted:
        return {}
    plain = _plain(posting)
    ours, theirs = ([_covered(plain, _plain(text)) for text in texts] for texts in (labelled, extracted))
    overlap = np.array([[_jaccard(a, b) for b in theirs] for a in ours])
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    return {int(i): int(j) for i, j in zip(rows, columns, strict=True) if overlap[i, j] >= LEAST_OVERLAP}


def _plain(text: str) -> str:
    return "".join(html.unescape(text).split()).casefold()


def _covered(posting: str, text: str) -> frozenset[int]:
    """The places of a passage; of one that does not stand there as it is (markup was removed), places of its own."""
    at = posting.find(text)
    return frozenset(range(at, at + len(text))) if at >= 0 else frozenset(range(-len(text), 0))


def _jaccard(a: frozenset[int], b: frozenset[int]) -> float:
    return len(a & b) / len(a | b) if a | b else 0.0
