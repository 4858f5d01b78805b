"""Which rows are a client's: read off the foreign keys, so that a table that is added later is among them by itself.

A table belongs to clients when it names a client, or else rows of such tables: the calls of a run, the pages of a
resume. The ledger of credits names runs without a key, and stays.
"""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Table
from sqlmodel import SQLModel

from core import models

ROOT = models.Client.__tablename__


def tables(metadata: sa.MetaData = SQLModel.metadata) -> dict[str, Table]:
    """The tables that belong to clients, each after those it refers to; the clients' own is the first."""
    found: dict[str, Table] = {}
    for table in metadata.sorted_tables:
        if table.name == ROOT or any(key.column.table.name in found for key in table.foreign_keys):
            found[table.name] = table
    return found


def of(client_id: int, metadata: sa.MetaData = SQLModel.metadata) -> Mapping[Table, ColumnElement[bool]]:
    """For each of these tables, which rows are this client's; as they are now, also while rows are being deleted."""
    conditions: dict[str, ColumnElement[bool]] = {}
    found = tables(metadata)
    for name, table in found.items():
        keys = [key for key in table.foreign_keys if key.column.table.name in conditions]
        direct = [key for key in keys if key.column.table.name == ROOT]
        conditions[name] = (
            sa.or_(
                *(
                    key.parent == client_id
                    if key in direct
                    else key.parent.in_(sa.select(key.column).where(conditions[key.column.table.name]))
                    for key in direct or keys
                )
            )
            if keys
            else table.c.id == client_id
        )
    return {found[name]: condition for name, condition in conditions.items()}


def pictures(client_id: int) -> sa.Select[tuple[int]]:
    """Ids of the pictures on this client's pages; others' pages may show the same."""
    page = SQLModel.metadata.tables["page"]
    return sa.select(page.c.picture_id).where(of(client_id)[page], page.c.picture_id.is_not(None)).distinct()
