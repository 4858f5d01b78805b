"""What a line of a resume shows, and that a report says no more of it."""

from datetime import date

import pytest

from core.offline import matching, outreach, proofs, writing
from core.offline.evidence import Passage
from core.offline.proofs import Kind
from core.offline.terms import senses
from core.schemas import Category, JobMatch, JobSummary, Requirement

TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("kind", "place", "text"),
    [
        ("deed", "experience", "Keep the forecasting scripts in a Git repository with code review"),
        ("deed", "experience", "QBRs with owners and operations directors, one to one by video call"),
        ("deed", "head", "Closed $1.3M in new annual revenue in 2024, 118% of quota"),  # a resume without headings
        ("deed", "summary", "Built Excel workbooks for the weekly plan"),
        ("deed", "experience", "代码用Git管理，负责合并请求审核，制定分支规范"),
        ("deed", "experience", "预算：2024 年起管理会员补贴预算，全年 600 万元，按月滚动预测"),
        ("list", "experience", "Tools: SQL Server, Python, Tableau, Excel (Power Query, VBA)"),
        ("list", "experience", "技能：Java、Spring Boot、MyBatis、MySQL、Redis、Kafka"),
        ("list", "head", "Excel, SQL, Python, statistical forecasting, Git"),
        ("list", "skills", "Excel"),
        ("head", "head", "Role: Demand Planner in the supply chain team"),
        ("head", "projects", "项目：运单中台（2022.01-2023.06）"),
        ("head", "experience", "RN, Intensive Care Unit (6 beds, adults), Range View Hospital, Toowoomba"),
        ("head", "experience", "Harbourline Bank, Toa Payoh Branch"),
        (
            "head",
            "experience",
            "Executive Assistant to the CEO, Cormorant Shipping Group plc, London (Sept 2020 to date)",
        ),
        ("employer", "experience", "Quokka builds booking software for 2,000 campgrounds."),
        ("employer", "head", "Harrow Bearings is a leading distributor of bearings with 400 employees"),
        ("employer", "experience", "鲜达是华南最大的生鲜电商之一，月活用户500万。"),
        ("employer", "experience", "公司主营城市配送SaaS，服务商户3万家。"),
        ("said", "summary", "Compassionate by nature and calm when others are not"),
        ("said", "summary", "5年用户运营经验，为人开朗，做事有条理又肯学"),
        ("said", "experience", "Stock is tracked on paper cards; I have never worked with a WMS"),
        ("said", "experience", "设备的现场装配、调试由售后部负责，我没有做过"),
        ("said", "education", "Wrote a thesis on safety stock"),
    ],
)
def test_what_a_line_shows(kind: Kind, place: str, text: str) -> None:
    assert proofs.kind(Passage("resume", text, "", place, 20)) == kind


def test_a_figure_is_no_year_and_no_part_of_a_name() -> None:
    measured = ["Cut costs by 8%", "600 万元", "22,000 SKUs in 2023"]
    assert [text for text in [*measured, "NetSuite in 2023", "B2B sales", "SAP S/4HANA"] if proofs.measured(text)] == (
        measured
    )


def test_of_words_that_overlap_the_longest_counts() -> None:
    assert "quality" not in senses("strengths", "Recalculated safety stock for 22,000 SKUs")
    assert "quality" not in senses("strengths", "把安全库存降了两成")
    assert "quality" in senses("strengths", "Ran safety audits on three sites")
    assert "quality" in senses("strengths", "负责安全检查")


# --- in a report ------------------------------------------------------------------------------------------------


def job(*musts: tuple[str, Category], title: str = "Planner", company: str = "") -> JobSummary:
    requirements = [Requirement(text=text, category=category) for text, category in musts]
    return JobSummary(job_title=title, company=company, must_haves=requirements)


def report(of: JobSummary, resume: str, detailed: str = "", locale: str = "en") -> JobMatch:
    return writing.compose(matching.findings(of, resume, detailed, TODAY), of, locale)


HEAD = "Experience\nDemand Planner, Acme Ltd, Leeds, 03/2021 - present\n"


def test_what_work_elsewhere_shows_is_not_called_merely_named() -> None:
    resume = f"{HEAD}- Keep the scripts in a Git repository and review changes\n\nSkills\nGit, Excel, SQL\n"
    result = report(job(("Git", "skill"), ("Excel", "skill")), resume)
    git, excel = result.verdicts
    assert git.note == "Shown in work done: Git."
    assert excel.note == "Named in the resume (Excel); this line does not say what was done with it."
    assert not any("Git" in step and "say so there" in step for step in result.recommendations)


