"""What a coach is told of the calls behind one run: who answered, for how much, and who was to answer and did not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from core import i18n, scoring, usage
from core.i18n import translate
from core.models import CreditEntry, EntryKind, LLMCall, RunKind
from core.render.escape import escape, unbroken
from core.render.report import report_markdown
from core.routing import EMBEDDING, VISION
from core.runs import Fallback, RunView
from core.settings import OFFLINE_MODEL
from core.usage import Cost

HASH = 8  # characters of a prompt's hash that are shown


@dataclass(frozen=True)
class Line:
    """One task. Tokens are None where none is known, or there are none to count."""

    task: str
    models: Sequence[str] = ()  # that answered; else the one asked last
    before: Sequence[str] = ()  # that were asked before those, in vain
    answered: bool = True
    reused: bool = False  # taken from an earlier run; any calls were in vain
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: Cost = field(default_factory=Cost)
    seconds: float | None = None
    prompt_version: int | None = None
    prompt_hash: str = ""
    tries: int = 0


@dataclass(frozen=True)
class Receipt:
    """The tasks of a run that have begun, in order, and their sum; and the credits that were booked for it."""

    lines: list[Line]
    total: Line
    credits: Sequence[CreditEntry] = ()


def of(view: RunView) -> Receipt:
    """The receipt of a run, however it ended: also what an attempt cost that came to nothing is on it."""
    order = ["ocr", VISION, *view.run.tasks[:-1], EMBEDDING, view.run.tasks[-1]]
    by_task = {task: [call for call in view.calls if call.task == task] for task in dict.fromkeys(order)}
    lines = [_line(task, calls) for task, calls in by_task.items() if calls]
    if not any(line.task == VISION and line.answered for line in lines) and view.readers:
        seconds = next((step.seconds for step in view.steps if step.task == "ocr"), None)
        lines.insert(0, Line("ocr", view.readers, seconds=seconds))
    if reused := _reused(view, by_task.get("job_summary", [])):
        lines = [line for line in lines if line.task != reused.task]
        lines.insert(next((i for i, line in enumerate(lines) if line.task == "job_match"), len(lines)), reused)
    prompt_tokens, completion_tokens = usage.tokens(view.calls)
    total = Line(
        "",
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost=usage.cost(view.calls),
        seconds=sum(line.seconds or 0.0 for line in lines),
        tries=len(view.calls),
    )
    return Receipt(lines, total, view.credits)


def _line(task: str, calls: list[LLMCall]) -> Line:
    answers = [call for call in calls if call.outcome == "ok"]
    last = (answers or calls)[-1]
    models = list(dict.fromkeys(call.model for call in answers)) if task == VISION and answers else [last.model]
    prompt_tokens, completion_tokens = usage.tokens(calls)
    return Line(
        task,
        models,
        before=[model for model in dict.fromkeys(call.model for call in calls) if model not in models],
        answered=bool(answers),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost=usage.cost(calls),
        seconds=sum(call.seconds for call in calls),
        prompt_version=last.prompt_version,
        prompt_hash=last.prompt_hash,
        tries=len(calls),
    )


def _reused(view: RunView, calls: list[LLMCall]) -> Line | None:
    """The job summary, if no call of this run made it: with what was spent in vain before it was taken over. The
    offline analyst's never is."""
    model = view.job.summary_model if view.job else None
    if view.job is None or model in (None, "", OFFLINE_MODEL):
        return None
    if any((call.outcome, call.model) == ("ok", model) for call in calls):
        return None
    prompt = view.job.summary_prompt or ""
    reused = Line("job_summary", [model or ""], reused=True, prompt_hash=prompt)
    if not calls:
        return reused
    vain = _line("job_summary", calls)
    before = [name for name in dict.fromkeys(call.model for call in calls) if name != model]
    version = vain.prompt_version if vain.prompt_hash == prompt else None
    return replace(
        vain,
        models=reused.models,
        before=before,
        answered=True,
        reused=True,
        prompt_version=version,
        prompt_hash=prompt,
    )


# --- in words -----------------------------------------------------------------------------------------------------


def model_name(model: str, locale: str) -> str:
    """A model's name as it is shown: the offline analyst is always said to be no LLM."""
    return translate(locale, "app.offline_model") if model == OFFLINE_MODEL else model


def task_name(task: str, locale: str) -> str:
    """What a task is called; one that is gone from this version goes by its own name."""
    names = i18n.catalogue(locale)["app"]["task"]
    return str(names.get("ocr" if task == VISION else task, task))


def dollars(amount: float, locale: str) -> str:
    """An amount with as many digits as make sense for it: a call costs a fraction of a cent."""
    if 0 < amount < 0.0001:
        return translate(locale, "report.receipt.less_than", dollars=dollars(0.0001, locale))
    return translate(locale, "report.receipt.dollars", amount=f"{amount:,.2f}" if amount >= 1 else f"{amount:.4f}")


def cost_words(cost: Cost, locale: str) -> str:
    """What calls cost: an amount, nothing, or that it is not known; both where some are known."""
    if not cost.dollars:
        return translate(locale, "report.receipt.unknown" if cost.unknown else "report.receipt.free")
    known = dollars(cost.dollars, locale)
    return translate(locale, "report.receipt.more", dollars=known, calls=cost.unknown) if cost.unknown else known


