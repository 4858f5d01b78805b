"""Which models do the work here, why those, what would bring others, and whether one answers.

Everything is plain data that may be shown anywhere: variables are named, their values never are.
"""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from core import i18n, routing
from core.errors import ModelError
from core.llm import transport
from core.routing import VISION, Row, Task
from core.schemas import Contract
from core.settings import OFFLINE_MODEL, settings

TEXT_TASKS: tuple[Task, ...] = ("job_summary", "job_match", "resume_summary", "detailed_resume_summary")
LIMIT = 20.0  # seconds that a test may take
ENOUGH = 200  # characters of an answer after which a test is over
QUESTION = "This is a test of the connection. Answer with the one word OK."


@dataclass(frozen=True)
class Step:
    """Who is asked: a model, or an engine that reads pictures without one."""

    name: str
    tier: str = ""  # of a model; empty for an engine
    source: str = ""  # the variable that brought it in; empty when it needs none


@dataclass(frozen=True)
class Plan:
    """What happens to a task of somebody who does not choose."""

    task: Task
    steps: tuple[Step, ...]  # in the order they are tried
    on_request: tuple[Step, ...] = ()  # models that see, where another engine reads pictures unless they are chosen
    unused: tuple[Row, ...] = ()  # each with the variable that is missing


@dataclass(frozen=True)
class Provider:
    """Whose models the table knows, and the variable that brings them in."""

    name: str
    variable: str  # of its key, or of its address where there is no key; empty when it needs neither
    present: bool
    models: tuple[str, ...]


@dataclass(frozen=True)
class Overview:
    plans: tuple[Plan, ...]
    models: tuple[Step, ...]  # all that may be asked here, without the offline analyst
    providers: tuple[Provider, ...]


@dataclass(frozen=True)
class Answer:
    """What came of a test."""

    model: str
    seconds: float
    failure_code: str | None = None  # None: it answered


def overview() -> Overview:
    """Raises InputError routing_invalid or settings_invalid."""
    routing.check()
    plans = (*(_plan(task) for task in TEXT_TASKS), _vision_plan())
    asked = {step.name: step for plan in plans for step in (*plan.steps, *plan.on_request)}
    models = tuple(step for step in asked.values() if step.tier and step.name != OFFLINE_MODEL)
    return Overview(plans, models, _providers())


def provider_name(name: str, locale: str) -> str:
    """What a provider is called; its name in the table if that is all there is."""
    names: dict[str, str] = i18n.catalogue(locale)["app"]["models"]["provider"]
    return names.get(name, name)


def _plan(task: Task) -> Plan:
    steps = tuple(_step(row) for row in routing.rows(task, routing.default()) if not row.missing)
    return Plan(task, steps, unused=_unused(task))


def _vision_plan() -> Plan:
    models = tuple(Step(c.model, c.tier, _source(c.model)) for c in routing.candidates(VISION, routing.default()))
    engine = settings().ocr_engine
    own: tuple[Step, ...] = ()
    if engine == "vision":
        own = models
    elif engine != "rapidocr" and _loads(engine):
        own = (Step(engine, source="JOBMATCH_OCR_ENGINE"),)
    return Plan(VISION, (*own, Step("rapidocr")), () if engine == "vision" else models, _unused(VISION))


def _loads(engine: str) -> bool:
    from core.ocr import engines  # noqa: PLC0415 - what reads pictures takes long to import

    return engines.unavailable(engine) is None


def _step(row: Row) -> Step:
    return Step(row.model, row.tier, row.source)


def _source(model: str) -> str:
    return next((row.source for tier in routing.TIERS for row in routing.rows(VISION, tier) if row.model == model), "")


def _unused(task: Task) -> tuple[Row, ...]:
    return tuple(row for row in routing.rows(task) if row.missing)


def _providers() -> tuple[Provider, ...]:
    found: dict[tuple[str, str], list[Row]] = {}
    for tier in routing.TIERS:
        for task in (*TEXT_TASKS, VISION):
            for row in routing.rows(task, tier):
                variable = row.missing or row.source
                if row.model != OFFLINE_MODEL and not variable.startswith("JOBMATCH_"):
                    found.setdefault((row.model.partition("/")[0], variable), []).append(row)
    return tuple(
        Provider(name, variable, not rows[0].missing, tuple(dict.fromkeys(row.model for row in rows)))
        for (name, variable), rows in found.items()
    )


# --- a test of the connection -----------------------------------------------------------------------------------


def ask(model: str, waiting: Callable[[], None] = lambda: None) -> Answer:
    """Ask a model one short question, as a task would ask it, and say how that went; nothing is kept.

    The candidate's own limits hold, not smaller ones: a model that thinks needs the room, and a limit the provider
    would refuse is found out. `waiting` is called while nothing comes; it may raise, which closes the connection.
    """
    candidate = routing.candidates("job_match", model)[0]
    transport.litellm()  # its import is not the model's delay
    started = time.monotonic()
    question = [{"role": "user", "content": QUESTION}]
    request = transport.chunks(candidate, "prompt", Contract, LIMIT, messages=question)
    text, spoke = "", False
    try:
        with closing(request):
            for chunk in request:
                text += chunk.content
                spoke = spoke or bool(chunk.content or chunk.usage)  # a finish reason may be litellm's own invention
                if len(text) > ENOUGH:
                    break
                if time.monotonic() - started > LIMIT:
                    raise ModelError("timeout")
                if chunk.silence:
                    waiting()
        if not spoke:
            raise ModelError("provider_down")  # not a word of the protocol: a page of a proxy, say
    except ModelError as error:
        return Answer(model, time.monotonic() - started, error.code)
    return Answer(model, time.monotonic() - started)
