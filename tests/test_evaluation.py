"""Gold cases to rows, rows to figures: labels, alignment, baselines, metrics, reports."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score, roc_auc_score

from core import routing, scoring, tasks
from core.errors import InputError
from core.evaluation import baselines, datasets, gold, metrics, report, worst
from core.evaluation.alignment import align
from core.evaluation.gold import FITS, SETS, Case
from core.evaluation.metrics import STATUSES, Measure
from core.evaluation.predict import TODAY, predict
from core.evaluation.rows import JOBS, PAIRS, VERDICTS, Rows
from core.routing import Candidate
from tests.support.model_server import ModelServer

PARAPHRASED = gold.folder("paraphrased")


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """One case in each language."""
    dev = gold.load(PARAPHRASED, "dev")
    return [next(case for case in dev if case.locale == locale) for locale in ("en", "zh")]


@pytest.fixture(scope="module")
def rows(cases: list[Case]) -> Rows:
    return predict(cases, "offline")


# --- gold -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SETS)
def test_a_set_of_the_project_is_valid_in_both_languages_and_splits(name: str) -> None:
    found = gold.load(gold.folder(name))
    assert {(case.locale, case.split) for case in found} == {(x, y) for x in ("en", "zh") for y in ("dev", "test")}
    for case in found:
        assert len(case.requirements) >= 8
        assert len({r.text for r in case.requirements}) == len(case.requirements), case.name
        assert any(r.must for r in case.requirements), case.name


def test_a_split_is_a_part() -> None:
    everything = gold.load(PARAPHRASED)
    parts = [gold.load(PARAPHRASED, split) for split in ("dev", "test")]
    assert {part[0].split for part in parts} == {"dev", "test"}
    assert sorted(case.name for part in parts for case in part) == [case.name for case in everything]


def test_the_summary_of_a_case_has_its_requirements_in_the_order_of_the_labels(cases: list[Case]) -> None:
    for case in cases:
        both = list(zip(case.summary.requirements, case.labelled, strict=True))
        assert all(ours.text == theirs.text for ours, theirs in both)
        assert all(ours.id.startswith("M") == theirs.must for ours, theirs in both)


@pytest.fixture
def one(folder: Path) -> Path:
    """A folder of cases with one case."""
    (folder / "cases").mkdir()
    shutil.copy(PARAPHRASED / "registered_nurse_en.toml", folder / "cases")
    return folder / "cases"


@pytest.mark.parametrize("path", ["nowhere", "."])
def test_a_folder_without_cases_is_refused(path: str, folder: Path) -> None:
    with pytest.raises(InputError) as caught:
        gold.load(gold.folder(path))
    assert caught.value.code == "gold_missing"


def test_a_split_without_cases_is_refused(one: Path) -> None:
    assert [case.name for case in gold.load(one, "dev")] == ["registered_nurse_en"]
    with pytest.raises(InputError) as caught:
        gold.load(one, "test")
    assert caught.value.code == "gold_missing"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('locale = "en"', 'locale = "fr"'),
        ('name = "registered_nurse_en"', 'name = "another"'),
        ("text = ", "text = 'is in no posting' # "),
        ("must = true", "must = true\nsure = true"),
        ("[resume]", "[resumes]"),
        ("near = '''", "nearly = '''"),
        ("job = '''", "job = "),
        ("locale", "\udcff"),
    ],
)
def test_a_file_that_is_no_case_is_named(old: str, new: str, one: Path) -> None:
    (file,) = one.glob("*.toml")
    text = file.read_text("utf-8")
    assert old in text
    file.write_bytes(text.replace(old, new, 1).encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError) as caught:
        gold.load(one)
    assert caught.value.code == "gold_invalid"
    assert file.name in caught.value.message("en")


# --- alignment --------------------------------------------------------------------------------------------------

POSTING = "Python developer wanted. You bring: 3+ years of <b>Python</b>, SQL; excellent English. A degree is a plus."


@pytest.mark.parametrize(
    ("labelled", "extracted", "expected"),
    [
        (["3+ years of <b>Python</b>", "SQL"], ["SQL", "3+ years of <b>Python</b>"], {0: 1, 1: 0}),
        (["excellent English"], ["SQL; excellent English."], {0: 0}),  # cut a little wider
        (["A degree is a plus"], ["plus"], {}),  # too little of it
        (["3+ years of <b>Python</b>"], ["3+ years of Python"], {0: 0}),  # without the markup
        (["<b>Python</b>"], ["Python</b>"], {0: 0}),  # which also stands at the beginning
        (["SQL"], ["a driving licence"], {}),
        (["SQL", "excellent English"], ["SQL; excellent English"], {1: 0}),  # one to one, the closer
        (["SQL"], [], {}),
        (["SQL"], [""], {}),
    ],
)
def test_alignment(labelled: list[str], extracted: list[str], expected: dict[int, int]) -> None:
    assert align(POSTING, labelled, extracted) == expected


@given(st.lists(st.text("abcdefgh", min_size=4, max_size=12), min_size=1, max_size=8, unique=True), st.randoms())
def test_whatever_their_order_the_same_passages_find_each_other(texts: list[str], order: random.Random) -> None:
    marked = [f"{n}.{text}" for n, text in enumerate(texts)]
    shuffled = order.sample(marked, len(marked))
    assert align("\n".join(marked), marked, shuffled) == {n: shuffled.index(text) for n, text in enumerate(marked)}


# --- baselines --------------------------------------------------------------------------------------------------


def test_tokens_are_words_and_pairs_of_han() -> None:
    assert baselines.tokens("C++ 和 Node.js. 数据分析") == ["c++", "和", "node.js", "数据", "据分", "分析"]


@pytest.mark.parametrize("alike", [baselines.tfidf, baselines.bm25])
def test_a_resume_in_the_words_of_the_posting_is_the_most_alike(alike: Callable[..., np.ndarray]) -> None:
    jobs = ["warehouse forklift shifts", "python sql statistics"]
    found = alike(jobs, ["statistics in python and sql", "forklift driver, shifts in a warehouse", "nurse"])
    assert found.shape == (2, 3)
    assert found.argmax(axis=1).tolist() == [1, 0]
    assert found[:, 2].tolist() == [0, 0]
    assert ((found >= 0) & (found <= 1)).all()


# --- metrics ----------------------------------------------------------------------------------------------------

_status = st.sampled_from([*STATUSES, ""])
_verdicts = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([*STATUSES, ""]), _status), min_size=1, max_size=40
).map(lambda found: pd.DataFrame(found, columns=["case", "gold", "predicted"]))
_pairs = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(FITS), st.one_of(st.none(), st.integers(0, 5))),
    min_size=1,
    max_size=30,
    unique_by=lambda pair: pair[:2],
).map(lambda found: pd.DataFrame(found, columns=["case", "fit", "score"]).astype({"score": "Int64"}))


def same(ours: float, theirs: float) -> bool:
    return bool(np.isclose(ours, theirs, equal_nan=True))


@given(_verdicts)
def test_agreement_is_what_scikit_learn_says(verdicts: pd.DataFrame) -> None:
    labelled = verdicts[verdicts["gold"] != ""]
    if labelled.empty:
        assert np.isnan(metrics.accuracy(verdicts).value)
        return
    label, ours = labelled["gold"], labelled["predicted"]
    assert same(metrics.accuracy(verdicts).value, (label == ours).mean())
    for status in STATUSES:
        known = status in set(label) | set(ours)
        expected = f1_score(label, ours, labels=[status], average=None)[0] if known else float("nan")
        assert same(metrics.f1(verdicts, status).value, expected)
    if len(set(label) | set(ours)) > 1:
        assert same(metrics.kappa(verdicts).value, cohen_kappa_score(label, ours))
    assert metrics.confusion(verdicts).to_numpy().sum() == len(labelled)
    assert np.trace(metrics.confusion(verdicts)) == (label == ours).sum()


@given(_pairs)
def test_separation_is_the_auc_of_scikit_learn(pairs: pd.DataFrame) -> None:
    rows = pairs[pairs["fit"] != "near"]
    expected = float("nan")
    if rows["fit"].nunique() == 2:
        expected = roc_auc_score(rows["fit"] == "fit", rows["score"].astype(float).fillna(-1))
    assert same(metrics.separation(pairs).value, expected)


MEASURES: dict[str, tuple[st.SearchStrategy[pd.DataFrame], Callable[[pd.DataFrame], Measure]]] = {
    "accuracy": (_verdicts, metrics.accuracy),
    "kappa": (_verdicts, metrics.kappa),
    "f1": (_verdicts, lambda rows: metrics.f1(rows, "met")),
    "triples": (_pairs, metrics.triples),
    "separation": (_pairs, metrics.separation),
}


@pytest.mark.parametrize("name", MEASURES)
@given(data=st.data())
def test_a_draw_is_worth_what_its_postings_are_worth_together(name: str, data: st.DataObject) -> None:
    """The fast form of the bootstrap against its definition: the statistic of the rows that were drawn."""
    strategy, measure = MEASURES[name]
    rows = data.draw(strategy)
    if "gold" in rows:
        rows = rows[rows["gold"] != ""]
    kept = rows[rows["fit"].isin(("fit", "misfit"))] if name == "separation" else rows
    postings = sorted(set(kept["case"]))
    counts = data.draw(st.lists(st.integers(0, 3), min_size=len(postings), max_size=len(postings)))
    drawn = [
        rows[rows["case"] == posting].assign(case=f"{posting} {copy}")
        for posting, count in zip(postings, counts, strict=True)
        for copy in range(count)
    ]
    together = measure(pd.concat([rows.iloc[:0], *drawn])).value
    assert same(float(measure(rows).statistic(np.array([counts], dtype=float))[0]), together)


@given(_verdicts)
@settings(max_examples=20)
def test_an_interval_lies_around_its_value_and_is_the_same_every_time(verdicts: pd.DataFrame) -> None:
    measure = metrics.accuracy(verdicts)
    found = measure.figure()
    assert found == measure.figure() or np.isnan(found.low)
    assert found.rows == (verdicts["gold"] != "").sum()
    if measure.postings < 2:
        assert np.isnan([found.low, found.high]).all()
        return
    assert 0 <= found.low <= found.high <= 1
    assert found.low <= found.value <= found.high or found.low == found.high


def test_an_interval_is_as_wide_as_chance_would_have_it() -> None:
    """Against the normal approximation, for 100 postings of which each is one verdict."""
    verdicts = pd.DataFrame({"case": range(100), "gold": "met", "predicted": ["met"] * 70 + ["missing"] * 30})
    found = metrics.accuracy(verdicts).figure()
    half = 1.96 * (0.7 * 0.3 / 100) ** 0.5
    assert found.value == pytest.approx(0.7)
    assert (found.low, found.high) == (pytest.approx(0.7 - half, abs=0.02), pytest.approx(0.7 + half, abs=0.02))


@pytest.mark.parametrize(
    ("scores", "right"), [((9, 5, 1), 1), ((5, 5, 1), 0), ((9, 5, 5), 0), ((1, 5, 9), 0), ((9, None, 1), 0)]
)
def test_a_triple_is_in_order_or_wrong(scores: tuple[int | None, ...], right: float) -> None:
    pairs = pd.DataFrame({"case": "a", "fit": FITS, "score": pd.array(scores, dtype="Int64")})
    assert metrics.triples(pairs).value == right


def test_nothing_measured_is_nothing_said() -> None:
    empty = Rows.of([], [], [])
    assert all(
        np.isnan(measure.value) and np.isnan(measure.figure().low) for measure in report.measures(empty).values()
    )
    document = json.loads(report.as_json(report.of(empty).document))
    assert document["counts"] == {"postings": 0, "pairs": 0, "verdicts": 0}
    assert document["figures"]["all"]["given"]["accuracy"] == {"value": None, "low": None, "high": None, "rows": 0}
    assert report.of(empty).table().empty
    assert worst.pairs(empty) == []


# --- predictions ------------------------------------------------------------------------------------------------


def test_every_label_is_a_row(cases: list[Case], rows: Rows) -> None:
    assert (tuple(rows.verdicts), tuple(rows.pairs), tuple(rows.jobs)) == (VERDICTS, PAIRS, JOBS)
    assert len(rows.verdicts) == sum(3 * len(case.requirements) for case in cases)
    assert len(rows.pairs) == 3 * len(cases)
    assert rows.pairs["pair"].is_unique
    assert list(rows.jobs["labelled"]) == [len(case.requirements) for case in cases]
    assert rows.failures.empty
    assert set(rows.pairs["model"]) == {"offline/analyst"}
    for case in cases:
        mine = rows.verdicts[rows.verdicts["case"] == case.name].set_index(["fit", "requirement"])
        assert all(
            mine.loc[(fit, requirement.text), "gold"] == requirement.label(fit)
            for fit in FITS
            for requirement in case.requirements
        )


def test_a_row_holds_what_the_model_said(cases: list[Case], rows: Rows) -> None:
    case = cases[0]
    job = case.summary
    candidates = routing.candidates("job_match", "offline")
    match = tasks.match(job, case.resumes["near"], locale=case.locale, candidates=candidates, today=TODAY)
    mine = rows.verdicts[rows.verdicts["pair"] == f"{case.name}/near"]
    assert list(mine["predicted"]) == [verdict.status for verdict in match.verdicts]
    assert list(mine["note"]) == [verdict.note for verdict in match.verdicts]
    assert list(mine["cited"]) == [len(verdict.quotes) for verdict in match.verdicts]
    assert (mine["grounded"] <= mine["cited"]).all()
    pair = rows.pairs.set_index("pair").loc[f"{case.name}/near"]
    assert pair["given_score"] == scoring.score(job.requirements, match.verdicts).value


def test_what_was_not_extracted_has_no_verdict_end_to_end(rows: Rows) -> None:
    for fit in FITS:
        answered = (rows.verdicts.loc[rows.verdicts["fit"] == fit, "end_to_end"] != "").sum()
        assert answered == rows.jobs["matched"].sum()
    assert (rows.jobs["matched"] <= rows.jobs[["labelled", "extracted"]].min(axis=1)).all()


def test_a_pair_that_fails_is_a_row_with_its_code(cases: list[Case], paced: Candidate, server: ModelServer) -> None:
    server.fail("job_match", "401", "401")  # the first resume, for both lists of requirements
    rows = predict(cases[:1], paced.model)
    assert list(rows.failures["failure_code"]) == ["auth"]
    assert list(rows.failures["resume"]) == ["fit"]
    assert len(rows.pairs) == 3
    failed = rows.verdicts[rows.verdicts["fit"] == "fit"]
    assert len(failed) == len(cases[0].requirements)
    assert (failed[["predicted", "end_to_end"]] == "").all(axis=None)
    assert metrics.accuracy(failed).value == 0
    assert metrics.triples(rows.pairs).value == 0
    assert metrics.failed(rows.pairs).value == pytest.approx(1 / 3)
    assert report.of(rows).models == {paced.model: 2}


def test_a_posting_that_cannot_be_read_fails_its_pairs(
    cases: list[Case], paced: Candidate, server: ModelServer
) -> None:
    server.fail("job_summary", "401")
    rows = predict(cases[:1], paced.model)
    assert list(rows.failures["failure_code"]) == ["auth"] * 3
    assert rows.pairs["score"].isna().all()
    assert rows.pairs["given_score"].notna().all()  # the labelled requirements need no reading
    assert (rows.verdicts["end_to_end"] == "").all()
    assert metrics.share(rows.jobs, "matched", "labelled").value == 0


def test_who_answered_for_another_is_named(cases: list[Case], paced: Candidate, server: ModelServer) -> None:
    server.fail("job_match", *["401"] * 6)
    rows = predict(cases[:1], "paid")
    assert set(rows.pairs["model"]) == {"offline/analyst"}
    assert set(rows.jobs["model"]) == {paced.model}


def test_prompts_can_be_in_one_language(cases: list[Case]) -> None:
    english = predict(cases[1:], "offline", "en")
    assert set(english.pairs["locale"]) == {"zh"}
    assert english.verdicts["note"].str.isascii().mean() > 0.5


# --- datasets, reports, worst cases -----------------------------------------------------------------------------


def test_a_dataset_by_its_name(one: Path) -> None:
    rows = datasets.load("gold", gold_set=str(one), split="dev", limit=1)
    assert set(rows.pairs["case"]) == {"registered_nurse_en"}
    assert len(datasets.load("gold", gold_set="paraphrased", limit=2).jobs) == 2
    with pytest.raises(InputError) as caught:
        datasets.load("silver")
    assert caught.value.code == "dataset_unknown"


def test_a_report_says_what_the_metrics_say(rows: Rows) -> None:
    made = report.of(rows, set="two cases")
    assert list(made.figures) == ["all", "en", "zh"]
    assert made.figures["all"]["given", "accuracy"] == metrics.accuracy(rows.verdicts).figure()
    assert (
        made.figures["zh"]["triples", "bm25"].value == metrics.triples(rows.where("locale", "zh").pairs, "bm25").value
    )
    assert len(made.professions) == 2
    assert made.mix[list(STATUSES)].to_numpy().sum() == len(rows.verdicts)
    assert made.bands["none"].sum() == 0
    table = made.table(["given"])
    assert table.loc[("given", "accuracy"), "all"] == str(made.figures["all"]["given", "accuracy"])
    assert set(table.index.get_level_values(0)) == {"given"}


def test_a_report_is_saved_with_its_rows(rows: Rows, folder: Path) -> None:
    made = report.of(rows, set="two cases")
    report.save(rows, made, folder / "a" / "b")
    document = json.loads((folder / "a" / "b" / "figures.json").read_text("utf-8"))
    assert document == json.loads(report.as_json(made.document))
    assert document["set"] == "two cases"
    verdicts = pd.read_csv(folder / "a" / "b" / "verdicts.csv", keep_default_na=False)
    assert list(verdicts["requirement"]) == list(rows.verdicts["requirement"])
    assert (verdicts["gold"] == verdicts["predicted"]).mean() == document["figures"]["all"]["given"]["accuracy"][
        "value"
    ]
    assert len(pd.read_csv(folder / "a" / "b" / "pairs.csv")) == document["counts"]["pairs"]
    assert len(pd.read_csv(folder / "a" / "b" / "jobs.csv")) == document["counts"]["postings"]
    (folder / "file").touch()
    with pytest.raises(InputError) as caught:
        report.save(rows, made, folder / "file" / "b")
    assert caught.value.code == "file_unwritable"


def test_the_worst_pairs_come_first_and_whole(rows: Rows) -> None:
    found = worst.pairs(rows, 3)
    assert [pair.wrong for pair in found] == sorted((pair.wrong for pair in found), reverse=True)
    wrong = rows.verdicts.assign(wrong=rows.verdicts["gold"] != rows.verdicts["predicted"])
    assert found[0].wrong == wrong.groupby("pair")["wrong"].sum().max()
    for pair in found:
        is_wrong = (pair.verdicts["gold"] != pair.verdicts["predicted"]).tolist()
        assert is_wrong == sorted(is_wrong, reverse=True)
        mine = rows.verdicts[(rows.verdicts["case"] == pair.case) & (rows.verdicts["resume"] == pair.resume)]
        assert sorted(pair.verdicts["requirement"]) == sorted(mine["requirement"])


def test_no_test_case_is_shown(rows: Rows) -> None:
    held_out = Rows(rows.verdicts.assign(split="test"), rows.pairs, rows.jobs)
    assert worst.pairs(held_out) == []
