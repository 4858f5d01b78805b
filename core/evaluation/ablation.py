"""What the coaching knowledge changes: every pair of the gold set matched without snippets and with those of the
project.

Verdicts and scores should stay as they are, for a snippet is no evidence; what changes is the advice. `sourced` is the
share of weaknesses that name a snippet, `snippets` how many different ones they name, `distinct` how many tips differ
when what they name of the posting is left out, of all tips.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from core import knowledge, routing, scoring, tasks
from core.errors import WorkbenchError
from core.evaluation.gold import FITS, Case
from core.evaluation.predict import TODAY
from core.knowledge import Snippets
from core.schemas import JobMatch

WAYS: dict[str, Callable[[], Snippets | None]] = {"off": lambda: None, "on": knowledge.curated}
_NAMED = re.compile(r"“[^”]*”|\"[^\"]*\"|[A-Z0-9][\w+#./-]*")  # what a tip quotes of the posting, or calls by its name


def compare(cases: Sequence[Case], route: str) -> pd.DataFrame:
    """A row per locale and way: pairs, verdicts and scores that differ from those without snippets, weaknesses, and the
    shares of the module's docstring. A pair that fails in one way is left out of both, and counted in `failed`."""
    rows: list[dict[str, Any]] = []
    for locale in dict.fromkeys(case.locale for case in cases):
        pairs = [(case, fit) for case in cases if case.locale == locale for fit in FITS]
        found = [{way: _match(case, fit, route, library()) for way, library in WAYS.items()} for case, fit in pairs]
        whole = [(case, each) for (case, _), each in zip(pairs, found, strict=True) if all(each.values())]
        rows += [
            {"locale": locale, "knowledge": way, "pairs": len(whole), "failed": len(pairs) - len(whole)}
            | _figures([(case, each["off"], each[way]) for case, each in whole])
            for way in WAYS
        ]
    return pd.DataFrame(rows)


def _match(case: Case, fit: Any, route: str, library: Snippets | None) -> JobMatch | None:
    options: dict[str, Any] = {"candidates": routing.candidates("job_match", route), "snippets": library}
    try:
        return tasks.match(
            case.summary, case.resumes[fit], posting=case.job, locale=case.locale, today=TODAY, **options
        )
    except WorkbenchError:
        return None


def _figures(compared: Sequence[tuple[Case, JobMatch | None, JobMatch | None]]) -> dict[str, float]:
    verdicts = scores = weaknesses = sourced = 0
    named: set[str] = set()
    tips: list[str] = []
    for case, off, on in compared:
        if off is None or on is None:
            continue
        verdicts += sum(a.status != b.status for a, b in zip(off.verdicts, on.verdicts, strict=True))
        scores += _score(case, off) != _score(case, on)
        weaknesses += len(on.weaknesses)
        sourced += sum(bool(weakness.snippet_ids) for weakness in on.weaknesses)
        named.update(key for weakness in on.weaknesses for key in weakness.snippet_ids)
        tips += [_NAMED.sub("", tip) for w in on.weaknesses for tip in (w.tip.interview, w.tip.resume) if tip]
    return {
        "verdicts_changed": verdicts,
        "scores_changed": scores,
        "weaknesses": weaknesses,
        "sourced": sourced / max(weaknesses, 1),
        "snippets": len(named),
        "distinct": len(set(tips)) / max(len(tips), 1),
        "characters": sum(map(len, tips)) / max(len(tips), 1),
    }


def _score(case: Case, match: JobMatch) -> int:
    return scoring.score(case.summary.requirements, match.verdicts).value