def credit_words(entries: Iterable[CreditEntry], locale: str) -> str:
    """How many credits were charged and how many given back, in all and by task; empty when none were charged."""
    booked = list(entries)

    def sum_of(kind: EntryKind, name: str) -> str:
        mine = [entry for entry in booked if entry.kind is kind]
        if not mine:
            return ""
        tasks = dict.fromkeys(task_name(entry.task, locale) for entry in mine)
        amount = abs(sum(entry.amount for entry in mine))
        text = translate(locale, f"report.receipt.{name}", amount=amount)
        return translate(locale, "report.aside", text=text, aside=translate(locale, "report.fallback.and").join(tasks))

    parts = [sum_of(EntryKind.DEBIT, "charged"), sum_of(EntryKind.REFUND, "refunded")]
    return translate(locale, "report.receipt.then").join(part for part in parts if part)


def markdown(receipt: Receipt, locale: str) -> str:
    """The whole receipt: the table, and the credits."""
    return "\n\n".join(filter(None, (table(receipt, locale), credit_words(receipt.credits, locale))))


def report(view: RunView, locale: str) -> str:
    """The whole report of a match as Markdown, for a file; empty when there is none."""
    job = view.job.contract if view.job else None
    if view.match is None or job is None:
        return ""
    match = view.match.contract
    score = scoring.score(job.requirements, match.verdicts)
    return report_markdown(match, job, score, locale, notice=notice(view, locale), receipt=markdown(of(view), locale))


def table(receipt: Receipt, locale: str) -> str:
    """The tasks as a Markdown table; empty when none has begun."""
    if not receipt.lines:
        return ""
    columns = ("task", "model", "tokens", "cost", "seconds", "prompt", "tries")
    head = [unbroken(translate(locale, f"report.receipt.{column}")) for column in columns]
    rows = [head, ["---", "---", "--:", "--:", "--:", "---", "--:"]]
    rows += [_cells(line, locale) for line in receipt.lines]
    if len(receipt.lines) > 1:
        total = _cells(receipt.total, locale)
        total[0] = translate(locale, "report.receipt.total")
        rows.append([f"**{cell}**" if cell else "" for cell in total])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(line: Line, locale: str) -> list[str]:
    def word(key: str, **values: object) -> str:
        return translate(locale, f"report.receipt.{key}", **values)

    def names(models: Sequence[str]) -> str:
        return ", ".join(escape(model_name(model, locale)) for model in models)

    models = names(line.models)
    remarks = [word("reused")] if line.reused else [] if line.answered else [word("no_answer")]
    remarks += [word("after", models=names(line.before))] if line.before else []
    if remarks:
        models = translate(
            locale, "report.aside", text=models, aside=translate(locale, "report.fallback.and").join(remarks)
        )
    known = line.prompt_tokens is not None or line.completion_tokens is not None
    counts = (f"{count:,}" if count is not None else "?" for count in (line.prompt_tokens, line.completion_tokens))
    version = f"v{line.prompt_version}" if line.prompt_version is not None else ""
    return [
        task_name(line.task, locale) if line.task else "",
        models,
        " / ".join(counts) if known else "",
        word("nothing") if line.reused and not line.tries else escape(cost_words(line.cost, locale)),
        f"{line.seconds:.1f}" if line.seconds is not None else "",
        unbroken(" · ".join(filter(None, (version, line.prompt_hash[:HASH])))),
        str(line.tries) if line.tries else "",
    ]


# What to do about a model that does not answer; "other" for the rest.
_REMEDIES = {
    "auth": "key",
    "billing": "balance",
    "rate_limit": "later",
    "timeout": "later",
    "provider_down": "later",
    "unreachable": "network",
    "model_not_found": "name",
    "bad_request": "name",
    "json_mode_refused": "name",
    "context_too_long": "shorter",
    "content_filter": "wording",
}


def notice(view: RunView, locale: str) -> str:
    """Markdown that says which models were to answer and did not, why, who did instead, and what to do about it; empty
    when all answered."""

    def words(key: str, **values: object) -> str:
        return translate(locale, f"report.fallback.{key}", **values)

    fallbacks = view.fallbacks
    blocks = []
    for answered_by in dict.fromkeys(each.answered_by for each in fallbacks):
        mine = [each for each in fallbacks if each.answered_by == answered_by]
        tasks = words("and").join(dict.fromkeys(task_name(each.task, locale) for each in mine))
        if answered_by != OFFLINE_MODEL:
            title = words("title", tasks=tasks, model=escape(answered_by))
        elif any(each.task == view.run.tasks[-1] for each in mine):
            title = words("offline_match" if view.run.kind is RunKind.MATCH else "offline_resume")
        else:
            title = words("offline_part", tasks=tasks)
        blocks += [f"**{title}**", "\n".join(_reasons(mine, locale))]
    if not blocks:
        return ""
    advice = [words("offline_means")] if any(each.answered_by == OFFLINE_MODEL for each in fallbacks) else []
    remedies = dict.fromkeys(_REMEDIES.get(each.failure_code, "other") for each in fallbacks)
    advice += [translate(locale, f"report.remedy.{remedy}") for remedy in remedies]
    if view.finished and advice[1:]:
        advice.append(words("again_match" if view.run.kind is RunKind.MATCH else "again_resume"))
    return "\n\n".join([*blocks, words("space").join(advice)])


def _reasons(fallbacks: Iterable[Fallback], locale: str) -> list[str]:
    """One bullet for each model and reason."""
    codes = dict.fromkeys((each.model, each.failure_code) for each in fallbacks)
    return [
        translate(
            locale,
            "report.fallback.reason",
            model=escape(model_name(model, locale)),
            reason=i18n.reason(locale, code),
        )
        for model, code in codes
    ]
