"""The judges: no credit for an abbreviation inside a name, a topic word, a lower grade; and none withheld."""

import pytest

from tests.test_offline_match import status

WORK = "Experience\nAcme Ltd | Coordinator | Jan 2020 - Present\n- "
WORK_ZH = "工作经历\n2019.03-至今 某某有限公司 主管\n- "


@pytest.mark.parametrize(
    ("requirement", "resume", "expected"),
    [
        # another thing with the same abbreviation in its name, and the thing itself
        ("SQL Server", "Wrote SQL queries against PostgreSQL", "partial"),
        ("SQL Server", "Wrote queries on SQL Server 2019", "met"),
        ("AWS Lambda", "Ran AWS EC2 instances", "partial"),
        ("AWS Lambda", "Wrote AWS Lambda functions", "met"),
        ("SAP FICO", "Configured SAP MM", "not met"),
        ("SAP FICO", "Configured SAP FICO", "met"),
        ("ISO 13485", "Ran ISO 9001 audits", "not met"),
        ("ISO 13485", "Ran ISO 13485 audits", "met"),
        ("ASC 606", "Applied ASC 842 to leases", "not met"),
        ("ASC 606", "Applied ASC 606 to contracts", "met"),
        ("CAN bus", "Made sure that customers can reach me", "missing"),
        ("CAN bus", "Traced CAN bus messages", "met"),
        # the abbreviation that the posting gives is the name, as it is written
        ("Trauma Intake Protocol (TIP)", "Trained 12 nurses in TIP", "met"),
        ("Trauma Intake Protocol (TIP)", "Gave each guest a tip", "missing"),
        ("HMX Regulations 2019", "Kept the HMX files", "met"),
        ("HMX Design & Build contracts", "Ran a job of 11 m under HMX D&B", "met"),
        ("HMX Bridge", "Kept the HMX files", "not met"),
        ("Trauma Intake Protocol", "Trained 12 nurses in TIP", "missing"),
        # a weak word for it does not hide a full example of it
        ("Rostering (Kronos, Deputy)", "Rosters: introductory course\n- Ran Kronos for 120 nurses", "met"),
        ("Rostering (Kronos, Deputy)", "Rosters: introductory course", "partial"),
        ("advanced SQL", "Basic SQL from a cheat sheet", "partial"),
        # of two names one is denied
        ("ZorvexPro and QuillbyWeb", "I use ZorvexPro daily and have never used QuillbyWeb", "partial"),
        ("ZorvexPro and QuillbyWeb", "Daily work in ZorvexPro and QuillbyWeb", "met"),
        ("ZorvexPro and QuillbyWeb", "Never used QuillbyWeb", "missing"),
        ("ZorvexPro or QuillbyWeb", "I use ZorvexPro daily and have never used QuillbyWeb", "met"),
    ],
)
def test_names(requirement: str, resume: str, expected: str) -> None:
    found, quotes = status(requirement, WORK + resume, category="skill")
    assert found == expected or (expected == "not met" and found != "met"), quotes


@pytest.mark.parametrize(
    ("requirement", "resume", "expected"),
    [
        ("普通话二级甲等", "普通话一级乙等", "met"),
        ("普通话二级甲等", "普通话二级甲等证书", "met"),
        ("普通话二级甲等", "普通话二级乙等", "partial"),
        ("普通话二级甲等", "普通话三级甲等，计算机一级", "not met"),
        ("普通话二级乙等及以上", "普通话二甲", "met"),
        ("计算机二级", "计算机三级", "met"),
        ("计算机二级", "计算机一级", "not met"),
        ("计算机二级证书", "计算机二级", "met"),
        # most certificates count downwards
        ("二级心理咨询师证书", "三级心理咨询师证书", "partial"),
        ("二级心理咨询师证书", "一级心理咨询师证书", "met"),
        ("高级茶艺师证书", "中级茶艺师证书", "partial"),
        ("中级茶艺师证书", "高级茶艺师证书", "met"),
    ],
)
def test_grades(requirement: str, resume: str, expected: str) -> None:
    found, quotes = status(requirement, "证书\n" + resume, category="certification")
    assert found == expected or (expected == "not met" and found != "met"), quotes


