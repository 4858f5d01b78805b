"""What needs no understanding: how alike the words of a posting and a resume are. A match must beat both."""

import logging
import re
from collections.abc import Mapping, Sequence

import bm25s
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import linear_kernel

from core.evaluation.gold import Case, Fit
from core.offline.lines import HAN, fold

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it asks to be heard in full
_TOKEN = re.compile(rf"[a-z0-9][a-z0-9+#.]*|[{HAN}]+")


def tokens(text: str) -> list[str]:
    """English words and Han bigrams."""
    found: list[str] = []
    for token in _TOKEN.findall(fold(text).lower()):
        if token[0].isascii():
            found.append(token.rstrip("."))
        else:
            found += [token[at : at + 2] for at in range(max(1, len(token) - 1))]
    return found


def tfidf(jobs: Sequence[str], resumes: Sequence[str]) -> np.ndarray:
    """Cosine of the TF-IDF vectors of the full texts, one row per job, one column per resume."""
    vectors = TfidfVectorizer(analyzer=tokens, sublinear_tf=True).fit([*jobs, *resumes])
    return np.asarray(linear_kernel(vectors.transform(jobs), vectors.transform(resumes)))


def bm25(jobs: Sequence[str], resumes: Sequence[str]) -> np.ndarray:
    """BM25 of each job as a query over the resumes, divided by the score of the job against itself."""
    documents = [*resumes, *jobs]
    index = bm25s.BM25()
    index.index([tokens(text) for text in documents], show_progress=False)
    scores = np.array([index.get_scores(tokens(job)) for job in jobs])
    own = np.array([scores[at, len(resumes) + at] for at in range(len(jobs))])
    return np.asarray(scores[:, : len(resumes)] / own[:, None])


def similarities(cases: Sequence[Case]) -> Mapping[tuple[str, Fit], dict[str, float]]:
    """`tfidf` and `bm25` (0 to 1) of every pair; word weights are taken from all texts of the cases."""
    keys = [(case.name, fit) for case in cases for fit in case.resumes]
    jobs, resumes = [case.job for case in cases], [text for case in cases for text in case.resumes.values()]
    both = {"tfidf": tfidf(jobs, resumes), "bm25": bm25(jobs, resumes)}
    rows = {case.name: at for at, case in enumerate(cases)}
    return {key: {name: float(table[rows[key[0]], at]) for name, table in both.items()} for at, key in enumerate(keys)}
