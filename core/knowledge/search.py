"""Which snippets of an owner a query finds, the best first, by the full-text search of the database they stand in.

SQLite's FTS5 ranks by BM25. PostgreSQL knows no BM25, so its statement makes one of the words that its text search
finds in a snippet: how often each stands where, levelled off and weighed by how few of the owner's snippets have it.
A word in the title or the situations counts more than one in the text; the weights were chosen on the queries of
`tests/retrieval` that are for learning.

Ranking takes time with every snippet that has any of the words, and the common ones say least: of a large collection
only the rarest words of a query are looked for, as many as `POSTINGS` allows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import sqlalchemy as sa

from core.database import OwnerSession
from core.knowledge import words

HEAD, CONCEPTS, BODY = 4.0, 1.0, 0.5
LONGEST = 2_000  # characters of a query that are looked at
MOST_TERMS = 48  # of a query; a requirement with its note has some twenty
POSTINGS = 2_000  # snippets that have the words looked for, summed over the words
FEWEST = 4  # words looked for, however common


@dataclass(frozen=True)
class Query:
    """What advice is wanted for: a text in any words, and tags that may fit. `about` is what the caller knows it by."""

    text: str
    tags: tuple[str, ...] = ()
    about: str = ""

    @property
    def words(self) -> list[str]:
        return words.telling(words.words(self.text[:LONGEST]))[:MOST_TERMS]

    @property
    def concepts(self) -> list[str]:
        marks = [*(words.mark("t", tag) for tag in self.tags), *words.concepts(self.text[:LONGEST])]
        return list(dict.fromkeys(marks))[:MOST_TERMS]


@dataclass(frozen=True)
class Hit:
    """A snippet that shares something with a query. Scores of one query compare with each other only."""

    id: int
    score: float


def ranked(db: OwnerSession, locale: str, query: Query, limit: int) -> list[Hit]:
    """The best snippets for a query, at most `limit`; those that are switched off are none."""
    terms = [*query.words, *query.concepts]
    return _DIALECTS[db.get_bind().dialect.name](db, locale, terms, limit) if terms else []


_COMMON = sa.text("SELECT term, doc FROM snippet_search_words WHERE term IN :terms").bindparams(
    sa.bindparam("terms", expanding=True)
)
_FTS5 = sa.text(
    "SELECT rowid, -bm25(snippet_search, 0, :head, :concepts, :body) AS score FROM snippet_search"
    " WHERE snippet_search MATCH :wanted ORDER BY score DESC, rowid LIMIT :limit"
)


def _fts5(db: OwnerSession, locale: str, terms: Sequence[str], limit: int) -> list[Hit]:
    connection = db.connection()
    counted: list[tuple[str, int]] = sorted(
        ((term, count) for term, count in connection.execute(_COMMON, {"terms": terms})), key=lambda pair: pair[1]
    )
    sums = accumulate(count for _, count in counted)
    rare = [term for number, ((term, _), total) in enumerate(zip(counted, sums, strict=True)) if _kept(number, total)]
    if not rare:
        return []
    anything = " OR ".join(f'"{term}"' for term in rare)
    wanted = f"scope : o{db.owner_id}{locale} AND {{head concepts body}} : ({anything})"
    values = {"wanted": wanted, "head": HEAD, "concepts": CONCEPTS, "body": BODY, "limit": limit}
    return [Hit(number, score) for number, score in connection.execute(_FTS5, values)]


def _kept(number: int, total: int) -> bool:
    return number < FEWEST or total <= POSTINGS


# Words are told apart by how many snippets have them, as far as that matters; how many exactly, of those looked for.
_BM25 = sa.text("""
    WITH counted AS (
        SELECT word, (
            SELECT count(*) FROM (
                SELECT 1 FROM snippet_search WHERE owner_id = :owner AND locale = :locale AND word = term.word
                LIMIT :postings + 1) few) AS least
        FROM unnest(CAST(:terms AS text[])) term (word)),
    rare AS MATERIALIZED (
        SELECT word FROM (
            SELECT word, sum(least) OVER rising AS total, row_number() OVER rising AS place
            FROM counted WHERE least > 0 WINDOW rising AS (ORDER BY least, word)) ranked
        WHERE total <= :postings OR place <= :fewest),
    hit AS (
        SELECT word, snippet_id, :head * head + :concepts * concepts + :body * body AS tf,
            count(*) OVER (PARTITION BY word) AS n
        FROM rare JOIN snippet_search USING (word) WHERE owner_id = :owner AND locale = :locale),
    mine AS MATERIALIZED (
        SELECT count(*) AS size FROM snippet WHERE owner_id = :owner AND locale = :locale AND enabled)
    SELECT snippet_id, sum(ln(1 + (size - n + 0.5) / (n + 0.5)) * tf / (tf + :level)) AS score
    FROM hit CROSS JOIN mine
    GROUP BY snippet_id ORDER BY score DESC, snippet_id LIMIT :limit""")
_LEVEL = 1.2  # how often a word must stand to earn half of its weight: k1, as in FTS5


def _postings(db: OwnerSession, locale: str, terms: Sequence[str], limit: int) -> list[Hit]:
    values = {"owner": db.owner_id, "locale": locale, "terms": list(terms), "limit": limit}
    values |= {"head": HEAD, "concepts": CONCEPTS, "body": BODY, "level": _LEVEL}
    values |= {"postings": POSTINGS, "fewest": FEWEST}
    connection = db.connection()
    connection.exec_driver_sql("SET LOCAL jit = off")  # to compile the statement takes longer than to run it
    return [Hit(number, float(score)) for number, score in connection.execute(_BM25, values)]


_DIALECTS: dict[str, Callable[[OwnerSession, str, Sequence[str], int], list[Hit]]] = {
    "sqlite": _fts5,
    "postgresql": _postings,
}
