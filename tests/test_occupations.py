"""Which line of work a title names, and which titles are of another."""

from datetime import date

import pytest

from core.offline import occupations
from core.offline.jobs import summarise
from core.offline.matching import findings


@pytest.mark.parametrize(
    ("title", "groups"),
    [
        ("Senior Software Engineer", ["software"]),
        ("Front-End Engineers", ["software"]),
        ("Marketing Data Analyst", ["data"]),
        ("Marketing Accountant", ["finance"]),
        ("Sales and Marketing Manager", ["sales", "marketing"]),
        ("Executive Assistant", ["office"]),
        ("Certified Nursing Assistant", ["nursing"]),
        ("Restaurant Manager", ["hospitality"]),
        ("Business Developer", []),
        ("MARKETİNG PİLOT", []),
        ("高级Java开发工程师", ["software"]),
        ("Java 开发工程师", ["software"]),
        ("招聘专员-软件中心", ["people"]),
        ("海外市场推广专员", ["marketing"]),
        ("汽车维修技师", ["trades"]),
        ("Team Lead", []),
        ("储备干部", []),
        ("", []),
    ],
)
def test_the_last_word_of_a_title_says_what_somebody_is(title: str, groups: list[str]) -> None:
    assert [group for _, group in occupations.asked(title)] == groups


@pytest.mark.parametrize(
    ("post", "held", "foreign"),
    [
        ("Software Engineer II", ["Demand Generation Manager", "Marketing Specialist"], True),
        ("High School Teacher", ["Marketing Manager"], True),
        ("Pharmacist", ["Staff Nurse"], True),
        ("货车司机", ["用户运营专员"], True),
        ("产品经理", ["高级用户运营"], False),
        ("Data Analyst", ["Financial Analyst"], False),
        ("Payroll Specialist", ["Accountant"], False),
        ("Medical Assistant", ["Certified Nursing Assistant"], False),
        ("Sales and Marketing Manager", ["Key Account Manager"], False),
        ("Software Engineer", ["Accountant", "Junior Web Developer"], False),
        ("Software Engineer", ["Team Lead"], False),
        ("Team Lead", ["Accountant"], False),
        ("Software Engineer", [], False),
    ],
)
def test_another_line_of_work_is_one_that_no_post_was_near_to(post: str, held: list[str], foreign: bool) -> None:
    assert occupations.foreign(post, held) is foreign


def test_who_has_told_of_such_a_post_has_not_another_line_of_work() -> None:
    assert occupations.foreign("Scrum Master", ["Nurse"])
    assert not occupations.foreign("Scrum Master", ["Nurse"], ["Acted as Scrum Master of two squads"])
    assert occupations.foreign("软件测试", ["护士"], ["用过几种软件"])
    assert not occupations.foreign("产品负责人", ["厨师"], ["兼任产品负责人"])


PAIRS = [
    (
        "Data Analyst\n\nYou build Tableau dashboards and SQL queries for sales.\n\nRequirements\n- SQL\n- Tableau",
        "EXPERIENCE\nTeacher, Elm School, Jan 2018 - present\n- Built Tableau dashboards and SQL queries for a school",
    ),
    (
        "前端开发工程师\n\n岗位职责\n1. 用 Vue 和 TypeScript 开发商城页面\n任职要求\n1. 熟悉 Vue\n2. 熟悉 TypeScript",
        "工作经历\n护士 | 安和医院 | 2018.01 - 至今\n- 业余用 Vue 和 TypeScript 开发商城页面",
    ),
]


@pytest.mark.parametrize(("posting", "resume"), PAIRS, ids=["en", "zh"])
def test_what_is_shown_under_another_title_counts_in_part(posting: str, resume: str) -> None:
    job = summarise(posting)
    found = findings(job, resume, "", date(2026, 6, 1), posting=posting)
    of = {finding.requirement.text: finding for finding in found}
    assert of[job.job_title].status in ("partial", "missing")
    assert all(finding.status == "met" for text, finding in of.items() if finding.requirement.category == "skill"), of
    assert all(finding.passages for finding in found if finding.status == "partial")


def test_the_table_names_no_word_twice_and_no_group_that_is_not_there() -> None:
    table = occupations.table()
    words = [word for group in table["groups"].values() for word in group]
    assert sorted(set(words)) == sorted(words)
    assert set(table["near"]) <= set(table["groups"])
    assert {group for groups in table["near"].values() for group in groups} <= set(table["groups"])


@pytest.mark.parametrize(
    ("posting", "title"),
    [
        (
            "Customer Success Manager, SMB. You keep 120 accounts happy. 3 years in SaaS.",
            "Customer Success Manager, SMB",
        ),
        ("Sr. Software Engineer. You write Go and Rust for banks. 5 years of it.", "Sr. Software Engineer"),
        ("iOS Developer – we are a small studio in Leeds that needs you. Swift, Figma.", "iOS Developer"),
        ("货运司机(C1) 专送汽车零部件，上海到苏州，每天两趟，装卸不用管，要求3年驾龄，无重大事故。", "货运司机"),
        ("行政助理招聘：负责前台接待，大专以上，熟练使用办公软件。", "行政助理"),
        ("🚀 Graphic Designer: a small studio in Leeds needs you. InDesign, Figma.", "Graphic Designer"),
        ("Can you make a computer explain itself to a bank? We want a developer. 5 years of Java.", ""),
        ("Are you a chef? Then come to our kitchen by the sea, where 40 guests wait every single night.", ""),
        ("Working with our lead engineer, you build things in Go and Rust for banks and for their own clients.", ""),
        ("想做产品经理？欢迎加入我们，和二十个有意思的人一起做一款给老人用的买菜软件，三年经验。", ""),
    ],
)
def test_a_posting_may_go_on_behind_its_title(posting: str, title: str) -> None:
    assert summarise(posting).job_title == title


@pytest.mark.parametrize("stated", ["Six or so years of buying", "6 or more years of buying", "6-plus years of buying"])
def test_years_in_other_words(stated: str) -> None:
    job = summarise(f"Buyer\n\nRequirements\n- {stated}\n- SAP\n- Excel")
    assert stated in [requirement.text for requirement in job.must_haves]


def test_a_stack_at_the_top_is_asked_for_before_what_the_duties_mention() -> None:
    job = summarise(
        "Software Engineer\n\nOur stack: TypeScript, React, Kafka\n"
        "On the growth squad you build landing pages and integrations with HubSpot and Salesforce.\n"
        "• 3+ yrs of full-stack engineering"
    )
    named = [requirement.text for requirement in job.must_haves]
    assert named.index("TypeScript") < named.index("HubSpot")


def test_one_long_sentence_is_read_clause_by_clause() -> None:
    job = summarise(
        "仓储主管，我们是一家做冷链配送的公司，想找一位有三年以上仓储管理经验、熟悉WMS的伙伴来管两个库，大专以上学历，"
        "必须会开叉车并持有叉车证，有生鲜行业经验的优先，每周单休，月薪9到12K，五险一金齐全，请发简历到hr@example.com。"
    )
    assert job.job_title == "仓储主管"
    told = "|".join(requirement.text for requirement in job.must_haves)
    assert all(each in told for each in ("三年以上仓储管理经验", "WMS", "大专以上学历", "叉车证"))
    assert "生鲜行业经验" in "|".join(requirement.text for requirement in job.nice_to_haves)
    assert not any(word in told for word in ("五险", "月薪", "hr@"))


def test_that_somebody_is_wanted_is_no_part_of_the_title() -> None:
    assert summarise("Pastry Chef wanted\n\nRequirements\n- HACCP\n- Chocolate work").job_title == "Pastry Chef"
