"""What a clause claims, denies or leaves pending; each row beside an honest one that reads the other way."""

from datetime import date

import pytest
from test_offline_match import status

from core.offline.claims import DISCLAIMED, PENDING, claimed
from core.offline.evidence import Passage, gather

NOT_YET = (
    "Summary\nNot yet: Spark, Airflow, cloud deployment. I can read a Dockerfile but have not written one for work."
)


@pytest.mark.parametrize(
    ("requirement", "resume", "category", "expected"),
    [
        # a denial reaches its own clause, and what "、", "和" or "或" join to it
        ("能适应每月2-3次省内出差", "自我评价\n不考虑出差", "other", {"missing"}),
        ("能适应每月2-3次省内出差", "自我评价\n暂不考虑省内出差", "other", {"missing"}),
        ("熟悉 Kafka", "技能\n没有用过Spark、Flink和Kafka", "skill", {"missing"}),
        ("熟悉 Kafka", "技能\n没有用过Spark，熟悉Kafka", "skill", {"met"}),
        ("Travel up to 30% of the time", "Summary\nNot able to travel.", "other", {"missing"}),
        # what stands after "not yet" is denied to the end of the list, in the next sentence too
        (
            "Docker",
            NOT_YET,
            "skill",
            {"missing", "partial"},
        ),
        (
            "CI/CD",
            NOT_YET,
            "skill",
            {"missing"},
        ),
        ("Docker", "Summary\nI wrote a Dockerfile for each of 12 services.", "skill", {"met"}),
        ("Spark", "Summary\nNot yet: Spark, Airflow, cloud deployment.", "skill", {"missing"}),
        ("Airflow", "Summary\nNot yet: Spark, Airflow, cloud deployment.", "skill", {"missing"}),
        ("Airflow", "Summary\nNot yet: Spark. Airflow for three years.", "skill", {"met"}),
        # words that hold a negation, or negate a fault
        ("PCA", "技能\n熟悉无监督学习、K-means聚类、PCA", "skill", {"met"}),
        ("无监督学习", "技能\n熟悉无监督学习、K-means聚类、PCA", "skill", {"met"}),
        ("Vue", "技能\n无论Vue还是React都熟练", "skill", {"met"}),
        ("React", "技能\n无论Vue还是React都熟练", "skill", {"met"}),
        ("React", "技能\n无代码平台、React、Vue开发", "skill", {"met"}),
        ("React", "技能\n无React经验", "skill", {"missing"}),
        ("React", "技能\n无相关经验：React、Vue", "skill", {"missing"}),
        ("React", "技能\n无Vue、React经验", "skill", {"missing"}),
        ("Docker", "Skills\nNo-code tools and Docker", "skill", {"met"}),
        ("Docker", "Skills\nNo Docker", "skill", {"missing"}),
        ("Kubernetes", "Experience\n- no-downtime deployments on Kubernetes", "skill", {"met"}),
        ("Kubernetes", "Experience\n- no deployments on Kubernetes", "skill", {"missing"}),
        ("Spring", "Skills\nnot limited to Java and Spring", "skill", {"met"}),
        ("Spring", "Skills\nnot used: Java and Spring", "skill", {"missing"}),
        ("Kubernetes", "Experience\n- Never missed an SLA running Kubernetes", "skill", {"met"}),
        ("Kubernetes", "Experience\n- Never ran Kubernetes", "skill", {"missing"}),
        ("Terraform", "Experience\n- Moved 40 services with no loss of data using Terraform", "skill", {"met"}),
        ("Terraform", "Experience\n- no practice in using Terraform", "skill", {"missing"}),
        # Node.js ends no sentence
        ("Kafka", "Summary\nNo experience with Node.js and Kafka", "skill", {"missing"}),
        ("Kafka", "Summary\nNo experience with Node.js. Kafka for three years", "skill", {"met"}),
        # a class, a course and a plan are pending only beside the name
        ("HGV licence", "Certificates\nHGV licence, class 1", "certification", {"met"}),
        ("HGV licence", "Certificates\nHGV licence in progress", "certification", {"partial"}),
        ("HGV licence", "Certificates\nHGV licence, lapsed 2023", "certification", {"partial"}),
        ("Java", "工作经历\n- 负责Java课程开发平台", "skill", {"met"}),
        ("Java", "教育背景\nJava课程", "skill", {"partial"}),
        # a photographer's work is no portrait
        ("Photoshop", "Experience\n- Photo editing with Photoshop and Lightroom", "skill", {"met"}),
        ("Lightroom", "工作经历\n- 照片后期使用Lightroom", "skill", {"met"}),
    ],
)
def test_what_counts(requirement: str, resume: str, category: str, expected: set[str]) -> None:
    found, quotes = status(requirement, resume, category=category)
    assert found in expected, (found, quotes)


