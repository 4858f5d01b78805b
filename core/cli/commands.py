"""What can be typed, and what each command does."""

import argparse
import csv
import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn, get_args

from core import backup, i18n, improvements, jobs, knowledge, llm, model_check, render, routing, scoring, tasks
from core.cli import answers, clients, credits, evaluate, files, models
from core.errors import InputError, WorkbenchError
from core.models import ResumeKind
from core.schemas import JobMatch, JobSummary
from core.scoring import Score
from core.settings import Settings, settings

ENGINES = get_args(Settings.model_fields["ocr_engine"].annotation)
COUNTED = ("met", "partial", "missing", "unclear")
RESULTS = ("score", "band", *COUNTED, "model", "seconds", "failure_code")  # columns that batch adds
RESUMES = {"resume": ResumeKind.RESUME, "detailed": ResumeKind.DETAILED_RESUME}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError("arguments", reason=message, usage=self.prog)

    def print_help(self, file: object = None) -> None:
        files.show(self.format_help().rstrip())


def parser() -> argparse.ArgumentParser:
    """Parses to a namespace whose `run` is to be called with it. Raises InputError for arguments that do not fit."""
    parser = _Parser(prog="python -m core", description="Match resumes with job descriptions.")
    commands = parser.add_subparsers(
        required=True, metavar="match|batch|summarize|models|credits|clients|worker|backup|restore|evaluate"
    )

    def command(name: str, run: Callable[[argparse.Namespace], None], help_: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_, description=help_)
        sub.set_defaults(run=run)
        sub.add_argument("--locale", choices=list(i18n.LOCALES), help="language of the report; default: the text's own")
        sub.add_argument("--ocr", choices=ENGINES, help="what reads pictures and scans; default: JOBMATCH_OCR_ENGINE")
        sub.add_argument(
            "--model",
            metavar="ROUTE",
            help="a model by its name, tried alone, or a tier: paid, free or offline; "
            "default: the best tier there is a model for (`python -m core models`)",
        )
        return sub

    match = command("match", _match, "One resume against one job description.")
    match.add_argument("resume", type=Path, metavar="RESUME")
    match.add_argument("jd", type=Path, metavar="JD")
    match.add_argument("--detailed", type=Path, metavar="FILE", help="the longer detailed resume")
    match.add_argument("--json", action="store_true", help="print JSON instead of the report")

    batch = command("batch", _batch, "One resume against every job description of a CSV file.")
    batch.add_argument("--resume", type=Path, required=True, metavar="FILE")
    batch.add_argument("--detailed", type=Path, metavar="FILE")
    batch.add_argument("--jds", type=Path, required=True, metavar="JDS.csv", help="CSV file with a column jd_text")
    columns = f"the same rows, as they are done, with the columns {', '.join(RESULTS)}; JDS.csv may have none of these"
    batch.add_argument("--out", type=Path, required=True, metavar="OUT.csv", help=columns)

    summarize = command("summarize", _summarize, "A job description or a resume as structure.")
    summarize.add_argument("kind", choices=["job", *RESUMES])
    summarize.add_argument("file", type=Path, metavar="FILE", help="a document; for job also a CSV with jd_text")
    summarize.add_argument("--json", action="store_true", help="print JSON instead of the summary")
    summarize.add_argument("--out", type=Path, metavar="OUT.jsonl", help="for a CSV: one JobSummary a line")

    listing = commands.add_parser("models", help=_MODELS, description=_MODELS)
    listing.set_defaults(run=_models)
    listing.add_argument("--locale", choices=list(i18n.LOCALES), help="language of the tables; default: en")
    listing.add_argument(
        "--test",
        nargs="?",
        const="",
        metavar="MODEL",
        help="ask that model, those of a tier, or all in use one short question; exit status 1 if one does not answer",
    )
    listing.add_argument("--json", action="store_true", help="print JSON instead of tables")

    credits.add_to(commands.add_parser("credits", help=credits.HELP, description=credits.HELP))
    clients.add_to(commands.add_parser("clients", help=clients.HELP, description=clients.HELP))
    for name, run, help_ in (("backup", _backup, _BACKUP), ("restore", _restore, _RESTORE)):
        sub = commands.add_parser(name, help=help_, description=help_)
        sub.set_defaults(run=run)
        sub.add_argument("file", type=Path, metavar="FILE")
        sub.add_argument("--locale", choices=list(i18n.LOCALES), help="language of messages; default: en")
    worker = commands.add_parser("worker", help=_WORKER, description=_WORKER)
    worker.set_defaults(run=_worker)
    worker.add_argument("--locale", choices=list(i18n.LOCALES), help="language of messages; default: en")

    evaluate.add_to(commands.add_parser("evaluate", help=evaluate.HELP, description=evaluate.HELP))
    return parser