@pytest.mark.parametrize(
    ("locale", "detailed"),
    [
        ("en", "Acme Ltd, Demand Planner, 03/2021 - present\n- Loaded item data of two branches into Kinaxis\n"),
        ("zh", "Acme Ltd, Demand Planner, 03/2021 - present\n- 把两家分公司的数据导入Kinaxis并比对26周\n"),
    ],
)
def test_a_strength_of_the_detailed_resume_is_to_be_taken_over(locale: str, detailed: str) -> None:
    result = report(job(("Kinaxis", "skill")), f"{HEAD}- Forecast 6,500 parts\n", detailed, locale)
    (strength,) = result.strengths
    assert {"en": "etailed resume", "zh": "详细履历"}[locale] in strength.point
    assert {"en": "skills", "zh": "技能"}[locale] not in strength.point
    assert strength.section == {"en": "Detailed resume", "zh": "详细履历"}[locale]


def test_a_project_is_told_by_what_was_done_in_it() -> None:
    detailed = (
        "Work history\nAcme Ltd, Demand Planner, 03/2021 - present\n"
        "Project: promotion planning with retailers (Jan 2023 - Dec 2024)\n"
        "- Agreed the volumes of 40 promotions with two retailers\n"
    )
    result = report(job(("Promotion planning", "skill")), f"{HEAD}- Forecast 6,500 parts\n", detailed)
    quotes = [quote.text for quote in result.verdicts[0].quotes]
    assert quotes[0] == "Agreed the volumes of 40 promotions with two retailers"


def test_only_what_the_client_did_is_quoted_to_an_employer() -> None:
    resume = (
        "Experience\nAccount Executive, Signalbox, Austin, 2021 - Present\n"
        "Signalbox is a Series B company trusted by 1,500 HR teams in retail.\n"
        "- Closed deals with 40 hospitals in Salesforce\n"
    )
    message = report(job(("Salesforce", "skill"), ("retail", "domain"), title="Seller"), resume).outreach
    assert "Closed deals" in message.value
    assert "Series B" not in message.value
    assert "retail" not in message.hook


@pytest.mark.parametrize(
    ("company", "title", "address"),
    [
        ("杭州禾木生活科技有限公司", "运营", "贵司"),
        ("杭州市滨江医院", "护士", "贵院"),
        ("仁和医院管理有限公司", "会计", "贵司"),
        ("南京市月牙湖实验小学", "教师", "贵校"),
        ("阳光幼儿园", "教师", "贵园"),
        ("中科联创会计师事务所（特殊普通合伙）", "审计", "贵所"),
        ("某市图书馆", "文员", "贵单位"),
        ("", "内科护士", "贵单位"),
        ("", "Java开发工程师", "贵司"),
    ],
)
def test_an_employer_is_addressed_as_what_it_is(company: str, title: str, address: str) -> None:
    message = report(job(("Excel", "skill"), title=title, company=company), "", locale="zh").outreach
    assert address in message.hook


@pytest.mark.parametrize(
    ("company", "kind"),
    [
        ("St. Aldhelm Community Hospital", "hospital"),
        ("Harbour Lane Academy", "school"),
        ("Department of Transport", "office"),
        ("Copperfield & Lowe, a branding agency", "agency"),
        ("Acme Inc.", "company"),
        ("Tidewater", "company"),
        ("", "unknown"),
    ],
)
def test_the_kind_of_an_employer_is_read_off_its_name(company: str, kind: str) -> None:
    assert outreach.employer(JobSummary(company=company)) == kind


def test_the_same_work_under_another_title_is_no_other_line_of_work() -> None:
    of = JobSummary(
        job_title="数据分析师",
        must_haves=[
            Requirement(text="数据分析师", category="experience"),
            Requirement(text="3年以上数据分析经验", category="experience"),
        ],
    )
    resume = "工作经历\n广州鲜达电商 | 商业分析 | 2020.07 - 至今\n- 做数据分析，搭建指标体系38个\n"
    reasons = {finding.reason for finding in matching.findings(of, resume, "", TODAY)}
    assert "years" in reasons
    assert "role_other" not in reasons


def test_years_are_said_in_figures_and_a_title_is_no_strength_by_its_name() -> None:
    resume = f"{HEAD}- Forecast 6,500 parts for demand planning\n"
    result = report(job(("3 years of experience in demand planning", "experience")), resume)
    (strength,) = result.strengths
    assert "5.3 years" in strength.point
