"""Languages and years that a resume denies, or tells of somebody else, are no claim of the client's."""

from datetime import date

import pytest

from core.offline import matching
from core.schemas import JobSummary, Requirement

TODAY = date(2026, 6, 1)
HEADING = "Summary"
BACKEND = "5+ years of experience in backend development"
BACKEND_HAN = "5年以上后端开发经验"


def status(requirement: str, resume: str, category: str) -> str:
    job = JobSummary(must_haves=[Requirement.model_validate({"text": requirement, "category": category})])
    return matching.findings(job, f"{HEADING}\n{resume}", "", TODAY)[0].status


@pytest.mark.parametrize(
    ("demand", "resume", "expected"),
    [
        # Denied, or known badly; beside it the same words as a claim.
        ("Fluent German", "German: none", "missing"),
        ("Fluent German", "German: native", "met"),
        ("Fluent German", "No German", "missing"),
        ("Fluent German", "Fluent German", "met"),
        ("Fluent German", "I speak no German", "missing"),
        ("Fluent German", "I speak fluent German", "met"),
        ("Fluent German", "German: not fluent", "missing"),
        ("Fluent German", "German: not native, but fluent", "met"),
        ("Fluent German", "German: never learned", "missing"),
        ("Fluent German", "German: poor", "missing"),
        ("Fluent German", "German: A1", "partial"),
        ("Fluent German", "German (C1)", "met"),
        ("Fluent German", "German C1 (no certificate)", "met"),
        ("Fluent German", "English: fluent; German: none", "missing"),
        ("Fluent German", "German: fluent; French: none", "met"),
        ("Fluent German", "English and German, both fluent", "met"),
        ("英语流利", "英语不流利", "missing"),
        ("英语流利", "英语流利", "met"),
        ("英语流利", "不会英语", "missing"),
        ("英语流利", "英语流利，不会法语", "met"),
        ("英语流利", "英语：无", "missing"),
        ("英语流利", "英语：流利", "met"),
        ("英语流利", "英语：无障碍沟通，流利", "met"),
        ("英语流利", "英语零基础", "missing"),
        ("英语流利", "英语基础", "partial"),
        ("英语流利", "英语差", "missing"),
        ("英语流利", "英语六级，口语不太流利", "partial"),
        # Somebody else's.
        ("Fluent German", "My wife speaks fluent German", "missing"),
        ("Fluent German", "With my wife I speak fluent German", "met"),
        ("Fluent German", "I speak fluent German with my wife", "met"),
        ("Fluent German", "My mother tongue is German", "met"),
        ("英语流利", "女儿英语流利", "missing"),
        ("英语流利", "女儿法语流利，本人英语流利", "met"),
        ("英语流利", "与同事英语流利沟通", "met"),
        # Called after a language.
        ("Fluent German", "Worked for a German company", "missing"),
        ("Fluent German", "Worked for a German company in fluent German", "met"),
        ("Fluent German", "German shepherd breeder", "missing"),
        ("Fluent German", "Advised German clients", "missing"),
        ("Fluent German", "German customer service", "partial"),
        ("英语流利", "英语教材销售", "missing"),
        ("英语流利", "英语客户服务", "partial"),
    ],
)
def test_language_counts_only_as_the_client_speaks_it(demand: str, resume: str, expected: str) -> None:
    assert status(demand, resume, "language") == expected


@pytest.mark.parametrize(
    ("demand", "resume", "counts"),
    [
        (BACKEND, "10 years of experience in backend development", True),
        (BACKEND, "I do not have 10 years of experience in backend development", False),
        (BACKEND, "No less than 10 years of experience in backend development", True),
        (BACKEND, "Our company has 20 years of experience in backend development", False),
        (BACKEND, "At our company I have 10 years of experience in backend development", True),
        (BACKEND, "The team has 10 years of experience in backend development", False),
        (BACKEND, "Joined the team with 10 years of experience in backend development", True),
        (BACKEND, "Managed people with 10 years of experience in backend development", False),
        (BACKEND, "Engineer of our company with 10 years of experience in backend development", True),
        (BACKEND, "Team lead with 10 years of experience in backend development", True),
        (BACKEND_HAN, "5年后端开发经验", True),
        (BACKEND_HAN, "没有5年后端开发经验", False),
        (BACKEND_HAN, "团队拥有10年后端开发经验", False),
        (BACKEND_HAN, "带领团队，拥有10年后端开发经验", True),
        (BACKEND_HAN, "公司有20年后端开发经验", False),
        (BACKEND_HAN, "在公司有8年后端开发经验", True),
        (BACKEND_HAN, "服务于拥有10年后端开发经验的团队", False),
        (BACKEND_HAN, "拥有10年后端开发经验的工程师", True),
    ],
)
def test_stated_years_count_only_as_the_client_s_own(demand: str, resume: str, counts: bool) -> None:
    assert (status(demand, resume, "experience") == "met") is counts
