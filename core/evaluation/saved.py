"""The matches saved in the app, as rows. Nobody has labelled them: what can be told is what the models made of them."""

from collections.abc import Iterator
from typing import Any

from sqlmodel import col, select

from core import i18n, jobs
from core.database import OwnerSession
from core.evaluation.rows import Rows, evidence
from core.models import Client, Job, Match, Run, RunKind, RunStatus
from core.settings import OFFLINE_MODEL


def read(db: OwnerSession, *, model: str = "", prompt_locale: str = "", limit: int = 0) -> Rows:
    """The owner's finished matches, newest first, one pair each; of those that failed or were stopped the failure code.

    `model` keeps those that were asked of this route or answered by this model, `prompt_locale` those reported in this
    language, `limit` so many of the newest; empty and 0 keep all. `case` is the same for the same text of a posting,
    `pair` is the run's id. The verdict on an extracted requirement stands both as `predicted` and as `end_to_end`.
    """
    query = (
        select(Run, Client, Job, Match)
        .join(Client, col(Client.id) == Run.client_id)
        .join(Job, col(Job.id) == Run.job_id)
        .join(Match, col(Match.run_id) == Run.id, isouter=True)
        .where(Run.kind == RunKind.MATCH, col(Run.status).in_([s for s in RunStatus if s.finished]))
        .order_by(col(Run.created_at).desc(), col(Run.id))
    )
    if model:
        wanted = [model, *([OFFLINE_MODEL] if model == "offline" else [])]  # the one model of that route
        query = query.where(col(Run.model).in_(wanted) | col(Match.model).in_(wanted))
    if prompt_locale:
        query = query.where(Run.locale == prompt_locale)
    if limit:
        query = query.limit(limit)
    names: dict[str, str] = {}  # of a text, as it was first called: another model may find another title
    verdicts: list[dict[str, Any]] = []
    pairs: list[dict[str, Any]] = []
    read_jobs: list[dict[str, Any]] = []
    for run, client, job, match in db.exec(query):
        key = job.text_hash[:8] or run.id[:8]  # without a text nobody shares it
        about = {
            "case": names.setdefault(key, f"{jobs.label(job)} {key}".strip()),
            "profession": "",
            "locale": i18n.detect_locale(job.text),
            "split": "",
        }
        failure = {"failure_code": run.failure_code or ""}
        pair = about | failure | {"pair": run.id, "resume": client.name, "fit": ""}
        pair["model"] = match.model if match else ""
        pairs.append(pair | ({"score": match.score, "band": match.band} if match else {"band": ""}))
        summary = {"failure_code": ""} if job.summary else failure
        read_jobs.append(about | _counts(job) | {"model": job.summary_model or ""} | summary)
        verdicts += (pair | row for row in _judged(job, match))
    return Rows.of(verdicts, pairs, read_jobs)


def _counts(job: Job) -> dict[str, int]:
    extracted = len(job.contract.requirements) if job.contract else 0
    return {"labelled": 0, "extracted": extracted, "matched": 0, "must_right": 0, "category_right": 0}


def _judged(job: Job, match: Match | None) -> Iterator[dict[str, Any]]:
    if job.contract is None or match is None:
        return
    verdicts = {verdict.requirement_id: verdict for verdict in match.contract.verdicts}
    for requirement in job.contract.requirements:
        verdict = verdicts[requirement.id]  # a stored match is grounded, so there is one for each
        yield {
            "requirement": requirement.text,
            "category": requirement.category,
            "must": requirement.id.startswith("M"),
            "gold": "",
            "predicted": verdict.status,
            "end_to_end": verdict.status,
            "note": verdict.note,
            **evidence(verdict.quotes),
        }
