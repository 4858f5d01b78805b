"""The clients of this install: list them, export one, erase one."""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlmodel import SQLModel, col, func, select

from core import client_export, database, erasure, i18n
from core.cli import files
from core.database import OwnerSession
from core.errors import InputError
from core.models import Client, Job, Resume, Run

HELP = "The clients of this install: list them, export one with everything, erase one for good."
COUNTED: dict[str, type[SQLModel]] = {"runs": Run, "resumes": Resume, "jobs": Job}


def add_to(parser: argparse.ArgumentParser) -> None:
    """Give the parser of this command its own: list, export and erase."""
    commands = parser.add_subparsers(required=True, metavar="list|export|erase")

    def command(name: str, run: Callable[[argparse.Namespace], None], help_: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_, description=help_)
        sub.set_defaults(run=run)
        sub.add_argument("--locale", choices=list(i18n.LOCALES), help="language of messages; default: en")
        return sub

    listing = command("list", _list, "All clients, with their numbers; those that are archived, too.")
    listing.add_argument("--json", action="store_true", help="print JSON instead of lines")
    export = command("export", _export, "Everything there is about a client, as a ZIP file.")
    erase = command("erase", _erase, "Erase a client and everything that belongs to them, for good.")
    for sub in (export, erase):
        sub.add_argument("id", type=int, metavar="ID", help="the number of a client, from the list")
    export.add_argument("file", type=Path, metavar="FILE")
    erase.add_argument("--yes", action="store_true", help="really do it")


def _list(arguments: argparse.Namespace) -> None:
    locale = arguments.locale or i18n.DEFAULT
    with database.session(database.local_owner()) as db:
        people = [_about(db, client) for client in db.exec(select(Client).order_by(col(Client.id))).all()]
    if arguments.json:
        files.show(json.dumps(people, ensure_ascii=False, indent=2))
        return
    lines = [_line(about, locale) for about in people]
    files.show("\n".join(lines) or i18n.translate(locale, "cli.clients_none"))


def _export(arguments: argparse.Namespace) -> None:
    with database.session(database.local_owner()) as db:
        name = db.require(Client, arguments.id).name
        part = arguments.file.with_name(f"{arguments.file.name}.part")
        try:
            with part.open("wb") as file:
                client_export.write(db, arguments.id, file)
            os.replace(part, arguments.file)
        except OSError as error:
            raise InputError("file_unwritable", path=arguments.file, reason=error.strerror or "") from None
        finally:
            part.unlink(missing_ok=True)
    files.say(arguments.locale, "exported", name=name, path=arguments.file)


def _erase(arguments: argparse.Namespace) -> None:
    with database.session(database.local_owner()) as db:
        about = _about(db, db.require(Client, arguments.id))
        if not arguments.yes:
            raise InputError("erase_unconfirmed", **about)
        erasure.erase(db, arguments.id)
    files.say(arguments.locale, "erased", name=about["name"])


def _about(db: OwnerSession, client: Client) -> dict[str, Any]:
    counts = {
        name: db.exec(select(func.count()).select_from(table).where(table.client_id == client.id)).one()  # type: ignore[attr-defined]
        for name, table in COUNTED.items()
    }
    return {"id": client.id, "name": client.name, "archived": client.archived_at is not None, **counts}


def _line(about: dict[str, Any], locale: str) -> str:
    line = i18n.translate(locale, "cli.clients", **about)
    return i18n.translate(locale, "cli.clients_archived", line=line) if about["archived"] else line
