"""Same verdicts, same score."""

import math
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.i18n import LOCALES
from core.schemas import Category, Requirement, Status, Verdict
from core.scoring import Score, score


def requirement(requirement_id: str, category: Category = "other", core: bool = False) -> Requirement:
    return Requirement(id=requirement_id, text=f"Text of {requirement_id}", category=category, core=core)


def scored(requirements: list[Requirement], **statuses: Status) -> Score:
    return score(requirements, [Verdict(requirement_id=i, status=status) for i, status in statuses.items()])


def test_a_worked_example() -> None:
    requirements = [requirement("M1"), requirement("M2"), requirement("N1"), requirement("N2")]
    result = scored(requirements, M1="met", M2="partial", N1="met", N2="missing")
    assert (result.earned, result.total) == (5.5, 8)  # 3 + 1.5 + 1 + 0 of 3 + 3 + 1 + 1
    assert result.value == result.uncapped == 69  # 68.75
    assert result.band == "medium"
    assert result.caps == ()
    assert [(c.requirement_id, c.weight, c.credit, c.points, c.potential) for c in result.contributions] == [
        ("M1", 3, 1, 3, 0),
        ("M2", 3, 0.5, 1.5, 19),  # 7 of 8 is 88
        ("N1", 1, 1, 1, 0),
        ("N2", 1, 0, 0, 12),  # 6.5 of 8 is 81
    ]


def test_half_is_rounded_up() -> None:
    requirements = [requirement("M1"), requirement("M2"), requirement("N1"), requirement("N2")]
    assert scored(requirements, M1="met", N1="met", N2="met").value == 63  # 5 of 8 is 62.5; banker's rounding gives 62


@pytest.mark.parametrize(
    ("met", "value", "band"), [(17, 85, "strong"), (16, 80, "medium"), (12, 60, "medium"), (11, 55, "challenging")]
)
def test_bands(met: int, value: int, band: str) -> None:
    requirements = [requirement(f"N{n}") for n in range(1, 21)]
    verdicts = [Verdict(requirement_id=f"N{n}", status="met") for n in range(1, met + 1)]
    result = score(requirements, verdicts)
    assert (result.value, result.band) == (value, band)


@pytest.mark.parametrize(
    ("gap", "status", "value"),
    [
        (requirement("M9", "education"), "missing", 55),
        (requirement("M9", "education"), "unclear", 90),
        (requirement("M9", "education"), "partial", 95),
        (requirement("N9", "education"), "missing", 96),
        (requirement("M9", "skill", core=True), "missing", 60),
        (requirement("M9", "skill", core=True), "unclear", 90),
        (requirement("M9", "skill"), "missing", 90),
        (requirement("N9", "skill", core=True), "missing", 96),
        (requirement("M9", "domain", core=True), "missing", 90),
    ],
)
def test_what_caps(gap: Requirement, status: Status, value: int) -> None:
    others = [requirement(f"M{n}") for n in range(10, 19)]
    verdicts = [Verdict(requirement_id=r.id, status="met") for r in others]
    result = score([*others, gap], [*verdicts, Verdict(requirement_id=gap.id, status=status)])
    assert result.value == value
    assert bool(result.caps) == (value <= 60)


def test_the_lowest_cap_applies_and_both_are_told() -> None:
    others = [requirement(f"M{n}") for n in range(10, 30)]
    gaps = [requirement("M1", "skill", core=True), requirement("M2", "education")]
    statuses: dict[str, Status] = {"M1": "missing", "M2": "missing", **{r.id: "met" for r in others}}
    result = scored([*gaps, *others], **statuses)
    assert result.value == 55
    assert result.uncapped == 91
    assert [(cap.limit, cap.requirement_id, cap.reason) for cap in result.caps] == [
        (60, "M1", "missing_core_skill"),
        (55, "M2", "missing_education"),
    ]
    potentials = {c.requirement_id: c.potential for c in result.contributions}
    assert potentials["M1"] == 0  # the degree still holds the score at 55
    assert potentials["M2"] == 5  # then the skill holds it at 60
    held_by = {c.requirement_id: [cap.requirement_id for cap in c.held_by] for c in result.contributions}
    assert (held_by["M1"], held_by["M2"], held_by["M10"]) == (["M2"], ["M1"], ["M2"])