_BACKUP = "A copy of all data as one ZIP file, also while the app runs."
_RESTORE = "Fill an empty data folder from a backup."
_WORKER = "Execute the runs of the app's database, until SIGTERM or Ctrl-C; on PostgreSQL any number of workers may."
_MODELS = "Which models do the work here, why, and which variable would bring others."


# --- commands ---------------------------------------------------------------------------------------------------


def _match(arguments: argparse.Namespace) -> None:
    route = models.route(arguments.model)
    engine = arguments.ocr or settings().ocr_engine
    resume, detailed = (
        files.read_resume(path, engine, arguments.locale) for path in (arguments.resume, arguments.detailed)
    )
    jd = files.read_jd(arguments.jd, engine, arguments.locale)
    locale = arguments.locale or i18n.detect_locale(jd)
    made: answers.Records = {}
    with answers.fallbacks_shown(made, locale):
        job, match, score = _run_match(resume, detailed, jd, route, locale, made, knowledge.curated())
    model = made["job_match"].answered_by
    if arguments.json:
        result = {
            "model": model,
            "calls": answers.calls(made),
            "locale": locale,
            "score": score.model_dump(),
            "improvements": improvements.of(job.requirements, match.verdicts, score).model_dump(),
            "job": job.model_dump(),
            "match": match.model_dump(),
        }
        files.show(_json(result))
    else:
        report = render.plain(render.report_markdown(match, job, score, locale)).rstrip()
        files.show(f"{report}\n\n{i18n.translate(locale, 'cli.made_by', model=model)}")


def _batch(arguments: argparse.Namespace) -> None:
    route = models.route(arguments.model)
    table = files.read_table(arguments.jds, reserved=RESULTS)
    engine = arguments.ocr or settings().ocr_engine
    resume, detailed = (
        files.read_resume(path, engine, arguments.locale) for path in (arguments.resume, arguments.detailed)
    )

    tally = answers.Tally()

    def results(text: str) -> dict[str, object]:
        made: answers.Records = {}
        started = time.monotonic()
        result: dict[str, object] = {}
        try:
            jd = jobs.valid_text(text)
            locale = arguments.locale or i18n.detect_locale(jd)
            _, match, score = _run_match(resume, detailed, jd, route, locale, made)
            result |= {"score": score.value, "band": score.band, "model": made["job_match"].answered_by}
            result |= {status: sum(v.status == status for v in match.verdicts) for status in COUNTED}
        except WorkbenchError as error:
            result["failure_code"] = error.code
        finally:
            tally.add(made)
        return {**result, "seconds": round(time.monotonic() - started, 3)}

    inputs = filter(None, (arguments.jds, arguments.resume, arguments.detailed))
    with files.output(arguments.out, *inputs) as out, tally.shown(arguments.locale):
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([*table.header, *RESULTS])
        for row, text in zip(table.rows, _progress(table.jds), strict=True):
            result = results(text)
            writer.writerow([*row, *(result.get(name, "") for name in RESULTS)])


