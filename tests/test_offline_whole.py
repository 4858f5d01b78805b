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
        ("总经理助理", level.USUAL),
        ("行政助理", level.HELPER),
        ("协会秘书长", level.HEAD),
        ("总裁办主任", level.LEADER),
        ("校长办公室主任", level.LEADER),
        ("总裁", level.TOP),
        ("校招负责人", level.LEADER),
        ("校招产品经理", level.LEARNER),
        ("第19届运动会项目经理", level.LEADER),
        ("Executive Assistant to the CEO", level.USUAL),
        ("Assistant to the Director", level.HELPER),
        ("President's Office Administrator", level.USUAL),
        ("Business to Business Sales Director", level.HEAD),
        ("Chemo Infusion Nurse", level.USUAL),
        ("CTO", level.TOP),
        ("CHRO", level.TOP),
        ("Internship Coordinator", level.USUAL),
        ("Apprenticeship Manager", level.LEADER),
        ("Graduate Program Director", level.HEAD),
        ("Product Manager Intern", level.LEARNER),
        ("Intern, Product Manager", level.LEARNER),
        ("Trainee Store Manager", level.LEARNER),
        ("Assistant Branch Manager", level.LEADER),
        ("Assistant Front Office Manager", level.LEADER),
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


@pytest.mark.parametrize(
    ("own", "title", "status", "reason"),
    [
        ("CNA", "Certified Nursing Assistant", "met", "role"),
        ("Certified Nursing Assistant", "Certified Nursing Assistant (Nights)", "met", "role"),
        ("Staff Nurse", "Certified Nursing Assistant", "missing", "level_above"),
    ],
)
def test_a_post_that_was_held_for_long_is_not_below(own: str, title: str, status: str, reason: str) -> None:
    resume = NURSE.replace("Staff Nurse", own, 1)
    job = JobSummary(job_title=title, must_haves=[Requirement(id="M1", text=title, category="experience")])
    (finding,) = matching.findings(job, resume, "", TODAY)
    assert (finding.status, finding.reason) == (status, reason)


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
        ("up to a year of experience", 1.0, False),
        ("budgets of up to a million dollars, with experience in forecasting", float("inf"), False),
        ("no more than a 2% error rate, with data entry experience", float("inf"), False),
        ("Must be enrolled in a nursing degree", float("inf"), True),
        ("Must be enrolled in Medicaid as a provider", float("inf"), False),
        ("You will be attending trade shows", float("inf"), False),
        ("在校大学生", float("inf"), True),
        ("在校园渠道推广", float("inf"), False),
        ("熟悉在校学生管理", float("inf"), False),
        ("参加过第15届广交会", float("inf"), False),
        ("非常欢迎应届毕业生", float("inf"), True),
        ("有经验，应届生勿扰", float("inf"), False),
        ("不招应届生", float("inf"), False),
    ],
)
def test_a_demand_for_who_has_less_behind_them(demand: str, at_most: float, student: bool) -> None:
    assert (read(demand).at_most, read(demand).student) == (at_most, student)
    job = JobSummary(must_haves=[Requirement(id="M1", text=demand, category="experience")])
    (finding,) = matching.findings(job, NURSE, "", TODAY)
    assert (finding.reason == "outgrown") == (student or at_most < 7)


@pytest.mark.parametrize(
    "demand", ["Experience in hospitality", "Experience in treasury", "We have experience in hospitality and retail"]
)
def test_only_a_whole_duty_stands_for_the_work(demand: str) -> None:
    job = JobSummary(
        job_title="Staff Nurse",
        must_haves=[Requirement(id="M1", text=demand, category="experience")],
        responsibilities=["Mechanical ventilation, telemetry and blood transfusions. Experience in treasury migration"],
        company_info="We have experience in hospitality and retail. Experience in hospitality",
    )
    (finding,) = matching.findings(job, NURSE, "", TODAY)
    assert finding.status == "missing"
    job.must_haves[0].text = "Mechanical ventilation, telemetry and blood transfusions"
    (finding,) = matching.findings(job, NURSE, "", TODAY)
    assert finding.reason.startswith("role")


def test_sentences_in_lower_case_end_at_their_dots() -> None:
    assert sentences("we work in teams. you know python. use approx. three tools, e.g. git.") == [
        "we work in teams",
        "you know python",
        "use approx. three tools, e.g. git",
    ]
