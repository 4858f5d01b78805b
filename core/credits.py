"""Credits: what paid models cost an owner. An append-only ledger, whose sum is the balance.

Each attempt of a run is charged, in the transaction that begins it, for the tasks whose output is not there yet. What
was charged is given back in the transaction that tells it was not earned: the run ends without that output, or no paid
model made it. So at any moment a run has paid for what it has, and for what it is still to do; a review begins another
attempt of the run, but nothing that was charged before it changes hands.

A charge has one entry for each task, `debit:<run>:<attempt>:<task>`, and may be given back once, by the same key with
`refund`. While the setting is off nothing is charged; what was charged before is still given back.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from core import database, outputs, routing
from core.database import OwnerSession
from core.errors import InputError, StateError
from core.models import CreditEntry, EntryKind, Event, EventType, Run, RunKind, User
from core.outputs import VISION_ENGINE
from core.settings import settings

MOST = 1_000_000  # credits of one entry
MAX_TEXT = 200  # characters of a note, or of an operator's key
EMBEDDED = "rapidocr"  # the OCR engine that is always there

_EVENTS = {EntryKind.DEBIT: EventType.CREDITS_DEBITED, EntryKind.REFUND: EventType.CREDITS_REFUNDED}


# --- the ledger -------------------------------------------------------------------------------------------------


def balance(db: OwnerSession) -> int:
    """How many credits the owner has."""
    return int(db.exec(select(func.coalesce(func.sum(CreditEntry.amount), 0))).one())


def entries(db: OwnerSession, limit: int = 20) -> Sequence[CreditEntry]:
    """The owner's last entries, newest first."""
    return db.exec(select(CreditEntry).order_by(col(CreditEntry.id).desc()).limit(limit)).all()


def of_run(db: OwnerSession, run_id: str) -> Sequence[CreditEntry]:
    """The entries of one run, in order."""
    return db.exec(select(CreditEntry).where(CreditEntry.run_id == run_id).order_by(col(CreditEntry.id))).all()


def welcome(db: OwnerSession) -> None:
    """Give the owner what everybody begins with, once and not yet committed; nothing while credits are off."""
    amount, key = settings().signup_credits, f"signup:{db.owner_id}"
    if not settings().credits or not amount or _known(db, key):
        return
    db.lock_owner()
    if not _known(db, key):
        _book(db, CreditEntry(key=key, kind=EntryKind.SIGNUP, amount=amount))


def grant(db: OwnerSession, amount: int, *, note: str = "", key: str | None = None) -> CreditEntry:
    """Add credits that were bought, and commit. With a key the same grant is booked once, however often it is asked
    for.

    Raises InputError for an amount that is not positive or too large, a text that is too long, or a key that another
    entry has.
    """
    if amount <= 0:
        raise InputError("credits_amount", most=MOST)
    return _by_operator(db, EntryKind.PURCHASE, amount, note, key)


def adjust(db: OwnerSession, amount: int, *, note: str = "", key: str | None = None) -> CreditEntry:
    """Correct the balance up or down, and commit; a key as in `grant`.

    Raises InputError as `grant`, StateError credits_too_few when less than nothing would be left.
    """
    return _by_operator(db, EntryKind.ADJUST, amount, note, key)


def _by_operator(db: OwnerSession, kind: EntryKind, amount: int, note: str, key: str | None) -> CreditEntry:
    if amount == 0 or abs(amount) > MOST:
        raise InputError("credits_amount", most=MOST)
    if max(len(note), len(key or "")) > MAX_TEXT or not f"{note}{key}".isprintable():
        raise InputError("credits_text", limit=MAX_TEXT)
    key = f"operator:{uuid.uuid4().hex if key is None else key}"
    db.lock_owner()
    entry = _known(db, key)
    if entry is None:
        if (left := balance(db)) + amount < 0:
            db.rollback()
            raise StateError("credits_too_few", cost=-amount, balance=left)
        entry = _book(db, CreditEntry(key=key, kind=kind, amount=amount, note=note))
    elif (entry.kind, entry.amount) != (kind, amount):
        db.rollback()
        raise InputError("credits_key_used")
    db.commit()
    return entry


def _known(db: OwnerSession, key: str) -> CreditEntry | None:
    return db.exec(select(CreditEntry).where(CreditEntry.key == key)).first()


def _book(db: OwnerSession, entry: CreditEntry) -> CreditEntry:
    db.add(entry)
    if entry.run_id is not None and entry.attempt is not None:
        db.add(Event(run_id=entry.run_id, attempt=entry.attempt, type=_EVENTS[entry.kind], task=entry.task))
    return entry


# --- what a run costs -------------------------------------------------------------------------------------------