def test_a_cap_above_the_value_changes_nothing() -> None:
    result = scored([requirement("M1", "education"), requirement("M2")], M1="missing", M2="partial")
    assert result.value == result.uncapped == 25
    assert [cap.limit for cap in result.caps] == [55]
    assert [c.held_by for c in result.contributions] == [(), ()]  # with M2 met it is 50


def test_a_cap_above_the_value_holds_what_would_pass_it() -> None:
    result = scored([requirement("M1", "education"), requirement("M2"), requirement("M3")], M1="missing", M2="met")
    assert result.value == 33
    degree, _, third = result.contributions
    assert (degree.potential, degree.held_by) == (34, ())
    assert (third.potential, third.held_by) == (22, result.caps)  # 67 but for the cap of 55


def test_without_requirements_there_is_no_score() -> None:
    with pytest.raises(InputError) as error:
        score([], [])
    assert error.value.code == "no_requirements"
    assert all(error.value.message(locale) for locale in LOCALES)


def test_first_verdict_counts_and_unknown_ones_do_not() -> None:
    verdicts = [
        Verdict(requirement_id="M1", status="partial"),
        Verdict(requirement_id="M1", status="met"),
        Verdict(requirement_id="X", status="met"),
    ]
    assert score([requirement("M1")], verdicts).value == 50


CREDITS: dict[Status, Fraction] = {
    "met": Fraction(1),
    "partial": Fraction(1, 2),
    "missing": Fraction(0),
    "unclear": Fraction(0),
}
rows = st.lists(
    st.tuples(
        st.sampled_from("MN"),
        st.sampled_from(["skill", "education", "other"]),
        st.booleans(),
        st.sampled_from(sorted(CREDITS)),
    ),
    min_size=1,
    max_size=30,
)


@given(rows)
def test_the_formula(table: list[tuple[str, Category, bool, Status]]) -> None:
    requirements = [requirement(f"{kind}{n}", category, core) for n, (kind, category, core, _) in enumerate(table, 1)]
    verdicts = [
        Verdict(requirement_id=r.id, status=status) for r, (*_, status) in zip(requirements, table, strict=True)
    ]
    result = score(requirements, verdicts)

    total = sum(3 if kind == "M" else 1 for kind, *_ in table)
    earned = sum((3 if kind == "M" else 1) * CREDITS[status] for kind, _, _, status in table)
    assert result.uncapped == math.floor(100 * Fraction(earned) / total + Fraction(1, 2))
    assert result.earned == earned
    assert result.total == total

    missing = [(category, core) for kind, category, core, status in table if kind == "M" and status == "missing"]
    limits = [55 for category, _ in missing if category == "education"]
    limits += [60 for category, core in missing if category == "skill" and core]
    assert result.value == min([result.uncapped, *limits])

    for number, contribution in enumerate(result.contributions):
        improved = [*verdicts]
        improved[number] = Verdict(requirement_id=contribution.requirement_id, status="met")
        after = score(requirements, improved)
        assert contribution.potential == after.value - result.value
        lowest = [cap for cap in after.caps if cap.limit == min(cap.limit for cap in after.caps)]
        assert contribution.held_by == (tuple(lowest) if after.value < after.uncapped else ())
        assert contribution.potential >= 0
    assert Score.model_validate_json(result.model_dump_json()) == result


def test_a_posting_of_thousands_is_scored_in_time() -> None:
    requirements = [requirement(f"M{n}") for n in range(1, 4_001)]
    start = time.process_time()
    assert scored(requirements, M1="met").contributions[0].points == 3
    assert time.process_time() - start < 3  # each summed up anew for each other, it takes more than ten times as long
