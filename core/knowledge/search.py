"""Which snippets of an owner a query finds, the best first, by the full-text search of the database they stand in.

SQLite's FTS5 ranks by BM25. PostgreSQL knows no BM25, so its statement makes one of the words that its text search
finds in a snippet: how often each stands where, levelled off and weighed by how few of the owner's snippets have it.
A word in the title or the situations counts more than one in the text; the weights were chosen on the queries of
`tests/retrieval` that are for learning.

Ranking takes time with every snippet that has any of the words, and the common ones say least: of a large collection
only the rarest words of a query are looked for, as many as `POSTINGS` allows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log

import sqlalchemy as sa

from core.database import OwnerSession
from core.knowledge import words

HEAD, CONCEPTS, BODY = 4.0, 1.0, 0.5
LONGEST = 2_000  # characters of a query that are looked at
MOST_TERMS = 48  # of a query; a requirement with its note has some twenty
POSTINGS = 2_000  # snippets that have the words looked for, summed over the words
COMMON = 1_000  # snippets: a word that more of them have is looked for only for want of rarer ones
FEWEST = 4  # words looked for, however common


@dataclass(frozen=True)
class Query:
    """What advice is wanted for: a text in any words, and tags that may fit. `about` is what the caller knows it by,
    and `premises` what a snippet may take for granted, if that is known."""

    text: str
    tags: tuple[str, ...] = ()
    about: str = ""
    premises: frozenset[str] | None = None

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
    rare = _rare([(term, count) for term, count in connection.execute(_COMMON, {"terms": terms})])
    if not rare:
        return []
    anything = " OR ".join(f'"{term}"' for term in rare)
    wanted = f"scope : o{db.owner_id}{locale} AND {{head concepts body}} : ({anything})"
    values = {"wanted": wanted, "head": HEAD, "concepts": CONCEPTS, "body": BODY, "limit": limit}
    return [Hit(number, score) for number, score in connection.execute(_FTS5, values)]


def _rare(counted: Iterable[tuple[str, int]]) -> list[str]:
    """The words to look for, the rarest first, of words with how many snippets each is in."""
    rising = sorted((count, word) for word, count in counted if count)
    sums = accumulate(count for count, _ in rising)
    return [
        word
        for place, ((count, word), total) in enumerate(zip(rising, sums, strict=True))
        if place < FEWEST or (count <= COMMON and total <= POSTINGS)
    ]


# How many snippets have each word, as far as that matters, and how many there are: all stand under the empty word.
_COUNTS = sa.text("""
    SELECT word, count FROM unnest(CAST(:terms AS text[])) term (word), LATERAL (
        SELECT count(*) FROM (
            SELECT 1 FROM snippet_search WHERE owner_id = :owner AND locale = :locale AND word = term.word
            LIMIT :common + 1) few) counted
    UNION ALL SELECT '', count(*) FROM snippet_search WHERE owner_id = :owner AND locale = :locale AND word = ''""")
# Word by word, as OFFSET 0 has it: a planner that has not counted the table yet would rather read all of it.
_SUMS = sa.text("""
    SELECT snippet_id, sum(weight * tf / (tf + :level)) AS score
    FROM unnest(CAST(:rare AS text[]), CAST(:weights AS float8[])) term (word, weight), LATERAL (
        SELECT snippet_id, CAST(:head * head + :concepts * concepts + :body * body AS float8) AS tf
        FROM snippet_search WHERE owner_id = :owner AND locale = :locale AND word = term.word
        OFFSET 0) hit
    GROUP BY snippet_id ORDER BY score DESC, snippet_id LIMIT :limit""")
_LEVEL = 1.2  # how often a word must stand to earn half of its weight: k1, as in FTS5


def _postings(db: OwnerSession, locale: str, terms: Sequence[str], limit: int) -> list[Hit]:
    connection = db.connection()
    scope = {"owner": db.owner_id, "locale": locale}
    found = connection.execute(_COUNTS, scope | {"terms": list(terms), "common": COMMON})
    counted: list[tuple[str, int]] = [(word, count) for word, count in found]
    _, size = counted.pop()
    rare, often = _rare(counted), dict(counted)
    weights = [log(1 + (size - often[word] + 0.5) / (often[word] + 0.5)) for word in rare]
    values = scope | {"rare": rare, "weights": weights, "level": _LEVEL, "limit": limit}
    values |= {"head": HEAD, "concepts": CONCEPTS, "body": BODY}
    return [Hit(number, score) for number, score in connection.execute(_SUMS, values)]


_DIALECTS: dict[str, Callable[[OwnerSession, str, Sequence[str], int], list[Hit]]] = {
    "sqlite": _fts5,
    "postgresql": _postings,
}
