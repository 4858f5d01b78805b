"""An owner's snippets in the database: the curated ones as copies, so that they can be changed and switched off, beside
the coach's own. Every function takes a session of the owner; what it writes, the caller commits."""

import csv
import hashlib
import io
import re
import secrets
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa
from sqlmodel import col, func, or_, select

from core.database import OwnerSession
from core.errors import InputError
from core.knowledge import search, snippets, words
from core.knowledge.search import Query
from core.knowledge.snippets import Advice
from core.models import Snippet, now

MOST_OWN = 100_000  # snippets of one owner: what search was measured with
LARGEST_FILE = 20_000_000  # bytes
LONGEST_LIST = 500  # snippets that a page shows; a search finds the others
LISTED_FAULTS = 10  # lines of a table that a message names
_AT_ONCE = 500  # keys looked up by one query
_COLUMNS = ("id", "locale", "title", "tags", "when", "text")


def install(db: OwnerSession) -> None:
    """Bring the owner's copies of the curated snippets up to date: new ones are added, changed ones replaced unless the
    coach has changed them too, withdrawn ones removed. Costs one query when there is nothing to do."""
    curated = snippets.curated().advice
    if _differences(db, curated):
        db.lock_owner()  # two pages at once: the second finds it done
        known = {(row.locale, row.key): row for row in db.exec(select(Snippet)).all()}
        for place in _differences(db, curated):
            row, new = known.get(place), curated.get(place)
            if row is None and new is not None:
                db.add(row_of(new, curated=True))
            elif row is not None and new is None:
                db.delete(row)
            elif row is not None and new is not None:
                if not row.changed:
                    _fill(row, new)
                row.curated_digest = new.digest
        db.flush()


def _differences(db: OwnerSession, curated: dict[tuple[str, str], Advice]) -> list[tuple[str, str]]:
    named = or_(col(Snippet.curated_digest).is_not(None), col(Snippet.key).in_({key for _, key in curated}))
    columns = select(Snippet.locale, Snippet.key, Snippet.curated_digest, Snippet.digest)
    rows = db.exec(columns.where(named)).all()
    found: list[tuple[str, str]] = []
    for locale, key, digest, says in rows:
        new = curated.get((locale, key))
        withdrawn = new is None and digest is not None and digest == says
        # A key the coach already uses stays the coach's.
        if withdrawn or (new is not None and digest is not None and digest != new.digest):
            found.append((locale, key))
    have = {(locale, key) for locale, key, *_ in rows}
    return found + [place for place in curated if place not in have]


def listing(db: OwnerSession, locale: str, text: str = "") -> Sequence[Snippet]:
    """What a search for `text` finds, the best first; without a text all of a locale, the coach's own first. At most
    `LONGEST_LIST`; those that are switched off are only in the whole list."""
    query = select(Snippet).where(Snippet.locale == locale)
    if text.strip():
        ids = [hit.id for hit in search.ranked(db, locale, Query(text), LONGEST_LIST)]
        rows = {row.id: row for row in db.exec(query.where(col(Snippet.id).in_(ids))).all()}
        return [rows[key] for key in ids if key in rows]
    own_first = (col(Snippet.curated_digest).is_not(None), col(Snippet.title), col(Snippet.id))
    return db.exec(query.order_by(*own_first).limit(LONGEST_LIST)).all()


@dataclass(frozen=True)
class Counts:
    """How many snippets there are, how many of them are the coach's own, and how many are switched off."""

    total: int
    own: int
    off: int


def counts(db: OwnerSession, locale: str) -> Counts:
    query = select(col(Snippet.curated_digest).is_(None), Snippet.enabled, func.count())
    rows = db.exec(query.where(Snippet.locale == locale).group_by(sa.text("1"), col(Snippet.enabled))).all()
    return Counts(
        total=sum(count for *_, count in rows),
        own=sum(count for own, _, count in rows if own),
        off=sum(count for _, enabled, count in rows if not enabled),
    )


def version(db: OwnerSession, locale: str) -> str:
    """A hash of everything that may be found in a locale; empty when there is nothing."""
    query = select(Snippet.digest).where(Snippet.locale == locale, col(Snippet.enabled)).order_by(col(Snippet.digest))
    digests = db.exec(query).all()
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:12] if digests else ""


def advice_of(row: Snippet) -> Advice:
    return Advice(
        key=row.key,
        locale=row.locale,
        title=row.title,
        body=row.body,
        tags=tuple(row.tags),
        situations=tuple(row.situations),
        interview=row.interview,
        resume=row.resume,
    )


def save(db: OwnerSession, *found: Advice) -> None:
    """Add them, or let each take the place of the one with its key; one that says the same stays as it is.

    Raises InputError `snippets_too_many`.
    """
    db.lock_owner()  # two tabs may bring the same
    rows: dict[tuple[str, str], Snippet] = {}
    for at in range(0, len(found), _AT_ONCE):
        keys = [one.key for one in found[at : at + _AT_ONCE]]
        rows |= {(row.locale, row.key): row for row in db.exec(select(Snippet).where(col(Snippet.key).in_(keys)))}
    new = {(one.locale, one.key) for one in found} - set(rows)
    if new and db.exec(select(func.count(col(Snippet.id)))).one() + len(new) > MOST_OWN:
        raise InputError("snippets_too_many", limit=MOST_OWN)
    for one in found:
        row = rows.get((one.locale, one.key))
        if row is None:
            row = rows[one.locale, one.key] = row_of(one)
            db.add(row)
        elif row.digest != one.digest:
            _fill(row, one)
    db.flush()


