"""Which models do a task, and in which order: `routing.toml`, the install's own file over it, and the keys present.

A *route* is what a run asks for: a tier (paid, free, offline), whose candidates are tried one after the other down to
the offline analyst; or one model by its name, tried alone.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from core import own_files
from core.errors import InputError
from core.settings import OFFLINE_MODEL, Address, Seconds, is_address, model_name, settings, variable

Tier = Literal["paid", "free", "offline"]  # the best first
JsonMode = Literal["schema", "object", "prompt"]
Task = Literal["resume_summary", "detailed_resume_summary", "job_vision", "job_summary", "job_match"]
# Those that are worked on: a run that waits in another would wait for ever.
Queue = Literal["runs", "offline", "free", "scans", "free_scans"]
TierQueue = Literal["runs", "offline", "free"]
ScanQueue = Literal["scans", "free_scans"]
TIERS: tuple[Tier, ...] = get_args(Tier)
VISION: Task = "job_vision"  # the one task that the offline analyst cannot do
EMBEDDING = "embedding"  # what no run needs, and no tier has models for
TABLE = Path(__file__).with_suffix(".toml")
MAX_BYTES = 256_000  # of a file of one's own
MAX_DEPTH = 20  # tables in tables of it
MAX_MODELS = 50  # of one list


@dataclass(frozen=True)
class Candidate:
    """One model that may do a task, and how it is asked."""

    model: str  # provider/name, as it is shown and logged
    tier: Tier = "paid"
    litellm_model: str = ""  # as litellm knows it; empty: as `model`
    api_base: str = field(default="", repr=False)  # an address may hold a password
    api_key: str = field(default="", repr=False)
    json_mode: JsonMode = "object"
    max_tokens: int = 16_000
    temperature: float | None = 0.0
    stall_seconds: float = 60
    deadline_seconds: float = 240
    stream: bool = True
    options: dict[str, Any] = field(default_factory=dict, hash=False, repr=False)  # headers with a token, for one

    @property
    def is_offline(self) -> bool:
        return self.model == OFFLINE_MODEL

    @property
    def foreign(self) -> bool:
        """Whether the model runs elsewhere than at the provider whose name it bears, so that its price is unknown."""
        return bool(self.api_base)


@dataclass(frozen=True)
class Row:
    """One line of the table of a task: a candidate, and why it is not used if it is not."""

    tier: Tier
    model: str
    missing: str  # the variable that would have to be set; empty when the candidate is used
    source: str  # the variable that brought it in: its key, its address or JOBMATCH_MODEL; empty when it needs none


@dataclass(frozen=True)
class QueueLimits:
    """What a queue allows, in runs."""

    concurrency: int  # that one process works on at a time
    per_owner: int  # of one owner among them
    depth: int  # unfinished ones, of all owners and processes, beyond which nothing more is taken
    owner_depth: int  # of one owner among those


# --- the table --------------------------------------------------------------------------------------------------

_Model = Annotated[str, Field(pattern=r"^[^/\s]+/\S+$"), AfterValidator(model_name)]
_Models = Annotated[list[_Model], Field(max_length=MAX_MODELS)]
_Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]  # its name is shown, so a key put here is refused
_OPENAI = ("openai", "custom_openai", "text-completion-openai")  # litellm sends these to OpenAI unless told where


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Limits(_Part):
    json_mode: JsonMode | None = None
    max_tokens: Annotated[int, Field(gt=0)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    stall_seconds: Seconds | None = None
    deadline_seconds: Seconds | None = None
    stream: bool | None = None
    options: dict[str, Any] = {}


class _Provider(_Limits):
    key: _Variable | None = None
    base: _Variable | None = None
    api_base: Address = ""
    litellm: str = ""

    def unset(self) -> str:
        """The variable without which its address is not known, or which holds none; empty when all is well."""
        found = variable(self.base) if self.base else ""
        needed = not self.api_base and bool(self.litellm or not self.key)
        return self.base if self.base and (not is_address(found) if found else needed) else ""


class _TierRow(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)

    __pydantic_extra__: dict[Task, _Models]  # type: ignore[assignment]  # pydantic reads it, mypy knows only str
    queue: TierQueue = "runs"
    scans: ScanQueue = "scans"
    then: Tier | None = None
    default: _Models

    def models(self, task: str) -> list[str]:
        named: dict[str, list[str]] = self.model_extra or {}
        return named.get(task, self.default)

    def has(self, model: str) -> bool:
        """Whether it is a candidate of any task."""
        return any(model in models for models in (self.default, *(self.model_extra or {}).values()))


_Count = Annotated[int, Field(gt=0)]


class _QueueRow(_Part):
    concurrency: _Count | None = None
    per_owner: _Count | None = None
    depth: _Count
    owner_depth: _Count | None = None


class _Table(_Part):
    queue: dict[Queue, _QueueRow]
    cost: dict[Task, Annotated[int, Field(ge=0, le=1_000_000)]]
    tier: dict[Tier, _TierRow]
    task: dict[str, _Limits]
    provider: dict[str, _Provider]
    model: dict[_Model, _Limits] = {}

    def wrong(self) -> Iterator[tuple[str | int, ...]]:
        """The places of tasks that do not exist, of models whose provider is not in the table, and of providers whose
        key would go to OpenAI."""
        yield from (("task", name) for name in self.task if name not in ("default", *get_args(Task)))
        for name, provider in self.provider.items():
            speaks = provider.litellm.strip().lower().partition("/")[0]
            if speaks in _OPENAI and name != "openai" and not (provider.base or provider.api_base):
                yield "provider", name, "litellm"
        for name, row in self.tier.items():
            for task, models in {"default": row.default, **(row.model_extra or {})}.items():
                for number, model in enumerate(models):
                    if _prefix(model) not in self.provider:
                        yield "tier", name, task, number


@lru_cache(maxsize=8)
def _load(own: Path | None, _changed: tuple[int, int]) -> _Table:
    merged = tomllib.loads(TABLE.read_text("utf-8"))
    if own is not None:
        above = own_files.read(own, MAX_BYTES)
        if _depth(above) > MAX_DEPTH:
            raise own_files.Unusable("TOML")
        _forget_shares(merged["queue"], above.get("queue"))
        merged = _merged(merged, above)
    table = _Table.model_validate(merged)
    if places := list(table.wrong()):
        raise own_files.Unusable(_where(places))
    return table


def _read() -> _Table:
    """Raises InputError routing_invalid with the file and the place in it, but no value: it may be a key."""
    own, position = settings().routing_file, ""
    try:
        if settings().routing is None and not own.exists():
            return _load(None, (0, 0))
        stat = own.stat()
        return _load(own, (stat.st_mtime_ns, stat.st_size))
    except ValidationError as error:
        where = _where([e["loc"] for e in error.errors()])
    except own_files.Unusable as error:
        where, position = error.where, error.position
    except OSError as error:
        where = error.strerror or type(error).__name__
    raise InputError("routing_invalid", path=f"{own}{position}", where=where)


_good: dict[Path, _Table] = {}  # the last table that could be used, by the file that is laid over ours


def _table() -> _Table:
    """The table; while its file is broken, the one before: runs in work must not end by a slip of the pen.

    Raises InputError routing_invalid when there was none before.
    """
    own = settings().routing_file
    try:
        table = _read()
    except InputError:
        if own not in _good:
            raise
        return _good[own]
    _good[own] = table
    return table


def _where(places: list[tuple[str | int, ...]]) -> str:
    """The first places; of a name only we could have written it is said, any other may be a key in the wrong place."""
    return ", ".join(
        ".".join(str(part) if isinstance(part, int) or part in _known() else "?" for part in place)
        for place in places[:3]
    )


@cache
def _known() -> frozenset[str]:
    """Every name of a table or field that is not the user's own."""

    def names(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for name, inner in value.items():
                yield name
                yield from names(inner)

    fields = (name for part in (_Limits, _Provider, _TierRow, _QueueRow, _Table) for name in part.model_fields)
    shipped = names(tomllib.loads(TABLE.read_text("utf-8")))
    return frozenset([*fields, *shipped, *TIERS, *get_args(Task), *get_args(Queue), "[key]"])


def _depth(value: Any) -> int:
    """How many tables and lists lie in each other; more than MAX_DEPTH are not counted."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        inner = [v for v in level if isinstance(v, dict | list)]
        level = [x for v in inner for x in (v.values() if isinstance(v, dict) else v)]
        depth += bool(inner)
    return depth


def _forget_shares(below: dict[str, Any], above: Any) -> None:
    """A queue with a `depth` of its own is an owner's alone, unless it says otherwise: ours was made for our depth."""
    for name, row in above.items() if isinstance(above, dict) else ():
        if isinstance(row, dict) and "depth" in row and name in below:
            below[name].pop("owner_depth", None)


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for name, value in above.items():
        old = result.get(name)
        result[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


# --- routes -----------------------------------------------------------------------------------------------------


def candidates(task: str, route: str) -> tuple[Candidate, ...]:
    """Who does `task`, in the order they are tried; empty when nobody can, as for pictures without a model that sees.

    Raises InputError routing_invalid, and settings_invalid for a model by its name whose address is not set.
    """
    route = _own_route(task, route)
    if route not in TIERS:
        if unset := _unset(route):
            raise InputError("settings_invalid", names=unset)
        return (_candidate(task, route, _tier_of(route)),)
    return tuple(_candidate(task, row.model, row.tier) for row in rows(task, route) if not row.missing)


def _own_route(task: str, route: str) -> str:
    """Reading pictures by a model is chosen apart from what reads the text."""
    return "paid" if task == VISION and route not in ("paid", "free") else route


def cost(task: str, route: str) -> int:
    """Credits that `task` costs by this route: nothing unless one of the paid tier may do it."""
    route = _own_route(task, route)
    doers = {row.tier for row in rows(task, route) if not row.missing} if route in TIERS else {_tier_of(route)}
    return next((credits for name, credits in _table().cost.items() if name == task and "paid" in doers), 0)


def rows(task: str, route: str = "paid") -> list[Row]:
    """The candidates of a tier and of those after it, usable or not, in the order they are tried."""
    return [_row(tier, model) for model, tier in _order(task, _tier_of(route)).items()]


def tiers() -> list[Tier]:
    """The tiers that have a candidate for a match here, the best first. The offline one always has."""
    return [tier for tier in TIERS if any(row.tier == tier and not row.missing for row in rows("job_match", tier))]


def default() -> Tier:
    """The tier of who does not choose: the best, unless the settings say offline, whatever keys lie about."""
    s = settings()
    return "offline" if "model" in s.model_fields_set and s.model == OFFLINE_MODEL else tiers()[0]


def first(route: str) -> str:
    """The name of the model a match by this route is begun with."""
    return candidates("job_match", route)[0].model if route in TIERS else route


def embedding() -> Candidate | None:
    """The model that turns texts into vectors; None when none is set, or neither its key nor its address is."""
    model = settings().embedding_model
    if not model or _row("paid", model).missing:
        return None
    candidate = _candidate(EMBEDDING, model, "paid")
    return candidate if candidate.api_key or candidate.api_base else None


def queue(route: str, *, reads: bool = False) -> str:
    """Where the runs of this route wait for their turn; of those that read pictures first, with `reads`."""
    tier = _table().tier[_tier_of(route)]
    return tier.scans if reads else tier.queue


def queues() -> dict[str, QueueLimits]:
    """All of those, also one that no tier names now, with how much of them is worked on, and how much may wait."""
    return {name: _limits(row) for name, row in _table().queue.items()}


def _limits(row: _QueueRow) -> QueueLimits:
    concurrency = row.concurrency or settings().concurrency
    per_owner = min(row.per_owner or concurrency, concurrency)
    return QueueLimits(concurrency, per_owner, row.depth, min(row.owner_depth or row.depth, row.depth))


def check() -> None:
    """Raises InputError routing_invalid when the table cannot be used, also while the one before still serves."""
    _read()


def _tier_of(route: str) -> Tier:
    """A tier's own; a model's is the first it stands in."""
    if route == OFFLINE_MODEL:
        return "offline"
    table = _table()
    if route not in TIERS and _is_own(route):
        return "paid"  # where `_order` puts it
    return next(
        (tier for tier in TIERS if tier == route or (route not in TIERS and table.tier[tier].has(route))), "paid"
    )


def _order(task: str, tier: Tier) -> dict[str, Tier]:
    """Each model of a tier and of those after it, once; the offline analyst, which never fails, is the last."""
    named = settings().vision_model if task == VISION else settings().model
    order: dict[str, Tier] = {named: "paid"} if named and tier == "paid" else {}
    for following in _following(tier):
        for model in _table().tier[following].models(task):
            order.setdefault(model, following)
    order.pop(OFFLINE_MODEL, None)
    return order if task == VISION else order | {OFFLINE_MODEL: "offline"}


def _following(tier: Tier | None) -> list[Tier]:
    """The tier and those after it; one that names an earlier one ends there."""
    found: list[Tier] = []
    while tier and tier not in found:
        found.append(tier)
        tier = _table().tier[tier].then
    return found


def _row(tier: Tier, model: str) -> Row:
    if _is_own(model):
        name = "JOBMATCH_MODEL" if model == settings().model else "JOBMATCH_VISION_MODEL"
        return Row(tier, model, missing=_unset(model), source=name)
    provider = _provider(model)
    needed = provider.key or ("" if provider.api_base else provider.base) or ""
    missing = provider.key if provider.key and not variable(provider.key) else _unset(model)
    return Row(tier, model, missing, source=needed)


def _unset(model: str) -> str:
    """The variable of its address, when that is needed and not there: without it, text and key would go elsewhere."""
    return "" if _is_own(model) and settings().api_base else _provider(model).unset()


def _candidate(task: str, model: str, tier: Tier) -> Candidate:
    table = _table()
    general, special = table.task.get("default"), table.task.get(task)
    values: dict[str, Any] = {}
    for limits in (general, special, _provider(model), table.model.get(model)):
        if limits:
            values = _merged(values, limits.model_dump(include=set(_Limits.model_fields), exclude_none=True))
    return Candidate(model, tier, **values | _address(model) | _overrides(model))


def _address(model: str) -> dict[str, str]:
    """How the table says that a model is reached."""
    provider = _provider(model)
    return {
        "litellm_model": f"{provider.litellm}/{model.partition('/')[2]}" if provider.litellm else "",
        "api_base": (variable(provider.base) if provider.base else "") or provider.api_base,
        "api_key": variable(provider.key) if provider.key else "",
    }


def _overrides(model: str) -> dict[str, Any]:
    """What the settings say of a model, over the table."""
    s = settings()
    values: dict[str, Any] = s.model_dump(include={"max_tokens", "stall_seconds", "deadline_seconds"})
    if _is_own(model):
        values |= {"api_base": s.api_base, "api_key": s.api_key.get_secret_value()}
        if s.api_base or "json_mode" in s.model_fields_set:  # at another address the table need not be right
            values["json_mode"] = s.json_mode
    found = {name: value for name, value in values.items() if value}
    # No key of the provider's at another address than the provider's.
    return found | {"api_key": values["api_key"]} if found.get("api_base") else found


def _is_own(model: str) -> bool:
    """Whether this install's settings name the model: base URL, key and JSON mode go only to the one they were set
    for. That is the model of the runs, and the one that sees, or makes vectors, where the provider in its name is the
    same, or where the runs' own model needs none of them."""
    s = settings()
    if model in ("", OFFLINE_MODEL):
        return False
    shares = s.model == OFFLINE_MODEL or _prefix(s.model) == _prefix(model)
    return model == s.model or (shares and model in (s.vision_model, s.embedding_model))


def _provider(model: str) -> _Provider:
    return _table().provider.get(_prefix(model), _Provider())


def _prefix(model: str) -> str:
    return model.partition("/")[0]
