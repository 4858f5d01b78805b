"""A quote may differ from its source by what a recogniser misreads, and by nothing that a person would mean."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from core import noise
from core.passages import Text, normalise


def approximate(quote: str, source: str) -> str | None:
    """What the source has there, if that is not the same word for word."""
    passage = Text(source).find(Text(quote))
    return source[passage.start : passage.end] if passage and not passage.exact else None


@pytest.mark.parametrize(
    ("source", "quote"),
    [
        ("Managed supplier c0ntracts in Asia", "Managed supplier contracts in Asia"),
        ("Led the deve1opment of lnternal tools", "Led the development of internal tools"),
        ("Kubemetes platform", "Kubernetes platform"),
        ("Reviewed the vvork", "Reviewed the work"),
        ("Built datapipelines with ApacheSpark", "Built data pipelines with Apache Spark"),
        ("Taught mathe matics to adults", "Taught mathematics to adults"),
        ("Commited to cary out inspections", "Committed to carry out inspections"),
        ("Reconcle vendor statements monthly", "Reconcile vendor statements monthly"),
        ("Detail-oriented famlly lawyer", "Detail-oriented family lawyer"),
        ("Front end in Nodejs and React", "Front end in Node.js and React"),
        ("PGCE, Bronte Moor University", "PGCE, Brontë Moor University"),
        ("5years of experience in sales", "5 years of experience in sales"),
        ("2019-2021 Senior Anaiyst, Intel", "2019-2021 Senior Analyst, Intel"),
        ("负责公司核心项日的进度管理", "负责公司核心项目的进度管理"),
        ("硕土学位，在读三年", "硕士学位，在读三年"),
        ("计算机专业，硕土学位", "计算机专业，硕士学位"),
        ("熟练使用 Pyth0n 与各类数据库，做日常经营数据分折", "熟练使用 Python 与各类数据库，做日常经营数据分析"),
    ],
)
def test_what_a_recogniser_misread_is_approximate(source: str, quote: str) -> None:
    for text in (source, f"Skills\n• {source}\n• more", f"经历：{source}。"):
        assert approximate(quote, text) == source
        assert approximate(source, text.replace(source, quote)) == quote


@pytest.mark.parametrize(
    ("source", "quote"),
    [
        # numbers and dates
        ("3 years of experience in sales", "8 years of experience in sales"),
        ("5 years of experience in sales", "S years of experience in sales"),
        ("10 years of experience in sales", "l0 years of experience in sales"),
        ("35 years of experience in sales", "3 5 years of experience in sales"),
        ("grew revenue by 3.5 percent a year", "grew revenue by 35 percent a year"),
        ("from 2010 to 2015 at the plant", "from 2010 to 2016 at the plant"),
        ("from 2010 to 2015 at the plant", "from 2010 to 201 at the plant"),
        ("ranked among the tops in the region", "ranked among the top5 in the region"),
        ("German at level AI in conversation", "German at level A1 in conversation"),
        ("3年以上供应链管理经验，带过团队", "8年以上供应链管理经验，带过团队"),
        ("三年以上供应链管理经验，带过团队", "二年以上供应链管理经验，带过团队"),
        ("管理于人规模的工厂生产和物流工作", "管理千人规模的工厂生产和物流工作"),
        # negations
        ("have no experience with databases", "have experience with databases"),
        ("not able results in all projects", "notable results in all projects"),
        ("notable results in all projects", "not able results in all projects"),
        ("working with out supervision daily", "working without supervision daily"),
        ("I have never managed a large team", "I have ever managed a large team"),
        ("没有独立负责过大型项目的管理工作", "有独立负责过大型项目的管理工作"),
        ("未取得注册会计师证书，正在备考", "末取得注册会计师证书，正在备考"),
        ("不熟悉云计算平台的部署与运维", "熟悉云计算平台的部署与运维"),
        ("无海外项目管理经验，愿意学习", "天海外项目管理经验，愿意学习"),
        # another term
        ("backend services written in Java", "backend services written in Rust"),
        ("backend services written in Java", "backend services written in Javas"),
        ("backend services in C, with tests", "backend services in C++, with tests"),
        ("backend services in C and testing", "backend services in C# and testing"),
        ("migrated the code base to Python 2", "migrated the code base to Python 3"),
        ("responsible for customer contacts", "responsible for customer contracts"),
        ("responsible for the black list", "responsible for the back list"),
        ("prints of solid parts in the shop", "prints of sold parts in the shop"),
        ("assistant manager of the branch", "assistant manger of the branch"),
        ("led the engineering department", "leads the engineering department"),
        ("worked for the country council", "worked for the county council"),
        ("costumer service in retail shops", "customer service in retail shops"),
        ("Fluent in written Spanish, English", "Fluent in written Finnish, English"),
        ("junior accountant in a bank branch", "senior accountant in a bank branch"),
        ("data analysis with SAS and Excel", "data analysis with SaaS and Excel"),
        ("studied RNA sequencing methods", "studied MA sequencing methods"),
        ("testing of UL approved products", "testing of UI approved products"),
        ("holds CNA certification since May", "holds CCNA certification since May"),
        ("graduated from IT school of Delhi", "graduated from IIT school of Delhi"),
        ("storage of backups in SS buckets", "storage of backups in S3 buckets"),
        # another degree, strength or role
        ("计算机专业专科学历，二零一五年毕业", "计算机专业本科学历，二零一五年毕业"),
        ("计算机专业学士学位，在职研究生班", "计算机专业硕士学位，在职研究生班"),
        ("了解分布式系统的原理和常见组件", "精通分布式系统的原理和常见组件"),
        ("熟悉分布式系统的原理和常见组件", "熟练分布式系统的原理和常见组件"),
        ("参与核心交易系统的设计与开发工作", "主导核心交易系统的设计与开发工作"),
        ("担任项目助理，协调各部门资源", "担任项目经理，协调各部门资源"),
        ("负责门店货款回收与对账的工作", "负责门店贷款回收与对账的工作"),
        ("英语四级，能阅读英文技术文档", "英语六级，能阅读英文技术文档"),
        # too short, too different, in another order, cut within a word
        ("deve1oper", "developer"),
        ("硕土学位，在读", "硕士学位，在读"),
        ("he11o wor1d an0ther w0r1d", "hello world another world"),
        ("th e c o m m i t t e e of auditors", "the committee of auditors"),
        ("teams managed across three sites", "managed teams across three sites"),
        ("premanaged supplier c0ntracts in Asia", "managed supplier contracts in Asia"),
        ("managed supplier c0ntracts in Asiago", "managed supplier contracts in Asia"),
    ],
)
def test_what_means_something_else_is_not(source: str, quote: str) -> None:
    for text in (source, f"Skills\n• {source}\n• more", f"经历：{source}。"):
        assert approximate(quote, text) is None


ENGLISH = [
    "managed",
    "led",
    "team",
    "of",
    "engineers",
    "in",
    "sales",
    "Java",
    "SQL",
    "12",
    "2019",
    "years",
    "not",
    "offices",
]
CHINESE = ["contracts", "suppliers", "本科", "精通", "负责", "团队", "没有", "三", "经验", "项目"]
WORDS = st.sampled_from([*ENGLISH, *CHINESE])
SAYS_NOT = re.compile("(?<![a-z])not(?![a-z])")  # also in "sql1not", where a space was read as a digit


@given(st.lists(WORDS, min_size=4, max_size=12), st.integers(0, 11), WORDS)
def test_another_word_is_never_a_misreading(words: list[str], place: int, other: str) -> None:
    place %= len(words)
    assume(normalise(other) != normalise(words[place]))
    changed = [*words[:place], other, *words[place + 1 :]]
    source, quote = " ".join(words), " ".join(changed)
    assume(Text(source).find(Text(quote)) is None)
    for text in (source, f"{source}\n{source}"):
        assert approximate(quote, text) is None


@given(st.lists(WORDS, min_size=4, max_size=12), st.integers(0, 10_000), st.sampled_from("aeiol1053不没xrn +.-"))
def test_a_misreading_keeps_numbers_and_negations_and_is_small(words: list[str], place: int, sign: str) -> None:
    quote = " ".join(words)
    place %= len(quote)
    for source in (quote[:place] + sign + quote[place:], quote[:place] + sign + quote[place + 1 :]):
        there = approximate(quote, source)
        if there is not None:
            found, wanted = normalise(there), normalise(quote)
            assert Levenshtein.distance(found, wanted) <= max(1, 0.08 * len(wanted))
            assert [c for c in found if c in "不没未无非"] == [c for c in wanted if c in "不没未无非"]
            assert SAYS_NOT.findall(found) == SAYS_NOT.findall(wanted)
            digits = [c for c in wanted if c.isdigit()]
            assert [c for c in found if c.isdigit()] == digits or sign in "105"


def test_no_sign_that_counts_or_negates_looks_like_another() -> None:
    signs = set("".join(noise._HAN_TWINS))
    assert signs.isdisjoint("一二两三四五六七八九十百千万亿零半几双不没未无非否莫勿别")
