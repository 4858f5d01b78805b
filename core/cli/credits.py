"""The command `credits`, for the operator: what owners have, and what is given or corrected."""

import argparse
from collections.abc import Callable

from core import credits, database, i18n
from core.cli import files
from core.cli.tables import aligned
from core.credits import Account
from core.database import OwnerSession
from core.errors import InputError
from core.models import CreditEntry
from core.settings import settings

HELP = "Credits of an owner: show them, grant or adjust them; the owners of this install."


def add_to(parser: argparse.ArgumentParser) -> None:
    """Give the parser of this command its own: show, grant, adjust and owners."""
    commands = parser.add_subparsers(required=True, metavar="show|grant|adjust|owners")

    def command(name: str, run: Callable[[argparse.Namespace], None], help_: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_, description=help_)
        sub.set_defaults(run=run)
        sub.add_argument("--locale", choices=list(i18n.LOCALES), default=i18n.DEFAULT, help="language; default: en")
        return sub

    show = command("show", _show, "The balance and the last entries.")
    show.add_argument("--last", type=int, default=20, metavar="N", help="entries to show; default: 20")
    command("owners", _owners, "Every owner, with their balance.")
    grant = command("grant", _grant, "Add credits that were bought.")
    adjust = command("adjust", _adjust, "Correct the balance, up or down.")
    for sub in (grant, adjust):
        sub.add_argument("amount", type=int, metavar="AMOUNT")
        sub.add_argument("--note", default="", help="why; kept with the entry")
        sub.add_argument("--key", help="names this entry: the same command again books nothing more")
    for sub in (show, grant, adjust):
        sub.add_argument(
            "--owner", metavar="NAME", default=database.LOCAL_USER, help="default: the one of this install"
        )


def _show(arguments: argparse.Namespace) -> None:
    with _session(arguments.owner) as db:
        credits.welcome(db)
        db.commit()
        _print(db, arguments.locale, max(arguments.last, 0))


def _grant(arguments: argparse.Namespace) -> None:
    _book(arguments, credits.grant)


def _adjust(arguments: argparse.Namespace) -> None:
    _book(arguments, credits.adjust)


def _book(arguments: argparse.Namespace, book: Callable[..., CreditEntry]) -> None:
    with _session(arguments.owner) as db:
        book(db, arguments.amount, note=arguments.note, key=arguments.key)
        _print(db, arguments.locale, 1)


def _owners(arguments: argparse.Namespace) -> None:
    heading = tuple(_text(arguments.locale, name) for name in ("owner", "balance_column", "entries"))
    rows = [(account.name, str(account.balance), str(account.entries)) for account in _accounts()]
    files.show("\n".join(aligned([heading, *rows])))


def _print(db: OwnerSession, locale: str, last: int) -> None:
    lines = [i18n.translate(locale, "app.credits.balance", balance=credits.balance(db))]
    if not settings().credits:
        lines.append(_text(locale, "off"))
    rows = [
        (
            f"{entry.created_at:%Y-%m-%d %H:%M}",
            f"{entry.amount:+}",
            i18n.translate(locale, f"app.credits.kind.{entry.kind}"),
            entry.note or entry.key.removeprefix("operator:"),
        )
        for entry in (credits.entries(db, last) if last else ())
    ]
    if rows:
        heading = tuple(_text(locale, name) for name in ("when", "amount", "kind_column", "note"))
        lines += ["", *aligned([heading, *rows])]
    files.show("\n".join(lines))


def _session(name: str) -> OwnerSession:
    """Raises InputError for an owner who does not exist."""
    owner = next((account.owner_id for account in _accounts() if account.name == name), None)
    if owner is None:
        raise InputError("owner_unknown", owner=name)
    return database.session(owner)


def _accounts() -> list[Account]:
    database.local_owner()  # who exists once the app has been opened
    return credits.accounts()


def _text(locale: str, key: str) -> str:
    return i18n.translate(locale, f"cli.credits.{key}")
