"""Which extracted requirement answers to which labelled one: both are passages of the same posting."""

import html
from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz
from scipy.optimize import linear_sum_assignment

LEAST_OVERLAP = 0.4  # of the characters of both together; a passage cut a little wider or closer is the same demand
LEAST_LIKENESS = 80  # of 100: a passage from which markup was removed still has its place

Place = tuple[int, int]  # from, up to


def align(posting: str, labelled: Sequence[str], extracted: Sequence[str]) -> dict[int, int]:
    """Index of the extracted requirement for each labelled one that has one: the best assignment, one to one, by the
    Jaccard index of the characters they cover in the posting (white space aside)."""
    if not labelled or not extracted:
        return {}
    plain = _plain(posting)
    ours, theirs = ([_places(plain, _plain(text)) for text in texts] for texts in (labelled, extracted))
    overlap = np.array([[_overlap(a, b) for b in theirs] for a in ours])
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    return {int(i): int(j) for i, j in zip(rows, columns, strict=True) if overlap[i, j] >= LEAST_OVERLAP}


def _plain(text: str) -> str:
    return "".join(html.unescape(text).split()).casefold()


def _places(posting: str, text: str) -> list[Place]:
    """Wherever a passage stands; of one that stands nowhere as it is, where it most likely comes from."""
    found: list[Place] = []
    at = posting.find(text) if text else -1
    while at >= 0:
        found.append((at, at + len(text)))
        at = posting.find(text, at + 1)
    likely = None if found else fuzz.partial_ratio_alignment(text, posting, score_cutoff=LEAST_LIKENESS)
    return [(likely.dest_start, likely.dest_end)] if likely else found


def _overlap(ours: Sequence[Place], theirs: Sequence[Place]) -> float:
    return max((_jaccard(a, b) for a in ours for b in theirs), default=0.0)


def _jaccard(a: Place, b: Place) -> float:
    shared = max(0, min(a[1], b[1]) - max(a[0], b[0]))
    return shared / (a[1] - a[0] + b[1] - b[0] - shared)
