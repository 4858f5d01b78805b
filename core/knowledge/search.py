"""Which snippets of an owner a query finds, the best first, by the full-text search of the database they stand in.

SQLite's FTS5 ranks by BM25. PostgreSQL knows no BM25, so its statement makes one: each word's rank, levelled off and
weighed by how few of the owner's snippets have it. A word in the title or the situations counts more than one in
the text, and so does a concept; the weights were chosen on the queries of `tests/retrieval` that are for learning.
"""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from core.database import OwnerSession
from core.knowledge import words

HEAD, CONCEPTS, BODY = 3.0, 1.0, 1.0
MOST_TERMS = 48  # of a query; a requirement with its note has some twenty


@dataclass(frozen=True)
class Query:
    """What advice is wanted for: a text in any words, tags that may fit, and the analyst's reason for the verdict on a
    requirement. `about` is what the caller knows it by."""

    text: str
    tags: tuple[str, ...] = ()
    reason: str = ""
    about: str = ""

    @property
    def words(self) -> list[str]:
        return words.telling(words.words(self.text))[:MOST_TERMS]

    @property
    def concepts(self) -> list[str]:
        marks = [
            *words.of_reason(self.reason),
            *(words.mark("t", tag) for tag in self.tags),
            *words.concepts(self.text),
        ]
        return list(dict.fromkeys(marks))[:MOST_TERMS]


def ranked(db: OwnerSession, locale: str, query: Query, limit: int) -> list[int]:
    """Ids of the snippets that share anything with the query, at most `limit`; those that are switched off are none."""
    if not query.words and not query.concepts:
        return []
    return _DIALECTS[db.get_bind().dialect.name](db, locale, query, limit)


def _fts5(db: OwnerSession, locale: str, query: Query, limit: int) -> list[int]:
    def any_of(found: list[str]) -> str:
        return " OR ".join(f'"{word}"' for word in found)

    parts = [("{head body}", query.words), ("concepts", query.concepts)]
    wanted = " OR ".join(f"{columns} : ({any_of(found)})" for columns, found in parts if found)
    statement = sa.text(
        f"SELECT rowid FROM snippet_search WHERE snippet_search MATCH :wanted"  # noqa: S608 - numbers of ours
        f" ORDER BY bm25(snippet_search, 0, {HEAD}, {CONCEPTS}, {BODY}), rowid LIMIT :limit"
    )
    scope = f"scope : o{db.owner_id}{locale}"
    return list(db.connection().execute(statement, {"wanted": f"{scope} AND ({wanted})", "limit": limit}).scalars())


_BM25 = sa.text(f"""
    WITH mine AS (SELECT snippet_id, words FROM snippet_search WHERE owner_id = :owner AND locale = :locale),
    term AS (
        SELECT DISTINCT plainto_tsquery('english', w) AS q FROM unnest(CAST(:words AS text[])) w
        UNION SELECT plainto_tsquery('simple', c) FROM unnest(CAST(:concepts AS text[])) c),
    hit AS (
        SELECT snippet_id, q, ts_rank('{{{BODY / 10}, 0, {CONCEPTS / 10}, {HEAD / 10}}}', words, q) AS rank
        FROM term JOIN mine ON mine.words @@ q),
    weight AS (
        SELECT q, ln(1 + ((SELECT count(*) FROM mine) - count(*) + 0.5) / (count(*) + 0.5)) AS idf
        FROM hit GROUP BY q)
    SELECT snippet_id FROM hit JOIN weight USING (q)
    GROUP BY snippet_id ORDER BY sum(idf * rank / (rank + 0.1)) DESC, snippet_id LIMIT :limit""")  # noqa: S608


def _tsearch(db: OwnerSession, locale: str, query: Query, limit: int) -> list[int]:
    values = {"owner": db.owner_id, "locale": locale, "words": query.words, "concepts": query.concepts, "limit": limit}
    return list(db.connection().execute(_BM25, values).scalars())


_DIALECTS: dict[str, Callable[[OwnerSession, str, Query, int], list[int]]] = {
    "sqlite": _fts5,
    "postgresql": _tsearch,
}
