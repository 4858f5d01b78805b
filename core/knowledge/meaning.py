"""Snippets by their meaning: vectors of an embedding model, each kept, so that no text is paid for twice.

What a query finds by its words and what it finds by its meaning are fused by reciprocal rank (Cormack, Clarke and
Büttcher 2009): ranks of different kinds of scores compare, the scores do not.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlmodel import col, delete, func, select

from core import llm
from core.database import OwnerSession
from core.knowledge.search import Query
from core.llm import embeddings
from core.models import Snippet, SnippetVector
from core.routing import Candidate

Numbers = NDArray[np.float32]

MOST_NEW = 256  # texts embedded for one match; those of a larger collection follow with the next ones
MOST_KNOWN = 10_000  # snippets compared with a query
CLOSEST = 12  # snippets for one query
DAMPING = 60  # of the cited paper: what lies far down hardly counts


def closest(
    db: OwnerSession, queries: Sequence[Query], *, locale: str, model: Candidate, listener: llm.Listener
) -> list[list[int]]:
    """For each query, ids of the snippets closest to it, at most `CLOSEST`; empty when the model fails. Commits what it
    had to ask for. Raises whatever the listener raises."""
    rows = db.exec(
        select(Snippet.id, Snippet.digest, Snippet.title, Snippet.situations)
        .where(Snippet.locale == locale, col(Snippet.enabled))
        .order_by(col(Snippet.id))
        .limit(MOST_KNOWN)
    ).all()
    known = _known(db, model.model, locale)
    new = {digest: "\n".join([title, *said]) for _, digest, title, said in rows if digest not in known}
    asked = list(new.items())[:MOST_NEW]
    db.commit()  # a model may take its time, and nothing is to wait for this session meanwhile
    vectors = embeddings.embed([*(query.text for query in queries), *(text for _, text in asked)], model, listener)
    if not vectors:
        return []
    numbers = np.nan_to_num(np.asarray(vectors, np.float32))
    wanted, fresh, length = numbers[: len(queries)], numbers[len(queries) :], numbers.shape[1]
    _keep(db, model.model, dict(zip((digest for digest, _ in asked), fresh, strict=True)), length)
    known = {digest: vector for digest, vector in known.items() if len(vector) == length}
    known |= dict(zip((digest for digest, _ in asked), fresh, strict=True))
    ids = [number for number, digest, *_ in rows if digest in known and number is not None]
    if not ids:
        return []
    told = _directions(np.stack([known[digest] for _, digest, *_ in rows if digest in known]))
    return [[ids[at] for at in np.argsort(-scores, kind="stable")[:CLOSEST]] for scores in _directions(wanted) @ told.T]


def fused(*rankings: Sequence[int]) -> list[int]:
    """Several rankings of ids as one."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for place, number in enumerate(ranking, 1):
            scores[number] = scores.get(number, 0.0) + 1 / (DAMPING + place)
    return sorted(scores, key=lambda number: (-scores[number], number))


def _known(db: OwnerSession, model: str, locale: str) -> dict[str, Numbers]:
    said = select(Snippet.digest).where(Snippet.locale == locale)
    mine = (SnippetVector.model == model, col(SnippetVector.digest).in_(said))
    columns = select(SnippetVector.digest, SnippetVector.vector).where(*mine)
    return {digest: np.frombuffer(vector, np.float32) for digest, vector in db.exec(columns).all()}


def _keep(db: OwnerSession, model: str, fresh: Mapping[str, Numbers], length: int) -> None:
    """Keep what is new, and drop what no snippet says any more, or a model of this name made that is another now. Two
    matches at once may have asked for the same: the first is kept."""
    db.lock_owner()
    said = select(Snippet.digest)
    db.exec(
        delete(SnippetVector).where(
            col(SnippetVector.digest).not_in(said)
            | ((col(SnippetVector.model) == model) & (func.length(SnippetVector.vector) != 4 * length))
        )
    )
    known = set(db.exec(select(SnippetVector.digest).where(SnippetVector.model == model)).all())
    db.add_all(
        SnippetVector(digest=digest, model=model, vector=vector.tobytes())
        for digest, vector in fresh.items()
        if digest not in known
    )
    db.commit()


def _directions(vectors: Numbers) -> Numbers:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)