@pytest.mark.parametrize(
    ("text", "kept", "gone"),
    [
        ("省内短途出差没问题，没有长期外派经历", "省内短途出差没问题", "外派"),
        ("短途出差没有问题", "短途出差没有问题", "。"),
        ("没做过:海外市场、买量投放和归因", "", "归因"),
        ("Travel is not a problem", "Travel is not a problem", "never"),
        ("Travel is not possible", "Travel", "possible"),
        ("No experience with Node.js and Kafka", "", ".js and Kafka"),
        ("No experience with Node.js. Kafka daily", "Kafka daily", "Node"),
        ("Not yet: Node.js, Spark, Airflow", "", "Airflow"),
        ("No-code tools and Docker", "No-code tools and Docker", "never"),
        ("No incident management experience", "", "incident"),
        ("从未错过交期的采购", "从未错过交期的采购", "。"),
        ("从未做过一线采购", "", "采购"),
    ],
)
def test_what_is_claimed(text: str, kept: str, gone: str) -> None:
    assert kept in claimed(text)
    assert gone not in claimed(text)


@pytest.mark.parametrize(
    ("text", "disclaimed"),
    [
        ("连续三年未发生过安全事故", False),
        ("未独立做过安全检查", True),
        ("合同评审与谈判，从未错过交期", False),
        ("合同评审与谈判，从未参与过", True),
        ("差错率从未超过0.1%", False),
        ("从未接触过", True),
        ("自由职业期间负责翻译", False),
        ("翻译由外包公司负责", True),
        ("路由器配置与操作", False),
        ("理由充分地处理", False),
        ("配置由网络组操作", True),
        ("Acme – No. 1 in sales", False),
        ("Kafka – no", True),
        ("pass-or-no tests", False),
        ("Kubernetes: never missed an SLA", False),
        ("Kubernetes: never used", True),
        ("I have never missed a deadline", False),
        ("I have never closed a ledger", True),
    ],
)
def test_what_is_disclaimed(text: str, disclaimed: bool) -> None:
    assert bool(DISCLAIMED.search(text)) is disclaimed


@pytest.mark.parametrize(
    ("text", "pending"),
    [
        ("备考注册会计师", True),
        ("NVQ level 3, exam due in May", True),
        ("studying for the CPA", True),
        ("licence lapsed 2023", True),
        (", class 1", False),
        (", class in spring", True),
        ("（课程）", True),
        ("负责Java课程开发平台", False),
        ("制定生产计划", False),
        ("正在准备", True),
        ("做好会议准备", False),
        ("PowerPoint (basic)", True),
        ("Basic: manual therapy", True),
        ("Ran weekend markets and short courses", False),
        ("started the Leeds branch", False),
    ],
)
def test_what_is_pending(text: str, pending: bool) -> None:
    assert bool(PENDING.search(text)) is pending


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("kafka one two three four five six seven eight nine streams kafka", True),
        ("kafka streams one two three four five six seven eight nine kafka", True),
        ("kafka one two three four five six seven eight nine streams", False),
        ("nothing of it", True),
    ],
)
def test_words_are_near_in_their_closest_window(text: str, near: bool) -> None:
    assert Passage("resume", text, "", "experience", 0).near(("kafka", "stream")) is near


@pytest.mark.parametrize(
    "line", ["照片", "[Photo]", "（证件照）", "一寸免冠照片", "Photo: attached", "个人照片：me.jpg"]
)
def test_a_portrait_is_no_passage(line: str) -> None:
    assert gather({"resume": f"Skills\n{line}\nExcel"}, date(2026, 6, 1)).passages[0].text == "Excel"
