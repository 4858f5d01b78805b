"""Which passage of a client's texts means what a requirement asks, in whatever words, by the vectors of a model.

How close two texts of the same meaning come differs from model to model, so nothing is held against a fixed number. A
passage counts when it stands out among the passages for this requirement, and the requirement among the requirements
for this passage. Both sides are centred first: what all passages share says nothing about one of them.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.llm import Listener, embeddings
from core.offline import matching
from core.offline.demands import read
from core.routing import Candidate
from core.schemas import JobSummary

STANDS_OUT = 2.5  # standard deviations above the mean of all passages; of thirty at random the highest is at about 2
FEWEST = 8  # passages: of fewer none can stand out


def passages(
    job: JobSummary, resume: str, detailed_resume: str, today: date, model: Candidate, listener: Listener
) -> dict[str, str]:
    """By id of a requirement, the passage that means it. Empty where the model fails; `listener` is told of every
    call, and may end it."""
    asked = [requirement for requirement in job.requirements if matching.can_be_reworded(read(requirement.text))]
    told = matching.quotable(resume, detailed_resume, today)
    if not asked or len(told) < FEWEST:
        return {}
    vectors = embeddings.embed([*(requirement.text for requirement in asked), *told], model, listener)
    found = pairs(vectors[: len(asked)], vectors[len(asked) :])
    return {asked[number].id: told[passage] for number, passage in found.items()}


def pairs(wanted: Sequence[Sequence[float]], told: Sequence[Sequence[float]]) -> dict[int, int]:
    """For each requirement that has one, by number, the passage that means it; both as vectors of one length."""
    if not wanted or len(told) < FEWEST:
        return {}
    with np.errstate(all="ignore"):
        asked, said = _directions(wanted), _directions(told)
        close = asked @ said.T
        centred = close - close.mean(axis=0, keepdims=True) - close.mean(axis=1, keepdims=True) + close.mean()
        spread = close.std(axis=1)
        height = (close.max(axis=1) - close.mean(axis=1)) / spread
    best = centred.argmax(axis=1)
    return {
        number: int(passage)
        for number, passage in enumerate(best)
        if spread[number] > 0
        and passage == close[number].argmax()
        and height[number] >= STANDS_OUT
        and centred[:, passage].argmax() == number
    }


def _directions(vectors: Sequence[Sequence[float]]) -> NDArray[Any]:
    rows: NDArray[Any] = np.nan_to_num(np.asarray(vectors, dtype=float))
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))