def cost(tasks: Iterable[str], model: str, ocr_engine: str | None) -> dict[str, int]:
    """Credits for each of these tasks of a run by the route `model`; those that cost nothing are left out.

    Raises InputError routing_invalid when there is no table of models.
    """
    prices = {task: _price(task, model, ocr_engine) for task in tasks}
    return {task: price for task, price in prices.items() if price}


def _price(task: str, model: str, ocr_engine: str | None) -> int:
    if task == "ocr":
        return routing.cost(routing.VISION, model) if ocr_engine == VISION_ENGINE else 0
    return routing.cost(task, model)


def _due(db: OwnerSession, run: Run) -> list[str]:
    return [task for task in run.tasks if not outputs.is_stored(db, run, task)]


@dataclass(frozen=True)
class Quote:
    """What a run would cost, and how it is started: as it was asked for, or without paid models if that is too much."""

    cost: int  # credits, as it was asked for
    balance: int
    model: str
    ocr_engine: str | None

    @property
    def affordable(self) -> bool:
        return self.cost <= self.balance


def quote(db: OwnerSession, kind: RunKind, model: str, ocr_engine: str | None = None) -> Quote | None:
    """For a run that is to be started, with `ocr_engine` if there are pictures; None while credits are off.

    Raises as `cost`.
    """
    return _quote(db, kind.tasks(ocr=ocr_engine is not None), model, ocr_engine)


def quote_retry(db: OwnerSession, run: Run) -> Quote | None:
    """As `quote`, for what a retry has left to do."""
    return _quote(db, _due(db, run), run.model, run.ocr_engine)


def _quote(db: OwnerSession, tasks: Sequence[str], model: str, ocr_engine: str | None) -> Quote | None:
    if not settings().credits:
        return None
    left, wanted = balance(db), sum(cost(tasks, model, ocr_engine).values())
    if wanted > left:
        # Reading pictures is chosen apart from the rest.
        free = (route for route in (model, *routing.tiers()) if not cost(set(tasks) - {"ocr"}, route, None))
        model, ocr_engine = next(free), EMBEDDED if ocr_engine == VISION_ENGINE else ocr_engine
    return Quote(wanted, left, model, ocr_engine)


# --- charging and giving back -----------------------------------------------------------------------------------


def debit(db: OwnerSession, run: Run) -> None:
    """Charge an attempt of a run that begins in this transaction, which whoever calls commits.

    Raises StateError credits_too_few when the owner cannot pay, rolling everything back.
    """
    if not settings().credits or not (charges := cost(_due(db, run), run.model, run.ocr_engine)):
        return
    db.lock_owner()
    welcome(db)
    price, left = sum(charges.values()), balance(db)
    if price > left:
        db.rollback()
        raise StateError("credits_too_few", cost=price, balance=left)
    for task, amount in charges.items():
        key = f"debit:{run.id}:{run.attempt}:{task}"
        _book(db, _entry(EntryKind.DEBIT, key, -amount, run.id, run.attempt, task))


def refund(db: OwnerSession, run: Run, tasks: Iterable[str]) -> None:
    """Give back what these tasks were charged and have not been given back, with the change that this comes of."""
    tasks, booked = set(tasks), of_run(db, run.id)
    returned = {(entry.attempt, entry.task) for entry in booked if entry.kind is EntryKind.REFUND}
    for entry in booked:
        if entry.kind is EntryKind.DEBIT and entry.task in tasks and (entry.attempt, entry.task) not in returned:
            key = f"refund:{run.id}:{entry.attempt}:{entry.task}"
            _book(db, _entry(EntryKind.REFUND, key, -entry.amount, run.id, entry.attempt, entry.task))


def settle(db: OwnerSession, run: Run) -> None:
    """Give back what a run that has ended badly was charged for and has not got."""
    refund(db, run, [task for task in run.tasks if not outputs.of_paid_model(db, run, task)])


def _entry(kind: EntryKind, key: str, amount: int, run_id: str, attempt: int | None, task: str) -> CreditEntry:
    return CreditEntry(key=key, kind=kind, amount=amount, run_id=run_id, attempt=attempt, task=task)


# --- for the operator -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """An owner and their credits."""

    owner_id: int
    name: str
    balance: int
    entries: int


def accounts() -> list[Account]:
    """Every owner of this install, by name. For its operator only: no page of an owner shows it."""
    total, count = func.coalesce(func.sum(CreditEntry.amount), 0), func.count(col(CreditEntry.id))
    query = select(User.id, User.name, total, count).join(CreditEntry, isouter=True)
    with Session(database.engine()) as db:
        rows = db.exec(query.group_by(col(User.id), col(User.name)).order_by(col(User.name))).all()
    return [Account(owner_id or 0, name, int(left), booked) for owner_id, name, left, booked in rows]
