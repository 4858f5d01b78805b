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
