"""Which line of work a title names, and which titles are of another."""

import pytest

from core.offline import occupations
from core.offline.jobs import summarise


@pytest.mark.parametrize(
    ("title", "group"),
    [
        ("Senior Software Engineer", "software"),
        ("Front-End Developer", "software"),
        ("Marketing Data Analyst", "data"),
        ("Marketing Accountant", "finance"),
        ("Executive Assistant", "office"),
        ("Certified Nursing Assistant", "nursing"),
        ("Nurse Educator", "teaching"),
        ("Sales Engineer", "sales"),
        ("Restaurant Manager", "hospitality"),
        ("高级Java开发工程师", "software"),
        ("Java 开发工程师", "software"),
        ("HRBP-游戏美术中心", "people"),
        ("海外市场推广专员", "marketing"),
        ("供应链金融客户经理", "sales"),
        ("Team Lead", ""),
        ("储备干部", ""),
        ("", ""),
    ],
)
def test_the_last_word_of_a_title_says_what_somebody_is(title: str, group: str) -> None:
    assert occupations.line_of_work(title) == group


@pytest.mark.parametrize(
    ("post", "held", "foreign"),
    [
        ("Software Engineer II", ["Demand Generation Manager", "Marketing Specialist"], True),
        ("High School Teacher", ["Marketing Manager"], True),
        ("Pharmacist", ["Staff Nurse"], True),
        ("产品经理", ["高级用户运营"], False),
        ("货车司机", ["用户运营专员"], True),
        ("Data Analyst", ["Financial Analyst"], False),
        ("Software Engineer", ["Accountant", "Junior Developer"], False),
        ("Software Engineer", ["Team Lead"], False),
        ("Team Lead", ["Accountant"], False),
        ("Software Engineer", [], False),
    ],
)
def test_another_line_of_work_is_one_that_no_post_was_near_to(post: str, held: list[str], foreign: bool) -> None:
    assert occupations.foreign(post, held) is foreign


def test_the_table_names_no_word_twice_and_no_group_that_is_not_there() -> None:
    table = occupations.table()
    words = [word for group in table["groups"].values() for word in group]
    assert sorted(set(words)) == sorted(words)
    assert set(table["near"]) <= set(table["groups"])
    assert {group for groups in table["near"].values() for group in groups} <= set(table["groups"])


@pytest.mark.parametrize(
    ("posting", "title"),
    [
        ("Customer Success Manager, SMB. You keep 120 accounts happy. 3 years in SaaS.", "Customer Success Manager"),
        ("货运司机(C1) 专送汽车零部件,要求3年驾龄。", "货运司机"),
        ("行政助理招聘：负责前台接待，大专以上。", "行政助理"),
        ("🚀 Graphic Designer – we are a small studio in Leeds that needs you. InDesign, Figma.", "Graphic Designer"),
        ("Can you make a computer explain itself to a bank? We want a developer. 5 years of Java.", ""),
        ("We are a 45 person company that makes software for freight brokers, and we grow. SQL needed.", ""),
    ],
)
def test_a_posting_may_go_on_behind_its_title(posting: str, title: str) -> None:
    assert summarise(posting).job_title == title


@pytest.mark.parametrize(
    "stated", ["Five or so years of marketing", "5 or more years of marketing", "5-plus years of marketing"]
)
def test_years_in_other_words(stated: str) -> None:
    job = summarise(f"Marketing Manager\n\nRequirements\n- {stated}\n- SQL\n- Excel")
    assert stated in [requirement.text for requirement in job.must_haves]


def test_a_stack_at_the_top_is_asked_for_before_what_the_duties_mention() -> None:
    job = summarise(
        "Software Engineer\n\nOur stack: TypeScript, React, Kafka\n"
        "On the growth squad you build landing pages and integrations with HubSpot and Salesforce.\n"
        "• 3+ yrs of full-stack engineering"
    )
    named = [requirement.text for requirement in job.must_haves]
    assert named.index("TypeScript") < named.index("HubSpot")
