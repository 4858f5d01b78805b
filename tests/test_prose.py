"""Demands, degree, years, employer and place read out of running prose; half of the labelled postings no rule knows."""

from collections.abc import Mapping

import pytest

from core.offline import clauses
from tests.support import prose

# A little under what is reached; the shares of `glued` and `false` may not be greater.
FLOORS: dict[tuple[str, str], Mapping[str, float]] = {
    ("dev", "en"): {"recall": 0.96, "degree": 1, "years": 1, "company": 0.95, "location": 0.75},
    ("dev", "zh"): {"recall": 0.96, "degree": 1, "years": 1, "company": 0.95, "location": 0.95},
    ("check", "en"): {"recall": 0.77, "degree": 0.77, "years": 0.77, "company": 0.4, "location": 0.75},
    ("check", "zh"): {"recall": 0.96, "degree": 1, "years": 1, "company": 0.65, "location": 0.95},
}
CEILINGS: dict[tuple[str, str], Mapping[str, float]] = {
    ("dev", "en"): {"glued": 0.03, "false": 0.01},
    ("dev", "zh"): {"glued": 0.01, "false": 0.01},
    ("check", "en"): {"glued": 0.06, "false": 0.08},
    ("check", "zh"): {"glued": 0.01, "false": 0.03},
}


@pytest.mark.parametrize(("split", "locale"), FLOORS)
def test_demands_and_facts_are_read_out_of_prose(split: str, locale: str) -> None:
    postings = [posting for posting in prose.postings(split) if posting["locale"] == locale]
    shares = prose.figures(map(prose.measure, postings))
    for name, least in FLOORS[split, locale].items():
        assert shares[name] >= least, (name, shares)
    for name, most in CEILINGS[split, locale].items():
        assert shares[name] <= most, (name, shares)


@pytest.mark.parametrize("split", ["dev", "check"])
def test_labels_stand_in_their_postings(split: str) -> None:
    for posting in prose.postings(split):
        text = posting["text"].lower()
        for label in [*posting["must"], *posting["nice"]]:
            assert all(word.lower() in text for word in label.split(" | ")), (posting["name"], label)


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        (
            "You know SQL, and a licence is a must - our customers ask for it",
            [
                ("You know SQL", "requirement"),
                ("a licence is a must", "requirement"),
                ("our customers ask for it", ""),
            ],
        ),
        (
            "We need someone who turns waste into soil and who has a licence",
            [
                ("We need someone", "sought"),
                ("who turns waste into soil", "responsibility"),
                ("who has a licence", "requirement"),
            ],
        ),
        (
            "Welsh helps but isn't required and a degree isn't needed",
            [("Welsh helps but isn't required", "nice"), ("a degree isn't needed", "notice")],
        ),
        ("If you have led a team, you know the drill", [("If you have led a team, you know the drill", "")]),
        (
            "a van is part of the deal, so you need to like that",
            [("a van is part of the deal, so you need to like that", "requirement")],
        ),
        (
            "公司做冷库，需要一名维修工程师，学历不限",
            [("公司做冷库", "company"), ("需要一名维修工程师", "sought"), ("学历不限", "notice")],
        ),
    ],
)
def test_a_sentence_is_cut_where_another_clause_begins(sentence: str, told: list[tuple[str, str]]) -> None:
    parts = [sentence[start:stop].strip() for start, stop in clauses.cut(sentence)]
    assert [(part, clauses.kind(part)) for part in parts] == told
