"""The job as a whole: the level of the post, who is too experienced for a demand, and the work beside the title."""

from datetime import date

import pytest

from core.offline import jobs, matching
from core.offline.demands import read
from core.offline.judges import level
from core.offline.text import sentences
from core.schemas import JobSummary, Requirement

TODAY = date(2026, 6, 1)
NURSE = """Experience
Staff Nurse, Medical ICU, Saguaro Medical Center | Mar 2018 - Present
- Manage mechanical ventilation, central lines and vasopressor infusions of critically ill patients
- Charting in Epic, telemetry, discharge teaching, blood transfusions

Education
Bachelor of Science in Nursing, 2018
"""
PROSE = """{title}

we take care of the sickest people in the valley. you look after two patients a shift with mechanical ventilation, \
central lines and vasopressor infusions. charting is in Epic. telemetry and blood transfusions are daily work.
"""


def verdicts(posting: str) -> list[tuple[str, str]]:
    job = jobs.summarise(posting)
    found = matching.findings(job, NURSE, "", TODAY, posting=posting)
    return [(finding.status, finding.reason) for finding in found]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Student Nurse Extern", level.LEARNER),
        ("Student Services Manager", level.LEADER),
        ("Certified Nursing Assistant", level.HELPER),
        ("Assistant Store Manager", level.LEADER),
        ("Executive Assistant to the Team", level.USUAL),
        ("Director of Nursing", level.HEAD),
        ("Chief Nursing Officer", level.TOP),
        ("总经理助理", level.HELPER),
        ("供应链总监", level.HEAD),
        ("2026届管培生", level.LEARNER),
        ("护士", level.USUAL),
    ],
)
def test_a_title_tells_how_high_the_post_stands(title: str, expected: int) -> None:
    assert level.level(title) == expected


@pytest.mark.parametrize(
    ("title", "status", "reason"),
    [
        ("Staff Nurse, ICU", "met", "role"),
        ("Student Nurse Extern", "missing", "level_above"),
        ("Director of Nursing", "missing", "level_below"),
    ],
)
def test_title_and_work_are_judged_at_the_level_of_the_post(title: str, status: str, reason: str) -> None:
    first, second, *_ = verdicts(PROSE.format(title=title))
    assert first == (status, reason)
    assert second[0] == status


def test_the_work_of_another_trade_is_missing() -> None:
    posting = PROSE.format(title="Line Cook").replace("patients", "stoves").split("you look")[0]
    posting += "you grill, bake and plate three hundred covers a night. knife skills and food safety are daily work."
    assert verdicts(posting)[1][0] == "missing"


@pytest.mark.parametrize(
    ("demand", "at_most", "student"),
    [
        ("Up to two years of experience", 2.0, False),
        ("no more than 12 months' relevant work experience", 1.0, False),
        ("0-3 years", 3.0, False),
        ("3-5 years of experience", float("inf"), False),
        ("Must be currently enrolled in a BSN program", float("inf"), True),
        ("2027届在校生", float("inf"), True),
        ("BSN from an accredited program", float("inf"), False),
    ],
)
def test_a_demand_for_who_has_less_behind_them(demand: str, at_most: float, student: bool) -> None:
    assert (read(demand).at_most, read(demand).student) == (at_most, student)
    job = JobSummary(must_haves=[Requirement(id="M1", text=demand, category="experience")])
    (finding,) = matching.findings(job, NURSE, "", TODAY)
    assert (finding.reason == "level_above") == (student or at_most < 7)


def test_sentences_in_lower_case_end_at_their_dots() -> None:
    assert sentences("we work in teams. you know python. use approx. three tools, e.g. git.") == [
        "we work in teams",
        "you know python",
        "use approx. three tools, e.g. git",
    ]
