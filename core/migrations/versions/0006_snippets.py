"""coaching snippets and what they are searched by"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

# The index is the database's own, kept by triggers: whoever writes a snippet, it is found as it is written.
# SQLite: an index without the texts, which stand in `snippet`; such an index is told what to forget.
_NEW = "new.id, 'o' || new.owner_id || new.locale, new.head_words, new.concept_words, new.body_words"
_OLD = _NEW.replace("new.", "old.")
_COLUMNS = "scope, head, concepts, body"
_ADD = f"INSERT INTO snippet_search(rowid, {_COLUMNS}) SELECT {_NEW} WHERE new.enabled;"
_DROP = f"INSERT INTO snippet_search(snippet_search, rowid, {_COLUMNS}) SELECT 'delete', {_OLD} WHERE old.enabled;"
SEARCH = {
    "sqlite": [
        f"CREATE VIRTUAL TABLE snippet_search USING fts5({_COLUMNS}, content='')",
        # How many snippets have a word: what searches leave common words out by.
        "CREATE VIRTUAL TABLE snippet_search_words USING fts5vocab(snippet_search, 'row')",
        f"CREATE TRIGGER snippet_search_insert AFTER INSERT ON snippet BEGIN {_ADD} END",
        f"CREATE TRIGGER snippet_search_delete AFTER DELETE ON snippet BEGIN {_DROP} END",
        f"CREATE TRIGGER snippet_search_update AFTER UPDATE ON snippet BEGIN {_DROP} {_ADD} END",
    ],
    # PostgreSQL: which words its text search makes of a snippet, and how often they stand where. An index of whole
    # texts (GIN) would be one for all owners, and ranking by it has to unpack every text that has a common word.
    "postgresql": [
        """CREATE TABLE snippet_search (
            owner_id integer NOT NULL, locale varchar NOT NULL, word text NOT NULL,
            snippet_id integer NOT NULL REFERENCES snippet (id) ON DELETE CASCADE,
            head smallint NOT NULL, concepts smallint NOT NULL, body smallint NOT NULL,
            PRIMARY KEY (owner_id, locale, word, snippet_id) INCLUDE (head, concepts, body))""",
        "CREATE INDEX snippet_search_snippet ON snippet_search (snippet_id)",
        """CREATE FUNCTION snippet_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            DELETE FROM snippet_search WHERE snippet_id = new.id;
            IF new.enabled THEN
                INSERT INTO snippet_search
                SELECT new.owner_id, new.locale, lexeme, new.id, sum(h), sum(c), sum(b) FROM (
                    SELECT lexeme, cardinality(positions) AS h, 0 AS c, 0 AS b
                    FROM unnest(to_tsvector('simple', new.head_words))
                    UNION ALL SELECT lexeme, 0, cardinality(positions), 0
                    FROM unnest(to_tsvector('simple', new.concept_words))
                    UNION ALL SELECT lexeme, 0, 0, cardinality(positions)
                    FROM unnest(to_tsvector('simple', new.body_words))) counted
                GROUP BY lexeme UNION ALL SELECT new.owner_id, new.locale, '', new.id, 0, 0, 0;
            END IF;
            RETURN new; END $$""",
        """CREATE TRIGGER snippet_search_keep AFTER INSERT OR UPDATE ON snippet
            FOR EACH ROW EXECUTE FUNCTION snippet_search_keep()""",
    ],
}


def upgrade() -> None:
    op.create_table(
        "snippet",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("situations", sa.JSON(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("interview", sa.String(), nullable=False),
        sa.Column("resume", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("curated_digest", sa.String(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("head_words", sa.String(), nullable=False),
        sa.Column("concept_words", sa.String(), nullable=False),
        sa.Column("body_words", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner_id", "locale", "key"),
    )
    op.create_index("ix_snippet_owner_id", "snippet", ["owner_id"])
    op.create_table(
        "snippet_vector",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner_id", "model", "digest"),
    )
    op.create_index("ix_snippet_vector_owner_id", "snippet_vector", ["owner_id"])
    for statement in SEARCH[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE snippet_search_words")
    op.execute("DROP TABLE snippet_search")
    op.drop_table("snippet")
    op.drop_table("snippet_vector")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION snippet_search_keep()")
