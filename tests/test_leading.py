"""Years of leading people, told from guiding some of them and from being guided."""

from datetime import date

import pytest

from core.offline.matching import Finding, findings
from core.schemas import JobSummary, Requirement

ASKED = {"en": "3+ years managing a team", "zh": "3年以上团队管理经验"}
HEADS = {
    "en": "EXPERIENCE\nAnalyst, Holm Ltd, Jan 2018 - present\n- ",
    "zh": "工作经历\n安禾公司 | 分析专员 | 2018.01 - 至今\n- ",
}


def found(told: str, head: str = "") -> Finding:
    locale = "en" if told.isascii() else "zh"
    job = JobSummary(must_haves=[Requirement(id="M1", text=ASKED[locale], category="experience")])
    return findings(job, (head or HEADS[locale]) + told, "", date(2026, 6, 1))[0]


@pytest.mark.parametrize(
    "told",
    [
        "Mentor two junior analysts and three interns",
        "Covered for my manager for five months and assigned work to six planners",
        "Acting team lead for half a year",
        "Trained new hires in SQL",
        "带教2名专员和1名实习生",
        "代管运营团队三个月",
        "指导新人完成周报",
    ],
)
def test_who_guides_people_has_part_of_it(told: str) -> None:
    finding = found(told)
    assert (finding.status, finding.reason) == ("partial", "guiding")
    assert finding.passages[0].text in told


@pytest.mark.parametrize(
    "told",
    [
        "Was mentored by the finance director",
        "Built supervised learning models in Python",
        "Assigned work orders to machines in SAP",
        "Worked under an acting manager",
        "Trained models on ten years of sales",
        "接受导师带教半年后独立上岗",
        "由师傅带教，三个月转正",
        "带5位客户参观工厂",
        "负责代理商渠道的产品报价",
    ],
)
def test_who_is_guided_or_guides_something_else_has_none(told: str) -> None:
    assert found(told).status in ("missing", "unclear")


def test_a_short_time_of_leading_stays_what_it_is() -> None:
    head = "EXPERIENCE\nTeam Manager, Holm Ltd, Jan 2025 - present\n- Led a team of eight people\n- "
    finding = found("Mentored two junior analysts", head)
    assert (finding.status, finding.reason) == ("missing", "years_short")


@pytest.mark.parametrize("title", ["高级运营，汇报给运营总监", "高级运营（向运营总监汇报）"])
def test_whom_somebody_reports_to_leads_not_them(title: str) -> None:
    assert found("写周报和数据看板", f"工作经历\n安禾公司 | {title} | 2018.01 - 至今\n- ").status == "missing"


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("Supervised two co-op students over one summer", "partial"),
        ("Stood in for the director for six months", "partial"),
        ("Supervised 14 nurses on two wards", "met"),
        ("Managed a team of eight", "met"),
        ("Kept the stock records", "missing"),
        ("带教2名实习生", "partial"),
        ("管理8人团队", "met"),
    ],
)
def test_without_years_to_guide_is_part_of_leading(told: str, status: str) -> None:
    locale = "en" if told.isascii() else "zh"
    text = {"en": "Experience managing a team", "zh": "有团队管理经验"}[locale]
    job = JobSummary(must_haves=[Requirement(id="M1", text=text, category="experience")])
    assert findings(job, HEADS[locale] + told, "", date(2026, 6, 1))[0].status == status
