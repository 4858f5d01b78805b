"""The terminal entry: `python -m core match | batch | summarize`. Files in, report or JSON out.

Bad input ends with exit status 2 and one line on standard error.
"""

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core import i18n, jobs, llm, render, scoring, tasks
from core.documents import read_document
from core.errors import InputError, WorkbenchError
from core.models import ResumeKind
from core.schemas import Contract, JobMatch, JobSummary
from core.scoring import Score
from core.settings import settings

COUNTED = ("met", "partial", "missing", "unclear")


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    try:
        arguments.run(arguments)
    except WorkbenchError as error:
        print(f"error: {error.message(arguments.locale or i18n.DEFAULT)}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description="Match resumes with job descriptions.")
    commands = parser.add_subparsers(required=True, metavar="match|batch|summarize")

    def command(name: str, run: Callable[[argparse.Namespace], None], help_: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_, description=help_)
        sub.set_defaults(run=run)
        sub.add_argument("--locale", choices=list(i18n.LOCALES), help="language of the report; default: the text's own")
        sub.add_argument("--model", default=settings().model, help="litellm model name (default: %(default)s)")
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
    batch.add_argument("--out", type=Path, required=True, metavar="OUT.csv")

    summarize = command("summarize", _summarize, "A job description or a resume as structure.")
    summarize.add_argument("kind", choices=["job", "resume", "detailed"])
    summarize.add_argument("file", type=Path, metavar="FILE", help="a document; for job also a CSV with jd_text")
    summarize.add_argument("--json", action="store_true", help="print JSON instead of the summary")
    summarize.add_argument("--out", type=Path, metavar="OUT.jsonl", help="for a CSV: one JobSummary a line")
    return parser


# --- commands ---------------------------------------------------------------------------------------------------


def _match(arguments: argparse.Namespace) -> None:
    resume, jd = _resume(arguments.resume), _jd(arguments.jd)
    detailed = _resume(arguments.detailed) if arguments.detailed else ""
    locale = arguments.locale or i18n.detect_locale(jd)
    job, match, score = _run_match(resume, detailed, jd, arguments.model, locale)
    if arguments.json:
        result = {
            "model": arguments.model,
            "locale": locale,
            "score": score.model_dump(),
            "job": job.model_dump(),
            "match": match.model_dump(),
        }
        print(_json(result))
    else:
        print(render.report_markdown(match, job, score, locale))


def _batch(arguments: argparse.Namespace) -> None:
    table = _read_csv(arguments.jds)
    resume = _resume(arguments.resume)
    detailed = _resume(arguments.detailed) if arguments.detailed else ""

    def row(text: str) -> dict[str, Any]:
        started = time.monotonic()
        result: dict[str, Any] = {"score": None, "band": "", **dict.fromkeys(COUNTED), "failure_code": ""}
        try:
            jd = jobs.valid_text(text)
            locale = arguments.locale or i18n.detect_locale(jd)
            _, match, score = _run_match(resume, detailed, jd, arguments.model, locale)
            result |= {"score": score.value, "band": score.band}
            result |= {status: sum(v.status == status for v in match.verdicts) for status in COUNTED}
        except WorkbenchError as error:
            result["failure_code"] = error.code
        return {**result, "seconds": round(time.monotonic() - started, 3)}

    results = [row(text) for text in _progress(table["jd_text"])]
    for name in ("score", "band", *COUNTED, "seconds", "failure_code"):
        table[name] = [result[name] for result in results]
    for name in ("score", *COUNTED):
        table[name] = table[name].astype("Int64")  # whole numbers that may be absent
    _write(arguments.out, table.to_csv(index=False))


def _summarize(arguments: argparse.Namespace) -> None:
    if arguments.kind == "job" and arguments.file.suffix.lower() == ".csv":
        _summarize_table(arguments)
        return
    summary: Contract
    if arguments.kind == "job":
        text = _jd(arguments.file)
        locale = arguments.locale or i18n.detect_locale(text)
        summary = tasks.summarise_job(text, locale=locale, model=llm.configured(arguments.model))
        shown = render.job_markdown(summary, locale)
    else:
        kind = ResumeKind.RESUME if arguments.kind == "resume" else ResumeKind.DETAILED_RESUME
        text = _resume(arguments.file)
        locale = arguments.locale or i18n.detect_locale(text)
        model = llm.configured(arguments.model)
        summary = tasks.summarise_resume(kind, text, locale=locale, model=model, today=tasks.today())
        shown = render.resume_markdown(summary, locale)
    output = _json(summary.model_dump()) if arguments.json or arguments.out else shown
    if arguments.out:
        _write(arguments.out, output + "\n")
    else:
        print(output)


def _summarize_table(arguments: argparse.Namespace) -> None:
    def line(text: str) -> str:
        try:
            jd = jobs.valid_text(text)
            locale = arguments.locale or i18n.detect_locale(jd)
            summary = tasks.summarise_job(jd, locale=locale, model=llm.configured(arguments.model))
        except WorkbenchError as error:
            return json.dumps({"failure_code": error.code})
        return json.dumps(summary.model_dump(), ensure_ascii=False)

    lines = "".join(line(text) + "\n" for text in _progress(_read_csv(arguments.file)["jd_text"]))
    if arguments.out:
        _write(arguments.out, lines)
    else:
        sys.stdout.write(lines)


def _run_match(resume: str, detailed: str, jd: str, model_name: str, locale: str) -> tuple[JobSummary, JobMatch, Score]:
    model = llm.configured(model_name)
    job = tasks.summarise_job(jd, locale=locale, model=model)
    match = tasks.match(job, resume, detailed, locale=locale, model=model, today=tasks.today())
    return job, match, scoring.score(job.requirements, match.verdicts)


# --- files ------------------------------------------------------------------------------------------------------


def _resume(path: Path) -> str:
    return read_document(_bytes(path), path.name).text


def _jd(path: Path) -> str:
    return jobs.valid_text(read_document(_bytes(path), path.name, limit=jobs.MAX_CHARACTERS).text)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError("file_unreadable", path=path, reason=error.strerror or "") from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise InputError("file_unwritable", path=path, reason=error.strerror or "") from None


def _read_csv(path: Path) -> Any:
    """The table, whose jd_text is text in every row. Raises InputError when it is no such table."""
    import io  # noqa: PLC0415

    import pandas as pd  # noqa: PLC0415 (a third of a second)

    try:
        table = pd.read_csv(io.BytesIO(_bytes(path)), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, pd.errors.ParserError):  # ValueError covers bad encodings and empty files
        raise InputError("csv_damaged", path=path.name) from None
    if "jd_text" not in table:
        raise InputError("csv_no_jd_text", path=path.name)
    return table


def _progress(texts: Any) -> Any:
    from tqdm import tqdm  # noqa: PLC0415

    return tqdm(texts, unit="JD", disable=None)  # None: only on a terminal


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


if __name__ == "__main__":
    sys.exit(main())
