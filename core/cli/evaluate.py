"""The command `evaluate`: how good the matches and the vocabulary are, and the notebooks.

What it needs beside the app is the extra `evaluation`, so most of `core.evaluation` is imported when a command runs.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

from core import i18n
from core.cli import files, models
from core.errors import InputError
from core.evaluation.gold import SETS, SPLITS

if TYPE_CHECKING:
    import pandas as pd

    from core.evaluation.report import Report

Run = Callable[[argparse.Namespace], None]

HELP = "How good the matches and the vocabulary are, measured on labelled data."


def add_to(parser: argparse.ArgumentParser) -> None:
    """Give the parser of this command its own: gold, ranking, retrieval, skills and notebook."""
    commands = parser.add_subparsers(required=True, metavar="gold|ranking|retrieval|skills|notebook")

    def command(name: str, run: Run, help_: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_, description=help_)
        sub.set_defaults(run=_with_extra(run))
        return sub

    gold = command("gold", _gold, "Matches against labelled verdicts, and beside word statistics (TF-IDF, BM25).")
    gold.add_argument(
        "--set", metavar="SET", help=f"{', '.join(SETS)}, or a folder of cases; default: all that come with the project"
    )
    gold.add_argument("--split", choices=SPLITS, default="all", help="default: all")
    gold.add_argument("--model", metavar="ROUTE", default="offline", help="a model or a tier; default: offline")
    gold.add_argument(
        "--locale", choices=list(i18n.LOCALES), help="language of all prompts; default: that of each case"
    )
    gold.add_argument("--json", type=Path, metavar="FILE", help="write all figures there too")

    gold.add_argument(
        "--ablation",
        action="store_true",
        help="also show what the coaching snippets change, at two more calls a pair; default: where that costs nothing",
    )

    ranking = command("ranking", _ranking, "One resume among many postings: those that fit above the others (AUC)?")
    ranking.add_argument("--folder", type=Path, metavar="FOLDER", help="of people; default: those of the project")
    ranking.add_argument("--model", metavar="ROUTE", default="offline", help="a model or a tier; default: offline")
    ranking.add_argument("--json", type=Path, metavar="FILE", help="write all figures there too")

    retrieval = command("retrieval", _retrieval, "Judged queries for the coaching snippets: are the right ones first?")
    retrieval.add_argument("--split", choices=SPLITS, default="all", help="default: all")
    retrieval.add_argument("--json", type=Path, metavar="FILE", help="write all figures there too")

    skills = command("skills", _skills, "The vocabulary against annotated postings (SkillSpan), beside a lexicon.")
    skills.add_argument("folder", type=Path, metavar="FOLDER", help="holds train.json and the split to measure")
    skills.add_argument("--split", default="dev", help="default: dev")
    skills.add_argument("--json", type=Path, metavar="FILE", help="write all figures there too")

    notebook = command("notebook", _notebook, "Run a notebook; leaves it and its page (HTML) in a folder.")
    notebook.add_argument("name", metavar="NAME", help="such as 01_match_quality")
    notebook.add_argument("-p", dest="parameters", nargs=2, action="append", default=[], metavar=("PARAMETER", "VALUE"))
    notebook.add_argument("--out", type=Path, required=True, metavar="FOLDER")

    for sub in (ranking, retrieval, skills, notebook):
        sub.add_argument("--locale", choices=list(i18n.LOCALES), help="language of messages; default: en")


def _with_extra(run: Run) -> Run:
    @wraps(run)
    def guarded(arguments: argparse.Namespace) -> None:
        try:
            run(arguments)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] == "core":
                raise
            raise InputError("evaluation_missing", package=error.name) from error

    return guarded


# --- commands ---------------------------------------------------------------------------------------------------


def _gold(arguments: argparse.Namespace) -> None:
    from tqdm import tqdm  # noqa: PLC0415

    from core.evaluation import ablation, gold, report  # noqa: PLC0415
    from core.evaluation.predict import OFFLINE, predict  # noqa: PLC0415

    route = models.route(arguments.model)
    names = [arguments.set] if arguments.set else SETS
    sets = {name: gold.load(gold.folder(name), arguments.split) for name in names}
    made, documents = [], []
    # Opened before any model is asked: what was paid for is not lost to a path that cannot be written.
    with files.output(arguments.json) if arguments.json else nullcontext() as out:
        for name, cases in sets.items():
            with tqdm(total=len(cases), desc=name, unit="posting", disable=None) as bar:
                rows = predict(cases, route, arguments.locale or "", lambda _: bar.update())
            made.append(report.of(rows, set=name, split=arguments.split, model=route))
            files.show("\n".join(_report(made[-1])))
            documents.append(made[-1].document)
            if arguments.ablation or route == OFFLINE:
                table = ablation.compare(cases, route)
                files.show("\n".join(_part("Coaching snippets off and on", table.set_index(["locale", "knowledge"]))))
                documents[-1]["ablation"] = table.to_dict("records")
        if out:
            out.write(report.as_json({"sets": documents}))


def _ranking(arguments: argparse.Namespace) -> None:
    from core.evaluation import ranking  # noqa: PLC0415

    route = models.route(arguments.model)
    table = ranking.compare(ranking.load(arguments.folder or ranking.FOLDER), route)
    files.show(_table(table.set_index("person")))
    if arguments.json:
        _write({"model": route, "figures": table.to_dict("records")}, arguments.json)


def _retrieval(arguments: argparse.Namespace) -> None:
    import pandas as pd  # noqa: PLC0415

    from core import knowledge  # noqa: PLC0415
    from core.evaluation import retrieval  # noqa: PLC0415

    find = retrieval.finder(knowledge.curated())
    tables = [
        retrieval.compare(retrieval.load(retrieval.FOLDER / name, arguments.split), find).assign(set=name)
        for name in retrieval.SETS
    ]
    table = pd.concat(tables, ignore_index=True)
    files.show(_table(table.set_index(["set", "locale"])))
    if arguments.json:
        _write({"split": arguments.split, "figures": table.to_dict("records")}, arguments.json)


def _skills(arguments: argparse.Namespace) -> None:
    from core.evaluation import spans  # noqa: PLC0415

    table = spans.compare(arguments.folder, arguments.split)
    files.show(_table(table.set_index(["class", "matching", "finder"])))
    if arguments.json:
        _write({"split": arguments.split, "figures": table.to_dict("records")}, arguments.json)


def _notebook(arguments: argparse.Namespace) -> None:
    from core.evaluation import notebooks  # noqa: PLC0415

    values = notebooks.parameters(arguments.name, arguments.parameters)
    files.show(str(notebooks.execute(arguments.name, arguments.out, values)))


# --- output -----------------------------------------------------------------------------------------------------


def _report(report: "Report") -> Iterator[str]:
    from core.evaluation.report import SECTIONS, VERDICTS  # noqa: PLC0415

    yield ", ".join(f"{name}: {value}" for name, value in report.about.items())
    yield ", ".join(f"{count} {name}" for name, count in report.counts.items())
    yield "answered by " + (", ".join(f"{model} ({pairs} pairs)" for model, pairs in report.models.items()) or "nobody")
    yield "in brackets: 95% intervals, from a bootstrap of postings"
    for section, title in SECTIONS.items():
        yield from _part(title, report.table([section]).droplevel(0))
        if section in VERDICTS:
            yield from _part("labelled down, predicted across", report.confusion[section].rename_axis(None, axis=1))
    yield from _part("By profession", report.professions)
    yield from _part("Verdicts given", report.mix)
    yield from _part("Bands of the score", report.bands)
    yield from _part("Failures", report.failures.set_index("case"))


def _part(title: str, table: "pd.DataFrame") -> Sequence[str]:
    return "", title, _table(table) if len(table) else "none"


def _table(table: "pd.DataFrame") -> str:
    return table.to_string(float_format="{:.3f}".format, na_rep="")


def _write(document: object, path: Path) -> None:
    from core.evaluation.report import as_json  # noqa: PLC0415

    with files.output(path) as out:
        out.write(as_json(document))
