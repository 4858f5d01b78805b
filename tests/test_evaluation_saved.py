"""Matches of the app's own database, made by real runs, as rows."""

import pytest

from core import database
from core.evaluation import datasets, metrics, report, saved, worst
from core.evaluation.metrics import STATUSES
from core.evaluation.rows import JOBS, PAIRS, VERDICTS, Rows
from core.models import RunStatus
from core.routing import Candidate
from core.runs import RunView, cancel, submit_match
from core.samples import samples
from core.settings import OFFLINE_MODEL
from tests.support.model_server import ModelServer
from tests.test_database import add_owner
from tests.test_runs import ENGLISH, JD, PACED, add_client, is_streaming, settle, submit, view, wait


def read(owner: int, **choice: object) -> Rows:
    with database.session(owner) as db:
        return saved.read(db, **choice)  # type: ignore[arg-type]


@pytest.mark.usefixtures("storage")
def test_a_match_is_a_pair_with_its_verdicts(owner: int) -> None:
    made = settle(owner, submit(owner, add_client(owner)).id)
    assert made.match is not None
    assert made.job is not None
    assert made.job.contract is not None
    rows = read(owner)
    assert (tuple(rows.verdicts), tuple(rows.pairs), tuple(rows.jobs)) == (VERDICTS, PAIRS, JOBS)
    (pair,) = rows.pairs.to_dict("records")
    assert (pair["pair"], pair["resume"], pair["locale"]) == (made.run.id, ENGLISH.name, "en")
    assert (pair["score"], pair["band"], pair["model"]) == (made.match.score, made.match.band, OFFLINE_MODEL)
    assert made.job.title in pair["case"]
    requirements, verdicts = made.job.contract.requirements, made.match.contract.verdicts
    assert list(rows.verdicts["requirement"]) == [r.text for r in requirements]
    assert list(rows.verdicts["must"]) == [r.id.startswith("M") for r in requirements]
    assert list(rows.verdicts["predicted"]) == [v.status for v in verdicts]
    assert list(rows.verdicts["cited"]) == [len(v.quotes) for v in verdicts]
    assert set(rows.verdicts["gold"]) == {""}
    assert list(rows.jobs["extracted"]) == [len(requirements)]
    assert rows.failures.empty
    assert metrics.share(rows.verdicts, "grounded", "cited").value == 1


def test_no_run_is_no_row(owner: int) -> None:
    rows = read(owner)
    assert (len(rows.pairs), len(rows.verdicts), len(rows.jobs)) == (0, 0, 0)


def test_runs_that_failed_or_were_stopped_keep_their_code(owner: int, paced: Candidate, server: ModelServer) -> None:
    client = add_client(owner)
    settle(owner, submit(owner, client, jd="la la la " * 20, token="no requirements").id)
    server.fail("job_match", 401)
    settle(owner, submit(owner, client, PACED, token="no key").id)
    server.pace = 0.05
    stopped = submit(owner, client, PACED, token="stopped")
    wait(owner, stopped.id, is_streaming)
    assert stopped.id not in set(read(owner).pairs["pair"])  # not finished
    with database.session(owner) as db:
        cancel(db, stopped.id)
    assert settle(owner, stopped.id).run.status is RunStatus.CANCELLED
    settle(owner, submit(owner, client, token="well").id)
    rows = read(owner)
    assert list(rows.pairs["failure_code"]) == ["", "cancelled", "auth", "no_requirements"]  # newest first
    assert list(rows.jobs["failure_code"]) == ["", "", "", "no_requirements"]
    assert list(rows.failures["failure_code"]) == ["cancelled", "auth", "no_requirements"]
    assert list(rows.pairs["score"].isna()) == [False, True, True, True]
    assert set(rows.verdicts["pair"]) == {rows.pairs["pair"][0]}
    assert rows.pairs["case"].nunique() == 2  # the same text is the same posting
    assert metrics.failed(rows.pairs).value == 0.75
    assert report.of(rows).bands["none"].sum() == 3


def test_what_is_read_can_be_narrowed(owner: int, paced: Candidate) -> None:
    client = add_client(owner)
    ids = [settle(owner, submit(owner, client, model, token=model).id).run.id for model in ("offline", OFFLINE_MODEL)]
    ids.append(settle(owner, submit(owner, client, PACED).id).run.id)
    with database.session(owner) as db:
        chinese = submit_match(db, client, JD, model=OFFLINE_MODEL, locale="zh", token="zh")
    ids.append(settle(owner, chinese.id).run.id)

    def found(**choice: object) -> list[str]:
        return list(read(owner, **choice).pairs["pair"])

    assert found() == ids[::-1]
    assert found(limit=2) == ids[:1:-1]
    assert found(model="offline") == [ids[3], ids[1], ids[0]]
    assert found(model=PACED) == [ids[2]]
    assert found(prompt_locale="zh") == [ids[3]]
    assert found(prompt_locale="zh", model=PACED) == []


def test_another_owner_sees_nothing(owner: int) -> None:
    settle(owner, submit(owner, add_client(owner)).id)
    assert read(add_owner("stranger")).pairs.empty
    assert len(datasets.load("saved").pairs) == 1  # the owner of a single-user install


def test_invented_quotes_are_the_worst_case(owner: int, paced: Candidate, server: ModelServer) -> None:
    client = add_client(owner)
    settle(owner, submit(owner, client).id)
    server.fail("job_match", "fake_quotes")
    made = settle(owner, submit(owner, client, PACED).id)
    rows = read(owner)
    assert metrics.share(rows.verdicts, "grounded", "cited").value < 1
    (pair,) = worst.pairs(rows)
    assert (pair.wrong, pair.resume) == (0, ENGLISH.name)
    assert pair.unverified == (pair.verdicts["cited"] - pair.verdicts["grounded"]).sum() > 0
    assert len(pair.verdicts) == len(_verdicts(made))


def test_a_report_of_saved_matches_says_nothing_about_labels(owner: int) -> None:
    for sample in samples():
        client = add_client(owner, sample)
        run = submit(owner, client, jd=next(iter(sample.jobs.values())))
        assert view(owner, settle(owner, run.id).run.id).match is not None
    made = report.of(read(owner))
    assert list(made.figures) == ["all", "en", "zh"]
    assert made.table(["given", "end_to_end", "triples", "auc", "error", "extraction"]).empty
    assert made.figures["all"]["quotes", "grounded"].value == 1
    assert made.mix[list(STATUSES)].to_numpy().sum() == made.counts["verdicts"]
    assert made.models == {OFFLINE_MODEL: 2}


def _verdicts(made: RunView) -> list[object]:
    assert made.match is not None
    return list(made.match.contract.verdicts)
