"""What would raise a score, and what only the detailed resume says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import improvements
from core.improvements import Improvements
from core.schemas import Category, Quote, Requirement, Source, Status, Verdict
from core.scoring import Score, score


def requirement(requirement_id: str, category: Category = "other", core: bool = False) -> Requirement:
    return Requirement(id=requirement_id, text=f"Text of {requirement_id}", category=category, core=core)


def quote(source: Source, text: str = "a passage", verified: bool = True) -> Quote:
    return Quote(source=source, text=text, verified=verified)


def improved(requirements: list[Requirement], **statuses: Status) -> tuple[Score, Improvements]:
    verdicts = [Verdict(requirement_id=i, status=status) for i, status in statuses.items()]
    result = score(requirements, verdicts)
    return result, improvements.of(requirements, verdicts, result)


def unsaid(status: Status, *quotes: Quote) -> Improvements:
    verdicts = [Verdict(requirement_id="M1", status=status, quotes=list(quotes))]
    return improvements.of([requirement("M1")], verdicts, score([requirement("M1")], verdicts))


def test_the_largest_gain_comes_first_then_must_haves() -> None:
    requirements = [requirement(i) for i in ("M1", "M2", "M3", "N1", "N2", "N3")]
    _, found = improved(requirements, M1="met", M2="partial", M3="missing", N1="met", N3="partial")
    assert [(i.requirement_id, i.status, i.gain, i.value) for i in found.open] == [
        ("M3", "missing", 25, 75),  # 6 of 12 points are 50
        ("M2", "partial", 13, 63),
        ("N2", "unclear", 8, 58),
        ("N3", "partial", 4, 54),
    ]
    assert found.together is None


def test_of_equal_gains_a_must_have_is_first() -> None:
    degree, *others = requirement("M9", "education"), *(requirement(f"M{n}") for n in range(1, 9))
    requirements = [requirement("N2"), requirement("N1"), *others, degree]
    _, found = improved(requirements, **{f"M{n}": "met" for n in range(1, 8)}, M8="partial", M9="missing")
    assert [(i.requirement_id, i.gain) for i in found.open] == [("M9", 33), ("M8", 0), ("N2", 0), ("N1", 0)]


def test_one_cap_is_named_where_it_takes_the_gain_and_where_it_is_lifted() -> None:
    others = [requirement(f"M{n}") for n in range(2, 11)]
    met: dict[str, Status] = {r.id: "met" for r in others[1:]}
    result, found = improved([requirement("M1", "education"), *others], M1="missing", M2="partial", **met)
    assert (result.value, result.uncapped) == (55, 85)
    degree, second = found.open
    assert (degree.requirement_id, degree.gain, degree.caps, degree.held_by) == ("M1", 40, result.caps, ())
    assert (second.requirement_id, second.gain, second.caps, second.held_by) == ("M2", 0, (), result.caps)
    assert found.together is None


def test_two_caps_leave_each_without_gain_and_only_both_raise_the_score() -> None:
    others = [requirement(f"M{n}") for n in range(3, 21)]
    skills = [requirement("M1"), requirement("M21", "skill", core=True), requirement("M22", "skill", core=True)]
    met: dict[str, Status] = {r.id: "met" for r in others}
    result, found = improved([*skills, *others], M1="partial", M21="missing", M22="missing", **met)
    assert result.value == 60
    assert [(i.requirement_id, i.gain) for i in found.open] == [("M21", 0), ("M22", 0), ("M1", 0)]
    assert [[cap.requirement_id for cap in i.held_by] for i in found.open] == [["M22"], ["M21"], ["M21", "M22"]]
    assert [[cap.requirement_id for cap in i.caps] for i in found.open] == [["M21"], ["M22"], []]
    assert found.together is not None
    assert found.together.requirement_ids == ("M21", "M22")
    assert found.together.value == 98  # 20.5 of 21


def test_caps_far_above_the_score_are_not_spoken_of() -> None:
    requirements = [requirement("M1", "education"), requirement("M2", "skill", core=True), requirement("M3")]
    _, found = improved(requirements, M1="missing", M2="missing", M3="missing")
    assert [(i.gain, i.caps, i.held_by) for i in found.open] == [(33, (), ())] * 3
    assert found.together is None


@pytest.mark.parametrize("status", ["met", "partial"])
def test_what_only_the_detailed_resume_shows_is_unsaid(status: Status) -> None:
    found = unsaid(
        status, quote("detailed_resume", "one"), quote("detailed_resume", "two"), quote("detailed_resume", "one")
    )
    assert [(u.requirement_id, u.status, u.quotes) for u in found.unsaid] == [("M1", status, ("one", "two"))]
    assert [i.only_in_detailed_resume for i in found.open] == ([] if status == "met" else [True])


def test_a_passage_that_was_not_found_is_neither_carried_over_nor_counted() -> None:
    found = unsaid("met", quote("detailed_resume", "one"), quote("detailed_resume", "two", verified=False))
    assert [u.quotes for u in found.unsaid] == [("one",)]
    found = unsaid("met", quote("detailed_resume", "one"), quote("resume", "two", verified=False))
    assert [u.quotes for u in found.unsaid] == [("one",)]


@pytest.mark.parametrize(
    ("status", "quotes"),
    [
        ("met", [quote("resume")]),
        ("partial", [quote("detailed_resume"), quote("resume")]),
        ("missing", [quote("detailed_resume", "Not yet: Spark")]),
        ("unclear", [quote("detailed_resume")]),
        ("missing", []),
    ],
)
def test_nothing_is_unsaid_that_the_resume_shows_or_nobody(status: Status, quotes: list[Quote]) -> None:
    found = unsaid(status, *quotes)
    assert found.unsaid == ()
    assert not any(i.only_in_detailed_resume for i in found.open)


def test_what_was_done_is_worth_saying_and_a_heading_is_not() -> None:
    heading, deed = "Project: promotion planning (Jan 2023 - Dec 2024)", "Agreed the volumes of 40 promotions"
    found = unsaid("met", quote("detailed_resume", heading), quote("detailed_resume", deed))
    assert [u.quotes for u in found.unsaid] == [(deed,)]
    assert unsaid("met", quote("detailed_resume", "角色：后端开发")).unsaid == ()
    assert [u.quotes for u in unsaid("met", quote("detailed_resume", "Git, SQL, Kafka")).unsaid] == [
        ("Git, SQL, Kafka",)
    ]


def test_what_is_too_little_to_be_seen_is_left_out() -> None:
    requirements = [*(requirement(f"M{n}") for n in range(1, 40)), requirement("N1")]
    _, found = improved(requirements, **{f"M{n}": "met" for n in range(1, 40)}, N1="partial")
    assert found.open == ()


statuses: list[Status] = ["met", "partial", "missing", "unclear"]
rows = st.lists(
    st.tuples(
        st.sampled_from("MN"),
        st.sampled_from(["skill", "education", "other"]),
        st.booleans(),
        st.sampled_from(statuses),
        st.lists(
            st.builds(quote, st.sampled_from(["resume", "detailed_resume"]), st.sampled_from("ab"), st.booleans())
        ),
    ),
    min_size=1,
    max_size=30,
)


@given(rows)
def test_gains_are_differences_of_scores_and_nothing_comes_twice(
    table: list[tuple[str, Category, bool, Status, list[Quote]]],
) -> None:
    requirements = [requirement(f"{kind}{n}", category, core) for n, (kind, category, core, *_) in enumerate(table)]
    verdicts = [
        Verdict(requirement_id=r.id, status=status, quotes=quotes)
        for r, (*_, status, quotes) in zip(requirements, table, strict=True)
    ]
    result = score(requirements, verdicts)
    found = improvements.of(requirements, verdicts, result)
    assert found == improvements.of(requirements, verdicts, result)
    assert Improvements.model_validate_json(found.model_dump_json()) == found

    def value(*ids: str) -> int:
        met = [Verdict(requirement_id=i, status="met") for i in ids]
        return score(requirements, [*met, *(v for v in verdicts if v.requirement_id not in ids)]).value

    open_ids = [i.requirement_id for i in found.open]
    left_out = {v.requirement_id for v in verdicts if v.status != "met"} - set(open_ids)
    assert value(*open_ids, *left_out) == 100
    assert len(set(open_ids)) == len(open_ids)
    # Left out is what would not be seen: it adds nothing in round numbers, and no cap is why.
    for requirement_id in left_out:
        assert value(requirement_id) == result.value == result.uncapped
    for item in found.open:
        assert item.value == result.value + item.gain == value(item.requirement_id)
        assert all(cap.requirement_id != item.requirement_id and cap.limit == item.value for cap in item.held_by)
        assert item.gain or item.held_by
    order = [(-i.gain, i.requirement_id[0]) for i in found.open]
    assert order == sorted(order)
    if found.together:
        assert found.together.value == value(*found.together.requirement_ids) >= max(i.value for i in found.open)
    assert any(i.held_by for i in found.open) <= (found.together is not None or len(result.caps) == 1)

    unsaid_ids = [u.requirement_id for u in found.unsaid]
    assert len(set(unsaid_ids)) == len(unsaid_ids)
    for verdict in verdicts:
        sources = {q.source for q in verdict.quotes if q.verified}
        credited = verdict.status in ("met", "partial")
        assert (verdict.requirement_id in unsaid_ids) == (credited and sources == {"detailed_resume"})
