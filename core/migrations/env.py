"""Alembic's entry: runs on the connection that `core.database.migrate` (or a new revision) hands over."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel

from core import database
from core.models import UtcDateTime
from core.settings import settings


def _plain(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Write our column types into revisions as the plain ones they are stored as."""
    if kind != "type" or (not type(item).__module__.startswith(("sqlmodel", "core")) and not isinstance(item, sa.Enum)):
        return False
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else f"sa.String({item.length or ''})"


def _run(connection: Any) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,  # SQLite alters a table by copying it
        compare_type=True,
        render_item=_plain,
    )
    with context.begin_transaction():
        context.run_migrations()


if (given := context.config.attributes.get("connection")) is not None:
    _run(given)
else:
    with database.connect(settings().app_database_url).begin() as connection:
        _run(connection)