def _summarize(arguments: argparse.Namespace) -> None:
    route = models.route(arguments.model)
    if arguments.kind == "job" and arguments.file.suffix.lower() == ".csv":
        _summarize_table(arguments, route)
        return
    engine = arguments.ocr or settings().ocr_engine
    read = files.read_jd if arguments.kind == "job" else files.read_resume
    text = read(arguments.file, engine, arguments.locale)
    locale = arguments.locale or i18n.detect_locale(text)
    task = "job_summary" if arguments.kind == "job" else f"{RESUMES[arguments.kind]}_summary"
    candidates = routing.candidates(task, route)
    record = llm.Record()
    made = {task: record}
    with files.output(arguments.out, arguments.file) as out, answers.fallbacks_shown(made, locale):
        if arguments.kind == "job":
            job = tasks.summarise_job(text, locale=locale, candidates=candidates, listener=record)
            data, shown = job.model_dump(), render.job_markdown(job, locale)
        else:
            kind = RESUMES[arguments.kind]
            resume = tasks.summarise_resume(
                kind, text, locale=locale, candidates=candidates, today=tasks.today(), listener=record
            )
            data, shown = resume.model_dump(), render.resume_markdown(resume, locale)
        data["calls"] = answers.calls(made)
        print(_json(data) if arguments.json or arguments.out else render.plain(shown), file=out)


def _summarize_table(arguments: argparse.Namespace, route: str) -> None:
    tally = answers.Tally()

    def line(text: str) -> str:
        record = llm.Record()
        made = {"job_summary": record}
        try:
            jd = jobs.valid_text(text)
            locale = arguments.locale or i18n.detect_locale(jd)
            summary = tasks.summarise_job(jd, locale=locale, candidates=candidates, listener=record)
            result = summary.model_dump()
        except WorkbenchError as error:
            result = {"failure_code": error.code}
        finally:
            tally.add(made)
        return json.dumps(result | ({"calls": answers.calls(made)} if record.calls else {}), ensure_ascii=False)

    table = files.read_table(arguments.file)
    candidates = routing.candidates("job_summary", route)
    with files.output(arguments.out, arguments.file) as out, tally.shown(arguments.locale):
        for text in _progress(table.jds):
            out.write(line(text) + "\n")


def _run_match(
    resume: str,
    detailed: str,
    jd: str,
    route: str,
    locale: str,
    made: answers.Records,
    snippets: knowledge.Snippets | None = None,  # a table of scores shows no advice
) -> tuple[JobSummary, JobMatch, Score]:
    """Job, match and score; `made` is given who was asked for each, also when this raises."""
    made |= {"job_summary": llm.Record(), "job_match": llm.Record()}
    candidates = routing.candidates("job_summary", route)
    job = tasks.summarise_job(jd, locale=locale, candidates=candidates, listener=made["job_summary"])
    candidates = routing.candidates("job_match", route)
    match = tasks.match(
        job,
        resume,
        detailed,
        posting=jd,
        locale=locale,
        candidates=candidates,
        today=tasks.today(),
        snippets=snippets,
        listener=made["job_match"],
    )
    return job, match, scoring.score(job.requirements, match.verdicts)


def _models(arguments: argparse.Namespace) -> None:
    named = models.route(arguments.test) if arguments.test else ""
    overview = model_check.overview()
    wanted = None if arguments.test is None else models.to_test(named, overview)
    if arguments.json:
        good = models.show_json(overview, wanted)
    else:
        good = models.show(overview, wanted, arguments.locale or i18n.DEFAULT)
    if not good:
        raise SystemExit(1)


def _backup(arguments: argparse.Namespace) -> None:
    made = backup.save(arguments.file)
    size = f"{arguments.file.stat().st_size / 2**20:.1f}"
    files.say(arguments.locale, "backed_up", path=arguments.file, revision=made.database_revision, size=size)


def _restore(arguments: argparse.Namespace) -> None:
    made = backup.restore(arguments.file)
    place = settings().app_database_url.removeprefix("sqlite:///")
    files.say(arguments.locale, "restored", path=place, created_at=made.created_at)


def _worker(_: argparse.Namespace) -> None:
    from core import worker  # noqa: PLC0415 - no other command needs the engine

    worker.run()


# --- output -----------------------------------------------------------------------------------------------------


def _progress(texts: Sequence[str]) -> Iterable[str]:
    from tqdm import tqdm  # noqa: PLC0415

    return tqdm(texts, unit="JD", disable=None)  # None: only on a terminal


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
