"""The command `models`: which models do the work, why, and whether they answer."""

import dataclasses
import json
from collections.abc import Iterator, Sequence

from core import i18n, model_check, receipts, render, routing
from core.cli import files
from core.cli.tables import GAP, aligned, padded, width
from core.errors import InputError
from core.model_check import Answer, Overview, Step
from core.offline import wordfiles
from core.settings import OFFLINE_MODEL


def route(name: str | None) -> str:
    """The tier or the model to use. Raises InputError for a name that no provider can know."""
    routing.check()
    wordfiles.check()
    route = routing.default() if name is None else name.strip()
    if not route or (route.startswith("offline/") and route != OFFLINE_MODEL):
        raise InputError("model_unknown", model=route, offline=OFFLINE_MODEL)
    return route


def to_test(route: str, overview: Overview) -> list[str]:
    """A model by its name, those of a tier, or all there are; never the offline analyst, which needs no connection."""
    names = [c.model for c in routing.candidates("job_match", route)] if route else [s.name for s in overview.models]
    return [name for name in names if name != OFFLINE_MODEL]


def show_json(overview: Overview, models: Sequence[str] | None) -> bool:
    """Print everything as one document, with a test of each of `models`; False when one failed."""
    document = dataclasses.asdict(overview)
    answers = [model_check.ask(model) for model in models or ()]
    if models is not None:
        document["tests"] = [{**dataclasses.asdict(a), "seconds": round(a.seconds, 3)} for a in answers]
    files.show(json.dumps(document, ensure_ascii=False, indent=2))
    return not any(answer.failure_code for answer in answers)


def show(overview: Overview, models: Sequence[str] | None, locale: str) -> bool:
    """Print tables, and each test of `models` as it ends; False when one failed."""
    text = _Text(locale)
    example = next((provider.variable for provider in overview.providers if provider.variable), "")
    lines = [text("lead") if overview.models else text("offline_only", example=example), ""]
    lines += aligned([text.heading("task", "order", "model", "reason"), *_plans(overview, text)])
    lines.append("")
    lines += aligned([text.heading("provider_name", "variable", "state", "brings"), *_providers(overview, text)])
    lines += ["", render.plain(text("how")), text("compatible")]
    files.show("\n".join(lines))
    return models is None or _show_tests(models, text)


def _show_tests(models: Sequence[str], text: "_Text") -> bool:
    if not models:
        files.show("\n" + text("no_test"))
        return True
    column = text("model")
    most = max(map(width, (column, *models)))
    files.show("\n" + padded(column, most) + GAP + text("result"))
    good = True
    for model in models:
        answer = model_check.ask(model)
        files.show(padded(model, most) + GAP + _result(answer, text))
        good = good and answer.failure_code is None
    return good


def _result(answer: Answer, text: "_Text") -> str:
    if answer.failure_code:
        return i18n.translate(text.locale, f"failure.{answer.failure_code}")
    return text("ok", seconds=f"{answer.seconds:.1f}")


def _plans(overview: Overview, text: "_Text") -> Iterator[tuple[str, ...]]:
    for plan in overview.plans:
        task = receipts.task_name(plan.task, text.locale)
        for number, step in enumerate(plan.steps, 1):
            yield task if number == 1 else "", str(number), step.name, _reason(step, text)
        for step in plan.on_request:
            yield "", "", step.name, text("on_request", reason=_reason(step, text))


def _reason(step: Step, text: "_Text") -> str:
    if step.source:
        return text("because", name=step.source)
    return text("no_key_needed" if step.tier and step.name != OFFLINE_MODEL else "always")


def _providers(overview: Overview, text: "_Text") -> Iterator[tuple[str, ...]]:
    for provider in overview.providers:
        yield (
            model_check.provider_name(provider.name, text.locale),
            provider.variable or text("no_key_needed"),
            text("set" if provider.present else "missing"),
            ", ".join(provider.models),
        )


@dataclasses.dataclass(frozen=True)
class _Text:
    """The texts of the panel of the same name."""

    locale: str

    def __call__(self, key: str, **values: object) -> str:
        return i18n.translate(self.locale, f"app.models.{key}", **values)

    def heading(self, *keys: str) -> tuple[str, ...]:
        return tuple(map(self, keys))
