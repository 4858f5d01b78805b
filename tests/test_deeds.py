"""Work that is told without its name, and what only sounds like it."""

import pytest

from core.offline import deeds, vocabulary
from tests.test_offline_match import status

WORK = "Experience\nAcme Ltd | Coordinator | Jan 2020 - Present\n- "
WORK_ZH = "工作经历\n2019.03-至今 某某有限公司 主管\n- "


def test_every_deed_is_of_a_term_of_the_vocabulary() -> None:
    assert all({hit.name for hit in vocabulary.find(term)} == {term} for term in deeds.table())


@pytest.mark.parametrize(
    ("requirement", "told"),
    [
        ("Code review", "Reviewed pull requests of four colleagues every week"),
        ("A/B testing", "Ran split tests on the checkout page"),
        ("Demand forecasting", "Produce probabilistic forecasts for 3,000 items"),
        ("Machine learning in production", "Deployed a ranking model to production serving 2M users"),
        ("Accounts receivable", "Chased overdue customer invoices and cut DSO by 9 days"),
        ("Employee onboarding", "Ran the first-week programme for 60 new starters"),
        ("Inventory control", "Ran weekly stock counts and cut write-offs by 20%"),
        ("Customer retention", "Cut churn from 6% to 4% with renewal calls"),
        ("Cold calling", "Dialled 60 prospects a day"),
        ("Payroll", "Paid 240 employees every month without an error"),
        ("Wound care", "Changed dressings and assessed pressure ulcers"),
        ("Lesson planning", "Prepared lessons and worksheets for Year 5"),
        ("Food safety", "Kept fridge temperatures and allergen lists"),
        ("假设检验", "用样本量和显著性判断实验结果"),
        ("新媒体运营", "运营公众号，粉丝从2万涨到8万"),
        ("内容运营", "负责公众号推文选题和撰写，周更3篇"),
        ("招聘", "简历筛选、面试邀约，月均入职12人"),
        ("供应商管理", "考核供货商交期和质量，淘汰3家"),
        ("用户增长", "负责拉新，月新增用户5万"),
        ("技术文档", "独立撰写PRD 20余份"),
        ("库存管理", "设定安全库存，缺货率降到2%"),
    ],
)
def test_work_is_known_in_other_words(requirement: str, told: str) -> None:
    found, quotes = status(requirement, (WORK if told.isascii() else WORK_ZH) + told, category="skill")
    assert found == "met", quotes


@pytest.mark.parametrize(
    ("requirement", "told"),
    [
        ("Code review", "Opened pull requests in GitHub"),
        ("Code review", "Never reviewed pull requests"),
        ("Payroll", "Paid 240 supplier invoices every month"),
        ("Cold calling", "Answered 60 calls a day"),
        ("Employee onboarding", "Started as a new hire in sales"),
        ("Wound care", "Ordered dressings for the salad bar"),
        ("假设检验", "没有用过显著性检验"),
        ("供应商管理", "向供应商催货"),
        ("内容运营", "关注行业动态"),
    ],
)
def test_what_only_sounds_like_it_is_none(requirement: str, told: str) -> None:
    found, quotes = status(requirement, (WORK if told.isascii() else WORK_ZH) + told, category="skill")
    assert found != "met", quotes


def test_a_deed_stands_in_an_account_of_work() -> None:
    education = "Education\nBSc Statistics, Holm University, 2014 - 2018\n- Course on split tests"
    assert status("A/B testing", education, category="skill")[0] != "met"