@pytest.mark.parametrize(
    ("requirement", "resume", "expected"),
    [
        ("Able to lift 25 pounds", WORK + "Lifted conversion by 20%", "unclear"),
        ("Able to lift 25 pounds", WORK + "Saved 20,000 pounds a year on freight", "unclear"),
        ("Able to lift 25 pounds", WORK + "Lifted boxes of 40 pounds all day", "met"),
        ("Able to lift 25 pounds", "Summary\nI can lift 50 pounds.", "met"),
        ("Must have the right to work in the UK", WORK + "Built Visa and Mastercard payment flows", "unclear"),
        ("Must have the right to work in the UK", "Right to work in the UK without limits", "met"),
        ("Work visa required", "Jane Roe\nValid skilled worker visa until 2029", "met"),
        ("On-site 5 days a week", WORK + "Built e-commerce sites for retailers", "unclear"),
        ("On-site 5 days a week", WORK + "Worked on site five days a week", "met"),
        ("Available on weekends and holidays", WORK + "Sold package holidays to families", "unclear"),
        ("Available on weekends and holidays", WORK + "Raised weekend sales by 12%", "unclear"),
        ("Available on weekends and holidays", WORK + "Worked every second weekend", "met"),
        ("Available on weekends and holidays", "Summary\nWeekends and public holidays are fine.", "met"),
        ("Able to start immediately", WORK + "Resolved incidents immediately", "unclear"),
        ("Able to start immediately", "Jane Roe\nAvailable immediately", "met"),
        ("Willingness to travel", WORK + "Booked travel for five executives", "unclear"),
        ("Willingness to travel", "Summary\nBooked travel for five executives", "unclear"),
        ("Willingness to travel", WORK + "Travelled to suppliers in Asia every month", "met"),
        ("Willingness to travel", "Summary\nTravel is not a problem.", "met"),
        ("Willingness to travel", "Summary\nTravel: no problem.", "met"),
        ("Willingness to travel", "Summary\nI do not travel.", "missing"),
        ("Willing to work rotating shifts", WORK + "Ran a plant with 240 employees on three shifts", "unclear"),
        ("Willing to work rotating shifts", WORK + "Worked rotating shifts for six years", "met"),
        ("能适应倒班", WORK + "Ran a plant with 240 employees on three shifts", "unclear"),
        ("能适应倒班", WORK_ZH + "负责客服排班", "unclear"),
        ("能适应倒班", WORK_ZH + "三班倒，独立值夜班", "met"),
        ("能适应倒班", "个人简介\n倒班没问题", "met"),
        ("能适应倒班", "个人简介\n不接受倒班", "missing"),
        ("能接受出差", WORK_ZH + "审核员工出差报销单", "unclear"),
        ("能接受出差", WORK_ZH + "每月出差一周拜访客户", "met"),
        ("能接受出差", "个人简介\n可接受出差", "met"),
    ],
)
def test_readiness(requirement: str, resume: str, expected: str) -> None:
    found, quotes = status(requirement, resume)
    assert found == expected, quotes


@pytest.mark.parametrize(
    ("requirement", "told", "expected"),
    [
        ("Strong communication skills", "Wrote 85 test cases for the payment module", "not met"),
        ("Strong communication skills", "Written for my coach: this is the long version", "not met"),
        ("Good communication skills", "Wrote 40 SQL reports and 12 Python scripts", "not met"),
        ("Strong written communication", "Wrote the monthly newsletter for 400 members", "met"),
        ("Strong communication skills", "Presented results to the board every quarter", "met"),
        ("Strong presentation skills", "Gave a talk on forecasting at the regional planners' meeting", "met"),
        ("Resilience under pressure", "Follow up invoices monthly", "not met"),
        ("沟通能力强", "编写测试用例85条", "not met"),
        ("沟通能力强", "每周与销售和仓库开协调会，谈妥交期", "met"),
        ("抗压能力强", "用Excel制作日报", "not met"),
    ],
)
def test_a_soft_skill_is_shown_by_what_shows_that_skill(requirement: str, told: str, expected: str) -> None:
    found, quotes = status(requirement, (WORK if told.isascii() else WORK_ZH) + told, category="soft")
    assert (found == "met") == (expected == "met"), quotes


