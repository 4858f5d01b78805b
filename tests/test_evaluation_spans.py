"""The vocabulary against annotated spans: files, finders, scores."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from core.errors import InputError
from core.evaluation import spans
from core.evaluation.spans import Sentence, Span
from core.offline import vocabulary


def sentence(text: str, knowledge: str = "", skill: str = "") -> Sentence:
    tokens = text.split()
    return Sentence(
        tokens=tuple(tokens),
        tags_knowledge=tuple(knowledge or "O" * len(tokens)),  # type: ignore[arg-type]
        tags_skill=tuple(skill or "O" * len(tokens)),  # type: ignore[arg-type]
    )


TRAINING = [
    sentence("Knowledge of Machine Learning and Machine vision", "OOBIOBI"),
    sentence("You lead a team with SQL", "OOOOOB", "OBIIOO"),
]
DEV = [
    sentence("machine learning machine", "BIO"),
    sentence("SQL and you Lead a team of two", "BOOOOOOO", "OOOBIIII"),
    sentence("Docker on Kubernetes", "BOB"),
]


@pytest.fixture
def data(folder: Path) -> Path:
    for name, sentences in (("train", TRAINING), ("dev", DEV)):
        (folder / f"{name}.json").write_text("".join(s.model_dump_json() + "\n" for s in sentences), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("tags", "expected"),
    [("OBIO", [(1, 3)]), ("BB", [(0, 1), (1, 2)]), ("IIOI", [(0, 2), (3, 4)]), ("BIBI", [(0, 2), (2, 4)]), ("O", [])],
)
def test_tags_to_spans(tags: str, expected: list[Span]) -> None:
    assert sentence(" ".join(tags), tags).spans == {"knowledge": expected, "skill": []}


@st.composite
def _apart(draw: st.DrawFn) -> list[Span]:
    """Spans in order, none overlapping."""
    edges = sorted(draw(st.sets(st.integers(0, 24), max_size=14)))
    return [span for span in pairwise(edges) if draw(st.booleans())]


@given(_apart(), _apart())
def test_lenient_matching_is_the_best_there_is(ours: list[Span], theirs: list[Span]) -> None:
    meet = np.array([[a[0] < b[1] and b[0] < a[1] for b in theirs] for a in ours], dtype=int)
    best = meet[linear_sum_assignment(meet, maximize=True)].sum() if meet.size else 0
    assert spans.lenient(ours, theirs) == best
    assert spans.strict(ours, theirs) == len([span for span in ours if span in theirs]) <= best


def test_the_lexicon_takes_the_longest_in_any_case() -> None:
    find = spans.by_lexicon(TRAINING)
    assert find(["MACHINE", "LEARNING", "and", "sql"]) == {"knowledge": [(0, 2), (3, 4)], "skill": []}
    assert find(["machine", "alone"]) == {"knowledge": [], "skill": []}
    assert find(["Lead", "a", "team"]) == {"knowledge": [], "skill": [(0, 3)]}
    assert spans.by_lexicon([])(["x"]) == {"knowledge": [], "skill": []}


def test_a_term_of_the_vocabulary_becomes_the_tokens_it_stands_in() -> None:
    assert spans.by_vocabulary(["(", "Docker", ",", "Kubernetes"]) == {"knowledge": [(1, 2), (3, 4)], "skill": []}
    assert spans.by_vocabulary(["CI/CD", "with", "machine", "learning"])["knowledge"][-1] == (2, 4)
    assert spans.by_vocabulary(["Docker/Kubernetes"])["knowledge"] == [(0, 1)]  # two terms, one token


def test_every_kind_of_term_has_a_class() -> None:
    assert set(spans.KINDS) == set(vocabulary.KINDS)


@given(
    st.lists(st.sampled_from(["Docker", "Kubernetes", "and", "SQL,", "machine", "learning", "数据分析"]), max_size=9)
)
def test_found_spans_are_in_order_and_apart(tokens: list[str]) -> None:
    for found in spans.by_vocabulary(tokens).values():
        assert all(start < end <= len(tokens) for start, end in found)
        assert all(a[1] <= b[0] for a, b in pairwise(found))


def test_scores_count_every_span(data: Path) -> None:
    table = spans.compare(data, "dev").set_index(["class", "matching", "finder"])
    assert len(table) == 8
    lexicon = table.loc[("skill", "lenient", "train lexicon")]
    assert (lexicon["right"], lexicon["found"], lexicon["marked"]) == (1, 1, 1)
    assert table.loc[("skill", "strict", "train lexicon"), "f1"] == 0  # "of two" is missing
    exact = table.loc[("knowledge", "strict", "train lexicon")]
    assert (exact["precision"], exact["recall"]) == (1, 2 / 4)
    assert exact["f1"] == pytest.approx(2 / 3)
    assert table.loc[("knowledge", "strict", "vocabulary"), "right"] >= 3


def test_lines_end_where_files_have_them(folder: Path) -> None:
    """Other ends of lines may stand in a token."""
    line = json.dumps({"tokens": ["a\u2028b"], "tags_knowledge": ["B"], "tags_skill": ["O"]}, ensure_ascii=False)
    (folder / "dev.json").write_text(f"{line}\r\n\n{line}", "utf-8")
    assert [s.tokens for s in spans.read(folder, "dev")] == [("a\u2028b",)] * 2


@pytest.mark.parametrize(
    "line",
    [
        "not JSON",
        "[]",
        '{"tokens": ["a"]}',
        '{"tokens": ["a"], "tags_knowledge": ["B", "I"], "tags_skill": ["O"]}',
        '{"tokens": ["a"], "tags_knowledge": ["X"], "tags_skill": ["O"]}',
        '{"tokens": [], "tags_knowledge": [], "tags_skill": []}',
    ],
)
def test_a_line_that_cannot_be_used_is_named(line: str, data: Path) -> None:
    with (data / "dev.json").open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(InputError) as caught:
        spans.compare(data, "dev")
    assert (caught.value.code, caught.value.values["line"]) == ("spans_invalid", len(DEV) + 1)


@pytest.mark.parametrize("missing", ["train.json", "dev.json"])
def test_a_missing_file_is_named(missing: str, data: Path) -> None:
    (data / missing).unlink()
    with pytest.raises(InputError) as caught:
        spans.compare(data, "dev")
    assert caught.value.code == "spans_missing"
    assert missing in caught.value.message("zh")
