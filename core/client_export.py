"""All there is about one client as one file: rows as JSON, pictures as they were uploaded, reports as Markdown.

client.json               {"format", "schema", "database_revision", "exported_at", "tables": {name: [row, ...]}}
pictures/<digest>.<type>  a row of `picture` with that digest; none where it was deleted by policy
reports/<run id>.md       for each match
"""

import json
import zipfile
from datetime import datetime
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from core import belongings, database, filetypes, receipts, runs
from core.database import OwnerSession
from core.models import Client, Match, Picture, Run, now

FORMAT, SCHEMA = "jobmatch-client", 1


def write(db: OwnerSession, client_id: int, file: BinaryIO) -> None:
    """Write the file. Raises NotFoundError for a client that is not the owner's."""
    db.require(Client, client_id)
    pictures = db.exec(select(Picture.id).where(col(Picture.id).in_(belongings.pictures(client_id)))).all()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        about = {
            "format": FORMAT,
            "schema": SCHEMA,
            "database_revision": database.head_revision(),
            "exported_at": now(),
            "tables": _tables(db, client_id),
        }
        archive.writestr("client.json", json.dumps(about, ensure_ascii=False, indent=1, default=datetime.isoformat))
        for key in pictures:  # one in memory at a time
            picture = db.exec(select(Picture.digest, Picture.data).where(Picture.id == key)).one()
            if picture[1]:
                kind = (filetypes.recognise(picture[1]) or "bin").lower()
                archive.writestr(f"pictures/{picture[0]}.{kind}", picture[1], zipfile.ZIP_STORED)
        matched = select(Match.run_id).join(Run, col(Run.id) == Match.run_id).where(Run.client_id == client_id)
        for run_id in db.exec(matched).all():
            view = runs.view(db, run_id)
            archive.writestr(f"reports/{run_id}.md", receipts.report(view, view.run.locale))


def filename(client_id: int) -> str:
    """What the file is called: no name, which would stand in lists of downloads."""
    return f"client-{client_id}-{now():%Y-%m-%d}.zip"


def _tables(db: OwnerSession, client_id: int) -> dict[str, list[dict[str, Any]]]:
    wanted = dict(belongings.of(client_id))
    tables = SQLModel.metadata.tables
    ids = belongings.pictures(client_id)
    wanted |= {
        tables["picture"]: tables["picture"].c.id.in_(ids),
        tables["reading"]: tables["reading"].c.picture_id.in_(ids),
    }
    return {table.name: _rows(db, table, condition) for table, condition in wanted.items()}


def _rows(db: OwnerSession, table: sa.Table, condition: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    shown = [column for column in table.columns if column.name != "owner_id" and not _binary(column)]
    query = sa.select(*shown).where(condition).order_by(*table.primary_key)
    return [dict(row) for row in db.execute(query).mappings()]


def _binary(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.LargeBinary)