@pytest.mark.parametrize(
    ("requirement", "studied", "expected"),
    [
        ("Bachelor of Science in Nursing", "BSc Industrial Engineering, Holm University, 2014 - 2018", "missing"),
        ("Degree in pharmacy", "BSc Marketing, Holm University, 2014 - 2018", "missing"),
        ("Bachelor's degree in nursing or a related field", "BA History, Holm University, 2014 - 2018", "partial"),
        ("Degree in pharmacy", "BSc Nursing, Holm University, 2014 - 2018", "partial"),
        ("Bachelor's degree in accounting", "BA History, Holm University, 2014 - 2018", "partial"),
        ("护理学专业本科及以上", "华北大学 | 工业工程 | 本科 | 2014 - 2018", "missing"),
        ("会计专业本科及以上", "华北大学 | 工业工程 | 本科 | 2014 - 2018", "partial"),
    ],
)
def test_no_other_degree_is_half_of_one_that_a_profession_asks_for_by_law(
    requirement: str, studied: str, expected: str
) -> None:
    heading = "Education" if studied.isascii() else "教育经历"
    found, quotes = status(requirement, f"{heading}\n{studied}", category="education")
    assert found == expected, quotes


@pytest.mark.parametrize(
    ("requirement", "resume", "expected"),
    [
        ("Night shifts by rotation", "Volunteering\n- Serve meals at the shelter on Saturdays", "unclear"),
        ("Willing to work weekends", "Volunteering\n- Serve meals at the shelter on Saturdays", "unclear"),
        ("Willing to work weekends", "Skills\n- Available at weekends", "met"),
        ("Rotating shifts, including nights", WORK + "Worked rotating night shifts for six years", "met"),
        ("能适应周末上班", "志愿活动\n- 周六在社区食堂做志愿者", "unclear"),
        ("能适应周末上班", "自我评价\n- 周末可以上班", "met"),
    ],
)
def test_unpaid_work_says_nothing_of_the_hours_one_would_work(requirement: str, resume: str, expected: str) -> None:
    found, quotes = status(requirement, resume, category="other")
    assert found == expected, quotes


@pytest.mark.parametrize(
    ("requirement", "told", "expected"),
    [
        ("Deploying machine learning models", "Built a churn model in scikit-learn; it was never deployed", "not met"),
        (
            "Machine learning in production",
            "Built a churn model in scikit-learn; it was never put into production",
            "not met",
        ),
        ("Machine learning", "Built a churn model in scikit-learn; it was never put into production", "met"),
        ("有机器学习模型上线经验", "用XGBoost做过流失预测，模型没有上线", "not met"),
        ("机器学习", "用XGBoost做过流失预测，模型没有上线", "met"),
    ],
)
def test_what_was_never_used_is_no_use(requirement: str, told: str, expected: str) -> None:
    found, quotes = status(requirement, (WORK if told.isascii() else WORK_ZH) + told, category="skill")
    assert (found == "met") == (expected == "met"), quotes


def test_a_thesis_is_no_work() -> None:
    thesis = "教育经历\n华北大学 | 市场营销 | 本科 | 2014 - 2018 | 毕业论文：连锁零售会员运营策略研究"
    assert status("连锁零售会员运营经验", thesis, category="experience")[0] != "met"
    work = WORK_ZH + "负责连锁零售会员运营，复购率提升5%"
    assert status("连锁零售会员运营经验", work, category="experience")[0] == "met"
