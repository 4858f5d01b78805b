"""Snippets by their meaning: vectors of an embedding model, each kept, so that no text is paid for twice.

What a query finds by its words and what it finds by its meaning are fused by reciprocal rank (Cormack, Clarke and
Büttcher 2009): ranks of different kinds of scores compare, the scores do not.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlmodel import col, select

from core import llm
from core.database import OwnerSession
from core.knowledge.search import Hit, Query
from core.llm import embeddings
from core.models import Snippet, SnippetVector
from core.routing import Candidate

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
    known = _known(db, model.model)
    new = {digest: "\n".join([title, *said]) for _, digest, title, said in rows if digest not in known}
    asked = list(new.items())[:MOST_NEW]
    db.commit()  # a model may take its time, and nothing is to wait for this session meanwhile
    vectors = embeddings.embed([*(query.text for query in queries), *(text for _, text in asked)], model, listener)
    if not vectors:
        return []
    fresh = {digest: np.asarray(v, np.float32) for (digest, _), v in zip(asked, vectors[len(queries) :], strict=True)}
    _keep(db, model.model, fresh)
    known |= fresh
    ids = [number for number, digest, *_ in rows if digest in known and number is not None]
    told = _directions([known[digest] for _, digest, *_ in rows if digest in known])
    wanted = _directions([np.asarray(vector, np.float32) for vector in vectors[: len(queries)]])
    if not ids or told.shape[1] != wanted.shape[1]:
        return []
    return [[ids[at] for at in np.argsort(-scores, kind="stable")[:CLOSEST]] for scores in wanted @ told.T]


def fused(*rankings: Sequence[int]) -> list[Hit]:
    """Several rankings of ids as one."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for place, number in enumerate(ranking, 1):
            scores[number] = scores.get(number, 0.0) + 1 / (DAMPING + place)
    return [Hit(number, score) for number, score in sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))]


def _known(db: OwnerSession, model: str) -> dict[str, NDArray[np.float32]]:
    columns = select(SnippetVector.digest, SnippetVector.vector).where(SnippetVector.model == model)
    return {digest: np.frombuffer(vector, np.float32) for digest, vector in db.exec(columns).all()}


def _keep(db: OwnerSession, model: str, fresh: dict[str, NDArray[np.float32]]) -> None:
    """Two matches at once may have asked for the same: the first is kept."""
    db.lock_owner()
    known = db.exec(select(SnippetVector.digest).where(SnippetVector.model == model)).all()
    db.add_all(
        SnippetVector(digest=digest, model=model, vector=vector.tobytes())
        for digest, vector in fresh.items()
        if digest not in set(known)
    )
    db.commit()


def _directions(vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    if len({len(vector) for vector in vectors}) != 1:
        return np.zeros((len(vectors), 0), np.float32)  # a model that has changed its mind
    rows = np.nan_to_num(np.stack(vectors))
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)
