"""Where a quote stands in the text as it was."""

import time
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.passages import Passage, Text, normalise

texts = st.text(
    alphabet=st.one_of(
        st.sampled_from("aBrn1+#.&-,，。· \n•中文①\u0301\u200b\xadﬁ㍿がか\u3099ẛ각\u1100\u1161\u11a8"), st.characters()
    ),
    max_size=40,
)


def find(quote: str, source: str) -> Passage | None:
    return Text(source).find(Text(quote))


def found(quote: str, source: str) -> str | None:
    """What the source has there, word for word."""
    passage = find(quote, source)
    return source[passage.start : passage.end] if passage and passage.exact else None


RESUME = """李雷 | 后端工程师
• Built payment services in JavaScript and Node.js, cutting
  latency by 30%
• 负责支付网关的设计与
  开发，支持每秒 1,000,000 次请求
① Led a team of 5＋ engineers, cafe\u0301 owner; Ja\u200bvaScript
使用 C++、C# 与 .NET；ＩＳＯ９００１ 认证
Account manage-
ment and machine-
learning projects, co\xad
ordinated by me
"""


@pytest.mark.parametrize(
    ("quote", "passage"),
    [
        ("cutting latency by 30", "cutting\n  latency by 30"),
        ("latency by 30%", "latency by 30%"),
        ("“Built payment services”", "Built payment services"),
        ("latency by 30% 负责支付网关", "latency by 30%\n• 负责支付网关"),
        ("设计与开发，支持每秒1000000次请求", "设计与\n  开发，支持每秒 1,000,000 次请求"),
        ("Led a team of 5+ engineers", "Led a team of 5＋ engineers"),
        ("CAFÉ owner", "cafe\u0301 owner"),
        ("owner, JavaScript", "owner; Ja\u200bvaScript"),
        ("JavaScript", "JavaScript"),  # the first of two
        (".net; iso9001认证", ".NET；ＩＳＯ９００１ 认证"),
        ("account management", "Account manage-\nment"),
        ("account manage-\nment", "Account manage-\nment"),
        ("management", "manage-\nment"),
        ("machine learning projects", "machine-\nlearning projects"),
        ("Account management and machine-learning", "Account manage-\nment and machine-\nlearning"),
        ("projects, coordinated", "projects, co\xad\nordinated"),
        ("Node.js, cut-\nting", "Node.js, cutting"),
    ],
)
def test_a_passage_is_found_in_its_place(quote: str, passage: str) -> None:
    assert found(quote, RESUME) == passage


@pytest.mark.parametrize(
    "quote",
    ["Accountmanagement", "paymentservices in JavaScript", "a team of 5+ engin eers", "manage-\nmentand", "age-\nment"],
)
def test_a_hyphen_at_the_end_of_a_line_forgives_nothing_else(quote: str) -> None:
    assert found(quote, RESUME) is None


# Words as resumes of both languages have them, and as they are retyped: in another width, case, normal form, with other
# marks between them.
LATIN = [
    "Python",
    "ＳＱＬ",
    "C++",
    "C#",
    ".NET",
    "Node.js",
    "R&D",
    "cafe\u0301",
    "café",
    "ﬁnance",
    "Straße",
    "plan-\nning",
]
OTHER = [
    "1,000",
    "12,345.6",
    "2019",
    "5+",
    "３年",
    "负责",
    "数据分析",
    "⼯作",
    "Ja\u200bva",
    "ｶﾞｲﾄﾞ",
    "한국",
    "\u1112\u1161",
]
WORDS = st.sampled_from([*LATIN, *OTHER])
MARKS = [" ", "\n• ", "，", ", ", "; ", "\n  ", "（", "\u3000", " – ", "\n- ", "。\n", "\t"]
BETWEEN, BULLET = st.sampled_from(MARKS), st.sampled_from(["", "① "])


@st.composite
def retyped(draw: st.DrawFn) -> tuple[str, str]:
    """A source, and a quote of some words of it in a row."""
    words = draw(st.lists(WORDS, min_size=1, max_size=8))
    first = draw(st.integers(0, len(words) - 1))
    last = draw(st.integers(first, len(words) - 1))
    source = "".join(draw(BULLET) + word + draw(BETWEEN) for word in words)
    quote = "".join(word + draw(BETWEEN) for word in words[first : last + 1])
    form = draw(st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
    return source, unicodedata.normalize(form, draw(st.sampled_from([str, str.upper, str.casefold]))(quote))


@given(retyped())
def test_what_was_retyped_is_found_where_it_says_the_same(texts: tuple[str, str]) -> None:
    source, quote = texts
    passage = find(quote, source)
    assert passage is not None
    assert passage.exact
    assert normalise(source[passage.start : passage.end]) == normalise(quote)


@given(texts, st.data())
def test_a_passage_holds_what_it_was_found_for(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    quote = text[start : data.draw(st.integers(start, len(text)))]
    passage = find(quote, text)
    if passage is not None and passage.exact:
        assert 0 <= passage.start < passage.end <= len(text)
        there = normalise(text[passage.start : passage.end])
        assert normalise(quote).replace(" ", "") in there.replace(" ", "")


@given(texts, texts)
def test_every_character_before_a_passage_is_counted(before: str, after: str) -> None:
    assume("xyz" not in normalise(before))
    source = f"{before}\nxyz\n{after}"
    assert find("xyz", source) == Passage(len(before) + 1, len(before) + 4, exact=True)


@pytest.mark.parametrize(
    ("source", "quote"),
    [
        ("a-\na b " * 2_000, "aab"),  # broken everywhere
        ("ab cd " * 2_600, "abc d"),
        ("负责x " * 4_000, "负责 x"),
        ("ill l " * 2_600, "illl"),
    ],
)
def test_what_resembles_a_quote_everywhere_takes_no_time(source: str, quote: str) -> None:
    text = Text(source)
    began = time.process_time()
    for number in range(1_000):
        text.find(Text(quote * (10 + number % 40) + "x"))
        text.find(Text(quote * (10 + number % 40)))
    assert time.process_time() - began < 15  # about one second; a busy machine has taken six