def new_key(title: str) -> str:
    """A key for a new snippet, after its title where that has letters for it."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    return f"{stem or 'own'}-{secrets.token_hex(3)}"


def switch(db: OwnerSession, snippet_id: int, *, enabled: bool) -> None:
    row = db.require(Snippet, snippet_id)
    row.enabled, row.updated_at = enabled, now()


def delete(db: OwnerSession, snippet_id: int) -> None:
    """Delete one of the coach's own, or undo the changes to a curated one."""
    row = db.require(Snippet, snippet_id)
    if row.own:
        db.delete(row)
    elif (original := snippets.curated().advice.get((row.locale, row.key))) is not None:
        _fill(row, original)
    else:
        db.delete(row)  # changed, and withdrawn meanwhile


def load(db: OwnerSession, name: str, data: bytes, locale: str) -> int:
    """Save all snippets of a Markdown or CSV file; all or none. Returns how many.

    A Markdown file holds one, as under `prompts/knowledge`. A CSV file has a header with `title` and `text`, and may
    have `id`, `locale`, `tags` and `when`, whose several values are separated by `;`.
    Raises InputError `snippet_file`, `snippet_columns`, or, with the place, `snippet_table`, `snippet_lines` (all that
    have a fault, with the column) or, for a Markdown file, `snippet_invalid`.
    """
    if len(data) > LARGEST_FILE:
        raise InputError("snippet_file", name=name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("snippet_file", name=name) from None
    if name.lower().endswith(".csv"):
        found = _from_csv(name, text, locale)
    elif name.lower().endswith((".md", ".markdown", ".txt")):
        found = [snippets.parse(text, locale, name)]
    else:
        raise InputError("snippet_file", name=name)
    if not found:
        raise InputError("snippet_file", name=name)
    save(db, *found)
    return len(found)


def _from_csv(name: str, text: str, locale: str) -> list[Advice]:
    rows = csv.DictReader(io.StringIO(text), strict=True)
    try:
        header = [column.strip().lower() for column in rows.fieldnames or []]
        if not {"title", "text"} <= set(header) <= set(_COLUMNS):
            raise InputError("snippet_columns", name=name, found=", ".join(header) or "–")
        rows.fieldnames = header
        found, faults = [], []
        for row in _even(rows):
            try:
                found.append(_from_row(row, locale))
            except InputError as error:
                faults.append(f"{rows.line_num} ({error.values['part']})")
    except csv.Error:
        raise InputError("snippet_table", name=name, line=rows.reader.line_num) from None
    if faults:
        more = ", …" if len(faults) > LISTED_FAULTS else ""
        raise InputError("snippet_lines", name=name, lines=", ".join(faults[:LISTED_FAULTS]) + more)
    return found


def _even(rows: "csv.DictReader[str]") -> Iterator[dict[str, str | None]]:
    """The rows; raises csv.Error for one that is longer than the header."""
    for row in rows:
        if None in row:
            raise csv.Error
        yield row


def _from_row(row: dict[str, str | None], locale: str) -> Advice:
    value = {name: (text or "").strip() for name, text in row.items()}

    def several(text: str) -> list[str]:
        return [part.strip() for part in re.split("[;；\n]", text) if part.strip()]

    return snippets.advice(
        value.get("id") or _key_of(value["title"], value["text"]),
        value.get("locale") or locale,
        value["title"],
        value["text"],
        several(value.get("tags", "")),
        several(value.get("when", "")),
    )


def _key_of(title: str, text: str) -> str:
    """The same row gives the same key, so that a file loaded twice adds nothing."""
    return "own-" + hashlib.sha256(f"{title}\n{text}".encode()).hexdigest()[:10]


def row_of(one: Advice, *, curated: bool = False) -> Snippet:
    row = Snippet(
        key=one.key,
        locale=one.locale,
        title=one.title,
        tags=[],
        situations=[],
        body="",
        digest=one.digest,
        curated_digest=one.digest if curated else None,
        head_words="",
        concept_words="",
        body_words="",
    )
    _fill(row, one)
    return row


def _fill(row: Snippet, one: Advice) -> None:
    """Everything a snippet says, and what it is searched by."""
    row.title, row.tags, row.situations = one.title, list(one.tags), list(one.situations)
    row.body, row.interview, row.resume = one.body, one.interview, one.resume
    row.digest, row.updated_at = one.digest, now()
    row.head_words, row.concept_words, row.body_words = _found_by(one)


@lru_cache(maxsize=256)  # the curated ones come again for each new owner
def _found_by(one: Advice) -> tuple[str, str, str]:
    """The words of the head, of the concepts and of the body, as they are searched."""
    head = "\n".join([one.title, *one.situations])
    marks = [*words.concepts(head), *(words.mark("t", tag) for tag in one.tags)]
    body = words.words("\n".join([one.body, one.interview, one.resume]))
    return " ".join(words.words(head)), " ".join(marks), " ".join(body)
